"""Grays and colors into PNG and JPEG, and to the size asked for."""

import zlib
from collections.abc import Callable
from io import BytesIO
from struct import pack
from typing import Any, Final, TypeAlias

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dicomgallery.imaging.spec import Fit, Format

try:
    from isal import isal_zlib
except ImportError:  # There is no wheel of isal for every machine; zlib is always there, and slower.
    _isal = None
else:
    _isal = isal_zlib

Picture: TypeAlias = NDArray[np.uint8]

_UP: Final = 2
_COLOR_TYPES: Final = {1: 0, 3: 2, 4: 6}
"""What PNG calls gray, RGB and RGBA, by their channels."""


def encode(picture: Picture, form: Format, quality: int) -> bytes:
    """Encode 8-bit gray (rows, columns) or RGB (rows, columns, 3); as PNG also RGBA (rows, columns, 4)."""
    picture = np.ascontiguousarray(picture)
    if form is Format.PNG:
        return png(picture)
    if form is Format.GIF:
        return gif(picture)
    return bytes(imagecodecs.jpeg8_encode(picture, quality))


def png(picture: Picture, compress: Callable[[Any], bytes] | None = None) -> bytes:
    """Write a PNG whose rows are all differences to the row above: one numpy subtraction, and small enough."""
    rows, columns = picture.shape[:2]
    color_type = _COLOR_TYPES[picture.shape[2] if picture.ndim == 3 else 1]
    flat = picture.reshape(rows, -1)
    filtered = np.empty((rows, flat.shape[1] + 1), np.uint8)
    filtered[:, 0] = _UP
    filtered[0, 1:] = flat[0]
    np.subtract(flat[1:], flat[:-1], out=filtered[1:, 1:])
    header = pack(">IIBBBBB", columns, rows, 8, color_type, 0, 0, 0)
    body = (compress or _compress)(filtered)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def gif(picture: Picture) -> bytes:
    """Write a GIF; of colors the 256 that tell most of it."""
    image, file = Image.fromarray(picture), BytesIO()
    (image if image.mode == "L" else image.quantize(256)).save(file, "GIF")
    return file.getvalue()


def zlib_runs(filtered: Any) -> bytes:
    """Compress with the standard library, by runs only: half the time of its usual search."""
    stream = zlib.compressobj(1, zlib.DEFLATED, 15, 8, zlib.Z_RLE)
    return stream.compress(filtered) + stream.flush()


def _compress(filtered: Any) -> bytes:
    return bytes(_isal.compress(filtered, 1)) if _isal is not None else zlib_runs(filtered)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return pack(">I", len(body)) + kind + body + pack(">I", zlib.crc32(body, zlib.crc32(kind)))


def middle(side: int, length: int) -> slice:
    """The middle of a side, that many pixels long."""
    begin = max(0, side - length) // 2
    return slice(begin, begin + length)


def resized(picture: Picture, width: int, height: int) -> Picture:
    """Bring a picture to a size: whole steps by averaging, the rest by bilinear interpolation."""
    rows, columns = picture.shape[:2]
    if (columns, rows) == (width, height):
        return picture
    image = Image.fromarray(np.ascontiguousarray(picture))
    steps = (max(1, columns // width), max(1, rows // height))
    if steps != (1, 1):
        image = image.reduce(steps)
    if image.size != (width, height):
        enlarging = image.size[0] < width or image.size[1] < height
        image = image.resize((width, height), Image.Resampling.BICUBIC if enlarging else Image.Resampling.BILINEAR)
    return np.asarray(image)


def target_size(columns: int, rows: int, ratio: float, width: int | None, fit: Fit) -> tuple[int, int]:
    """Width and height of the picture of a frame whose pixels are `ratio` times as high as wide."""
    if ratio >= 1:
        true_width, true_height = float(columns), rows * ratio
    else:
        true_width, true_height = columns / ratio, float(rows)
    if width is None:
        return max(1, round(true_width)), max(1, round(true_height))
    if fit is Fit.COVER:
        return width, width
    scale = min(1.0, width / max(true_width, true_height))
    return max(1, round(true_width * scale)), max(1, round(true_height * scale))
