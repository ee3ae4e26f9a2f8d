"""Blobs in a local folder: `blobs/ab/<sha256>`, fsynced with the folder they lie in."""

import fcntl
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from dicomgallery.storage.staging import StagedFile, StorageFullError, each_on_disk

_SHA256 = re.compile(r"[0-9a-f]{64}")


class LocalStore:
    """The store of a single machine.

    Two locks between processes: arrivals share one, the sweeper takes it alone. Without it the
    sweeper could judge a blob old, an arrival could put the same bytes in its place and commit a row,
    and the sweeper would then delete what the row refers to.
    """

    def __init__(self, data: Path) -> None:
        self.root = data / "blobs"
        self._root = str(self.root)
        self.lock = data / "run" / "blobs.lock"
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.lock.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.lock.touch(mode=0o600)
        self._make_folders()

    def _make_folders(self) -> None:
        if not (self.root / "ff").exists():
            for folder in self._folders():
                folder.mkdir(exist_ok=True, mode=0o700)
        if not (flat := self.root / "flat").exists():
            self._lift()
            flat.touch(mode=0o600)
        # Those that are there may have been made a moment ago, by a process that has not come so far yet.
        fsync_folder(self.root)
        fsync_folder(self.root.parent)

    def _folders(self) -> Iterator[Path]:
        return (self.root / f"{number:02x}" for number in range(256))

    def _lift(self) -> None:
        """Bring blobs that lie one folder deeper, where they were put at first, to their places."""
        for folder in self._folders():
            deeper = [Path(entry.path) for entry in os.scandir(folder) if entry.is_dir(follow_symlinks=False)]
            for leaf in deeper:
                # Another process that starts may do the same at once.
                with suppress(FileNotFoundError):
                    for blob in list(leaf.iterdir()):
                        with suppress(FileNotFoundError):
                            blob.rename(folder / blob.name)
                    leaf.rmdir()
            if deeper:
                fsync_folder(folder)

    def arriving(self) -> "_Lock":
        """Hold the sweeper off from before a blob is put until its row is committed."""
        return _Lock(self.lock, fcntl.LOCK_SH)

    def sweeping(self) -> "_Lock":
        """Hold arrivals off while blobs without rows are looked up and removed."""
        return _Lock(self.lock, fcntl.LOCK_EX)

    def put(self, staged: Sequence[StagedFile]) -> "_Placed":
        """Take files over, settled or not; what it gives must settle, and tells what the disk refused."""
        folders: dict[str, _Folder] = {}
        places: dict[str, _Place] = {}
        for file in staged:
            if file.sha256 in places:
                file.discard()
                continue
            target = self._target(file.sha256)
            name = os.path.dirname(target)
            place = places[file.sha256] = _Place(file, folders.setdefault(name, _Folder(name)))
            place.take(target)
        return _Placed(places, list(folders.values()))

    def path(self, sha256: str) -> Path:
        """The blob's file; FileNotFoundError when there is none."""
        target = self._target(sha256)
        if not os.path.exists(target):
            raise FileNotFoundError("The blob is missing.")
        return Path(target)

    def has(self, sha256: str) -> bool:
        """Say whether the blob is here."""
        return os.path.exists(self._target(sha256))

    def every(self) -> Iterator[tuple[str, float]]:
        """Each blob's SHA-256 and the time its bytes were written, in seconds since 1970."""
        for folder in self._folders():
            with suppress(FileNotFoundError):
                for name in os.listdir(folder):
                    if _SHA256.fullmatch(name):
                        with suppress(FileNotFoundError):
                            yield name, os.stat(folder / name).st_mtime

    def remove(self, sha256: str) -> None:
        """Delete a blob; only the sweeper does this."""
        Path(self._target(sha256)).unlink(missing_ok=True)

    def _target(self, sha256: str) -> str:
        if not _SHA256.fullmatch(sha256):
            raise ValueError("A blob is named by 64 lower-case hex digits.")
        return f"{self._root}/{sha256[:2]}/{sha256}"


@dataclass(slots=True)
class _Folder:
    """A folder with new entries."""

    path: str
    is_settled: bool = False
    refusal: OSError | None = None

    def settle(self) -> None:
        """Make the entries durable; a refusal is final: a second try would not tell of it."""
        if self.refusal is not None:
            raise self.refusal
        if not self.is_settled:
            try:
                fsync_folder(self.path)
            except OSError as error:
                self.refusal = error
                raise
            self.is_settled = True


@dataclass(slots=True)
class _Place:
    """A staged file on its way to its place."""

    file: StagedFile
    folder: _Folder
    refusal: Exception | None = None

    def take(self, target: str) -> None:
        """Move the file there.

        What is there already may be the blob of a row, so only bytes that the disk has may take its place; it may
        also be what an arrival left that never came to its end, so it is not taken for the blob either.
        """
        try:
            os.link(self.file.path, target)
            os.unlink(self.file.path)
        except OSError:
            # Most often because something is there; some file systems know no links.
            try:
                self.file.settle()
                os.rename(self.file.path, target)
            except (OSError, StorageFullError) as error:
                self.refusal = error

    def settle(self) -> None:
        """Wait for the bytes."""
        if self.refusal is not None:
            raise self.refusal
        self.file.settle()


@dataclass(frozen=True, slots=True)
class _Placed:
    """Blobs in their places, by their SHA-256, and the folders they lie in."""

    places: dict[str, _Place]
    folders: Sequence[_Folder]

    def settle(self) -> None:
        """Wait until the disk has all of them for good; StorageFullError or OSError when it refuses one."""
        each_on_disk([*(place.settle for place in self.places.values()), *(folder.settle for folder in self.folders)])

    def settle_one(self, sha256: str) -> None:
        """The same for a single one; what was refused once is refused whenever asked again."""
        place = self.places[sha256]
        place.settle()
        place.folder.settle()


class _Lock:
    """An advisory lock on a file, held while the context lasts.

    `flock` is not fair: arrivals that overlap would keep the sweeper out for ever. So everyone passes a
    gate first; the sweeper holds it while it waits for those inside, and nobody new gets in meanwhile.
    """

    def __init__(self, path: Path, kind: int) -> None:
        self._path = path
        self._kind = kind

    def __enter__(self) -> None:
        gate = _opened(self._path.with_suffix(".gate"))
        try:
            fcntl.flock(gate, self._kind)
            self._file = _opened(self._path)
            fcntl.flock(self._file, self._kind)
        finally:
            os.close(gate)

    def __exit__(self, *_: object) -> None:
        os.close(self._file)


def _opened(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def fsync_folder(folder: str | Path) -> None:
    """Make renames and new entries in a folder durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
