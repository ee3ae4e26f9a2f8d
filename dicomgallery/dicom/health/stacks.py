"""Which images lie in one orientation, and on which levels along their normal."""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

from dicomgallery.dicom.geometry import dot, normal_of, plane_name
from dicomgallery.dicom.health.findings import Placed, parsed

SAME_ORIENTATION_DEGREES: Final = 0.5
"""Cosines written with three decimals are off by less than 0.1 degrees; a plane that was meant to be another differs
by more than half a degree."""
SAME_POSITION_MM: Final = 0.005
"""Twice what a position loses that is written with two decimals; no scanner has slices so close."""
FARTHEST_MM: Final = 1e6
"""A kilometer: what says that it lies farther away lies nowhere."""
MOST_ORIENTATIONS: Final = 24
"""Radial scans of the heart have up to 18. What lies in still others is counted, not judged."""

_ENDS: Final = (("right", "left"), ("front", "back"), ("feet", "head"))
"""Where the axes of the patient come from and lead to (PS3.3 C.7.6.2.1.1)."""

Vector = tuple[float, ...]


class Level(NamedTuple):
    """A place along the stack, and the images there by number."""

    at_mm: float
    members: tuple[int, ...]


@dataclass(frozen=True)
class Stack:
    """Images of one orientation, by their place along its normal."""

    name: str
    """The plane, numbered where several have its name: axial, coronal, oblique 2."""
    cosines: Vector
    levels: tuple[Level, ...]

    @cached_property
    def members(self) -> tuple[int, ...]:
        """Every image, in order along the stack."""
        return tuple(index for level in self.levels for index in level.members)

    @property
    def plane(self) -> str:
        """The plane's name without a number; empty without cosines."""
        return plane_name(self.cosines)

    @property
    def ends(self) -> tuple[str, str]:
        """Towards which side of the patient it begins and ends; empty for an oblique one."""
        normal = normal_of(self.cosines) if self.cosines else None
        axis = {"sagittal": 0, "coronal": 1, "axial": 2}.get(self.plane)
        if normal is None or axis is None:
            return "", ""
        first, last = _ENDS[axis]
        return (first, last) if normal[axis] > 0 else (last, first)


def stacks_of(slices: Sequence[Placed], indexes: Iterable[int]) -> tuple[list[Stack], list[int]]:
    """The stacks that these images make, largest first, and the images of orientations beyond the most there may be."""
    by_text: defaultdict[str, list[int]] = defaultdict(list)
    for index in indexes:
        by_text[slices[index].orientation].append(index)
    groups: list[_Group] = []
    beyond: list[int] = []
    for text, members in by_text.items():
        cosines = _cosines(text)
        near = next((group for group in groups if _is_near(group.cosines, cosines)), None)
        if near is not None:
            near.members += members
            near.is_exact = False
        elif len(groups) < MOST_ORIENTATIONS:
            groups.append(_Group(cosines, members))
        else:
            beyond += members
    groups.sort(key=lambda group: -len(group.members))
    names = _names([plane_name(group.cosines) for group in groups])
    return [
        Stack(name, group.cosines, tuple(_levels(slices, group))) for name, group in zip(names, groups, strict=True)
    ], beyond


@dataclass
class _Group:
    cosines: Vector
    members: list[int]
    is_exact: bool = True
    """Every cosine is written the same."""


def place_of(one: Placed) -> Vector | None:
    """Where an image's first pixel lies; None where that is not known, or is nowhere near a patient."""
    place = parsed(one.position or "", 3)
    return place if place is not None and max(map(abs, place)) <= FARTHEST_MM else None


def _cosines(text: str) -> Vector:
    cosines = parsed(text, 6)
    return cosines if cosines is not None and normal_of(cosines) is not None else ()


def _is_near(one: Vector, other: Vector) -> bool:
    """Say whether rows and columns of two planes run the same way."""
    if not one or not other:
        return one == other
    most = 2 * math.sin(math.radians(SAME_ORIENTATION_DEGREES) / 2)
    return math.dist(one[:3], other[:3]) <= most and math.dist(one[3:], other[3:]) <= most


def _names(planes: Sequence[str]) -> list[str]:
    """Number the planes whose name comes again."""
    seen: dict[str, int] = {}
    names = []
    for plane in planes:
        seen[plane] = seen.get(plane, 0) + 1
        names.append(plane if seen[plane] == 1 else f"{plane} {seen[plane]}")
    return names


def _levels(slices: Sequence[Placed], group: _Group) -> Iterable[Level]:
    """Gather images that lie in one plane, by number."""
    # Where their normals differ a little, each position was measured along another one.
    normal = None if group.is_exact or not group.cosines else normal_of(group.cosines)
    places = []
    for index in group.members:
        one = slices[index]
        own = place_of(one) if normal is not None else None
        along = one.position_mm or 0.0 if own is None or normal is None else dot(own, normal)
        places.append((along, one.number or 0, index))
    places.sort()
    at, here = places[0][0], list[tuple[int, int]]()
    for along, number, index in places:
        if along - at > SAME_POSITION_MM:
            yield _level(at, here)
            at, here = along, []
        here.append((number, index))
    yield _level(at, here)


def _level(at: float, here: list[tuple[int, int]]) -> Level:
    return Level(at, (here[0][1],) if len(here) == 1 else tuple(index for _, index in sorted(here)))
