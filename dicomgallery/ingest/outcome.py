"""What became of each incoming file."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """Why a file was not taken; the names are those of contract C."""

    INVALID_TYPE = "invalid_type"
    TRUNCATED = "truncated"
    TOO_LARGE = "too_large"
    UNSAFE = "unsafe"
    UNREADABLE = "unreadable"
    STORAGE_FULL = "storage_full"
    DUPLICATE = "duplicate"
    OTHER_STUDY = "other_study"
    REPLACED = "replaced"


ADVICE = {
    Reason.INVALID_TYPE: "Nothing to do if it is not meant to be a DICOM file; else export it again as DICOM.",
    Reason.TRUNCATED: "Copy or export the file again: its end is missing.",
    Reason.TOO_LARGE: "Send it in smaller parts, or raise the limit in the settings.",
    Reason.UNSAFE: "Unpack it yourself, look at what is inside, and send the files that you trust.",
    Reason.UNREADABLE: "Check that the file opens elsewhere and that this account may read it, then send it again.",
    Reason.STORAGE_FULL: "Free some space on the disk and drop the folder again: only what is missing is sent.",
    Reason.DUPLICATE: "Choose another name, or another study name.",
    Reason.OTHER_STUDY: "Send it to the address of its own study, or to the one of all studies.",
    Reason.REPLACED: "Look at the newer version, and edit that one.",
}
"""What a person can do about each reason."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The file is stored as a new instance."""

    name: str
    instance_id: int
    replaced_id: int | None = None
    """The instance with the same SOP Instance UID that it now stands in for."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Duplicate:
    """The same bytes are already here."""

    name: str
    instance_id: int
    restored: bool = False
    """They lay in the bin, and were brought back."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """The file was not stored."""

    name: str
    reason: Reason
    detail: str
    """One sentence that names no patient."""
    sop_uids: tuple[str, str] | None = None
    """Of which class and which instance, where that could be read."""


Outcome = Accepted | Duplicate | Rejected


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What became of every file of one arrival, in the order they came."""

    receipt_id: int
    outcomes: Sequence[Outcome]

    @property
    def accepted(self) -> list[Accepted]:
        """The files stored as new instances."""
        return [outcome for outcome in self.outcomes if isinstance(outcome, Accepted)]

    @property
    def rejected(self) -> list[Rejected]:
        """The files not stored."""
        return [outcome for outcome in self.outcomes if isinstance(outcome, Rejected)]

    @property
    def kept(self) -> list[Accepted | Duplicate]:
        """The files that are in the gallery now."""
        return [outcome for outcome in self.outcomes if not isinstance(outcome, Rejected)]

    def counts(self) -> dict[str, int]:
        """How many files were accepted, duplicate or rejected."""
        counted = Counter(type(outcome).__name__.lower() for outcome in self.outcomes)
        return {name: counted[name] for name in ("accepted", "duplicate", "rejected")}
