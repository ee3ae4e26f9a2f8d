"""A small copy of a volume, of cubes: at most 256 along each side, so that all of it can be looked through at once.

It is made when it is first wanted, and kept beside the volume twice, as the volume itself is.
"""

import contextlib
import math
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dicomgallery.dicom.geometry import Vector, dot
from dicomgallery.imaging.volumes.volume import SLICES, Numbers, Volume

LONGEST: Final = 256
SIZES: Final = (32, 64, 128, LONGEST)
"""So many numbers at most along each axis can be had."""
SMALL: Final = "small.npy"
SMALL_COLUMNS: Final = "small-columns.npy"


@dataclass(frozen=True, slots=True)
class Small:
    """The copy: its numbers mean what those of the volume mean."""

    slices: Numbers
    """Levels, rows, columns."""
    columns: Numbers
    """The same as columns, levels, rows."""
    side_mm: float
    """Of each cube."""
    ways: tuple[Vector, Vector, Vector]
    """Where levels, rows and columns run, of length 1."""


def small_of(folder: Path, volume: Volume) -> Small:
    """The small copy of the volume in a folder, made now if it is not there; OSError or ValueError."""
    shape, side_mm = size_of(volume)
    lengths = [math.sqrt(dot(step, step)) for step in volume.steps]
    x, y, z = (_scaled(step, length) for step, length in zip(volume.steps, lengths, strict=True))
    with contextlib.suppress(FileNotFoundError, ValueError):
        return Small(*_kept(folder, volume, shape), side_mm, (x, y, z))
    made = reduced(volume.array(folder, SLICES), shape)
    turned = np.ascontiguousarray(made.transpose(2, 0, 1))
    # A picture is worth more than its copy on the disk: without room there it is made each time.
    with contextlib.suppress(OSError):
        _keep(folder / SMALL, made)
        _keep(folder / SMALL_COLUMNS, turned)
    return Small(made, turned, side_mm, (x, y, z))


def size_of(volume: Volume, longest: int = LONGEST) -> tuple[tuple[int, int, int], float]:
    """How many cubes lie along each axis, at most so many, and how large each is in mm."""
    steps_mm = [math.sqrt(dot(step, step)) for step in volume.steps]
    sides_mm = [count * step for count, step in zip(volume.shape, steps_mm, strict=True)]
    side_mm = max(min(steps_mm), max(sides_mm) / longest)
    levels, rows, columns = (min(longest, max(1, round(length / side_mm))) for length in sides_mm)
    return (levels, rows, columns), side_mm


def numbers_path(folder: Path, longest: int) -> Path:
    """Where the numbers of the volume in a folder are kept, for whoever draws it itself: packed where that pays."""
    return folder / f"values-{longest}"


def reach_of(small: Small) -> float:
    """How many cubes a picture is wide: all of it while it turns; tilted too, but for the outermost corners."""
    height_axis = max(range(3), key=lambda axis: abs(small.ways[axis][2]))
    flat = [count for axis, count in enumerate(small.slices.shape) if axis != height_axis]
    return max(math.hypot(*flat), math.hypot(max(flat), small.slices.shape[height_axis]))


def _kept(folder: Path, volume: Volume, shape: tuple[int, int, int]) -> tuple[Numbers, Numbers]:
    slices, columns = (np.load(folder / name, mmap_mode="r", allow_pickle=False) for name in (SMALL, SMALL_COLUMNS))
    if slices.shape != shape or columns.shape != (shape[2], *shape[:2]):
        raise ValueError("The small copy of a volume is not as large as it should be.")
    if {slices.dtype, columns.dtype} != {np.dtype(volume.numbers)}:
        raise ValueError("The small copy of a volume holds other numbers.")
    return slices, columns


def _keep(path: Path, numbers: Numbers) -> None:
    with appearing(path) as file:
        np.save(file, numbers)


@contextlib.contextmanager
def appearing(path: Path) -> Iterator[BinaryIO]:
    """Let a file appear whole; another child may be making the same."""
    aside = path.with_name(f".{secrets.token_hex(8)}")
    try:
        with aside.open("wb") as file:
            yield file
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def reduced(numbers: Numbers, shape: tuple[int, int, int]) -> Numbers:
    """Fewer numbers, each the mean of what it covers, or what lies between where it covers less than one voxel."""
    levels, rows, columns = shape
    made = np.zeros(shape, np.float32)
    shares = _shares(numbers.shape[0], levels)
    for level, parts in enumerate(shares):
        image = Image.fromarray(np.ascontiguousarray(numbers[level], dtype=np.float32))
        if image.size != (columns, rows):
            image = image.resize((columns, rows), Image.Resampling.BOX)
        flat = np.asarray(image)
        for place, share in parts:
            made[place] += flat * share
    if numbers.dtype.kind in "iu":
        np.rint(made, out=made)
    smaller: NDArray[Any] = made.astype(numbers.dtype)
    return smaller


def _shares(many: int, wanted: int) -> list[list[tuple[int, np.float32]]]:
    """For each level of the volume the levels of the copy that it is part of, and how much it weighs there."""
    scale = many / wanted
    reach = max(1.0, scale)
    parts: list[list[tuple[int, np.float32]]] = [[] for _ in range(many)]
    for place in range(wanted):
        middle = (place + 0.5) * scale - 0.5
        near = range(max(0, math.ceil(middle - reach)), min(many - 1, math.floor(middle + reach)) + 1)
        weights = {level: 1 - abs(level - middle) / reach for level in near}
        total = sum(weights.values())
        for level, weight in weights.items():
            if weight > 0:
                parts[level].append((place, np.float32(weight / total)))
    return parts


def _scaled(step: Vector, length: float) -> Vector:
    return step[0] / length, step[1] / length, step[2] / length
