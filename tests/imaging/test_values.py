"""The values of a frame, drawn as their header says, are the picture that the server draws."""

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from dicomgallery.dicom import synthetic
from dicomgallery.imaging.encode import resized
from dicomgallery.imaging.packing import is_packed, packed, unpacked
from dicomgallery.imaging.refusals import CannotRenderError, RenderReason
from dicomgallery.imaging.render import render
from dicomgallery.imaging.spec import Format, RenderSpec
from tests import waveforms
from tests.conftest import CORPUS
from tests.imaging.making import attempt, image, pixels, saved
from tests.imaging.values_read import Read, drawn, read
from tests.segmentations import block, frame, segment, segmentation
from tests.vectors import gray, vector, vectors


def values(path: Path, frame: int = 1) -> Read:
    return read(render(path, RenderSpec(frame=frame, format=Format.VALUES)).data)


def usual(path: Path, frame: int = 1) -> NDArray[Any]:
    return pixels(render(path, RenderSpec(frame=frame, format=Format.PNG))).astype(int)


def filed(folder: Path, name: str) -> Path:
    path = folder / f"{name}.dcm"
    path.write_bytes(vector(name).file)
    return path


def apart(found: Read, seen: NDArray[Any]) -> float:
    """How far the picture drawn from the values is from the server's, once it is stretched as that is."""
    ours = drawn(found).round().astype(np.uint8)
    stretched = resized(ours, seen.shape[1], seen.shape[0]).astype(int)
    # A color picture may be without color, and then be kept as gray.
    return float(np.abs(stretched - (seen[..., None] if seen.ndim < stretched.ndim else seen)).max())


@pytest.mark.parametrize("name", vectors())
def test_values_drawn_by_the_formula_are_the_picture(tmp_path: Path, name: str) -> None:
    path = filed(tmp_path, name)

    for number in range(1, vector(name).frames + 1):
        found = values(path, number)

        assert found.told["exact"] == vector(name).exact
        if found.told["exact"]:
            assert apart(found, usual(path, number)) <= 2


def test_stored_values_come_with_what_makes_them_measured_ones(tmp_path: Path) -> None:
    found = values(filed(tmp_path, "ct"))

    assert found.told | {"calibration": None, "notes": None} == {
        "rows": 64, "columns": 64, "samples": 1, "type": "int16", "slope": 1.0, "intercept": -1024.0, "unit": "HU",
        "invert": False, "black": -160.0, "white": 239.0, "function": "LINEAR", "exact": True, "least": -200,
        "most": 3000, "padding": None, "ratio": 1.0, "calibration": None, "notes": None,
    }  # fmt: skip
    assert found.pixels[0, 0] == -200
    assert found.told["notes"][0] == "Window 400 / 40 (Soft tissue) from the file, 1 of 1"


def test_bits_that_are_no_part_of_a_value_are_not_sent(tmp_path: Path) -> None:
    found = values(filed(tmp_path, "twelve-bits"))

    assert (found.told["type"], found.told["least"], found.told["most"]) == ("uint16", 0, 4095)


def test_values_after_a_table_are_measured_already(tmp_path: Path) -> None:
    found = values(filed(tmp_path, "modality-table"))

    assert (found.told["slope"], found.told["intercept"], found.told["most"]) == (1, 0, 60_000)


@pytest.mark.parametrize(
    ("name", "function"),
    [("ct", "LINEAR"), ("sigmoid", "SIGMOID"), ("voi-table", None), ("no-window", "LINEAR_EXACT"), ("one-value", None)],
)
def test_the_function_of_the_window_is_told(tmp_path: Path, name: str, function: str | None) -> None:
    told = values(filed(tmp_path, name)).told

    assert told["function"] == function
    assert (told["black"] is None) == (name in {"sigmoid", "voi-table", "one-value"})


def test_padding_and_the_shape_of_pixels_are_told(tmp_path: Path) -> None:
    assert values(filed(tmp_path, "padding")).told["padding"] == [-900, 3000]
    assert values(filed(tmp_path, "tall-pixels")).told["ratio"] == 2.0


def test_each_frame_has_its_own_window_rescale_and_spacing(tmp_path: Path) -> None:
    path = filed(tmp_path, "frames")

    first, second = values(path, 1).told, values(path, 2).told

    assert (first["slope"], second["slope"]) == (1, 2)
    assert (first["white"], second["white"]) == (549, 1099)
    assert (first["calibration"]["row_mm"], second["calibration"]["row_mm"]) == (0.25, 0.5)


