"""Where a plane lies in the patient (PS3.3 C.7.6.2)."""

import math
from collections.abc import Sequence

from dicomgallery.dicom import elements
from dicomgallery.dicom.elements import Header

_POSITION = 0x00200032
_ORIENTATION = 0x00200037
_SPACING = 0x00280030
_SHARED_GROUPS = 0x52009229
_PLANE_ORIENTATION = 0x00209116
_PIXEL_MEASURES = 0x00289110
_IMAGER_SPACING = 0x00181164


def orientation_of(header: Header) -> tuple[float, ...]:
    """Return the six direction cosines of rows and columns; empty when absent or degenerate."""
    cosines = _shared(header, _PLANE_ORIENTATION, _ORIENTATION)
    return cosines if len(cosines) == 6 and normal_of(cosines) is not None else ()


def spacing_of(header: Header) -> tuple[float, ...]:
    """Return the distance between rows and between columns in mm; that at the detector for a projection."""
    spacing = _shared(header, _PIXEL_MEASURES, _SPACING) or elements.numbers(header, _IMAGER_SPACING)
    return spacing if len(spacing) == 2 and min(spacing) > 0 else ()


def normal_of(cosines: Sequence[float]) -> tuple[float, float, float] | None:
    """Return the unit normal of a plane, rows crossed with columns; None when they are parallel."""
    ax, ay, az, bx, by, bz = cosines
    normal = (ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx)
    length = math.sqrt(sum(part * part for part in normal))
    if not math.isfinite(length) or length < 1e-6:
        return None
    return normal[0] / length, normal[1] / length, normal[2] / length


def position_along_normal_mm(header: Header) -> float | None:
    """Return where the plane cuts its own normal, which orders a stack; None for what is no single plane."""
    position = elements.numbers(header, _POSITION)
    cosines = elements.numbers(header, _ORIENTATION)
    if len(position) != 3 or len(cosines) != 6:
        return None
    normal = normal_of(cosines)
    if normal is None:
        return None
    along = sum(a * b for a, b in zip(position, normal, strict=True))
    return round(along, 4) if math.isfinite(along) else None


def position_of(header: Header) -> tuple[float, ...]:
    """Return where the first pixel of the plane lies in the patient, in mm; empty for what is no single plane."""
    position = elements.numbers(header, _POSITION)
    return position if len(position) == 3 else ()


def plane_name(cosines: Sequence[float]) -> str:
    """Call a plane axial, coronal or sagittal by the axis its normal is nearest to; oblique when none is near."""
    normal = normal_of(cosines) if len(cosines) == 6 else None
    if normal is None:
        return ""
    nearness = max((abs(part), name) for part, name in zip(normal, ("sagittal", "coronal", "axial"), strict=True))
    return nearness[1] if nearness[0] > 0.8 else "oblique"


def _shared(header: Header, group: int, tag: int) -> tuple[float, ...]:
    """Read an element at the top, else from the shared functional groups (PS3.3 C.7.6.16)."""
    if direct := elements.numbers(header, tag):
        return direct
    for item in elements.items(header, _SHARED_GROUPS):
        for inner in elements.items(item, group):
            return elements.numbers(inner, tag)
    return ()
