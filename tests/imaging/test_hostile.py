"""What is wrong with a file becomes a reason and a sentence: quickly, in little memory, and nothing else."""

import pickle
import struct
import time
import tracemalloc
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian, JPEG2000Lossless, JPEGBaseline8Bit, RLELossless

from dicomgallery.imaging.refusals import CannotRenderError, RenderReason
from dicomgallery.imaging.render import render
from dicomgallery.imaging.spec import MAX_WIDTH, Format, RenderSpec
from tests.imaging.making import PNG, attempt, compressed, image, pixels, ramp, saved, shown


@pytest.fixture(autouse=True)
def _cheaply() -> Iterator[None]:
    """No test here takes five seconds, or more memory than its own inputs do."""
    tracemalloc.start()
    began = time.process_time()
    yield
    seconds = time.process_time() - began
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert seconds < 5
    assert peak < 300_000_000


def refusal(folder: Path, dataset: Dataset, syntax: str = ExplicitVRLittleEndian, spec: RenderSpec = PNG) -> Any:
    """The refusal of a dataset's picture."""
    with pytest.raises(CannotRenderError) as refused:
        render(saved(folder, dataset, syntax), spec)
    assert refused.value.detail.endswith(".")
    assert refused.value.detail[0].isupper()
    return refused.value


def test_a_jpeg_of_30000_squared_under_a_header_of_16_squared_is_not_decoded(tmp_path: Path) -> None:
    code = bytearray(imagecodecs.jpeg8_encode(ramp(0, 250, np.uint8), 90))
    frame = code.index(b"\xff\xc0")
    code[frame + 5 : frame + 9] = struct.pack(">HH", 30_000, 30_000)
    dataset = compressed(image(ramp(0, 1, np.uint8)[:16, :16]), [bytes(code)])

    refused = refusal(tmp_path, dataset, JPEGBaseline8Bit)

    assert refused.reason is RenderReason.TOO_LARGE
    assert "30000 x 30000" in refused.detail


def test_a_codestream_far_larger_than_its_header_says_is_not_decoded(tmp_path: Path) -> None:
    code = bytearray(imagecodecs.jpegls_encode(ramp(0, 250, np.uint8)))
    frame = code.index(b"\xff\xf7")
    code[frame + 5 : frame + 9] = struct.pack(">HH", 7000, 7000)

    refused = refusal(tmp_path, compressed(image(ramp(0, 1, np.uint8)), [code]), "1.2.840.10008.1.2.4.80")

    assert refused.reason is RenderReason.MISMATCH
    assert "7000 x 7000" in refused.detail


def test_a_jpeg_2000_with_a_box_of_length_zero_is_refused_at_once(tmp_path: Path) -> None:
    boxes = b"\x00\x00\x00\x0cjP  \r\n\x87\n" + b"\x00\x00\x00\x14ftypjp2 \x00\x00\x00\x00jp2 "
    dataset = compressed(image(ramp(0, 1, np.uint8)), [boxes + b"\x00\x00\x00\x00jp2h" + b"\0" * 400])

    assert refusal(tmp_path, dataset, JPEG2000Lossless).reason is RenderReason.DAMAGED


def test_a_jpeg_2000_of_gigantic_size_is_not_decoded(tmp_path: Path) -> None:
    code = bytearray(imagecodecs.jpeg2k_encode(ramp(0, 250, np.uint8), reversible=True, codecformat="J2K"))
    code[8:16] = struct.pack(">LL", 0xFFFFFFF0, 0xFFFFFFF0)

    refused = refusal(tmp_path, compressed(image(ramp(0, 1, np.uint8)), [bytes(code)]), JPEG2000Lossless)

    assert refused.reason is RenderReason.TOO_LARGE


def test_an_rle_header_that_asks_for_four_gigabytes_is_refused(tmp_path: Path) -> None:
    frame = struct.pack("<16L", 1, 64, *[0] * 14) + b"\x81\x00" * 241
    dataset = compressed(image(ramp(0, 1, np.uint8), Rows=65_535, Columns=65_535), [frame])
    assert refusal(tmp_path, dataset, RLELossless).reason is RenderReason.TOO_LARGE

    dataset = compressed(image(ramp(0, 1, np.uint8), Rows=8000, Columns=8000), [frame])
    assert refusal(tmp_path, dataset, RLELossless).reason is RenderReason.DAMAGED


