"""One frame's samples, from whatever encoding the file has."""

from dataclasses import replace

from dicomgallery.imaging import codecs, native
from dicomgallery.imaging.codecs import Decoded
from dicomgallery.imaging.frames import encoded_frame, native_frame
from dicomgallery.imaging.layout import Layout
from dicomgallery.imaging.source import Source


def frame_samples(source: Source, layout: Layout, index: int, *, least_side: int | None = None) -> Decoded:
    """The samples of one frame, counted from 0, with all the bits they came with; CannotRenderError.

    With `least_side` a codec that can may decode a smaller picture, no side of it shorter.
    """
    element = source.element
    if element.encapsulated:
        frame = encoded_frame(element, layout, index, source.frame_offsets)
        return codecs.decode(frame, layout, least_side=least_side)
    return _native(source, layout, index)


def _native(source: Source, layout: Layout, index: int) -> Decoded:
    element = source.element
    if layout.photometric == "YBR_FULL_422" and keeps_all_samples(source, layout):
        layout = replace(layout, photometric="YBR_FULL")
    raw, first_bit = native_frame(element, layout, index)
    notes: tuple[str, ...] = ()
    if native.is_cut_short(raw, layout):
        notes = ("The end of this frame is missing from the file and shown black",)
    samples = native.samples_of(raw, layout, first_bit=first_bit, big_endian=element.big_endian)
    return Decoded(samples, layout, notes)


def keeps_all_samples(source: Source, layout: Layout) -> bool:
    """Whether a picture that is called 4:2:2 has three samples for every pixel after all, as some writers keep it."""
    present = source.element.end - source.element.start
    return present * 8 >= layout.pixels * 3 * layout.bits_allocated * layout.frames
