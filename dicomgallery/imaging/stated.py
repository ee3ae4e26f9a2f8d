"""An image shown as a presentation state asks: pixels, shutters, overlays, area, turning, annotations (PS3.4 N.2)."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from pydicom.dataset import Dataset

from dicomgallery.dicom.annotations import Annotation
from dicomgallery.dicom.presentation import PSEUDO_COLOR
from dicomgallery.imaging.aspect import bearable, pixel_ratio
from dicomgallery.imaging.codecs import Decoded
from dicomgallery.imaging.color import colors_of, is_colored, tinted
from dicomgallery.imaging.covers import Cover
from dicomgallery.imaging.encode import Picture, middle
from dicomgallery.imaging.gray import presentation_lut_of, to_gray, without_unused_bits
from dicomgallery.imaging.header import text
from dicomgallery.imaging.layout import index_of, layout_of
from dicomgallery.imaging.marking import marked
from dicomgallery.imaging.samples import frame_samples
from dicomgallery.imaging.source import Source
from dicomgallery.imaging.spec import Fit, RenderSpec
from dicomgallery.imaging.states import State
from dicomgallery.imaging.views import View


def picture_of(source: Source, spec: RenderSpec, state: State) -> tuple[Picture, tuple[str, ...]]:
    """The picture of a frame with a state, and how it came to look so; CannotRenderError where they do not fit."""
    layout = layout_of(source.dataset, source.element.numbers, source.transfer_syntax)
    frame = state.frame_of(source.dataset, spec.frame, layout.frames)
    index = index_of(layout, frame)
    source.look_at(index)
    decoded = frame_samples(source, layout, index)
    dataset = state.over(source.dataset, decoded.layout, frame)
    cover = None if spec.plain else Cover.of(dataset, decoded.samples, index)
    decoded = replace(decoded, samples=without_unused_bits(decoded.samples, decoded.layout))
    picture, told = _colored(dataset, decoded, spec, state)
    if spec.invert:
        picture = np.subtract(255, picture, dtype=np.uint8)
    picture = picture if cover is None else cover.over(picture)
    annotations = [] if spec.plain else list(state.said.annotations_on(text(dataset, "SOPInstanceUID"), frame))
    view = _view(dataset, picture, frame, spec, state, is_annotated=bool(annotations))
    shown = marked(view.shown(picture), annotations, state.said, view)
    if spec.fit is Fit.COVER and spec.width is not None:
        rows, columns = shown.shape[:2]
        shown = shown[middle(rows, spec.width), middle(columns, spec.width)]
    asked = [*told[:1], *_asked(view, cover, annotations, state)]
    summary = f"As the presentation state asks: {'; '.join(asked)}" if asked else "The presentation state asks nothing"
    enlarged = (f"Enlarged {view.times} times, for what is written on it to be read",) if view.times > 1 else ()
    return shown, (summary, *enlarged, *decoded.notes, *told[1:], *state.said.left_out)


def _view(
    dataset: Dataset, picture: Picture, frame: int, spec: RenderSpec, state: State, *, is_annotated: bool
) -> View:
    area = state.said.area_of(text(dataset, "SOPInstanceUID"), frame)
    ratio = bearable(area.ratio) if area is not None and area.ratio is not None else pixel_ratio(dataset)
    rows, columns = picture.shape[:2]
    return View.of(state.said, area, (rows, columns), ratio, (spec.width, spec.fit), is_annotated=is_annotated)


def _asked(view: View, cover: Cover | None, annotations: list[Annotation], state: State) -> Iterator[str]:
    """What else the state asked for and was done, a few words each."""
    if cover is not None and cover.hidden is not None:
        yield "a shutter hides its edge"
    if cover is not None and cover.planes:
        yield f"{cover.planes} overlay {'plane' if cover.planes == 1 else 'planes'}"
    if count := sum(len(one.texts) + len(one.graphics) for one in annotations):
        yield f"{count} {'text or line' if count == 1 else 'texts and lines'} drawn over it"
    if view.is_part:
        yield "only a part of the image"
    if state.said.rotation:
        yield f"turned by {state.said.rotation}°"
    if state.said.is_flipped:
        yield "left and right exchanged"


def _colored(dataset: Dataset, decoded: Decoded, spec: RenderSpec, state: State) -> tuple[Picture, tuple[str, ...]]:
    """The frame in the colors of a screen; the first note is the window, empty of an image in color."""
    layout, samples = decoded.layout, np.ascontiguousarray(decoded.samples)
    if is_colored(layout):
        picture, notes = colors_of(dataset, samples, layout)
        return picture, ("colors as they are stored", *notes)
    if not state.is_color:
        # What black is, the state says alone, whatever the image's Photometric Interpretation (PS3.4 N.2.1.4).
        layout = replace(layout, photometric="MONOCHROME2")
    toned = to_gray(dataset, samples, layout, spec, presentation_lut_of(dataset))
    first, *rest = toned.notes
    notes = (first[:1].lower() + first[1:] if first.startswith("Window") else first, *rest)
    if state.said.sop_class_uid == PSEUDO_COLOR:
        return tinted(dataset, toned.gray, layout), (*notes, "Colors from the presentation state's palette")
    return toned.gray, notes
