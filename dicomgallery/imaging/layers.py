"""Segmentations in the colors of their segments: as transparent layers, and as pictures on black (PS3.3 C.8.20.2)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from dicomgallery.dicom import segments
from dicomgallery.dicom.display_colors import own_color
from dicomgallery.dicom.segments import FRACTIONAL, LABELMAP, Segment
from dicomgallery.imaging.encode import Picture
from dicomgallery.imaging.layout import Layout, Numbers
from dicomgallery.imaging.native import Samples
from dicomgallery.imaging.refusals import CannotRenderError, RenderReason
from dicomgallery.imaging.source import Source

ALL: Final = 0
"""As a number of a layer: every segment of the frame."""
_TRIES: Final = 9
"""Frames that are looked into for one that is not empty."""


@dataclass(frozen=True, slots=True)
class Tints:
    """What gives a segmentation's frames their colors."""

    source: Source
    segments: tuple[Segment, ...]
    type: str

    @classmethod
    def of(cls, source: Source, layout: Layout) -> "Tints | None":
        """The colors of a segmentation; None for what is none, or names no segment."""
        dataset = source.dataset
        if layout.is_color or layout.numbers is not Numbers.INTEGER or not segments.is_segmentation(dataset):
            return None
        found = segments.segments_of(dataset)
        return cls(source, found, segments.type_of(dataset)) if found else None

    def layer(self, samples: Samples, number: int = ALL) -> Picture:
        """The frame looked at as (rows, columns, 4): the segment of a number alone, or all that it holds."""
        if number != ALL and all(one.number != number for one in self.segments):
            raise CannotRenderError(RenderReason.UNSUPPORTED, "It has no segment of this number.")
        if self.type == LABELMAP:
            return self._labels(samples, number)
        held = self._held()
        if held is None or number not in (ALL, held.number):
            return np.zeros((*samples.shape, 4), np.uint8)
        return _tinted(held.color, self._share(samples))

    def on_black(self, samples: Samples) -> Picture:
        """The frame looked at with all that it holds, as (rows, columns, 3)."""
        layer = self.layer(samples)
        share = layer[..., 3:].astype(np.uint16)
        return ((layer[..., :3] * share + 127) // 255).astype(np.uint8)

    def _held(self) -> Segment | None:
        number = segments.segment_here(self.source.dataset, self.segments)
        return next((one for one in self.segments if one.number == number), None)

    def _share(self, samples: Samples) -> NDArray[np.uint8]:
        """How much of each pixel belongs to the segment, of 255."""
        if self.type != FRACTIONAL:
            return np.where(samples != 0, np.uint8(255), np.uint8(0))
        most = segments.most_of(self.source.dataset)
        shares: NDArray[np.uint8] = (np.clip(samples / most, 0, 1) * 255 + 0.5).astype(np.uint8)
        return shares

    def _labels(self, samples: Samples, number: int) -> Picture:
        """Each value of a labelmap in the color of the segment of that number."""
        table = np.zeros((segments.HIGHEST_NUMBER + 1, 4), np.uint8)
        if number == ALL:
            # What no segment describes is drawn too: it is in the file, and must not be lost in silence.
            highest = int(samples.max(initial=0)) + 1
            strange = [own_color(value) for value in range(1, min(highest, _STRANGE))]
            table[1 : len(strange) + 1, :3], table[1 : len(strange) + 1, 3] = np.array(strange).reshape(-1, 3), 255
        for one in self.segments:
            table[one.number] = (*one.color, 255) if number in (ALL, one.number) else 0
        if number == ALL:
            table[list(segments.background_of(self.source.dataset, self.segments))] = 0
        return table.take(np.clip(samples, 0, segments.HIGHEST_NUMBER), axis=0)


_STRANGE: Final = 4096
"""Values from here on that no segment describes stay without a color."""


def default_order(frames: int) -> Iterator[int]:
    """The frames, counted from 0, of which the first that is not empty stands for all: the middle, then about it."""
    yield frames // 2
    seen = {frames // 2}
    for step in range(1, _TRIES // 2 + 1):
        for way in (1, -1):
            index = frames // 2 + way * step * max(1, frames // _TRIES)
            if 0 <= index < frames and index not in seen:
                seen.add(index)
                yield index


def is_colored(dataset: Dataset) -> bool:
    """Say whether an object's pictures are drawn in the colors of its segments."""
    return segments.is_segmentation(dataset) and bool(segments.segments_of(dataset))


def _tinted(color: tuple[int, int, int], share: NDArray[np.uint8]) -> Picture:
    layer = np.zeros((*share.shape, 4), np.uint8)
    layer[share > 0, :3] = color
    layer[..., 3] = share
    return layer
