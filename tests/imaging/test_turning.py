"""A whole body, looked at from any side: its marked corner is where who looks from there expects it."""

import io
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dicomgallery.imaging.refusals import CannotRenderError
from dicomgallery.imaging.spec import Window
from dicomgallery.imaging.volumes.small import LONGEST, SMALL, SMALL_COLUMNS, size_of, small_of
from dicomgallery.imaging.volumes.turn import Shows, Turn
from dicomgallery.imaging.volumes.turned import draw
from dicomgallery.imaging.volumes.volume import ABOUT, SLICES, Volume
from tests.volumes import AIR, BODY, MARK, SIZE_MM, WAYS, Picture, built, corner_of_mark, scan

ALL = Window(center=(AIR + MARK) / 2, width=MARK - AIR)
WIDTH_MM, DEPTH_MM, HEIGHT_MM = SIZE_MM
SEEN_FROM = {
    "front": (0, 0, ("top", "right"), (HEIGHT_MM, WIDTH_MM)),
    "left": (90, 0, ("top", "left"), (HEIGHT_MM, DEPTH_MM)),
    "back": (180, 0, ("top", "left"), (HEIGHT_MM, WIDTH_MM)),
    "right": (270, 0, ("top", "right"), (HEIGHT_MM, DEPTH_MM)),
    "head": (0, 90, ("bottom", "right"), (DEPTH_MM, WIDTH_MM)),
    "feet": (0, -90, ("top", "right"), (DEPTH_MM, WIDTH_MM)),
}
"""Angle and tilt, where the left, front, head corner is seen, and how high and wide the body is."""


def seen(folder: Path, turn: Turn) -> Picture:
    return np.asarray(Image.open(io.BytesIO(draw(folder, turn).data)))


def size_mm(shown: Picture, folder: Path) -> tuple[float, float]:
    """Height and width of the body on a picture."""
    found = np.argwhere(shown > 60)
    high, wide = found.max(axis=0) - found.min(axis=0) + 1
    (levels, rows, columns), side_mm = size_of(Volume.read(folder))
    sides = [levels, rows, columns]
    # These volumes are as high as wide: the picture holds them while they turn.
    pixel_mm = side_mm * np.hypot(max(sides), max(sides)) / 512
    return float(high * pixel_mm), float(wide * pixel_mm)


@pytest.mark.parametrize(("plane", "feet_first", "downwards"), WAYS)
def test_the_marked_corner_is_where_who_looks_expects_it(
    tmp_path: Path, plane: str, feet_first: bool, downwards: bool
) -> None:
    built(scan(plane, feet_first=feet_first, downwards=downwards, pixel_mm=(2.0, 2.0)), tmp_path)

    for name, (angle, tilt, corner, expected_mm) in SEEN_FROM.items():
        shown = seen(tmp_path, Turn(angle, tilt, window=ALL))
        assert corner_of_mark(shown) == corner, name
        assert size_mm(shown, tmp_path) == pytest.approx(expected_mm, abs=4), name


def test_cubes_are_cubes_whatever_the_spacing(tmp_path: Path) -> None:
    """From the front and from the left the body is as high, wide and deep as it is, in square millimeters."""
    built(scan(step_mm=4.0, pixel_mm=(0.5, 1.0)), tmp_path)

    volume = Volume.read(tmp_path)
    shape, side_mm = size_of(volume)
    small = small_of(tmp_path, volume)

    assert shape == (176, 176, 176)
    assert side_mm == 0.5
    assert small.slices.shape == shape
    assert np.array_equal(small.slices.transpose(2, 0, 1), small.columns)
    for name in ("front", "left"):
        angle, tilt, corner, expected_mm = SEEN_FROM[name]
        shown = seen(tmp_path, Turn(angle, tilt, window=ALL))
        assert corner_of_mark(shown) == corner
        assert size_mm(shown, tmp_path) == pytest.approx(expected_mm, abs=4.2)


def test_nothing_is_larger_than_256_cubes_and_each_is_the_mean_of_what_it_covers(tmp_path: Path) -> None:
    shape = (600, 40, 300)
    numbers = np.arange(600, dtype=np.int16)[:, None, None] + np.zeros(shape, np.int16)
    np.save(tmp_path / SLICES, numbers)
    volume = volume_of(shape, (1.0, 1.0, 1.0))

    small = small_of(tmp_path, volume)

    assert max(small.slices.shape) == LONGEST
    assert small.slices.shape == (256, 17, 128)
    means = np.asarray(small.slices)[:, 5, 5].astype(float)
    assert np.allclose(means[2:-2], (np.arange(256) + 0.5)[2:-2] * 600 / 256 - 0.5, atol=1)


def test_a_slanted_look_meets_the_mark_in_the_middle_of_its_path(tmp_path: Path) -> None:
    """Along any direction the projection of the mark's middle is where geometry says."""
    built(scan(step_mm=2.0, pixel_mm=(2.0, 2.0)), tmp_path)
    middle = np.asarray((WIDTH_MM, -DEPTH_MM, HEIGHT_MM)) / 3
    (levels, _, _), side_mm = size_of(Volume.read(tmp_path))
    pixel_mm = side_mm * levels * np.sqrt(2) / 512

    for angle, tilt in ((20, 0), (50, 10), (130, -35), (220, 60), (310, 85)):
        turn = Turn(angle, tilt, window=ALL)
        found = np.argwhere(seen(tmp_path, turn) > 215).mean(axis=0) - 255.5
        expected = np.asarray((middle @ np.asarray(turn.gaze.down), middle @ np.asarray(turn.gaze.across))) / pixel_mm
        # A cube is eight pixels wide.
        assert found == pytest.approx(expected, abs=6), (angle, tilt)


