"""A treatment beam and the angles it comes from (PS3.3 C.8.8.14, C.8.8.25)."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from pydicom.dataset import Dataset

from dicomgallery.dicom import elements
from dicomgallery.dicom.values import clean

MOST_CONTROL_POINTS: Final = 5000

_TURNS: Final = ("CW", "CC")
_MANY: Final = {"bolus": "boluses"}
_PARTICLES: Final = {(1, 1): "proton", (4, 2): "helium", (12, 6): "carbon"}
"""By mass number and atomic number."""


@dataclass(frozen=True, slots=True)
class Device:
    """A pair of jaws, or a collimator of many leaves."""

    type: str
    """X, Y, ASYMX, ASYMY, MLCX or MLCY."""
    pairs: int
    opening_mm: tuple[float, float] | None
    """How far a single pair is open at the first control point."""

    @property
    def words(self) -> str:
        """The device for a person: "X -100 to 100 mm", "MLCX, 60 pairs of leaves"."""
        if self.opening_mm is not None:
            return f"{self.type} {self.opening_mm[0]:.4g} to {self.opening_mm[1]:.4g} mm"
        return f"{self.type}, {self.pairs} pairs of leaves" if self.pairs > 1 else self.type


@dataclass(frozen=True, slots=True)
class Beam:
    """A beam as planned; angles in degrees of IEC 61217."""

    number: int | None
    name: str
    description: str
    type: str
    radiation: str
    delivery: str
    machine: str
    meterset_unit: str
    """What its meterset counts: "MU" or "minute"."""
    energy: str
    """At the first control point, with its unit."""
    gantry: float | None
    gantry_stop: float | None
    """Where the gantry stands at the end; the same as at the start when it does not turn."""
    turn: float
    """How far the gantry turns on the way, clockwise above zero."""
    direction: str
    """"clockwise", "counter-clockwise", or empty when the gantry stands still."""
    collimator: float | None
    couch: float | None
    control_points: int
    devices: tuple[Device, ...]
    modifiers: tuple[str, ...]
    """Wedges, blocks, boluses, compensators, range shifters, each with their count."""


def beam_of(item: Dataset, *, ion: bool) -> Beam:
    """Read one item of a Beam Sequence, or of an Ion Beam Sequence."""
    points = elements.items(item, 0x300A03A8 if ion else 0x300A0111)
    first = points[0] if points else Dataset()
    gantry, stop, turn = _turning(points[:MOST_CONTROL_POINTS])
    return Beam(
        number=elements.whole(item, 0x300A00C0),
        name=clean(elements.text(item, 0x300A00C2)),
        description=clean(elements.text(item, 0x300A00C3)),
        type=elements.word(item, 0x300A00C4),
        radiation=radiation_of(item),
        delivery=elements.word(item, 0x300A00CE),
        machine=clean(elements.text(item, 0x300A00B2)),
        meterset_unit=meterset_unit(item),
        energy=_energy(first, radiation_of(item)),
        gantry=gantry,
        gantry_stop=stop,
        turn=turn,
        direction="clockwise" if turn > 0 else "counter-clockwise" if turn < 0 else "",
        collimator=_angle(first, 0x300A0120),
        couch=_angle(first, 0x300A0122),
        control_points=len(points),
        devices=_devices(item, first, ion=ion),
        modifiers=_modifiers(item),
    )


def _turning(points: Sequence[Dataset]) -> tuple[float | None, float | None, float]:
    """The first and the last angle of the gantry, and the way between: a value holds until another comes."""
    angles: list[tuple[float, str]] = []
    angle, direction = None, ""
    for point in points:
        said = _angle(point, 0x300A011E)
        angle = angle if said is None else said
        direction = elements.first(point, 0x300A011F) or direction
        if angle is not None:
            angles.append((angle, direction))
    if not angles:
        return None, None, 0.0
    turn = 0.0
    for (here, way), (there, _) in pairwise(angles):
        if way in _TURNS:
            turn += (there - here) % 360 if way == "CW" else -((here - there) % 360)
    return angles[0][0], angles[-1][0], max(-720.0, min(720.0, turn))


def _angle(point: Dataset, tag: int) -> float | None:
    """An angle from 0 to 360 degrees, without the dust of a computation."""
    said = elements.number(point, tag)
    return None if said is None or abs(said) > 1e4 else round(said, 2) % 360


def radiation_of(item: Dataset) -> str:
    """The radiation of a beam in a word; of ions the particle by its name."""
    kind = elements.word(item, 0x300A00C6)
    if kind != "ion":
        return kind
    nucleus = (elements.whole(item, 0x300A0302), elements.whole(item, 0x300A0304))
    return _PARTICLES.get((nucleus[0] or 0, nucleus[1] or 0), kind)


def _energy(point: Dataset, radiation: str) -> str:
    """The energy with the unit of its radiation: a photon beam's is a voltage (PS3.3 C.8.8.14, C.8.8.25)."""
    energy = elements.number(point, 0x300A0114)
    if energy is None:
        return ""
    unit = {"photon": "MV", "ion": "MeV/u", "helium": "MeV/u", "carbon": "MeV/u"}.get(radiation, "MeV")
    return f"{energy:.4g} {unit}"


def meterset_unit(item: Dataset) -> str:
    """What the meterset of a beam is counted in (300A,00B3)."""
    unit = clean(elements.first(item, 0x300A00B3)).upper()
    return {"MU": "MU", "MINUTE": "minutes", "NP": "particles"}.get(unit, unit.lower())


def _devices(item: Dataset, first: Dataset, *, ion: bool) -> tuple[Device, ...]:
    openings: dict[str, tuple[float, ...]] = {}
    for one in elements.items(first, 0x300A011A)[:10]:
        openings[clean(elements.first(one, 0x300A00B8))] = elements.numbers(one, 0x300A011C)
    found = []
    for one in elements.items(item, 0x300A03A4 if ion else 0x300A00B6)[:10]:
        kind = clean(elements.first(one, 0x300A00B8))
        places = openings.get(kind, ())
        opening = (places[0], places[1]) if len(places) == 2 else None
        found.append(Device(kind, elements.whole(one, 0x300A00BC) or 0, opening))
    return tuple(found)


def _modifiers(item: Dataset) -> tuple[str, ...]:
    named = {
        0x300A00D0: "wedge",
        0x300A00F0: "block",
        0x300A00ED: "bolus",
        0x300A00E0: "compensator",
        0x300A0312: "range shifter",
        0x300A0340: "range modulator",
    }
    found = []
    for tag, word in named.items():
        count = elements.whole(item, tag) or 0
        if count > 0:
            found.append(f"{count} {word if count == 1 else _MANY.get(word, word + 's')}")
    return tuple(found)
