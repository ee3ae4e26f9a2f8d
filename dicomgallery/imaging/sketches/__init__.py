"""Pictures of objects that hold no pixels: drawn from what they say, for their cards.

A sketch is a square of `SIDE` pixels, RGB of 8 bits, on a dark or a paper ground as the thing itself would have.
"""

from collections.abc import Callable
from typing import Final

from pydicom.dataset import Dataset

from dicomgallery.imaging.header import text
from dicomgallery.imaging.sketches import waveforms
from dicomgallery.imaging.sketches.sketch import SIDE, Sketch

__all__ = ["SIDE", "Sketch", "Sketcher", "sketch_of"]

Sketcher = Callable[[Dataset], Sketch | None]

_SKETCHERS: Final[dict[str, Sketcher]] = {
    "1.2.840.10008.5.1.4.1.1.9.": waveforms.sketch,
}
"""By the beginning of the SOP Class UID; the longest that fits decides."""


def sketch_of(dataset: Dataset) -> Sketch | None:
    """Draw an object without pixels; None when nobody here can. Raises what pydicom and the decoders raise."""
    uid = text(dataset, "SOPClassUID")
    fitting = max((prefix for prefix in _SKETCHERS if uid.startswith(prefix)), key=len, default=None)
    return None if fitting is None else _SKETCHERS[fitting](dataset)
