"""Marks drawn over finished pictures."""

import numpy as np
import pytest
from numpy.typing import NDArray

from dicomgallery.imaging.ink import USUAL, drawable
from dicomgallery.imaging.marked import DrawnMark, with_marks
from dicomgallery.imaging.marks import NAMES, POINTS, Kind, strokes

BLACK = np.zeros((200, 200), np.uint8)
EXAMPLES = {
    Kind.LENGTH: ((20.0, 100.0), (180.0, 100.0)),
    Kind.ANGLE: ((20.0, 20.0), (100.0, 100.0), (20.0, 180.0)),
    Kind.COBB: ((20.0, 20.0), (180.0, 40.0), (20.0, 180.0), (180.0, 160.0)),
    Kind.RECTANGLE: ((40.0, 160.0), (160.0, 40.0)),
    Kind.ELLIPSE: ((100.0, 140.0), (100.0, 60.0), (40.0, 100.0), (160.0, 100.0)),
    Kind.FREEHAND: ((40.0, 40.0), (160.0, 50.0), (100.0, 160.0)),
    Kind.ARROW: ((40.0, 100.0), (160.0, 100.0)),
    Kind.PROBE: ((100.0, 100.0),),
}


def inked(picture: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Where a color was laid on."""
    found: NDArray[np.bool_] = picture[..., 0].astype(int) - picture[..., 2] > 60
    return found


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_is_drawn_about_where_its_points_are(kind: Kind) -> None:
    points = EXAMPLES[kind]

    made = inked(with_marks(BLACK, [DrawnMark(kind, points)]))

    rows, columns = np.nonzero(made)
    xs, ys = [x for x, _ in points], [y for _, y in points]
    reach = 8
    assert made.any()
    assert columns.min() >= min(xs) - reach
    assert columns.max() <= max(xs) + reach
    assert rows.min() >= min(ys) - reach
    assert rows.max() <= max(ys) + reach
    # The ends of an ellipse's axes lie on it; so do all points of the others, but for what turned corners leave.
    for x, y in points:
        assert made[int(y) - 2 : int(y) + 4, int(x) - 2 : int(x) + 4].any(), (x, y)
    assert POINTS[kind][0] <= len(points)
    assert NAMES[kind]


def test_a_line_lies_on_the_centers_of_pixels_at_any_scale_and_ratio() -> None:
    mark = DrawnMark(Kind.LENGTH, ((10.0, 20.0), (40.0, 20.0)))

    made = inked(with_marks(BLACK, [mark], scale=4, ratio=0.5))

    rows, columns = np.nonzero(made)
    assert abs((rows.min() + rows.max() + 1) / 2 - 20.5 * 4 * 0.5) <= 1
    assert abs(columns.min() - 10.5 * 4) <= 2
    assert abs(columns.max() - 40.5 * 4) <= 2


def test_a_closed_shape_is_empty_inside() -> None:
    made = with_marks(BLACK, [DrawnMark(Kind.ELLIPSE, EXAMPLES[Kind.ELLIPSE])])

    assert (made[80:121, 70:131] == 0).all()


def test_words_stand_beside_a_mark_and_inside_the_picture() -> None:
    point = ((195.0, 100.0),)

    bare = inked(with_marks(BLACK, [DrawnMark(Kind.PROBE, point)]))
    told = inked(with_marks(BLACK, [DrawnMark(Kind.PROBE, point, ("1048 mm²", "mean 41.2 HU"))]))

    assert told.sum() > 2 * bare.sum()
    assert told[:, :150].any()
    assert not told[:, :60].any()


def test_words_that_cannot_be_drawn_are_the_number_of_the_mark() -> None:
    def said(words: str) -> NDArray[np.uint8]:
        other = DrawnMark(Kind.PROBE, ((5.0, 5.0),))
        return with_marks(BLACK, [other, DrawnMark(Kind.PROBE, ((50.0, 100.0),), (words,))])

    assert (said("研究") == said("[2]")).all()
    assert not (said("[1]") == said("[2]")).all()


@pytest.mark.parametrize("shape", [(200, 200), (200, 200, 3)])
def test_the_picture_under_marks_stays_and_is_not_written_to(shape: tuple[int, ...]) -> None:
    picture = np.full(shape, 90, np.uint8)

    made = with_marks(picture, [DrawnMark(Kind.LENGTH, EXAMPLES[Kind.LENGTH])])

    assert (picture == 90).all()
    assert made.shape == (200, 200, 3)
    assert (made[:80] == 90).all()
    assert (made[130:] == 90).all()
    assert tuple(made[100, 100]) == USUAL
    assert with_marks(picture, []) is picture


@pytest.mark.parametrize("kind", Kind)
def test_marks_far_outside_or_in_a_heap_do_no_harm(kind: Kind) -> None:
    least = POINTS[kind][0]
    for points in ([(1e6, -1e6)] * least, [(0.0, 0.0)] * least, [(5.0, 5.0)] * (least + 9), []):
        mark = DrawnMark(kind, tuple(points), ("x" * 5000, *["line"] * 100))
        assert with_marks(BLACK, [mark], scale=3).shape[:2] == (200, 200)
        assert len(strokes(kind, points, 5)) <= 3


def test_spaces_of_every_width_are_spaces() -> None:
    assert drawable(["−15\u202fmm\tand\u00a0on"], "?") == ["-15 mm and on"]
