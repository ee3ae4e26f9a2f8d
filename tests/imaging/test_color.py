"""Color pictures: every photometric interpretation comes out as the RGB it stands for."""

from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import ImageCms
from pydicom.uid import ExplicitVRBigEndian, JPEGBaseline8Bit

from dicomgallery.imaging.refusals import CannotRenderError, RenderReason
from dicomgallery.imaging.render import render
from dicomgallery.imaging.spec import RenderSpec
from tests.imaging.making import PNG, compressed, image, notes, saved, shown

# Red, green, blue, white, black, a brown: in bars four pixels wide.
COLORS = np.asarray(
    [[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255], [0, 0, 0], [150, 100, 50], [20, 200, 220], [9, 9, 99]]
)
BARS = np.repeat(np.repeat(COLORS[None, :, :], 4, axis=1), 32, axis=0).astype(np.uint8)


def ybr(rgb: NDArray[Any]) -> NDArray[np.uint8]:
    """PS3.3 C.7.6.3.1.2, YBR_FULL."""
    matrix = np.asarray([[0.2990, 0.5870, 0.1140], [-0.1687, -0.3313, 0.5], [0.5, -0.4187, -0.0813]])
    rounded = np.rint(rgb @ matrix.T + np.asarray([0, 128, 128]))
    return np.asarray(np.clip(rounded, 0, 255), np.uint8)


def test_rgb_by_pixel_and_by_plane_are_the_same_picture(tmp_path: Path) -> None:
    by_plane = image(BARS, PlanarConfiguration=1, PixelData=BARS.transpose(2, 0, 1).tobytes())

    assert np.array_equal(shown(tmp_path, image(BARS)), BARS)
    assert np.array_equal(shown(tmp_path, by_plane), BARS)


def test_ybr_full_becomes_rgb(tmp_path: Path) -> None:
    dataset = image(ybr(BARS), PhotometricInterpretation="YBR_FULL")

    assert np.abs(shown(tmp_path, dataset) - BARS).max() <= 2


@pytest.mark.parametrize("keeps_all", [False, True])
def test_ybr_full_422_becomes_rgb_even_when_it_was_never_halved(tmp_path: Path, keeps_all: bool) -> None:
    full = ybr(BARS)
    pairs = np.stack([full[:, 0::2, 0], full[:, 1::2, 0], full[:, 0::2, 1], full[:, 0::2, 2]], axis=-1)
    dataset = image(full, PhotometricInterpretation="YBR_FULL_422")
    if not keeps_all:
        dataset.PixelData = pairs.tobytes()

    assert np.abs(shown(tmp_path, dataset) - BARS).max() <= 2


def test_sixteen_bit_rgb_keeps_its_upper_half(tmp_path: Path) -> None:
    assert np.array_equal(shown(tmp_path, image(BARS.astype(np.uint16) * 257)), BARS)


def test_an_odd_picture_in_big_endian_words_loses_no_byte(tmp_path: Path) -> None:
    odd = BARS[:3, 2:29:9]
    raw = odd.tobytes() + b"\0"
    dataset = image(odd, PixelData=np.frombuffer(raw, "<u2").astype(">u2").tobytes())
    dataset["PixelData"].VR = "OW"

    assert np.array_equal(shown(tmp_path, dataset, syntax=ExplicitVRBigEndian), odd)


@pytest.mark.parametrize(("dtype", "bits"), [(np.uint8, 16), (np.uint16, 16), (np.uint8, 8)])
def test_a_palette_gives_every_index_its_color(tmp_path: Path, dtype: Any, bits: int) -> None:
    indexes = np.arange(256, dtype=dtype).reshape(16, 16)
    rng = np.random.default_rng(3)
    entries = rng.integers(0, 256, (3, 200))
    dataset = image(indexes, PhotometricInterpretation="PALETTE COLOR")
    for color, table in zip(("Red", "Green", "Blue"), entries, strict=True):
        setattr(dataset, f"{color}PaletteColorLookupTableDescriptor", [200, 10, bits])
        raw = (table * 257).astype("<u2").tobytes() if bits == 16 else table.astype(np.uint8).tobytes()
        setattr(dataset, f"{color}PaletteColorLookupTableData", raw)

    seen = shown(tmp_path, dataset)

    expected = entries.T[np.clip(indexes.astype(int) - 10, 0, 199)]
    assert np.array_equal(seen, expected)
    assert notes(tmp_path, dataset) == "Color from the file's palette of 200 entries"


def test_a_segmented_palette_is_drawn_out(tmp_path: Path) -> None:
    indexes = np.arange(256, dtype=np.uint8).reshape(16, 16)
    # Ten entries of 0, a straight line to 65 535 over 200, then that line's end held for 46 by an indirect run of one.
    segments = [0, 10, *[0] * 10, 1, 200, 65_535, 0, 2, 65_535, 65_535, 1, 44, 65_535]
    dataset = image(indexes, PhotometricInterpretation="PALETTE COLOR")
    for color in ("Red", "Green", "Blue"):
        setattr(dataset, f"{color}PaletteColorLookupTableDescriptor", [256, 0, 16])
        setattr(dataset, f"Segmented{color}PaletteColorLookupTableData", np.asarray(segments, "<u2").tobytes())

    seen = shown(tmp_path, dataset)[..., 0].ravel()

    assert seen[:10].tolist() == [0] * 10
    assert np.abs(seen[10:210] - np.arange(1, 201) / 200 * 255).max() <= 1
    assert np.all(seen[210:] == 255)


