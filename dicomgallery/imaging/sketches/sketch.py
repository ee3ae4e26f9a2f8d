"""A drawing made in place of pixels."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

SIDE: Final = 512


@dataclass(frozen=True, slots=True, eq=False)
class Sketch:
    """A drawing, and in words what it shows."""

    picture: NDArray[np.uint8]
    """(SIDE, SIDE, 3)"""
    note: str
