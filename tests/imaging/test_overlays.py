"""Overlay planes are drawn where the file says, and only there (PS3.3 C.9.2)."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian

from dicomgallery.imaging.spec import Fit, Format, RenderSpec
from tests.imaging.making import image, notes, shown

GRAY = np.full((24, 32), 100, np.uint8)
PLAIN = RenderSpec(format=Format.PNG, plain=True)


def plane(
    dataset: Dataset,
    mask: NDArray[Any],
    *,
    group: int = 0x6000,
    origin: tuple[int, int] = (1, 1),
    kind: str = "G",
    first: int = 1,
    vr: str = "OB",
) -> Dataset:
    """Put an overlay plane of its own bits over a dataset; `mask` may have several frames."""
    frames = mask if mask.ndim == 3 else mask[None]
    dataset.add_new((group, 0x0010), "US", frames.shape[1])
    dataset.add_new((group, 0x0011), "US", frames.shape[2])
    dataset.add_new((group, 0x0040), "CS", kind)
    dataset.add_new((group, 0x0050), "SS", list(origin))
    dataset.add_new((group, 0x0100), "US", 1)
    dataset.add_new((group, 0x0102), "US", 0)
    if mask.ndim == 3:
        dataset.add_new((group, 0x0015), "IS", len(frames))
        dataset.add_new((group, 0x0051), "US", first)
    packed = np.packbits(frames.ravel().astype(np.uint8), bitorder="little").tobytes()
    dataset.add_new((group, 0x3000), vr, packed + b"\0" * (len(packed) % 2))
    return dataset


def dot(row: int, column: int, shape: tuple[int, int] = (24, 32)) -> NDArray[np.bool_]:
    mask = np.zeros(shape, bool)
    mask[row, column] = True
    return mask


def windowed(**attributes: Any) -> Dataset:
    return image(GRAY, WindowCenter=128, WindowWidth=256, **attributes)


def strokes(picture: NDArray[Any], gray: int = 255) -> set[tuple[int, int]]:
    return {(int(row), int(column)) for row, column in zip(*np.nonzero(picture == gray), strict=True)}


def test_a_stroke_is_white_with_a_dark_edge_and_the_rest_is_untouched(tmp_path: Path) -> None:
    picture = shown(tmp_path, plane(windowed(), dot(5, 7)))

    assert strokes(picture) == {(5, 7)}
    assert {(4, 7), (6, 7), (5, 6), (5, 8)} == {
        (int(r), int(c)) for r, c in zip(*np.nonzero(picture == 0), strict=True)
    }
    assert np.count_nonzero(picture == 100) == picture.size - 5
    assert "An overlay plane is drawn over it" in notes(tmp_path, plane(windowed(), dot(5, 7)))


def test_the_pixels_alone_can_be_asked_for(tmp_path: Path) -> None:
    dataset = plane(windowed(), dot(5, 7))

    assert (shown(tmp_path, dataset, PLAIN) == 100).all()
    assert "Its overlays and shutters are left away" in notes(tmp_path, dataset, PLAIN)


@pytest.mark.parametrize(
    ("origin", "lands"), [((3, 5), (7, 11)), ((-1, 0), (3, 6)), ((20, 1), None), ((-40, -40), None), ((900, 1), None)]
)
def test_a_plane_lies_where_its_origin_says_even_beyond_the_image(
    tmp_path: Path, origin: tuple[int, int], lands: tuple[int, int] | None
) -> None:
    picture = shown(tmp_path, plane(windowed(), dot(5, 7), origin=origin))

    assert strokes(picture) == ({lands} if lands else set())


def test_a_region_of_interest_is_an_outline_that_hides_nothing_inside(tmp_path: Path) -> None:
    mask = np.zeros((24, 32), bool)
    mask[4:14, 4:20] = True

    picture = shown(tmp_path, plane(windowed(), mask, kind="R"))

    assert (picture[6:12, 6:18] == 100).all()
    assert strokes(picture) == {
        (row, column) for row in range(4, 14) for column in range(4, 20) if row in (4, 13) or column in (4, 19)
    }


def test_planes_of_several_groups_are_drawn_together(tmp_path: Path) -> None:
    dataset = plane(plane(windowed(), dot(2, 2)), dot(20, 30), group=0x601E)

    assert strokes(shown(tmp_path, dataset)) == {(2, 2), (20, 30)}
    assert "2 overlay planes are drawn over it" in notes(tmp_path, dataset)


def test_each_frame_has_the_plane_that_belongs_to_it(tmp_path: Path) -> None:
    several = image(np.repeat(GRAY[None], 4, axis=0), frames=True, WindowCenter=128, WindowWidth=256)
    dataset = plane(several, np.stack([dot(1, 1), dot(2, 2)]), first=2)

    seen = [strokes(shown(tmp_path, dataset, RenderSpec(frame=number, format=Format.PNG))) for number in (1, 2, 3, 4)]

    assert seen == [set(), {(1, 1)}, {(2, 2)}, set()]


def test_a_single_plane_lies_over_every_frame(tmp_path: Path) -> None:
    several = image(np.repeat(GRAY[None], 3, axis=0), frames=True, WindowCenter=128, WindowWidth=256)
    dataset = plane(several, dot(3, 4))

    assert all(
        strokes(shown(tmp_path, dataset, RenderSpec(frame=number, format=Format.PNG))) == {(3, 4)} for number in (1, 3)
    )


@pytest.mark.parametrize("bit", [12, 15])
def test_a_plane_in_unused_bits_of_the_pixels_is_drawn_and_is_no_part_of_their_value(tmp_path: Path, bit: int) -> None:
    stored = np.full((24, 32), 2048, np.uint16)
    stored[5, 7] |= 1 << bit
    dataset = image(stored, BitsStored=12, HighBit=11, WindowCenter=2048, WindowWidth=4096)
    for element, value in ((0x0010, 24), (0x0011, 32), (0x0100, 16), (0x0102, bit)):
        dataset.add_new((0x6000, element), "US", value)
    dataset.add_new((0x6000, 0x0050), "SS", [1, 1])

    assert strokes(shown(tmp_path, dataset)) == {(5, 7)}
    assert shown(tmp_path, dataset, PLAIN).max() == shown(tmp_path, dataset, PLAIN).min() == 128


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ExplicitVRBigEndian])
def test_bits_in_words_are_read_in_the_order_of_the_file(tmp_path: Path, syntax: str) -> None:
    dataset = plane(windowed(), dot(5, 7), vr="OW")
    if syntax == ExplicitVRBigEndian:
        value = dataset[0x6000, 0x3000].value
        dataset[0x6000, 0x3000].value = np.frombuffer(value, "<u2").astype(">u2").tobytes()

    assert strokes(shown(tmp_path, dataset, syntax=syntax)) == {(5, 7)}


@pytest.mark.parametrize(
    ("element", "vr", "value"),
    [
        (0x0010, "US", 0),
        (0x0011, "US", 65535),
        (0x0050, "SS", [1]),
        (0x0015, "IS", -5),
        (0x3000, "OB", b""),
        (0x0040, "CS", "?"),
    ],
)
def test_a_plane_that_contradicts_itself_spoils_no_picture(tmp_path: Path, element: int, vr: str, value: Any) -> None:
    dataset = plane(windowed(), dot(5, 7))
    dataset.add_new((0x6000, element), vr, value)

    assert shown(tmp_path, dataset).shape == (24, 32)


def test_a_thumbnail_is_cut_through_picture_and_overlay_alike(tmp_path: Path) -> None:
    wide = image(np.full((32, 96), 100, np.uint8), WindowCenter=128, WindowWidth=256)
    mask = np.zeros((32, 96), bool)
    mask[10:22, 42:54] = True
    mask[:, :8] = True

    picture = shown(tmp_path, plane(wide, mask), RenderSpec(width=32, fit=Fit.COVER, format=Format.PNG))

    assert picture.shape == (32, 32)
    assert (picture[11:21, 11:21] == 255).all()
    assert (picture[:, :8] == 100).all()
