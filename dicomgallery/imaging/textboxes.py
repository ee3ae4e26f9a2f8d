"""Text burned into a frame: where it is, and how sure that is; what it says is not kept."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dicomgallery.dicom.boxes import Box
from dicomgallery.imaging import detector, glyphs
from dicomgallery.imaging.color import is_colored, palette_rgb, to_rgb
from dicomgallery.imaging.layout import Layout, layout_of
from dicomgallery.imaging.native import Samples
from dicomgallery.imaging.refusals import CannotRenderError, RenderReason
from dicomgallery.imaging.samples import frame_samples
from dicomgallery.imaging.source import Source, open_source
from dicomgallery.imaging.transcoding import told_why
from dicomgallery.imaging.writing import Line

_LEAST_CONFIDENCE: Final = 0.5
_MOST_LINES: Final = 500
_DARKEST, _BRIGHTEST = 0.5, 99.95
"""Percentiles of a picture's values that become black and white."""


def find(path: Path, frame: int = 1, *, with_detector: bool = True) -> list[Line]:
    """The lines of writing in one frame of a file, counted from 1; CannotRenderError.

    The trained detector is asked where it is installed, besides what glyphs have in common.
    """
    with told_why():
        source = open_source(path)
        layout = layout_of(source.dataset, source.element.numbers, source.transfer_syntax)
        if not 0 < frame <= layout.frames:
            raise CannotRenderError(RenderReason.NO_SUCH_FRAME, f"It has {layout.frames} frames.")
        decoded = frame_samples(source, layout, frame - 1)
        return lines_in(_picture(source, decoded.samples, decoded.layout), with_detector=with_detector)


def lines_in(picture: NDArray[np.uint8], *, with_detector: bool = True) -> list[Line]:
    """The lines of writing in a gray or RGB picture of 8 bits, the surest first, each with a margin."""
    # Of colored writing the brightest color stands out of black, the darkest out of white.
    grays = [picture] if picture.ndim == 2 else [picture.max(axis=2), picture.min(axis=2)]
    found = [line for gray in grays for line in glyphs.lines(gray) if line.confidence >= _LEAST_CONFIDENCE]
    if with_detector and detector.is_here():
        found += detector.lines(picture if picture.ndim == 3 else np.stack([picture] * 3, axis=2))
    rows, columns = picture.shape[:2]
    grown = (Line(_grown(line.box).within(columns, rows), line.confidence) for line in found)
    return _apart(sorted(grown, key=lambda line: -line.confidence)[:_MOST_LINES])


def joined(lines: Iterable[Line]) -> list[Line]:
    """Lines of several frames as one list, those in the same place only once."""
    return _apart(sorted(lines, key=lambda line: -line.confidence))


def _apart(lines: list[Line]) -> list[Line]:
    """Lines without those that lie in a surer one, or nearly so."""
    kept: list[Line] = []
    for line in lines:
        if not any(_is_in(line.box, each.box) for each in kept):
            kept.append(line)
    return kept


def _is_in(one: Box, other: Box) -> bool:
    return one.left >= other.left and one.top >= other.top and one.right <= other.right and one.bottom <= other.bottom


def _grown(box: Box) -> Box:
    margin = max(3, (box.bottom - box.top) // 3)
    return Box(box.left - margin, box.top - margin, box.right + margin, box.bottom + margin)


def _picture(source: Source, samples: Samples, layout: Layout) -> NDArray[np.uint8]:
    if is_colored(layout):
        rgb = to_rgb(samples, layout) if layout.is_color else palette_rgb(source.dataset, samples, layout)
        return rgb[0]
    values = np.nan_to_num(samples) if samples.dtype.kind == "f" else samples
    low, high = np.percentile(values, (_DARKEST, _BRIGHTEST))
    if not high > low:
        low, high = float(values.min()), float(max(values.max(), values.min() + 1))
    scaled = (values.astype(np.float32) - low) * (255 / (high - low))
    gray: NDArray[np.uint8] = scaled.clip(0, 255).astype(np.uint8)
    return gray
