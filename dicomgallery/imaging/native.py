"""Uncompressed bytes into an array of samples (PS3.5 8.1, Annex D)."""

from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from dicomgallery.imaging.layout import Layout, Numbers
from dicomgallery.imaging.refusals import CannotRenderError, RenderReason

Samples: TypeAlias = NDArray[Any]

LEAST_SHARE: Final = 0.5
"""Of a frame cut short, this much must be there to be worth showing."""


def samples_of(raw: bytes | memoryview, layout: Layout, *, first_bit: int = 0, big_endian: bool = False) -> Samples:
    """An array (rows, columns) or (rows, columns, 3) of the stored numbers.

    What is missing at the end of a frame becomes zeros; too little of it is refused.
    """
    if layout.bits_allocated == 1:
        return _bits(raw, layout, first_bit)
    dtype = _dtype(layout, big_endian=big_endian)
    wanted = layout.frame_bits // layout.bits_allocated
    flat = np.frombuffer(raw, dtype, count=min(wanted, len(raw) // dtype.itemsize))
    if flat.size < wanted:
        flat = _padded(flat, wanted)
    if big_endian and dtype.itemsize > 1:
        flat = flat.astype(dtype.newbyteorder("="))
    return arranged(flat, layout)


def arranged(flat: Samples, layout: Layout) -> Samples:
    """Samples in file order as (rows, columns[, 3]), whatever the planar configuration."""
    rows, columns = layout.rows, layout.columns
    if layout.samples == 1:
        return flat.reshape(rows, columns)
    if flat.size == rows * columns * 2:
        return _from_422(flat, rows, columns)
    if layout.by_plane:
        return np.ascontiguousarray(flat.reshape(3, rows, columns).transpose(1, 2, 0))
    return flat.reshape(rows, columns, 3)


def is_cut_short(raw: bytes | memoryview, layout: Layout) -> bool:
    """Whether the frame ends before its last sample."""
    return len(raw) * 8 < layout.frame_bits


def _dtype(layout: Layout, *, big_endian: bool) -> np.dtype[Any]:
    order = ">" if big_endian else "<"
    size = layout.bits_allocated // 8
    if layout.numbers is not Numbers.INTEGER:
        return np.dtype(f"{order}f{size}")
    return np.dtype(f"{order}{'i' if layout.signed else 'u'}{size}")


def _padded(flat: Samples, wanted: int) -> Samples:
    if flat.size < wanted * LEAST_SHARE:
        share = 100 * flat.size // wanted
        raise CannotRenderError(RenderReason.TRUNCATED, f"Only {share} % of the frame's pixels are in the file.")
    whole = np.zeros(wanted, flat.dtype)
    whole[: flat.size] = flat
    return whole


def _bits(raw: bytes | memoryview, layout: Layout, first_bit: int) -> Samples:
    """One bit a sample, the first in the lowest bit; frames follow without padding (PS3.5 8.1.1)."""
    wanted = layout.pixels * layout.samples
    bits = np.unpackbits(np.frombuffer(raw, np.uint8), bitorder="little", count=None)[first_bit : first_bit + wanted]
    return arranged(bits if bits.size == wanted else _padded(bits, wanted), layout)


def _from_422(flat: Samples, rows: int, columns: int) -> Samples:
    """Y1 Y2 Cb Cr for every two pixels of a row; both take the pair's color (PS3.3 C.7.6.3.1.2)."""
    if columns % 2:
        raise CannotRenderError(RenderReason.UNSUPPORTED, "A 4:2:2 picture with an odd number of columns has no pairs.")
    pairs = flat.reshape(rows, columns // 2, 4)
    picture = np.empty((rows, columns, 3), flat.dtype)
    picture[:, 0::2, 0] = pairs[:, :, 0]
    picture[:, 1::2, 0] = pairs[:, :, 1]
    picture[:, :, 1] = np.repeat(pairs[:, :, 2], 2, axis=1)
    picture[:, :, 2] = np.repeat(pairs[:, :, 3], 2, axis=1)
    return picture
