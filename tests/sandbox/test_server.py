"""One server for every process of the gallery."""

import signal
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from pydicom.data import get_testdata_file

from dicomgallery.errors import UnavailableError
from dicomgallery.imaging.spec import THUMBNAIL
from dicomgallery.sandbox.address import connect, path_of
from dicomgallery.sandbox.channel import Channel
from dicomgallery.sandbox.client import Member, Sandbox, UnpackLimits, Urgency, open_sandbox
from dicomgallery.sandbox.crew import TaskLostError
from dicomgallery.sandbox.tasks import OURS
from dicomgallery.settings import Settings
from tests.sandbox.archives import zipped
from tests.sandbox.test_children import eventually, is_gone

TROUBLES = (*OURS, "tests.sandbox.troubles")
CT = Path(str(get_testdata_file("CT_small.dcm", download=False)))
ROOT = Path(__file__).parents[2]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "data", sandbox_seconds=30)


@contextmanager
def serving(settings: Settings, modules: tuple[str, ...] = TROUBLES) -> Iterator[subprocess.Popen[bytes]]:
    """A server of two children on a data folder."""
    server = subprocess.Popen(
        [
            sys.executable,
            "-c",
            (
                "from pathlib import Path\n"
                "from dicomgallery.sandbox.server import serve\n"
                "from dicomgallery.settings import Settings\n"
                f"serve(Settings(data=Path({str(settings.data)!r}), workers=2), modules={modules!r})\n"
            ),
        ],
        cwd=ROOT,
    )
    try:
        assert eventually(lambda: _answers(settings))
        yield server
    finally:
        server.terminate()
        server.wait(30)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Settings, subprocess.Popen[bytes]]]:
    """One server for the tests that leave it standing; what fails in it are its children."""
    settings = Settings(data=tmp_path_factory.mktemp("served") / "data", sandbox_seconds=30)
    with serving(settings) as server:
        yield settings, server


@pytest.fixture
def sandbox(served: tuple[Settings, subprocess.Popen[bytes]]) -> Iterator[Sandbox]:
    """Somebody who asks it."""
    with open_sandbox(served[0]) as sandbox:
        yield sandbox


def _answers(settings: Settings) -> bool:
    try:
        connect(settings).close()
    except OSError:
        return False
    return True


def test_a_server_answers_and_is_closed_to_others(
    served: tuple[Settings, subprocess.Popen[bytes]], sandbox: Sandbox
) -> None:
    settings, server = served
    assert sandbox.render(CT, THUMBNAIL).width == 256
    assert sandbox.ask("who", {}).whole("parent") in {process.pid for process in psutil.Process(server.pid).children()}
    assert stat.S_IMODE(path_of(settings).stat().st_mode) == 0o600
    assert stat.S_IMODE(path_of(settings).parent.stat().st_mode) == 0o700


