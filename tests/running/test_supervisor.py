"""The whole gallery as processes: it starts, stays up, and ends, as a person at a terminal sees it."""

import contextlib
import os
import pty
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from dicomgallery.dicom import synthetic
from tests.marking import LENGTH, new_key

HOME = Path(__file__).resolve().parents[2]
REST_MB = 550
PATIENCE_SECONDS = 60
"""Costs nothing where all is well; a machine with much to do is slow, not wrong."""
KINDS = {
    "sandbox": "dicomgallery.sandbox",
    "http": "dicomgallery.supervisor.http",
    "worker": "worker",
}


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def until(true: Callable[[], object], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.05)


class Running:
    """`python app.py`, started as a person would."""

    def __init__(self, data: Path, port: int, *options: str) -> None:
        self.data, self.port = data, port
        self.process = start(data, port, *options)
        self.line = self._first_line()
        self.tree: set[psutil.Process] = set()

    def _first_line(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            _, words = self.process.communicate(timeout=PATIENCE_SECONDS)
            pytest.fail(f"it did not start: {words}")
        return line

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=2) as answer:
                return bool(answer.status == 200)
        except (OSError, urllib.error.URLError):
            return False

    def parts(self) -> dict[str, psutil.Process]:
        """The direct children by kind."""
        found = {}
        for child in psutil.Process(self.process.pid).children():
            with contextlib.suppress(psutil.NoSuchProcess):
                words = " ".join(child.cmdline())
                found |= {kind: child for kind, mark in KINDS.items() if mark in words.split()}
        return found

    def everyone(self) -> set[psutil.Process]:
        """All processes of this gallery, remembered so that orphans are found too."""
        with contextlib.suppress(psutil.NoSuchProcess):
            me = psutil.Process(self.process.pid)
            self.tree |= {me, *me.children(recursive=True)}
        return {process for process in self.tree if lives(process)}

    def end(self, number: signal.Signals = signal.SIGTERM) -> tuple[str, str]:
        self.everyone()
        self.process.send_signal(number)
        return self.process.communicate(timeout=PATIENCE_SECONDS)


