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


def staged(folder: Path, data: bytes = b"bytes") -> StagedFile:
    file = stage(io.BytesIO(data), folder / "tmp", limit=1000)
    file.settle()
    return file


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
    placed = LocalStore(tmp_path).put([(file.sha256, file.path)])
    leaf = tmp_path / "blobs" / file.sha256[:2] / file.sha256[2:4]
    leaf.rename(tmp_path / "away")
    with pytest.raises(FileNotFoundError):
        placed.settle()

    (tmp_path / "away").rename(leaf)

    with pytest.raises(FileNotFoundError):
        placed.settle()


def test_bytes_that_another_process_put_a_moment_ago_are_waited_for_up_to_their_folders_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = staged(tmp_path), staged(tmp_path)
    LocalStore(tmp_path).put([(first.sha256, first.path)])
    another = LocalStore(tmp_path)
    waited: list[Path] = []
    monkeypatch.setattr(local, "fsync_folder", lambda folder: waited.append(Path(folder)))

    another.put([(second.sha256, second.path)]).settle()

    middle = tmp_path / "blobs" / first.sha256[:2]
    assert set(waited) == {middle, middle / first.sha256[2:4]}
    assert not second.path.exists()


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
