"""Bytes on their way in: written and hashed in the data folder, and on the disk before anyone is told."""

import errno
import hashlib
import mmap
import os
import secrets
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import BinaryIO, Self

from dicomgallery.errors import TooLargeError, UnavailableError

BITE = 96 << 10
"""Bytes that are hashed and written while they are still in the processor's cache; larger pieces are fresh memory."""
HEAD_BYTES = 512
_NEW = os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC
_ALONE = 2
"""So few waits for the disk are quicker one after the other than through threads."""
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class StorageFullError(UnavailableError):
    """The disk, or its quota, is full."""

    def __init__(self) -> None:
        super().__init__("The gallery's disk is full, so the file was not stored. Free some space and send it again.")


@dataclass(frozen=True, slots=True)
class StagedFile:
    """Bytes that lie in the data folder under a name of no meaning."""

    path: Path
    sha256: str
    size_bytes: int
    head: bytes = field(repr=False)
    """The first bytes, by which an archive is known."""
    written: "StagingFile | None" = field(default=None, compare=False, repr=False)
    """What they were written through, when that has not waited for the disk yet."""

    def mapped(self) -> mmap.mmap:
        """The bytes, read as they are needed; ValueError when there are none."""
        if self.written is not None:
            return self.written.mapped()
        return _mapped(self.path)

    def settle(self) -> None:
        """Wait until the disk has the bytes for good; StorageFullError or OSError when it refused them.

        They are on their way already, and can be read and parsed meanwhile, which hides most of the wait.
        """
        if self.written is not None:
            self.written.settle()

    def discard(self) -> None:
        """Remove the bytes, unless they have found their place; an open file would keep its room on the disk."""
        if self.written is not None:
            self.written.drop()
        else:
            self.path.unlink(missing_ok=True)


class StagingFile:
    """A new file in `tmp/` that hashes what is written to it."""

    def __init__(self, folder: Path, *, limit: int) -> None:
        self.path = folder / secrets.token_hex(16)
        self._head = b""
        self._limit = limit
        self._hash = hashlib.sha256()
        self.size_bytes = 0
        self._refusal: Exception | None = None
        try:
            handle = os.open(self.path, _NEW, 0o600)
        except FileNotFoundError:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle = os.open(self.path, _NEW, 0o600)
        self._file = os.fdopen(handle, "w+b", buffering=0)

    def write(self, data: bytes | bytearray | memoryview) -> int:
        """Append bytes; TooLargeError over the limit, StorageFullError when the disk is full."""
        self.size_bytes += len(data)
        if self.size_bytes > self._limit:
            raise TooLargeError.over(self._limit)
        self._hash.update(data)
        if len(self._head) < HEAD_BYTES:
            self._head += bytes(data[: HEAD_BYTES - len(self._head)])
        view = memoryview(data)
        try:
            while view:
                view = view[self._file.write(view) :]
        except OSError as error:
            raise _plain(error) from error
        return len(data)

    def take(self, stream: BinaryIO) -> Self:
        """Append all of a stream."""
        while bite := stream.read(BITE):
            self.write(bite)
        return self

    def finish(self) -> StagedFile:
        """Send the bytes on their way to the disk; `settle` of what it gives waits for them."""
        if hasattr(os, "posix_fadvise"):
            # Told that pages are not needed soon, Linux begins to write them out, without a thread to wait in.
            with suppress(OSError):
                os.posix_fadvise(self._file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        return StagedFile(self.path, self._hash.hexdigest(), self.size_bytes, self._head, self)

    def settle(self) -> None:
        """Make the bytes durable and let go of the file; a refusal is final, and raised again whenever asked."""
        if not self._file.closed:
            try:
                os.fsync(self._file.fileno())
            except OSError as error:
                self._refusal = _plain(error)
                # It may lie at its place already, which another's good copy may have taken since: give the room back.
                with suppress(OSError):
                    os.ftruncate(self._file.fileno(), 0)
            finally:
                self._file.close()
        if self._refusal is not None:
            raise self._refusal

    def mapped(self) -> mmap.mmap:
        """The bytes, read as they are needed; ValueError when there are none."""
        if self._file.closed:
            return _mapped(self.path)
        return mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ)

    def drop(self) -> None:
        """Forget the bytes."""
        self._file.close()
        self.path.unlink(missing_ok=True)


def stage(stream: BinaryIO, folder: Path, *, limit: int) -> StagedFile:
    """Bring a stream into the data folder; nothing stays behind when that fails."""
    file = StagingFile(folder, limit=limit)
    try:
        return file.take(stream).finish()
    except BaseException:
        file.drop()
        raise


def is_arriving(folder: Path, *, within_seconds: float) -> bool:
    """Say whether a file came to be staged, or left, so recently: the folder keeps the time, for every process."""
    try:
        changed = folder.stat().st_mtime
    except FileNotFoundError:
        return False
    # A clock that was set back must not make an arrival of long ago last until it has caught up.
    return abs(time.time() - changed) < within_seconds


def each_on_disk(waits: Sequence[Callable[[], None]]) -> None:
    """Wait for the disk several times, side by side when that pays: then they share its journal's commits.

    When it raises, none of them is still waiting: the disk tells a refusal once, to whoever asks first.
    """
    if len(waits) <= _ALONE:
        for one in waits:
            one()
        return
    for done in wait([_disk().submit(one) for one in waits]).done:
        done.result()


def begun(wait_for: Callable[[], None]) -> Callable[[], None]:
    """Begin to wait for the disk beside other work; calling what it gives ends the wait, and raises what came of it."""
    return _disk().submit(wait_for).result


@cache
def _disk() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(4, thread_name_prefix="disk")


def is_full(error: OSError) -> bool:
    """Say whether an error of the operating system means that the disk is full."""
    return error.errno in _FULL


def _mapped(path: Path) -> mmap.mmap:
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def _plain(error: OSError) -> Exception:
    return StorageFullError() if is_full(error) else error