def test_a_second_server_says_that_there_is_one(served: tuple[Settings, subprocess.Popen[bytes]]) -> None:
    settings, _ = served
    second = subprocess.run(
        [sys.executable, "-m", "dicomgallery.sandbox"],
        cwd=ROOT,
        env={"DICOMGALLERY_DATA": str(settings.data)},
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert second.returncode == 1
    assert b"Another sandbox already serves this data folder." in second.stderr
    assert _answers(settings)


def test_a_deep_data_folder_is_served_too(tmp_path: Path) -> None:
    deep = Settings(data=tmp_path / ("d" * 60) / ("e" * 60))

    with serving(deep), open_sandbox(deep) as sandbox:
        assert len(str(path_of(deep))) > 107
        assert sandbox.ask("body", {"size": 256}).body == bytes(range(256))


def test_the_end_of_the_server_is_the_end_of_all_its_processes(settings: Settings, tmp_path: Path) -> None:
    channel = Channel(settings, modules=OURS, patience_seconds=0.3)
    with serving(settings) as server, Sandbox(channel) as sandbox:
        thread = _asking(lambda: sandbox.ask("hang", {"started": str(tmp_path / "started")}))
        assert eventually((tmp_path / "started").exists)
        processes = psutil.Process(server.pid).children(recursive=True)

        server.send_signal(signal.SIGTERM)

        assert server.wait(30) == 0
        assert all(eventually(lambda pid=process.pid: is_gone(pid)) for process in processes)
        assert not path_of(settings).exists()
    thread.join(60)


def test_a_person_does_not_wait_behind_the_background(sandbox: Sandbox, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    with ThreadPoolExecutor(50) as pool:
        queue = [
            pool.submit(sandbox.ask, "wait_for", {"gate": str(gate)}, urgency=Urgency.BACKGROUND) for _ in range(50)
        ]
        try:
            assert sandbox.render(CT, THUMBNAIL).width == 256
            assert not any(task.done() for task in queue)
        finally:
            gate.touch()
        children = {task.result(60).whole("pid") for task in queue}

    # As many at once as there are workers, not as many as there are tasks.
    assert len(children) == 2


def test_unpacking_does_not_hold_up_pictures(sandbox: Sandbox, tmp_path: Path) -> None:
    archive = tmp_path / "a.zip"
    archive.write_bytes(zipped([(str(number), b"x" * 1000) for number in range(50)]))
    unpackings = [sandbox.unpack(archive, tmp_path / str(number), UnpackLimits()) for number in range(4)]
    assert all(isinstance(next(unpacking), Member) for unpacking in unpackings)

    assert sandbox.render(CT, THUMBNAIL).width == 256
    assert [len(list(unpacking)) for unpacking in unpackings] == [49] * 4


@pytest.mark.parametrize("trouble", ["abort", "eat", "panic"])
def test_one_that_fails_harms_no_other(sandbox: Sandbox, tmp_path: Path, trouble: str) -> None:
    gate = tmp_path / "gate"
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(sandbox.ask, "wait_for", {"gate": str(gate), "started": str(tmp_path / "started")})
        try:
            assert eventually((tmp_path / "started").exists)
            for _ in range(3):
                with pytest.raises(TaskLostError):
                    sandbox.ask(trouble, {"secret": "x"})
            assert not other.done()
        finally:
            gate.touch()
        assert other.result(60).whole("pid") > 0


def test_a_picture_is_asked_for_again_when_the_server_was_killed(settings: Settings, tmp_path: Path) -> None:
    gate, started = tmp_path / "gate", tmp_path / "started"
    with open_sandbox(settings) as sandbox, ThreadPoolExecutor(1) as pool:
        with serving(settings) as server:
            answer = pool.submit(sandbox.ask, "wait_for", {"gate": str(gate), "started": str(started)})
            assert eventually(started.exists)
            server.kill()
            server.wait()
        gate.touch()
        with serving(settings):
            assert answer.result(60).whole("pid") > 0


def test_a_server_that_stays_away_is_told_in_words(settings: Settings) -> None:
    with Sandbox(Channel(settings, modules=OURS, patience_seconds=0.3)) as sandbox:
        with serving(settings):
            assert sandbox.render(CT, THUMBNAIL).width == 256

        with pytest.raises(UnavailableError, match="not running"):
            sandbox.render(CT, THUMBNAIL)


def test_an_unpacking_whose_server_is_killed_leaves_nothing(settings: Settings, tmp_path: Path) -> None:
    into = tmp_path / "into"
    with serving(settings, (*TROUBLES, "tests.sandbox.litter_tasks")) as server, open_sandbox(settings) as sandbox:
        unpacking = sandbox.unpack(CT, into, UnpackLimits())
        next(unpacking)
        server.kill()
        server.wait()

        with pytest.raises(UnavailableError):
            list(unpacking)
        assert list(into.iterdir()) == []


def test_leaving_an_unpacking_early_ends_it_and_leaves_nothing(settings: Settings, tmp_path: Path) -> None:
    into = tmp_path / "into"
    with serving(settings, (*TROUBLES, "tests.sandbox.litter_tasks")), open_sandbox(settings) as sandbox:
        for _ in range(6):
            # More often than there are children for it: each is free again.
            unpacking = sandbox.unpack(CT, into, UnpackLimits())
            next(unpacking)
            unpacking.close()

            assert list(into.iterdir()) == []
        assert sandbox.render(CT, THUMBNAIL).width == 256


def test_an_asker_that_is_gone_frees_the_child(settings: Settings, tmp_path: Path) -> None:
    with serving(settings) as server:
        asker = subprocess.Popen(
            [
                sys.executable,
                "-c",
                (
                    "from pathlib import Path\n"
                    "from dicomgallery.sandbox.client import open_sandbox\n"
                    "from dicomgallery.settings import Settings\n"
                    f"sandbox = open_sandbox(Settings(data=Path({str(settings.data)!r})))\n"
                    f"sandbox.ask('hang', {{'started': {str(tmp_path / 'started')!r}}})\n"
                ),
            ],
            cwd=ROOT,
        )
        assert eventually((tmp_path / "started").exists)
        nursery = psutil.Process(server.pid).children()[0]
        before = {child.pid for child in nursery.children()}

        asker.kill()
        asker.wait()

        assert eventually(lambda: any(is_gone(pid) for pid in before))


def test_where_no_server_is_a_private_child_works_until_there_is_one(settings: Settings) -> None:
    settings.run.mkdir(parents=True)
    with socket.socket(socket.AF_UNIX) as dead:
        # What a killed server leaves behind.
        dead.bind(str(path_of(settings)))
    channel = Channel(settings, modules=TROUBLES, patience_seconds=0.3)
    with Sandbox(channel) as sandbox:
        private = sandbox.ask("who", {})
        assert channel.private_pid == private.whole("parent")

        with serving(settings):
            assert sandbox.ask("who", {}).whole("parent") != private.whole("parent")
            assert channel.private_pid is None
            assert eventually(lambda: is_gone(private.whole("pid")))


def _asking(question: Callable[[], object]) -> threading.Thread:
    def ask() -> None:
        with pytest.raises((UnavailableError, TaskLostError)):
            question()

    thread = threading.Thread(target=ask)
    thread.start()
    return thread
