"""A presentation state as its card shows it: its lines and its shutter, in the shape of the part it shows.

What is written stays unread here: a text is a bar as long as its box.
"""

import math
from typing import Final

from pydicom.dataset import Dataset

from dicomgallery.dicom.annotations import Annotation, Point
from dicomgallery.dicom.display_colors import Color, on_dark
from dicomgallery.dicom.presentation import DisplayedArea, Presentation, presentation_of
from dicomgallery.imaging.curves import circle, ellipse
from dicomgallery.imaging.header import reals, texts
from dicomgallery.imaging.sketches.pen import Pen, shaded
from dicomgallery.imaging.sketches.sketch import SIDE, Sketch

_MARGIN: Final = 44.0
_FRAME: Final[Color] = (72, 84, 96)
_SHEET: Final[Color] = (27, 35, 44)
_SHUTTER: Final[Color] = (110, 124, 138)
_INK: Final[Color] = (255, 213, 79)
_MOST: Final = 300


def presentation_sketch(dataset: Dataset) -> Sketch | None:
    """Draw what a state draws; None when it refers to nothing."""
    said = presentation_of(dataset)
    if not said.images:
        return None
    area = _area(said)
    pen = Pen(SIDE)
    corners: list[Point] = [(0, 0), (1, 0), (1, 1), (0, 1)]
    sheet = [_placed(corner, area) for corner in corners]
    pen.shape(sheet, _SHEET)
    pen.line(sheet, _FRAME, 2.5, closed=True)
    _shutter(pen, dataset, area)
    drawn = 0
    for one in said.annotations:
        layer = said.layer(one.layer)
        drawn += _draw(pen, one, area, on_dark(layer.color) if layer and layer.color else _INK)
        if drawn > _MOST:
            break
    if not drawn and not said.shutters:
        # A window alone: its ramp from black to white.
        pen.line([_placed(point, area) for point in ((0.14, 0.8), (0.34, 0.8), (0.66, 0.2), (0.86, 0.2))], _SHUTTER, 4)
    count = len(said.images)
    marks = sum(len(one.texts) + len(one.graphics) for one in said.annotations)
    words = f" with {marks} {'text or line' if marks == 1 else 'texts and lines'}" if marks else ""
    return Sketch(pen.picture(), f"How {count} {'image is' if count == 1 else 'images are'} to be seen{words}")


def _area(said: Presentation) -> DisplayedArea:
    """The part that is shown; where none is said, a square that holds what is drawn."""
    for area in said.areas[:1]:
        if area.right > area.left and area.bottom > area.top:
            return area
    points = [
        point
        for one in said.annotations
        for graphic in one.graphics
        if graphic.units == "PIXEL"
        for point in graphic.points
    ]
    side = int(max((max(point) for point in points), default=511.0)) + 1
    return DisplayedArea((), 1, 1, max(side, 16), max(side, 16), "", None)


def _placed(fraction: Point, area: DisplayedArea) -> Point:
    """A place in the area, as a fraction of it, on the card."""
    wide, high = float(area.right - area.left + 1), float(area.bottom - area.top + 1)
    scale = (SIDE - 2 * _MARGIN) / max(wide, high)
    # A sliver would be a line: what is drawn in it would not be seen.
    width, height = max(wide * scale, 60.0), max(high * scale, 60.0)
    x, y = (min(max(part, -0.2), 1.2) for part in fraction)
    return SIDE / 2 + (x - 0.5) * width, SIDE / 2 + (y - 0.5) * height


def _at(point: Point, units: str, area: DisplayedArea) -> Point:
    if units == "DISPLAY":
        return _placed(point, area)
    wide, high = area.right - area.left + 1, area.bottom - area.top + 1
    return _placed(((point[0] - area.left + 1) / wide, (point[1] - area.top + 1) / high), area)


def _draw(pen: Pen, one: Annotation, area: DisplayedArea, color: Color) -> int:
    for graphic in one.graphics[:_MOST]:
        places = [_at(point, graphic.units, area) for point in graphic.points[:2000]]
        match graphic.form:
            case "POINT":
                pen.dot(places[0], 5, color)
            case "CIRCLE":
                radius = min(math.dist(places[0], places[1]), SIDE)
                pen.ring(places[0], (radius, radius), color, 3.5)
            case "ELLIPSE":
                pen.line(ellipse(places), color, 3.5, closed=True)
            case _:
                pen.line(places, color, 3.5)
    for text in one.texts[:_MOST]:
        corners = [_at(corner, text.box_units, area) for corner in text.box or ()]
        left, top = corners[0] if corners else _at(text.anchor or (0, 0), text.anchor_units, area)
        width = min(max(corners[1][0] - left, 30.0), 160.0) if corners else 60.0
        pen.line([(left, top + 6), (left + width, top + 6)], shaded(color, 0.55), 7)
    return len(one.graphics) + len(one.texts)


def _shutter(pen: Pen, dataset: Dataset, area: DisplayedArea) -> None:
    """The edges of its shutters."""
    shapes = {shape.upper() for shape in texts(dataset, "ShutterShape")}
    if "RECTANGULAR" in shapes:
        edges = [
            reals(dataset, f"Shutter{name}Edge")
            for name in ("LeftVertical", "UpperHorizontal", "RightVertical", "LowerHorizontal")
        ]
        if all(edges):
            left, top, right, bottom = (edge[0] for edge in edges)
            corners = [(left - 1, top - 1), (right, top - 1), (right, bottom), (left - 1, bottom)]
            pen.line([_at(corner, "PIXEL", area) for corner in corners], _SHUTTER, 2.5, closed=True)
    center, radius = reals(dataset, "CenterOfCircularShutter"), reals(dataset, "RadiusOfCircularShutter")
    if "CIRCULAR" in shapes and len(center) > 1 and radius:
        around = circle((center[1], center[0]), (center[1] + radius[0], center[0]))
        pen.line([_at(point, "PIXEL", area) for point in around], _SHUTTER, 2.5, closed=True)
    vertices = reals(dataset, "VerticesOfThePolygonalShutter")[:2000]
    if "POLYGONAL" in shapes and len(vertices) > 5:
        points = [(column, row) for row, column in zip(vertices[0::2], vertices[1::2], strict=False)]
        pen.line([_at(point, "PIXEL", area) for point in points], _SHUTTER, 2.5, closed=True)
