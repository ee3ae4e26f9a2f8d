"""What the disk has refused, or does not have for good yet, is never taken for stored."""

import io
import os
import threading
import time
from pathlib import Path

import pytest

from dicomgallery.storage import local
from dicomgallery.storage.local import LocalStore
from dicomgallery.storage.staging import StagedFile, each_on_disk, is_arriving, stage


def arrived(folder: Path, data: bytes = b"bytes") -> StagedFile:
    return stage(io.BytesIO(data), folder / "tmp", limit=1000)


def staged(folder: Path, data: bytes = b"bytes") -> StagedFile:
    file = arrived(folder, data)
    file.settle()
    return file


def refused_once(patch: pytest.MonkeyPatch) -> None:
    """The disk tells a refusal to whoever asks first, and keeps quiet to those behind."""
    answers = iter([OSError(5, "Input/output error")])

    def fsync(_handle: int) -> None:
        for error in answers:
            raise error

    patch.setattr(os, "fsync", fsync)


def test_a_refusal_is_told_when_nobody_waits_for_the_disk_any_more() -> None:
    over = threading.Event()

    def refuse() -> None:
        raise OSError(5, "Input/output error")

    def wait() -> None:
        time.sleep(0.2)
        over.set()

    with pytest.raises(OSError, match="Input/output"):
        each_on_disk([refuse, wait, refuse])

    assert over.is_set()


def test_a_folder_that_the_disk_refused_once_stays_refused(tmp_path: Path) -> None:
    file = staged(tmp_path)
    placed = LocalStore(tmp_path).put([file])
    folder = tmp_path / "blobs" / file.sha256[:2]
    folder.rename(tmp_path / "away")
    with pytest.raises(FileNotFoundError):
        placed.settle()

    (tmp_path / "away").rename(folder)

    with pytest.raises(FileNotFoundError):
        placed.settle()
    with pytest.raises(FileNotFoundError):
        placed.settle_one(file.sha256)


def test_a_refused_file_does_not_take_the_others_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bad, good = arrived(tmp_path, b"bad"), arrived(tmp_path, b"good")
    placed = LocalStore(tmp_path).put([bad, good])
    with monkeypatch.context() as patch:
        refused_once(patch)
        with pytest.raises(OSError, match="Input/output"):
            placed.settle_one(bad.sha256)

    with pytest.raises(OSError, match="Input/output"):
        placed.settle()

    placed.settle_one(good.sha256)
    with pytest.raises(OSError, match="Input/output"):
        placed.settle_one(bad.sha256)


def test_what_an_arrival_left_half_written_is_not_taken_for_the_blob(tmp_path: Path) -> None:
    file = arrived(tmp_path)
    target = tmp_path / "blobs" / file.sha256[:2] / file.sha256
    store = LocalStore(tmp_path)
    target.write_bytes(b"by")

    store.put([file]).settle()

    assert target.read_bytes() == b"bytes"
    assert not file.path.exists()


def test_only_bytes_that_the_disk_has_take_the_place_of_a_blob(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = LocalStore(tmp_path)
    store.put([first := arrived(tmp_path)]).settle()
    second = arrived(tmp_path)
    target = tmp_path / "blobs" / first.sha256[:2] / first.sha256
    before = target.stat().st_ino
    refused_once(monkeypatch)

    placed = store.put([second])

    with pytest.raises(OSError, match="Input/output"):
        placed.settle()
    assert target.stat().st_ino == before


def test_the_same_bytes_twice_in_a_batch_are_put_once(tmp_path: Path) -> None:
    first, second = arrived(tmp_path), arrived(tmp_path)

    LocalStore(tmp_path).put([first, second]).settle()

    assert [sha256 for sha256, _ in LocalStore(tmp_path).every()] == [first.sha256]
    assert not list((tmp_path / "tmp").iterdir())


def test_an_arriving_file_has_its_place_before_the_disk_has_its_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = LocalStore(tmp_path)
    file = arrived(tmp_path)
    waited: list[int] = []
    monkeypatch.setattr(os, "fsync", waited.append)

    placed = store.put([file])

    assert store.path(file.sha256).read_bytes() == b"bytes"
    assert not file.path.exists()
    assert waited == []
    placed.settle()
    assert len(waited) == 2


def test_two_stores_that_put_the_same_bytes_at_once_both_keep_them(tmp_path: Path) -> None:
    first, second = arrived(tmp_path), arrived(tmp_path)
    one, other = LocalStore(tmp_path), LocalStore(tmp_path)

    placed = one.put([first])
    other.put([second]).settle()
    placed.settle()

    assert one.path(first.sha256).read_bytes() == b"bytes"


def test_bytes_that_the_disk_refused_give_their_room_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = LocalStore(tmp_path)
    placed = store.put([file := arrived(tmp_path)])
    refused_once(monkeypatch)

    with pytest.raises(OSError, match="Input/output"):
        placed.settle()

    assert store.path(file.sha256).read_bytes() == b""


def test_a_refusal_does_not_touch_the_copy_that_took_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = LocalStore(tmp_path)
    placed = store.put([first := arrived(tmp_path)])
    store.put([arrived(tmp_path)]).settle()
    refused_once(monkeypatch)

    with pytest.raises(OSError, match="Input/output"):
        placed.settle()

    assert store.path(first.sha256).read_bytes() == b"bytes"


def test_blobs_that_lie_one_folder_deeper_are_brought_to_their_places(tmp_path: Path) -> None:
    name = "abcd" + "0" * 60
    deeper = tmp_path / "blobs" / "ab" / "cd"
    deeper.mkdir(parents=True)
    (deeper / name).write_bytes(b"bytes")

    store = LocalStore(tmp_path)

    assert store.path(name).read_bytes() == b"bytes"
    assert [sha256 for sha256, _ in store.every()] == [name]
    assert not deeper.exists()


@pytest.mark.parametrize("settled", [False, True])
def test_staged_bytes_can_be_read_before_and_after_the_disk_has_them(tmp_path: Path, settled: bool) -> None:
    file = staged(tmp_path) if settled else arrived(tmp_path)

    with file.mapped() as data:
        assert data[:] == b"bytes"
    file.discard()


def test_a_file_system_without_links_keeps_blobs_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    store = LocalStore(tmp_path)

    store.put([file := arrived(tmp_path)]).settle()

    assert store.path(file.sha256).read_bytes() == b"bytes"


def test_a_store_waits_for_the_folders_that_another_process_has_just_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    LocalStore(tmp_path)
    waited: list[Path] = []
    monkeypatch.setattr(local, "fsync_folder", lambda folder: waited.append(Path(folder)))

    LocalStore(tmp_path)

    assert waited == [tmp_path / "blobs", tmp_path]


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="open files are listed on Linux alone")
def test_what_is_discarded_keeps_no_room_on_the_disk(tmp_path: Path) -> None:
    file = stage(io.BytesIO(b"no DICOM"), tmp_path, limit=1000)

    file.discard()

    held = [link.readlink() for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
    assert not [path for path in held if file.path.name in path.name]
    assert not file.path.exists()


def test_a_clock_that_was_set_back_makes_no_arrival_last(tmp_path: Path) -> None:
    staged(tmp_path)
    assert is_arriving(tmp_path / "tmp", within_seconds=60)

    os.utime(tmp_path / "tmp", (time.time() + 3600,) * 2)

    assert not is_arriving(tmp_path / "tmp", within_seconds=60)


def test_nothing_arrives_in_a_folder_that_is_not_there(tmp_path: Path) -> None:
    assert not is_arriving(tmp_path / "gone", within_seconds=1)
