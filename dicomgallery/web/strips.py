"""The health of a series as it is drawn: lanes of ticks along the stack, each a link to its image."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from dicomgallery.catalog.instances import Slice
from dicomgallery.dicom.health import Finding, FindingKind, Gap, Gravity, Health, Lane, health_of, mm
from dicomgallery.web.cards import image_page

MOST_LINKS: Final = 400
"""Of more images every n-th is a link; more could not be told apart under a finger or a pointer."""
MOST_STOPS: Final = 24
"""So many links of a strip the Tab key stops at: every image has its card in the grid below."""
TICK_HEIGHT: Final = 26
_MARGIN: Final = 1.0
"""Percent of the width, at either end."""
_DIGIT: Final = 2.4
"""Percent of the width that a digit needs on a phone."""
_COPY: Final = 3
"""Pixels from a tick to that of another image at the same position."""
_MOST_COPIES: Final = 4

_GRAVITIES: Final = {Gravity.FINE: "", Gravity.WORTH_KNOWING: "warn", Gravity.PROBLEM: "bad"}


@dataclass(frozen=True, slots=True)
class Tick:
    """An image in a lane; lengths across are percent of its width."""

    x: float
    shift: int
    """Pixels further to the right, for a second image at the same position."""
    hit_x: float
    hit_width: float
    """The part of the lane that leads to this image."""
    href: str
    title: str
    kind: str
    """warn or bad, after the gravest finding that names it."""
    is_stop: bool
    """The Tab key stops at it."""


@dataclass(frozen=True, slots=True)
class Hole:
    """Slices that are missing."""

    x: float
    width: float
    title: str
    label: str
    """How many; empty where there is no room, or where the lane above says it."""


@dataclass(frozen=True, slots=True)
class DrawnLane:
    """A lane with its drawing."""

    name: str
    count: int
    path: str
    """Every tick as one path in a box 1000 wide, where not each is a link."""
    ticks: tuple[Tick, ...]
    holes: tuple[Hole, ...]
    lean: str
    """The transformation of its ticks where the stack leans."""
    first: str
    last: str
    """What stands at either end; empty where the next lane says it."""


@dataclass(frozen=True, slots=True)
class Strip:
    """The health of a series with its drawing."""

    health: Health
    lanes: tuple[DrawnLane, ...]
    every: int
    """Each n-th image is a link."""

    @property
    def has_copies(self) -> bool:
        """Say whether a tick stands beside another one of the same position."""
        return any(tick.shift for lane in self.lanes for tick in lane.ticks)

    @property
    def has_lean(self) -> bool:
        """Say whether a stack leans."""
        return any(lane.lean for lane in self.lanes)

    @property
    def has_holes(self) -> bool:
        """Say whether slices are missing."""
        return any(lane.holes for lane in self.lanes)


def strip_of(slices: Sequence[Slice]) -> Strip | None:
    """Judge a series and draw it; None where there is nothing to judge."""
    health = health_of(slices)
    if health is None:
        return None
    every = max(1, math.ceil(sum(len(lane.marks) for lane in health.lanes) / MOST_LINKS))
    grave = _grave(health.findings)
    links = sum(math.ceil(len(lane.marks) / every) for lane in health.lanes)
    drawing = _Drawing(slices, grave, every, stops_every=max(1, math.ceil(links / MOST_STOPS)))
    # Time points have one scale: the first of them counts what is missing, the last says where it ends.
    breaks = [one.span != other.span or one.ends != other.ends for one, other in pairwise(health.lanes)]
    return Strip(
        health,
        tuple(
            drawing.lane(lane, is_first=is_first, is_last=is_last)
            for lane, is_first, is_last in zip(health.lanes, [True, *breaks], [*breaks, True], strict=False)
        ),
        every,
    )


@dataclass(frozen=True, slots=True)
class _Drawing:
    slices: Sequence[Slice]
    grave: dict[int, str]
    every: int
    stops_every: int

    def lane(self, lane: Lane, *, is_first: bool, is_last: bool) -> DrawnLane:
        """A lane; the first and the last of one scale say what holds for all."""
        path = ""
        if self.every > 1:
            path = "".join(f"M{x} 0v{TICK_HEIGHT}" for x in sorted({round(10 * _x(lane, at)) for _, at in lane.marks}))
        first, last = _ends(lane) if is_last else ("", "")
        return DrawnLane(
            name=lane.name,
            count=len(lane.marks),
            path=path,
            ticks=tuple(self._ticks(lane)),
            holes=tuple(_holes(lane, is_labeled=is_first)),
            lean=_lean(lane.lean_degrees),
            first=first,
            last=last,
        )

    def _ticks(self, lane: Lane) -> Iterator[Tick]:
        linked = lane.marks[:: self.every]
        places = [_x(lane, at) for _, at in linked]
        distinct = sorted(set(places))
        edges = [0.0, *((one + other) / 2 for one, other in pairwise(distinct)), 100.0]
        hits = {x: (before, after) for x, (before, after) in zip(distinct, pairwise(edges), strict=True)}
        copies: dict[float, int] = {}
        for rank, ((index, at), x) in enumerate(zip(linked, places, strict=True)):
            copy = copies[x] = copies.get(x, -1) + 1
            before, after = hits[x]
            yield Tick(
                x=x,
                shift=_COPY * min(copy, _MOST_COPIES),
                hit_x=before,
                hit_width=0.0 if copy else after - before,
                href=image_page(self.slices[index].id),
                title=self._title(lane, index, at),
                kind=self.grave.get(index, ""),
                is_stop=rank % self.stops_every == 0,
            )

    def _title(self, lane: Lane, index: int, at: float) -> str:
        number = self.slices[index].number
        parts = [f"Image {index + 1} of {len(self.slices)}"]
        parts += [f"number {number}"] if number is not None else []
        parts += [mm(at)] if lane.is_placed else []
        return ", ".join(parts)


def _grave(findings: Sequence[Finding]) -> dict[int, str]:
    """How each image that a finding names is drawn."""
    found: dict[int, str] = {}
    for one in reversed(findings):
        # An orientation has a lane of its own.
        if one.kind is FindingKind.ORIENTATIONS:
            continue
        found.update(dict.fromkeys(one.where, _GRAVITIES[one.gravity]))
    return found


def _holes(lane: Lane, *, is_labeled: bool) -> Iterator[Hole]:
    room = 0.0
    for gap in lane.gaps:
        before, after = _x(lane, gap.before.at_mm), _x(lane, gap.after.at_mm)
        middle, needs = (before + after) / 2, _DIGIT * len(str(gap.missing)) / 2
        has_room = is_labeled and middle - needs >= room
        room = middle + needs if has_room else room
        yield Hole(before, after - before, _missing(gap), str(gap.missing) if has_room else "")


def _missing(gap: Gap) -> str:
    noun = "slice" if gap.missing == 1 else "slices"
    return f"{gap.missing} {noun} missing between {mm(gap.before.at_mm)} and {mm(gap.after.at_mm)}"


def _x(lane: Lane, at: float) -> float:
    first, last = lane.span
    share = (at - first) / (last - first) if last > first else 0.5
    return round(_MARGIN + share * (100 - 2 * _MARGIN), 2)


def _lean(degrees: float) -> str:
    """Slant ticks about their middle, as the slices of a leaning stack lie when they are seen from the side."""
    shift = math.tan(math.radians(degrees)) * TICK_HEIGHT / 2
    return f"translate({shift:.2f} 0) skewX({-degrees:.2f})" if degrees else ""


def _ends(lane: Lane) -> tuple[str, str]:
    if not lane.is_placed:
        return "", ""
    first, last = (f"{side} {mm(at)}".strip() for side, at in zip(lane.ends, lane.span, strict=True))
    return (first, last) if lane.span[0] < lane.span[1] else (first.removeprefix(lane.ends[0]).strip(), "")
