"""Planes through a body whose left, front, head corner is marked: it is where radiologists expect it."""

from pathlib import Path

import numpy as np
import pytest

from dicomgallery.dicom.grids import View, sight_of
from dicomgallery.imaging.refusals import CannotRenderError
from dicomgallery.imaging.spec import Window
from dicomgallery.imaging.volumes.building import build
from dicomgallery.imaging.volumes.canvas import canvas_of
from dicomgallery.imaging.volumes.plan import Piece, Plan
from dicomgallery.imaging.volumes.planes import size_of
from dicomgallery.imaging.volumes.spec import Mode, PlaneSpec, Slant
from dicomgallery.imaging.volumes.volume import ABOUT, COLUMNS, SLICES, Volume
from tests import enhanced, volumes
from tests.volumes import AIR, BODY, MARK, SIZE_MM, WAYS, body_mm, built, corner_of_mark, picture, scan

ALL = Window(center=(AIR + MARK) / 2, width=MARK - AIR)
WIDTH_MM, DEPTH_MM, HEIGHT_MM = SIZE_MM
# A plane through the mark in each view, where the mark must be seen, and which letters stand at the sides.
EXPECTED = {
    View.AXIAL: (("top", "right"), {"top": "A", "right": "L", "bottom": "P", "left": "R"}, (DEPTH_MM, WIDTH_MM)),
    View.CORONAL: (("top", "right"), {"top": "H", "right": "L", "bottom": "F", "left": "R"}, (HEIGHT_MM, WIDTH_MM)),
    View.SAGITTAL: (("top", "left"), {"top": "H", "right": "P", "bottom": "F", "left": "A"}, (HEIGHT_MM, DEPTH_MM)),
}
TOWARDS = {View.AXIAL: (2, 1), View.CORONAL: (1, -1), View.SAGITTAL: (0, 1)}
"""The axis that a view counts its planes along, and on which side of it the mark is."""


def through_mark(volume: Volume, view: View) -> int:
    """The number of the plane of a view that cuts the middle of the mark."""
    sight = volume.sight(view)
    axis, side = TOWARDS[view]
    return round((side * SIZE_MM[axis] / 3 - sight.start_mm) / sight.depth.step_mm) + 1


@pytest.mark.parametrize(("plane", "feet_first", "downwards"), WAYS)
def test_the_marked_corner_is_where_a_radiologist_expects_it(
    tmp_path: Path, plane: str, feet_first: bool, downwards: bool
) -> None:
    built(scan(plane, feet_first=feet_first, downwards=downwards), tmp_path)
    volume = Volume.read(tmp_path)

    for view, (corner, letters, size_mm) in EXPECTED.items():
        shown = picture(tmp_path, PlaneSpec(view, through_mark(volume, view), window=ALL))
        assert corner_of_mark(shown) == corner, view
        assert volume.sight(view).sides == letters, view
        assert body_mm(shown, 1.0) == pytest.approx(size_mm, abs=2.1), view


@pytest.mark.parametrize("pixel_mm", [(1.0, 1.0), (0.5, 0.5), (0.5, 0.8), (2.0, 1.0)])
def test_millimeters_are_square_whatever_the_spacing(tmp_path: Path, pixel_mm: tuple[float, float]) -> None:
    built(scan(pixel_mm=pixel_mm, step_mm=4.0), tmp_path)
    volume = Volume.read(tmp_path)

    for view, (_, _, size_mm) in EXPECTED.items():
        sight = volume.sight(view)
        finer_mm = min(sight.across.step_mm, sight.down.step_mm)
        shown = picture(tmp_path, PlaneSpec(view, through_mark(volume, view), window=ALL))
        assert shown.shape == size_of(sight)[::-1]
        assert body_mm(shown, finer_mm) == pytest.approx(size_mm, abs=4.2), view


def test_a_stack_that_leans_is_set_upright(tmp_path: Path) -> None:
    """Of a gantry that leans by 20 degrees the sagittal plane shows the body as large and square as it is."""
    grid = built(scan(lean_mm=0.728), tmp_path)
    volume = Volume.read(tmp_path)

    shown = picture(tmp_path, PlaneSpec(View.SAGITTAL, through_mark(volume, View.SAGITTAL), window=ALL))

    assert "leans by 20.0" in grid.notes[0]
    assert grid.rows > 88
    assert corner_of_mark(shown) == ("top", "left")
    assert body_mm(shown, 1.0) == pytest.approx((HEIGHT_MM, DEPTH_MM), abs=2.1)
    edges = [int(np.argwhere(row > 60).min()) for row in shown[45:80] if (row > 60).any()]
    assert max(edges) - min(edges) <= 1


