"""A CSV as a spreadsheet writes it: UTF-8 with or without its mark, commas, semicolons or tabs (RFC 4180)."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from dicomgallery.dicom.values import grouped
from dicomgallery.errors import RefusedError, TooLargeError

MOST_BYTES: Final = 16 << 20
MOST_ROWS: Final = 20_000
MOST_COLUMNS: Final = 1000
_SEPARATORS: Final = ",;\t"


@dataclass(frozen=True, slots=True)
class Sheet:
    """The cells of a table."""

    heads: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    """Each with its number as a spreadsheet counts it; the heads are row 1. Empty rows are left out."""


def read(data: bytes) -> Sheet:
    """The table in a file; RefusedError in a sentence when there is none, or it is too large."""
    if len(data) > MOST_BYTES:
        raise TooLargeError.over(MOST_BYTES)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise RefusedError('This file is not in UTF-8. Save it from the spreadsheet as "CSV UTF-8".') from None
    if not text.strip() or "\0" in text:
        raise RefusedError("There is no table in this file. Send a CSV with the names of elements in its first row.")
    try:
        # Without `newline=""` the ends of lines inside cells would be lost.
        return _sheet(csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text.partition("\n")[0])))
    except csv.Error:
        raise RefusedError(
            "This file cannot be read as a CSV: a cell is too long, or a quote is never closed."
        ) from None


def _sheet(reader: Iterator[list[str]]) -> Sheet:
    heads = tuple(head.strip() for head in next(reader, []))
    if len(heads) > MOST_COLUMNS:
        raise RefusedError(f"A table has at most {grouped(MOST_COLUMNS)} columns here.")
    rows = []
    for number, cells in enumerate(reader, 2):
        if any(cell.strip() for cell in cells):
            rows.append((number, tuple(cells)))
        if len(rows) > MOST_ROWS:
            raise RefusedError(f"A table has at most {grouped(MOST_ROWS)} rows here. Send it in several parts.")
    return Sheet(heads, tuple(rows))


def _separator(line: str) -> str:
    """What stands most often between the heads; a comma when nothing does."""
    bare = "".join(line.split('"')[::2])
    return max(_SEPARATORS, key=bare.count)
