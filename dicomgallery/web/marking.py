"""The marks of a page: as a list in words beside the picture, and drawn over it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self

import orjson
from flask import url_for

from dicomgallery.access import Actor
from dicomgallery.dicom.annotations import Point
from dicomgallery.imaging.marks import Kind, Stroke, beside, strokes
from dicomgallery.models import Mark
from dicomgallery.services import annotating
from dicomgallery.services.annotating import figures
from dicomgallery.services.annotating.tables import COORDINATES

MOST_LISTED: Final = 100
MOST_DRAWN: Final = 300
LONGEST_LABEL: Final = 48
_WIDTH: Final = 0.58
"""Of a letter against its height, as letters are in the middle."""

Place = tuple[int, int]
"""An image and a frame of it, from 1."""


@dataclass(frozen=True, slots=True)
class Line:
    """A mark in the list."""

    mark: Mark
    words: str
    where: str
    """Which image or frame it is on; empty where there is but one."""
    href: str
    is_here: bool
    """It is on what is shown."""
    is_mine: bool


@dataclass(frozen=True, slots=True)
class Marks:
    """The marks that a page lists, and where its script keeps them."""

    lines: list[Line]
    left_out: int
    source: str
    """Where a script reads them all."""
    series_id: int

    @classmethod
    def of(
        cls,
        actor: Actor,
        found: Sequence[Mark],
        *,
        here: Place,
        where: Mapping[Place, str],
        href: Callable[[Place], str],
        source: str,
        series_id: int,
    ) -> Self:
        """List marks, those on what is shown first, the others in the order of `where`."""
        order = {place: number for number, place in enumerate(where)}

        def rank(mark: Mark) -> tuple[bool, int, int]:
            place = mark.instance_key, mark.frame
            return place != here, order.get(place, len(order)), mark.id

        lines = []
        for mark in sorted(found, key=rank)[:MOST_LISTED]:
            place = mark.instance_key, mark.frame
            words = figures.words(Kind(mark.kind), figures.read(mark.figures))
            is_mine = annotating.may_change(actor, mark)
            lines.append(Line(mark, words, where.get(place, ""), href(place), place == here, is_mine))
        return cls(lines, max(0, len(found) - MOST_LISTED), source, series_id)

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.lines) + self.left_out

    @property
    def keeps(self) -> str:
        """What the address of each mark begins with."""
        return url_for("marks_api.put", key="x")[:-1]

    @property
    def coordinates(self) -> str:
        """What their points mean."""
        return COORDINATES


@dataclass(frozen=True, slots=True)
class Label:
    """Words beside a mark."""

    x: float
    y: float
    anchor: str
    """start or end, so that they stay inside the picture."""
    figures: tuple[str, ...]
    text: str
    """What a person wrote, which may name another."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """Marks over a picture, in a box as wide as it has columns."""

    width: float
    height: float
    marks: list[tuple[list[Stroke], Label]]

    @classmethod
    def of(cls, found: Sequence[Mark], columns: int, rows: int, ratio: float) -> Self:
        """Lay marks over a picture of so many pixels; `ratio` is the height of a pixel over its width."""
        width, height = float(columns), rows * ratio
        drawn = [_drawn(mark, width, height, ratio) for mark in found[:MOST_DRAWN]]
        return cls(width, height, drawn)

    @property
    def letter(self) -> float:
        """The size of its letters."""
        return _letter(self.width, self.height)


def _drawn(mark: Mark, width: float, height: float, ratio: float) -> tuple[list[Stroke], Label]:
    kind, lines = Kind(mark.kind), figures.label(figures.read(mark.figures))
    points: list[Point] = [(x + 0.5, (y + 0.5) * ratio) for x, y in orjson.loads(mark.points)]
    text = mark.text.split("\n")[0]
    text = text if len(text) <= LONGEST_LABEL else f"{text[: LONGEST_LABEL - 1]}…"
    letter = _letter(width, height)
    x, y, anchor = _corner(kind, points, width, letter, longest=max(map(len, (*lines, text))))
    y = min(max(y, letter), height - letter * (len(lines) + bool(text)))
    return strokes(kind, points, max(width, height) / 32), Label(x, y, anchor, lines, text)


def _corner(
    kind: Kind, points: Sequence[Point], width: float, letter: float, *, longest: int
) -> tuple[float, float, str]:
    """Where words stand so that they stay inside the picture: right of the mark, else left of it, else at the edge."""
    wide, gap = longest * letter * _WIDTH, letter / 2
    right = beside(kind, points)
    left = right if kind is Kind.ARROW else min(points)
    if right[0] + gap + wide <= width:
        return max(right[0] + gap, 0), right[1], "start"
    if left[0] - gap - wide >= 0:
        return min(left[0] - gap, width), left[1], "end"
    return width - gap, right[1] - gap, "end"


def _letter(width: float, height: float) -> float:
    return max(width, height) / 36