def test_a_palette_that_is_missing_is_refused_in_words(tmp_path: Path) -> None:
    path = saved(tmp_path, image(BARS[..., 0], PhotometricInterpretation="PALETTE COLOR"))

    with pytest.raises(CannotRenderError, match="palette of colors is missing") as refused:
        render(path, PNG)
    assert refused.value.reason is RenderReason.UNREADABLE


@pytest.mark.parametrize("photometric", ["RGB", "YBR_FULL_422", "YBR_FULL"])
@pytest.mark.parametrize("stored_as", ["YCBCR", "RGB"])
@pytest.mark.parametrize("subsampling", ["444", "422"])
def test_a_jpeg_that_says_its_color_is_believed_over_the_header(
    tmp_path: Path, photometric: str, stored_as: str, subsampling: str
) -> None:
    # The encoder writes a JFIF marker over YCbCr and an Adobe one over RGB.
    code = imagecodecs.jpeg8_encode(BARS, 98, colorspace="RGB", outcolorspace=stored_as, subsampling=subsampling)
    dataset = compressed(image(BARS, PhotometricInterpretation=photometric), [code])

    seen = shown(tmp_path, dataset, syntax=JPEGBaseline8Bit)

    middles = seen[16, [1, 5, 9, 13, 17, 21, 25]] if subsampling == "444" else seen[16, [13, 17]]
    expected = COLORS[:7] if subsampling == "444" else COLORS[3:5]
    assert np.abs(middles - expected).max() <= 12


def saying_nothing(code: bytes | bytearray) -> bytes:
    """The JPEG without the markers that say its color, and with components called 1, 2 and 3."""
    at = 2
    while code[at + 1] in (0xE0, 0xEE):
        at += 2 + int.from_bytes(code[at + 2 : at + 4], "big")
    bare = bytearray(code[:2] + code[at:])
    frame, scan = bare.index(b"\xff\xc0"), bare.index(b"\xff\xda")
    for number in range(3):
        bare[frame + 10 + 3 * number] = number + 1
        bare[scan + 5 + 2 * number] = number + 1
    return bytes(bare)


@pytest.mark.parametrize(("photometric", "stored_as"), [("RGB", "RGB"), ("YBR_FULL_422", "YCBCR")])
def test_a_jpeg_that_does_not_say_its_color_is_what_the_header_says(
    tmp_path: Path, photometric: str, stored_as: str
) -> None:
    code = imagecodecs.jpeg8_encode(BARS, 98, colorspace="RGB", outcolorspace=stored_as, subsampling="444")
    dataset = compressed(image(BARS, PhotometricInterpretation=photometric), [saying_nothing(code)])

    assert np.abs(shown(tmp_path, dataset, syntax=JPEGBaseline8Bit)[16, 1] - COLORS[0]).max() <= 12


def test_color_encodes_to_jpeg_too(tmp_path: Path) -> None:
    seen = shown(tmp_path, image(BARS), RenderSpec(quality=95))

    assert seen.shape == BARS.shape
    assert np.abs(seen[16, 13] - 255).max() <= 12


def swapping_profile() -> bytes:
    """The profile of screens under another name, its red and blue exchanged."""
    made = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    renamed = made.replace(b"s\0R\0G\0B", b"t\0e\0s\0t").replace(b"sRGB", b"test")
    return renamed.replace(b"rXYZ", b"?XYZ").replace(b"bXYZ", b"rXYZ").replace(b"?XYZ", b"bXYZ")


def test_colors_are_brought_to_the_screens_by_the_profile_of_the_file(tmp_path: Path) -> None:
    dataset = image(BARS, ICCProfile=swapping_profile())

    assert np.abs(shown(tmp_path, dataset) - BARS[..., ::-1]).max() <= 2
    assert "Colors brought to sRGB by the file's ICC profile" in notes(tmp_path, dataset)


def test_a_profile_of_screens_changes_nothing(tmp_path: Path) -> None:
    own = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()

    assert np.array_equal(shown(tmp_path, image(BARS, ICCProfile=own)), BARS)


@pytest.mark.parametrize("profile", [b"no profile at all" * 20, b"\0" * 500])
def test_a_broken_profile_is_told_and_spoils_no_picture(tmp_path: Path, profile: bytes) -> None:
    assert np.array_equal(shown(tmp_path, image(BARS, ICCProfile=profile)), BARS)
    assert "ICC profile cannot be used" in notes(tmp_path, image(BARS, ICCProfile=profile))


def test_a_supplemental_palette_colors_the_values_from_its_first_entry_on(tmp_path: Path) -> None:
    stored = np.tile(np.arange(32, dtype=np.uint8) * 8, (32, 1))
    palette: dict[str, Any] = {}
    for color, table in (("Red", b"\xff" * 8), ("Green", b"\0" * 8), ("Blue", bytes(range(0, 256, 32)))):
        palette[f"{color}PaletteColorLookupTableDescriptor"] = [8, 240, 8]
        palette[f"{color}PaletteColorLookupTableData"] = table
    dataset = image(stored, PixelPresentation="COLOR", WindowCenter=128, WindowWidth=256, **palette)

    seen = shown(tmp_path, dataset)

    assert seen[0, 10].tolist() == [80, 80, 80]
    assert seen[0, 30].tolist() == [255, 0, 0]
    assert seen[0, 31].tolist() == [255, 0, 224]
    assert "supplemental palette" in notes(tmp_path, dataset)
