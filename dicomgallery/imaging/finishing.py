"""A finished picture made ready to leave: brought to a size, turned, with marks and words over it."""

import io
from typing import Final

import numpy as np
from PIL import Image

from dicomgallery.imaging.corners import with_words
from dicomgallery.imaging.encode import Picture, encode, resized
from dicomgallery.imaging.finish import Finish
from dicomgallery.imaging.layout import check_size
from dicomgallery.imaging.marked import with_marks
from dicomgallery.imaging.refusals import CannotRenderError, RenderReason
from dicomgallery.imaging.rendered import Rendered

_FORMATS: Final = ("PNG", "JPEG")
_LEAST_READABLE: Final = 512
"""Where words are to stand on it and no size is asked for, a smaller picture is enlarged."""


def finish(data: bytes, wanted: Finish) -> Rendered:
    """The picture as it leaves; CannotRenderError."""
    picture = _sized(_cropped(_opened(data), wanted), wanted)
    rows, columns = picture.shape[:2]
    shown = wanted.facing.shown(picture)
    markings = wanted.markings
    if markings is not None and markings.rows > 0:
        # By its height: at the right of a picture a bar of its colors may stand.
        scale = rows / (markings.rows * markings.ratio)

        def place(point: tuple[float, float]) -> tuple[float, float]:
            return wanted.facing.place(point, (columns, rows))

        shown = with_marks(shown, markings.marks, scale=scale, ratio=markings.ratio, place=place)
    if wanted.words is not None:
        shown = with_words(shown, wanted.words.corners, wanted.facing.sides(wanted.words.sides))
    encoded = encode(shown, wanted.format, wanted.quality)
    return Rendered(encoded, wanted.format.media_type, shown.shape[1], shown.shape[0])


def _opened(data: bytes) -> Picture:
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            return np.asarray(image if image.mode == "L" else image.convert("RGB"))
    except (OSError, ValueError, Image.DecompressionBombError):
        raise CannotRenderError(RenderReason.DAMAGED, "The picture came damaged out of the cache.") from None


def _cropped(picture: Picture, wanted: Finish) -> Picture:
    if wanted.region is None:
        return picture
    rows, columns = picture.shape[:2]
    left, top, right, bottom = wanted.region
    begin_column, begin_row = min(round(left * columns), columns - 1), min(round(top * rows), rows - 1)
    end_column, end_row = max(round(right * columns), begin_column + 1), max(round(bottom * rows), begin_row + 1)
    return picture[begin_row:end_row, begin_column:end_column]


def _sized(picture: Picture, wanted: Finish) -> Picture:
    rows, columns = picture.shape[:2]
    side = wanted.longest_side
    if wanted.box is not None:
        wide, high = wanted.box
        side = round(max(rows, columns) * min(wide / columns, high / rows))
    if side is None:
        times = -(-_LEAST_READABLE // max(rows, columns)) if wanted.words is not None else 1
        side = max(rows, columns) * times
    scale = max(side, 1) / max(rows, columns)
    width, height = max(1, round(columns * scale)), max(1, round(rows * scale))
    check_size(width, height)
    return resized(picture, width, height)
