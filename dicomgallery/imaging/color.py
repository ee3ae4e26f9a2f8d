"""Color samples to RGB of 8 bits (PS3.3 C.7.6.3.1.2): palettes, and luminance with chrominance."""

from io import BytesIO
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms
from pydicom.dataset import Dataset

from dicomgallery.imaging.header import items, text, value
from dicomgallery.imaging.layout import Layout
from dicomgallery.imaging.lut import Lut, palette_in
from dicomgallery.imaging.native import Samples
from dicomgallery.imaging.refusals import CannotRenderError, RenderReason

Rgb: TypeAlias = NDArray[np.uint8]

_LUMINANCE_FIRST: Final = ("YBR_FULL", "YBR_FULL_422")
_PARTIAL: Final = ("YBR_PARTIAL_422", "YBR_PARTIAL_420")
_COLORED: Final = ("COLOR", "MIXED", "TRUE_COLOR")
_LARGEST_PROFILE: Final = 8 << 20
_LONGEST_NAME: Final = 60


def is_colored(layout: Layout) -> bool:
    """Say whether a frame is in colors of its own: three samples a pixel, or a palette for the one."""
    return layout.is_color or layout.photometric == "PALETTE COLOR"


def colors_of(dataset: Dataset, samples: Samples, layout: Layout) -> tuple[Rgb, tuple[str, ...]]:
    """The colors of a frame that has some on a screen, sRGB, with notes of what was done."""
    picture, notes = to_rgb(samples, layout) if layout.is_color else palette_rgb(dataset, samples, layout)
    picture, note = managed(dataset, picture)
    return picture, (*notes, *note)


def to_rgb(samples: Samples, layout: Layout) -> tuple[Rgb, tuple[str, ...]]:
    """Turn samples of three colors into RGB, with a note of what was done."""
    eight = _eight_bits(samples, layout)
    if layout.photometric in _LUMINANCE_FIRST:
        # Pillow's YCbCr has the full range and the coefficients of PS3.3 C.7.6.3.1.2.
        picture = Image.frombuffer("YCbCr", (layout.columns, layout.rows), eight.tobytes(), "raw", "YCbCr", 0, 1)
        return np.asarray(picture.convert("RGB")), ("Color from luminance and chrominance",)
    if layout.photometric in _PARTIAL:
        return _from_partial(eight), ("Color from luminance and chrominance of partial range",)
    return eight, ()


def palette_rgb(dataset: Dataset, samples: Samples, layout: Layout) -> tuple[Rgb, tuple[str, ...]]:
    """Look every sample up in the object's three palettes."""
    tables = _palettes(dataset, layout)
    if tables is None:
        raise CannotRenderError(RenderReason.UNREADABLE, "Its palette of colors is missing or incomplete.")
    if samples.dtype.itemsize > 2:
        raise CannotRenderError(RenderReason.UNSUPPORTED, "Its palette indexes are wider than 16 bits.")
    inputs = np.arange(1 << (8 * samples.dtype.itemsize)).astype(f"u{samples.dtype.itemsize}").view(samples.dtype)
    picture: Rgb = _looked_up(tables, inputs).take(samples.view(f"u{samples.dtype.itemsize}"), axis=0)
    return picture, (f"Color from the file's palette of {tables[0].entries.size} entries",)


def tinted(dataset: Dataset, gray: Rgb, layout: Layout) -> Rgb:
    """The colors that a pseudo-color presentation state gives to grays spread over its palette (PS3.4 N.2.2)."""
    tables = _palettes(dataset, layout)
    if tables is None:
        raise CannotRenderError(RenderReason.UNREADABLE, "The presentation state's palette is missing or incomplete.")
    places = np.arange(256) * ((tables[0].entries.size - 1) / 255.0) + tables[0].first
    picture: Rgb = _looked_up(tables, places).take(gray, axis=0)
    return picture


def supplemented(dataset: Dataset, samples: Samples, layout: Layout, gray: Rgb) -> Rgb | None:
    """Color, by the supplemental palette, what its first entry begins at (PS3.3 C.7.6.19); None when there is none."""
    tables = _supplement(dataset, samples, layout)
    if tables is None:
        return None
    picture = np.repeat(gray[..., np.newaxis], 3, axis=2)
    colored = samples >= tables[0].first
    picture[colored] = _looked_up(tables, samples[colored])
    return picture


