"""A volume on the disk: its numbers twice, so that planes of every direction lie near each other, and what they mean.

A folder holds slices.npy (levels, rows, columns), columns.npy (columns, levels, rows), and volume.json: where it lies
in the patient, and what turns the numbers into values.
"""

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from dicomgallery.dicom.geometry import Vector
from dicomgallery.dicom.grids.grid import Steps
from dicomgallery.dicom.grids.sights import Sight, View, sight_of
from dicomgallery.imaging.spec import Window
from dicomgallery.imaging.window import Function

VOLUME_VERSION: Final = "1"
"""Changes whenever the same images give other numbers; volumes built before are then built again."""
SLICES: Final = "slices.npy"
COLUMNS: Final = "columns.npy"
ABOUT: Final = "volume.json"
MOST_WINDOWS: Final = 12
_LONGEST_ABOUT: Final = 1 << 20
_LONGEST_NAME: Final = 64
_KINDS: Final = frozenset({"uint8", "int8", "uint16", "int16", "float32"})

Numbers = NDArray[Any]


@dataclass(frozen=True, slots=True)
class NamedWindow:
    """A window that the images ask for."""

    center: float
    width: float
    function: str = Function.LINEAR.value
    name: str = ""

    @property
    def window(self) -> Window:
        """It without its name."""
        return Window(self.center, self.width)


@dataclass(frozen=True, slots=True)
class Volume:
    """What a volume is."""

    shape: tuple[int, int, int]
    origin: Vector
    steps: Steps
    numbers: str
    """What each is: a type of numpy."""
    slope: float
    intercept: float
    """A number times the slope and the intercept is a value."""
    unit: str
    windows: tuple[NamedWindow, ...]
    """Those of the middle image."""
    black: float
    white: float
    """A window chosen from the values."""
    is_inverse: bool
    """Low values are to be white."""
    missing: tuple[int, ...]
    """Levels that hold nothing."""
    failed: int
    """How many images could not be read."""
    modality: str = ""

    def sight(self, view: View) -> Sight:
        """How to see it in a view."""
        return sight_of(self.shape, self.origin, self.steps, view)

    def array(self, folder: Path, name: str) -> Numbers:
        """The numbers, mapped; ValueError when the file is not as it should be."""
        found = np.load(folder / name, mmap_mode="r", allow_pickle=False)
        levels, rows, columns = self.shape
        shape = (levels, rows, columns) if name == SLICES else (columns, levels, rows)
        if found.shape != shape or found.dtype != np.dtype(self.numbers):
            raise ValueError("The numbers of a volume are not what it says of them.")
        mapped: Numbers = found
        return mapped

    def write(self, folder: Path) -> None:
        """Say in a folder what the volume in it is."""
        (folder / ABOUT).write_text(json.dumps(asdict(self)))

    @classmethod
    def read(cls, folder: Path) -> Self:
        """What the volume in a folder is; ValueError when that makes no sense.

        A child of the sandbox wrote it, from files of strangers.
        """
        path = folder / ABOUT
        if path.stat().st_size > _LONGEST_ABOUT:
            raise ValueError("The account of a volume is too long.")
        try:
            return cls._checked(json.loads(path.read_bytes()))
        except (TypeError, KeyError, AttributeError, OverflowError) as error:
            raise ValueError("The account of a volume makes no sense.") from error

    @classmethod
    def _checked(cls, fields: dict[str, Any]) -> Self:
        levels, rows, columns = (int(side) for side in fields["shape"])
        level, row, column = (_vector(step) for step in fields["steps"])
        if fields["numbers"] not in _KINDS or min(levels, rows, columns) < 1:
            raise ValueError("The account of a volume makes no sense.")
        return cls(
            shape=(levels, rows, columns),
            origin=_vector(fields["origin"]),
            steps=(level, row, column),
            numbers=fields["numbers"],
            slope=_finite(fields["slope"]),
            intercept=_finite(fields["intercept"]),
            unit=str(fields["unit"])[:16],
            windows=tuple(_window(one) for one in fields["windows"][:MOST_WINDOWS]),
            black=_finite(fields["black"]),
            white=_finite(fields["white"]),
            is_inverse=bool(fields["is_inverse"]),
            missing=tuple(int(one) for one in fields["missing"] if 0 <= int(one) < levels),
            failed=int(fields["failed"]),
            modality=str(fields["modality"])[:16],
        )


def _window(fields: dict[str, Any]) -> NamedWindow:
    window = Window(_finite(fields["center"]), _finite(fields["width"]))
    function = Function(fields["function"])
    return NamedWindow(window.center, window.width, function.value, str(fields["name"])[:_LONGEST_NAME])


def _finite(number: Any) -> float:
    value = float(number)
    if not math.isfinite(value):
        raise ValueError("A number is none.")
    return value


def _vector(parts: Any) -> Vector:
    x, y, z = (_finite(part) for part in parts)
    return x, y, z
