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


@dataclass(frozen=True, slots=True)
class Solid:
    """A way to see a whole volume in color, which a browser draws; the server shows the surface that begins there."""

    name: str
    """Of its colors, in static/js/viewer/solid/tints.js."""
    label: str
    threshold: float
    """The value at which it begins; of values without a scale of their own the share of the window from black on."""


_SOLIDS_OF_CT: Final = (
    Solid("bone", "Bones", BONE),
    Solid("vessels", "Vessels with contrast", 150.0),
    Solid("soft", "Soft tissue", -150.0),
    Solid("lung", "Lungs and airways", -600.0),
)
_SOLIDS_OF_OTHERS: Final = (Solid("tissue", "Tissue", 0.3), Solid("bright", "Bright vessels", 0.7))


def solids_of(unit: str) -> tuple[Solid, ...]:
    """The ways in color for values of a unit."""
    return _SOLIDS_OF_CT if unit == "HU" else _SOLIDS_OF_OTHERS


def presets_of(unit: str) -> tuple[TurnPreset, ...]:
    """The presets for values of a unit, the usual one first: those of CT need Hounsfield units."""
    return _OF_CT if unit == "HU" else _OF_OTHERS


def usual_threshold(unit: str, black: float, white: float, solid: Solid | None = None) -> float:
    """The value at which a surface begins where none is given, by the window chosen from the values."""
    begins = solid.threshold if solid is not None else None
    if unit == "HU":
        return BONE if begins is None else begins
    return black + (_FIRST_SHARE if begins is None else begins) * (white - black)
