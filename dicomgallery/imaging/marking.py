"""Annotations drawn onto a finished picture: crisp at any size, upright, and with an edge to show on any ground."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from dicomgallery.dicom.annotations import Annotation, Graphic, Layer, Point, TextObject
from dicomgallery.dicom.display_colors import Color, on_dark
from dicomgallery.dicom.presentation import Presentation
from dicomgallery.imaging.curves import circle, ellipse, spline
from dicomgallery.imaging.encode import Picture
from dicomgallery.imaging.views import View

_USUAL: Final[Color] = (255, 213, 79)
"""Where a layer asks for no color."""
_FINER_UP_TO: Final = 6_000_000
"""Pictures of fewer pixels are drawn on at twice their size and made smaller, so that no edge is jagged."""
_FILL: Final = 80
"""Of 255: a filled shape lets through what it is about (PS3.3 C.10.5.1.2 leaves open how it is filled)."""
_LEAST_LETTER: Final = 9
_LONGEST_LINE: Final = 200
_MOST_LINES: Final = 40
_SPELLED: Final = str.maketrans(
    {"Ł": "L", "ł": "l", "Ø": "O", "ø": "o", "ß": "ss", "æ": "ae", "Æ": "AE", "µ": "u", "μ": "u", "°": " deg",
     "\u00d7": "x", "\u2013": "-", "\u2014": "-", "\u2212": "-",
     "\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"',
     "≤": "<=", "≥": ">=", "→": "->", "←": "<-", "…": "...", "•": "-", "·": "-"}
)  # fmt: skip
"""Pillow's own font, the only one that is on every machine, has little more than ASCII."""


def marked(picture: Picture, annotations: Sequence[Annotation], said: Presentation, view: View) -> Picture:
    """The picture with annotations of a state over it, the first the lowest.

    A text in letters that cannot be drawn stands there by its number, as the state's page lists it.
    """
    numbers, drawn = said.numbers, [(one, _color_of(said.layer(one.layer))) for one in annotations]
    if not drawn:
        return picture
    ink = _Ink(picture, color=any(len(set(color)) > 1 for _, color in drawn))
    for one, color in drawn:
        for graphic in one.graphics:
            ink.graphic(_Shape.of(graphic, view), color)
    for one, color in drawn:
        for text in one.texts:
            ink.text(text, color, view, numbers.get(id(text), 0))
    return ink.over()


def _color_of(layer: Layer | None) -> Color:
    return on_dark(layer.color) if layer is not None and layer.color is not None else _USUAL


@dataclass(frozen=True, slots=True)
class _Shape:
    """A graphic as lines on the screen."""

    points: list[Point]
    is_closed: bool = False
    is_filled: bool = False

    @classmethod
    def of(cls, graphic: Graphic, view: View) -> "_Shape":
        points = [view.place(point, graphic.units) for point in graphic.points]
        is_closed = len(points) > 2 and graphic.points[0] == graphic.points[-1]
        match graphic.form:
            case "CIRCLE":
                return cls(circle(points[0], points[1]), is_closed=True, is_filled=graphic.is_filled)
            case "ELLIPSE":
                return cls(ellipse(points), is_closed=True, is_filled=graphic.is_filled)
            case "INTERPOLATED":
                return cls(spline(points, is_closed=is_closed), is_closed, graphic.is_filled and is_closed)
            case "POINT":
                return cls(points[:1])
        return cls(points, is_closed, graphic.is_filled and is_closed)


