"""The picture of a slanted plane: how large it is, and where it lies in the patient."""

import math
from dataclasses import dataclass

from dicomgallery.dicom.geometry import Vector, dot
from dicomgallery.dicom.planes import Plane, facing
from dicomgallery.imaging.volumes.spec import LONGEST_SIDE, Slant
from dicomgallery.imaging.volumes.volume import Volume


@dataclass(frozen=True, slots=True)
class Canvas:
    """A picture of a plane: where its first pixel lies, and how large it is."""

    plane: Plane
    start: Vector
    pixel_mm: float
    width: int
    height: int


def canvas_of(volume: Volume, slant: Slant) -> Canvas:
    """The picture that holds all of the volume on a slanted plane, turned as radiologists expect it."""
    plane = facing(slant.normal)
    corners = [_corner(volume, bits) for bits in range(8)]
    point = slant.point or _middle(corners)
    xs, ys = ([dot(corner, way) for corner in corners] for way in (plane.across, plane.down))
    wide_mm, high_mm = max(xs) - min(xs), max(ys) - min(ys)
    pixel_mm = max(min(math.sqrt(dot(step, step)) for step in volume.steps), max(wide_mm, high_mm) / LONGEST_SIDE)
    depth = dot(point, slant.normal)
    ways = ((plane.across, min(xs)), (plane.down, min(ys)), (slant.normal, depth))
    x, y, z = (sum(way[axis] * length for way, length in ways) for axis in range(3))
    return Canvas(
        plane, (x, y, z), pixel_mm, max(1, math.ceil(wide_mm / pixel_mm)), max(1, math.ceil(high_mm / pixel_mm))
    )


def _corner(volume: Volume, bits: int) -> Vector:
    """One of the eight outermost voxels."""
    reach = [(count - 1) * (bits >> axis & 1) for axis, count in enumerate(volume.shape)]
    x, y, z = (
        volume.origin[part] + sum(step[part] * times for step, times in zip(volume.steps, reach, strict=True))
        for part in range(3)
    )
    return x, y, z


def _middle(corners: list[Vector]) -> Vector:
    x, y, z = (sum(corner[part] for corner in corners) / len(corners) for part in range(3))
    return x, y, z
