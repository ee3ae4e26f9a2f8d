"""Archives into files: ZIP, tar and gzipped tar, by counted bytes, and never by an entry's own name."""

import mmap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dicomgallery.sandbox import tars, zips
from dicomgallery.sandbox.findings import (
    ArchiveKind,
    BadArchiveError,
    BadMemberError,
    Budget,
    Member,
    Refusal,
    Refused,
    UnpackLimits,
    is_clutter,
)
from dicomgallery.sandbox.inflating import GzipSource
from dicomgallery.sandbox.keeping import Keeper, Kept, in_order

__all__ = ["ArchiveKind", "Member", "Progress", "Refusal", "Refused", "UnpackLimits", "is_archive", "unpack"]

_GZIP_MAGIC: Final = b"\x1f\x8b\x08"
_PROGRESS_SECONDS: Final = 2.0
_NESTED_LEVELS: Final = 1
_FORGET_BYTES: Final = 64 << 20


@dataclass(frozen=True, slots=True)
class Progress:
    """Something is being written that takes a while."""

    written_bytes: int

    def as_fields(self) -> dict[str, int]:
        """The progress as a message carries it."""
        return {"written_bytes": self.written_bytes}


Found = Member | Refused | Progress


def is_archive(head: bytes | memoryview) -> ArchiveKind | None:
    """The kind of archive that begins with these bytes (512 are enough); DICOM with an odd preamble is none."""
    head = bytes(head[:4096])
    if head[128:132] == b"DICM":
        return None
    if head.startswith((zips.LOCAL_MAGIC, zips.END_MAGIC)):
        return ArchiveKind.ZIP
    if head.startswith(_GZIP_MAGIC):
        return ArchiveKind.TAR_GZ if _begins_tar(head) else None
    return ArchiveKind.TAR if tars.is_header(head[: tars.BLOCK_BYTES]) else None


def unpack(archive: Path, into: Path, prefix: str, limits: UnpackLimits) -> Iterator[Found]:
    """Write what an archive holds to `into`, as files named `prefix` and a number, telling of each as it is done."""
    budget = Budget(limits, archive.stat().st_size)
    with Keeper(into, prefix) as keeper:
        yield from _Reader(keeper, budget).read(archive, "", level=0)


class _Reader:
    """Reads one archive, and those inside it, under one budget."""

    def __init__(self, keeper: Keeper, budget: Budget) -> None:
        self._keeper = keeper
        self._budget = budget
        self._told_bytes = 0
        self._forgotten_bytes = 0

    def read(self, archive: Path, inside: str, *, level: int) -> Iterator[Found]:
        """What one archive holds; `inside` is its own name when it lies within another."""
        try:
            for outcome in in_order(
                self._steps(archive), has_progressed=self._has_progressed, every_seconds=_PROGRESS_SECONDS
            ):
                if outcome is None:
                    yield Progress(self._keeper.written_bytes)
                elif isinstance(outcome, Refused):
                    yield Refused(_within(inside, outcome.name), outcome.reason, outcome.detail)
                else:
                    yield from self._settle(outcome, inside, level)
        except BadMemberError as error:
            yield Refused(inside, error.reason, error.detail)

    def _steps(self, archive: Path) -> Iterator[zips.Step]:
        with archive.open("rb") as file:
            if archive.stat().st_size == 0:
                raise BadArchiveError(Refusal.INVALID_TYPE, "The file is empty.")
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        for step in self._entries(memoryview(mapped)):
            yield step
            self._forget(mapped)

    def _entries(self, data: memoryview) -> Iterator[zips.Step]:
        match is_archive(data):
            case ArchiveKind.ZIP:
                yield from zips.read(data, self._keeper, self._budget)
            case ArchiveKind.TAR:
                yield from tars.read(tars.PlainSource(data), self._keeper, self._budget)
            case ArchiveKind.TAR_GZ:
                yield from tars.read(GzipSource(data, self._spend), self._keeper, self._budget)
            case None:
                raise BadArchiveError(Refusal.UNREADABLE, "This is no archive that is known here.")

    def _settle(self, kept: Kept, inside: str, level: int) -> Iterator[Found]:
        """Tell of a file, or open it when it is an archive itself."""
        name = _within(inside, kept.name)
        if is_clutter(kept.name):
            kept.path.unlink()
        elif is_archive(kept.head) is None:
            yield Member(name, kept.path, kept.sha256, kept.size_bytes)
        elif level >= _NESTED_LEVELS:
            kept.path.unlink()
            yield Refused(
                name, Refusal.UNSAFE, "An archive in an archive in an archive is not opened; send it by itself."
            )
        else:
            yield from self.read(kept.path, name, level=level + 1)
            kept.path.unlink()

    def _spend(self, inflated_bytes: int) -> None:
        try:
            self._budget.spend(inflated_bytes)
        except BadMemberError as error:
            raise BadArchiveError(error.reason, error.detail) from None

    def _forget(self, mapped: mmap.mmap) -> None:
        """Let go of the pages read so far, now and then: they would add up to the size of the archive."""
        if self._keeper.written_bytes - self._forgotten_bytes > _FORGET_BYTES and hasattr(mmap, "MADV_DONTNEED"):
            self._forgotten_bytes = self._keeper.written_bytes
            mapped.madvise(mmap.MADV_DONTNEED)

    def _has_progressed(self) -> bool:
        before, self._told_bytes = self._told_bytes, self._keeper.written_bytes
        return self._told_bytes != before


def _begins_tar(head: bytes) -> bool:
    try:
        block = GzipSource(memoryview(head), lambda _inflated: None).take(tars.BLOCK_BYTES)
    except BadMemberError:
        return False
    # The few bytes at hand may not be enough to see; then the whole decides.
    return len(block) < tars.BLOCK_BYTES or tars.is_header(block)


def _within(inside: str, name: str) -> str:
    return f"{inside}/{name}" if inside and name else inside or name