def test_a_dose_is_told_in_its_unit_though_its_picture_is_in_color(tmp_path: Path) -> None:
    found = values(filed(tmp_path, "dose"))

    assert (found.told["samples"], found.told["unit"], found.told["exact"]) == (1, "Gy", False)
    assert found.pixels[-1, -1] * found.told["slope"] == pytest.approx(60)


def test_numbers_of_any_width_come_in_a_type_that_browsers_have(tmp_path: Path) -> None:
    small, large = np.int64([[1, 2], [3, -4]]), np.int64([[1, 2], [3, 1 << 40]])

    assert values(saved(tmp_path, image(small))).told["type"] == "int32"
    assert values(saved(tmp_path, image(large))).told["type"] == "float32"
    assert values(filed(tmp_path, "double")).told["type"] == "float32"


def test_a_window_finer_than_a_float_is_left_to_the_server(tmp_path: Path) -> None:
    dataset = gray(1e9, 1e9 + 1, np.float64, WindowCenter=1e9, WindowWidth=0.5)

    assert not values(saved(tmp_path, dataset)).told["exact"]


def test_what_is_no_number_is_black_and_is_neither_least_nor_most(tmp_path: Path) -> None:
    stored = np.linspace(0, 1, 64, dtype=np.float32).reshape(8, 8)
    stored[0, 0], stored[0, 1] = np.nan, np.inf
    path = saved(tmp_path, image(stored, WindowCenter=0.5, WindowWidth=1, PhotometricInterpretation="MONOCHROME1"))

    found = values(path)

    assert (found.told["least"], found.told["most"]) == (pytest.approx(2 / 63), 1)
    assert apart(found, usual(path)) <= 2


def test_a_segmentation_is_in_the_colors_of_its_segments(tmp_path: Path) -> None:
    masks = [frame(block(20, 30, np.s_[3:9, 4:20]), number) for number in (1, 2)]
    path = saved(tmp_path, segmentation([segment(1, "Liver"), segment(2, "Spleen")], masks))

    found = values(path, 2)

    assert (found.told["samples"], found.told["exact"], found.told["black"]) == (3, True, None)
    assert np.array_equal(found.pixels, usual(path, 2))


def test_a_drawing_is_its_own_picture(tmp_path: Path) -> None:
    path = tmp_path / "ecg.dcm"
    path.write_bytes(waveforms.as_bytes(waveforms.ecg()))

    assert np.array_equal(values(path).pixels, usual(path))


def test_what_has_no_picture_has_no_values_for_the_same_reason(tmp_path: Path) -> None:
    path = tmp_path / "report.dcm"
    path.write_bytes(synthetic.as_bytes(synthetic.basic_report()))

    _, picture = attempt(path, RenderSpec(frame=1, format=Format.PNG))
    _, numbers = attempt(path, RenderSpec(frame=1, format=Format.VALUES))

    assert picture is not None
    assert numbers is not None
    assert (numbers.reason, numbers.detail) == (picture.reason, picture.detail)
    with pytest.raises(CannotRenderError) as refused:
        values(filed(tmp_path, "ct"), 2)
    assert refused.value.reason is RenderReason.NO_SUCH_FRAME


def test_a_body_is_packed_where_that_pays_and_the_same_each_time() -> None:
    noise = np.random.default_rng(1).bytes(10_000)
    even = bytes(10_000)

    assert is_packed(packed(even))
    assert packed(even[:100], even[100:]) == packed(even[:100], even[100:])
    assert packed(noise[:100], noise[100:]) == noise


def test_what_is_packed_comes_out_in_pieces_and_whole() -> None:
    body = bytes(range(256)) * 20_000
    whole = gzip.compress(body, 1)

    pieces = list(unpacked(whole))

    assert b"".join(pieces) == body
    assert max(map(len, pieces)) <= 1 << 20
    assert b"".join(unpacked(whole[:-100])) == body[: len(b"".join(unpacked(whole[:-100])))]


@pytest.mark.long
def test_every_frame_of_the_corpus_that_claims_to_be_exact_is() -> None:
    if not CORPUS.is_dir():
        pytest.skip("the corpus is not beside this checkout")
    told = {True: 0, False: 0}

    for path in (one for one in sorted(CORPUS.rglob("*")) if one.is_file()):
        picture, refused = attempt(path, RenderSpec(frame=1, format=Format.PNG))
        numbers, also_refused = attempt(path, RenderSpec(frame=1, format=Format.VALUES))

        assert (refused and refused.reason) == (also_refused and also_refused.reason), path.name
        if picture is None or numbers is None:
            continue
        found = read(numbers.data)
        told[found.told["exact"]] += 1
        if found.told["exact"]:
            assert apart(found, pixels(picture).astype(int)) <= 2, path.name
    assert told[True] > 300
