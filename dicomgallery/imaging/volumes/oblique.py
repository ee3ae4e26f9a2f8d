"""A plane through a volume at any slant, between the voxels by trilinear interpolation."""

import math
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dicomgallery.dicom.geometry import Vector, dot
from dicomgallery.imaging.volumes.canvas import Canvas, canvas_of
from dicomgallery.imaging.volumes.spec import Mode, Slant
from dicomgallery.imaging.volumes.volume import Numbers, Volume

_BAND_ROWS: Final = 32
"""So many rows at a time, and what is worked on stays in the processor's caches."""
_MOST_PLANES: Final = 64
"""Of a thick slab every so many-th plane is taken."""

_HALF: Final = 0.5
_JOINS: Final[dict[Mode, tuple[np.ufunc, float]]] = {
    Mode.MEAN: (np.add, 0.0), Mode.MIP: (np.maximum, -math.inf), Mode.MINIP: (np.minimum, math.inf),
}  # fmt: skip
"""How planes of a slab are joined, and what stands where there is nothing to join."""

Values = NDArray[np.float32]
Inside = NDArray[np.bool_]


def cut(volume: Volume, slices: Numbers, slant: Slant, slab_mm: float, mode: Mode) -> tuple[Values, Inside]:
    """The numbers on a slanted plane or slab, and where it lies in the volume at all."""
    canvas = canvas_of(volume, slant)
    many = min(_MOST_PLANES, max(1, round(slab_mm / canvas.pixel_mm)))
    join, nothing = _JOINS[mode]
    values = np.full((canvas.height, canvas.width), nothing, np.float32)
    held = np.zeros(values.shape, np.float32)
    for number in range(many):
        aside_mm = (number - (many - 1) / 2) * slab_mm / many
        for where, numbers, inside in _bands(volume, slices, canvas, slant.normal, aside_mm):
            values[where] = join(values[where], np.where(inside, numbers, np.float32(nothing)))
            held[where] += inside
    inside = held > 0
    if mode is Mode.MEAN:
        values /= np.maximum(held, 1)
    values[~inside] = 0
    return values, inside


def _bands(
    volume: Volume, slices: Numbers, canvas: Canvas, normal: Vector, aside_mm: float
) -> Iterator[tuple[tuple[slice, slice], Values, Inside]]:
    """One plane, some rows at a time: each pixel as a place in the array, and the eight voxels about it weighed."""
    starts, downs, acrosses = [], [], []
    offset = [canvas.start[axis] + aside_mm * normal[axis] - volume.origin[axis] for axis in range(3)]
    for step in volume.steps:
        square = dot(step, step)
        starts.append(np.float32(dot(offset, step) / square))
        downs.append(np.float32(dot(canvas.plane.down, step) * canvas.pixel_mm / square))
        acrosses.append(np.float32(dot(canvas.plane.across, step) * canvas.pixel_mm / square))
    columns = np.arange(canvas.width, dtype=np.float32)
    for top in range(0, canvas.height, _BAND_ROWS):
        rows = np.arange(top, min(canvas.height, top + _BAND_ROWS), dtype=np.float32)[:, None]
        places = [a + rows * d + columns * c for a, d, c in zip(starts, downs, acrosses, strict=True)]
        inside = np.ones(places[0].shape, bool)
        for place, count in zip(places, slices.shape, strict=True):
            inside &= (place >= -_HALF) & (place <= count - _HALF)
        # Much of a slanted picture lies off the volume; no more is weighed than the part that does not.
        held = np.flatnonzero(inside.any(axis=0))
        if held.size:
            part = slice(int(held[0]), int(held[-1]) + 1)
            numbers = _weighed(slices, [place[:, part] for place in places])
            yield (slice(top, top + len(rows)), part), numbers, inside[:, part]


def _weighed(slices: Numbers, places: list[Values]) -> Values:
    lows, shares = [], []
    for place, count in zip(places, slices.shape, strict=True):
        held = np.clip(place, 0, count - 1)
        low = np.minimum(held.astype(np.intp), max(0, count - 2))
        lows.append(low)
        shares.append(held - low.astype(np.float32))
    _, rows, columns = slices.shape
    flat: NDArray[Any] = np.asarray(slices).reshape(-1)
    at = (lows[0] * rows + lows[1]) * columns + lows[2]
    # One step further along an axis; along one with a single voxel there is nowhere to go.
    ways = [int(count > 1) * stride for count, stride in zip(slices.shape, (rows * columns, columns, 1), strict=True)]

    def between(place: NDArray[np.intp], axis: int) -> Values:
        if axis == 2:
            here, there = flat.take(place).astype(np.float32), flat.take(place + ways[2])
        else:
            here, there = between(place, axis + 1), between(place + ways[axis], axis + 1)
        mixed: Values = here + (there - here) * shares[axis]
        return mixed

    return between(at, 0)
