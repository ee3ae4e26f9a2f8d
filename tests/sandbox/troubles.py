"""Tasks that misbehave as hostile files make codecs misbehave, run by real children."""

import os
import resource
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from dicomgallery.sandbox.tasks import TASKS as TASKS_OF_OURS
from dicomgallery.sandbox.tasks import Task
from dicomgallery.sandbox.wire import Kind, Message

_kept: list[bytearray] = []


class PanicException(BaseException):
    """A Rust panic reaches Python as a BaseException."""


def abort(task: Message) -> Message:
    os.abort()


def hang(task: Message) -> Message:
    Path(task.text("started")).touch()
    while True:
        time.sleep(60)


def eat(task: Message) -> Message:
    while True:
        _kept.append(bytearray(64 << 20))


def grow(task: Message) -> Message:
    _kept.append(bytearray(b"x") * (224 << 20))
    return who(task)


def panic(task: Message) -> Message:
    raise PanicException(task.text("secret"))


def killed_render(task: Message) -> Message:
    """Die as by a machine that is short of memory; one that is born after `.once` lies there does the work."""
    path = Path(task.text("path"))
    seen = path.with_suffix(".once")
    if not seen.exists() or path.with_suffix(".always").exists():
        seen.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return TASKS_OF_OURS["render"].work(task)  # type: ignore[return-value]


def who(task: Message) -> Message:
    limits = {name: resource.getrlimit(getattr(resource, name))[0] for name in ("RLIMIT_DATA", "RLIMIT_CORE")}
    fields = {"pid": os.getpid(), "parent": os.getppid(), "niceness": os.nice(0), "environment": sorted(os.environ)}
    return Message(
        Kind.END, {**fields, **limits, "files": sorted(path.name for path in Path("/proc/self/fd").iterdir())}
    )


def wait_for(task: Message) -> Message:
    """Answer once the gate is there."""
    if "started" in task.fields:
        Path(task.text("started")).touch()
    gate = Path(task.text("gate"))
    while not gate.exists():
        time.sleep(0.01)
    return Message(Kind.END, {"pid": os.getpid()})


def body(task: Message) -> Message:
    return Message(Kind.END, {}, bytes(range(256)) * (task.whole("size") // 256))


def parts_then(task: Message) -> Iterator[Message]:
    """Three parts, then what `then` says."""
    for number in range(3):
        yield Message(Kind.PART, {"number": number})
    if task.text("then") == "abort":
        os.abort()


def litter(task: Message) -> Iterator[Message]:
    """Write members for ever, and one that is never told of."""
    into, prefix = Path(task.text("into")), task.text("prefix")
    (into / f"{prefix}-999999").write_bytes(b"half")
    number = 0
    while True:
        number += 1
        (into / f"{prefix}-{number}").write_bytes(b"x")
        yield Message(
            Kind.PART, {"name": str(number), "file": f"{prefix}-{number}", "sha256": "0" * 64, "size_bytes": 1}
        )


def dying_unpack(task: Message) -> Iterator[Message]:
    into, prefix = Path(task.text("into")), task.text("prefix")
    for number in (1, 2):
        (into / f"{prefix}-{number}").write_bytes(b"x")
        yield Message(
            Kind.PART, {"name": str(number), "file": f"{prefix}-{number}", "sha256": "0" * 64, "size_bytes": 1}
        )
    (into / f"{prefix}-3").write_bytes(b"half")
    os.abort()


def forged_unpack(task: Message) -> Iterator[Message]:
    yield Message(Kind.PART, {"name": "x", "file": "../../../etc/passwd", "sha256": "0" * 64, "size_bytes": 1})


def forged_render(task: Message) -> Message:
    return Message(Kind.END, {"media_type": "text/html", "width": 1, "height": 1, "notes": []}, b"<script>")


TASKS = {
    work.__name__: Task(work, is_long=work is parts_then)
    for work in (abort, hang, eat, grow, panic, who, wait_for, body, parts_then)
}
