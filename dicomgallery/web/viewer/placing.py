"""How the stage holds a picture, as the address says it: which way round, how large, how far from the middle."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

from dicomgallery.imaging.facing import UPRIGHT, Facing
from dicomgallery.web.viewer.asking import real

ROTATIONS: Final = {"": 0, "0": 0, "90": 1, "180": 2, "270": 3}
FLIPS: Final = ("", "h", "v", "hv")
SMALLEST, LARGEST = 0.05, 50.0
FARTHEST: Final = 50.0


def facing_of(args: Mapping[str, str]) -> Facing:
    """The way round that `rotate` and `flip` ask for; ValueError in words when they make no sense."""
    rotate, flip = args.get("rotate", ""), args.get("flip", "")
    if rotate not in ROTATIONS or flip not in FLIPS:
        raise ValueError("A picture is turned by 90, 180 or 270 degrees in `rotate`, and `flip` is h, v or hv.")
    return Facing(ROTATIONS[rotate], across="h" in flip, down="v" in flip)


@dataclass(frozen=True, slots=True)
class Placing:
    """Flips, turns, zoom and shift."""

    facing: Facing = UPRIGHT
    zoom: float = 1.0
    """1 shows the whole picture."""
    pan: tuple[float, float] = (0.0, 0.0)
    """From the middle, to the right and down, in heights of the stage."""

    @classmethod
    def of(cls, args: Mapping[str, str]) -> Self:
        """How the address has it; what makes no sense is as usual."""
        try:
            facing = facing_of(args)
        except ValueError:
            facing = UPRIGHT
        zoom = real(args.get("zoom", ""))
        parts = [real(part) for part in args.get("pan", "").split(",")[:3]]
        across, down = parts if len(parts) == 2 else (None, None)
        has_pan = across is not None and down is not None and max(abs(across), abs(down)) <= FARTHEST
        return cls(
            facing,
            zoom if zoom is not None and SMALLEST <= zoom <= LARGEST else 1.0,
            (across or 0.0, down or 0.0) if has_pan else (0.0, 0.0),
        )

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """What the address says of it; nothing of what is usual."""
        facing = self.facing
        flip = "h" * facing.across + "v" * facing.down
        pairs = [("rotate", str(90 * facing.turns))] if facing.turns else []
        pairs += [("flip", flip)] if flip else []
        pairs += [("zoom", f"{self.zoom:.4g}")] if self.zoom != 1 else []
        pairs += [("pan", ",".join(f"{part:.4g}" for part in self.pan))] if any(self.pan) else []
        return tuple(pairs)

    @property
    def on_stage(self) -> dict[str, object]:
        """It as the script of the stage reads it."""
        facing = self.facing
        return {
            "rotation": 90 * facing.turns, "flipHorizontal": facing.across, "flipVertical": facing.down,
            "zoom": self.zoom, "pan": self.pan,
        }  # fmt: skip
