"""What a structure set says: regions of interest, and their contours in the patient (PS3.3 A.19, C.8.8.5, C.8.8.6)."""

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Final

from pydicom.dataset import Dataset

from dicomgallery.dicom import elements
from dicomgallery.dicom.contours import Contour, Volume, measured, volume_of
from dicomgallery.dicom.display_colors import Color, asked_color, own_color
from dicomgallery.dicom.geometry import Vector
from dicomgallery.dicom.references import uids_in
from dicomgallery.dicom.values import clean

MOST_ROIS: Final = 500
MOST_CONTOURS: Final = 20_000
MOST_POINTS: Final = 500_000
_FARTHEST_MM: Final = 1e5
"""A coordinate beyond this is no place in a patient."""


@dataclass(frozen=True, slots=True)
class Roi:
    """A region of interest."""

    number: int | None
    name: str
    description: str
    type: str
    """What it is for, in words: "ptv", "organ", "external", ...; empty when not said."""
    algorithm: str
    """How it was drawn: "manual", "automatic", ...; empty when not said."""
    color: Color
    """What the file asks for, else one of ours."""
    frame_of_reference_uid: str
    stated_cm3: float | None
    """The volume that the file states."""
    contours: tuple[Contour, ...]
    left_out: int
    """Contours beyond the most that are read, and such as cannot be."""
    volume: Volume


@dataclass(frozen=True, slots=True)
class StructureSet:
    """A structure set, ready to be read and drawn."""

    label: str
    name: str
    description: str
    date: str
    time: str
    approval: str
    """"approved", "unapproved", "rejected"; empty when not said."""
    frames_of_reference: tuple[str, ...]
    series_uids: tuple[str, ...]
    """The series it was drawn on."""
    image_uids: tuple[str, ...]
    """The images it was drawn on, those without contours among them."""
    rois: tuple[Roi, ...]
    box: tuple[Vector, Vector] | None
    """The lowest and the highest coordinates of any contour; None without contours."""
    left_out: tuple[str, ...]
    """Sentences on what is not here though the file has it."""


def structure_set_of(dataset: Dataset) -> StructureSet | None:
    """Read a structure set; None where a dataset has no regions at all. Whatever the values, nothing is raised."""
    named = elements.items(dataset, 0x30060020)
    drawn = elements.items(dataset, 0x30060039)
    if not named and not drawn:
        return None
    reading = _Reading(dataset)
    rois = reading.rois(named, drawn)
    frames = elements.items(dataset, 0x30060010)
    series = _inside(_inside(frames, 0x30060012), 0x30060014)
    return StructureSet(
        label=clean(elements.first(dataset, 0x30060002)),
        name=clean(elements.text(dataset, 0x30060004)),
        description=clean(elements.text(dataset, 0x30060006)),
        date=clean(elements.first(dataset, 0x30060008)),
        time=clean(elements.first(dataset, 0x30060009)),
        approval=elements.word(dataset, 0x300E0002),
        frames_of_reference=uids_in(frames, 0x00200052),
        series_uids=uids_in(series, 0x0020000E),
        image_uids=uids_in(_inside(series, 0x30060016), 0x00081155),
        rois=rois,
        box=_box(rois),
        left_out=reading.left_out(len(named)),
    )