def is_supplemented(dataset: Dataset, samples: Samples, layout: Layout) -> bool:
    """Say whether a supplemental palette colors some of a gray frame."""
    return _supplement(dataset, samples, layout) is not None


def _supplement(dataset: Dataset, samples: Samples, layout: Layout) -> list[Lut] | None:
    if layout.photometric != "MONOCHROME2" or text(dataset, "PixelPresentation").upper() not in _COLORED:
        return None
    return _palettes(dataset, layout) if samples.dtype.itemsize <= 2 else None


def _palettes(dataset: Dataset, layout: Layout) -> list[Lut] | None:
    """The red, the green and the blue one; None unless all are there."""
    tables = [palette_in(dataset, color, signed=layout.signed) for color in ("Red", "Green", "Blue")]
    found = [table for table in tables if table is not None]
    return found if len(found) == len(tables) else None


def _looked_up(tables: list[Lut], inputs: NDArray[Any]) -> NDArray[np.uint8]:
    """The color of each of a row of samples."""
    return np.stack([_bytes(table, inputs) for table in tables], axis=1)


def managed(dataset: Dataset, picture: Rgb) -> tuple[Rgb, tuple[str, ...]]:
    """Bring colors to sRGB by the file's ICC profile (PS3.3 C.11.15), with a note; as they are without one."""
    profile = _profile(dataset)
    if profile is None:
        return picture, ()
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        name = ImageCms.getProfileDescription(source).strip()[:_LONGEST_NAME]
        if "srgb" in name.lower():
            return picture, ("Its ICC profile is that of screens, sRGB",)
        screen = ImageCms.createProfile("sRGB")
        transform = ImageCms.buildTransform(source, screen, "RGB", "RGB", ImageCms.Intent.PERCEPTUAL)
        shown = transform.apply(Image.fromarray(np.ascontiguousarray(picture), "RGB"))
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return picture, ("Its ICC profile cannot be used, so its colors are shown as they are stored",)
    return np.asarray(shown), (f"Colors brought to sRGB by the file's ICC profile{f' ({name})' if name else ''}",)


def _profile(dataset: Dataset) -> bytes | None:
    for holder in (dataset, *items(dataset, "OpticalPathSequence")[:1]):
        found = value(holder, "ICCProfile")
        if isinstance(found, bytes) and 128 < len(found) <= _LARGEST_PROFILE:
            return found
    return None


def _bytes(table: Lut, inputs: Samples) -> NDArray[np.uint8]:
    entries = table.look_up(inputs).astype(np.float64)
    eight: NDArray[np.uint8] = np.rint(entries * (255.0 / table.highest)).astype(np.uint8)
    return eight


def _eight_bits(samples: Samples, layout: Layout) -> NDArray[np.uint8]:
    if samples.dtype == np.uint8 and layout.bits_stored == 8:
        return samples
    if samples.dtype.kind == "f":
        raise CannotRenderError(RenderReason.UNSUPPORTED, "Colors of floating point are not defined by the standard.")
    if samples.dtype.kind == "i":
        # PS3.3 C.7.6.3.1.4: color is never signed, whatever Pixel Representation says.
        samples = samples.view(f"u{samples.dtype.itemsize}")
    if layout.bits_stored > 8:
        return (samples >> (layout.bits_stored - 8)).astype(np.uint8)
    highest = (1 << layout.bits_stored) - 1
    scaled: NDArray[Any] = np.minimum(samples, highest).astype(np.uint16) * 255 // highest
    return scaled.astype(np.uint8)


def _from_partial(eight: NDArray[np.uint8]) -> Rgb:
    """Luminance in 16 to 235, chrominance in 16 to 240 (retired in PS3.3; coefficients of CCIR 601-2)."""
    luminance = (eight[..., 0].astype(np.float32) - 16.0) * (255.0 / 219.0)
    blue = (eight[..., 1].astype(np.float32) - 128.0) * (255.0 / 224.0)
    red = (eight[..., 2].astype(np.float32) - 128.0) * (255.0 / 224.0)
    rgb = np.stack(
        [luminance + 1.402 * red, luminance - 0.344136 * blue - 0.714136 * red, luminance + 1.772 * blue], axis=-1
    )
    eight_bits: Rgb = np.rint(np.clip(rgb, 0, 255)).astype(np.uint8)
    return eight_bits
