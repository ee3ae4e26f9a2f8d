"""A plan as its card shows it: the beams around the patient."""

import math
from typing import Final

from pydicom.dataset import Dataset

from dicomgallery.dicom.beams import Beam
from dicomgallery.dicom.display_colors import Color, own_color
from dicomgallery.dicom.plans import plan_of
from dicomgallery.imaging.sketches.pen import Pen, Point
from dicomgallery.imaging.sketches.sketch import SIDE, Sketch

_MIDDLE: Final = SIDE / 2
_RING: Final = 190.0
_APART: Final = 17.0
_TRACKS: Final = 5
_EDGE: Final[Color] = (72, 84, 96)
_LINE: Final[Color] = (37, 46, 56)
_BODY: Final[Color] = (27, 35, 44)


def plan_sketch(dataset: Dataset) -> Sketch | None:
    """Draw the gantry angles seen from the foot of the couch; None when no beam has one."""
    plan = plan_of(dataset)
    beams = [(place, beam) for place, beam in enumerate(plan.beams) if beam.gantry is not None] if plan else []
    if not beams:
        return None
    pen = Pen(SIDE)
    pen.ring((_MIDDLE, _MIDDLE), (_RING, _RING), _LINE, 4)
    for angle in (0, 90, 180, 270):
        pen.line([_at(angle, _RING - 9), _at(angle, _RING + 9)], _EDGE, 3)
    pen.line([(_MIDDLE - 106, _MIDDLE + 63), (_MIDDLE + 106, _MIDDLE + 63)], _EDGE, 10)
    pen.ring((_MIDDLE, _MIDDLE), (91, 57), _EDGE, 3, fill=_BODY)
    turning = 0
    for place, beam in beams:
        radius = _RING - _APART * (turning % _TRACKS) if beam.turn else _RING
        turning += bool(beam.turn)
        _draw(pen, beam, radius, own_color(place))
    pen.dot((_MIDDLE, _MIDDLE), 6, (233, 237, 242))
    count = len(beams)
    return Sketch(pen.picture(), f"The gantry angles of {count} beam{'' if count == 1 else 's'}, seen from the foot")


def _draw(pen: Pen, beam: Beam, radius: float, color: Color) -> None:
    start = beam.gantry or 0.0
    if beam.turn:
        turn = max(-360.0, min(360.0, beam.turn))
        steps = max(2, math.ceil(abs(turn) / 2))
        pen.line([_at(start + turn * step / steps, radius) for step in range(steps + 1)], color, 8)
        end, ahead = start + turn, math.copysign(7, turn)
        pen.shape([_at(end, radius - 14), _at(end + ahead, radius), _at(end, radius + 14)], color)
    else:
        pen.line([_at(start, radius), (_MIDDLE, _MIDDLE)], color, 6)
    pen.dot(_at(start, radius), 12, color)


def _at(degrees: float, radius: float) -> Point:
    """A place on the way of the gantry: 0 above, 90 on the right (IEC 61217)."""
    turned = math.radians(degrees)
    return _MIDDLE + radius * math.sin(turned), _MIDDLE - radius * math.cos(turned)
