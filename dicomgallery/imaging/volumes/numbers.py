"""A volume as numbers, for a program that draws it itself: fewer of them, in cubes, in a file beside the volume.

The body is that of `imaging.values`, whose head tells of a volume: `levels rows columns type slope intercept unit`, the
`origin` (the center of the first cube) and `steps` (from one level, one row, one column to the next) in mm in the
patient, `black` and `white` (a window chosen from the values), `invert` if low values are to be white, `least` and
`most` of the numbers, and `reach_mm`, which is how wide and high the picture of it from any side is (`mip.png`).
"""

from pathlib import Path
from typing import Any

import numpy as np

from dicomgallery.dicom.geometry import Vector
from dicomgallery.imaging.packing import packed
from dicomgallery.imaging.refusals import CannotRenderError, RenderReason
from dicomgallery.imaging.values import parts_of
from dicomgallery.imaging.volumes.small import Small, appearing, numbers_path, reach_of, reduced, size_of, small_of
from dicomgallery.imaging.volumes.volume import Volume


def write(folder: Path, longest: int) -> None:
    """Put the numbers of the volume in a folder where they are kept; CannotRenderError, or OSError without room."""
    try:
        volume = Volume.read(folder)
        small = small_of(folder, volume)
    except (FileNotFoundError, ValueError) as error:
        raise CannotRenderError(RenderReason.UNREADABLE, "The volume is gone or damaged. Ask for it again.") from error
    body = packed(*_parts(volume, small, longest))
    with appearing(numbers_path(folder, longest)) as file:
        file.write(body)


def _parts(volume: Volume, small: Small, longest: int) -> tuple[bytes, memoryview]:
    shape, side_mm = size_of(volume, longest)
    numbers = small.slices if shape == small.slices.shape else reduced(small.slices, shape)
    levels, rows, columns = shape
    steps = [_times(way, side_mm) for way in small.ways]
    known = numbers[np.isfinite(numbers)] if numbers.dtype.kind == "f" else numbers
    told: dict[str, Any] = {
        "levels": levels,
        "rows": rows,
        "columns": columns,
        "samples": 1,
        "type": numbers.dtype.name,
        "slope": volume.slope,
        "intercept": volume.intercept,
        "unit": volume.unit,
        "origin": _first(volume, shape, steps),
        "steps": steps,
        "black": volume.black,
        "white": volume.white,
        "invert": volume.is_inverse,
        "least": known.min().item() if known.size else None,
        "most": known.max().item() if known.size else None,
        "reach_mm": reach_of(small) * small.side_mm,
    }
    return parts_of(told, numbers)


def _first(volume: Volume, shape: tuple[int, int, int], steps: list[Vector]) -> Vector:
    """The center of the first cube: the middle stays where it is."""
    ways = [*zip(volume.shape, volume.steps, strict=True)], [*zip(shape, steps, strict=True)]
    whole, cubes = ([sum((count - 1) / 2 * step[axis] for count, step in way) for axis in range(3)] for way in ways)
    x, y, z = (volume.origin[axis] + whole[axis] - cubes[axis] for axis in range(3))
    return x, y, z


def _times(way: Vector, length: float) -> Vector:
    return way[0] * length, way[1] * length, way[2] * length