def test_highest_mean_and_lowest_values_lie_in_this_order(tmp_path: Path) -> None:
    built(scan(pixel_mm=(2.0, 2.0)), tmp_path)

    high, mean, low = (
        seen(tmp_path, Turn(30, 20, shows, window=ALL)).astype(int) for shows in (Shows.MIP, Shows.MEAN, Shows.MINIP)
    )

    assert (low <= mean).all()
    assert (mean <= high).all()
    assert high.max() > 250
    assert low.max() == 0


def test_a_mean_without_a_window_is_spread_over_all_grays(tmp_path: Path) -> None:
    built(scan(pixel_mm=(2.0, 2.0)), tmp_path)

    shown = seen(tmp_path, Turn(shows=Shows.MEAN))

    assert shown[0, 0] == 0
    assert shown.max() == 255


def test_a_surface_begins_at_its_threshold_and_is_lit_where_it_faces_the_light(tmp_path: Path) -> None:
    built(scan(), tmp_path)
    turn = Turn(0, 0, Shows.SURFACE, threshold=(AIR + BODY) / 2)

    body = seen(tmp_path, turn)
    mark = seen(tmp_path, Turn(0, 0, Shows.SURFACE, threshold=(BODY + MARK) / 2))
    from_above = seen(tmp_path, Turn(0, 40, Shows.SURFACE, threshold=(AIR + BODY) / 2))
    from_below = seen(tmp_path, Turn(0, -40, Shows.SURFACE, threshold=(AIR + BODY) / 2))

    assert size_mm(body, tmp_path) == pytest.approx((HEIGHT_MM, WIDTH_MM), abs=3)
    assert size_mm(mark, tmp_path) == pytest.approx((HEIGHT_MM / 3, WIDTH_MM / 3), abs=3)
    rows, columns = np.nonzero(body > 60)
    assert mark[rows.min() : rows.mean().astype(int), columns.mean().astype(int) :].max() > 100
    # The light comes from above: the upper face shines, the lower one lies in the dark.
    assert from_above[:256][from_above[:256] > 20].mean() > from_below[256:][from_below[256:] > 20].mean()


def test_falling_numbers_show_the_same_values(tmp_path: Path) -> None:
    """A slope below zero turns high and low about; the picture does not change."""
    datasets = scan(pixel_mm=(2.0, 2.0))
    rising, falling = tmp_path / "rising", tmp_path / "falling"
    for folder in (rising, falling):
        folder.mkdir()
    built(datasets, rising)
    for one in datasets:
        stored = np.frombuffer(one.PixelData, "<i2")
        one.PixelData = (2000 - stored).astype("<i2").tobytes()
        one.RescaleSlope, one.RescaleIntercept = "-1", str(2000 - 1024)
    built(datasets, falling)

    for turn in (Turn(40, 20, window=ALL), Turn(40, 20, Shows.SURFACE, threshold=-300)):
        one, other = (seen(folder, turn).astype(int) for folder in (rising, falling))
        assert np.abs(one - other).max() <= 1


def test_the_small_copy_is_kept_and_one_that_is_damaged_is_made_again(tmp_path: Path) -> None:
    built(scan(step_mm=4.0), tmp_path)
    first = seen(tmp_path, Turn(30))
    (tmp_path / SMALL).write_bytes(b"nonsense")
    again = seen(tmp_path, Turn(30))
    np.save(tmp_path / SMALL_COLUMNS, np.zeros((2, 2, 2), np.int16))
    third = seen(tmp_path, Turn(90))

    assert np.array_equal(first, again)
    assert third.max() > 200
    assert np.load(tmp_path / SMALL).shape == (88, 88, 88)
    assert not list(tmp_path.glob(".*"))


def test_one_image_alone_is_seen_from_every_side(tmp_path: Path) -> None:
    np.save(tmp_path / SLICES, np.full((1, 1, 8), 100, np.int16))
    volume_of((1, 1, 8), (5.0, 1.0, 1.0)).write(tmp_path)

    for shows in Shows:
        for angle, tilt in ((0, 0), (90, 45), (10, 90)):
            assert seen(tmp_path, Turn(angle, tilt, shows)).shape == (512, 512)


@pytest.mark.parametrize("values", [{"angle": float("nan")}, {"tilt": 91}, {"voi": 0}, {"threshold": float("inf")}])
def test_a_turn_out_of_bounds_is_none(values: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"degrees|window|value"):
        Turn(**values)  # type: ignore[arg-type]


def test_a_turn_crosses_a_process_whole() -> None:
    turn = Turn(725, -30, Shows.SURFACE, Window(40, 400), threshold=250, invert=True)

    assert turn.angle == 5
    assert Turn.from_fields(turn.as_fields()) == turn


def test_a_volume_that_is_gone_is_no_picture(tmp_path: Path) -> None:
    built(scan(step_mm=8.0), tmp_path)
    (tmp_path / SLICES).unlink()
    with pytest.raises(CannotRenderError):
        draw(tmp_path, Turn())
    shutil.copy(tmp_path / ABOUT, tmp_path / SLICES)
    with pytest.raises(CannotRenderError):
        draw(tmp_path, Turn())


def volume_of(shape: tuple[int, int, int], steps_mm: tuple[float, float, float]) -> Volume:
    """The account of an axial volume of 16-bit numbers."""
    level, row, column = steps_mm
    return Volume(
        shape=shape, origin=(0.0, 0.0, 0.0), steps=((0.0, 0.0, level), (0.0, row, 0.0), (column, 0.0, 0.0)),
        numbers="int16", slope=1.0, intercept=0.0, unit="HU", windows=(), black=0.0, white=100.0, is_inverse=False,
        missing=(), failed=0,
    )  # fmt: skip
