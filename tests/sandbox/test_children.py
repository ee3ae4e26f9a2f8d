"""What happens to a child happens to nobody else."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from pydicom.data import get_testdata_file

from dicomgallery.imaging.refusals import CannotRenderError, RenderReason
from dicomgallery.imaging.spec import FULL, THUMBNAIL, RenderSpec
from dicomgallery.sandbox.client import Member, Refused, Sandbox, UnpackLimits, Urgency, open_sandbox
from dicomgallery.sandbox.crew import TaskLostError, Why
from dicomgallery.sandbox.tasks import OURS
from dicomgallery.settings import MIB, Settings
from tests.sandbox.archives import zipped

TROUBLES = (*OURS, "tests.sandbox.troubles")
CT = Path(str(get_testdata_file("CT_small.dcm", download=False)))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "data", sandbox_seconds=60, sandbox_memory_bytes=600 * MIB)


@pytest.fixture
def sandbox(settings: Settings) -> Iterator[Sandbox]:
    with open_sandbox(settings, modules=TROUBLES) as sandbox:
        yield sandbox


def eventually(condition: Callable[[], bool]) -> bool:
    """Wait for what must come; the limit is there only to end a failing test."""
    give_up_at = time.monotonic() + 30
    while not condition():
        if time.monotonic() > give_up_at:
            return False
        time.sleep(0.02)
    return True


def is_gone(pid: int) -> bool:
    with suppress(psutil.NoSuchProcess):
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    return True


def test_a_picture_comes_out_of_a_child(sandbox: Sandbox) -> None:
    rendered = sandbox.render(CT, THUMBNAIL)

    assert (rendered.media_type, rendered.width, rendered.height) == ("image/jpeg", 256, 256)
    assert rendered.data.startswith(b"\xff\xd8\xff")


def test_a_refusal_comes_with_its_reason(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no DICOM at all")

    with pytest.raises(CannotRenderError) as refusal:
        sandbox.render(tmp_path / "text", FULL)

    assert refusal.value.reason is RenderReason.UNREADABLE
    with pytest.raises(CannotRenderError) as refusal:
        sandbox.render(CT, RenderSpec(frame=99))
    assert refusal.value.reason is RenderReason.NO_SUCH_FRAME


@pytest.mark.parametrize("size", [0, 80_000 // 256 * 256, 256 * 1024, 256 * 1025, 20 * MIB])
def test_an_answer_of_any_size_arrives_whole(sandbox: Sandbox, settings: Settings, size: int) -> None:
    assert sandbox.ask("body", {"size": size}).body == bytes(range(256)) * (size // 256)
    assert not settings.data.exists()


@pytest.mark.parametrize(
    ("trouble", "why"), [("abort", Why.CRASHED), ("eat", Why.OUT_OF_MEMORY), ("panic", Why.SURPRISE)]
)
def test_a_child_that_fails_is_replaced(sandbox: Sandbox, trouble: str, why: Why) -> None:
    before = sandbox.ask("who", {}).whole("pid")

    with pytest.raises(TaskLostError) as loss:
        sandbox.ask(trouble, {"secret": "Doe^Jane"})

    assert loss.value.why is why
    after = sandbox.ask("who", {}).whole("pid")
    assert after != before
    assert eventually(lambda: is_gone(before))


def test_a_child_that_hangs_is_ended_and_replaced(settings: Settings, tmp_path: Path) -> None:
    with open_sandbox(replace(settings, sandbox_seconds=2), modules=TROUBLES) as sandbox:
        before = sandbox.ask("who", {}).whole("pid")

        with pytest.raises(TaskLostError) as loss:
            sandbox.ask("hang", {"started": str(tmp_path / "started")})

        assert loss.value.why is Why.TOO_SLOW
        assert sandbox.ask("who", {}).whole("pid") != before
        assert is_gone(before)


def test_what_failed_is_logged_without_what_the_file_said(sandbox: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(TaskLostError):
        sandbox.ask("panic", {"secret": "Doe^Jane"})

    said = [vars(record) for record in caplog.records]
    assert any(line.get("what") == "PanicException" for line in said)
    assert "Doe" not in str(said)


def test_a_child_that_has_grown_is_replaced(sandbox: Sandbox) -> None:
    grown = sandbox.ask("grow", {}).whole("pid")

    assert sandbox.ask("who", {}).whole("pid") != grown


def test_a_child_that_died_between_two_tasks_is_replaced_unseen(sandbox: Sandbox) -> None:
    first = sandbox.ask("who", {}).whole("pid")
    os.kill(first, signal.SIGKILL)
    assert eventually(lambda: is_gone(first))

    assert sandbox.ask("who", {}).whole("pid") != first


def test_a_nursery_that_died_is_replaced_with_its_children(sandbox: Sandbox) -> None:
    first = sandbox.ask("who", {})
    os.kill(first.whole("parent"), signal.SIGKILL)
    assert eventually(lambda: is_gone(first.whole("pid")))

    assert sandbox.ask("who", {}).whole("parent") != first.whole("parent")


def test_a_child_lives_under_its_limits_and_knows_no_secret(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DICOMGALLERY_OWNER_PASSWORD", "open sesame")

    person, background = (sandbox.ask("who", {}, urgency=urgency) for urgency in Urgency)

    assert person.whole("RLIMIT_DATA") == 600 * MIB
    assert person.whole("RLIMIT_CORE") == 0
    assert background.whole("niceness") == person.whole("niceness") + 10
    assert not any("DICOMGALLERY" in name for name in person.texts("environment"))
    assert len(person.texts("files")) < 10


def test_a_forged_answer_is_no_picture_and_no_path(settings: Settings, tmp_path: Path) -> None:
    forged = (*OURS, "tests.sandbox.forged_render_tasks", "tests.sandbox.forged_unpack_tasks")
    with open_sandbox(settings, modules=forged) as sandbox:
        with pytest.raises(CannotRenderError) as refusal:
            sandbox.render(CT, THUMBNAIL)
        found = list(sandbox.unpack(CT, tmp_path / "into", UnpackLimits()))

    assert refusal.value.reason is RenderReason.CRASHED
    assert [type(one) for one in found] == [Refused]


def test_a_child_killed_from_outside_is_not_held_against_the_file(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "ct.dcm"
    shutil.copy(CT, file)
    with open_sandbox(settings, modules=(*OURS, "tests.sandbox.dying_render_tasks")) as sandbox:
        assert sandbox.render(file, THUMBNAIL).data

        file.with_suffix(".always").touch()
        with pytest.raises(CannotRenderError) as refusal:
            sandbox.render(file, THUMBNAIL)

    assert refusal.value.reason is RenderReason.CRASHED


def test_an_archive_is_unpacked_in_a_child(sandbox: Sandbox, tmp_path: Path) -> None:
    files = [(f"{number}.dcm", bytes([number]) * 5000) for number in range(60)]
    (tmp_path / "a.zip").write_bytes(zipped(files)[:-30])

    found = list(sandbox.unpack(tmp_path / "a.zip", tmp_path / "into", UnpackLimits()))

    members = [one for one in found if isinstance(one, Member)]
    assert [(one.name, one.path.read_bytes()) for one in members] == files
    assert found[60:] == [Refused("", "truncated", found[-1].detail)]  # type: ignore[union-attr]
    assert {path.name for path in (tmp_path / "into").iterdir()} == {one.path.name for one in members}


def test_an_unpacking_that_dies_keeps_what_it_told_of(settings: Settings, tmp_path: Path) -> None:
    with open_sandbox(settings, modules=(*OURS, "tests.sandbox.dying_unpack_tasks")) as sandbox:
        found = list(sandbox.unpack(CT, tmp_path, UnpackLimits()))

    assert [one.name for one in found] == ["1", "2", ""]
    assert isinstance(found[-1], Refused)
    assert found[-1].reason == "unreadable"
    assert {path.name[-2:] for path in tmp_path.iterdir()} == {"-1", "-2"}


def test_leaving_an_unpacking_early_ends_it_and_leaves_nothing(settings: Settings, tmp_path: Path) -> None:
    into = tmp_path / "into"
    with open_sandbox(settings, modules=(*OURS, "tests.sandbox.litter_tasks")) as sandbox:
        unpacking = sandbox.unpack(CT, into, UnpackLimits())
        next(unpacking)
        next(unpacking)
        unpacking.close()

        assert list(into.iterdir()) == []


def test_an_owner_killed_in_the_middle_takes_its_children_along(settings: Settings, tmp_path: Path) -> None:
    started = tmp_path / "started"
    owner = subprocess.Popen(
        [
            sys.executable,
            "-c",
            (
                "from pathlib import Path\n"
                "from dicomgallery.sandbox.client import open_sandbox\n"
                "from dicomgallery.settings import Settings\n"
                f"sandbox = open_sandbox(Settings(data=Path({str(settings.data)!r})), modules={TROUBLES!r})\n"
                f"sandbox.ask('hang', {{'started': {str(started)!r}}})\n"
            ),
        ],
        cwd=Path(__file__).parents[2],
    )
    assert eventually(started.exists)
    descendants = psutil.Process(owner.pid).children(recursive=True)
    assert len(descendants) >= 2

    owner.kill()
    owner.wait()

    assert all(eventually(lambda pid=process.pid: is_gone(pid)) for process in descendants)


def test_threads_share_a_private_child(settings: Settings) -> None:
    answers: list[bytes] = []
    with open_sandbox(replace(settings, sandbox_seconds=30), modules=TROUBLES) as sandbox:
        threads = [
            threading.Thread(target=lambda: answers.append(sandbox.render(CT, THUMBNAIL).data)) for _ in range(12)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert len(answers) == 12
    assert len(set(answers)) == 1
