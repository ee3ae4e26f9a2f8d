"""What a look over the gallery found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

SHOWN: Final = 100
"""So many of a kind are named; the count tells of the rest."""


class Kind(StrEnum):
    """What can be wrong."""

    ROWS_WITHOUT_BLOBS = "rows_without_blobs"
    """Instances whose bytes are gone."""
    BLOBS_WITHOUT_ROWS = "blobs_without_rows"
    """Bytes that no instance needs, older than an hour."""
    WRONG_HASHES = "wrong_hashes"
    """Blobs whose bytes are not those they are named by."""
    MISSING_PICTURES = "missing_pictures"
    """Instances that should have a thumbnail, or soon get one, and do not."""
    WRONG_COUNTERS = "wrong_counters"
    """Series, studies, patients and facets that count what is not so."""

    @property
    def words(self) -> str:
        """What a person reads."""
        return {
            Kind.ROWS_WITHOUT_BLOBS: "images whose file is missing",
            Kind.BLOBS_WITHOUT_ROWS: "files that belong to no image",
            Kind.WRONG_HASHES: "files whose content has changed",
            Kind.MISSING_PICTURES: "thumbnails that are missing",
            Kind.WRONG_COUNTERS: "counts that are wrong",
        }[self]


@dataclass(frozen=True, slots=True)
class Findings:
    """What was looked at, and what of it is wrong: row ids as text ("series:7"), or hashes of blobs."""

    instances: int
    blobs: int
    arriving: int
    """Blobs without a row that are too young to be judged."""
    wrong: Mapping[Kind, Sequence[str]]

    @property
    def is_clean(self) -> bool:
        """Say whether nothing is wrong."""
        return not any(self.wrong.values())

    def as_fields(self) -> dict[str, Any]:
        """What a program reads."""
        return {
            "clean": self.is_clean,
            "instances": self.instances,
            "blobs": self.blobs,
            "arriving": self.arriving,
            "wrong": {
                kind.value: {"count": len(self.wrong[kind]), "first": list(self.wrong[kind][:SHOWN])} for kind in Kind
            },
        }
