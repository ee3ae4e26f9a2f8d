"""What a radiotherapy plan says: prescriptions, fractions, beams, brachytherapy (PS3.3 A.20, A.49, C.8.8.9 on)."""

from dataclasses import dataclass
from typing import Final

from pydicom.dataset import Dataset

from dicomgallery.dicom import elements, values
from dicomgallery.dicom.beams import Beam, beam_of
from dicomgallery.dicom.radiotherapy import MOST, Reading, distinct, referenced
from dicomgallery.dicom.values import clean

_DOSES: Final = {
    0x300A0026: "prescribed",
    0x300A0025: "at least",
    0x300A0027: "at most",
    0x300A002A: "whole organ at most",
    0x300A002B: "limit",
    0x300A002C: "organ at most",
    0x300A0023: "delivery at most",
}


@dataclass(frozen=True, slots=True)
class Prescription:
    """A dose reference: a target or an organ at risk, and what it shall or may get."""

    number: int | None
    type: str
    """"target", "organ at risk"."""
    structure: str
    """What it is a dose to: "point", "volume", "coordinates", "site"."""
    description: str
    roi_number: int | None
    doses: tuple[tuple[str, str], ...]
    """What a dose means, and the dose with its unit; the prescribed one first."""


@dataclass(frozen=True, slots=True)
class Share:
    """What a beam or a setup gives in one fraction of a group."""

    number: int | None
    dose_gy: float | None
    meterset: float | None = None


@dataclass(frozen=True, slots=True)
class FractionGroup:
    """Fractions that are given alike."""

    number: int | None
    description: str
    fractions: int | None
    beams: tuple[Share, ...]
    setups: tuple[Share, ...]


@dataclass(frozen=True, slots=True)
class Setup:
    """An application setup of brachytherapy."""

    number: int | None
    name: str
    type: str
    channels: int
    air_kerma: float | None
    """Total Reference Air Kerma, in micrograys at one meter."""
    seconds: float
    """Of all channels together."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan as a sheet to read."""

    label: str
    name: str
    description: str
    date: str
    time: str
    intent: str
    geometry: str
    """"patient", or "treatment device" where no structure set is meant."""
    technique: str
    """Of brachytherapy."""
    sources: tuple[str, ...]
    """Isotopes of brachytherapy."""
    approval: str
    approver: str
    approved_at: str
    positions: tuple[str, ...]
    """How the patient lies: HFS, FFP, ..."""
    prescriptions: tuple[Prescription, ...]
    groups: tuple[FractionGroup, ...]
    beams: tuple[Beam, ...]
    setups: tuple[Setup, ...]
    structure_sets: tuple[str, ...]
    """SOP Instance UIDs, like the next two."""
    doses: tuple[str, ...]
    plans: tuple[str, ...]
    left_out: tuple[str, ...]
    """Sentences on what is not here though the file has it."""


def plan_of(dataset: Dataset) -> Plan | None:
    """Read a plan; None where a dataset plans nothing. Whatever the values, nothing is raised."""
    reading = Reading(dataset)
    groups = reading.of("fraction groups", 0x300A0070)
    prescriptions = reading.of("dose references", 0x300A0010)
    ions, beams = reading.of("ion beams", 0x300A03A2), reading.of("beams", 0x300A00B0)
    setups = reading.of("application setups", 0x300A0230)
    label, name = clean(elements.first(dataset, 0x300A0002)), clean(elements.text(dataset, 0x300A0003))
    if not (groups or prescriptions or ions or beams or setups or label or name):
        return None
    on, at = elements.first(dataset, 0x300E0004), elements.first(dataset, 0x300E0005)
    technique = (elements.word(dataset, 0x300A0202), elements.word(dataset, 0x300A0200))
    patient_setups = elements.items(dataset, 0x300A0180)[:MOST]
    return Plan(
        label=label,
        name=name,
        description=clean(elements.text(dataset, 0x300A0004)),
        date=clean(elements.first(dataset, 0x300A0006)),
        time=clean(elements.first(dataset, 0x300A0007)),
        intent=elements.word(dataset, 0x300A000A),
        geometry=elements.word(dataset, 0x300A000C),
        technique=" ".join(part for part in technique if part),
        sources=distinct(clean(elements.text(one, 0x300A0226)) for one in elements.items(dataset, 0x300A0210)[:MOST]),
        approval=elements.word(dataset, 0x300E0002),
        approver=values.person_name(clean(elements.text(dataset, 0x300E0008))),
        approved_at=clean(", ".join(part for part in (values.display_date(on), values.display_time(at)) if part)),
        positions=distinct(clean(elements.first(one, 0x00185100)) for one in patient_setups),
        prescriptions=tuple(_prescription(one) for one in prescriptions),
        groups=tuple(_group(one) for one in groups),
        beams=(*(beam_of(one, ion=False) for one in beams), *(beam_of(one, ion=True) for one in ions)),
        setups=tuple(_setup(one) for one in setups),
        structure_sets=referenced(dataset, 0x300C0060),
        doses=referenced(dataset, 0x300C0080),
        plans=referenced(dataset, 0x300C0002),
        left_out=tuple(reading.left_out),
    )


def _prescription(item: Dataset) -> Prescription:
    doses = []
    for tag, words in _DOSES.items():
        if (value := elements.number(item, tag)) is not None:
            doses.append((words, f"{value:.4g} Gy"))
    return Prescription(
        number=elements.whole(item, 0x300A0012),
        type=elements.word(item, 0x300A0020),
        structure=elements.word(item, 0x300A0014),
        description=clean(elements.text(item, 0x300A0016)),
        roi_number=elements.whole(item, 0x30060084),
        doses=tuple(doses),
    )


def _group(item: Dataset) -> FractionGroup:
    return FractionGroup(
        number=elements.whole(item, 0x300A0071),
        description=clean(elements.text(item, 0x300A0072)),
        fractions=elements.whole(item, 0x300A0078),
        beams=tuple(
            Share(elements.whole(one, 0x300C0006), elements.number(one, 0x300A0084), elements.number(one, 0x300A0086))
            for one in elements.items(item, 0x300C0004)[:MOST]
        ),
        setups=tuple(
            Share(elements.whole(one, 0x300C000C), elements.number(one, 0x300A00A4))
            for one in elements.items(item, 0x300C000A)[:MOST]
        ),
    )


def _setup(item: Dataset) -> Setup:
    channels = elements.items(item, 0x300A0280)
    return Setup(
        number=elements.whole(item, 0x300A0234),
        name=clean(elements.text(item, 0x300A0236)),
        type=elements.word(item, 0x300A0232),
        channels=len(channels),
        air_kerma=elements.number(item, 0x300A0250),
        seconds=sum(elements.number(one, 0x300A0286) or 0.0 for one in channels[:MOST]),
    )