@pytest.mark.parametrize("offsets", [(2, 64, 70), (1, 0), (1, 63), (1, 0xFFFFFFFF), (15, *[64] * 15), (0,)])
def test_rle_segments_that_lie_nowhere_are_refused(tmp_path: Path, offsets: tuple[int, ...]) -> None:
    frame = struct.pack("<16L", *offsets, *[0] * (16 - len(offsets))) + b"\x81\x00" * 100

    refused = refusal(tmp_path, compressed(image(ramp(0, 1, np.uint8)), [frame]), RLELossless)

    assert refused.reason in (RenderReason.DAMAGED, RenderReason.MISMATCH)


def test_a_deflated_frame_is_not_inflated_past_its_size(tmp_path: Path) -> None:
    stream = zlib.compressobj(1, wbits=-15)
    bomb = b"".join(stream.compress(bytes(1 << 20)) for _ in range(300)) + stream.flush()

    seen = shown(tmp_path, compressed(image(ramp(0, 1, np.uint8)), [bomb]), PNG, "1.2.840.10008.1.2.8.1")

    assert seen.shape == (32, 32)


def test_pixels_that_end_early_are_shown_as_far_as_they_go_and_refused_when_little_is_there(tmp_path: Path) -> None:
    samples = np.full((32, 32), 200, np.uint8)
    dataset = image(samples, PixelData=samples.tobytes()[:700], WindowCenter=128, WindowWidth=256)

    rendered = render(saved(tmp_path, dataset), PNG)
    assert "missing from the file" in rendered.notes[0]

    dataset.PixelData = samples.tobytes()[:100]
    assert refusal(tmp_path, dataset).reason is RenderReason.TRUNCATED


def test_a_file_cut_short_is_refused_as_truncated(tmp_path: Path) -> None:
    path = saved(tmp_path, image(ramp(0, 1000)))
    path.write_bytes(path.read_bytes()[:-200])

    with pytest.raises(CannotRenderError) as refused:
        render(path, PNG)
    assert refused.value.reason is RenderReason.TRUNCATED


@pytest.mark.parametrize(
    ("attributes", "reason"),
    [
        ({"Rows": 0}, RenderReason.UNREADABLE),
        ({"Columns": None}, RenderReason.UNREADABLE),
        ({"Rows": 65_535, "Columns": 65_535}, RenderReason.TOO_LARGE),
        ({"SamplesPerPixel": 4}, RenderReason.UNSUPPORTED),
        ({"SamplesPerPixel": 0}, RenderReason.UNSUPPORTED),
        ({"BitsAllocated": 12}, RenderReason.UNSUPPORTED),
        ({"BitsAllocated": None, "BitsStored": None}, RenderReason.UNSUPPORTED),
        ({"PixelData": b""}, RenderReason.TRUNCATED),
        ({"NumberOfFrames": 1_000_000_000}, RenderReason.TRUNCATED),
    ],
)
def test_a_header_that_cannot_be_is_refused(tmp_path: Path, attributes: dict[str, Any], reason: RenderReason) -> None:
    assert refusal(tmp_path, image(ramp(0, 1000), **attributes)).reason is reason


@pytest.mark.parametrize(
    "attributes",
    [
        {"BitsStored": 0, "HighBit": 0},
        {"BitsStored": 99, "HighBit": 300},
        {"HighBit": 0},
        {"BitsStored": 1, "HighBit": 65_535},
        {"NumberOfFrames": -3},
        {"RescaleSlope": "1e308", "RescaleIntercept": "1e308"},
        {"RescaleSlope": 0},
        {"WindowCenter": "1e300", "WindowWidth": "1e300"},
        {"PixelSpacing": ["1e-300", "1e300"]},
        {"PlanarConfiguration": 7},
        {"PhotometricInterpretation": ""},
        {"PixelPaddingValue": 0, "PixelPaddingRangeLimit": 65_535},
    ],
)
def test_a_header_of_odd_values_still_gives_a_picture(tmp_path: Path, attributes: dict[str, Any]) -> None:
    assert shown(tmp_path, image(ramp(0, 1000), **attributes)).shape == (32, 32)


