"""Looking through a small volume along any direction, level by level.

Each level is shifted against the one before as the direction leans, so that a line of sight runs straight through all
of them; what is found on the way is then set upright by one turn of the picture (P. Lacroute, 1994: shear and warp).
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dicomgallery.dicom.geometry import Vector, dot
from dicomgallery.imaging.volumes.small import Small, reach_of
from dicomgallery.imaging.volumes.turn import Gaze

SIDE: Final = 512
"""Of the picture, in pixels: the same from everywhere, so that nothing jumps while a volume turns."""

Values = NDArray[np.float32]
Place = tuple[slice, slice]


@dataclass(frozen=True, slots=True)
class Shear:
    """A small volume, cut across the axis that is nearest to the direction of the gaze, nearest level first."""

    numbers: NDArray[Any]
    """Its first axis are the levels."""
    is_backwards: bool
    """The last level is the nearest."""
    leans: tuple[float, float]
    """How far a level is shifted against the one before in the array, in cubes along its two sides."""
    starts: tuple[float, float]
    """The shift of level 0."""
    axes: tuple[int, int, int]
    """Which axes of the volume levels, rows and columns are."""

    @property
    def shape(self) -> tuple[int, int]:
        """Of the picture that holds all levels, each in its place."""
        rows, columns = (
            side + math.ceil(abs(lean) * (len(self.numbers) - 1)) + 1
            for side, lean in zip(self.numbers.shape[1:], self.leans, strict=True)
        )
        return rows, columns

    def levels(self, *, nearest_first: bool) -> Iterator[tuple[int, Place, Values]]:
        """Each level with its number in the array: where on the picture it lies, and its values there.

        The array given is used again for the next.
        """
        order = range(len(self.numbers))
        rows, columns = self.numbers.shape[1:]
        whole = np.empty((rows, columns), np.float32)
        work = [np.empty((rows, columns), np.float32) for _ in range(2)]
        for level in reversed(order) if nearest_first == self.is_backwards else order:
            (down, below), (across, beside) = (
                _split(start + lean * level) for start, lean in zip(self.starts, self.leans, strict=True)
            )
            whole[...] = self.numbers[level]
            shown = _between(whole, below, work[0], 0)
            shown = _between(shown, beside, work[1], 1)
            top, left = down + (below > 0), across + (beside > 0)
            yield level, (slice(top, top + shown.shape[0]), slice(left, left + shown.shape[1])), shown


def sheared(small: Small, gaze: Gaze) -> Shear:
    """A small volume as it is seen along a gaze."""
    along = [dot(gaze.into, way) for way in small.ways]
    main = max(range(3), key=lambda axis: abs(along[axis]))
    axes = (main, *(axis for axis in range(3) if axis != main))
    # The axes of an array in the order of its levels, rows and columns; of the twin the columns come first.
    numbers = small.columns if main == 2 else small.slices.transpose(axes)
    leans = (-along[axes[1]] / along[main], -along[axes[2]] / along[main])
    starts = (max(0.0, -leans[0] * (len(numbers) - 1)), max(0.0, -leans[1] * (len(numbers) - 1)))
    return Shear(numbers, along[main] < 0, leans, starts, (axes[0], axes[1], axes[2]))


def upright(shown: NDArray[Any], shear: Shear, small: Small, gaze: Gaze, *, outside: float) -> NDArray[Any]:
    """A picture of all levels as who looks sees it; `outside` is what stands where there is nothing."""
    per_pixel = reach_of(small) / SIDE
    coefficients: list[float] = []
    # A pixel is a point of the patient, in cubes from the middle; the gaze carries it to level 0.
    for rank in (2, 1):
        axis, main = shear.axes[rank], shear.axes[0]
        lean, start = shear.leans[rank - 1], shear.starts[rank - 1]

        def place(point: Vector, axis: int = axis, main: int = main, lean: float = lean) -> float:
            return (dot(point, small.ways[axis]) + lean * dot(point, small.ways[main])) * per_pixel

        middle = (small.slices.shape[axis] - 1) / 2 + start + lean * (small.slices.shape[main] - 1) / 2
        across, down = place(gaze.across), place(gaze.down)
        center = middle - (across + down) * (SIDE - 1) / 2
        # Pillow counts from the corners of pixels, and takes the middle of each.
        coefficients += [across, down, center + 0.5 - (across + down) / 2]
    image = Image.fromarray(np.pad(shown, 1, constant_values=outside))
    coefficients[2] += 1
    coefficients[5] += 1
    resample = Image.Resampling.BILINEAR
    turned = image.transform((SIDE, SIDE), Image.Transform.AFFINE, coefficients, resample, fillcolor=outside)
    return np.asarray(turned)


def _split(shift: float) -> tuple[int, float]:
    whole = math.floor(shift + 1e-6)
    part = shift - whole
    return whole, part if part > 1e-3 else 0.0


def _between(numbers: Values, share: float, work: Values, axis: int) -> Values:
    """Numbers shifted by a share of a step; one row or column fewer."""
    if not share:
        return numbers
    here, before = (numbers[1:], numbers[:-1]) if axis == 0 else (numbers[:, 1:], numbers[:, :-1])
    mixed = work[: here.shape[0], : here.shape[1]]
    np.subtract(before, here, out=mixed)
    mixed *= np.float32(share)
    mixed += here
    return mixed
