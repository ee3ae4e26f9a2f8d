"""The tab that tells the frames of an image, a page of them at a time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from dicomgallery.dicom.frames import Column, FrameTable
from dicomgallery.web.asked import whole

ROWS: Final = 200
"""Frames on a page."""
FROM: Final = "from"
"""The parameter that says which frame a page begins with."""


@dataclass(frozen=True, slots=True)
class FrameRow:
    """A frame in the table."""

    number: int
    href: str
    current: bool
    cells: Sequence[tuple[Column, str]]


@dataclass(frozen=True, slots=True)
class FramePage:
    """Some of the frames of an image."""

    table: FrameTable
    frame: int
    """The one whose picture is shown."""
    first: int
    at: Callable[[int], str]
    """The address of the page of the image at a frame."""
    begun_at: Callable[[int], str]
    """The address of this tab from a frame on."""

    @classmethod
    def parse(
        cls, table: FrameTable, text: str, frame: int, at: Callable[[int], str], begun_at: Callable[[int], str]
    ) -> "FramePage":
        """The page that begins where the address says, else the one with the frame that is shown."""
        asked = whole(text)
        within = min(max(frame if asked is None else asked, 1), table.count)
        return cls(table, frame, (within - 1) // ROWS * ROWS + 1, at, begun_at)

    @property
    def last(self) -> int:
        """The last frame on the page."""
        return min(self.first + ROWS - 1, self.table.count)

    @property
    def holds_frame(self) -> bool:
        """Say whether the frame that is shown is on the page."""
        return self.first <= self.frame <= self.last

    @property
    def rows(self) -> Sequence[FrameRow]:
        """The frames on the page."""
        return [
            FrameRow(
                number,
                self.at(number),
                number == self.frame,
                [(column, column.shown(number)) for column in self.table.columns],
            )
            for number in range(self.first, self.last + 1)
        ]

    @property
    def previous(self) -> str:
        """The page before; empty at the beginning."""
        return self.begun_at(self.first - ROWS) if self.first > 1 else ""

    @property
    def next(self) -> str:
        """The page after; empty at the end."""
        return self.begun_at(self.last + 1) if self.last < self.table.count else ""
