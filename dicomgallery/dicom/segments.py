"""What a segmentation says: its segments, and what each of its frames holds (PS3.3 A.51, C.8.20)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Final

from pydicom.dataset import Dataset

from dicomgallery.dicom import elements, geometry
from dicomgallery.dicom.codes import code_of
from dicomgallery.dicom.display_colors import Color, lab_color, on_dark, own_color
from dicomgallery.dicom.palettes import palette_color
from dicomgallery.dicom.planes import Plane, frame_planes
from dicomgallery.dicom.references import uids_in
from dicomgallery.dicom.values import clean

MOST_SEGMENTS: Final = 2_000
MOST_FRAMES: Final = 50_000
MOST_SOURCES: Final = 16
"""Source images that are read of one frame."""
HIGHEST_NUMBER: Final = 0xFFFF

BINARY: Final = "BINARY"
FRACTIONAL: Final = "FRACTIONAL"
LABELMAP: Final = "LABELMAP"
_CLASSES: Final = ("1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7")
_SEGMENTS: Final = 0x00620002


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment: what it is, and who drew it."""

    number: int
    label: str
    description: str
    category: str
    type: str
    """The property in words: "Liver", "Neoplasm"; empty when not said."""
    modifier: str
    algorithm: str
    """How it was drawn: "manual", "semiautomatic", "automatic"; empty when not said."""
    algorithm_name: str
    tracking_id: str
    color: Color
    """What the file recommends, or its palette has, light enough for a dark ground; else one of ours."""
    is_background: bool
    """It is what all the others leave over, as labelmaps have it."""


@dataclass(frozen=True, slots=True)
class SegmentFrame:
    """One frame of a segmentation."""

    number: int
    """From 1."""
    segment: int | None
    """The one segment that it holds; None where it may hold any, as the frames of a labelmap do."""
    plane: Plane | None
    """Where it lies in the patient; None where it does not say."""
    sources: tuple[tuple[str, int | None], ...]
    """The images it was drawn on: SOP Instance UID and the number of a frame, if one is named."""


@dataclass(frozen=True, slots=True)
class Segmentation:
    """A segmentation, ready to be read and laid over images."""

    type: str
    """BINARY, FRACTIONAL or LABELMAP."""
    fractional_type: str
    """"probability" or "occupancy"; empty when it is not fractional, or does not say."""
    label: str
    description: str
    segments: tuple[Segment, ...]
    frames: tuple[SegmentFrame, ...]
    is_tiled: bool
    """Its frames are tiles of a slide (PS3.3 C.8.12.14)."""
    frame_of_reference_uid: str
    series_uids: tuple[str, ...]
    """The series it says that it refers to."""
    image_uids: tuple[str, ...]
    left_out: tuple[str, ...]
    """Sentences on what is not here though the file has it."""

    def segment(self, number: int | None) -> Segment | None:
        """The segment of a number; None when there is none."""
        return next((one for one in self.segments if one.number == number), None)


def is_segmentation(dataset: Dataset) -> bool:
    """Say whether an object is a segmentation in pixels, by its class."""
    return clean(elements.first(dataset, 0x00080016)) in _CLASSES


def segmentation_of(dataset: Dataset) -> Segmentation | None:
    """Read a segmentation; None where a dataset has no segments at all. Whatever the values, nothing is raised.

    The dataset must be one of `reader.read_frames`: another knows nothing of its frames.
    """
    segments = segments_of(dataset)
    if not segments:
        return None
    count = max(1, elements.whole(dataset, 0x00280008) or 1)
    frames = _frames(dataset, segments)
    series = elements.items(dataset, 0x00081115)
    images = chain.from_iterable(elements.items(one, 0x0008114A) for one in series)
    left_out = []
    if (said := len(elements.items(dataset, _SEGMENTS))) > len(segments):
        left_out.append(f"Of {said} segments {len(segments)} are shown: the others have no number of their own.")
    if count > len(frames):
        left_out.append(f"Of {count} frames the first {len(frames)} are shown.")
    return Segmentation(
        type=type_of(dataset),
        fractional_type=elements.word(dataset, 0x00620010),
        label=clean(elements.first(dataset, 0x00700080)),
        description=clean(elements.text(dataset, 0x00700081)),
        segments=segments,
        frames=frames,
        is_tiled=bool(elements.whole(dataset, 0x00480006)),
        frame_of_reference_uid=clean(elements.first(dataset, 0x00200052)),
        series_uids=uids_in(series, 0x0020000E),
        image_uids=uids_in(chain(images, elements.items(dataset, 0x00082112)), 0x00081155),
        left_out=tuple(left_out),
    )


def type_of(dataset: Dataset) -> str:
    """BINARY, FRACTIONAL or LABELMAP (PS3.3 C.8.20.2.3); by the width of its samples where it says none of them."""
    said = clean(elements.first(dataset, 0x00620001)).upper()
    if said in (BINARY, FRACTIONAL, LABELMAP):
        return said
    is_labels = clean(elements.first(dataset, 0x00080016)) == _CLASSES[1]
    return LABELMAP if is_labels else BINARY if elements.whole(dataset, 0x00280100) == 1 else FRACTIONAL


