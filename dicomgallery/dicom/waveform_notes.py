"""What is noted on waveforms: measurements, statements, and marks at moments (PS3.3 C.10.10)."""

from dataclasses import dataclass, replace
from itertools import count
from typing import Final

from pydicom.dataset import Dataset

from dicomgallery.dicom import elements, values
from dicomgallery.dicom.codes import code_of, unit_of
from dicomgallery.dicom.values import clean
from dicomgallery.dicom.waveforms import Group, Waveforms

MOST_NOTES: Final = 1000
_MOST_PLACES: Final = 8


@dataclass(frozen=True, slots=True)
class Spot:
    """A moment of a group that a note speaks of."""

    number: int
    """That of its note."""
    group: int
    channels: tuple[int, ...]
    """By their numbers; empty for all of the group."""
    at: float
    """In samples from the first of the group."""


@dataclass(frozen=True, slots=True)
class Note:
    """One annotation."""

    name: str
    value: str
    """A number with its unit, a coded value, or a text."""
    is_text: bool
    """Written freely, so that it may name anybody."""
    place: str
    """Where in time and on which channels, in words; empty when it speaks of everything."""
    spots: tuple[Spot, ...] = ()
    number: int = 0
    """From 1, in the order of the lists, for those with a spot."""


@dataclass(frozen=True, slots=True)
class Notes:
    """All annotations of an object, by what a reader wants of them."""

    statements: tuple[Note, ...]
    """Texts and coded findings."""
    measurements: tuple[Note, ...]
    marks: tuple[Note, ...]
    """Named moments without a value: where a wave begins or ends."""
    left_out: int

    @property
    def spots(self) -> list[Spot]:
        """Every moment that is spoken of, with the number of its note."""
        return [spot for note in (*self.statements, *self.measurements, *self.marks) for spot in note.spots]


def notes_of(dataset: Dataset, waveforms: Waveforms) -> Notes:
    """Read the annotations of a dataset, whose waveforms these are; nothing is raised."""
    items = elements.items(dataset, 0x0040B020)
    notes = [note for item in items[:MOST_NOTES] if (note := _note(item, waveforms.groups))]
    numbers = count(1)

    def numbered(wanted: str) -> tuple[Note, ...]:
        return tuple(_numbered(note, numbers) if note.spots else note for note, kind in notes if kind == wanted)

    return Notes(
        statements=numbered("statement"),
        measurements=numbered("measurement"),
        marks=numbered("mark"),
        left_out=max(0, len(items) - MOST_NOTES),
    )


def _numbered(note: Note, numbers: "count[int]") -> Note:
    number = next(numbers)
    return replace(note, number=number, spots=tuple(replace(spot, number=number) for spot in note.spots))


def _note(item: Dataset, groups: tuple[Group, ...]) -> tuple[Note, str] | None:
    concept = code_of(item, 0x0040A043)
    name = concept.meaning or concept.value if concept else ""
    place, spots = _place(item, groups), _spots(item, groups)
    if text := clean(elements.text(item, 0x00700006)):
        return Note(name, text, is_text=True, place=place, spots=spots), "statement"
    if numbers := elements.numbers(item, 0x0040A30A):
        unit = unit_of(code_of(item, 0x004008EA))
        value = " ".join(part for part in (", ".join(f"{number:g}" for number in numbers[:_MOST_PLACES]), unit) if part)
        return Note(name, value, is_text=False, place=place, spots=spots), "measurement"
    if found := code_of(item, 0x0040A168):
        return Note(name, found.meaning or found.value, is_text=False, place=place, spots=spots), "statement"
    return (Note(name, "", is_text=False, place=place, spots=spots), "mark") if name else None


def _pairs(item: Dataset) -> list[tuple[int, int]]:
    # PS3.3 C.10.10.1.1: pairs of multiplex group and channel, both from 1; channel 0 is all of them.
    flat = [int(number) for number in elements.numbers(item, 0x0040A0B0)[: 2 * _MOST_PLACES]]
    return list(zip(flat[::2], flat[1::2], strict=False))


def _spots(item: Dataset, groups: tuple[Group, ...]) -> tuple[Spot, ...]:
    """The moments that can be drawn: those of a group that the note names, or of the only one there is."""
    pairs = _pairs(item) or ([(groups[0].number, 0)] if len(groups) == 1 else [])
    found = []
    for group in groups:
        channels = [channel for number, channel in pairs if number == group.number]
        if not channels:
            continue
        if offsets := elements.numbers(item, 0x0040A138):
            moments = [seconds * group.rate_hz for seconds in offsets] if group.rate_hz else []
        else:
            # Positions count from 1.
            moments = [position - 1 for position in elements.numbers(item, 0x0040A132)]
        which = () if 0 in channels else tuple(dict.fromkeys(channels))
        found += [Spot(0, group.number, which, at) for at in moments[:_MOST_PLACES] if 0 <= at < group.count]
    return tuple(found)


def _place(item: Dataset, groups: tuple[Group, ...]) -> str:
    pairs = _pairs(item)
    by_number = {group.number: group for group in groups}
    group = by_number.get(pairs[0][0]) if pairs else (groups[0] if len(groups) == 1 else None)
    named = [
        channel.name
        for number, place in pairs
        if number in by_number
        for channel in by_number[number].channels[place - 1 : max(0, place)]
    ]
    when = _when(item, group)
    return " · ".join(part for part in (when, ", ".join(named)) if part)


def _when(item: Dataset, group: Group | None) -> str:
    """The moments a note names, in words (PS3.3 C.10.10.1.2)."""
    if offsets := elements.numbers(item, 0x0040A138):
        moments = [f"{seconds:.4g}" for seconds in offsets]
    elif positions := elements.numbers(item, 0x0040A132):
        if group is None or not group.rate_hz:
            moments = [f"{position:.0f}" for position in positions[:_MOST_PLACES]]
            return f"sample {', '.join(moments)}"
        # Positions count from 1.
        moments = [f"{(position - 1) / group.rate_hz:.4g}" for position in positions]
    else:
        at = [values.display_datetime(clean(one)) for one in elements.texts(item, 0x0040A13A)[:_MOST_PLACES]]
        return ", ".join(at)
    kind = elements.first(item, 0x0040A130).upper()
    if kind in ("SEGMENT", "MULTISEGMENT"):
        moments = [f"{start} to {stop}" for start, stop in zip(moments[::2], moments[1::2], strict=False)]
    more = ", …" if len(moments) > _MOST_PLACES else ""
    side = {"BEGIN": "from ", "END": "until "}.get(kind, "")
    return f"{side}{', '.join(moments[:_MOST_PLACES])}{more} s" if moments else ""