class _Ink:
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
        self._width = max(1.5, min(columns, rows) / 320)
        self._letter = max(_LEAST_LETTER, min(columns, rows) / 30)

    def graphic(self, shape: _Shape, color: Color) -> None:
        """Draw a shape, a point as a small cross."""
        if len(shape.points) == 1:
            (x, y), arm = shape.points[0], self._width * 4
            for way in ([(x - arm, y), (x + arm, y)], [(x, y - arm), (x, y + arm)]):
                self._line(way, color)
            return
        if shape.is_filled:
            way = self._ways(shape.points)
            self._on_colors.polygon(way, fill=self._shade(color))
            self._on_mask.polygon(way, fill=_FILL)
        self._line([*shape.points, *(shape.points[:1] if shape.is_closed else ())], color)

    def text(self, text: TextObject, color: Color, view: View, number: int) -> None:
        """Write a text into its box or beside its anchor, wholly inside the picture, and lead it to its anchor."""
        lines = [line[:_LONGEST_LINE] for line in text.text.split("\n")[:_MOST_LINES]]
        spelled = [_drawable(line) for line in lines]
        lines = [f"[{number}]"] if None in spelled else [line or "" for line in spelled]
        anchor = view.place(text.anchor, text.anchor_units) if text.anchor else None
        box = _box([view.place(corner, text.box_units) for corner in text.box]) if text.box else None
        size = self._letter
        if box is not None:
            # As large as the box, within what can be read and what does not shout.
            longest = max(_font(100).getlength(line) for line in lines) / 100 or 1.0
            fitting = min((box[3] - box[1]) / (1.25 * len(lines)), (box[2] - box[0]) / longest)
            size = min(max(fitting, self._letter * 0.75), self._letter * 2)
        font, high = _font(round(size * self._fine)), size * 1.25
        wide = max(font.getlength(line) for line in lines) / self._fine
        left, top = self._corner(box, anchor, (wide, high * len(lines)), text.justification)
        if anchor is not None and text.is_anchored:
            middle = min(max(anchor[0], left), left + wide), min(max(anchor[1], top), top + high * len(lines))
            self._line([middle, anchor], color)
        for place, line in enumerate(lines):
            spare = wide - font.getlength(line) / self._fine
            share = {"CENTER": 0.5, "RIGHT": 1.0}.get(text.justification, 0.0)
            at = (left + spare * share) * self._fine, (top + place * high) * self._fine
            edge = max(1, round(self._width * self._fine * 0.75))
            self._on_edge.text(at, line, fill=255, font=font, stroke_width=edge)
            self._on_colors.text(at, line, fill=self._shade(color), font=font, stroke_width=edge)
            self._on_mask.text(at, line, fill=255, font=font)

    def over(self) -> Picture:
        """The picture with all of it."""
        edge, mask, colors = (one.reduce(self._fine) for one in (self._edge, self._mask, self._colors))
        self._ground.paste(0 if self._mode == "L" else (0, 0, 0), mask=edge)
        return np.asarray(Image.composite(colors, self._ground, mask))

    def _corner(
        self, box: tuple[float, float, float, float] | None, anchor: Point | None, size: Point, side: str
    ) -> Point:
        """The upper left corner of a text of that size."""
        if box is not None:
            share = {"CENTER": 0.5, "RIGHT": 1.0}.get(side, 0.0)
            left, top = box[0] + (box[2] - box[0] - size[0]) * share, box[1]
        else:
            left, top = anchor or (0.0, 0.0)
            left, top = left + self._width * 3, top - size[1] / 2
        return (
            max(0.0, min(left, self._size[0] - size[0] - self._width)),
            max(0.0, min(top, self._size[1] - size[1])),
        )

    def _line(self, points: list[Point], color: Color) -> None:
        way, width = self._ways(points), self._width * self._fine
        thin, broad = round(width), round(width * 2.2)
        self._on_edge.line(way, fill=255, width=broad, joint="curve")
        self._on_colors.line(way, fill=self._shade(color), width=broad, joint="curve")
        self._on_mask.line(way, fill=255, width=thin, joint="curve")

    def _ways(self, points: list[Point]) -> list[Point]:
        # Far beyond the picture nothing is seen, and Pillow counts in whole numbers of 32 bits.
        return [(_near(x) * self._fine, _near(y) * self._fine) for x, y in points]

    def _shade(self, color: Color) -> Color | int:
        return color[0] if self._mode == "L" else color


def _near(value: float) -> float:
    return min(max(value, -1e5), 2e5)


def _box(corners: list[Point]) -> tuple[float, float, float, float]:
    xs, ys = sorted(x for x, _ in corners), sorted(y for _, y in corners)
    return xs[0], ys[0], xs[-1], ys[-1]


@lru_cache(maxsize=32)
def _font(size: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(max(size, 1))
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise TypeError("Pillow is built without FreeType.")
    return font


@cache
def _missing() -> bytes:
    return bytes(_font(24).getmask("\ufffe"))


def _drawable(line: str) -> str | None:
    """A line in the letters that the font has, accents left away; None where that would not say the same."""
    written = "".join(char if _has(char) else _plain(char) for char in line)
    return written if all(map(_has, dict.fromkeys(written))) else None


@lru_cache(maxsize=4096)
def _has(char: str) -> bool:
    return char.isspace() or bytes(_font(24).getmask(char)) != _missing()


def _plain(char: str) -> str:
    apart = unicodedata.normalize("NFKD", char)
    return "".join(one for one in apart if not unicodedata.combining(one)).translate(_SPELLED)
