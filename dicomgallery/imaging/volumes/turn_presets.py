"""Ways to look at a whole volume that have a name."""

from dataclasses import dataclass
from typing import Final

from dicomgallery.imaging.spec import Window
from dicomgallery.imaging.volumes.turn import Shows

BONE: Final = 250.0
"""In HU: where bone begins."""
SKIN: Final = -300.0
_FIRST_SHARE: Final = 0.3
"""Where a surface begins between black and white, if the values have no scale of their own."""


@dataclass(frozen=True, slots=True)
class TurnPreset:
    """What is shown, and how."""

    label: str
    shows: Shows
    window: Window | None = None
    threshold: float | None = None


_OF_CT: Final = (
    TurnPreset("Bones", Shows.MIP, Window(500, 1400)),
    TurnPreset("Bones, lit", Shows.SURFACE, threshold=BONE),
    TurnPreset("Skin, lit", Shows.SURFACE, threshold=SKIN),
    TurnPreset("Vessels", Shows.MIP, Window(250, 600)),
    TurnPreset("Soft tissue", Shows.MIP, Window(40, 400)),
    TurnPreset("Lungs, as on a radiograph", Shows.MEAN),
)
_OF_OTHERS: Final = (
    TurnPreset("Highest values (MIP)", Shows.MIP),
    TurnPreset("Surface, lit", Shows.SURFACE),
    TurnPreset("Mean", Shows.MEAN),
    TurnPreset("Lowest values (MinIP)", Shows.MINIP),
)


def presets_of(unit: str) -> tuple[TurnPreset, ...]:
    """The presets for values of a unit, the usual one first: those of CT need Hounsfield units."""
    return _OF_CT if unit == "HU" else _OF_OTHERS


def usual_threshold(unit: str, black: float, white: float) -> float:
    """The value at which a surface begins where none is given, by the window chosen from the values."""
    return BONE if unit == "HU" else black + _FIRST_SHARE * (white - black)