def test_an_oblique_scan_keeps_its_own_axes_and_says_so(tmp_path: Path) -> None:
    grid = built(scan(nod_degrees=25), tmp_path)

    sights = {view: sight_of(grid.shape, grid.origin, grid.steps, view) for view in View}

    assert sights[View.AXIAL].name == "Oblique, nearly axial"
    assert sights[View.AXIAL].sides == {"top": "AF", "right": "L", "bottom": "PH", "left": "R"}
    assert sights[View.SAGITTAL].name == "Sagittal"


def test_a_slab_shows_its_highest_its_lowest_or_its_mean(tmp_path: Path) -> None:
    built(scan(), tmp_path)
    thick = {
        mode: picture(tmp_path, PlaneSpec(View.CORONAL, slab_mm=88, mode=mode, window=ALL)).astype(int)[44, 44 + 16]
        for mode in Mode
    }

    def gray(value: float) -> float:
        return (value - AIR) / (MARK - AIR) * 255

    marked_mm = DEPTH_MM / 2 - DEPTH_MM / 6
    expected = (marked_mm * MARK + (DEPTH_MM - marked_mm) * BODY + (88 - DEPTH_MM) * AIR) / 88
    assert thick[Mode.MINIP] == pytest.approx(gray(AIR), abs=2)
    assert thick[Mode.MIP] in (pytest.approx(gray(BODY), abs=2), pytest.approx(gray(MARK), abs=2))
    assert gray(AIR) < thick[Mode.MEAN] < gray(MARK)
    assert picture(tmp_path, PlaneSpec(View.CORONAL, slab_mm=88, mode=Mode.MIP, window=ALL)).max() >= gray(MARK) - 2
    high = picture(tmp_path, PlaneSpec(View.CORONAL, slab_mm=88, mode=Mode.MEAN, window=ALL))[29, 44 + 16]
    assert int(high) == pytest.approx(gray(expected), abs=4)


def test_missing_slices_stay_empty_and_are_left_out_of_slabs(tmp_path: Path) -> None:
    datasets = scan()
    del datasets[20:23]
    grid = built(datasets, tmp_path)
    volume = Volume.read(tmp_path)

    alone = picture(tmp_path, PlaneSpec(View.AXIAL, 22, window=ALL))
    lowest = picture(tmp_path, PlaneSpec(View.AXIAL, 22, slab_mm=12, mode=Mode.MINIP, window=ALL))

    assert grid.notes[0].startswith("3 slices are missing between")
    assert volume.missing == (20, 21, 22)
    assert alone.max() == 0
    assert lowest[44, 44] > 100


def test_images_with_scales_of_their_own_become_values(tmp_path: Path) -> None:
    datasets = scan()
    for number, one in enumerate(datasets):
        one.RescaleSlope = f"{1 + number / 100:.6g}"
    built(datasets, tmp_path)
    volume = Volume.read(tmp_path)

    assert (volume.numbers, volume.slope, volume.intercept) == ("float32", 1.0, 0.0)
    numbers = volume.array(tmp_path, SLICES)
    assert numbers[30, 44, 44] == pytest.approx((BODY + 1024) * 1.30 - 1024, rel=1e-5)


def test_both_arrays_hold_the_same_numbers(tmp_path: Path) -> None:
    built(scan(step_mm=4), tmp_path)
    volume = Volume.read(tmp_path)

    slices, columns = volume.array(tmp_path, SLICES), volume.array(tmp_path, COLUMNS)

    assert volume.numbers == "int16"
    assert np.array_equal(slices.transpose(2, 0, 1), columns)


def test_a_few_broken_images_leave_a_level_empty_and_more_end_it(tmp_path: Path) -> None:
    datasets = scan()
    datasets[7].PixelData = datasets[7].PixelData[:40]
    built(datasets, tmp_path)
    assert Volume.read(tmp_path).failed == 1

    for one in datasets[10:20]:
        one.PixelData = one.PixelData[:40]
    with pytest.raises(CannotRenderError, match="Its images cannot be read"):
        built(datasets, tmp_path)


def test_colors_make_no_volume(tmp_path: Path) -> None:
    datasets = scan()
    for one in datasets:
        one.SamplesPerPixel, one.PhotometricInterpretation, one.PlanarConfiguration = 3, "RGB", 0
        one.BitsAllocated = one.BitsStored = 8
        one.HighBit = 7
        one.PixelRepresentation = 0
        one.PixelData = bytes(one.Rows * one.Columns * 3)

    with pytest.raises(CannotRenderError, match="in color"):
        built(datasets, tmp_path)


