"""What a volume is to be built from: files, frames, and where each lies in the grid."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from dicomgallery.dicom.geometry import Vector
from dicomgallery.dicom.grids.grid import Steps

PLAN: Final = "plan.json"


@dataclass(frozen=True, slots=True)
class Piece:
    """One image, and where it goes."""

    file: int
    """Its place in the list of files, from 0."""
    frame: int
    """From 0."""
    level: int
    down: float
    across: float


@dataclass(frozen=True, slots=True)
class Plan:
    """All that a volume is built from."""

    files: tuple[str, ...]
    pieces: tuple[Piece, ...]
    """In order along the levels."""
    shape: tuple[int, int, int]
    origin: Vector
    steps: Steps

    def write(self, folder: Path) -> None:
        """Leave the plan in a folder; it may be too long for a message."""
        fields: dict[str, Any] = {
            "files": self.files,
            "pieces": [[one.file, one.frame, one.level, one.down, one.across] for one in self.pieces],
            "shape": self.shape,
            "origin": self.origin,
            "steps": self.steps,
        }
        (folder / PLAN).write_text(json.dumps(fields))

    @classmethod
    def read(cls, folder: Path) -> Self:
        """The plan in a folder."""
        fields = json.loads((folder / PLAN).read_text())
        level, row, column = (tuple(step) for step in fields["steps"])
        return cls(
            files=tuple(fields["files"]),
            pieces=tuple(Piece(*one) for one in fields["pieces"]),
            shape=tuple(fields["shape"]),
            origin=tuple(fields["origin"]),
            steps=(level, row, column),
        )
