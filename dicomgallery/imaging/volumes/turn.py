"""All that decides a picture of a whole volume, looked at from any side."""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Self

from dicomgallery.dicom.geometry import Vector
from dicomgallery.imaging.spec import Window

STEEPEST_DEGREES: Final = 90.0
FARTHEST_THRESHOLD: Final = 1e9


class Shows(StrEnum):
    """What of the values along a line of sight is shown."""

    MIP = "mip"
    """The highest: maximum intensity projection."""
    MINIP = "minip"
    """The lowest."""
    MEAN = "mean"
    """Their mean, much as on a radiograph."""
    SURFACE = "surface"
    """Where they first reach a threshold, as if lit."""


@dataclass(frozen=True, slots=True)
class Gaze:
    """From where a volume is looked at: three directions at right angles, of length 1, in the patient."""

    into: Vector
    across: Vector
    down: Vector


@dataclass(frozen=True, slots=True)
class Turn:
    """One picture of a whole volume."""

    angle: float = 0.0
    """In degrees about the axis from feet to head; 0 looks from the front, 90 from the patient's left."""
    tilt: float = 0.0
    """In degrees; 90 looks from the head, -90 from the feet."""
    shows: Shows = Shows.MIP
    window: Window | None = None
    auto: bool = False
    """Choose the window from the values even where the images have one."""
    voi: int = 1
    """Which of the windows of the images, from 1, where none is given."""
    threshold: float | None = None
    """The value at which a surface begins; None chooses one."""
    invert: bool = False

    def __post_init__(self) -> None:
        """Refuse what is out of bounds, and bring the angle to what it is within a full turn."""
        if not math.isfinite(self.angle):
            raise ValueError("An angle is a number of degrees.")
        if not abs(self.tilt) <= STEEPEST_DEGREES:
            raise ValueError("A tilt lies between -90 and 90 degrees.")
        if not 1 <= self.voi <= 99:
            raise ValueError("The number of a window must lie between 1 and 99.")
        if self.threshold is not None and not abs(self.threshold) <= FARTHEST_THRESHOLD:
            raise ValueError("A threshold is a value of the images.")
        object.__setattr__(self, "angle", self.angle % 360.0)

    @property
    def gaze(self) -> Gaze:
        """The directions it is looked at along; left, back and head are x, y and z (PS3.3 C.7.6.2.1.1)."""
        around, up = math.radians(self.angle), math.radians(self.tilt)
        ahead = (-math.sin(around), math.cos(around))
        into = (math.cos(up) * ahead[0], math.cos(up) * ahead[1], -math.sin(up))
        down = (-math.sin(up) * ahead[0], -math.sin(up) * ahead[1], -math.cos(up))
        return Gaze(into, (math.cos(around), math.sin(around), 0.0), down)

    def token(self) -> str:
        """The picture as a short name; equal ones have equal tokens."""
        window = f"c{self.window.center:.7g}w{self.window.width:.7g}" if self.window else f"v{self.voi}"
        way = "auto" if self.auto else window
        if self.shows is Shows.SURFACE:
            way = f"t{self.threshold:.7g}" if self.threshold is not None else "t"
        return f"{self.shows}-{self.angle:.5g}-{self.tilt:.5g}-{way}{'-invert' if self.invert else ''}"

    def as_fields(self) -> dict[str, Any]:
        """It as a message carries it."""
        return {
            "angle": self.angle,
            "tilt": self.tilt,
            "shows": self.shows.value,
            "window": [self.window.center, self.window.width] if self.window else None,
            "auto": self.auto,
            "voi": self.voi,
            "threshold": self.threshold,
            "invert": self.invert,
        }

    @classmethod
    def from_fields(cls, fields: dict[str, Any]) -> Self:
        """What a message carries."""
        window = Window(*fields["window"]) if fields["window"] else None
        return cls(**{**fields, "window": window, "shows": Shows(fields["shows"])})
