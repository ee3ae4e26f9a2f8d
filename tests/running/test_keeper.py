"""Processes are kept running, and all end together."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from dicomgallery.supervisor import keeper
from dicomgallery.supervisor.keeper import Keeper
from dicomgallery.supervisor.logfile import LogFile
from dicomgallery.supervisor.parts import Part

HOME = Path(__file__).resolve().parents[2]

SLEEPER = "import time; time.sleep(60)"
FAMILY = (
    "import subprocess, sys, time; p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
    "open(sys.argv[1], 'w').write(str(p.pid)); time.sleep(60)"
)
DEAF = (
    "import signal, sys, time\n"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN); open(sys.argv[1], 'w').write('deaf'); time.sleep(60)"
)


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Keeper]:
    made = Keeper(os.environ, HOME, LogFile(tmp_path / "gallery.log"), verbose=False)
    yield made
    made.end()
    made.close()


def python(program: str, *arguments: str) -> Part:
    return Part("a program", (sys.executable, "-c", program, *arguments))


def until(true: Callable[[], object], seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def test_a_killed_part_starts_again(kept: Keeper) -> None:
    child = kept.keep(python(SLEEPER))
    assert child.process is not None
    first = child.process.pid
    os.kill(first, signal.SIGKILL)

    until(kept.tend)
    assert child.process is None
    until(lambda: kept.tend() or child.process)

    assert child.process is not None
    assert child.process.pid != first
    assert alive(child.process.pid)


def test_each_short_life_doubles_the_wait_and_a_long_one_resets_it() -> None:
    child = keeper.Child(python(SLEEPER))
    waits = []
    for _ in range(8):
        child.started_at = 1000.0
        child.died(1001.0)
        waits.append(child.start_at - 1001.0)
    assert waits == [0.5, 1, 2, 4, 8, 16, 30, 30]

    child.started_at = 2000.0
    child.died(2060.0)
    assert child.start_at == 2060.5


def test_what_a_killed_part_had_started_ends_too(kept: Keeper, tmp_path: Path) -> None:
    note = tmp_path / "pid"
    child = kept.keep(python(FAMILY, str(note)))
    until(lambda: note.exists() and note.read_text())
    grandchild = int(note.read_text())
    assert alive(grandchild)
    assert child.process is not None
    os.kill(child.process.pid, signal.SIGKILL)

    until(kept.tend)

    until(lambda: not alive(grandchild))


def test_ending_insists_when_asking_does_not_help(
    kept: Keeper, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper, "PATIENCE_SECONDS", 0.3)
    note = tmp_path / "note"
    child = kept.keep(python(DEAF, str(note)))
    until(lambda: note.exists() and note.read_text())
    process = child.process
    assert process is not None

    kept.end()

    assert process.returncode == -signal.SIGKILL


def test_a_part_run_once_returns_its_code_and_its_last_words(kept: Keeper) -> None:
    program = 'import sys; print(\'{"level": "INFO", "event": "fine"}\'); print(\'the disk is full\'); sys.exit(3)'

    assert kept.run_once(python(program)) == (3, ["the disk is full"])
    assert kept.run_once(python("")) == (0, [])


def test_a_part_is_niced_and_writes_for_its_owner_alone(kept: Keeper, tmp_path: Path) -> None:
    note = tmp_path / "note"
    program = "import os, sys; open(sys.argv[1], 'w').write(str(os.nice(0)))"
    kept.run_once(Part("nice", (sys.executable, "-c", program, str(note)), niceness=10))

    assert note.read_text() == str(min(19, os.nice(0) + 10))
    assert note.stat().st_mode & 0o077 == 0


def test_parts_end_when_their_supervisor_is_killed(tmp_path: Path) -> None:
    program = (
        "import os, sys, time\nfrom pathlib import Path\n"
        "from dicomgallery.supervisor.keeper import Keeper\nfrom dicomgallery.supervisor.logfile import LogFile\n"
        "from dicomgallery.supervisor.parts import Part\n"
        "kept = Keeper(os.environ, Path.cwd(), LogFile(Path(sys.argv[1]) / 'log'), verbose=False)\n"
        "child = kept.keep(Part('x', (sys.executable, '-c', 'import time; time.sleep(60)')))\n"
        "print(child.process.pid, flush=True)\ntime.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)], cwd=HOME, stdout=subprocess.PIPE, text=True
    ) as supervisor:
        assert supervisor.stdout is not None
        part = int(supervisor.stdout.readline())
        assert alive(part)
        supervisor.kill()

    until(lambda: not alive(part))


def test_forks_of_a_killed_process_end_however_deep(tmp_path: Path) -> None:
    program = (
        "import os, sys, time\nfrom dicomgallery import lifeline\nlifeline.forks_die_with_me()\n"
        "child = os.fork()\n"
        "if not child:\n grandchild = os.fork()\n"
        " if grandchild: print(os.getpid(), grandchild, flush=True)\n"
        "time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", program], cwd=HOME, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        pids = [int(word) for word in process.stdout.readline().split()]
        assert all(map(alive, pids))
        process.kill()

        until(lambda: not any(map(alive, pids)))


def test_the_log_is_rotated_under_the_pen_of_who_writes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dicomgallery.supervisor.logfile.LARGEST_BYTES", 100)
    log = LogFile(tmp_path / "gallery.log")
    with log.open() as pen:
        for number in range(5):
            pen.write(f"{number}".encode() * 100 + b"\n")
            log.rotate_when_large()
        pen.write(b"after\n")

    assert log.path.read_bytes() == b"after\n"
    assert [(tmp_path / f"gallery.log.{n}").read_bytes()[:1] for n in (1, 2, 3)] == [b"4", b"3", b"2"]
    assert not (tmp_path / "gallery.log.4").exists()


def test_last_words_are_said_without_their_json(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "gallery.log")
    log.path.write_text("old\n")
    offset = log.size()
    lines = [
        {"level": "INFO", "event": "started"},
        {"level": "CRITICAL", "event": "it ends", "error": {"type": "OSError", "frames": ["a.py:1 f"]}},
    ]
    with log.open() as pen:
        pen.write("\n".join(map(json.dumps, lines)).encode() + b"\nand plain words\n")

    assert log.words_since(offset) == ["it ends (OSError, a.py:1 f)", "and plain words"]
