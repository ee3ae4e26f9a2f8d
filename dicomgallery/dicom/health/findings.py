"""What can be found in a series, how grave it is, and the words for numbers in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Final, Protocol

from dicomgallery.dicom.values import with_minus

NAMED: Final = 3
"""A sentence names so many places or numbers; how many more there are is said."""


MM: Final = "\N{NO-BREAK SPACE}mm"


class Placed(Protocol):
    """What is asked of an image; the facts of an instance and a row of the catalog both have it."""

    @property
    def frames(self) -> int:
        """How many; 0 for what is no image."""

    @property
    def number(self) -> int | None:
        """Instance Number."""

    @property
    def acquisition_number(self) -> int | None:
        """Acquisition Number."""

    @property
    def position_mm(self) -> float | None:
        """Along the normal of its own plane."""

    @property
    def position(self) -> str | None:
        """Image Position (Patient), joined by backslashes; empty without one, None where nobody has read it."""

    @property
    def orientation(self) -> str:
        """Six direction cosines, joined by backslashes."""

    @property
    def spacing(self) -> str:
        """Between rows, then between columns, in mm, joined by a backslash."""

    @property
    def rows(self) -> int:
        """Of the matrix."""

    @property
    def columns(self) -> int:
        """Of the matrix."""

    @property
    def image_type(self) -> str:
        """Image Type, joined by backslashes."""

    @property
    def content_time(self) -> str:
        """Content Time, as written."""


class Gravity(IntEnum):
    """How much it matters to somebody who wants to trust or reformat the stack."""

    FINE = 0
    WORTH_KNOWING = 1
    """As meant by who made it, yet a program may trip over it."""
    PROBLEM = 2
    """Taken for a regular stack, it gives wrong pictures or measurements."""

    @property
    def words(self) -> str:
        """What a person reads."""
        return ("fine", "worth knowing", "problem")[self]


class FindingKind(StrEnum):
    """What a finding is about."""

    GAP = "gap"
    SPACING = "spacing"
    DUPLICATE = "duplicate"
    REPEATED = "repeated"
    """Every position was imaged several times: time points, phases, echoes."""
    TILT = "tilt"
    TILT_UNKNOWN = "tilt_unknown"
    SIDEWAYS = "sideways"
    ORIENTATIONS = "orientations"
    MATRIX = "matrix"
    PIXEL_SPACING = "pixel_spacing"
    NO_POSITION = "no_position"
    NUMBERS = "numbers"
    NUMBER_ORDER = "number_order"
    MULTI_FRAME = "multi_frame"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is worth a sentence."""

    kind: FindingKind
    gravity: Gravity
    sentence: str
    where: tuple[int, ...] = ()
    """The images it is about, by their place in the series from 0; empty when it is about all."""


def mm(value: float) -> str:
    """Write a length: -2.5 mm, 0.625 mm, 0.0042 mm."""
    digits = 2 if abs(value) >= 10 else 3
    text = f"{value:.{digits}f}" if abs(value) >= 0.1 else f"{value:.2g}"
    text = text.rstrip("0").rstrip(".") if "." in text and "e" not in text else text
    return with_minus(text) + MM


def listed(words: Sequence[str], most: int = NAMED) -> str:
    """Join words as a sentence does, "a, b and c"; of many the first, and how many more there are."""
    if len(words) > most + 1:
        return f"{', '.join(words[:most])} and {len(words) - most} more"
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def parsed(text: str, count: int) -> tuple[float, ...] | None:
    """Read numbers joined by backslashes as the catalog keeps them; None when there are not so many."""
    parts = text.split("\\")
    if len(parts) != count:
        return None
    try:
        return tuple(map(float, parts))
    except ValueError:
        return None
