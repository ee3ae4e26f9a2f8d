"""Frames of a segmentation laid on the images they belong to, plane by plane."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from dicomgallery.dicom.geometry import Vector, dot
from dicomgallery.dicom.planes import Plane
from dicomgallery.dicom.segments import Segmentation, SegmentFrame

_PARALLEL: Final = 0.9999
_SAME_MM: Final = 0.05
"""Frames this near to each other lie on one plane."""
_ALONE_MM: Final = 1.0
"""So far a frame may lie from the one image there is."""


@dataclass(frozen=True, slots=True)
class Ground:
    """An image, or a frame of one, that segments may lie on."""

    uid: str
    frame: int | None
    """None of an image of one frame."""
    plane: Plane | None


@dataclass(slots=True)
class Sheet:
    """One plane, and the frames of the segmentation on it."""

    position_mm: float | None
    """Along the normal of them all; None where nothing says where it lies."""
    ground: Ground | None
    """The image that it is; None where there is none."""
    is_named: bool
    """The segmentation names that image; else it lies there by its place alone."""
    frames: list[SegmentFrame] = field(default_factory=list)


def are_parallel(one: Plane, other: Plane) -> bool:
    """Say whether two planes are parallel, from whichever side they are seen."""
    return abs(dot(one.normal, other.normal)) > _PARALLEL


def sheets_of(segmentation: Segmentation, grounds: Sequence[Ground]) -> tuple[Sheet, ...]:
    """Lay each frame on its plane, in order along the patient.

    A frame that names one of the images lies on it, of several on the nearest. Any other lies on the nearest of the
    same frame of reference, half a gap away at most; else it has a plane of its own, with all others of that place.
    """
    laying = _Laying(segmentation, grounds)
    found: dict[object, Sheet] = {}
    for frame in segmentation.frames:
        ground, is_named = laying.ground_of(frame)
        plane = (ground.plane if ground else None) or frame.plane
        position = dot(plane.origin, laying.normal) if plane else None
        sheet = found.setdefault(laying.key(frame, ground, position), Sheet(position, ground, is_named))
        sheet.frames.append(frame)
    return tuple(sorted(found.values(), key=_order))


class _Stack:
    """Places along the normal, and the images that lie there."""

    def __init__(self, places: Iterable[tuple[float, int]]) -> None:
        self.places = sorted(places)

    def nearest(self, height: float) -> tuple[float, int] | None:
        """How far away the nearest image lies, and its number; of several at one place the first."""
        at = bisect_left(self.places, (height, 0))
        near = min(self.places[max(0, at - 1) : at + 1], key=lambda one: abs(one[0] - height), default=None)
        if near is None:
            return None
        place, number = self.places[bisect_left(self.places, (near[0], 0))]
        return abs(place - height), number


class _Laying:
    """What is asked of every frame, prepared once: there may be thousands of either kind."""

    def __init__(self, segmentation: Segmentation, grounds: Sequence[Ground]) -> None:
        self.is_tiled = segmentation.is_tiled
        self.normal = _normal(segmentation, grounds)
        self.grounds = grounds
        self.by_frame = {(ground.uid, ground.frame): number for number, ground in enumerate(grounds)}
        self.by_uid: dict[str, list[int]] = {}
        self.stacks: dict[str, _Stack] = {}
        places: list[tuple[float, int]] = []
        said = segmentation.frame_of_reference_uid
        for number, ground in enumerate(grounds):
            self.by_uid.setdefault(ground.uid, []).append(number)
            plane = ground.plane
            # Two frames of reference have nothing to do with one another (PS3.3 C.7.4.1).
            is_here = plane is not None and said in ("", plane.frame_of_reference_uid or said)
            if plane is not None and is_here and abs(dot(plane.normal, self.normal)) > _PARALLEL:
                places.append((dot(plane.origin, self.normal), number))
        self.stack = _Stack(places)
        steps = (upper - lower for (lower, _), (upper, _) in pairwise(self.stack.places))
        gaps = sorted(step for step in steps if step > 1e-3)
        self.reach_mm = gaps[len(gaps) // 2] / 2 + 1e-3 if gaps else _ALONE_MM

    def ground_of(self, frame: SegmentFrame) -> tuple[Ground | None, bool]:
        """The image under a frame, and whether the frame names it; none is laid under the tiles of a slide."""
        if self.is_tiled:
            return None, False
        plane = frame.plane
        height = dot(plane.origin, self.normal) if plane is not None else None
        named = [found for source in frame.sources if (found := self._named(*source, height)) is not None]
        if named:
            number = named[0] if height is None else min(named, key=lambda one: self._distance(one, height))
            return self.grounds[number], True
        return (self._nearest(plane), False) if plane is not None else (None, False)

    def key(self, frame: SegmentFrame, ground: Ground | None, position: float | None) -> object:
        """What frames of one plane have in common."""
        if self.is_tiled:
            return frame.number
        if ground is not None:
            return ground.uid, ground.frame
        if position is not None and frame.plane is not None:
            return round(position / _SAME_MM), frame.plane.across, frame.plane.down
        return frame.sources[:1] or frame.number

    def _named(self, uid: str, frame: int | None, height: float | None) -> int | None:
        """The number of the image that a frame names; of an image whose frame it does not name, the nearest one."""
        if frame is not None:
            return self.by_frame.get((uid, frame), self.by_frame.get((uid, None)))
        numbers = self.by_uid.get(uid, ())
        if len(numbers) > 1 and height is not None:
            if uid not in self.stacks:
                self.stacks[uid] = _Stack(self._placed(numbers))
            if near := self.stacks[uid].nearest(height):
                return near[1]
        return numbers[0] if numbers else None

    def _placed(self, numbers: Sequence[int]) -> Iterator[tuple[float, int]]:
        for number in numbers:
            if plane := self.grounds[number].plane:
                yield dot(plane.origin, self.normal), number

    def _distance(self, number: int, height: float) -> float:
        plane = self.grounds[number].plane
        return abs(dot(plane.origin, self.normal) - height) if plane else float("inf")

    def _nearest(self, plane: Plane) -> Ground | None:
        if abs(dot(plane.normal, self.normal)) <= _PARALLEL:
            return None
        near = self.stack.nearest(dot(plane.origin, self.normal))
        return self.grounds[near[1]] if near is not None and near[0] <= self.reach_mm else None


def _normal(segmentation: Segmentation, grounds: Sequence[Ground]) -> Vector:
    """Across which the planes are stacked: that of the images, else of the frames."""
    planes = (*(ground.plane for ground in grounds), *(frame.plane for frame in segmentation.frames))
    return next((plane.normal for plane in planes if plane is not None), (0.0, 0.0, 1.0))


def _order(sheet: Sheet) -> tuple[bool, float, int]:
    return sheet.position_mm is not None, sheet.position_mm or 0.0, sheet.frames[0].number
