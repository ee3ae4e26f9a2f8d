"""Lines and words drawn onto a finished picture: crisp at any size, upright, and with an edge to show on any ground."""

import unicodedata
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Final

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from dicomgallery.dicom.annotations import Point
from dicomgallery.dicom.display_colors import Color
from dicomgallery.imaging.encode import Picture

USUAL: Final[Color] = (255, 213, 79)
"""Where nothing asks for a color."""
Box = tuple[float, float, float, float]
"""Left, top, right, bottom, where nothing else is said."""

_FINER_UP_TO: Final = 6_000_000
"""Pictures of fewer pixels are drawn on at twice their size and made smaller, so that no edge is jagged."""
_FILL: Final = 80
"""Of 255: a filled shape lets through what it is about (PS3.3 C.10.5.1.2 leaves open how it is filled)."""
_LEAST_LETTER: Final = 9
LONGEST_LINE: Final = 200
MOST_LINES: Final = 40
_SPELLINGS: Final = str.maketrans(
    {"Ł": "L", "ł": "l", "Ø": "O", "ø": "o", "ß": "ss", "æ": "ae", "Æ": "AE", "µ": "u", "μ": "u", "°": " deg",
     "\u00d7": "x", "\u2013": "-", "\u2014": "-", "\u2212": "-",
     "\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"',
     "≤": "<=", "≥": ">=", "→": "->", "←": "<-", "…": "...", "•": "-", "·": "-"}
)  # fmt: skip
"""Pillow's own font, the only one that is on every machine, has little more than ASCII."""


class Ink:
    """What is drawn over a picture: its colors, where they are, and the dark edge around them."""

    def __init__(self, picture: Picture, *, color: bool) -> None:
        rows, columns = picture.shape[:2]
        self._fine = 2 if rows * columns <= _FINER_UP_TO else 1
        self._mode = "RGB" if color or picture.ndim == 3 else "L"
        self._ground = Image.fromarray(np.ascontiguousarray(picture)).convert(self._mode)
        self._size = columns, rows
        size = (columns * self._fine, rows * self._fine)
        self._edge, self._mask, self._colors = Image.new("L", size), Image.new("L", size), Image.new(self._mode, size)
        self._on_edge, self._on_mask, self._on_colors = (
            ImageDraw.Draw(one) for one in (self._edge, self._mask, self._colors)
        )
        self.width = max(1.5, min(columns, rows) / 320)
        """Of a line."""
        self._letter = max(_LEAST_LETTER, min(columns, rows) / 30)

    def line(self, points: Sequence[Point], color: Color, *, is_faint: bool = False) -> None:
        """Draw a line through points, a faint one half as wide."""
        way, width = self._ways(points), self.width * self._fine * (0.5 if is_faint else 1)
        thin, broad = max(1, round(width)), round(width * 2.2)
        self._on_edge.line(way, fill=255, width=broad, joint="curve")
        self._on_colors.line(way, fill=self._shade(color), width=broad, joint="curve")
        self._on_mask.line(way, fill=255, width=thin, joint="curve")

    def cross(self, at: Point, color: Color) -> None:
        """Draw a point as a small cross."""
        (x, y), arm = at, self.width * 4
        self.line([(x - arm, y), (x + arm, y)], color)
        self.line([(x, y - arm), (x, y + arm)], color)

    def fill(self, points: Sequence[Point], color: Color) -> None:
        """Fill a shape so that what it is about is seen through it."""
        way = self._ways(points)
        self._on_colors.polygon(way, fill=self._shade(color))
        self._on_mask.polygon(way, fill=_FILL)

    def text(
        self,
        lines: Sequence[str],
        color: Color,
        *,
        box: Box | None = None,
        anchor: Point | None = None,
        is_led: bool = False,
        side: str = "LEFT",
    ) -> None:
        """Write lines into a box or beside an anchor, wholly inside the picture, and lead them to it if asked."""
        size = self._letter
        if box is not None:
            # As large as the box, within what can be read and what does not shout.
            longest = max(_font(100).getlength(line) for line in lines) / 100 or 1.0
            fitting = min((box[3] - box[1]) / (1.25 * len(lines)), (box[2] - box[0]) / longest)
            size = min(max(fitting, self._letter * 0.75), self._letter * 2)
        font, high = _font(round(size * self._fine)), size * 1.25
        wide = max(font.getlength(line) for line in lines) / self._fine
        share = {"CENTER": 0.5, "RIGHT": 1.0}.get(side, 0.0)
        left, top = self._corner(box, anchor, (wide, high * len(lines)), share)
        if anchor is not None and is_led:
            middle = min(max(anchor[0], left), left + wide), min(max(anchor[1], top), top + high * len(lines))
            self.line([middle, anchor], color)
        self._write(lines, color, font, (left, top, wide, high), share)

    def corner(self, lines: Sequence[str], color: Color, *, is_low: bool, is_right: bool) -> None:
        """Write lines into a corner of the picture, each cut to less than half of its width."""
        size = self._letter * 0.9
        font, high, edge = _font(round(size * self._fine)), size * 1.25, self._letter * 0.6
        fitting = [_cut(line, font, self._size[0] * 0.47 * self._fine) for line in lines]
        wide = max(font.getlength(line) for line in fitting) / self._fine
        left = self._size[0] - edge - wide if is_right else edge
        top = self._size[1] - edge - high * len(fitting) if is_low else edge
        self._write(fitting, color, font, (left, top, wide, high), 1.0 if is_right else 0.0)

    def side(self, letters: str, color: Color, side: str) -> None:
        """Write a few letters at the middle of a side: top, right, bottom or left."""
        size, (columns, rows) = self._letter * 1.1, self._size
        font, edge = _font(round(size * self._fine)), self._letter * 0.6
        wide, high = font.getlength(letters) / self._fine, size * 1.25
        left = {"left": edge, "right": columns - edge - wide}.get(side, (columns - wide) / 2)
        top = {"top": edge, "bottom": rows - edge - high}.get(side, (rows - high) / 2)
        self._write([letters], color, font, (left, top, wide, high), 0.0)

    def _write(self, lines: Sequence[str], color: Color, font: ImageFont.FreeTypeFont, box: Box, share: float) -> None:
        """Write lines into a box (left, top, width, height of a line), their spare room shared out to their left."""
        left, top, wide, high = box
        for place, line in enumerate(lines):
            spare = wide - font.getlength(line) / self._fine
            at = (left + spare * share) * self._fine, (top + place * high) * self._fine
            edge = max(1, round(self.width * self._fine * 0.75))
            self._on_edge.text(at, line, fill=255, font=font, stroke_width=edge)
            self._on_colors.text(at, line, fill=self._shade(color), font=font, stroke_width=edge)
            self._on_mask.text(at, line, fill=255, font=font)

    def over(self) -> Picture:
        """The picture with all of it."""
        edge, mask, colors = (one.reduce(self._fine) for one in (self._edge, self._mask, self._colors))
        self._ground.paste(0 if self._mode == "L" else (0, 0, 0), mask=edge)
        return np.asarray(Image.composite(colors, self._ground, mask))

    def _corner(self, box: Box | None, anchor: Point | None, size: Point, share: float) -> Point:
        """The upper left corner of a text of that size."""
        if box is not None:
            left, top = box[0] + (box[2] - box[0] - size[0]) * share, box[1]
        else:
            left, top = anchor or (0.0, 0.0)
            left, top = left + self.width * 3, top - size[1] / 2
        return (
            max(0.0, min(left, self._size[0] - size[0] - self.width)),
            max(0.0, min(top, self._size[1] - size[1])),
        )

    def _ways(self, points: Sequence[Point]) -> list[Point]:
        # Far beyond the picture nothing is seen, and Pillow counts in whole numbers of 32 bits.
        return [(_near(x) * self._fine, _near(y) * self._fine) for x, y in points]

    def _shade(self, color: Color) -> Color | int:
        return color[0] if self._mode == "L" else color


