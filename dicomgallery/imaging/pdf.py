"""The whole of what the gallery knows about PDFium, which draws the pages of PDFs.

Its build has no JavaScript engine and no XFA, fetches nothing and writes nothing. Still, only the sandbox opens a PDF.
"""

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dicomgallery.imaging.paging import Page
from dicomgallery.imaging.refusals import CannotRenderError, RenderReason

LONGEST_SIDE: Final = 2000
"""Pixels of a page: about 170 for each inch of A4."""

_PASSWORD: Final = 4
_SECURITY: Final = 5
_MM_A_POINT: Final = 25.4 / 72


def page(data: bytes, number: int) -> tuple[NDArray[np.uint8], Page]:
    """Draw a page, numbered from 1, on white paper; CannotRenderError when that cannot be done."""
    # Imported where it is needed: 10 MB that a child which never meets a PDF does not carry.
    import pypdfium2  # noqa: PLC0415

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        raise _refusal(error.err_code) from None
    try:
        count = len(document)
        if number > count:
            pages = "1 page" if count == 1 else f"{count} pages"
            raise CannotRenderError(RenderReason.NO_SUCH_FRAME, f"It has {pages}; number {number} is not among them.")
        return _drawn(document[number - 1], number, count)
    except pypdfium2.PdfiumError:
        raise CannotRenderError(RenderReason.DAMAGED, f"Page {number} of this PDF is damaged.") from None
    finally:
        document.close()


def _drawn(leaf: Any, number: int, count: int) -> tuple[NDArray[np.uint8], Page]:
    width, height = leaf.get_size()
    longest = max(width, height)
    if not (math.isfinite(longest) and min(width, height) > 0):
        raise CannotRenderError(RenderReason.DAMAGED, f"Page {number} of this PDF has no size.")
    bitmap = leaf.render(scale=LONGEST_SIDE / longest, rev_byteorder=True)
    try:
        picture = bitmap.to_numpy()
        rgb = np.repeat(picture[..., None], 3, axis=2) if picture.ndim == 2 else picture[..., :3].copy()
    finally:
        bitmap.close()
    wide, high = (max(1, min(99_999, round(side * _MM_A_POINT))) for side in (width, height))
    return rgb, Page(number, count, wide, high)


def _refusal(code: int | None) -> CannotRenderError:
    if code == _PASSWORD:
        return CannotRenderError(RenderReason.UNSUPPORTED, "This PDF is locked with a password.")
    if code == _SECURITY:
        return CannotRenderError(RenderReason.UNSUPPORTED, "This PDF is encrypted in a way that is not read here.")
    return CannotRenderError(RenderReason.DAMAGED, "This PDF is damaged and cannot be opened.")
