"""Which page of how many a picture shows: written by who draws it, read by who shows it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from dicomgallery.imaging.spec import MAX_FRAME

_SAID: Final = re.compile(
    r"Page ([1-9][0-9]{0,6}) of ([1-9][0-9]{0,6}), ([0-9]{1,5}) × ([0-9]{1,5}) mm",  # noqa: RUF001 - as printed
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a document, and how large it is on paper."""

    number: int
    count: int
    width_mm: int
    height_mm: int

    def __str__(self) -> str:
        return f"Page {self.number} of {self.count}, {self.width_mm} × {self.height_mm} mm"  # noqa: RUF001 - as printed

    @classmethod
    def told_by(cls, notes: Sequence[str]) -> Self | None:
        """The page that a picture's notes speak of."""
        for note in notes:
            if match := _SAID.fullmatch(note):
                number, count, width, height = (int(group) for group in match.groups())
                return cls(min(number, MAX_FRAME), min(count, MAX_FRAME), max(width, 1), max(height, 1))
        return None
