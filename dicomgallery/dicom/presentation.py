"""Presentation states: how somebody wanted images to be seen (PS3.3 A.33, C.10, C.11; PS3.4 N)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from pydicom.dataset import Dataset

from dicomgallery.dicom import elements, values
from dicomgallery.dicom.annotations import (
    Annotation,
    Layer,
    Target,
    Targets,
    annotations_of,
    layers_of,
    targets_of,
)
from dicomgallery.dicom.uids import name_of
from dicomgallery.dicom.values import clean

_CLASS: Final = "1.2.840.10008.5.1.4.1.1.11."
GRAYSCALE, COLOR, PSEUDO_COLOR = (f"{_CLASS}{number}" for number in (1, 2, 3))
APPLIED: Final = frozenset({GRAYSCALE, COLOR, PSEUDO_COLOR})
"""The kinds that can be applied to an image; the others mix several, or cut volumes."""

MOST_IMAGES: Final = 20_000
_FARTHEST: Final = 2**31
"""No corner of a displayed area, a number of VR SL, lies beyond."""
_OVERLAYS: Final = range(0x60000000, 0x60200000, 0x20000)


@dataclass(frozen=True, slots=True)
class DisplayedArea:
    """The part of an image to be shown (PS3.3 C.10.4)."""

    images: Targets
    left: int
    """The first column, counted from 1; like the others maybe outside the image."""
    top: int
    right: int
    bottom: int
    mode: str
    """SCALE TO FIT, TRUE SIZE or MAGNIFY."""
    ratio: float | None
    """How high a pixel is against its width."""


@dataclass(frozen=True, slots=True)
class Overlay:
    """An overlay plane (60xx) that the state has, or wants of the image."""

    group: int
    """Its first tag: 60000000, 60020000, ..."""
    is_own: bool
    layer: str
    """Where it is to be seen (60xx,1001)."""


@dataclass(frozen=True, slots=True)
class Presentation:
    """A presentation state as a person asks of it."""

    sop_class_uid: str
    label: str
    description: str
    creator: str
    date: str
    time: str
    images: Targets
    annotations: tuple[Annotation, ...]
    layers: tuple[Layer, ...]
    rotation: int
    """Degrees clockwise: 0, 90, 180 or 270; done before the flip (PS3.3 C.10.6)."""
    is_flipped: bool
    """Left becomes right."""
    areas: tuple[DisplayedArea, ...]
    overlays: tuple[Overlay, ...]
    shutters: tuple[str, ...]
    left_out: tuple[str, ...]
    """What was not read or is not applied, a sentence each."""

    @property
    def name(self) -> str:
        """What to call it in a line; empty when it has no words of its own."""
        return self.description or self.label

    @property
    def kind(self) -> str:
        """The kind of presentation state, without what all their names end in."""
        return name_of(self.sop_class_uid).removesuffix(" Storage") or "Presentation State"

    @property
    def is_applied(self) -> bool:
        """Say whether images can be shown with it here."""
        return self.sop_class_uid in APPLIED

    def target(self, sop_uid: str) -> Target | None:
        """What it says of an image; None when it does not refer to it."""
        return next((one for one in self.images if one.sop_uid == sop_uid), None)

    def frame_for(self, sop_uid: str, frames: int) -> int:
        """The frame to begin with: the middle one, else the first that it refers to."""
        target, middle = self.target(sop_uid), frames // 2 + 1
        said = [number for number in target.frames if number <= frames] if target else []
        return middle if not said or middle in said else said[0]

    def annotations_on(self, sop_uid: str, frame: int) -> Iterator[Annotation]:
        """What is to be drawn on a frame, the lowest layer first."""
        order = {layer.name: place for place, layer in enumerate(self.layers)}
        meant = [one for one in self.annotations if _holds(one.images, sop_uid, frame)]
        return iter(sorted(meant, key=lambda one: order.get(one.layer, -1)))

    def area_of(self, sop_uid: str, frame: int) -> DisplayedArea | None:
        """The part of a frame to be shown; None when it does not say."""
        return next((area for area in self.areas if _holds(area.images, sop_uid, frame)), None)

    def layer(self, name: str) -> Layer | None:
        """A layer by its name."""
        return next((layer for layer in self.layers if layer.name == name), None)

    @property
    def numbers(self) -> dict[int, int]:
        """What each text is called, counted from 1 in the order of the file, by its identity."""
        texts = (text for one in self.annotations for text in one.texts)
        return {id(text): number for number, text in enumerate(texts, start=1)}


def presentation_of(dataset: Dataset) -> Presentation:
    """Read a presentation state. Whatever the values, nothing is raised."""
    annotations, unread = annotations_of(dataset)
    shutters = tuple(word.upper() for word in elements.texts(dataset, 0x00181600)[:8] if word)
    images, more = _images(dataset)
    left_out = []
    if unread:
        left_out.append(f"{unread} annotation {'object is' if unread == 1 else 'objects are'} left out.")
    if more:
        left_out.append(f"{more} images that it refers to are left out.")
    if elements.items(dataset, 0x00286100):
        left_out.append("Its mask subtraction is not applied.")
    turned = elements.whole(dataset, 0x00700042) or 0
    return Presentation(
        sop_class_uid=clean(elements.first(dataset, 0x00080016)),
        label=clean(elements.first(dataset, 0x00700080)),
        description=clean(elements.text(dataset, 0x00700081)),
        creator=values.person_name(clean(elements.text(dataset, 0x00700084))),
        date=clean(elements.first(dataset, 0x00700082)),
        time=clean(elements.first(dataset, 0x00700083)),
        images=images,
        annotations=annotations,
        layers=layers_of(dataset),
        rotation=turned % 360 if turned % 90 == 0 else 0,
        is_flipped=elements.first(dataset, 0x00700041).upper() == "Y",
        areas=tuple(area for item in elements.items(dataset, 0x0070005A)[:1000] if (area := _area(item))),
        overlays=tuple(_overlays(dataset)),
        shutters=shutters,
        left_out=tuple(left_out),
    )


def voi_of_image(dataset: Dataset, sop_uid: str, frame: int) -> Dataset | None:
    """The item of the Softcopy VOI LUT Sequence that holds for a frame (PS3.3 C.11.8); None for none."""
    found = elements.items(dataset, 0x00283110)
    return next((item for item in found if _holds(targets_of(item), sop_uid, frame)), None)


def _images(dataset: Dataset) -> tuple[Targets, int]:
    """Each image once, with every frame that is named of it; and how many are too many."""
    found: dict[str, Target] = {}
    left_out = 0
    for series in elements.items(dataset, 0x00081115):
        room = MOST_IMAGES - len(found)
        left_out += max(0, len(elements.items(series, 0x00081140)) - room)
        for one in targets_of(series, most=room):
            before = found.get(one.sop_uid, one)
            frames = before.frames + one.frames if before.frames and one.frames else ()
            found[one.sop_uid] = replace(one, frames=tuple(dict.fromkeys(frames)))
    return tuple(found.values()), left_out


def _holds(images: Targets, sop_uid: str, frame: int) -> bool:
    """Say whether something holds for a frame; with no images it does for all of them."""
    return not images or any(one.holds_for(sop_uid, frame) for one in images)


def _area(item: Dataset) -> DisplayedArea | None:
    corners = [elements.numbers(item, tag) for tag in (0x00700052, 0x00700053)]
    if any(len(corner) != 2 or max(map(abs, corner)) >= _FARTHEST for corner in corners):
        return None
    # The corners are those on the screen: on a turned image the first may lie right of the second, or below it.
    columns, rows = (sorted(int(corner[axis]) for corner in corners) for axis in (0, 1))
    pair: tuple[float, ...] = elements.numbers(item, 0x00700101)
    pair = pair if len(pair) == 2 else elements.numbers(item, 0x00700102)
    ratio = pair[0] / pair[1] if len(pair) == 2 and min(pair) > 0 else None
    mode = clean(elements.first(item, 0x00700100)).upper()
    return DisplayedArea(targets_of(item), columns[0], rows[0], columns[1], rows[1], mode, ratio)


def _overlays(dataset: Dataset) -> Iterator[Overlay]:
    """The planes to be seen; one whose layer is left empty is not (PS3.3 C.11.7)."""
    shutter = elements.whole(dataset, 0x00181623)
    for group in _OVERLAYS:
        layer, is_own = clean(elements.first(dataset, group | 0x1001)), group | 0x0010 in dataset
        is_unsaid = is_own and group | 0x1001 not in dataset
        if (layer or is_unsaid) and group >> 16 != shutter:
            yield Overlay(group, is_own, layer)
