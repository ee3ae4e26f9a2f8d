"""What a treatment record says was done: beams or sources, fractions, doses so far (PS3.3 C.8.8.17 to C.8.8.23)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

from pydicom.dataset import Dataset

from dicomgallery.dicom import elements, values
from dicomgallery.dicom.beams import meterset_unit, radiation_of
from dicomgallery.dicom.radiotherapy import MOST, Reading, referenced
from dicomgallery.dicom.values import clean

_MOST_POINTS: Final = 10_000
"""Control points of a delivery that are looked through."""
_ENOUGH: Final = 0.99
"""Less than this share of what was specified is worth telling."""


@dataclass(frozen=True, slots=True)
class End:
    """How a delivery went."""

    status: str
    """Why it ended: "normal", "operator", "machine", "unknown"."""
    code: str
    """That of the machine for it."""
    verification: str
    overrides: int
    """Parameters that somebody allowed to differ."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What one beam, or one application setup, was to give in this session and gave."""

    number: int | None
    name: str
    radiation: str
    kind: str
    """"treatment", "setup", "verification"; of brachytherapy the type of the setup."""
    fraction: int | None
    at: str
    unit: str
    """Of the next two: monitor units, minutes, particles; seconds of a source."""
    specified: float | None
    delivered: float | None
    end: End
    doses: tuple["Dose", ...]

    @property
    def is_short(self) -> bool:
        """Say whether clearly less was given than was to be."""
        return bool(self.specified and self.delivered is not None and self.delivered < self.specified * _ENOUGH)


@dataclass(frozen=True, slots=True)
class Dose:
    """A dose to a point or region, measured or calculated."""

    number: int | None
    description: str
    gy: float | None
    how: str
    """"measured", "calculated", "so far"."""


@dataclass(frozen=True, slots=True)
class Fraction:
    """A fraction as a summary tells it."""

    number: int | None
    at: str
    termination: str


@dataclass(frozen=True, slots=True)
class GroupSummary:
    """How far a fraction group has come."""

    number: int | None
    type: str
    planned: int | None
    delivered: int | None
    fractions: tuple[Fraction, ...]


@dataclass(frozen=True, slots=True)
class Treatment:
    """A session, or the sum of all sessions so far."""

    is_summary: bool
    at: str
    machine: str
    group: int | None
    planned: int | None
    """Fractions of the group that are planned."""
    status: str
    """Of the treatment as a whole: "not started", "on treatment", "completed", ..."""
    comment: str
    first: str
    latest: str
    deliveries: tuple[Delivery, ...]
    groups: tuple[GroupSummary, ...]
    doses: tuple[Dose, ...]
    plans: tuple[str, ...]
    """SOP Instance UIDs, like the next."""
    records: tuple[str, ...]
    left_out: tuple[str, ...]
    """Sentences on what is not here though the file has it."""


def treatment_of(dataset: Dataset) -> Treatment | None:
    """Read a treatment record; None where a dataset records none. Whatever the values, nothing is raised."""
    reading = Reading(dataset)
    beams, ions = reading.of("beams", 0x30080020), reading.of("ion beams", 0x30080021)
    setups, groups = reading.of("application setups", 0x30080110), reading.of("fraction groups", 0x30080220)
    doses = (
        *(_dose(one, 0x30080064, 0x30080012, 0x30080016, "measured") for one in reading.of("doses", 0x30080010)),
        *(_dose(one, 0x30080072, 0x30080074, 0x30080076, "calculated") for one in reading.of("doses", 0x30080070)),
        *(_dose(one, 0x300C0051, 0x300A0016, 0x30080052, "so far") for one in reading.of("doses", 0x300800E0)),
        *(_dose(one, 0x300C0051, 0x300A0016, 0x30080052, "so far") for one in reading.of("doses", 0x30080050)),
    )
    date, status = elements.first(dataset, 0x30080250), elements.word(dataset, 0x30080200)
    if not (beams or ions or setups or groups or doses or date or status):
        return None
    machines = elements.items(dataset, 0x300A0206)[:1]
    return Treatment(
        is_summary=bool(groups or status),
        at=_moment(date, elements.first(dataset, 0x30080251)),
        machine=clean(elements.text(machines[0], 0x300A00B2)) if machines else "",
        group=elements.whole(dataset, 0x300C0022),
        planned=elements.whole(dataset, 0x300A0078),
        status=status,
        comment=clean(elements.text(dataset, 0x30080202)),
        first=values.display_date(clean(elements.first(dataset, 0x30080054))),
        latest=values.display_date(clean(elements.first(dataset, 0x30080056))),
        deliveries=(
            *(_beam(one, 0x30080040) for one in beams),
            *(_beam(one, 0x30080041) for one in ions),
            *(_setup(one) for one in setups),
        ),
        groups=tuple(_group(one) for one in groups),
        doses=doses,
        plans=referenced(dataset, 0x300C0002),
        records=referenced(dataset, 0x30080030),
        left_out=tuple(reading.left_out),
    )


