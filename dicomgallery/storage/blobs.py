"""What every blob store can do; a blob is immutable bytes under their SHA-256."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from dicomgallery.storage.staging import StagedFile


class Placed(Protocol):
    """Blobs that lie in their places, which the disk may not have for good yet."""

    def settle(self) -> None:
        """Wait until the disk has all of them for good; StorageFullError or OSError when it refuses one."""

    def settle_one(self, sha256: str) -> None:
        """The same for a single one; what was refused once is refused whenever asked again."""


class BlobStore(Protocol):
    """Immutable bytes under their SHA-256 (64 lower-case hex digits)."""

    def arriving(self) -> AbstractContextManager[None]:
        """Hold the sweeper off from before a blob is put until its row is committed."""

    def put(self, staged: Sequence[StagedFile]) -> Placed:
        """Take files over, settled or not; what it gives must settle, and tells what the disk refused."""

    def path(self, sha256: str) -> Path:
        """A local file with the blob's bytes; FileNotFoundError when there is none."""

    def has(self, sha256: str) -> bool:
        """Say whether the blob is here."""

    def every(self) -> Iterator[tuple[str, float]]:
        """Each blob's SHA-256 and the time its bytes were written, in seconds since 1970."""

    def sweeping(self) -> AbstractContextManager[None]:
        """Hold arrivals off while blobs without rows are looked up and removed."""

    def remove(self, sha256: str) -> None:
        """Delete a blob; only the sweeper does this."""
