"""Contact sheets: many pictures on one, each with its number, as a PNG or as the pages of a PDF."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from dicomgallery.imaging.exports.frames import Frames

TILE: Final = 224
"""The longest side of a picture on a sheet."""
_LABEL: Final = 24
_GAP: Final = 10
_BROADER: Final = 1.4
"""A sheet is a little broader than high, as screens are."""
_DPI: Final = 150
_PAGE: Final = (1240, 1754)
"""A4."""
_MARGIN: Final = 75
_TITLE: Final = "Contact sheet"


@dataclass(frozen=True, slots=True)
class _Colors:
    """Of the ground and of what is written on it."""

    ground: int
    ink: int


_SCREEN: Final = _Colors(16, 190)
_PAPER: Final = _Colors(255, 40)


class _Sheet:
    """A ground with places for pictures, in rows."""

    def __init__(
        self, frames: Frames, size: tuple[int, int], start: tuple[int, int], columns: int, way: _Colors
    ) -> None:
        self._cell = (frames.size[0] + _GAP, frames.size[1] + _LABEL + _GAP)
        self._start = start
        self._columns = columns
        self._way = way
        self.image = Image.new("L" if frames.is_gray else "RGB", size, self._color(way.ground, is_gray=frames.is_gray))
        self._draw = ImageDraw.Draw(self.image)
        self._ink = self._color(way.ink, is_gray=frames.is_gray)
        self._font = ImageFont.load_default(17)

    def put(self, place: int, number: int, frame: Image.Image) -> None:
        """Put a picture into its place, counted from 0, with its number below."""
        row, column = divmod(place, self._columns)
        left, top = self._start[0] + column * self._cell[0], self._start[1] + row * self._cell[1]
        self.image.paste(frame, (left, top))
        middle = (left + frame.width // 2, top + frame.height + _LABEL // 2)
        self._draw.text(middle, str(number), fill=self._ink, font=self._font, anchor="mm")

    @staticmethod
    def _color(level: int, *, is_gray: bool) -> int | tuple[int, int, int]:
        return level if is_gray else (level, level, level)


def write_png(frames: Frames, path: Path) -> Iterator[int]:
    """Write all on one picture, telling after each how many are on it."""
    wide, high = frames.size[0] + _GAP, frames.size[1] + _LABEL + _GAP
    columns = min(len(frames), max(1, round(math.sqrt(len(frames) * _BROADER * high / wide))))
    rows = math.ceil(len(frames) / columns)
    size = (columns * wide + _GAP, rows * high + _GAP)
    sheet = _Sheet(frames, size, (_GAP, _GAP), columns, _SCREEN)
    for place, (number, frame) in enumerate(zip(frames.numbers(), frames, strict=True)):
        sheet.put(place, number, frame)
        yield place + 1
    sheet.image.save(path, "PNG")


def write_pdf(frames: Frames, path: Path) -> Iterator[int]:
    """Write a page at a time, telling after each picture how many are in."""
    wide, high = frames.size[0] + _GAP, frames.size[1] + _LABEL + _GAP
    columns = max(1, (_PAGE[0] - 2 * _MARGIN + _GAP) // wide)
    rows = max(1, (_PAGE[1] - 2 * _MARGIN + _GAP) // high)
    start = ((_PAGE[0] - columns * wide + _GAP) // 2, _MARGIN)
    sheet = None
    for place, (number, frame) in enumerate(zip(frames.numbers(), frames, strict=True)):
        within = place % (columns * rows)
        if within == 0:
            _add_page(sheet, path)
            sheet = _Sheet(frames, _PAGE, start, columns, _PAPER)
        if sheet is not None:
            sheet.put(within, number, frame)
        yield place + 1
    _add_page(sheet, path)


def _add_page(sheet: _Sheet | None, path: Path) -> None:
    if sheet is None:
        return
    begun = path.exists()
    more = {"append": True} if begun else {"title": _TITLE}
    sheet.image.save(path, "PDF", resolution=_DPI, quality=92, **more)
