"""A frame as numbers, for a program that draws it itself.

    4 bytes   N, little endian
    N bytes   JSON in UTF-8, padded with spaces so that 4 + N is a multiple of 8
    pixels    row by row, little endian, the samples of a color beside each other

The JSON tells the shape (`rows columns samples type`), what makes a stored value a measured one (`slope intercept
unit`), and how the usual picture of the frame comes of that: `255 * clip((value - black) / (white - black))`, what is
no number being black, then low and high exchanged if `invert`. Where `exact`, that gives every pixel of the usual
picture within two grays, before it is stretched by `ratio`; elsewhere something else is in it, an overlay or a table.
Colors are those of a screen, and are the picture. `function` is that of the file's window; null where a table stands in
its place. `least most padding` are stored values, null where there are none; `calibration` is `dicom.calibration`'s.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from struct import pack
from typing import Any, Final

import numpy as np
import orjson

from dicomgallery.dicom.calibration import Calibration, calibration_of
from dicomgallery.imaging import covers, wash
from dicomgallery.imaging.aspect import pixel_ratio
from dicomgallery.imaging.codecs import Decoded
from dicomgallery.imaging.color import colors_of, is_colored, is_supplemented
from dicomgallery.imaging.covers import Cover
from dicomgallery.imaging.encode import Picture
from dicomgallery.imaging.gray import Toning, inverse_words, padding_of, toning_of, without_unused_bits
from dicomgallery.imaging.layers import Tints
from dicomgallery.imaging.layout import index_of, layout_of
from dicomgallery.imaging.native import Samples
from dicomgallery.imaging.samples import frame_samples
from dicomgallery.imaging.source import Source
from dicomgallery.imaging.spec import FULL

_ALIGNED: Final = 8
_MOST_NOTES: Final = 20
_LONGEST_NOTE: Final = 300
_FLOAT_STEP: Final = 2.0**-23
"""Two numbers of 32 bits that are nearer to each other, as a share of them, are the same."""


@dataclass(frozen=True, slots=True, eq=False)
class Values:
    """The pixels of a frame, and what they mean."""

    pixels: Samples
    """(rows, columns) or (rows, columns, 3), of a type that browsers have."""
    slope: float = 1.0
    intercept: float = 0.0
    unit: str = ""
    invert: bool = False
    scale: tuple[float, float] | None = None
    """The values, after slope and intercept, that are black and white in the usual picture."""
    function: str | None = None
    exact: bool = True
    padding: tuple[float, float] | None = None
    ratio: float = 1.0
    calibration: Calibration | None = None
    notes: tuple[str, ...] = ()

    def parts(self) -> tuple[bytes, memoryview]:
        """The body that the head of this module describes: what comes before the pixels, and they."""
        rows, columns, samples = (*self.pixels.shape, 1)[:3]
        least, most = _ends(self.pixels) if samples == 1 else (None, None)
        black, white = self.scale or (None, None)
        told: dict[str, Any] = {
            "rows": rows,
            "columns": columns,
            "samples": samples,
            "type": self.pixels.dtype.name,
            "slope": self.slope,
            "intercept": self.intercept,
            "unit": self.unit,
            "invert": self.invert,
            "black": black,
            "white": white,
            "function": self.function,
            "exact": self.exact,
            "least": least,
            "most": most,
            "padding": self.padding,
            "ratio": self.ratio,
            "calibration": self.calibration.as_json() if self.calibration else None,
            "notes": [note[:_LONGEST_NOTE] for note in self.notes[:_MOST_NOTES]],
        }
        return parts_of(told, self.pixels)


def parts_of(told: Mapping[str, Any], pixels: Samples) -> tuple[bytes, memoryview]:
    """What is told of pixels, and the pixels, as the head of this module says."""
    text = orjson.dumps(told)
    text += b" " * (-(4 + len(text)) % _ALIGNED)
    plain = np.ascontiguousarray(pixels, pixels.dtype.newbyteorder("<"))
    return pack("<I", len(text)) + text, plain.data.cast("B")


def drawn(picture: Picture, notes: tuple[str, ...]) -> Values:
    """A drawing of what has no pixels of its own."""
    return Values(picture, notes=notes)


def of_frame(source: Source, frame: int | None) -> Values:
    """The values of a frame, numbered from 1; CannotRenderError where its picture would be refused too."""
    layout = layout_of(source.dataset, source.element.numbers, source.transfer_syntax)
    index = index_of(layout, frame)
    source.look_at(index)
    dataset = source.dataset
    tints = Tints.of(source, layout)
    decoded = frame_samples(source, layout, index)
    cover = Cover.of(dataset, decoded.samples, index) if covers.are_in(dataset) else None
    samples = np.ascontiguousarray(without_unused_bits(decoded.samples, decoded.layout))
    decoded = replace(decoded, samples=samples)
    if tints is not None or is_colored(decoded.layout):
        found = _colors(source, decoded, tints, cover)
    else:
        found = _numbers(source, decoded, is_covered=cover is not None and cover.is_seen)
    return replace(found, ratio=pixel_ratio(dataset), calibration=calibration_of(dataset))


def _colors(source: Source, decoded: Decoded, tints: Tints | None, cover: Cover | None) -> Values:
    """What is a picture already, with all that lies over it."""
    if tints is not None:
        picture, words = tints.on_black(decoded.samples), ["Each segment in its color on black"]
    else:
        picture, told = colors_of(source.dataset, decoded.samples, decoded.layout)
        words = list(told)
    if cover is not None:
        picture = cover.over(picture)
        words += cover.notes
    return Values(picture, notes=(*decoded.notes, *words))


def _numbers(source: Source, decoded: Decoded, *, is_covered: bool) -> Values:
    dataset, layout = source.dataset, decoded.layout
    toning = toning_of(dataset, decoded.samples, layout, FULL)
    modality, inverted = toning.modality, inverse_words(dataset, layout)
    if modality.table is None:
        slope, intercept, padding = modality.slope, modality.intercept, padding_of(dataset, layout)
        pixels = _nameable(decoded.samples)
    else:
        slope, intercept, padding = 1.0, 0.0, None
        pixels = modality.table.look_up(decoded.samples)
    is_washed = toning.scale is not None and wash.is_washed(dataset)
    is_plain = not (is_covered or is_washed or is_supplemented(dataset, decoded.samples, layout))
    told = (toning.words, modality.words, inverted)
    return Values(
        pixels,
        slope=slope,
        intercept=intercept,
        unit=modality.unit,
        invert=bool(inverted),
        scale=toning.scale,
        function=toning.function if toning.scale is not None or toning.voi is not None else None,
        exact=is_plain and _is_as_fine(pixels, decoded.samples, toning),
        padding=padding,
        notes=(*decoded.notes, *(words for words in told if words)),
    )


def _nameable(samples: Samples) -> Samples:
    """The samples in a type that every browser has."""
    if samples.dtype.kind == "b":
        return samples.view(np.uint8)
    if samples.dtype.itemsize <= 4 and samples.dtype.kind in "iu":
        return samples
    if samples.dtype.kind in "iu":
        least, most = int(samples.min()), int(samples.max())
        for wide in (np.int32, np.uint32):
            if np.iinfo(wide).min <= least and most <= np.iinfo(wide).max:
                return samples.astype(wide)
    return samples.astype(np.float32)


def _is_as_fine(pixels: Samples, samples: Samples, toning: Toning) -> bool:
    """Say whether the ramp over these pixels is that of the usual picture, nothing lost on the way to 32 bits."""
    if toning.scale is None or not all(map(math.isfinite, toning.scale)):
        return False
    if pixels.dtype.kind != "f" or samples.dtype.itemsize <= 4:
        return True
    _, most = _ends(np.abs(pixels))
    step = (toning.scale[1] - toning.scale[0]) / 255
    return most is not None and abs(most * toning.modality.slope) * _FLOAT_STEP < abs(step)


def _ends(pixels: Samples) -> tuple[float | int | None, float | int | None]:
    """The least and the most of what is a number; None when nothing is."""
    if pixels.dtype.kind == "f":
        pixels = pixels[np.isfinite(pixels)]
    return (pixels.min().item(), pixels.max().item()) if pixels.size else (None, None)
