"""Blobs in a local folder: `blobs/ab/cd/<sha256>`, written by rename and fsynced."""

import fcntl
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from dicomgallery.storage.staging import each_on_disk

_SHA256 = re.compile(r"[0-9a-f]{64}")


class LocalStore:
    """The store of a single machine.

    Two locks between processes: arrivals share one, the sweeper takes it alone. Without it the
    sweeper could judge a blob old, an arrival of the same bytes could touch it and commit a row,
    and the sweeper would then delete what the row refers to.
    """

    def __init__(self, data: Path) -> None:
        self.root = data / "blobs"
        self._root = str(self.root)
        # Which of the 65536 folders this process knows to stand in their parents for good.
        self._leaf_is_durable = bytearray(1 << 16)
        self.lock = data / "run" / "blobs.lock"
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.lock.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.lock.touch(mode=0o600)
        self._make_middle_folders()

    def _make_middle_folders(self) -> None:
        if not (self.root / "ff").exists():
            for number in range(256):
                (self.root / f"{number:02x}").mkdir(exist_ok=True, mode=0o700)
        # Those that are there may have been made a moment ago, by a process that has not come so far yet.
        fsync_folder(self.root)
        fsync_folder(self.root.parent)

    def arriving(self) -> "_Lock":
        """Hold the sweeper off from before a blob is put until its row is committed."""
        return _Lock(self.lock, fcntl.LOCK_SH)

    def sweeping(self) -> "_Lock":
        """Hold arrivals off while blobs without rows are looked up and removed."""
        return _Lock(self.lock, fcntl.LOCK_EX)

    def put(self, staged: Sequence[tuple[str, Path]]) -> "_Placed":
        """Take (sha256, file that is settled) over; OSError when the disk refuses. What it gives must settle, too."""
        folders: dict[str, None] = {}
        leaves = []
        for sha256, source in staged:
            target = self._target(sha256)
            leaf = os.path.dirname(target)
            # Even what is there may have come a moment ago, and not be in its folder for good, nor that in its own.
            folders[leaf] = None
            if not self._leaf_is_durable[number := int(sha256[:4], 16)]:
                folders[os.path.dirname(leaf)] = None
                leaves.append(number)
            if _touched(target):
                source.unlink(missing_ok=True)
                continue
            try:
                os.rename(source, target)
            except FileNotFoundError:
                # Another arrival may make the same folder at once: either may win.
                with suppress(FileExistsError):
                    os.mkdir(leaf, 0o700)
                os.rename(source, target)
        return _Placed(list(folders), leaves, self._leaf_is_durable)

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
        """Each blob's SHA-256 and the time it was last put, in seconds since 1970."""
        for folder, _, names in os.walk(self.root):
            for name in names:
                if _SHA256.fullmatch(name):
                    try:
                        yield name, os.stat(os.path.join(folder, name)).st_mtime
                    except FileNotFoundError:
                        continue

    def remove(self, sha256: str) -> None:
        """Delete a blob; only the sweeper does this."""
        Path(self._target(sha256)).unlink(missing_ok=True)

    def _target(self, sha256: str) -> str:
        if not _SHA256.fullmatch(sha256):
            raise ValueError("A blob is named by 64 lower-case hex digits.")
        return f"{self._root}/{sha256[:2]}/{sha256[2:4]}/{sha256}"


@dataclass(slots=True)
class _Placed:
    """Blobs whose folders the disk does not have for good yet."""

    folders: Sequence[str]
    leaves: Sequence[int]
    durable: bytearray
    refusal: OSError | None = None

    def settle(self) -> None:
        """Wait until the disk keeps their places for good; OSError when it refuses, now and whenever asked again."""
        if self.refusal is not None:
            raise self.refusal
        try:
            each_on_disk([partial(fsync_folder, folder) for folder in self.folders])
        except OSError as error:
            self.refusal = error
            raise
        for number in self.leaves:
            self.durable[number] = 1


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


def _touched(target: str) -> bool:
    try:
        os.utime(target)
    except FileNotFoundError:
        return False
    return True
