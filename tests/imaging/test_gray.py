"""Gray pictures follow the standard's formulas to within one gray level."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRBigEndian

from dicomgallery.imaging.gray import named_ways
from dicomgallery.imaging.refusals import CannotRenderError, RenderReason
from dicomgallery.imaging.render import render
from dicomgallery.imaging.spec import THUMBNAIL, Format, RenderSpec, Window
from tests.imaging.making import PNG, image, notes, pixels, ramp, saved, shown


def linear(values: NDArray[Any], center: float, width: float) -> NDArray[Any]:
    """PS3.3 C.11.2.1.2.1, word for word."""
    below = values <= center - 0.5 - (width - 1) / 2
    above = values > center - 0.5 + (width - 1) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        between = ((values - (center - 0.5)) / (width - 1) + 0.5) * 255
    return np.where(below, 0, np.where(above, 255, between))


def linear_exact(values: NDArray[Any], center: float, width: float) -> NDArray[Any]:
    """PS3.3 C.11.2.1.3.2, word for word."""
    between = ((values - center) / width + 0.5) * 255
    return np.where(values <= center - width / 2, 0, np.where(values > center + width / 2, 255, between))


def sigmoid(values: NDArray[Any], center: float, width: float) -> NDArray[Any]:
    """PS3.3 C.11.2.1.3.1, word for word."""
    with np.errstate(over="ignore"):
        return np.asarray(255 / (1 + np.exp(-4 * (values - center) / width)))


@pytest.mark.parametrize(
    ("function", "formula"), [("LINEAR", linear), ("LINEAR_EXACT", linear_exact), ("SIGMOID", sigmoid)]
)
@pytest.mark.parametrize(("center", "width"), [(40, 400), (-600, 1500), (100.5, 3), (0, 4096)])
def test_a_window_of_the_file_follows_its_function(
    tmp_path: Path, function: str, formula: Any, center: float, width: float
) -> None:
    stored = ramp(-1024, 1100, np.int16)
    dataset = image(stored, WindowCenter=center, WindowWidth=width, VOILUTFunction=function)

    seen = shown(tmp_path, dataset)

    assert np.abs(seen - formula(stored.astype(float), center, width)).max() <= 1


def test_a_window_of_width_one_is_a_clean_threshold(tmp_path: Path) -> None:
    stored = ramp(0, 100)

    seen = shown(tmp_path, image(stored, WindowCenter=50, WindowWidth=1))

    assert np.array_equal(seen, np.where(stored >= 50, 255, 0))


def test_the_first_of_several_windows_is_used_and_named(tmp_path: Path) -> None:
    dataset = image(ramp(-1000, 1000, np.int16), Modality="CT", WindowCenter=[-600, 40], WindowWidth=[1500, 400])

    assert notes(tmp_path, dataset) == "Window 1500 / -600 (Lung) from the file, 1 of 2"


def test_a_window_asked_for_beats_the_one_in_the_file(tmp_path: Path) -> None:
    stored = ramp(0, 4095)
    dataset = image(stored, WindowCenter=40, WindowWidth=400)

    seen = shown(tmp_path, dataset, RenderSpec(window=Window(2000, 1000), format=Format.PNG))

    assert np.abs(seen - linear(stored.astype(float), 2000, 1000)).max() <= 1


def test_rescale_comes_before_the_window(tmp_path: Path) -> None:
    stored = ramp(0, 4095)
    dataset = image(stored, RescaleSlope=2.5, RescaleIntercept=-1024, WindowCenter=40, WindowWidth=400)

    seen = shown(tmp_path, dataset)

    assert np.abs(seen - linear(stored * 2.5 - 1024, 40, 400)).max() <= 1


def test_a_rescale_that_turns_values_over_turns_the_picture_over(tmp_path: Path) -> None:
    stored = ramp(0, 1000)
    dataset = image(stored, RescaleSlope=-1, RescaleIntercept=1000, WindowCenter=500, WindowWidth=1000)

    seen = shown(tmp_path, dataset)

    assert np.abs(seen - linear(1000.0 - stored, 500, 1000)).max() <= 1


def lut(first: int, entries: NDArray[Any], bits: int) -> Dataset:
    """An item of a Modality or VOI LUT Sequence."""
    item = Dataset()
    item.add_new(0x00283002, "US", [entries.size & 0xFFFF, first & 0xFFFF, bits])
    item.add_new(0x00283006, "OW", entries.astype("<u2").tobytes())
    item.LUTExplanation = "BENT"
    item.ModalityLUTType = "US"
    return item


def test_a_voi_lut_maps_values_and_clamps_at_both_ends(tmp_path: Path) -> None:
    stored = ramp(0, 2000)
    entries = (np.linspace(0, 1, 1000) ** 2 * 4095).round()
    dataset = image(stored, VOILUTSequence=Sequence([lut(500, entries, 12)]), WindowCenter=5, WindowWidth=10)

    seen = shown(tmp_path, dataset)

    expected = entries[np.clip(stored.astype(int) - 500, 0, 999)] / 4095 * 255
    assert np.abs(seen - expected).max() <= 1
    assert notes(tmp_path, dataset) == "VOI LUT (BENT) from the file, 1 of 1"


def test_a_modality_lut_comes_before_the_window(tmp_path: Path) -> None:
    stored = ramp(0, 1023)
    entries = (np.sqrt(np.arange(1024) / 1023) * 60_000).round()
    dataset = image(
        stored, ModalityLUTSequence=Sequence([lut(0, entries, 16)]), WindowCenter=30_000, WindowWidth=60_000
    )

    seen = shown(tmp_path, dataset)

    assert np.abs(seen - linear(entries[stored.astype(int)], 30_000, 60_000)).max() <= 1


@pytest.mark.parametrize(
    "attributes", [{"PhotometricInterpretation": "MONOCHROME1"}, {"PresentationLUTShape": "INVERSE"}]
)
def test_monochrome1_and_the_inverse_shape_turn_black_and_white_around(
    tmp_path: Path, attributes: dict[str, str]
) -> None:
    stored = ramp(0, 1000)
    window = {"WindowCenter": 500, "WindowWidth": 1000}

    upright, inverse = shown(tmp_path, image(stored, **window)), shown(tmp_path, image(stored, **window, **attributes))

    assert np.array_equal(inverse, 255 - upright)


def test_monochrome1_with_the_inverse_shape_is_turned_around_once(tmp_path: Path) -> None:
    stored = ramp(0, 1000)
    dataset = image(stored, PhotometricInterpretation="MONOCHROME1", PresentationLUTShape="INVERSE")

    assert shown(tmp_path, dataset)[0, 0] == 255


def test_inversion_asked_for_is_the_complement(tmp_path: Path) -> None:
    dataset = image(ramp(0, 1000))

    seen = shown(tmp_path, dataset, RenderSpec(invert=True, format=Format.PNG))

    assert np.array_equal(seen, 255 - shown(tmp_path, dataset))


def test_bits_above_the_high_bit_are_no_part_of_the_value(tmp_path: Path) -> None:
    stored = ramp(0, 4095)
    overlaid = stored.copy()
    overlaid[:, ::2] |= 0x8000
    window = {"WindowCenter": 2048, "WindowWidth": 4096, "BitsStored": 12, "HighBit": 11}

    assert np.array_equal(shown(tmp_path, image(overlaid, **window)), shown(tmp_path, image(stored, **window)))


def test_twelve_bit_signed_values_get_their_sign_back(tmp_path: Path) -> None:
    values = ramp(-1500, 1500, np.int16)
    dataset = image((values & 0x0FFF).astype(np.int16), BitsStored=12, HighBit=11, WindowCenter=0, WindowWidth=2000)

    assert np.abs(shown(tmp_path, dataset) - linear(values.astype(float), 0, 2000)).max() <= 1


def test_values_that_lie_at_the_top_of_their_words_are_brought_down(tmp_path: Path) -> None:
    stored = ramp(0, 4095)
    dataset = image((stored << 4).astype(np.uint16), BitsStored=12, HighBit=15, WindowCenter=2048, WindowWidth=4096)

    assert np.abs(shown(tmp_path, dataset) - linear(stored.astype(float), 2048, 4096)).max() <= 1


@pytest.mark.parametrize("dtype", [np.uint32, np.int32, np.float32, np.float64, np.uint8, np.int8])
def test_numbers_of_every_kind_are_windowed(tmp_path: Path, dtype: Any) -> None:
    top = 100 if np.dtype(dtype).itemsize == 1 else 3_000_000
    low = 0 if np.dtype(dtype).kind == "u" else -top
    stored = ramp(low, top, dtype)
    dataset = image(stored, WindowCenter=top / 4, WindowWidth=top)

    assert np.abs(shown(tmp_path, dataset) - linear(stored.astype(float), top / 4, top)).max() <= 1


def test_float_pixels_that_are_no_numbers_are_shown_as_the_edge_of_the_scale(tmp_path: Path) -> None:
    stored = ramp(0, 1000, np.float32)
    stored[0, :3] = np.nan, np.inf, -np.inf

    seen = shown(tmp_path, image(stored, WindowCenter=500, WindowWidth=1000))

    assert seen[0, :3].tolist() == [0, 255, 0]
    assert np.abs(seen[1:] - linear(stored[1:], 500, 1000)).max() <= 1


def test_big_endian_words_are_the_same_picture(tmp_path: Path) -> None:
    stored = ramp(0, 4000)
    turned = image(stored.astype(">u2"), WindowCenter=2000, WindowWidth=4000)

    assert np.array_equal(
        shown(tmp_path, turned, syntax=ExplicitVRBigEndian),
        shown(tmp_path, image(stored, WindowCenter=2000, WindowWidth=4000)),
    )


def test_one_bit_pixels_are_black_and_white_whatever_frame_they_are_in(tmp_path: Path) -> None:
    masks = np.random.default_rng(1).integers(0, 2, (3, 5, 7), np.uint8)
    dataset = image(masks[0], NumberOfFrames=3, BitsAllocated=1, BitsStored=1, HighBit=0, Modality="SEG")
    dataset.PixelData = np.packbits(masks.ravel(), bitorder="little").tobytes()

    for number in (1, 2, 3):
        seen = shown(tmp_path, dataset, RenderSpec(frame=number, format=Format.PNG))
        assert np.array_equal(seen, masks[number - 1] * 255)


def test_without_a_window_the_values_choose_one_and_padding_has_no_say(tmp_path: Path) -> None:
    stored = ramp(1000, 2000, np.int16)
    stored[:8] = -2000
    dataset = image(stored, PixelPaddingValue=-2000)

    seen = shown(tmp_path, dataset)

    assert seen[8, 0] < 5
    assert seen[-1, -1] == 255
    assert 100 < seen[20, 0] < 155
    assert "chosen from the values" in notes(tmp_path, dataset)


def test_a_ct_without_a_window_is_shown_as_soft_tissue(tmp_path: Path) -> None:
    stored = ramp(0, 2000)
    dataset = image(stored, Modality="CT", RescaleSlope=1, RescaleIntercept=-1024)

    assert "soft tissue" in notes(tmp_path, dataset)
    assert np.abs(shown(tmp_path, dataset) - linear_exact(stored - 1024.0, 40, 400)).max() <= 1


def test_eight_bit_pixels_made_for_a_screen_are_shown_as_they_are(tmp_path: Path) -> None:
    stored = ramp(20, 200, np.uint8)

    assert np.array_equal(shown(tmp_path, image(stored, Modality="US")), stored)


def test_a_dose_is_shown_from_nothing_to_its_highest(tmp_path: Path) -> None:
    stored = ramp(0, 3_000_000_000, np.uint32)
    dataset = image(stored, Modality="RTDOSE", DoseGridScaling=1e-8)

    plain = RenderSpec(format=Format.PNG, plain=True)
    assert np.abs(shown(tmp_path, dataset, plain) - stored / 3_000_000_000 * 255).max() <= 1


@pytest.mark.parametrize(("level", "seen"), [(0, 0), (77, 128)])
def test_a_frame_of_one_value_is_one_gray_and_says_so(tmp_path: Path, level: int, seen: int) -> None:
    dataset = image(np.full((20, 20), level, np.uint16))

    assert np.all(shown(tmp_path, dataset) == seen)
    assert "same value" in notes(tmp_path, dataset)


def test_a_useless_window_is_kept_in_the_full_picture_and_left_in_the_thumbnail(tmp_path: Path) -> None:
    dataset = image(ramp(0, 1000), WindowCenter=20_000, WindowWidth=10)

    assert shown(tmp_path, dataset).max() == 0
    assert "leaves nearly all of this frame black" in notes(tmp_path, dataset)
    assert shown(tmp_path, dataset, THUMBNAIL).max() > 200
    assert "since the file's own leaves nearly all of it black" in notes(tmp_path, dataset, THUMBNAIL)


@pytest.mark.parametrize("window", [{"WindowCenter": "x", "WindowWidth": "y"}, {"WindowCenter": 1, "WindowWidth": 0}])
def test_a_window_that_is_none_is_passed_over(tmp_path: Path, window: dict[str, Any]) -> None:
    dataset = image(ramp(0, 1000))
    dataset.add_new(0x00281050, "LO", str(window["WindowCenter"]))
    dataset.add_new(0x00281051, "LO", str(window["WindowWidth"]))

    assert shown(tmp_path, dataset).max() == 255


@pytest.mark.parametrize(
    ("attributes", "size"),
    [
        ({"PixelSpacing": [2, 1]}, (32, 64)),
        ({"PixelSpacing": [1, 2]}, (64, 32)),
        ({"PixelAspectRatio": [3, 2]}, (32, 48)),
        ({"PixelSpacing": [1, 1.001]}, (32, 32)),
        ({"PixelSpacing": [1, 5000]}, (32, 32)),
        ({"ImagerPixelSpacing": [0, 0]}, (32, 32)),
    ],
)
def test_pixels_that_are_not_square_are_stretched_not_squeezed(
    tmp_path: Path, attributes: dict[str, Any], size: tuple[int, int]
) -> None:
    rendered = render(saved(tmp_path, image(ramp(0, 1000), **attributes)), PNG)

    assert (rendered.width, rendered.height) == size


def test_the_middle_frame_is_shown_unless_one_is_asked_for(tmp_path: Path) -> None:
    stack = np.stack([np.full((8, 8), level, np.uint8) for level in (0, 60, 120, 180, 240)])
    dataset = image(stack, frames=True, WindowCenter=128, WindowWidth=256)

    levels = [
        pixels(render(saved(tmp_path, dataset), RenderSpec(frame=frame, format=Format.PNG)))[0, 0]
        for frame in (None, 1, 2, 5)
    ]

    assert levels == [120, 0, 60, 240]


def several_ways() -> Dataset:
    """A LUT and three windows, one of which no picture can be made with."""
    item = Dataset()
    item.LUTDescriptor, item.LUTExplanation = [256, 0, 8], "SHARPER"
    item.add_new("LUTData", "OW", bytes(255 - number for number in range(256)))
    return image(
        np.tile(np.arange(256, dtype=np.uint8), (4, 1)),
        VOILUTSequence=Sequence([item]),
        WindowCenter=[128, 64, 200],
        WindowWidth=[256, 0, 20],
        WindowCenterWidthExplanation=["ALL", "NONE", "BRIGHT"],
    )


@pytest.mark.parametrize(
    ("number", "at_200", "said"),
    [
        (None, 55, "VOI LUT (SHARPER) from the file, 1 of 1"),
        (1, 55, "VOI LUT (SHARPER) from the file, 1 of 1"),
        (2, 200, "Window 256 / 128 (ALL) from the file, 1 of 3"),
        (3, 134, "Window 20 / 200 (BRIGHT) from the file, 3 of 3"),
    ],
)
def test_each_way_the_file_names_can_be_asked_for(tmp_path: Path, number: int | None, at_200: int, said: str) -> None:
    spec = RenderSpec(voi=number, format=Format.PNG)

    assert shown(tmp_path, several_ways(), spec)[0, 200] == at_200
    assert notes(tmp_path, several_ways(), spec).startswith(said)


def test_the_ways_have_the_names_the_file_gives_them_or_their_numbers() -> None:
    unnamed = image(np.zeros((4, 4), np.uint8), WindowCenter=[40, -600], WindowWidth=[400, 1500])

    assert named_ways(several_ways()) == ["SHARPER", "ALL", "BRIGHT"]
    assert named_ways(unnamed) == ["400 / 40", "1500 / -600"]
    assert named_ways(image(np.zeros((4, 4), np.uint8))) == []


def test_a_window_the_file_does_not_have_is_refused_with_its_number(tmp_path: Path) -> None:
    with pytest.raises(CannotRenderError, match="no window number 4") as refused:
        render(saved(tmp_path, several_ways()), RenderSpec(voi=4))

    assert refused.value.reason is RenderReason.NO_SUCH_WINDOW


@pytest.mark.parametrize(
    ("attributes", "said"),
    [
        ({"Modality": "CT", "RescaleSlope": 1, "RescaleIntercept": -1024}, "Stored values × 1 − 1024, in HU"),
        ({"RescaleSlope": 0.5, "RescaleIntercept": 3, "RescaleType": "OD"}, "Stored values × 0.5 + 3, in OD"),
        ({"RescaleSlope": 2, "RescaleIntercept": 0, "RescaleType": "US"}, "Stored values × 2"),
        ({"PhotometricInterpretation": "MONOCHROME1"}, "Low values are white, as MONOCHROME1 says"),
        ({"PresentationLUTShape": "INVERSE"}, "Low values are white, as its presentation LUT shape says"),
    ],
)
def test_what_was_done_to_the_values_is_told(tmp_path: Path, attributes: dict[str, Any], said: str) -> None:
    assert said in notes(tmp_path, image(ramp(0, 1000), WindowCenter=500, WindowWidth=1000, **attributes)).split("; ")


def test_values_that_nothing_was_done_to_are_not_spoken_of(tmp_path: Path) -> None:
    dataset = image(ramp(0, 1000), WindowCenter=500, WindowWidth=1000, RescaleSlope=1, RescaleIntercept=0)

    assert notes(tmp_path, dataset) == "Window 1000 / 500 from the file, 1 of 1"
