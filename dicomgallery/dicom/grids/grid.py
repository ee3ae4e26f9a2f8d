"""A grid of voxels in the patient, and which image fills which of its levels."""

import math
from dataclasses import dataclass

from dicomgallery.dicom.geometry import Vector, dot

Steps = tuple[Vector, Vector, Vector]


@dataclass(frozen=True, slots=True)
class Layer:
    """An image in its place in the grid."""

    index: int
    """The image, by its place in the series from 0."""
    level: int
    down: float = 0.0
    across: float = 0.0
    """So many rows and columns its first pixel lies from that of the grid; not whole where the stack leans."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Levels along the normal of the images, rows and columns; all numbers count from 0."""

    levels: int
    rows: int
    columns: int
    origin: Vector
    """The center of the first voxel, in mm."""
    steps: Steps
    """From one level, one row and one column to the next, in mm; at right angles to each other."""
    layers: tuple[Layer, ...]
    """In order along the levels; a level without one is missing."""
    notes: tuple[str, ...] = ()
    """What was done to make a grid of the series, in sentences."""
    sets: tuple[str, ...] = ()
    """The time points, phases or echoes that the positions were imaged in; empty where each was imaged once."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """Of the array that holds it."""
        return self.levels, self.rows, self.columns

    @property
    def spacing_mm(self) -> tuple[float, float, float]:
        """From one voxel to the next along each axis of the array."""
        level, row, column = (math.sqrt(dot(step, step)) for step in self.steps)
        return level, row, column

    @property
    def missing(self) -> tuple[int, ...]:
        """The levels that no image fills."""
        filled = {layer.level for layer in self.layers}
        return tuple(level for level in range(self.levels) if level not in filled)
