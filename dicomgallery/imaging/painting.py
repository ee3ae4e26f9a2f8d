"""Areas of frames made black, in decoded samples and in uncompressed bytes where they lie."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from pydicom.dataset import Dataset

from dicomgallery.dicom.boxes import Box
from dicomgallery.imaging.frames import PixelElement
from dicomgallery.imaging.layout import Layout, Numbers
from dicomgallery.imaging.lut import palette_in
from dicomgallery.imaging.native import Samples

_LUMINANCE_FIRST: Final = frozenset(
    {"YBR_FULL", "YBR_FULL_422", "YBR_PARTIAL_422", "YBR_PARTIAL_420", "YBR_ICT", "YBR_RCT"}
)


@dataclass(frozen=True, slots=True)
class Brush:
    """Boxes to paint in every frame, and the entry of the object's palette that comes nearest to black."""

    boxes: tuple[Box, ...]
    palette_index: int = 0

    @classmethod
    def of(cls, dataset: Dataset, layout: Layout, boxes: Sequence[Box]) -> "Brush":
        """A brush for the frames of one object."""
        inside = (box.within(layout.columns, layout.rows) for box in boxes)
        index = _darkest_entry(dataset, layout) if layout.photometric == "PALETTE COLOR" else 0
        return cls(tuple(box for box in inside if not box.is_empty), index)

    def paint(self, samples: Samples, layout: Layout, photometric: str) -> None:
        """Blacken the boxes in a frame as (rows, columns[, samples])."""
        black = self._black(samples, layout, photometric)
        for box in self.boxes:
            samples[box.top : box.bottom, box.left : box.right] = black

    def paint_bytes(self, raw: bytearray, layout: Layout, element: PixelElement) -> None:
        """Blacken the boxes in uncompressed frames that begin with the first bit of `raw`; the last may be cut."""
        length, frame_bits = len(raw), layout.frame_bits
        count = -(-length * 8 // frame_bits)
        raw.extend(bytes(-(-count * frame_bits // 8) + 1 - length))
        in_words = element.big_endian and element.vr == b"OW" and layout.bits_allocated <= 8
        if in_words:
            _swap(raw)
        self._paint_whole(raw, layout, count, big_endian=element.big_endian)
        if in_words:
            _swap(raw)
        del raw[length:]

    def _paint_whole(self, raw: bytearray, layout: Layout, count: int, *, big_endian: bool) -> None:
        if layout.bits_allocated == 1:
            bits = np.unpackbits(np.frombuffer(raw, np.uint8), bitorder="little")
            for frame in bits[: count * layout.frame_bits].reshape(count, -1):
                self._paint_flat(frame, layout)
            raw[:] = np.packbits(bits, bitorder="little").tobytes()
            return
        numbers = np.frombuffer(
            raw, _dtype(layout, big_endian=big_endian), count * (layout.frame_bits // layout.bits_allocated)
        )
        for frame in numbers.reshape(count, -1):
            self._paint_flat(frame, layout)

    def _paint_flat(self, frame: Samples, layout: Layout) -> None:
        """A frame in file order; nothing else of it is touched."""
        rows, columns = layout.rows, layout.columns
        if layout.samples == 3 and frame.size == rows * columns * 2:
            # PS3.3 C.7.6.3.1.2: Y1 Y2 Cb Cr; the pair that a box cuts goes with it.
            y, blue, red = self._black(frame, layout, layout.photometric)
            pairs = frame.reshape(rows, columns // 2, 4)
            for box in self.boxes:
                pairs[box.top : box.bottom, box.left // 2 : (box.right + 1) // 2] = (y, y, blue, red)
        elif layout.by_plane:
            self.paint(frame.reshape(3, rows, columns).transpose(1, 2, 0), layout, layout.photometric)
        else:
            shape = (rows, columns) if layout.samples == 1 else (rows, columns, layout.samples)
            self.paint(frame.reshape(shape), layout, layout.photometric)

    def _black(self, samples: Samples, layout: Layout, photometric: str) -> Any:
        if layout.samples == 3:
            if not photometric.startswith("YBR"):
                return (0, 0, 0)
            # PS3.3 C.7.6.3.1.2: colors lie around the middle; partial ranges begin at 16 of 256.
            span = layout.bits_stored - 8
            least = 16 << span if "PARTIAL" in photometric and span >= 0 else 0
            middle = 0 if layout.signed else 1 << (layout.bits_stored - 1)
            return (least, middle, middle)
        if photometric == "PALETTE COLOR":
            return self.palette_index
        is_white_low = photometric == "MONOCHROME1"
        if layout.numbers is Numbers.INTEGER and not layout.signed:
            shift = min(max(layout.high_bit + 1 - layout.bits_stored, 0), layout.bits_allocated - layout.bits_stored)
            return ((1 << layout.bits_stored) - 1) << shift if is_white_low else 0
        # The least that these bits can say would widen every window that is made of a picture's values.
        found = samples[np.isfinite(samples)] if samples.dtype.kind == "f" else samples
        extreme = found.max(initial=0) if is_white_low else found.min(initial=0)
        return extreme


def _darkest_entry(dataset: Dataset, layout: Layout) -> int:
    tables = [palette_in(dataset, color, signed=layout.signed) for color in ("Red", "Green", "Blue")]
    found = [table for table in tables if table is not None]
    if len(found) < 3:
        return 0
    size = min(table.entries.size for table in found)
    light = sum(table.entries[:size].astype(np.int64) for table in found)
    index = found[0].first + int(np.argmin(light))
    half = 1 << (layout.bits_stored - 1)
    return min(max(index, -half), half - 1) if layout.signed else min(max(index, 0), 2 * half - 1)


def _dtype(layout: Layout, *, big_endian: bool) -> np.dtype[Any]:
    kind = "f" if layout.numbers is not Numbers.INTEGER else "i" if layout.signed else "u"
    return np.dtype(f"{'>' if big_endian else '<'}{kind}{layout.bits_allocated // 8}")


def _swap(raw: bytearray) -> None:
    """Turn the bytes of each word around (PS3.5 8.1.1)."""
    even = len(raw) & ~1
    raw[0:even:2], raw[1:even:2] = raw[1:even:2], raw[0:even:2]
