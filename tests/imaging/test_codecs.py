"""Every encoding comes back as the samples that went in."""

import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import imagecodecs
import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom.uid import (
    HTJ2K,
    JPEG2000,
    HTJ2KLossless,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from dicomgallery.imaging.render import render
from dicomgallery.imaging.spec import Fit, Format, RenderSpec
from tests.imaging.making import PNG, compressed, image, notes, pixels, ramp, saved, shown

Encoder: TypeAlias = Callable[..., bytes | bytearray]

WINDOW = {"WindowCenter": 500, "WindowWidth": 5000}
SMOOTH = (2000 + 1500 * np.sin(np.arange(64)[:, None] / 9) * np.cos(np.arange(48) / 7)).astype(np.uint16)


def rle(samples: NDArray[Any]) -> bytes:
    """PS3.5 Annex G with literal runs only: dull, and beyond doubt."""
    planes = samples.reshape(*samples.shape[:2], -1).transpose(2, 0, 1)
    segments = []
    for plane in planes:
        for shift in range(8 * (samples.dtype.itemsize - 1), -1, -8):
            raw = ((plane >> shift) & 0xFF).astype(np.uint8).tobytes()
            runs = b"".join(bytes([len(raw[i : i + 128]) - 1]) + raw[i : i + 128] for i in range(0, len(raw), 128))
            segments.append(runs + b"\0" * (len(runs) % 2))
    offsets = [64 + sum(map(len, segments[:i])) for i in range(len(segments))]
    header = np.zeros(16, "<u4")
    header[: len(offsets) + 1] = [len(offsets), *offsets]
    return header.tobytes() + b"".join(segments)


def jpeg_lossless(samples: NDArray[Any]) -> bytes | bytearray:
    return imagecodecs.jpeg8_encode(samples, lossless=True, bitspersample=16, predictor=1)


LOSSLESS: list[tuple[str, str, Encoder]] = [
    ("rle", RLELossless, rle),
    ("jpeg lossless", JPEGLosslessSV1, jpeg_lossless),
    ("jpeg-ls", JPEGLSLossless, imagecodecs.jpegls_encode),
    ("jpeg 2000", JPEG2000Lossless, lambda a: imagecodecs.jpeg2k_encode(a, reversible=True, codecformat="J2K")),
    ("jpeg 2000 in boxes", JPEG2000Lossless, lambda a: imagecodecs.jpeg2k_encode(a, reversible=True)),
    ("htj2k", HTJ2KLossless, imagecodecs.htj2k_encode),
    ("jpeg xl", "1.2.840.10008.1.2.4.110", lambda a: imagecodecs.jpegxl_encode(a, lossless=True)),
    (
        "jpeg xl in boxes",
        "1.2.840.10008.1.2.4.110",
        lambda a: imagecodecs.jpegxl_encode(a, lossless=True, usecontainer=True),
    ),
    ("deflated frame", "1.2.840.10008.1.2.8.1", lambda a: zlib.compress(a.tobytes(), wbits=-15)),
    ("not compressed", "1.2.840.10008.1.2.1.98", lambda a: a.tobytes()),
]


@pytest.mark.parametrize(("syntax", "encode"), [each[1:] for each in LOSSLESS], ids=[each[0] for each in LOSSLESS])
@pytest.mark.parametrize("bits", [8, 16])
def test_lossless_gray_is_the_same_picture_as_uncompressed(
    tmp_path: Path, syntax: str, encode: Encoder, bits: int
) -> None:
    samples = SMOOTH if bits == 16 else (SMOOTH >> 4).astype(np.uint8)
    if bits == 8 and encode is jpeg_lossless:
        encode = lambda a: imagecodecs.jpeg8_encode(a, lossless=True, bitspersample=8, predictor=1)  # noqa: E731
    plain = shown(tmp_path, image(samples, **WINDOW))

    dataset = compressed(image(samples, **WINDOW), [encode(samples)])

    assert np.array_equal(shown(tmp_path, dataset, syntax=syntax), plain)
    assert notes(tmp_path, dataset, syntax=syntax).startswith("Window 5000")


@pytest.mark.parametrize(
    ("syntax", "encode"), [each[1:] for each in LOSSLESS[:6]], ids=[each[0] for each in LOSSLESS[:6]]
)
def test_lossless_signed_values_keep_their_sign(tmp_path: Path, syntax: str, encode: Encoder) -> None:
    samples = (SMOOTH.astype(np.int32) - 2000).astype(np.int16)
    plain = shown(tmp_path, image(samples, **WINDOW))
    # These three encodings have no sign; what is kept is the bits.
    bits = samples.view(np.uint16) if syntax in (RLELossless, JPEGLosslessSV1, JPEGLSLossless) else samples

    dataset = compressed(image(samples, **WINDOW), [encode(bits)])

    assert np.array_equal(shown(tmp_path, dataset, syntax=syntax), plain)


@pytest.mark.parametrize(
    ("syntax", "encode"),
    [
        (RLELossless, rle),
        (JPEGLSLossless, imagecodecs.jpegls_encode),
        (JPEG2000Lossless, lambda a: imagecodecs.jpeg2k_encode(a, reversible=True, codecformat="J2K", mct=True)),
        (HTJ2KLossless, imagecodecs.htj2k_encode),
        ("1.2.840.10008.1.2.4.110", lambda a: imagecodecs.jpegxl_encode(a, lossless=True)),
    ],
)
def test_lossless_color_is_the_same_picture(tmp_path: Path, syntax: str, encode: Encoder) -> None:
    samples = np.random.default_rng(5).integers(0, 256, (24, 40, 3), np.uint8)

    dataset = compressed(image(samples), [encode(samples)])

    assert np.array_equal(shown(tmp_path, dataset, syntax=syntax), samples)


@pytest.mark.parametrize(
    ("syntax", "encode"),
    [
        (JPEGBaseline8Bit, lambda a: imagecodecs.jpeg8_encode(a, 95)),
        (JPEG2000, lambda a: imagecodecs.jpeg2k_encode(a, 60, reversible=False, codecformat="J2K")),
        (HTJ2K, lambda a: imagecodecs.htj2k_encode(a, reversible=False)),
    ],
)
def test_lossy_gray_is_close(tmp_path: Path, syntax: str, encode: Encoder) -> None:
    samples = (SMOOTH >> 4).astype(np.uint8)

    seen = shown(tmp_path, compressed(image(samples, Modality="US"), [encode(samples)]), syntax=syntax)

    assert np.abs(seen - samples).max() <= 6


@pytest.mark.parametrize("spectrum_end", [63, 0])
def test_twelve_bit_jpeg_is_read_even_when_its_scan_header_denies_its_detail(tmp_path: Path, spectrum_end: int) -> None:
    code = bytearray(imagecodecs.jpeg8_encode(SMOOTH, 95, bitspersample=12))
    scan = code.index(b"\xff\xda")
    code[scan + 6 + 2 * code[scan + 4]] = spectrum_end
    dataset = compressed(image(SMOOTH, BitsStored=12, HighBit=11, WindowCenter=2048, WindowWidth=4096), [bytes(code)])

    seen = shown(tmp_path, dataset, syntax=JPEGExtended12Bit)

    assert np.abs(seen - SMOOTH / 4095 * 255).max() <= 4
    assert ("as if it said 63" in notes(tmp_path, dataset, syntax=JPEGExtended12Bit)) == (spectrum_end == 0)


@pytest.mark.parametrize("signed", [False, True])
def test_a_jpeg_2000_thumbnail_decoded_small_looks_like_the_whole_one(tmp_path: Path, signed: bool) -> None:
    y, x = np.mgrid[0:600, 0:520]
    values = 1000 * np.sin(x / 60) * np.cos(y / 45) + (0 if signed else 1100)
    samples = values.astype(np.int16 if signed else np.uint16)
    window = {"WindowCenter": 0 if signed else 1100, "WindowWidth": 2200}
    spec = RenderSpec(width=64, fit=Fit.COVER, format=Format.PNG)
    code = imagecodecs.jpeg2k_encode(samples, reversible=True, codecformat="J2K")

    small = shown(tmp_path, compressed(image(samples, **window), [code]), spec, JPEG2000Lossless)

    assert small.shape == (64, 64)
    assert np.abs(small - shown(tmp_path, image(samples, **window), spec)).max() <= 12


@pytest.mark.parametrize("table", [True, False])
@pytest.mark.parametrize("extended", [True, False])
def test_each_frame_is_found_with_and_without_an_offset_table(tmp_path: Path, table: bool, extended: bool) -> None:
    stack = np.stack([np.full((16, 16), level, np.uint8) for level in (10, 90, 170, 250)])
    frames = [imagecodecs.jpegls_encode(frame) for frame in stack]
    dataset = compressed(
        image(stack, frames=True, WindowCenter=128, WindowWidth=256), frames, table=table, extended=extended
    )
    path = saved(tmp_path, dataset, JPEGLSLossless)

    levels = [pixels(render(path, RenderSpec(frame=n, format=Format.PNG)))[0, 0] for n in (1, 2, 3, 4)]

    assert levels == [10, 90, 170, 250]


def test_frames_in_several_fragments_without_a_table_are_told_apart_by_how_they_begin(tmp_path: Path) -> None:
    noise = np.random.default_rng(2).integers(0, 40, (3, 32, 32), np.uint8)
    stack = noise + np.asarray([0, 100, 200], np.uint8)[:, None, None]
    halves = []
    for frame in stack:
        code = imagecodecs.jpegls_encode(frame)
        halves += [code[:400], code[400:]]
    dataset = compressed(image(stack, frames=True, WindowCenter=128, WindowWidth=256), halves, table=False)
    path = saved(tmp_path, dataset, JPEGLSLossless)

    for number in (1, 2, 3):
        assert np.array_equal(pixels(render(path, RenderSpec(frame=number, format=Format.PNG))), stack[number - 1])


def test_a_codestream_of_another_size_is_shown_as_it_is_with_a_note(tmp_path: Path) -> None:
    samples = ramp(0, 250, np.uint8)
    dataset = compressed(image(samples, Rows=16, Columns=64), [imagecodecs.jpegls_encode(samples)])

    rendered = render(saved(tmp_path, dataset, JPEGLSLossless), PNG)

    assert (rendered.width, rendered.height) == (32, 32)
    assert "The picture inside is 32 x 32; the header says 64 x 16." in rendered.notes


def test_a_codestream_of_one_component_under_a_color_header_is_shown_gray(tmp_path: Path) -> None:
    samples = ramp(0, 250, np.uint8)
    dataset = compressed(image(np.stack([samples] * 3, axis=-1)), [imagecodecs.jpegls_encode(samples)])

    assert np.array_equal(shown(tmp_path, dataset, syntax=JPEGLSLossless), samples)


def test_what_a_frame_is_decides_over_what_the_transfer_syntax_calls_it(tmp_path: Path) -> None:
    samples = ramp(0, 250, np.uint8)
    dataset = compressed(image(samples), [imagecodecs.jpeg2k_encode(samples, reversible=True, codecformat="J2K")])

    assert np.array_equal(shown(tmp_path, dataset, syntax=JPEGBaseline8Bit), samples)
