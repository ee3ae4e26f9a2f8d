"""A structure set cut into planes: the contours of each, in order along the patient."""

import math
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from dicomgallery.dicom.contours import Contour
from dicomgallery.dicom.geometry import Vector, dot
from dicomgallery.dicom.planes import HEAD
from dicomgallery.dicom.structures import Roi, StructureSet

_SAME_MM: Final = 0.2
"""Contours this near to each other are drawn on one plane."""
_PARALLEL: Final = 0.99999
_ALONE_MM: Final = 1.0
"""So far a contour may lie from the one image there is."""


@dataclass(slots=True)
class Cut:
    """One plane, and what is drawn on it."""

    position_mm: float
    """Where the plane cuts the normal of them all."""
    sop_uid: str = ""
    """Of the image that it is; empty where there is none."""
    frame: int | None = None
    drawn: list[tuple[Roi, Contour]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Cuts:
    """The planes in order, and how many contours lie on none of them."""

    planes: tuple[Cut, ...]
    astray: int

    @property
    def middle(self) -> Cut | None:
        """The plane that stands for all: the one in the middle of those that more than points are on."""
        full = [cut for cut in self.planes if any(contour.count > 1 for _, contour in cut.drawn)] or self.planes
        return full[len(full) // 2] if full else None


def main_normal(structures: StructureSet) -> Vector:
    """Across which plane most is drawn: that of the largest contour, pointing to where axes do; else axial."""
    contours = (contour for roi in structures.rois for contour in roi.contours)
    largest = max(contours, key=lambda contour: contour.area_mm2, default=None)
    if largest is None or largest.normal is None:
        return HEAD
    normal = largest.normal
    return normal if max(normal, key=abs) > 0 else (-normal[0], -normal[1], -normal[2])


def cuts_of(structures: StructureSet, normal: Vector, images: Mapping[str, float | None]) -> Cuts:
    """Lay each contour on its plane.

    `images` says of each image that is here where it cuts the normal. A contour that names one of them lies on it;
    one that names none lies on the nearest, half a gap away at most; any other has a plane of its own.
    """
    found: dict[object, Cut] = {}
    places = sorted((position, uid) for uid, position in images.items() if position is not None)
    reach_mm = _reach(places)
    astray = 0
    loose: list[tuple[float, Roi, Contour]] = []
    for roi in structures.rois:
        for contour in roi.contours:
            height = dot(contour.start, normal)
            uid, frame = contour.sop_uid, contour.frame
            if uid not in images:
                if not _is_across(contour, normal):
                    astray += 1
                    continue
                # One drawn on an image that is elsewhere must not be put on another.
                uid, frame = "" if uid else _nearest(places, height, reach_mm), None
            if not uid:
                loose.append((height, roi, contour))
                continue
            position = images[uid]
            cut = found.setdefault((uid, frame), Cut(height if position is None else position, uid, frame))
            cut.drawn.append((roi, contour))
    at = -math.inf
    for height, roi, contour in sorted(loose, key=lambda one: one[0]):
        if height - at > _SAME_MM:
            at = height
        found.setdefault(at, Cut(at)).drawn.append((roi, contour))
    return Cuts(tuple(sorted(found.values(), key=lambda cut: cut.position_mm)), astray)


def _is_across(contour: Contour, normal: Vector) -> bool:
    """Say whether a contour lies in a plane across the normal; a point and a level line do."""
    if contour.normal is not None and abs(dot(contour.normal, normal)) > _PARALLEL:
        return True
    heights = [dot(point, normal) for point in contour.points]
    return max(heights) - min(heights) <= 2 * _SAME_MM


def _reach(places: list[tuple[float, str]]) -> float:
    """Half of the usual gap between images."""
    gaps = sorted(upper - lower for (lower, _), (upper, _) in pairwise(places) if upper - lower > 1e-3)
    return gaps[len(gaps) // 2] / 2 + 1e-3 if gaps else _ALONE_MM


def _nearest(places: list[tuple[float, str]], height: float, reach_mm: float) -> str:
    """The image nearest to a height; empty when none is near."""
    at = bisect_left(places, (height, ""))
    near = min(places[max(0, at - 1) : at + 1], key=lambda place: abs(place[0] - height), default=None)
    return near[1] if near is not None and abs(near[0] - height) <= reach_mm else ""
