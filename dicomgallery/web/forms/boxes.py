"""Boxes as a form sends them: a row of numbers each, of which the ticked ones count."""

from typing import Final

from werkzeug.datastructures import MultiDict

from dicomgallery.dicom.boxes import Box
from dicomgallery.errors import RefusedError
from dicomgallery.services.deid_runs.review.areas import Area, Origin

NUMBERS: Final = ("left", "top", "width", "height")
_MOST_ROWS: Final = 1000
_MOST_DIGITS: Final = 6
_NO_NUMBER: Final = "A box needs four whole numbers: left, top, width and height, in pixels. Nothing was decided."


def rows_of(form: MultiDict[str, str]) -> list[tuple[bool, Origin, list[str]]]:
    """The rows that something stands in: whether ticked, where from, and the numbers as they were typed."""
    columns = [form.getlist(name)[:_MOST_ROWS] for name in NUMBERS]
    origins, kept = form.getlist("origin"), set(form.getlist("keep"))
    rows = []
    for place, typed in enumerate(zip(*columns, strict=False)):
        origin = origins[place] if place < len(origins) else ""
        if any(typed):
            known = Origin(origin) if origin in set(Origin) else Origin.DRAWN
            rows.append((str(place) in kept, known, [text.strip()[:12] for text in typed]))
    return rows


def areas_of(form: MultiDict[str, str]) -> list[Area]:
    """The boxes that are ticked; RefusedError for one that lacks a number."""
    return [Area(_box(typed), origin) for is_kept, origin, typed in rows_of(form) if is_kept]


def _box(typed: list[str]) -> Box:
    left, top, width, height = (_whole(text) for text in typed)
    return Box(left, top, left + width, top + height)


def _whole(text: str) -> int:
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= _MOST_DIGITS):
        raise RefusedError(_NO_NUMBER)
    return int(text)
