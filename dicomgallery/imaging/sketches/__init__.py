"""Pictures of objects that hold no pixels: drawn from what they say, for their cards.

A sketch is a square of `SIDE` pixels, RGB of 8 bits, on a dark or a paper ground as the thing itself would have.
Where there is more to see than fits a card, its page asks for whole pages.
"""

from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from pydicom.dataset import Dataset

from dicomgallery.imaging.header import text
from dicomgallery.imaging.sketches import documents, waveforms
from dicomgallery.imaging.sketches.plans import plan_sketch
from dicomgallery.imaging.sketches.presentations import presentation_sketch
from dicomgallery.imaging.sketches.sketch import SIDE, Sketch
from dicomgallery.imaging.sketches.structures import structure_sketch

__all__ = ["SIDE", "Sketch", "page_of", "sketch_of"]

Sketcher = Callable[[Dataset], Sketch | None]
Pager = Callable[[Dataset, int], Sketch | None]
_Any = TypeVar("_Any")

_SKETCHERS: Final[Mapping[str, Sketcher]] = {
    "1.2.840.10008.5.1.4.1.1.9.": waveforms.sketch,
    "1.2.840.10008.5.1.4.1.1.11.": presentation_sketch,
    "1.2.840.10008.5.1.4.1.1.104.": documents.sketch,
    "1.2.840.10008.5.1.4.1.1.481.3": structure_sketch,
    "1.2.840.10008.5.1.4.1.1.481.5": plan_sketch,
    "1.2.840.10008.5.1.4.1.1.481.8": plan_sketch,
}
"""By the beginning of the SOP Class UID; the longest that fits decides."""

_PAGERS: Final[Mapping[str, Pager]] = {"1.2.840.10008.5.1.4.1.1.104.": documents.page}
"""Likewise, for what has pages, numbered from 1."""


def sketch_of(dataset: Dataset) -> Sketch | None:
    """Draw an object without pixels; None when nobody here can. Raises what pydicom and the decoders raise."""
    sketcher = _fitting(dataset, _SKETCHERS)
    return sketcher(dataset) if sketcher else None


def page_of(dataset: Dataset, number: int) -> Sketch | None:
    """Draw a page of an object without pixels, large and whole; None when it has none. Raises as `sketch_of` does."""
    pager = _fitting(dataset, _PAGERS)
    return pager(dataset, number) if pager else None


def _fitting(dataset: Dataset, known: Mapping[str, _Any]) -> _Any | None:
    uid = text(dataset, "SOPClassUID")
    fitting = max((prefix for prefix in known if uid.startswith(prefix)), key=len, default=None)
    return None if fitting is None else known[fitting]
