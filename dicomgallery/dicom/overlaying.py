"""Frames of a segmentation laid on the images they belong to, plane by plane."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from dicomgallery.dicom.geometry import Vector, dot
from dicomgallery.dicom.planes import Plane
from dicomgallery.dicom.segments import Segment, Segmentation, SegmentFrame

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

    def holds(self, segment: Segment | None) -> bool:
        """Say whether a segment may be on it; of None, whether any."""
        return segment is None or any(one.segment in (None, segment.number) for one in self.frames)


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


class _Laying:
    """What is asked of every frame, prepared once: there may be thousands of either kind."""

    def __init__(self, segmentation: Segmentation, grounds: Sequence[Ground]) -> None:
        self.is_tiled = segmentation.is_tiled
        self.normal = _normal(segmentation, grounds)
        self.by_uid: dict[str, list[Ground]] = {}
        self.places: list[tuple[float, int]] = []
        self.grounds = grounds
        said = segmentation.frame_of_reference_uid
        for place, ground in enumerate(grounds):
            self.by_uid.setdefault(ground.uid, []).append(ground)
            plane = ground.plane
            # Two frames of reference have nothing to do with one another (PS3.3 C.7.4.1).
            is_here = plane is not None and said in ("", plane.frame_of_reference_uid or said)
            if plane is not None and is_here and abs(dot(plane.normal, self.normal)) > _PARALLEL:
                self.places.append((dot(plane.origin, self.normal), place))
        self.places.sort()
        gaps = sorted(upper - lower for (lower, _), (upper, _) in pairwise(self.places) if upper - lower > 1e-3)
        self.reach_mm = gaps[len(gaps) // 2] / 2 + 1e-3 if gaps else _ALONE_MM

    def ground_of(self, frame: SegmentFrame) -> tuple[Ground | None, bool]:
        """The image under a frame, and whether the frame names it; none is laid under the tiles of a slide."""
        if self.is_tiled:
            return None, False
        named = [
            ground
            for uid, number in frame.sources
            for ground in self.by_uid.get(uid, ())
            if number is None or ground.frame in (None, number)
        ]
        plane = frame.plane
        if plane is not None and len(named) > 1:
            height = dot(plane.origin, self.normal)
            named.sort(key=lambda ground: self._distance(ground, height))
        if named:
            return named[0], True
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

    def _distance(self, ground: Ground, height: float) -> float:
        return abs(dot(ground.plane.origin, self.normal) - height) if ground.plane else float("inf")

    def _nearest(self, plane: Plane) -> Ground | None:
        if abs(dot(plane.normal, self.normal)) <= _PARALLEL:
            return None
        height = dot(plane.origin, self.normal)
        at = bisect_left(self.places, (height, 0))
        near = min(self.places[max(0, at - 1) : at + 1], key=lambda one: abs(one[0] - height), default=None)
        return self.grounds[near[1]] if near is not None and abs(near[0] - height) <= self.reach_mm else None


def _normal(segmentation: Segmentation, grounds: Sequence[Ground]) -> Vector:
    """Across which the planes are stacked: that of the images, else of the frames."""
    planes = (*(ground.plane for ground in grounds), *(frame.plane for frame in segmentation.frames))
    return next((plane.normal for plane in planes if plane is not None), (0.0, 0.0, 1.0))


def _order(sheet: Sheet) -> tuple[bool, float, int]:
    return sheet.position_mm is not None, sheet.position_mm or 0.0, sheet.frames[0].number
