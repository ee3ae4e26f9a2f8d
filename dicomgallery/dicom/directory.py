"""The directory of a medium as the tree of its records (PS3.3 F, PS3.10 8)."""

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pydicom.dataset import Dataset

from dicomgallery.dicom import elements
from dicomgallery.dicom.records import Record, record_of
from dicomgallery.dicom.values import clean, counted

DIRECTORY_CLASS: Final = "1.2.840.10008.1.3.10"
MOST_RECORDS: Final = 3000
"""A page shows no more; how many are left out is said."""
_MOST_LEVELS: Final = 12

_RECORDS: Final = 0x00041220
_FIRST: Final = 0x00041200
_NEXT: Final = 0x00041400
_IN_USE: Final = 0x00041410
_LOWER: Final = 0x00041420
_RANKS: Final = {
    "PATIENT": 0, "HANGING PROTOCOL": 0, "PALETTE": 0, "IMPLANT": 0, "IMPLANT ASSY": 0, "IMPLANT GROUP": 0,
    "INVENTORY": 0, "STUDY": 1, "SERIES": 2,
}  # fmt: skip
_LEAF_RANK: Final = 3


@dataclass(frozen=True, slots=True)
class Directory:
    """What a medium says it holds."""

    name: str
    """Its File-set ID; empty where it has none."""
    records: tuple[Record, ...]
    """Those at the top: patients, mostly."""
    remarks: tuple[str, ...]
    """Sentences on what is odd about it, or not shown."""

    def walk(self) -> Iterator[Record]:
        """Every record, each before those below it."""
        waiting = deque(self.records)
        while waiting:
            record = waiting.popleft()
            yield record
            waiting.extendleft(reversed(record.below))

    def objects(self) -> list[Record]:
        """The records that stand for a file."""
        return [record for record in self.walk() if record.is_object]

    @property
    def sentence(self) -> str:
        """How much it lists: 41 images of 3 patients."""
        objects = Counter("image" if record.kind == "IMAGE" else "other object" for record in self.objects())
        patients = sum(1 for record in self.walk() if record.kind == "PATIENT")
        if not objects:
            return "It lists no files."
        if objects["image"] == 0:
            objects = Counter({"object": objects["other object"]})
        parts = " and ".join(counted(number, noun) for noun, number in sorted(objects.items()) if number)
        return parts + (f" of {counted(patients, 'patient')}" if patients else "")


def directory_of(dataset: Dataset) -> Directory | None:
    """Read the directory of a medium; None where there is none. Whatever the values, nothing is raised."""
    if elements.as_stored(dataset, _RECORDS) is None and elements.as_stored(dataset, _FIRST) is None:
        return None
    reading = _Reading(dataset)
    records = reading.reached(elements.whole(dataset, _FIRST) or 0)
    adrift = reading.adrift()
    return Directory(clean(elements.first(dataset, 0x00041130)), (*records, *adrift), tuple(reading.remarks()))


class _Reading:
    """Follows the offsets from record to record, once to each, and keeps count of what does not fit."""

    def __init__(self, dataset: Dataset) -> None:
        self.items = elements.items(dataset, _RECORDS)
        # PS3.3 F.3.2.2: offsets count from the first byte of the file, preamble included, to the tag of the item.
        places = ((getattr(item, "seq_item_tell", None), place) for place, item in enumerate(self.items))
        self.place_at = {offset: place for offset, place in places if offset is not None}
        self.seen: set[int] = set()
        self.shown = self.left_out = self.inactive = self.astray = self.repeated = self.unreached = 0

    def reached(self, offset: int, level: int = 0, *, in_use: bool = True) -> tuple[Record, ...]:
        """The record at an offset and those after it, each with what hangs below."""
        found: list[Record] = []
        while offset:
            place = self.place_at.get(offset)
            if place is None or place in self.seen:
                self.astray += place is None
                self.repeated += place is not None
                break
            self.seen.add(place)
            item = self.items[place]
            is_used = in_use and not self._is_inactive(item)
            is_shown = self._is_shown(is_used=is_used)
            below: tuple[Record, ...] = ()
            # What hangs deeper than any medium's does is told like what nothing leads to.
            if level < _MOST_LEVELS:
                below = self.reached(elements.whole(item, _LOWER) or 0, level + 1, in_use=is_used)
            found += [record_of(item, below)] if is_shown else []
            offset = elements.whole(item, _NEXT) or 0
        return tuple(found)

    def adrift(self) -> tuple[Record, ...]:
        """The records that no offset led to, in the order of the file, nested by their types."""
        places = deque(place for place in range(len(self.items)) if place not in self.seen)
        self.unreached = len(places)
        return self._by_rank(places, -1)

    def _by_rank(self, places: deque[int], above: int) -> tuple[Record, ...]:
        found: list[Record] = []
        while places and (rank := _rank(self.items[places[0]])) > above:
            item = self.items[places.popleft()]
            is_shown = self._is_shown(is_used=not self._is_inactive(item))
            below = self._by_rank(places, rank) if rank < _LEAF_RANK else ()
            found += [record_of(item, below)] if is_shown else list(below)
        return tuple(found)

    def _is_shown(self, *, is_used: bool) -> bool:
        is_shown = is_used and self.shown < MOST_RECORDS
        self.shown += is_shown
        self.inactive += not is_used
        self.left_out += is_used and not is_shown
        return is_shown

    @staticmethod
    def _is_inactive(item: Dataset) -> bool:
        # PS3.3 F.3.2.2: FFFFH is in use, 0000H is not; one that says nothing is.
        return elements.whole(item, _IN_USE) == 0

    def remarks(self) -> Iterator[str]:
        """What a reader should know, a sentence each."""
        if self.unreached:
            which = "No record leads" if self.unreached == len(self.items) else "No other record leads"
            yield f"{which} to {counted(self.unreached, 'record')}; they stand in the order of the file."
        if self.astray:
            yield f"{counted(self.astray, 'offset')} {_agreeing(self.astray)} to where no record begins."
        if self.repeated:
            yield f"{counted(self.repeated, 'offset')} {_agreeing(self.repeated)} to a record that was told before."
        if self.inactive:
            yield f"{counted(self.inactive, 'record')} marked as no longer in use {_are(self.inactive)} not shown."
        if self.left_out:
            yield f"{counted(self.left_out, 'record')} more {_are(self.left_out)} not shown; the tags list them all."


def _rank(item: Dataset) -> int:
    return _RANKS.get(clean(elements.first(item, 0x00041430)).upper(), _LEAF_RANK)


def _agreeing(number: int) -> str:
    return "leads" if number == 1 else "lead"


def _are(number: int) -> str:
    return "is" if number == 1 else "are"
