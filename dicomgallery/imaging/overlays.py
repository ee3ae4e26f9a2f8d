"""Overlay planes drawn over a picture: bits of their own, or unused bits of the pixels (PS3.3 C.9.2, C.9.3)."""

from collections.abc import Iterator
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from dicomgallery.imaging.header import reals, text, value, whole
from dicomgallery.imaging.native import Samples

Mask: TypeAlias = NDArray[np.bool_]

_GROUPS: Final = range(0x60000000, 0x60200000, 0x20000)
"""PS3.5 7.6: sixteen even groups repeat the module; each with room for the number of an element."""
_ROWS: Final = 0x0010
_COLUMNS: Final = 0x0011
_FRAMES: Final = 0x0015
_TYPE: Final = 0x0040
_ORIGIN: Final = 0x0050
_FIRST_FRAME: Final = 0x0051
_BIT: Final = 0x0102
_DATA: Final = 0x3000
_DESCRIBED: Final = frozenset(group | _ROWS for group in _GROUPS)
_MOST_BITS: Final = 64_000_000


def has_overlays(dataset: Dataset) -> bool:
    """Say whether any overlay plane is described."""
    return not _DESCRIBED.isdisjoint(dataset.keys())


def marks_of(dataset: Dataset, samples: Samples, index: int) -> tuple[Mask | None, int]:
    """Where the planes of a frame (counted from 0) draw on it, and how many planes do; None when none does.

    `samples` are those of the frame with all their bits, since a plane may lie in those that the pixels leave unused.
    """
    rows, columns = samples.shape[:2]
    marks: Mask | None = None
    count, shutter = 0, whole(dataset, "ShutterOverlayGroup", 0)
    for group in _GROUPS:
        # The plane of a shutter hides, and is not drawn.
        if group | _ROWS not in dataset or group >> 16 == shutter:
            continue
        for mask in _planes(dataset, group, samples, index):
            if mask is None:
                continue
            placed = _placed(mask, _origin(dataset, group), rows, columns)
            if text(dataset, group | _TYPE).upper() == "R":
                placed = _outline(placed)
            marks = placed if marks is None else marks | placed
            count += 1
    return marks, count


def plane_of(dataset: Dataset, group: int, rows: int, columns: int) -> Mask | None:
    """One plane with bits of its own, placed on a frame of that size; None when it is not there."""
    first = group << 16
    mask = _own_bits(dataset, first, whole(dataset, first | _ROWS, 0), whole(dataset, first | _COLUMNS, 0), 0)
    return None if mask is None else _placed(mask, _origin(dataset, first), rows, columns)


def draw(picture: NDArray[np.uint8], marks: Mask) -> NDArray[np.uint8]:
    """White strokes with a dark edge, so that they show on any ground."""
    drawn = picture.copy()
    drawn[_grown(marks)] = 0
    drawn[marks] = 255
    return drawn


def _planes(dataset: Dataset, group: int, samples: Samples, index: int) -> Iterator[Mask | None]:
    rows, columns = whole(dataset, group | _ROWS, 0), whole(dataset, group | _COLUMNS, 0)
    if group | _DATA in dataset:
        yield _own_bits(dataset, group, rows, columns, index)
    elif samples.ndim == 2 and samples.dtype.kind in "iu":
        # Retired: the plane is one bit of every pixel, one that the pixel's value does not use.
        bit = whole(dataset, group | _BIT, 0)
        if 0 < bit < 8 * samples.dtype.itemsize:
            yield (samples.view(f"u{samples.dtype.itemsize}") >> bit & 1).astype(bool)


def _own_bits(dataset: Dataset, group: int, rows: int, columns: int, index: int) -> Mask | None:
    if rows < 1 or columns < 1 or rows * columns > _MOST_BITS:
        return None
    frames = max(whole(dataset, group | _FRAMES, 1), 1)
    # Several frames begin at a frame of the image; a single one lies over all of them.
    place = index - (whole(dataset, group | _FIRST_FRAME, 1) - 1) if frames > 1 else 0
    if not 0 <= place < frames:
        return None
    data = _bytes(dataset, group)
    first = place * rows * columns
    piece = data[first // 8 : (first + rows * columns + 7) // 8]
    bits = np.unpackbits(np.frombuffer(piece, np.uint8), bitorder="little")[first % 8 :][: rows * columns]
    mask = np.zeros(rows * columns, bool)
    mask[: bits.size] = bits
    return mask.reshape(rows, columns)


def _placed(mask: Mask, origin: tuple[int, int], rows: int, columns: int) -> Mask:
    """The part of a plane that lies on the image; its first pixel is at row and column `origin`, counted from 1."""
    placed = np.zeros((rows, columns), bool)
    top, left = origin[0] - 1, origin[1] - 1
    first_row, first_column = max(top, 0), max(left, 0)
    last_row, last_column = min(top + mask.shape[0], rows), min(left + mask.shape[1], columns)
    if first_row < last_row and first_column < last_column:
        placed[first_row:last_row, first_column:last_column] = mask[
            first_row - top : last_row - top, first_column - left : last_column - left
        ]
    return placed


def _outline(mask: Mask) -> Mask:
    """The edge of a region of interest: filled, it would hide what it is about."""
    return mask & _grown(~mask)


def _grown(mask: Mask) -> Mask:
    """A mask and the pixels right beside it."""
    grown = mask.copy()
    grown[1:] |= mask[:-1]
    grown[:-1] |= mask[1:]
    grown[:, 1:] |= mask[:, :-1]
    grown[:, :-1] |= mask[:, 1:]
    return grown


def _origin(dataset: Dataset, group: int) -> tuple[int, int]:
    found = reals(dataset, group | _ORIGIN)
    return (int(found[0]), int(found[1])) if len(found) > 1 else (1, 1)


def _bytes(dataset: Dataset, group: int) -> bytes:
    found = value(dataset, group | _DATA)
    if not isinstance(found, bytes):
        return b""
    # In big endian the bits lie in words, the first in the lower half (PS3.5 8.1.2).
    swapped = dataset.original_encoding[1] is False and dataset[group | _DATA].VR == "OW"
    return np.frombuffer(found[: len(found) & ~1], ">u2").astype("<u2").tobytes() if swapped else found