def start(data: Path, port: int, *options: str) -> subprocess.Popen[str]:
    command = [sys.executable, str(HOME / "app.py"), "--port", str(port), "--data", str(data), "--workers", "2"]
    return subprocess.Popen(
        [*command, *options], cwd=data.parent, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def lives(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


@contextlib.contextmanager
def ended(running: Running) -> Iterator[Running]:
    """Lend a gallery; whatever becomes of the test, none of its processes stays."""
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.end()
        for process in running.everyone():
            process.kill()


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One gallery for the tests that leave it standing."""
    with ended(Running(tmp_path_factory.mktemp("one of mine") / "data", free_port())) as running:
        yield running


@pytest.fixture
def mine(tmp_path: Path) -> Iterator[Running]:
    """A gallery for a test that ends it."""
    with ended(Running(tmp_path / "data", free_port())) as running:
        yield running


def test_it_says_in_one_line_where_it_is_and_answers_there(gallery: Running) -> None:
    assert gallery.line == f"DICOM Gallery is at http://127.0.0.1:{gallery.port} (data in data/, Ctrl-C ends it).\n"
    assert gallery.answers()


def test_the_data_folder_is_its_owners_alone(gallery: Running) -> None:
    assert stat.S_IMODE(gallery.data.stat().st_mode) == 0o700
    key = gallery.data / "secret.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert len(bytes.fromhex(key.read_text())) == 32
    loose = [file for file in gallery.data.rglob("*") if not file.is_socket() and file.stat().st_mode & 0o077]
    assert loose == []


def test_a_second_gallery_on_the_folder_is_refused_in_one_line(gallery: Running) -> None:
    second = start(gallery.data, free_port())
    told, words = second.communicate(timeout=PATIENCE_SECONDS)

    assert (second.returncode, told) == (2, "")
    (line,) = words.splitlines()
    assert f"already in use by another gallery (process {gallery.process.pid})" in line
    assert gallery.answers()


def test_a_second_gallery_on_the_port_is_refused_in_one_line(gallery: Running, tmp_path: Path) -> None:
    second = start(tmp_path / "data", gallery.port)
    told, words = second.communicate(timeout=PATIENCE_SECONDS)

    assert (second.returncode, told) == (2, "")
    (line,) = words.splitlines()
    assert f"Port {gallery.port} on 127.0.0.1 is already in use." in line


@pytest.mark.parametrize("variable", ["DICOMGALLERY_PORT=five", "DICOMGALLERY_HOST=0.0.0.0", "DATABASE_URL=mysql://x"])
def test_a_wrong_setting_is_one_line_that_names_it(variable: str, tmp_path: Path) -> None:
    name, _, value = variable.partition("=")
    done = subprocess.run(
        [sys.executable, str(HOME / "app.py"), "--data", str(tmp_path / "data")],
        env={**os.environ, name: value},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert name in line


@pytest.mark.parametrize("kind", KINDS)
def test_a_killed_part_comes_back(gallery: Running, kind: str) -> None:
    first = gallery.parts()[kind]
    below = first.children(recursive=True)
    first.kill()

    until(lambda: gallery.parts().get(kind) not in {None, first}, PATIENCE_SECONDS)
    until(gallery.answers, PATIENCE_SECONDS)

    until(lambda: not any(map(lives, below)), PATIENCE_SECONDS)


def test_a_killed_http_worker_comes_back(gallery: Running) -> None:
    until(lambda: len(gallery.parts()["http"].children()) == 2, PATIENCE_SECONDS)
    gallery.parts()["http"].children()[0].kill()

    until(lambda: "http" in gallery.parts() and len(gallery.parts()["http"].children()) == 2, PATIENCE_SECONDS)
    until(gallery.answers, PATIENCE_SECONDS)


@pytest.mark.long
def test_it_is_modest_at_rest_and_ends_when_told(mine: Running) -> None:
    # The last part to start is the worker; then all of them come to rest.
    until(lambda: "worker" in mine.parts(), PATIENCE_SECONDS)
    until(lambda: rests(mine), PATIENCE_SECONDS)
    sizes = {process.pid: process.memory_full_info().pss / 1e6 for process in mine.everyone()}
    for process in sorted(mine.everyone(), key=lambda one: one.pid):
        print(f"{sizes[process.pid]:6.1f} MB  {' '.join(process.cmdline()[1:6])[:90]}")
    print(f"{sum(sizes.values()):6.1f} MB in all")

    assert sum(sizes.values()) <= REST_MB
    ends_without_a_word(mine, signal.SIGTERM)


def rests(running: Running) -> bool:
    """Say whether nothing was done for half a second."""

    def spent() -> float:
        return sum(sum(process.cpu_times()[:2]) for process in running.everyone())

    before = spent()
    time.sleep(0.5)
    return spent() - before < 0.02


def ends_without_a_word(running: Running, number: signal.Signals) -> None:
    """End it, and find every process gone."""
    assert len(running.everyone()) >= 5
    began = time.monotonic()
    told, words = running.end(number)

    assert (running.process.returncode, told, words) == (0, "", "")
    assert running.everyone() == set()
    # Whoever does not end by itself is killed after 10 s; nobody may need that.
    assert time.monotonic() - began < 10


@pytest.mark.long
def test_a_kill_of_the_supervisor_leaves_nothing_behind_and_loses_nothing(mine: Running) -> None:
    with httpx.Client(base_url=f"http://127.0.0.1:{mine.port}") as client:
        file = synthetic.as_bytes(*synthetic.ct_series(1, 32, 32))
        client.post("/api/v1/uploads", content=file, headers={"Content-Type": "application/dicom"}).raise_for_status()
        client.put(f"/api/v1/marks/{new_key()}", json={"image": 1, **LENGTH}).raise_for_status()
        marks = client.get("/api/v1/series/1/marks").json()["marks"]
    mine.everyone()
    mine.process.kill()
    mine.process.communicate()

    until(lambda: mine.everyone() == set(), PATIENCE_SECONDS)

    with ended(Running(mine.data, mine.port)) as again:
        assert again.answers()
        assert httpx.get(f"http://127.0.0.1:{mine.port}/api/v1/series/1/marks").json()["marks"] == marks
        assert httpx.get(f"http://127.0.0.1:{mine.port}/images/1/original").content == file
        assert len(marks) == 1
        # As when the terminal it was started in is closed; Ctrl-C comes below.
        until(lambda: len(again.parts()) == len(KINDS), PATIENCE_SECONDS)
        ends_without_a_word(again, signal.SIGHUP)


def test_ctrl_c_in_a_terminal_ends_it_even_with_a_request_under_way(tmp_path: Path) -> None:
    port = free_port()
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(tmp_path)
        os.execv(sys.executable, [sys.executable, str(HOME / "app.py"), "--port", str(port), "--data", "data"])
    seen = b""
    while b"Ctrl-C ends it" not in seen:
        try:
            seen += os.read(terminal, 1000)
        except OSError:
            pytest.fail(f"it did not start: {seen.decode()}")
    everyone = [psutil.Process(child), *psutil.Process(child).children(recursive=True)]
    with socket.create_connection(("127.0.0.1", port)) as slow:
        slow.sendall(b"POST /upload HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\nslow")
        time.sleep(0.2)
        os.write(terminal, b"\x03")

        # A terminal whose last process is gone ends with an error, not with an empty read.
        with contextlib.suppress(OSError):
            while more := os.read(terminal, 1000):
                seen += more
    _, status = os.waitpid(child, 0)
    os.close(terminal)

    assert os.waitstatus_to_exitcode(status) == 0
    assert not any(map(lives, everyone))
    assert b"Traceback" not in seen
