"""What a sketch is; apart from those who draw them and those who ask for one."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

SIDE: Final = 512


@dataclass(frozen=True, slots=True, eq=False)
class Sketch:
    """A drawing, and in words what it shows."""

    picture: NDArray[np.uint8]
    """(rows, columns, 3); for a card (SIDE, SIDE, 3)"""
    note: str