class _Reading:
    """Counts what is read, so that no file makes an endless page."""

    def __init__(self, dataset: Dataset) -> None:
        self.contours = 0
        self.points = 0
        self.unread = 0
        self.beyond = 0
        self.observed: dict[int | None, Dataset] = {}
        for observation in elements.items(dataset, 0x30060080):
            self.observed.setdefault(elements.whole(observation, 0x30060084), observation)

    def rois(self, named: Sequence[Dataset], drawn: Sequence[Dataset]) -> tuple[Roi, ...]:
        """The regions in the order of the file, and then those that are drawn without being named."""
        found: dict[int | None, Roi] = {}
        for item in named[:MOST_ROIS]:
            roi = self._roi(item, len(found))
            found.setdefault(roi.number, roi)
        for place, item in enumerate(drawn):
            number = elements.whole(item, 0x30060084)
            if number not in found and len(found) >= MOST_ROIS:
                self.beyond += len(elements.items(item, 0x30060040))
                continue
            roi = found.get(number) or replace(self._roi(Dataset(), place), number=number)
            contours, left_out = self._contours(item)
            found[number] = replace(
                roi,
                color=asked_color(elements.numbers(item, 0x3006002A), place),
                contours=roi.contours + contours,
                left_out=roi.left_out + left_out,
            )
        return tuple(replace(roi, volume=_volume(roi)) for roi in found.values())

    def left_out(self, named: int) -> tuple[str, ...]:
        """What is not here, a sentence each."""
        found = []
        if named > MOST_ROIS:
            found.append(f"Of {named} regions the first {MOST_ROIS} are shown.")
        if self.beyond:
            found.append(f"{_contours_are(self.beyond)} not shown: there are more than a page can bear.")
        if self.unread:
            found.append(f"{_contours_are(self.unread)} not shown: without points that could be read.")
        return tuple(found)

    def _roi(self, item: Dataset, place: int) -> Roi:
        number = elements.whole(item, 0x30060022)
        observation = self.observed.get(number, Dataset())
        return Roi(
            number=number,
            name=clean(elements.text(item, 0x30060026)),
            description=clean(elements.text(item, 0x30060028)),
            type=elements.word(observation, 0x300600A4),
            algorithm=elements.word(item, 0x30060036),
            color=own_color(place),
            frame_of_reference_uid=clean(elements.first(item, 0x30060024)),
            stated_cm3=elements.number(item, 0x3006002C),
            contours=(),
            left_out=0,
            volume=Volume(None, ""),
        )

    def _contours(self, item: Dataset) -> tuple[tuple[Contour, ...], int]:
        found: list[Contour] = []
        unread = beyond = 0
        for one in elements.items(item, 0x30060040):
            if self.contours >= MOST_CONTOURS or self.points >= MOST_POINTS:
                beyond += 1
                continue
            contour = _contour(one)
            if contour is None:
                unread += 1
                continue
            self.contours += 1
            self.points += contour.count
            found.append(contour)
        self.unread += unread
        self.beyond += beyond
        return tuple(found), unread + beyond


def _contour(item: Dataset) -> Contour | None:
    coordinates = array("d", elements.numbers(item, 0x30060050))
    # The data decide: Number of Contour Points is often wrong (PS3.3 C.8.8.6).
    if not coordinates or len(coordinates) % 3 or max(coordinates) > _FARTHEST_MM or min(coordinates) < -_FARTHEST_MM:
        return None
    uid, frame = "", None
    for image in elements.items(item, 0x30060016)[:1]:
        uid, frame = clean(elements.first(image, 0x00081155)), elements.whole(image, 0x00081160)
    return measured(clean(elements.first(item, 0x30060042)).upper(), coordinates, uid, frame)


def _volume(roi: Roi) -> Volume:
    if roi.left_out:
        return Volume(None, "Not all of its contours are here.")
    return volume_of(roi.contours) if roi.contours else Volume(None, "It has no contours.")


def _box(rois: Sequence[Roi]) -> tuple[Vector, Vector] | None:
    axes = [[contour.coordinates[axis::3] for roi in rois for contour in roi.contours] for axis in range(3)]
    if not axes[0]:
        return None
    low = [min(map(min, values)) for values in axes]
    high = [max(map(max, values)) for values in axes]
    return (low[0], low[1], low[2]), (high[0], high[1], high[2])


def _inside(holders: Iterable[Dataset], tag: int) -> list[Dataset]:
    """The items of a sequence in each of these."""
    return list(chain.from_iterable(elements.items(holder, tag) for holder in holders))


def _contours_are(count: int) -> str:
    return "1 contour is" if count == 1 else f"{count} contours are"
