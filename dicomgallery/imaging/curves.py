"""Round shapes as the corners of many straight lines (PS3.3 C.10.5.1.2)."""

import math
from typing import Final

from dicomgallery.dicom.annotations import Point

_ROUND: Final = 96
_STEPS: Final = 8
_LONGEST_SPLINE: Final = 2000


def circle(center: Point, edge: Point) -> list[Point]:
    """Points around a center, as far from it as one on its edge."""
    radius = min(math.dist(center, edge), 1e5)
    turns = (2 * math.pi * step / _ROUND for step in range(_ROUND))
    return [(center[0] + radius * math.cos(turn), center[1] + radius * math.sin(turn)) for turn in turns]


def ellipse(points: list[Point]) -> list[Point]:
    """From the ends of the major axis and those of the minor one."""
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = points[:4]
    middle, major, minor = (
        ((ax + bx) / 2, (ay + by) / 2),
        ((ax - bx) / 2, (ay - by) / 2),
        ((cx - dx) / 2, (cy - dy) / 2),
    )
    turns = ((math.cos(turn), math.sin(turn)) for turn in (2 * math.pi * step / _ROUND for step in range(_ROUND)))
    return [
        (middle[0] + major[0] * cos + minor[0] * sin, middle[1] + major[1] * cos + minor[1] * sin) for cos, sin in turns
    ]


def spline(points: list[Point], *, is_closed: bool) -> list[Point]:
    """A smooth line through the points (Catmull and Rom's); which one is for whoever draws it (PS3.3 C.10.5.1.2)."""
    if not 2 < len(points) <= _LONGEST_SPLINE:
        return points
    before, after = (points[-2], points[1]) if is_closed else (points[0], points[-1])
    around = [before, *points, after]
    found = []
    for p, q, r, s in zip(around, around[1:], around[2:], around[3:], strict=False):
        for step in range(_STEPS):
            t = step / _STEPS
            weights = (-t + 2 * t**2 - t**3, 2 - 5 * t**2 + 3 * t**3, t + 4 * t**2 - 3 * t**3, t**3 - t**2)
            x, y = (sum(w * one[axis] for w, one in zip(weights, (p, q, r, s), strict=True)) / 2 for axis in (0, 1))
            found.append((x, y))
    return [*found, points[-1]]
