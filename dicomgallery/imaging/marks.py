"""Marks as what they are made of: kinds, and the lines that each is drawn as."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from dicomgallery.dicom.annotations import Point
from dicomgallery.imaging.curves import ellipse

MOST_POINTS: Final = 5000


class Kind(StrEnum):
    """What a mark is."""

    LENGTH = "length"
    ANGLE = "angle"
    COBB = "cobb"
    RECTANGLE = "rectangle"
    ELLIPSE = "ellipse"
    FREEHAND = "freehand"
    ARROW = "arrow"
    PROBE = "probe"


NAMES: Final = {
    Kind.LENGTH: "Length",
    Kind.ANGLE: "Angle",
    Kind.COBB: "Cobb angle",
    Kind.RECTANGLE: "Rectangle",
    Kind.ELLIPSE: "Ellipse",
    Kind.FREEHAND: "Freehand",
    Kind.ARROW: "Arrow",
    Kind.PROBE: "Probe",
}

POINTS: Final = {
    Kind.LENGTH: (2, 2, "its two ends"),
    Kind.ANGLE: (3, 3, "an end, the corner and the other end"),
    Kind.COBB: (4, 4, "the ends of one line, then those of the other"),
    Kind.RECTANGLE: (2, 2, "two opposite corners"),
    Kind.ELLIPSE: (4, 4, "its lowest, highest, leftmost and rightmost, before it was turned"),
    Kind.FREEHAND: (3, MOST_POINTS, "its outline, which closes by itself"),
    Kind.ARROW: (2, 2, "its tip, then its tail"),
    Kind.PROBE: (1, 1, "where it measures"),
}
"""How many points a kind has, at least and at most, and which they are."""


@dataclass(frozen=True, slots=True)
class Stroke:
    """A line of a mark."""

    points: list[Point]
    is_closed: bool = False
    is_faint: bool = False
    """It joins what belongs together, and measures nothing."""


def strokes(kind: Kind, points: Sequence[Point], reach: float) -> list[Stroke]:
    """The lines of a mark whose points lie in a drawing already; `reach` is there the length of an arrow's head.

    What has another number of points than its kind wants is drawn as one line through them.
    """
    least, most, _ = POINTS[kind]
    if not least <= len(points) <= most:
        return [Stroke(list(points))] if len(points) > 1 else []
    match kind:
        case Kind.COBB:
            one, other = list(points[:2]), list(points[2:])
            return [Stroke(one), Stroke(other), Stroke([_middle(*one), _middle(*other)], is_faint=True)]
        case Kind.RECTANGLE:
            (left, top), (right, bottom) = points
            return [Stroke([(left, top), (right, top), (right, bottom), (left, bottom)], is_closed=True)]
        case Kind.ELLIPSE:
            return [Stroke(ellipse(list(points)), is_closed=True)]
        case Kind.FREEHAND:
            return [Stroke(list(points), is_closed=True)]
        case Kind.ARROW:
            return [Stroke(list(points)), Stroke(_head(points[0], points[1], reach))]
        case Kind.PROBE:
            ((x, y),) = points
            return [Stroke([(x - reach / 2, y), (x + reach / 2, y)]), Stroke([(x, y - reach / 2), (x, y + reach / 2)])]
    return [Stroke(list(points))]


def beside(kind: Kind, points: Sequence[Point]) -> Point:
    """Where the words of a mark begin: at an arrow's tail, else at what lies furthest to the right of it."""
    return points[-1] if kind is Kind.ARROW else max(points)


def _middle(one: Point, other: Point) -> Point:
    return (one[0] + other[0]) / 2, (one[1] + other[1]) / 2


def _head(tip: Point, tail: Point, reach: float) -> list[Point]:
    way = math.atan2(tail[1] - tip[1], tail[0] - tip[0])
    sides = [(tip[0] + reach * math.cos(way + turn), tip[1] + reach * math.sin(way + turn)) for turn in (0.45, -0.45)]
    return [sides[0], tip, sides[1]]
