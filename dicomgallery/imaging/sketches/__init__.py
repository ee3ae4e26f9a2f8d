"""Pictures of objects that hold no pixels: drawn from what they say, for their cards.

A sketch is a square of `SIDE` pixels, RGB of 8 bits, on a dark or a paper ground as the thing itself would have.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from dicomgallery.imaging.header import text

SIDE: Final = 512


@dataclass(frozen=True, slots=True, eq=False)
class Sketch:
    """A drawing, and in words what it shows."""

    picture: NDArray[np.uint8]
    """(SIDE, SIDE, 3)"""
    note: str


Sketcher = Callable[[Dataset], Sketch | None]

_SKETCHERS: Final[dict[str, Sketcher]] = {}
"""By the beginning of the SOP Class UID; the longest that fits decides."""


def sketch_of(dataset: Dataset) -> Sketch | None:
    """Draw an object without pixels; None when nobody here can. Raises what pydicom and the decoders raise."""
    uid = text(dataset, "SOPClassUID")
    fitting = max((prefix for prefix in _SKETCHERS if uid.startswith(prefix)), key=len, default=None)
    return None if fitting is None else _SKETCHERS[fitting](dataset)
