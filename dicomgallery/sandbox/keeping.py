"""Members on their way to the disk: written, hashed and flushed by a few threads, handed on in order."""

import errno
import hashlib
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from dicomgallery.sandbox.findings import BadMemberError, Refusal, Refused

Chunks = Iterable[bytes | memoryview]

HEAD_BYTES: Final = 512
_THREADS: Final = 8
"""Flushes wait on the disk, which takes many at once for the price of one."""
_AHEAD: Final = 24
_FLUSH_EVERY_BYTES: Final = 64 << 20
_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@dataclass(frozen=True, slots=True)
class Kept:
    """A member on the disk, and how it begins."""

    name: str
    path: Path
    sha256: str
    size_bytes: int
    head: bytes


Outcome = Kept | Refused


class Keeper:
    """Writes members into one folder under names of its own."""

    def __init__(self, into: Path, prefix: str) -> None:
        self._into = into
        self._prefix = prefix
        self._count = 0
        self._threads = ThreadPoolExecutor(_THREADS, "keeper")
        self.written_bytes = 0
        """Grows while something is being written."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._threads.shutdown(cancel_futures=True)

    def keep_soon(self, name: str, chunks: Chunks) -> Future[Outcome]:
        """Write a member in a thread; `chunks` must need nothing from this one."""
        return self._threads.submit(self.keep, name, chunks, self._next_path())

    def keep(self, name: str, chunks: Chunks, path: Path | None = None) -> Outcome:
        """Write a member, hash it and flush it; BadMemberError from `chunks` leaves nothing behind."""
        path = path or self._next_path()
        try:
            return self._write(name, chunks, path)
        except BadMemberError as error:
            path.unlink(missing_ok=True)
            return Refused(name, error.reason, error.detail)
        except OSError as error:
            path.unlink(missing_ok=True)
            if error.errno not in _NO_ROOM:
                raise
            return Refused(name, Refusal.STORAGE_FULL, "There is no room left on the disk.")

    def _write(self, name: str, chunks: Chunks, path: Path) -> Kept:
        digest = hashlib.sha256()
        size = unflushed = 0
        head = b""
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            for chunk in chunks:
                digest.update(chunk)
                if len(head) < HEAD_BYTES:
                    head += bytes(chunk[: HEAD_BYTES - len(head)])
                _write_all(fd, chunk)
                size += len(chunk)
                unflushed += len(chunk)
                self.written_bytes += len(chunk)
                if unflushed >= _FLUSH_EVERY_BYTES:
                    os.fsync(fd)
                    unflushed = 0
            if size == 0:
                raise BadMemberError(Refusal.UNREADABLE, "The file is empty.")
            os.fsync(fd)
        finally:
            os.close(fd)
        return Kept(name, path, digest.hexdigest(), size, head)

    def _next_path(self) -> Path:
        self._count += 1
        return self._into / f"{self._prefix}-{self._count}"


def in_order(
    found: Iterator[Outcome | Future[Outcome] | None], *, has_progressed: Callable[[], bool], every_seconds: float
) -> Iterator[Outcome | None]:
    """The outcomes in the order of the archive, a few being worked on ahead; None tells of progress meanwhile.

    `found` may give None itself: nothing more is asked of it before all it gave is done. When it ends in
    BadMemberError, that is raised after everything it gave before.
    """
    ahead: deque[Outcome | Future[Outcome]] = deque()
    more = True
    failure: BadMemberError | None = None
    while more or ahead:
        drain = not more
        if more:
            try:
                step = next(found)
            except StopIteration:
                more = False
                continue
            except BadMemberError as error:
                more, failure = False, error
                continue
            if step is None:
                drain = True
            else:
                ahead.append(step)
        while ahead and (drain or len(ahead) > _AHEAD or _is_done(ahead[0])):
            if not _is_done(ahead[0], every_seconds):
                if has_progressed():
                    yield None
                continue
            first = ahead.popleft()
            yield first.result() if isinstance(first, Future) else first
    if failure is not None:
        raise failure


def _is_done(outcome: Outcome | Future[Outcome], patience_seconds: float = 0) -> bool:
    if not isinstance(outcome, Future):
        return True
    if patience_seconds:
        wait([outcome], patience_seconds)
    return outcome.done()


def _write_all(fd: int, chunk: bytes | memoryview) -> None:
    view = memoryview(chunk)
    while view:
        view = view[os.write(fd, view) :]
