"""A gallery started as a user starts it, in a folder of its own, watched from outside."""

import atexit
import contextlib
import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

HOME = Path(__file__).resolve().parent.parent
START_SECONDS = 120


def connected(port: int) -> http.client.HTTPConnection:
    """A new connection to a server of this machine, without Nagle's delay."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
    connection.connect()
    connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


@dataclass
class Server:
    """A running gallery."""

    process: subprocess.Popen[bytes]
    port: int
    data: Path
    start_seconds: float

    def connect(self) -> http.client.HTTPConnection:
        """A new connection."""
        return connected(self.port)

    def processes(self) -> list[int]:
        """The ids of the supervisor and everything below it."""
        found, waiting = [], [self.process.pid]
        while waiting:
            pid = waiting.pop()
            found.append(pid)
            with contextlib.suppress(OSError):
                for task in Path(f"/proc/{pid}/task").iterdir():
                    waiting.extend(int(child) for child in (task / "children").read_text().split())
        return found

    def pss_mb(self) -> float:
        """Memory of all processes, shared pages counted once, in MB."""
        total = 0
        for pid in self.processes():
            with contextlib.suppress(OSError):
                for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                    if line.startswith("Pss:"):
                        total += int(line.split()[1])
        return round(total / 1024, 1)

    def memory_while(self, deed: Callable[[], object]) -> dict[str, float]:
        """Do a deed; gives its seconds, and the memory of all processes before it and at its highest meanwhile."""
        rest, peak, done = self.pss_mb(), 0.0, threading.Event()

        def watch() -> None:
            nonlocal peak
            while not done.wait(0.1):
                peak = max(peak, self.pss_mb())

        watcher = threading.Thread(target=watch)
        watcher.start()
        began = time.monotonic()
        try:
            deed()
        finally:
            done.set()
            watcher.join()
        return {
            "seconds": round(time.monotonic() - began, 1),
            "pss_mb_at_rest": rest,
            "pss_mb_peak": peak,
            "pss_mb_more": round(peak - rest, 1),
        }

    def cpu_seconds(self) -> float:
        """CPU time of all processes so far."""
        ticks = 0
        for pid in self.processes():
            with contextlib.suppress(OSError):
                fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
                ticks += sum(int(field) for field in fields[11:15])
        return ticks / os.sysconf("SC_CLK_TCK")

    def settle(self, quiet_seconds: float = 1.0) -> None:
        """Wait until the gallery has nothing left to do."""
        deadline = time.monotonic() + 600
        while time.monotonic() < deadline:
            before = self.cpu_seconds()
            time.sleep(quiet_seconds)
            if self.cpu_seconds() - before < 0.05 * quiet_seconds:
                return


def fresh_folder() -> Path:
    """A folder that is removed when the command ends, not before; `emptied` gives its room back earlier.

    For minutes after a file is deleted ext4 looks for another inode than the freed one, which makes new files slow.
    """
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=os.environ.get("BENCH_DIR")))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def emptied(folder: Path) -> None:
    """Give the disk and the memory back that the files of a folder take; the files stay, with nothing in them."""
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):
            if path.is_file() and not path.is_symlink():
                os.truncate(path, 0)


@contextlib.contextmanager
def serving(folder: Path | None = None, **settings: str) -> Iterator[Server]:
    """Start a gallery on a free port, in this folder or a fresh one; it ends with the block."""
    data = folder or fresh_folder() / "data"
    port = _free_port()
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "app.py", "--port", str(port), "--data", str(data), "--no-dicom"],
        cwd=HOME,
        env=os.environ | {"DICOMGALLERY_BUILD_STAGE": "0"} | settings,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(process, port)
        yield Server(process, port, data, round(time.monotonic() - began, 2))
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
        if folder is None:
            emptied(data)


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"The gallery ended with code {process.returncode} before it answered.")
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
        with contextlib.suppress(OSError, http.client.HTTPException), contextlib.closing(connection):
            connection.request("GET", "/healthz")
            if connection.getresponse().status == 200:
                return
        time.sleep(0.05)
    raise RuntimeError("The gallery did not answer in time.")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
