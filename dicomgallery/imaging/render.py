"""The one way to a picture: a file and a render spec in, encoded bytes out."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset

from dicomgallery.imaging import covers, layers, stated, values, wash
from dicomgallery.imaging.aspect import pixel_ratio
from dicomgallery.imaging.codecs import DECODER_TROUBLE, Decoded
from dicomgallery.imaging.color import colors_of, is_colored, supplemented
from dicomgallery.imaging.covers import Cover
from dicomgallery.imaging.encode import Picture, encode, middle, resized, target_size
from dicomgallery.imaging.gray import to_gray, without_unused_bits
from dicomgallery.imaging.layers import Tints
from dicomgallery.imaging.layout import Layout, check_size, index_of, layout_of
from dicomgallery.imaging.refusals import CannotRenderError, RenderReason
from dicomgallery.imaging.rendered import RENDERER_VERSION, Rendered
from dicomgallery.imaging.samples import frame_samples
from dicomgallery.imaging.sketches import Sketch, page_of, sketch_of
from dicomgallery.imaging.source import Source, WithoutPixelsError, open_source
from dicomgallery.imaging.spec import Fit, Format, RenderSpec
from dicomgallery.imaging.states import State

__all__ = ["RENDERER_VERSION", "CannotRenderError", "RenderReason", "Rendered", "render"]


def render(path: Path, spec: RenderSpec, state: Path | None = None) -> Rendered:
    """Make the picture of a stored object that the spec asks for; raises CannotRenderError and nothing else.

    `state` is the file of the presentation state that the spec names.
    """
    try:
        with np.errstate(all="ignore"):
            if spec.format is Format.VALUES:
                return _values(path, spec)
            picture, notes = _made(path, spec, state)
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


def _made(path: Path, spec: RenderSpec, state: Path | None) -> tuple[Picture, tuple[str, ...]]:
    try:
        source = open_source(path)
    except WithoutPixelsError as nothing:
        sketch = _sketched(nothing, spec)
        rows, columns = sketch.picture.shape[:2]
        return resized(sketch.picture, *target_size(columns, rows, 1, spec.width, spec.fit)), (sketch.note,)
    return _picture(source, spec) if state is None else stated.picture_of(source, spec, State.opened(state))


def _values(path: Path, spec: RenderSpec) -> Rendered:
    try:
        source = open_source(path)
    except WithoutPixelsError as nothing:
        sketch = _sketched(nothing, spec)
        found = values.drawn(sketch.picture, (sketch.note,))
    else:
        found = values.of_frame(source, spec.frame)
    rows, columns = found.pixels.shape[:2]
    # They tell how they came to be so themselves.
    return Rendered(b"".join(found.parts()), spec.format.media_type, columns, rows)


def _sketched(nothing: WithoutPixelsError, spec: RenderSpec) -> Sketch:
    """The drawing of what holds no pixels, or its refusal."""
    whole = None if spec.fit is Fit.COVER else page_of(nothing.dataset, spec.frame or 1)
    sketch = whole or sketch_of(nothing.dataset)
    if sketch is None:
        # Without the dataset, which must not cross over to another process.
        raise CannotRenderError(nothing.reason, nothing.detail) from None
    return sketch


def _picture(source: Source, spec: RenderSpec) -> tuple[Picture, tuple[str, ...]]:
    layout = layout_of(source.dataset, source.element.numbers, source.transfer_syntax)
    tints = Tints.of(source, layout) if spec.layer is not None or _is_usual(spec) else None
    index = index_of(layout, spec.frame) if tints is None or spec.frame is not None else _filled(source, layout)
    source.look_at(index)
    if spec.layer is not None:
        return _layer(source, layout, index, spec.layer, tints)
    ratio = pixel_ratio(source.dataset)
    is_covered = covers.are_in(source.dataset)
    least_side = spec.width if spec.fit is Fit.COVER and ratio == 1 and not is_covered else None
    decoded = frame_samples(source, layout, index, least_side=least_side)
    cover = Cover.of(source.dataset, decoded.samples, index) if is_covered and not spec.plain else None
    decoded = replace(decoded, samples=without_unused_bits(decoded.samples, decoded.layout))
    if spec.fit is Fit.COVER:
        square = _middle_square(decoded, ratio)
        decoded = _cropped(decoded, square)
        cover = cover.cropped(square) if cover else None
    drawn = _colored(source.dataset, decoded, spec) if tints is None else _tinted(tints, decoded, index)
    picture, notes = drawn.picture, (*decoded.notes, *drawn.notes)
    width, height = target_size(picture.shape[1], picture.shape[0], ratio, spec.width, spec.fit)
    check_size(width, height)
    if ratio != 1:
        notes += (f"Stretched: its pixels are {ratio:.3g} times as high as wide",)
    if spec.invert:
        picture = np.subtract(255, picture, dtype=np.uint8)
    if cover is not None:
        picture = cover.over(picture)
        notes += cover.notes
    elif is_covered:
        notes += ("Its overlays and shutters are left away",)
    if drawn.bar is None or spec.fit is Fit.COVER:
        return resized(picture, width, height), notes
    if spec.width is None and (times := -(-wash.LEAST_SIDE // min(width, height))) > 1:
        width, height = width * times, height * times
        notes += (f"Enlarged {times} times",)
    picture = resized(picture, width, height)
    return (wash.with_bar(picture, *drawn.bar) if height >= wash.LEAST_HEIGHT else picture), notes


@dataclass(frozen=True, slots=True, eq=False)
class _Drawn:
    """A frame in the colors of a screen."""

    picture: Picture
    notes: tuple[str, ...]
    bar: tuple[tuple[float, float], str] | None = None
    """The values of the first and the last color and their unit, when colors stand for values."""


def _is_usual(spec: RenderSpec) -> bool:
    """Say whether nothing is asked for that only grays have."""
    return not (spec.plain or spec.auto or spec.window or spec.voi)


def _filled(source: Source, layout: Layout) -> int:
    """The frame in the middle, counted from 0, or near to it one that is not empty: many of a segmentation are."""
    for index in layers.default_order(layout.frames):
        try:
            if frame_samples(source, layout, index).samples.any():
                return index
        except CannotRenderError:
            # Whoever asks for this very frame is told why.
            continue
    return layout.frames // 2


def _layer(
    source: Source, layout: Layout, index: int, number: int, tints: Tints | None
) -> tuple[Picture, tuple[str, ...]]:
    if tints is None:
        raise CannotRenderError(RenderReason.UNSUPPORTED, "Only a segmentation of described segments has layers.")
    decoded = frame_samples(source, layout, index)
    return tints.layer(without_unused_bits(decoded.samples, decoded.layout), number), decoded.notes


def _tinted(tints: Tints, decoded: Decoded, index: int) -> _Drawn:
    picture = tints.on_black(np.ascontiguousarray(decoded.samples))
    return _Drawn(picture, (f"Frame {index + 1}, each segment in its color on black",))


def _middle_square(decoded: Decoded, ratio: float) -> tuple[slice, slice]:
    """The rows and columns that a square picture shows; no more work is done on the rest."""
    rows, columns = decoded.samples.shape[:2]
    high, wide = rows * max(ratio, 1.0), columns * max(1 / ratio, 1.0)
    side = min(high, wide)
    return middle(rows, max(1, round(rows * side / high))), middle(columns, max(1, round(columns * side / wide)))


def _cropped(decoded: Decoded, square: tuple[slice, slice]) -> Decoded:
    samples = decoded.samples[square]
    layout = replace(decoded.layout, rows=samples.shape[0], columns=samples.shape[1])
    return replace(decoded, samples=samples, layout=layout)


def _colored(dataset: Dataset, decoded: Decoded, spec: RenderSpec) -> _Drawn:
    layout, samples = decoded.layout, np.ascontiguousarray(decoded.samples)
    if is_colored(layout):
        return _Drawn(*colors_of(dataset, samples, layout))
    toned = to_gray(dataset, samples, layout, spec)
    colored = supplemented(dataset, samples, layout, toned.gray)
    if colored is not None:
        return _Drawn(colored, (*toned.notes, "Colors from the file's supplemental palette"))
    if spec.plain or toned.scale is None or not wash.is_washed(dataset):
        return _Drawn(toned.gray, toned.notes)
    words = f"Values washed with color, from {toned.scale[0]:.4g} to {toned.scale[1]:.4g} {toned.unit}".rstrip()
    return _Drawn(wash.washed(toned.gray), (*toned.notes, words), (toned.scale, toned.unit))
