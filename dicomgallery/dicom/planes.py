"""Planes in the patient, and where on one a point of the patient lies (PS3.3 C.7.6.2.1.1)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from pydicom.dataset import Dataset

from dicomgallery.dicom import elements, geometry
from dicomgallery.dicom.geometry import Vector, cross, dot, normal_of
from dicomgallery.dicom.values import clean

HEAD: Final[Vector] = (0.0, 0.0, 1.0)
_PLACING: Final = (geometry.POSITION, geometry.ORIENTATION, geometry.SPACING)


@dataclass(frozen=True, slots=True)
class Plane:
    """A plane with columns and rows, whose numbers count from the center of the first pixel."""

    origin: Vector
    """The center of the first pixel, in mm."""
    across: Vector
    """Along a row, of length 1."""
    down: Vector
    """Along a column, of length 1."""
    column_mm: float = 1.0
    """From one column to the next."""
    row_mm: float = 1.0
    columns: int = 0
    rows: int = 0
    """0 by 0 where no image bounds it."""
    frame_of_reference_uid: str = ""
    """Whose coordinates these are; empty when not said."""

    @property
    def normal(self) -> Vector:
        """Rows crossed with columns."""
        return cross(self.across, self.down)

    def place(self, point: Vector) -> tuple[float, float]:
        """The column and row that a point is seen at from straight above it."""
        offset = (point[0] - self.origin[0], point[1] - self.origin[1], point[2] - self.origin[2])
        return dot(offset, self.across) / self.column_mm, dot(offset, self.down) / self.row_mm

    def distance_mm(self, point: Vector) -> float:
        """How far a point lies from the plane."""
        return abs(dot(point, self.normal) - dot(self.origin, self.normal))


def image_plane(dataset: Dataset, frame: int | None = None) -> Plane | None:
    """The plane of an image or of one of its frames; None where the header does not place it in the patient."""
    position, cosines, spacing = (geometry.numbers(dataset, tag, frame=frame or 1) for tag in _PLACING)
    return plane_of(position, cosines, spacing, _bounds(dataset))


def frame_planes(dataset: Dataset, most: int) -> list[Plane | None]:
    """The planes of an object's frames, of so many at most, in one pass over its functional groups."""
    direct = [elements.numbers(dataset, tag) for tag in _PLACING]
    shared = [geometry.numbers(dataset, tag) for tag in _PLACING]
    bounds = _bounds(dataset)
    items = elements.items(dataset, geometry.FRAME_GROUPS)
    found = []
    for number in range(min(most, max(1, elements.whole(dataset, 0x00280008) or 1))):
        own = items[number] if number < len(items) else None
        parts = [
            top or (own is not None and geometry.group_numbers(own, tag)) or common
            for tag, top, common in zip(_PLACING, direct, shared, strict=True)
        ]
        found.append(plane_of(parts[0], parts[1], parts[2], bounds))
    return found


def plane_of(
    position: Sequence[float],
    cosines: Sequence[float],
    spacing: Sequence[float],
    bounds: tuple[int, int, str],
) -> Plane | None:
    """The plane that position, orientation and spacing describe in the words of a header; None where they do not.

    `bounds` are its columns and rows, and the UID of its frame of reference.
    """
    columns, rows, frame_of_reference_uid = bounds
    if len(position) != 3 or len(spacing) != 2 or not 0 < min(spacing) <= max(spacing) < 1e4 or min(columns, rows) < 1:
        return None
    axes = _axes(tuple(cosines))
    if axes is None:
        return None
    # Pixel Spacing says first how far apart rows are, then columns (PS3.3 10.7.1.3).
    origin = (position[0], position[1], position[2])
    return Plane(origin, *axes, spacing[1], spacing[0], columns, rows, frame_of_reference_uid)


@lru_cache(maxsize=64)
def _axes(cosines: tuple[float, ...]) -> tuple[Vector, Vector] | None:
    """Along a row and along a column, of length 1; of a stack they are the same thousands of times."""
    if len(cosines) != 6 or normal_of(cosines) is None:
        return None
    across, down = _unit(_vector(cosines[:3])), _unit(_vector(cosines[3:]))
    # PS3.3 C.7.6.2.1.1 has them orthogonal; a grid that leans cannot be laid over the picture.
    if across is None or down is None or abs(dot(across, down)) > 0.01:
        return None
    return across, down


def _bounds(dataset: Dataset) -> tuple[int, int, str]:
    """Columns, rows, and whose coordinates they are placed in."""
    columns, rows = elements.whole(dataset, 0x00280011) or 0, elements.whole(dataset, 0x00280010) or 0
    return columns, rows, clean(elements.first(dataset, 0x00200052))


def facing(normal: Vector) -> Plane:
    """A plane through the origin, in mm, turned as images are shown: left is on the right, head or face is up."""
    sizes = [abs(part) for part in normal]
    is_axial = sizes[2] == max(sizes)
    wanted: Vector = (0.0, 1.0, 0.0) if is_axial else (0.0, 0.0, -1.0)
    lean = dot(wanted, normal)
    down = _unit((wanted[0] - lean * normal[0], wanted[1] - lean * normal[1], wanted[2] - lean * normal[2])) or wanted
    across = cross(down, normal)
    leading = 0 if is_axial or sizes[1] >= sizes[0] else 1
    if across[leading] < 0:
        across = (-across[0], -across[1], -across[2])
    return Plane((0.0, 0.0, 0.0), across, down)


def _vector(numbers: tuple[float, ...]) -> Vector | None:
    return (numbers[0], numbers[1], numbers[2]) if len(numbers) == 3 else None


def _unit(vector: Vector | None) -> Vector | None:
    length = math.sqrt(dot(vector, vector)) if vector else 0.0
    if vector is None or not 1e-6 < length < math.inf:
        return None
    return vector[0] / length, vector[1] / length, vector[2] / length
