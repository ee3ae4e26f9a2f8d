"""The processes of a running gallery, told apart from outside."""

import contextlib
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from bench.server import Server

GONE_SECONDS = 15
KINDS = ("supervisor", "http server", "http worker", "sandbox", "nursery", "sandbox child", "worker")


@dataclass(frozen=True)
class Process:
    """One process; its start tells it from a later one with the same number."""

    pid: int
    started: str
    kind: str

    def kill(self) -> None:
        """End it as nothing can be ended more abruptly."""
        with contextlib.suppress(ProcessLookupError):
            handle = os.pidfd_open(self.pid)
            try:
                # The number may be another's by now; the handle stays with one process.
                if self.is_alive():
                    signal.pidfd_send_signal(handle, signal.SIGKILL)
            finally:
                os.close(handle)

    def is_alive(self) -> bool:
        """Say whether it still runs; one that waits to be reaped does not."""
        fields = _stat(self.pid)
        return bool(fields) and fields[19] == self.started and fields[0] not in "ZX"


def processes(server: Server) -> list[Process]:
    """The supervisor and all below it."""
    found = []
    for pid in server.processes():
        fields = _stat(pid)
        kind = _kind(pid, fields)
        if fields and kind:
            found.append(Process(pid, fields[19], kind))
    return found


def all_gone(known: list[Process], data: Path) -> list[str]:
    """The kinds of those that are still there after a while, though whoever started them is not."""
    deadline = time.monotonic() + GONE_SECONDS
    while True:
        left = [one.kind for one in known if one.is_alive()]
        left += [f"process {pid}" for pid in working_in(data)]
        if not left or time.monotonic() > deadline:
            return left
        time.sleep(0.05)


def working_in(data: Path) -> list[int]:
    """Every process that was told to work in this data folder."""
    told = f"DICOMGALLERY_DATA={data}".encode()
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdecimal() and told in (entry / "environ").read_bytes().split(b"\0"):
                found.append(int(entry.name))
    return found


def _kind(pid: int, fields: list[str]) -> str:
    words = _words(pid)
    # A fork has the command line of its parent.
    forked = bool(fields) and bool(words) and _words(int(fields[1])) == words
    if "app.py" in words:
        return "supervisor"
    if "dicomgallery.supervisor.http" in words:
        return "http worker" if forked else "http server"
    if "dicomgallery.sandbox.nursery" in words:
        return "sandbox child" if forked else "nursery"
    if "dicomgallery.sandbox" in words:
        return "sandbox"
    return "worker" if words[-1:] == ["worker"] else ""


def _words(pid: int) -> list[str]:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").rstrip("\0").split("\0")
    return []


def _stat(pid: int) -> list[str]:
    """What stands behind the name in /proc/PID/stat: state, parent, ..., start (proc(5))."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return []
