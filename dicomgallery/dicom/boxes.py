"""Rectangles of pixels, and what is left of a picture beside some of them."""

from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple


class Box(NamedTuple):
    """Pixels of every frame, counted from the top left corner, right and bottom not included."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def is_empty(self) -> bool:
        """Whether no pixel lies in it."""
        return self.left >= self.right or self.top >= self.bottom

    def within(self, columns: int, rows: int) -> "Box":
        """The part of it that lies in a picture; empty where none does."""
        return Box(
            min(max(self.left, 0), columns),
            min(max(self.top, 0), rows),
            min(max(self.right, 0), columns),
            min(max(self.bottom, 0), rows),
        )

    def holds_half(self, other: "Box") -> bool:
        """Say whether at least half of another box lies in it."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        size = (other.right - other.left) * (other.bottom - other.top)
        return width > 0 and height > 0 and 2 * width * height >= size


def beside(kept: Iterable[Box], columns: int, rows: int) -> tuple[Box, ...]:
    """The rest of a picture as boxes that do not overlap; all of it where nothing is kept."""
    inside = [box for box in (each.within(columns, rows) for each in kept) if not box.is_empty]
    edges = sorted({0, rows, *(box.top for box in inside), *(box.bottom for box in inside)})
    found: list[Box] = []
    for top, bottom in pairwise(edges):
        spans = sorted((box.left, box.right) for box in inside if box.top <= top and box.bottom >= bottom)
        reached = 0
        for left, right in [*spans, (columns, columns)]:
            if left > reached:
                found.append(Box(reached, top, left, bottom))
            reached = max(reached, right)
    return tuple(found)
