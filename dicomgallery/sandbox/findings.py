"""What the archive reader finds: members it kept, and what it refused and why."""

import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Self

from dicomgallery.dicom.values import grouped
from dicomgallery.settings import GIB, MIB, Settings

_LONGEST_NAME: Final = 1024
_UNPRINTABLE: Final = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_CLUTTER: Final = frozenset({".DS_Store", "Thumbs.db"})


class ArchiveKind(StrEnum):
    """The archives that are opened."""

    ZIP = "zip"
    TAR = "tar"
    TAR_GZ = "tar.gz"


class Refusal(StrEnum):
    """Why something in an archive was not taken."""

    UNSAFE = "unsafe"
    TOO_LARGE = "too_large"
    TRUNCATED = "truncated"
    UNREADABLE = "unreadable"
    STORAGE_FULL = "storage_full"
    INVALID_TYPE = "invalid_type"
    """It is empty: nothing of it is missing, and there is nothing to see."""


@dataclass(frozen=True, slots=True)
class UnpackLimits:
    """How much one archive may unpack to, whatever it says of itself."""

    entries: int = 20_000
    total_bytes: int = 4 * GIB
    ratio: int = 200
    """Unpacked over packed bytes, of one entry and of the whole."""
    free_bytes: int = 16 * MIB
    """So much may come of any archive: an empty picture packs very well."""

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The limits that the operator chose."""
        return cls(settings.max_archive_entries, settings.max_archive_bytes, settings.max_archive_ratio)


@dataclass(frozen=True, slots=True)
class Member:
    """A file from an archive, written and flushed to the disk."""

    name: str
    """Its path inside the archive, for people to read; never a path to open."""
    path: Path
    sha256: str
    size_bytes: int

    def as_fields(self) -> dict[str, Any]:
        """The member as a message carries it."""
        return {"name": self.name, "file": self.path.name, "sha256": self.sha256, "size_bytes": self.size_bytes}


@dataclass(frozen=True, slots=True)
class Refused:
    """What could not be taken; the name is empty where it is the archive itself."""

    name: str
    reason: str
    """A `Refusal`; a plain text, as it is what reports and clients show."""
    detail: str
    """One sentence for a person."""

    def as_fields(self) -> dict[str, Any]:
        """The refusal as a message carries it."""
        return {"name": self.name, "reason": str(self.reason), "detail": self.detail}


class BadMemberError(Exception):
    """One member cannot be taken; the others can."""

    def __init__(self, reason: Refusal, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


class BadArchiveError(BadMemberError):
    """The rest of the archive cannot be taken."""


class Budget:
    """Counts what one archive, with those inside it, has unpacked to."""

    def __init__(self, limits: UnpackLimits, archive_bytes: int) -> None:
        self._limits = limits
        self._archive_bytes = archive_bytes
        self._entries = 0
        self._bytes = 0

    def enter(self) -> None:
        """Count one entry, or raise BadArchiveError."""
        self._entries += 1
        if self._entries > self._limits.entries:
            raise BadArchiveError(
                Refusal.UNSAFE,
                f"The archive has more than {self._limits.entries} entries; those after them were left out.",
            )

    def check_ratio(self, unpacked: int, packed: int) -> None:
        """Raise BadMemberError for an entry that grows beyond measure."""
        if unpacked > self._limits.free_bytes and unpacked > self._limits.ratio * packed:
            raise BadMemberError(
                Refusal.UNSAFE, f"The entry unpacks to more than {self._limits.ratio} times its packed size."
            )

    def spend(self, size_bytes: int) -> None:
        """Count bytes about to be written, or raise BadMemberError and count nothing."""
        after = self._bytes + size_bytes
        if after > self._limits.total_bytes:
            most = grouped(self._limits.total_bytes)
            raise BadMemberError(Refusal.TOO_LARGE, f"The archive unpacks to more than {most} bytes.")
        if after > self._limits.free_bytes and after > self._limits.ratio * self._archive_bytes:
            raise BadMemberError(
                Refusal.UNSAFE, f"The archive unpacks to more than {self._limits.ratio} times its size."
            )
        self._bytes = after


def display_name(raw: bytes, *, fallback: str = "cp437") -> str:
    """The name of a member for people: UTF-8, else `fallback`; what cannot be printed is replaced."""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        text = raw.decode(fallback, "replace")
    return _UNPRINTABLE.sub("\ufffd", text)[:_LONGEST_NAME] or "(no name)"


def is_clutter(name: str) -> bool:
    """Say whether a desktop left this behind, and nobody meant to send it."""
    parts = name.replace("\\", "/").split("/")
    return "__MACOSX" in parts or parts[-1] in _CLUTTER
