"""What a child does: one task after another, until its limits or its duties end it."""

import os
import resource
import socket
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final, NoReturn

from dicomgallery.lifeline import die_with
from dicomgallery.sandbox.duties import Duties
from dicomgallery.sandbox.tasks import Task
from dicomgallery.sandbox.wire import Kind, Message, WireError, receive, send

_PAGE_BYTES: Final = resource.getpagesize()
_LONGEST_NAME: Final = 80


def live(sock: socket.socket, duties: Duties, tasks: Mapping[str, Task], parent: int) -> NoReturn:
    """Do tasks from `sock` until it closes or the duties are done; never returns."""
    with suppress(WireError):
        die_with(parent)
        _be_silent()
        _take_on(duties)
        size_at_birth = _resident_bytes()
        for number in range(1, duties.tasks + 1):
            task = receive(sock)
            _allow_cpu(duties.cpu_seconds)
            answer = _answer(sock, task, tasks)
            leaving = (
                answer.kind is Kind.FAILED
                or number == duties.tasks
                or _resident_bytes() > size_at_birth + duties.growth_bytes
            )
            send(sock, answer, leaving=leaving)
            if leaving:
                break
    os._exit(0)


def _answer(sock: socket.socket, task: Message, tasks: Mapping[str, Task]) -> Message:
    """Do one task, sending its parts, and give the last message of the answer."""
    try:
        result = tasks[task.text("task")].work(task)
        if isinstance(result, Message):
            return result
        for part in result:
            send(sock, part)
        return Message(Kind.END)
    except WireError:
        raise
    except MemoryError:
        return Message(Kind.FAILED, {"why": "out_of_memory"})
    # A panic in a codec written in Rust is a BaseException, and must not end a child without a word.
    except BaseException as error:  # noqa: BLE001  a child's only way to say so
        return Message(Kind.FAILED, {"why": "surprise", "what": _type_of(error), "where": _place_of(error)})


def _type_of(error: BaseException) -> str:
    return type(error).__name__[:_LONGEST_NAME]


def _place_of(error: BaseException) -> str:
    """Where it happened; not its message, which may quote the file."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace is not None else ""


def _be_silent() -> None:
    """Send what libraries print nowhere: it may quote the file, and the logs name no one."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(nowhere, fd)
    os.close(nowhere)


def _take_on(duties: Duties) -> None:
    os.nice(duties.niceness)
    for limit, value in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, duties.open_files),
        (resource.RLIMIT_FSIZE, duties.file_bytes),
        (resource.RLIMIT_DATA, duties.memory_bytes),
    ):
        # A limit may only be lowered below one that the operator has set.
        _, most = resource.getrlimit(limit)
        least = value if most == resource.RLIM_INFINITY else min(value, most)
        resource.setrlimit(limit, (least, least))


def _allow_cpu(seconds: int) -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    soft = int(used.ru_utime + used.ru_stime) + seconds
    resource.setrlimit(resource.RLIMIT_CPU, (soft if most == resource.RLIM_INFINITY else min(soft, most), most))


def _resident_bytes() -> int:
    if sys.platform != "linux":
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # os.open, not open(): this stands on the way of every answer.
    fd = os.open("/proc/self/statm", os.O_RDONLY)
    try:
        return int(os.read(fd, 100).split()[1]) * _PAGE_BYTES
    finally:
        os.close(fd)
