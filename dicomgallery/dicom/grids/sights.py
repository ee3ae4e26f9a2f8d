"""Looking at a grid from the three sides a radiologist expects, with the letters of the patient's sides."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import permutations
from typing import Final

from dicomgallery.dicom.geometry import Vector, dot
from dicomgallery.dicom.grids.grid import Steps

_LETTERS: Final = (("R", "L"), ("A", "P"), ("F", "H"))
"""Where each axis of the patient comes from and leads to (PS3.3 C.7.6.1.1.1)."""
_SECOND: Final = 0.25
"""From about 15 degrees off an axis of the patient on, a second letter says so."""
_OBLIQUE_DEGREES: Final = 1.0


class View(StrEnum):
    """A plane of the patient."""

    AXIAL = "axial"
    CORONAL = "coronal"
    SAGITTAL = "sagittal"


# Axis of the patient and direction: from plane to plane, down the picture, across it. As seen by who stands at the
# feet of a patient on their back, before them, and at their left: left or face are where they are expected.
_WANTED: Final = {
    View.AXIAL: ((2, 1), (1, 1), (0, 1)),
    View.CORONAL: ((1, 1), (2, -1), (0, 1)),
    View.SAGITTAL: ((0, 1), (2, -1), (1, 1)),
}


@dataclass(frozen=True, slots=True)
class Run:
    """A way through the array along one of its axes."""

    axis: int
    is_reversed: bool
    count: int
    step_mm: float
    direction: Vector
    """Of length 1."""

    def place(self, index: int) -> int:
        """Where in the array a step of this way lies."""
        return self.count - 1 - index if self.is_reversed else index


@dataclass(frozen=True, slots=True)
class Sight:
    """A view of a grid: from plane to plane, down the picture and across it."""

    view: View
    depth: Run
    down: Run
    across: Run
    start_mm: float
    """Where the first plane lies along the way from plane to plane."""

    @property
    def is_oblique(self) -> bool:
        """Say whether the planes are not quite those of the patient."""
        axis = _WANTED[self.view][0][0]
        return abs(self.depth.direction[axis]) < math.cos(math.radians(_OBLIQUE_DEGREES))

    @property
    def name(self) -> str:
        """What the planes are called."""
        return f"Oblique, nearly {self.view}" if self.is_oblique else self.view.capitalize()

    @property
    def sides(self) -> dict[str, str]:
        """The side of the patient that each side of the picture shows: top, right, bottom and left."""
        return sides_of(self.across.direction, self.down.direction)

    @property
    def size_mm(self) -> tuple[float, float]:
        """Width and height of the picture."""
        return self.across.count * self.across.step_mm, self.down.count * self.down.step_mm

    def position_mm(self, index: int) -> float:
        """Where a plane lies along the axis of the patient that it cuts."""
        return self.start_mm + index * self.depth.step_mm


def sight_of(shape: tuple[int, int, int], origin: Vector, steps: Steps, view: View) -> Sight:
    """How to see a grid in a view; each axis of the array stands for the axis of the patient that it is nearest to."""
    axes = _axes(steps)
    depth, down, across = (_run(shape, steps, axes[axis], axis, way) for axis, way in _WANTED[view])
    first = origin if not depth.is_reversed else _moved(origin, steps[depth.axis], depth.count - 1)
    return Sight(view, depth, down, across, dot(first, depth.direction))


def sides_of(across: Sequence[float], down: Sequence[float]) -> dict[str, str]:
    """The letters at the four sides of a picture, from where its rows and columns run."""
    return {
        "top": letters(tuple(-part for part in down)),
        "right": letters(across),
        "bottom": letters(down),
        "left": letters(tuple(-part for part in across)),
    }


def letters(direction: Sequence[float]) -> str:
    """The side of the patient that a direction leads to: A, P, L, R, H, F, or two of them, the nearest first."""
    parts = sorted(((abs(part), axis) for axis, part in enumerate(direction)), reverse=True)[:2]
    return "".join(
        _LETTERS[axis][direction[axis] > 0] for rank, (size, axis) in enumerate(parts) if not rank or size > _SECOND
    )


def _axes(steps: Steps) -> tuple[int, ...]:
    """The axis of the array for each axis of the patient, so that all together they are nearest."""
    sizes = [[abs(part) / math.sqrt(dot(step, step)) for part in step] for step in steps]
    return max(permutations(range(3)), key=lambda axes: sum(sizes[axes[axis]][axis] for axis in range(3)))


def _run(shape: tuple[int, int, int], steps: Steps, at: int, axis: int, way: int) -> Run:
    step = steps[at]
    length = math.sqrt(dot(step, step))
    is_reversed = step[axis] * way < 0
    sign = -1 if is_reversed else 1
    direction = (sign * step[0] / length, sign * step[1] / length, sign * step[2] / length)
    return Run(at, is_reversed, shape[at], length, direction)


def _moved(point: Vector, step: Vector, times: int) -> Vector:
    return point[0] + times * step[0], point[1] + times * step[1], point[2] + times * step[2]
