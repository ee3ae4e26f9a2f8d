"""The one way to a picture: a file and a render spec in, encoded bytes out."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset

from dicomgallery.imaging import codecs, native
from dicomgallery.imaging.aspect import pixel_ratio
from dicomgallery.imaging.codecs import DECODER_TROUBLE, Decoded
from dicomgallery.imaging.color import palette_rgb, to_rgb
from dicomgallery.imaging.encode import Picture, encode, middle, resized, target_size
from dicomgallery.imaging.frames import encoded_frame, native_frame
from dicomgallery.imaging.gray import to_gray, without_unused_bits
from dicomgallery.imaging.layout import Layout, check_size, layout_of
from dicomgallery.imaging.refusals import CannotRenderError, RenderReason
from dicomgallery.imaging.rendered import RENDERER_VERSION, Rendered
from dicomgallery.imaging.source import Source, open_source
from dicomgallery.imaging.spec import Fit, RenderSpec

__all__ = ["RENDERER_VERSION", "CannotRenderError", "RenderReason", "Rendered", "render"]


def render(path: Path, spec: RenderSpec) -> Rendered:
    """Make the picture of a stored object that the spec asks for; raises CannotRenderError and nothing else."""
    try:
        with np.errstate(all="ignore"):
            picture, notes = _picture(open_source(path), spec)
        return Rendered(
            data=encode(picture, spec.format, spec.quality),
            media_type=spec.format.media_type,
            width=picture.shape[1],
            height=picture.shape[0],
            notes=notes,
        )
    except MemoryError:
        raise CannotRenderError(RenderReason.OUT_OF_MEMORY, "The picture takes more memory than there is.") from None
    except DECODER_TROUBLE as error:
        if isinstance(error, CannotRenderError):
            raise
        raise CannotRenderError(
            RenderReason.UNREADABLE, "What its header says of its pixels contradicts itself."
        ) from error


def _picture(source: Source, spec: RenderSpec) -> tuple[Picture, tuple[str, ...]]:
    layout = layout_of(source.dataset, source.element.numbers, source.transfer_syntax)
    index = _index(layout, spec)
    ratio = pixel_ratio(source.dataset)
    least_side = spec.width if spec.fit is Fit.COVER and ratio == 1 else None
    decoded = _decoded(source, layout, index, least_side)
    if spec.fit is Fit.COVER:
        decoded = _middle_square(decoded, ratio)
    picture, notes = _colored(source.dataset, decoded, spec)
    notes = (*decoded.notes, *notes)
    width, height = target_size(picture.shape[1], picture.shape[0], ratio, spec.width, spec.fit)
    check_size(width, height)
    if ratio != 1:
        notes += (f"Stretched: its pixels are {ratio:.3g} times as high as wide",)
    picture = resized(picture, width, height)
    return np.subtract(255, picture, dtype=np.uint8) if spec.invert else picture, notes


def _index(layout: Layout, spec: RenderSpec) -> int:
    """The frame asked for, counted from 0; the middle one when none is."""
    if spec.frame is None:
        return layout.frames // 2
    if spec.frame > layout.frames:
        frames = "1 frame" if layout.frames == 1 else f"{layout.frames} frames"
        raise CannotRenderError(RenderReason.NO_SUCH_FRAME, f"It has {frames}; number {spec.frame} is not among them.")
    return spec.frame - 1


def _decoded(source: Source, layout: Layout, index: int, least_side: int | None) -> Decoded:
    """The samples of one frame, without any bits that do not belong to them."""
    element = source.element
    if element.encapsulated:
        frame = encoded_frame(element, layout, index, source.frame_offsets)
        decoded = codecs.decode(frame, layout, least_side=least_side)
    else:
        decoded = _native(source, layout, index)
    return replace(decoded, samples=without_unused_bits(decoded.samples, decoded.layout))


def _native(source: Source, layout: Layout, index: int) -> Decoded:
    element = source.element
    if layout.photometric == "YBR_FULL_422" and _keeps_all_samples(source, layout):
        layout = replace(layout, photometric="YBR_FULL")
    raw, first_bit = native_frame(element, layout, index)
    notes: tuple[str, ...] = ()
    if native.is_cut_short(raw, layout):
        notes = ("The end of this frame is missing from the file and shown black",)
    samples = native.samples_of(raw, layout, first_bit=first_bit, big_endian=element.big_endian)
    return Decoded(samples, layout, notes)


def _keeps_all_samples(source: Source, layout: Layout) -> bool:
    """Whether a picture that is called 4:2:2 has three samples for every pixel after all, as some writers keep it."""
    present = source.element.end - source.element.start
    return present * 8 >= layout.pixels * 3 * layout.bits_allocated * layout.frames


def _middle_square(decoded: Decoded, ratio: float) -> Decoded:
    """Crop to what a square picture shows, before any more work is done on the rest."""
    rows, columns = decoded.samples.shape[:2]
    high, wide = rows * max(ratio, 1.0), columns * max(1 / ratio, 1.0)
    side = min(high, wide)
    down = middle(rows, max(1, round(rows * side / high)))
    across = middle(columns, max(1, round(columns * side / wide)))
    samples = decoded.samples[down, across]
    layout = replace(decoded.layout, rows=samples.shape[0], columns=samples.shape[1])
    return replace(decoded, samples=samples, layout=layout)


def _colored(dataset: Dataset, decoded: Decoded, spec: RenderSpec) -> tuple[Picture, tuple[str, ...]]:
    layout, samples = decoded.layout, decoded.samples
    if layout.is_color:
        return to_rgb(samples, layout)
    if layout.photometric == "PALETTE COLOR":
        return palette_rgb(dataset, np.ascontiguousarray(samples), layout)
    return to_gray(dataset, np.ascontiguousarray(samples), layout, spec)
