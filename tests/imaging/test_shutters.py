"""Shutters hide what they say and nothing else (PS3.3 C.7.6.11)."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from dicomgallery.imaging.spec import Format, RenderSpec
from tests.imaging.making import image, notes, shown

SIDE = 40


def behind(**attributes: Any) -> Dataset:
    return image(np.full((SIDE, SIDE), 200, np.uint8), WindowCenter=128, WindowWidth=256, **attributes)


RECTANGLE: dict[str, Any] = {
    "ShutterShape": "RECTANGULAR",
    "ShutterLeftVerticalEdge": 11,
    "ShutterRightVerticalEdge": 30,
    "ShutterUpperHorizontalEdge": 6,
    "ShutterLowerHorizontalEdge": 35,
}
CIRCLE: dict[str, Any] = {
    "ShutterShape": "CIRCULAR",
    "CenterOfCircularShutter": [21, 21],
    "RadiusOfCircularShutter": 10,
}
TRIANGLE: dict[str, Any] = {"ShutterShape": "POLYGONAL", "VerticesOfThePolygonalShutter": [1, 1, 1, 40, 40, 1]}


def test_a_rectangle_shows_its_edges_and_all_between(tmp_path: Path) -> None:
    seen = shown(tmp_path, behind(**RECTANGLE)) == 200

    rows, columns = np.nonzero(seen)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (5, 34, 10, 29)
    assert seen[5:35, 10:30].all()
    assert "A shutter of the file hides a part of it" in notes(tmp_path, behind(**RECTANGLE))


def test_a_circle_shows_what_lies_within_its_radius(tmp_path: Path) -> None:
    seen = shown(tmp_path, behind(**CIRCLE)) == 200

    down, across = np.mgrid[1 : SIDE + 1, 1 : SIDE + 1] - 21
    assert np.array_equal(seen, down**2 + across**2 <= 100)


def test_a_polygon_shows_what_lies_between_its_vertices(tmp_path: Path) -> None:
    seen = shown(tmp_path, behind(**TRIANGLE)) == 200

    corners_and_middle = [bool(seen[spot]) for spot in ((0, 0), (0, 39), (39, 0), (15, 15), (39, 39), (30, 30))]
    assert corners_and_middle == [True, True, True, True, False, False]


def test_several_shapes_hide_together(tmp_path: Path) -> None:
    both = {**RECTANGLE, **CIRCLE, "ShutterShape": ["RECTANGULAR", "CIRCULAR"]}
    alone = [shown(tmp_path, behind(**one)) == 200 for one in (RECTANGLE, CIRCLE)]

    assert np.array_equal(shown(tmp_path, behind(**both)) == 200, alone[0] & alone[1])


def test_the_hidden_part_has_the_shade_the_file_asks_for(tmp_path: Path) -> None:
    picture = shown(tmp_path, behind(**RECTANGLE, ShutterPresentationValue=0x8000))

    assert picture[0, 0] == 128


def test_inverting_the_picture_does_not_light_up_what_is_hidden(tmp_path: Path) -> None:
    picture = shown(tmp_path, behind(**RECTANGLE), RenderSpec(format=Format.PNG, invert=True))

    assert (picture[0, 0], picture[20, 20]) == (0, 55)


def test_the_pixels_alone_are_without_it(tmp_path: Path) -> None:
    assert (shown(tmp_path, behind(**RECTANGLE), RenderSpec(format=Format.PNG, plain=True)) == 200).all()


def test_a_shutter_that_all_frames_share_is_one_too(tmp_path: Path) -> None:
    item, group = Dataset(), Dataset()
    for keyword, value in RECTANGLE.items():
        setattr(item, keyword, value)
    group.FrameDisplayShutterSequence = Sequence([item])

    picture = shown(tmp_path, behind(SharedFunctionalGroupsSequence=Sequence([group])))

    assert (picture[0, 0], picture[20, 20]) == (0, 200)


@pytest.mark.parametrize(
    "shutter",
    [
        {"ShutterShape": "STAR"},
        {"ShutterShape": "RECTANGULAR", "ShutterLeftVerticalEdge": 3},
        {**CIRCLE, "RadiusOfCircularShutter": 0},
        {**TRIANGLE, "VerticesOfThePolygonalShutter": [1, 1]},
        {**RECTANGLE, "ShutterLeftVerticalEdge": 500, "ShutterRightVerticalEdge": 600},
    ],
)
def test_a_shutter_that_makes_no_sense_hides_nothing(tmp_path: Path, shutter: dict[str, Any]) -> None:
    assert (shown(tmp_path, behind(**shutter)) == 200).all()
