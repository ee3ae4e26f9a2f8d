"""One plane on the page: where its picture lies in the patient, and the lines where other planes cut it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from dicomgallery.dicom.geometry import Vector, dot
from dicomgallery.dicom.grids.grid import Steps
from dicomgallery.dicom.grids.sights import Sight, sides_of
from dicomgallery.imaging.volumes.canvas import Canvas

LONGEST: Final = 512
"""Units of the drawing along the longer side of a picture."""
_PARALLEL: Final = 0.02


@dataclass(frozen=True, slots=True)
class Board:
    """A picture of a plane in the patient, its size in units of the drawing over it."""

    corner: Vector
    """Its top left corner, in mm."""
    across: Vector
    down: Vector
    unit_mm: float
    width: float
    height: float

    @property
    def pixels(self) -> tuple[int, int]:
        """Its size in whole pixels of the page."""
        return max(1, round(self.width)), max(1, round(self.height))

    def place(self, point: Vector) -> tuple[float, float]:
        """Where a point of the patient is seen from straight above the plane."""
        offset = (point[0] - self.corner[0], point[1] - self.corner[1], point[2] - self.corner[2])
        return dot(offset, self.across) / self.unit_mm, dot(offset, self.down) / self.unit_mm

    def cut(self, name: str, normal: Vector, point: Vector) -> "Line | None":
        """The line where the plane of a normal through a point cuts this one; None where they hardly do."""
        way = (dot(normal, self.down), -dot(normal, self.across))
        if math.hypot(*way) < _PARALLEL:
            return None
        ends = _clipped(self.place(point), way, (self.width, self.height))
        return Line(name, *(round(end, 1) for end in ends)) if ends else None


@dataclass(frozen=True, slots=True)
class Line:
    """Where another plane cuts this one, in the units of its drawing."""

    plane: str
    x1: float
    y1: float
    x2: float
    y2: float


@dataclass(frozen=True, slots=True)
class Pane:
    """One plane on the page."""

    plane: str
    """The name of its view, or that it is oblique."""
    title: str
    position: str
    alt: str
    src: str
    board: Board
    cross: tuple[float, float]
    """Where the point lies that all planes go through."""
    lines: tuple[Line, ...]
    number: int = 0
    count: int = 0
    """Which plane of how many; 0 for an oblique one."""
    data: Mapping[str, str] = field(default_factory=dict)
    """What a script needs to know of the board."""

    @property
    def sides(self) -> dict[str, str]:
        """The letters at the four sides of the picture."""
        return sides_of(self.board.across, self.board.down)


def upright_board(sight: Sight, origin: Vector, steps: Steps, number: int) -> Board:
    """The picture of a plane of a view; planes count from 1."""
    width_mm, height_mm = sight.size_mm
    unit_mm = max(width_mm, height_mm) / LONGEST
    indices = {sight.depth.axis: sight.depth.place(number - 1)}
    indices |= {run.axis: run.place(0) for run in (sight.across, sight.down)}
    x, y, z = (
        origin[part]
        + sum(steps[axis][part] * index for axis, index in indices.items())
        - sight.across.direction[part] * sight.across.step_mm / 2
        - sight.down.direction[part] * sight.down.step_mm / 2
        for part in range(3)
    )
    across, down = sight.across.direction, sight.down.direction
    return Board((x, y, z), across, down, unit_mm, width_mm / unit_mm, height_mm / unit_mm)


def slanted_board(canvas: Canvas) -> Board:
    """The picture of a slanted plane."""
    unit_mm = max(canvas.width, canvas.height) * canvas.pixel_mm / LONGEST
    across, down = canvas.plane.across, canvas.plane.down
    x, y, z = (canvas.start[part] - (across[part] + down[part]) * canvas.pixel_mm / 2 for part in range(3))
    width, height = (side * canvas.pixel_mm / unit_mm for side in (canvas.width, canvas.height))
    return Board((x, y, z), across, down, unit_mm, width, height)


def _clipped(
    point: tuple[float, float], way: tuple[float, float], size: tuple[float, float]
) -> tuple[float, float, float, float] | None:
    """The part of a line that lies on a picture, from its left or upper end; None when none does."""
    first, last = -math.inf, math.inf
    for start, step, side in zip(point, way, size, strict=True):
        if abs(step) < 1e-9:
            if not 0 <= start <= side:
                return None
            continue
        near, far = sorted((-start / step, (side - start) / step))
        first, last = max(first, near), min(last, far)
    if first >= last:
        return None
    ends = sorted((point[0] + at * way[0], point[1] + at * way[1]) for at in (first, last))
    return (*ends[0], *ends[1])