def drawable(lines: Sequence[str], otherwise: str) -> list[str]:
    """As many lines as are drawn, in letters that the font has; one other where they have none."""
    spelled = [_spelled(line[:LONGEST_LINE]) for line in lines[:MOST_LINES]]
    return [otherwise] if None in spelled else [line or "" for line in spelled]


def _near(value: float) -> float:
    return min(max(value, -1e5), 2e5)


@lru_cache(maxsize=32)
def _font(size: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(max(size, 1))
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise TypeError("Pillow is built without FreeType.")
    return font


def _cut(line: str, font: ImageFont.FreeTypeFont, width: float) -> str:
    if font.getlength(line) <= width:
        return line
    while line and font.getlength(f"{line}...") > width:
        line = line[:-1]
    return f"{line.rstrip()}..."


@cache
def _missing() -> bytes:
    return bytes(_font(24).getmask("\ufffe"))


def _spelled(line: str) -> str | None:
    """A line in the letters that the font has, accents left away; None where that would not say the same."""
    # The font has one space, and draws a box for those of other widths.
    written = "".join(" " if char.isspace() else char if _has(char) else _plain(char) for char in line)
    return written if all(map(_has, dict.fromkeys(written))) else None


@lru_cache(maxsize=4096)
def _has(char: str) -> bool:
    return char.isspace() or bytes(_font(24).getmask(char)) != _missing()


def _plain(char: str) -> str:
    apart = unicodedata.normalize("NFKD", char)
    return "".join(one for one in apart if not unicodedata.combining(one)).translate(_SPELLINGS)
