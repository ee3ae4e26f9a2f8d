"""How fast a stack is meant to be played, and which way (PS3.3 C.7.6.5)."""

from dataclasses import dataclass
from typing import Final

from dicomgallery.dicom import elements
from dicomgallery.dicom.elements import Header

_SWEEPING: Final = 1
"""Preferred Playback Sequencing (0018,1244): from the first frame to the last and back, again and again."""
_PLAYBACK: Final = 0x00181244
_LEAST_RATE: Final = 0.1
_MOST_RATE: Final = 1000.0
"""Frames a second; what lies beyond is a slip of the pen."""


@dataclass(frozen=True, slots=True)
class Cine:
    """What a file says of being played."""

    rate: float | None
    """Frames a second; None where it does not say."""
    origin: str
    """The attribute that says so."""
    sweeps: bool


def cine_of(header: Header) -> Cine:
    """How a file wants to be played.

    The rate to display at goes before the one that it was acquired at, and before how long a frame lasted.
    """
    told = (
        ("Recommended Display Frame Rate", elements.number(header, 0x00082144)),
        ("Cine Rate", elements.number(header, 0x00180040)),
        ("Frame Time", _rate_of(elements.number(header, 0x00181063))),
        ("Frame Time Vector", _rate_of(_usual_step(elements.numbers(header, 0x00181065)))),
    )
    sweeps = elements.whole(header, _PLAYBACK) == _SWEEPING
    for origin, rate in told:
        if rate is not None and _LEAST_RATE <= rate <= _MOST_RATE:
            return Cine(rate, origin, sweeps)
    return Cine(None, "", sweeps)


def _rate_of(milliseconds: float | None) -> float | None:
    return 1000 / milliseconds if milliseconds else None


def _usual_step(steps: tuple[float, ...]) -> float | None:
    """The middle one of the steps between frames; the first of them is nothing's."""
    after = sorted(steps[1:])
    return after[len(after) // 2] if after else None