def most_of(dataset: Dataset) -> int:
    """Maximum Fractional Value: what stands for all of a pixel (PS3.3 C.8.20.2.3.2)."""
    said = elements.whole(dataset, 0x0062000E) or 0
    return said if said > 0 else 0xFF


def background_of(dataset: Dataset, segments: Sequence[Segment]) -> frozenset[int]:
    """The values of a labelmap that stand for no segment: Pixel Padding Value, and what is called background."""
    padding = elements.whole(dataset, 0x00280120)
    named = {one.number for one in segments if one.is_background}
    return frozenset(named | ({padding} if padding is not None and 0 <= padding <= HIGHEST_NUMBER else set()))


def segments_of(dataset: Dataset) -> tuple[Segment, ...]:
    """The segments in the order of the file; of those with the same number the first."""
    found: dict[int, Segment] = {}
    has_palette = type_of(dataset) == LABELMAP and clean(elements.first(dataset, 0x00280004)) == "PALETTE COLOR"
    for item in elements.items(dataset, _SEGMENTS)[: MOST_SEGMENTS * 2]:
        number = elements.whole(item, 0x00620004)
        if number is None or not 0 <= number <= HIGHEST_NUMBER or number in found or len(found) >= MOST_SEGMENTS:
            continue
        color = lab_color(elements.numbers(item, 0x0062000D)) or (
            palette_color(dataset, number) if has_palette else None
        )
        found[number] = Segment(
            number=number,
            label=clean(elements.first(item, 0x00620005)),
            description=clean(elements.text(item, 0x00620006)),
            category=_meaning(item, 0x00620003),
            type=_meaning(item, 0x0062000F),
            modifier=_modifier(item),
            algorithm=elements.word(item, 0x00620008),
            algorithm_name=clean(elements.first(item, 0x00620009)),
            tracking_id=clean(elements.first(item, 0x00620020)),
            color=color or own_color(len(found)),
            is_background=_is_background(item),
        )
    return tuple(replace(one, color=on_dark(one.color)) for one in found.values())


def segment_here(dataset: Dataset, segments: Sequence[Segment]) -> int | None:
    """The one segment that the frame at hand holds, whose groups alone are in the header; None where it may be any."""
    if type_of(dataset) == LABELMAP:
        return None
    groups = (elements.items(dataset, tag)[:1] for tag in (geometry.FRAME_GROUPS, geometry.SHARED_GROUPS))
    named = (found for one in chain(*groups) if (found := _named(one)) is not None)
    return next(named, segments[0].number if len(segments) == 1 else None)


def _frames(dataset: Dataset, segments: Sequence[Segment]) -> tuple[SegmentFrame, ...]:
    items = elements.items(dataset, geometry.FRAME_GROUPS)
    is_any = type_of(dataset) == LABELMAP
    usual = segments[0].number if len(segments) == 1 else None
    shared_sources: tuple[tuple[str, int | None], ...] = ()
    for shared in elements.items(dataset, geometry.SHARED_GROUPS)[:1]:
        usual = _named(shared) if usual is None else usual
        shared_sources = _sources(shared)
    found = []
    for place, plane in enumerate(frame_planes(dataset, MOST_FRAMES)):
        own = items[place] if place < len(items) else None
        named = None if own is None or is_any else _named(own)
        sources = _sources(own) if own is not None else ()
        segment = None if is_any else usual if named is None else named
        found.append(SegmentFrame(place + 1, segment, plane, sources or shared_sources))
    return tuple(found)


def _named(groups: Dataset) -> int | None:
    """Referenced Segment Number (PS3.3 C.8.20.3.1)."""
    for item in elements.items(groups, 0x0062000A)[:1]:
        return elements.whole(item, 0x0062000B)
    return None


def _sources(groups: Dataset) -> tuple[tuple[str, int | None], ...]:
    """The images that Derivation Image names (PS3.3 C.7.6.16.2.6)."""
    found: dict[tuple[str, int | None], None] = {}
    for derivation in elements.items(groups, 0x00089124)[:MOST_SOURCES]:
        for image in elements.items(derivation, 0x00082112)[:MOST_SOURCES]:
            if uid := clean(elements.first(image, 0x00081155)):
                numbers = elements.numbers(image, 0x00081160)[:MOST_SOURCES]
                for frame in map(round, numbers) if numbers else (None,):
                    found[uid, frame] = None
    return tuple(found)[:MOST_SOURCES]


def _meaning(item: Dataset, tag: int) -> str:
    code = code_of(item, tag)
    return (code.meaning or code.value) if code else ""


def _is_background(item: Dataset) -> bool:
    """Say whether a segment's type or category is Background (PS3.16, DCM 125040)."""
    codes = (code_of(item, tag) for tag in (0x0062000F, 0x00620003))
    return any(code is not None and (code.scheme, code.value) == ("DCM", "125040") for code in codes)


def _modifier(item: Dataset) -> str:
    """What the type is said to be more exactly, "Right" for a kidney (PS3.3 C.8.20.4)."""
    for kind in elements.items(item, 0x0062000F)[:1]:
        return _meaning(kind, 0x00620011)
    return ""
