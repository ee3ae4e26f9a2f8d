"""A line of writing in a picture; apart from what finds it, so that passing it on loads no codec."""

from dataclasses import dataclass
from typing import Final

from dicomgallery.dicom.boxes import Box

MOST_FRAMES: Final = 8


@dataclass(frozen=True, slots=True)
class Line:
    """Where writing is, and how sure that is, from 0 to 1; what it says is not told."""

    box: Box
    confidence: float


def frames_to_search(count: int, most: int = MOST_FRAMES) -> list[int]:
    """The frames that stand for all of an object, counted from 1: the first, the last, and some between."""
    if count <= most:
        return list(range(1, max(count, 1) + 1))
    step = (count - 1) / (most - 1)
    return [*(round(1 + place * step) for place in range(most - 1)), count]
