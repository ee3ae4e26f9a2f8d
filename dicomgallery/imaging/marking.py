"""The annotations of presentation states, drawn onto a finished picture."""

from collections.abc import Sequence
from dataclasses import dataclass

from dicomgallery.dicom.annotations import Annotation, Graphic, Layer, Point, TextObject
from dicomgallery.dicom.display_colors import Color, on_dark
from dicomgallery.dicom.presentation import Presentation
from dicomgallery.imaging.curves import circle, ellipse, spline
from dicomgallery.imaging.encode import Picture
from dicomgallery.imaging.ink import USUAL, Box, Ink, drawable
from dicomgallery.imaging.views import View


def marked(picture: Picture, annotations: Sequence[Annotation], said: Presentation, view: View) -> Picture:
    """The picture with annotations of a state over it, the first the lowest.

    A text in letters that cannot be drawn stands there by its number, as the state's page lists it.
    """
    numbers, drawn = said.numbers, [(one, _color_of(said.layer(one.layer))) for one in annotations]
    if not drawn:
        return picture
    ink = Ink(picture, color=any(len(set(color)) > 1 for _, color in drawn))
    for one, color in drawn:
        for graphic in one.graphics:
            _draw(ink, _Shape.of(graphic, view), color)
    for one, color in drawn:
        for text in one.texts:
            _write(ink, text, color, view, numbers.get(id(text), 0))
    return ink.over()


def _color_of(layer: Layer | None) -> Color:
    return on_dark(layer.color) if layer is not None and layer.color is not None else USUAL


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


def _draw(ink: Ink, shape: _Shape, color: Color) -> None:
    """Draw a shape, a point as a small cross."""
    if len(shape.points) == 1:
        ink.cross(shape.points[0], color)
        return
    if shape.is_filled:
        ink.fill(shape.points, color)
    ink.line([*shape.points, *(shape.points[:1] if shape.is_closed else ())], color)


def _write(ink: Ink, text: TextObject, color: Color, view: View, number: int) -> None:
    ink.text(
        drawable(text.text.split("\n"), f"[{number}]"),
        color,
        box=_box([view.place(corner, text.box_units) for corner in text.box]) if text.box else None,
        anchor=view.place(text.anchor, text.anchor_units) if text.anchor else None,
        is_led=text.is_anchored,
        side=text.justification,
    )


def _box(corners: list[Point]) -> Box:
    xs, ys = sorted(x for x, _ in corners), sorted(y for _, y in corners)
    return xs[0], ys[0], xs[-1], ys[-1]