def test_a_stretched_picture_is_kept_within_the_cap_too(tmp_path: Path) -> None:
    wide = np.zeros((2600, 2600), np.uint8)

    refused = refusal(tmp_path, image(wide, PixelSpacing=[9.9, 1]))

    assert refused.reason is RenderReason.TOO_LARGE


def test_one_frame_of_a_long_stack_is_read_without_the_others(tmp_path: Path) -> None:
    stack = np.zeros((200, 512, 512), np.uint8)
    stack[123] = 200
    path = saved(tmp_path, image(stack, frames=True, WindowCenter=128, WindowWidth=256))
    del stack
    tracemalloc.reset_peak()
    before, _ = tracemalloc.get_traced_memory()

    rendered = render(path, RenderSpec(frame=124, format=Format.PNG))

    assert pixels(rendered)[0, 0] == 200
    assert tracemalloc.get_traced_memory()[1] - before < 4_000_000


def test_a_small_image_is_not_blown_up_by_a_large_spec(tmp_path: Path) -> None:
    rendered = render(saved(tmp_path, image(ramp(0, 1000))), RenderSpec(width=MAX_WIDTH, format=Format.PNG))

    assert (rendered.width, rendered.height) == (32, 32)


def test_a_frame_that_does_not_exist_is_refused_by_its_number(tmp_path: Path) -> None:
    refused = refusal(tmp_path, image(ramp(0, 1000)), spec=RenderSpec(frame=7))

    assert refused.reason is RenderReason.NO_SUCH_FRAME
    assert refused.detail == "It has 1 frame; number 7 is not among them."


def test_an_object_without_pixels_says_what_it_is(tmp_path: Path) -> None:
    report = image(ramp(0, 1000), PixelData=None, Rows=None, SOPClassUID="1.2.840.10008.5.1.4.1.1.88.11")

    refused = refusal(tmp_path, report)

    assert refused.reason is RenderReason.NOT_AN_IMAGE
    assert refused.detail == "Basic Text SR Storage holds no picture."


def test_a_video_is_refused_by_the_name_of_its_encoding(tmp_path: Path) -> None:
    dataset = compressed(image(ramp(0, 1, np.uint8)), [b"\x00\x00\x01\xb3" + b"\1" * 500])

    refused = refusal(tmp_path, dataset, "1.2.840.10008.1.2.4.100")

    assert refused.reason is RenderReason.UNSUPPORTED
    assert "MPEG2" in refused.detail


def test_no_file_and_no_dicom_are_refused(tmp_path: Path) -> None:
    other = tmp_path / "letter.txt"
    other.write_text("Dear colleague, " * 100)

    for path in (tmp_path / "nothing", tmp_path, other):
        with pytest.raises(CannotRenderError) as refused:
            render(path, PNG)
        assert refused.value.reason is RenderReason.UNREADABLE


def test_a_refusal_crosses_a_process_boundary_whole() -> None:
    refused = CannotRenderError(RenderReason.DAMAGED, "It is damaged.")

    again = pickle.loads(pickle.dumps(refused))

    assert (again.reason, again.detail, str(again)) == (RenderReason.DAMAGED, "It is damaged.", "It is damaged.")


@pytest.mark.parametrize("seed", range(6))
def test_damage_anywhere_gives_a_picture_or_a_refusal(tmp_path: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    samples = ramp(0, 250, np.uint8)
    plans = [
        (ExplicitVRLittleEndian, image(samples)),
        (JPEGBaseline8Bit, compressed(image(samples), [imagecodecs.jpeg8_encode(samples, 90)])),
        (JPEG2000Lossless, compressed(image(samples), [imagecodecs.jpeg2k_encode(samples, codecformat="J2K")])),
        ("1.2.840.10008.1.2.4.80", compressed(image(samples), [imagecodecs.jpegls_encode(samples)])),
    ]
    for syntax, dataset in plans:
        whole = saved(tmp_path, dataset, syntax).read_bytes()
        for _ in range(40):
            broken = bytearray(whole)
            for at in rng.integers(132, len(broken), 3):
                broken[at] = rng.integers(0, 256)
            path = tmp_path / "broken.dcm"
            path.write_bytes(broken)
            rendered, refused = attempt(path, PNG)
            assert rendered is not None or (refused is not None and refused.detail.endswith("."))