@pytest.mark.parametrize("about", ["", "{}", '{"shape": [1, 2]}', "[]", '{"shape": "x"}'])
def test_an_account_that_makes_no_sense_is_no_picture(tmp_path: Path, about: str) -> None:
    (tmp_path / ABOUT).write_text(about)

    with pytest.raises(CannotRenderError):
        picture(tmp_path, PlaneSpec(View.AXIAL))


def test_an_array_that_is_not_as_said_is_no_picture(tmp_path: Path) -> None:
    built(volumes.scan(step_mm=4), tmp_path)
    np.save(tmp_path / SLICES, np.zeros((2, 2, 2), np.int16))

    with pytest.raises(CannotRenderError):
        picture(tmp_path, PlaneSpec(View.AXIAL))


def test_a_slanted_plane_shows_what_is_there(tmp_path: Path) -> None:
    built(scan(step_mm=1.5, pixel_mm=(0.8, 1.0)), tmp_path)
    volume = Volume.read(tmp_path)
    slant = Slant((0.3, -0.5, 0.8), (14.0, -20.0, 13.0))

    shown = picture(tmp_path, PlaneSpec(View.AXIAL, slant=slant, window=ALL)).astype(float)

    canvas = canvas_of(volume, slant)
    y, x = np.mgrid[0 : canvas.height, 0 : canvas.width]
    points = (
        np.asarray(canvas.start)
        + x[..., None] * canvas.pixel_mm * np.asarray(canvas.plane.across)
        + y[..., None] * canvas.pixel_mm * np.asarray(canvas.plane.down)
    )
    assert np.allclose(points @ np.asarray(slant.normal), np.dot(slant.point or (), slant.normal))
    expected = (volumes.body(points) - AIR) / (MARK - AIR) * 255
    assert shown.shape == expected.shape
    # Only where the body ends, and where the mark does, is there anything between.
    assert (np.abs(shown - expected) < 2).mean() > 0.95
    assert (expected > 200).sum() > 100


def test_a_plane_that_is_not_slanted_is_the_same_either_way(tmp_path: Path) -> None:
    built(scan(), tmp_path)
    volume = Volume.read(tmp_path)
    index = through_mark(volume, View.AXIAL)
    height = volume.sight(View.AXIAL).position_mm(index - 1)

    straight = picture(tmp_path, PlaneSpec(View.AXIAL, index, window=ALL)).astype(int)
    slanted = picture(tmp_path, PlaneSpec(View.AXIAL, slant=Slant((0, 0, 2), (0, 0, height)), window=ALL)).astype(int)

    assert np.abs(straight[:87, :87] - slanted[:87, :87]).max() <= 1


def test_a_slanted_slab_shows_its_highest_and_its_lowest(tmp_path: Path) -> None:
    built(scan(), tmp_path)
    slant = Slant((0.2, 0.1, 1.0))
    one, high, mean, low = (
        picture(tmp_path, PlaneSpec(View.AXIAL, slant=slant, slab_mm=slab, mode=mode, window=ALL)).astype(int)
        for slab, mode in ((0, Mode.MEAN), (30, Mode.MIP), (30, Mode.MEAN), (30, Mode.MINIP))
    )

    assert (low <= mean).all()
    assert (mean <= high).all()
    assert high.max() > 250
    assert one.max() < 200


def test_frames_with_scales_and_windows_of_their_own_become_values(tmp_path: Path) -> None:
    frames: list[enhanced.Groups] = [
        {
            "PixelValueTransformation": {"RescaleSlope": str(number), "RescaleIntercept": "0", "RescaleType": "US"},
            "FrameVOILUT": {"WindowCenter": str(100 * number), "WindowWidth": "50"},
        }
        for number in (1, 2, 3)
    ]
    one = enhanced.enhanced(frames)
    path = tmp_path / "frames.dcm"
    path.write_bytes(enhanced.as_file(one))
    pieces = tuple(Piece(0, frame, frame, 0.0, 0.0) for frame in range(3))
    steps = ((0.0, 0.0, 2.0), (0.0, 1.0, 0.0), (1.0, 0.0, 0.0))
    list(build(Plan((str(path),), pieces, (3, one.Rows, one.Columns), (0.0, 0.0, 0.0), steps), tmp_path))

    volume = Volume.read(tmp_path)
    stored = np.frombuffer(one.PixelData, "<u2").reshape(3, one.Rows, one.Columns)
    assert volume.numbers == "float32"
    assert (volume.array(tmp_path, SLICES) == stored * np.asarray([1, 2, 3])[:, np.newaxis, np.newaxis]).all()
    assert [window.center for window in volume.windows] == [200]