def _beam(item: Dataset, points_tag: int) -> Delivery:
    points = elements.items(item, points_tag)[:_MOST_POINTS]
    point = points[0] if points else Dataset()
    return Delivery(
        number=elements.whole(item, 0x300C0006),
        name=clean(elements.text(item, 0x300A00C2)),
        radiation=radiation_of(item),
        kind=elements.word(item, 0x300A00CE),
        fraction=elements.whole(item, 0x30080022),
        at=_moment(elements.first(point, 0x30080024), elements.first(point, 0x30080025)),
        unit=meterset_unit(item),
        specified=elements.number(item, 0x30080032),
        delivered=elements.number(item, 0x30080036),
        end=_end(item, points),
        doses=_doses(item),
    )


def _setup(item: Dataset) -> Delivery:
    """An application setup, the times of its channels together (PS3.3 C.8.8.22)."""
    channels = elements.items(item, 0x30080130)[:MOST]
    left = [(elements.first(one, 0x30080162), elements.first(one, 0x30080164)) for one in channels]
    return Delivery(
        number=elements.whole(item, 0x300C000C),
        name=clean(elements.text(item, 0x300A0236)),
        radiation="",
        kind=elements.word(item, 0x300A0232),
        fraction=elements.whole(item, 0x30080022),
        at=_moment(*left[0]) if left else "",
        unit="s",
        specified=_sum(channels, 0x30080132),
        delivered=_sum(channels, 0x30080134),
        end=_end(item, chain.from_iterable(elements.items(one, 0x30080160)[:_MOST_POINTS] for one in channels)),
        doses=_doses(item),
    )


def _end(item: Dataset, points: Iterable[Dataset]) -> End:
    """How a delivery went; what was overridden stands with each of its control points (PS3.3 C.8.8.21)."""
    return End(
        status=elements.word(item, 0x3008002A),
        code=clean(elements.first(item, 0x3008002B)),
        verification=_VERIFICATIONS.get(clean(elements.first(item, 0x3008002C)).upper(), ""),
        overrides=sum(len(elements.items(one, 0x30080060)) for one in (item, *points)),
    )


def _doses(item: Dataset) -> tuple[Dose, ...]:
    return (
        *(_dose(one, 0x30080082, 0, 0x30080016, "measured") for one in elements.items(item, 0x30080080)[:MOST]),
        *(_dose(one, 0x30080092, 0, 0x30080076, "calculated") for one in elements.items(item, 0x30080090)[:MOST]),
    )


_VERIFICATIONS: Final = {
    "VERIFIED": "verified",
    "VERIFIED_OVR": "verified with an override",
    "NOT_VERIFIED": "not verified",
}


def _group(item: Dataset) -> GroupSummary:
    return GroupSummary(
        number=elements.whole(item, 0x300C0022),
        type=elements.word(item, 0x30080224),
        planned=elements.whole(item, 0x300A0078),
        delivered=elements.whole(item, 0x3008005A),
        fractions=tuple(
            Fraction(
                elements.whole(one, 0x30080223),
                _moment(elements.first(one, 0x30080250), elements.first(one, 0x30080251)),
                elements.word(one, 0x3008002A),
            )
            for one in elements.items(item, 0x30080240)[:MOST]
        ),
    )


def _dose(item: Dataset, number: int, description: int, dose: int, how: str) -> Dose:
    number_of = elements.whole(item, number)
    # A dose is to a reference of the plan, or to one that the record itself describes (PS3.3 C.8.8.19, C.8.8.20).
    return Dose(
        elements.whole(item, 0x300C0051) if number_of is None else number_of,
        clean(elements.text(item, description)) if description else "",
        elements.number(item, dose),
        how,
    )


def _sum(items: Sequence[Dataset], tag: int) -> float | None:
    found = [number for one in items if (number := elements.number(one, tag)) is not None]
    return sum(found) if found else None


def _moment(date: str, time: str) -> str:
    parts = (values.display_date(clean(date)), values.display_time(clean(time)))
    return ", ".join(part for part in parts if part)
