"""Lines and shapes on a sketch: drawn twice as large and made smaller, so that no edge is jagged."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Point = tuple[float, float]
Color = tuple[int, int, int]

GROUND: Final[Color] = (13, 17, 22)
"""As the pages have under pictures."""
_FINER: Final = 2


class Pen:
    """A square of paper, whose coordinates count its pixels."""

    def __init__(self, side: int) -> None:
        self.side = side
        self._image = Image.new("RGB", (side * _FINER, side * _FINER), GROUND)
        self._draw = ImageDraw.Draw(self._image, "RGB")

    def line(self, points: Sequence[Point], color: Color, width: float = 2.0, *, closed: bool = False) -> None:
        """Draw a line through points, back to the first if it is closed."""
        way = [_fine(point) for point in (*points, *(points[:1] if closed else ()))]
        self._draw.line(way, fill=color, width=round(width * _FINER), joint="curve")

    def shape(self, points: Sequence[Point], color: Color) -> None:
        """Fill a shape."""
        if len(points) > 2:
            self._draw.polygon([_fine(point) for point in points], fill=color)

    def dot(self, point: Point, radius: float, color: Color) -> None:
        """Fill a circle."""
        self._draw.ellipse(_box(point, radius, radius), fill=color)

    def ring(self, point: Point, radii: Point, color: Color, width: float = 2.0, fill: Color | None = None) -> None:
        """Draw an ellipse by its radii across and down."""
        self._draw.ellipse(_box(point, *radii), fill=fill, outline=color, width=round(width * _FINER))

    def picture(self) -> NDArray[np.uint8]:
        """What has been drawn."""
        return np.asarray(self._image.reduce(_FINER), dtype=np.uint8)


def shaded(color: Color, share: float) -> Color:
    """A color with so much of it left on the ground."""
    red, green, blue = (round(under + (over - under) * share) for over, under in zip(color, GROUND, strict=True))
    return red, green, blue


def _fine(point: Point) -> Point:
    return point[0] * _FINER, point[1] * _FINER


def _box(point: Point, across: float, down: float) -> tuple[float, float, float, float]:
    x, y = _fine(point)
    return x - across * _FINER, y - down * _FINER, x + across * _FINER, y + down * _FINER
