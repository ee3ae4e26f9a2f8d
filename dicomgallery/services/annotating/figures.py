"""What a tool measured, by name: checked when it comes, in words when it is shown.

A figure is {"value": number, "unit": text} under its name. Several of one unit may also stand as plain numbers beside
one "unit", and then one of another unit says its own as "area_unit".
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from dicomgallery.dicom.values import grouped, with_minus
from dicomgallery.errors import RefusedError
from dicomgallery.imaging.marks import NAMES, Kind

MOST_BYTES: Final = 4000
MOST_FIGURES: Final = 32
MOST_NUMBERS: Final = 16
LONGEST_UNIT: Final = 16
HIGHEST: Final = 1e15

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,31}", re.ASCII)
_UNIT: Final = "unit"
_UNIT_OF: Final = "_unit"
_OF_SHAPES: Final = frozenset({"length", "width", "height", "perimeter", "area", "angle", "radius", "position"})
"""They have never the unit of the pixels' values."""
_SILENT: Final = frozenset({"length", "angle", "area", "value"})
"""They need no name beside the mark's own."""
_SPOKEN: Final = {"sd": "SD", "stddev": "SD", "stored": "stored value"}
_WRITTEN: Final = {"mm2": "mm²", "mm^2": "mm²", "px2": "px²", "px^2": "px²", "deg": "°", "degree": "°", "degrees": "°"}
ORDER: Final = ("length", "width", "height", "perimeter", "angle", "area", "value", "mean", "sd", "min", "max")
"""As they are told; others come after them as they were sent."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing that was measured."""

    name: str
    numbers: tuple[float, ...]
    """One, or several that belong together, such as a position."""
    unit: str

    @property
    def amount(self) -> str:
        """The numbers with their unit."""
        glue = "" if self.unit == "°" or not self.unit else " "
        return f"{self.bare}{glue}{self.unit}"

    @property
    def bare(self) -> str:
        """The numbers alone."""
        return ", ".join(map(_rounded, self.numbers))

    @property
    def spoken(self) -> str:
        """Its name in a sentence; empty where the mark's own name says it."""
        return "" if self.name in _SILENT else _SPOKEN.get(self.name.lower(), self.name.replace("_", " "))


def checked(sent: object) -> str:
    """Figures as they are kept, in JSON; RefusedError in words for what are none."""
    if not isinstance(sent, Mapping) or len(sent) > MOST_FIGURES:
        raise RefusedError(f"The figures of a mark are a JSON object of at most {MOST_FIGURES} names.")
    for name, value in sent.items():
        if not (isinstance(name, str) and _NAME.fullmatch(name)):
            raise RefusedError("A figure's name is at most 32 letters, digits and underscores.")
        if name == _UNIT or name.endswith(_UNIT_OF):
            _check_unit(value)
        elif isinstance(value, Mapping):
            if not set(value) <= {"value", _UNIT}:
                raise RefusedError('A figure is a number, or {"value": number, "unit": text}.')
            _check_value(value.get("value"))
            _check_unit(value.get(_UNIT, ""))
        else:
            _check_value(value)
    kept = orjson.dumps(sent).decode()
    if len(kept.encode()) > MOST_BYTES:
        raise RefusedError(f"The figures of a mark have at most {MOST_BYTES} bytes.")
    return kept


def read(kept: str) -> list[Figure]:
    """The figures of a mark in the order they are told; what was not measured is left out."""
    sent: dict[str, Any] = orjson.loads(kept)
    shared = str(sent.get(_UNIT, ""))
    found = []
    for name, value in sent.items():
        if name == _UNIT or name.endswith(_UNIT_OF):
            continue
        own = str(sent.get(f"{name}{_UNIT_OF}", "" if name in _OF_SHAPES else shared))
        measured = value
        if isinstance(value, Mapping):
            own, measured = str(value.get(_UNIT) or own), value.get("value")
        if measured is not None:
            numbers = tuple(measured) if isinstance(measured, list) else (measured,)
            found.append(Figure(name, numbers, _WRITTEN.get(own, own)))
    return sorted(found, key=lambda one: ORDER.index(one.name) if one.name in ORDER else len(ORDER))


def words(kind: Kind, figures: list[Figure]) -> str:
    """A mark in words: "Length 12.3 mm", "Ellipse: 104 mm², mean 41.2 HU, SD 9.8"."""
    told = _told(figures)
    name = NAMES[kind]
    if not told:
        return name
    return f"{name} {told[0]}" if len(told) == 1 else f"{name}: {', '.join(told)}"


def label(figures: list[Figure]) -> tuple[str, ...]:
    """The lines that stand beside a mark on the picture: its first figure, and a mean with what goes with it."""
    told = _told([one for one in figures if one.name in {*_SILENT, "mean", "sd"}])
    return (*told[:1], *([", ".join(told[1:])] if told[1:] else []))


def _told(figures: list[Figure]) -> list[str]:
    """Each with its name, and its unit where the one before it had another."""
    found, said = [], ""
    for one in figures:
        amount = one.bare if one.unit and one.unit == said and one.unit != "°" else one.amount
        found.append(f"{one.spoken} {amount}".strip())
        said = one.unit
    return found


def _check_unit(value: object) -> None:
    if not isinstance(value, str) or len(value) > LONGEST_UNIT or not (value.isprintable()):
        raise RefusedError(f"A unit is a text of at most {LONGEST_UNIT} characters.")


def _check_value(value: object) -> None:
    numbers = value if isinstance(value, list) else [value]
    if len(numbers) > MOST_NUMBERS:
        raise RefusedError(f"A figure has at most {MOST_NUMBERS} numbers.")
    for number in numbers:
        if number is None and not isinstance(value, list):
            continue
        if not is_number(number, HIGHEST):
            raise RefusedError("A figure's value is a finite number, a few of them, or null.")


def is_number(value: object, highest: float) -> bool:
    """Say whether JSON gave a number, no further from zero than the highest."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= highest


def _rounded(number: float) -> str:
    """Four digits, and never an exponent where a person can read the number without one."""
    if 1000 <= abs(number) < 1e12:
        return with_minus(grouped(round(number)))
    return with_minus(f"{number:.4g}")
