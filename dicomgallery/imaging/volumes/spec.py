"""All that decides a picture of a plane through a volume."""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Self

from dicomgallery.dicom.geometry import Vector, dot
from dicomgallery.dicom.grids.sights import View
from dicomgallery.imaging.spec import Window

MOST_SLAB_MM: Final = 1000.0
MOST_INDEX: Final = 10_000
LONGEST_SIDE: Final = 4096
FARTHEST_MM: Final = 1e6


class Mode(StrEnum):
    """What a slab of several planes becomes."""

    MEAN = "mean"
    MIP = "mip"
    """Its highest values: maximum intensity projection."""
    MINIP = "minip"
    """Its lowest values."""


@dataclass(frozen=True, slots=True)
class Slant:
    """A plane at any slant."""

    normal: Vector
    """Of length 1."""
    point: Vector | None = None
    """A point of it, in mm in the patient; None is the middle of the volume."""

    def __post_init__(self) -> None:
        """Refuse what is no direction or no place, and bring the direction to length 1."""
        length = math.sqrt(dot(self.normal, self.normal))
        if not 1e-6 < length < math.inf:
            raise ValueError("A normal needs three numbers, not all of them 0.")
        if self.point is not None and not all(abs(part) <= FARTHEST_MM for part in self.point):
            raise ValueError("A point needs three numbers in mm.")
        x, y, z = (part / length for part in self.normal)
        object.__setattr__(self, "normal", (x, y, z))

    def token(self) -> str:
        """The slant as a short name."""
        parts = [*self.normal, *(self.point or ())]
        return "_".join(f"{part:.6g}" for part in parts)


@dataclass(frozen=True, slots=True)
class PlaneSpec:
    """One plane, or a slab about it, through one window."""

    view: View
    index: int | None = None
    """From 1, in the direction of the view; None is the middle."""
    slab_mm: float = 0.0
    """How thick; 0 is one plane."""
    mode: Mode = Mode.MEAN
    window: Window | None = None
    auto: bool = False
    """Choose the window from the values even where the images have one."""
    voi: int = 1
    """Which of the windows of the images, from 1, where none is given."""
    invert: bool = False
    slant: Slant | None = None
    """In place of view and index."""

    def __post_init__(self) -> None:
        """Refuse what is out of bounds."""
        if self.index is not None and not 1 <= self.index <= MOST_INDEX:
            raise ValueError(f"A plane's number must lie between 1 and {MOST_INDEX}.")
        if not (math.isfinite(self.slab_mm) and 0 <= self.slab_mm <= MOST_SLAB_MM):
            raise ValueError(f"A slab must be between 0 and {MOST_SLAB_MM:.0f} mm thick.")
        if not 1 <= self.voi <= 99:
            raise ValueError("The number of a window must lie between 1 and 99.")

    def token(self) -> str:
        """The spec as a short name; equal specs have equal tokens."""
        window = f"c{self.window.center:.7g}w{self.window.width:.7g}" if self.window else f"v{self.voi}"
        way = "auto" if self.auto else window
        slab = f"{self.mode}{self.slab_mm:.4g}" if self.slab_mm else "plane"
        place = f"slant-{self.slant.token()}" if self.slant else f"{self.view}-{self.index or 'middle'}"
        return f"{place}-{slab}-{way}{'-invert' if self.invert else ''}"

    def as_fields(self) -> dict[str, Any]:
        """The spec as a message carries it."""
        return {
            "view": self.view.value,
            "index": self.index,
            "slab_mm": self.slab_mm,
            "mode": self.mode.value,
            "window": [self.window.center, self.window.width] if self.window else None,
            "auto": self.auto,
            "voi": self.voi,
            "invert": self.invert,
            "slant": [self.slant.normal, self.slant.point] if self.slant else None,
        }

    @classmethod
    def from_fields(cls, fields: dict[str, Any]) -> Self:
        """The spec a message carries."""
        window = Window(*fields["window"]) if fields["window"] else None
        slant = None
        if fields["slant"]:
            normal, point = (tuple(part) if part else None for part in fields["slant"])
            slant = Slant(normal, point)  # type: ignore[arg-type] # as `as_fields` wrote them
        chosen = {"view": View(fields["view"]), "mode": Mode(fields["mode"]), "window": window, "slant": slant}
        return cls(**{**fields, **chosen})
