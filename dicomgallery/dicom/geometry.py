"""Where a plane lies in the patient (PS3.3 C.7.6.2)."""

import math
from collections.abc import Sequence
from itertools import chain
from typing import Final

from pydicom.dataset import Dataset

from dicomgallery.dicom import elements
from dicomgallery.dicom.elements import Header

Vector = tuple[float, float, float]

POSITION: Final = 0x00200032
ORIENTATION: Final = 0x00200037
SPACING: Final = 0x00280030
_IMAGER_SPACING: Final = 0x00181164
_GROUPS: Final = {POSITION: 0x00209113, ORIENTATION: 0x00209116, SPACING: 0x00289110}
"""The functional group that each stands in, of an enhanced object."""
SHARED_GROUPS: Final = 0x52009229
FRAME_GROUPS: Final = 0x52009230


def orientation_of(header: Header) -> tuple[float, ...]:
    """Return the six direction cosines of rows and columns; empty when absent or degenerate."""
    cosines = numbers(header, ORIENTATION)
    return cosines if len(cosines) == 6 and normal_of(cosines) is not None else ()


def spacing_of(header: Header) -> tuple[float, ...]:
    """Return the distance between rows and between columns in mm; that at the detector for a projection."""
    spacing = numbers(header, SPACING) or elements.numbers(header, _IMAGER_SPACING)
    return spacing if len(spacing) == 2 and min(spacing) > 0 else ()


def normal_of(cosines: Sequence[float]) -> Vector | None:
    """Return the unit normal of a plane, rows crossed with columns; None when they are parallel."""
    normal = cross(cosines[:3], cosines[3:])
    length = math.sqrt(sum(part * part for part in normal))
    if not math.isfinite(length) or length < 1e-6:
        return None
    return normal[0] / length, normal[1] / length, normal[2] / length


def position_along_normal_mm(header: Header) -> float | None:
    """Return where the plane cuts its own normal, which orders a stack; None for what is no single plane."""
    position = elements.numbers(header, POSITION)
    cosines = elements.numbers(header, ORIENTATION)
    if len(position) != 3 or len(cosines) != 6:
        return None
    normal = normal_of(cosines)
    if normal is None:
        return None
    along = dot(position, normal)
    return round(along, 4) if math.isfinite(along) else None


def position_of(header: Header) -> tuple[float, ...]:
    """Return where the first pixel of the plane lies in the patient, in mm; empty for what is no single plane."""
    position = elements.numbers(header, POSITION)
    return position if len(position) == 3 else ()


def plane_name(cosines: Sequence[float]) -> str:
    """Call a plane axial, coronal or sagittal by the axis its normal is nearest to; oblique when none is near."""
    normal = normal_of(cosines) if len(cosines) == 6 else None
    if normal is None:
        return ""
    nearness = max((abs(part), name) for part, name in zip(normal, ("sagittal", "coronal", "axial"), strict=True))
    return nearness[1] if nearness[0] > 0.8 else "oblique"


def dot(one: Sequence[float], other: Sequence[float]) -> float:
    """The scalar product of two vectors of three."""
    # Written out: a stack has thousands.
    return one[0] * other[0] + one[1] * other[1] + one[2] * other[2]


def cross(one: Sequence[float], other: Sequence[float]) -> Vector:
    """The vector product of two vectors of three."""
    return (
        one[1] * other[2] - one[2] * other[1],
        one[2] * other[0] - one[0] * other[2],
        one[0] * other[1] - one[1] * other[0],
    )


def numbers(header: Header, tag: int, *, frame: int | None = None) -> tuple[float, ...]:
    """Read position, orientation or spacing at the top, else from the functional groups (PS3.3 C.7.6.16).

    Those of a frame, numbered from 1, come before the shared ones; without a frame only the shared ones count.
    """
    if direct := elements.numbers(header, tag):
        return direct
    own = elements.items(header, FRAME_GROUPS)[frame - 1 : frame] if frame else ()
    for item in chain(own, elements.items(header, SHARED_GROUPS)):
        if found := group_numbers(item, tag):
            return found
    return ()


def group_numbers(item: Dataset, tag: int) -> tuple[float, ...]:
    """Read position, orientation or spacing from the functional groups of one frame, or from the shared ones."""
    for inner in elements.items(item, _GROUPS[tag])[:1]:
        return elements.numbers(inner, tag)
    return ()
