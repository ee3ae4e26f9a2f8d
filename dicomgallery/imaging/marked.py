"""What people drew on an image, drawn over its finished picture: for pictures that leave with their marks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dicomgallery.dicom.annotations import Point
from dicomgallery.imaging.encode import Picture
from dicomgallery.imaging.ink import USUAL, Ink, drawable
from dicomgallery.imaging.marks import Kind, beside, strokes


@dataclass(frozen=True, slots=True)
class DrawnMark:
    """A mark as it is drawn."""

    kind: Kind
    points: tuple[Point, ...]
    """In pixels of the object: (0, 0) is the center of the first one."""
    words: tuple[str, ...] = ()
    """The lines beside it."""


def with_marks(
    picture: Picture,
    marks: Sequence[DrawnMark],
    *,
    scale: float = 1.0,
    ratio: float = 1.0,
    place: Callable[[Point], Point] = lambda point: point,
) -> Picture:
    """The picture with marks over it, the first the lowest, in color; the same picture without any.

    `scale` is how many pixels of the picture a column of the object takes, `ratio` the height of one of its pixels over
    its width; `place` says where a point of the upright picture lies in one that was turned. Words in letters that
    cannot be drawn stand there as the number of the mark, from 1.
    """
    if not marks:
        return picture
    ink = Ink(picture, color=True)
    placed = [(mark, [place(_scaled(point, scale, ratio)) for point in mark.points]) for mark in marks if mark.points]
    reach = max(picture.shape[:2]) / 32
    for mark, points in placed:
        for one in strokes(mark.kind, points, reach):
            ink.line([*one.points, *(one.points[:1] if one.is_closed else ())], USUAL, is_faint=one.is_faint)
    for number, (mark, points) in enumerate(placed, 1):
        if mark.words:
            ink.text(drawable(mark.words, f"[{number}]"), USUAL, anchor=beside(mark.kind, points))
    return ink.over()


def _scaled(point: Point, scale: float, ratio: float) -> Point:
    return (point[0] + 0.5) * scale, (point[1] + 0.5) * scale * ratio
