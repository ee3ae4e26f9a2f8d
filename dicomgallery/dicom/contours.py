"""Contours in the patient: the area of one, and the volume that many enclose (PS3.3 C.8.8.6)."""

import math
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from dicomgallery.dicom.geometry import Vector, dot
from dicomgallery.dicom.planes import facing

_FLAT_MM: Final = 0.1
"""A point so far from the plane of its contour is still on it: contours are written with few decimals."""
_PARALLEL: Final = 0.9995
"""The cosine of under two degrees."""
_PROBES: Final = 5
_MOST_ON_A_PLANE: Final = 24
"""Each is compared with each; more are not."""


@dataclass(frozen=True, slots=True)
class Contour:
    """One contour of a region of interest."""

    kind: str
    """Its Contour Geometric Type: POINT, OPEN_PLANAR, OPEN_NONPLANAR, CLOSED_PLANAR or CLOSEDPLANAR_XOR."""
    coordinates: "array[float]"
    """x, y, z, x, y, z, ... in mm; at least one point."""
    sop_uid: str = ""
    """Of the image it was drawn on; empty when not said."""
    frame: int | None = None
    normal: Vector | None = None
    """Of the plane it lies in; None when it lies in none, or in any."""
    area_mm2: float = 0.0
    """Of a closed contour."""

    @property
    def is_closed(self) -> bool:
        """Say whether its last point leads back to its first."""
        return self.kind.startswith("CLOSED")

    @property
    def count(self) -> int:
        """How many points it has."""
        return len(self.coordinates) // 3

    @property
    def start(self) -> Vector:
        """Its first point."""
        return self.coordinates[0], self.coordinates[1], self.coordinates[2]

    @property
    def points(self) -> list[Vector]:
        """Its points in order."""
        flat = self.coordinates
        return list(zip(flat[::3], flat[1::3], flat[2::3], strict=True))


@dataclass(frozen=True, slots=True)
class Volume:
    """The volume of a region, and how it was found or why it was not."""

    cm3: float | None
    said: str


def measured(kind: str, coordinates: "array[float]", sop_uid: str = "", frame: int | None = None) -> Contour:
    """A contour with its plane and area, which are found once."""
    contour = Contour(kind, coordinates, sop_uid, frame)
    twice = _twice_the_area(contour.points)
    size = math.sqrt(dot(twice, twice))
    if size < 1e-9:
        return contour
    normal = (twice[0] / size, twice[1] / size, twice[2] / size)
    heights = [dot(point, normal) for point in contour.points]
    if max(heights) - min(heights) > 2 * _FLAT_MM:
        return contour
    return Contour(kind, coordinates, sop_uid, frame, normal, size / 2 if contour.is_closed else 0.0)


def volume_of(contours: Sequence[Contour]) -> Volume:
    """Areas times the distance of their planes, where closed contours lie on equally spaced planes; else why not."""
    if not contours or not all(contour.is_closed for contour in contours):
        return Volume(None, "Only closed contours enclose a volume.")
    normal = contours[0].normal
    if normal is None or not all(_is_parallel(contour, normal) for contour in contours):
        return Volume(None, "Its contours do not lie on parallel planes.")
    planes = _by_height(contours, normal)
    heights = sorted(planes)
    gaps = [upper - lower for lower, upper in pairwise(heights)]
    if not gaps:
        return Volume(None, "It lies on a single plane.")
    if max(gaps) - min(gaps) > max(0.02 * min(gaps), 2 * _FLAT_MM):
        return Volume(None, f"Its planes are not equally spaced: {min(gaps):.4g} to {max(gaps):.4g} mm.")
    if max(len(on_one) for on_one in planes.values()) > _MOST_ON_A_PLANE:
        return Volume(None, f"More than {_MOST_ON_A_PLANE} contours lie on one plane.")
    areas = [_enclosed_mm2(planes[height]) for height in heights]
    known = [area for area in areas if area is not None]
    if len(known) < len(areas):
        return Volume(None, "Contours lie inside one another, and the file does not say which of them are holes.")
    spacing_mm = (heights[-1] - heights[0]) / len(gaps)
    return Volume(sum(known) * spacing_mm / 1000, f"{len(heights)} planes, {spacing_mm:.4g} mm apart.")


def _twice_the_area(points: Sequence[Vector]) -> Vector:
    """Twice the area of a polygon as a vector along its normal; right for keyholes too (PS3.3 C.8.8.6.3)."""
    x0, y0, z0 = points[0]
    x = y = z = 0.0
    # From the first point, so that no precision is lost far from the origin.
    moved = [(px - x0, py - y0, pz - z0) for px, py, pz in points]
    for (ax, ay, az), (bx, by, bz) in pairwise(moved):
        x += ay * bz - az * by
        y += az * bx - ax * bz
        z += ax * by - ay * bx
    return x, y, z


def _is_parallel(contour: Contour, normal: Vector) -> bool:
    return contour.normal is not None and abs(dot(contour.normal, normal)) > _PARALLEL


def _by_height(contours: Sequence[Contour], normal: Vector) -> dict[float, list[Contour]]:
    """The contours of each plane, by where the plane cuts the normal."""
    placed = sorted(((dot(contour.start, normal), contour) for contour in contours), key=lambda pair: pair[0])
    found: dict[float, list[Contour]] = {}
    at = -math.inf
    for height, contour in placed:
        if height - at > 2 * _FLAT_MM:
            at = height
        found.setdefault(at, []).append(contour)
    return found


def _enclosed_mm2(contours: Sequence[Contour]) -> float | None:
    """The area that contours of one plane enclose; None where one lies inside another and may be a hole or not."""
    if len(contours) == 1 or contours[0].normal is None:
        return contours[0].area_mm2
    view = facing(contours[0].normal)
    shapes = [[view.place(point) for point in contour.points] for contour in contours]
    depths = [sum(_is_inside(shape, other) for other in shapes if other is not shape) for shape in shapes]
    if not any(depths):
        return sum(contour.area_mm2 for contour in contours)
    if not all(contour.kind == "CLOSEDPLANAR_XOR" for contour in contours):
        return None
    # Of exclusive contours, what lies inside an odd number of others is taken away (PS3.3 C.8.8.6.3).
    pairs = zip(depths, contours, strict=True)
    return sum(-contour.area_mm2 if depth % 2 else contour.area_mm2 for depth, contour in pairs)


def _is_inside(shape: Sequence[tuple[float, float]], other: Sequence[tuple[float, float]]) -> bool:
    """Say whether most of some points of a shape lie inside another; shapes that touch share border points."""
    for axis in (0, 1):
        low, high = min(point[axis] for point in other), max(point[axis] for point in other)
        if max(point[axis] for point in shape) < low or min(point[axis] for point in shape) > high:
            return False
    probes = shape[:: max(1, len(shape) // _PROBES)]
    return sum(_holds(other, x, y) for x, y in probes) * 2 > len(probes)


def _holds(shape: Sequence[tuple[float, float]], x: float, y: float) -> bool:
    inside = False
    for (ax, ay), (bx, by) in pairwise([*shape, shape[0]]):
        if (ay > y) != (by > y) and x < (bx - ax) * (y - ay) / (by - ay) + ax:
            inside = not inside
    return inside
