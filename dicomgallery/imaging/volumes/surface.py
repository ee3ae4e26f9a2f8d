"""The surface that who looks at a volume meets first, as if lit from beside them."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dicomgallery.dicom.geometry import Vector, dot
from dicomgallery.imaging.volumes.shearing import Shear, Values
from dicomgallery.imaging.volumes.small import Small
from dicomgallery.imaging.volumes.turn import Gaze

_LIGHT: Final = (0.35, -0.5, -0.8)
"""From where it shines: so far along the picture's rows, its columns, and the gaze."""
_AMBIENT: Final = 0.12
_SHINE: Final = 0.22
_FADES: Final = 0.35
"""So much of the light is gone at the far end of the volume."""
_NOWHERE: Final = -1.0


def lit(small: Small, shear: Shear, gaze: Gaze, threshold: float, *, is_falling: bool) -> NDArray[np.float32]:
    """How bright the surface is, from 0 to 255, on the sheared picture; a number of the array begins it.

    `is_falling`: the volume's numbers fall where its values rise, so the surface begins where they are lower.
    """
    sign = np.float32(-1 if is_falling else 1)
    depths = _first_levels(shear, threshold, is_falling=is_falling)
    rows, columns = np.nonzero(depths > _NOWHERE)
    light = np.zeros(depths.shape, np.float32)
    if not rows.size:
        return light
    # Half a step back lies between what is below the threshold and what is above it: there the values rise.
    levels = depths[rows, columns] + np.float32(0.5 if shear.is_backwards else -0.5)
    numbers = shear.numbers
    places = _places(shear, levels, rows, columns)
    slopes = [sign * (_at(numbers, places, axis, 1) - _at(numbers, places, axis, -1)) for axis in range(3)]
    normals = _normals(slopes, small, shear)
    light[rows, columns] = _shaded(normals, gaze) * _nearness(shear, levels) * 255
    return light


def _first_levels(shear: Shear, threshold: float, *, is_falling: bool) -> Values:
    """At which level each line of sight meets the surface; -1 where it meets none."""
    depths = np.full(shear.shape, _NOWHERE, np.float32)
    begins = np.float32(threshold)
    # What is nearer is written over what is farther.
    for level, where, values in shear.levels(nearest_first=False):
        found = values <= begins if is_falling else values >= begins
        np.copyto(depths[where], np.float32(level), where=found)
    return depths


def _places(shear: Shear, levels: Values, rows: NDArray[Any], columns: NDArray[Any]) -> list[NDArray[np.intp]]:
    """The voxels that are met, kept off the faces of the array so that each has neighbors."""
    at = [
        levels,
        rows - (shear.starts[0] + shear.leans[0] * levels),
        columns - (shear.starts[1] + shear.leans[1] * levels),
    ]
    return [
        np.clip(np.rint(place).astype(np.intp), 1, max(1, count - 2))
        for place, count in zip(at, shear.numbers.shape, strict=True)
    ]


def _at(numbers: NDArray[Any], places: list[NDArray[np.intp]], axis: int, step: int) -> Values:
    """The numbers a step along an axis, smoothed across it, so that noise does not look like gravel."""
    total = np.zeros(places[0].shape, np.float32)
    moved = list(places)
    moved[axis] = np.clip(places[axis] + step, 0, numbers.shape[axis] - 1)
    for side in (other for other in range(3) if other != axis):
        for way in (-1, 1):
            beside = list(moved)
            beside[side] = np.clip(moved[side] + way, 0, numbers.shape[side] - 1)
            total += numbers[tuple(beside)]
    return total


def _normals(slopes: list[Values], small: Small, shear: Shear) -> NDArray[np.float32]:
    """Towards where the values fall, as directions in the patient of length 1."""
    ways = np.asarray([small.ways[axis] for axis in shear.axes], np.float32)
    normals: NDArray[np.float32] = -np.stack(slopes, axis=-1) @ ways
    lengths = np.sqrt((normals * normals).sum(axis=-1, keepdims=True))
    np.divide(normals, np.maximum(lengths, np.float32(1e-6)), out=normals)
    return normals


def _shaded(normals: NDArray[np.float32], gaze: Gaze) -> Values:
    parts = list(zip(_LIGHT, (gaze.across, gaze.down, gaze.into), strict=True))
    x, y, z = (sum(share * way[axis] for share, way in parts) for axis in range(3))
    light = _unit((x, y, z))
    half = _unit((light[0] - gaze.into[0], light[1] - gaze.into[1], light[2] - gaze.into[2]))
    falling = np.maximum(normals @ np.asarray(light, np.float32), 0)
    shining = np.maximum(normals @ np.asarray(half, np.float32), 0) ** 24
    return np.minimum(_AMBIENT + (1 - _AMBIENT) * falling + _SHINE * shining, 1).astype(np.float32)


def _nearness(shear: Shear, levels: Values) -> Values:
    share = levels / max(1, len(shear.numbers) - 1)
    nearness = 1 - _FADES * (1 - share if shear.is_backwards else share)
    return np.asarray(nearness, np.float32)


def _unit(vector: Vector) -> Vector:
    length = dot(vector, vector) ** 0.5
    return vector[0] / length, vector[1] / length, vector[2] / length
