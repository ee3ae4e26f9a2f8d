"""What an address asks of the viewer, read with care."""

import math
import re
from collections.abc import Mapping
from typing import Final

from dicomgallery.dicom.geometry import Vector
from dicomgallery.dicom.grids import View
from dicomgallery.imaging.spec import Window
from dicomgallery.imaging.volumes.small import LONGEST, SIZES
from dicomgallery.imaging.volumes.spec import Mode, PlaneSpec, Slant
from dicomgallery.imaging.volumes.turn import Shows, Turn

OBLIQUE: Final = "oblique"
_LONGEST: Final = 24
_PANES: Final = {
    "layout": re.compile(r"1x2|2x2"),
    "with": re.compile(r"[0-9]{0,18}(,[0-9]{0,18}){0,3}"),
    "link": re.compile(r"number|steps|off"),
    "same": re.compile(r"[a-z]{1,8}(,[a-z]{1,8}){0,2}"),
}
"""How panes beside each other stand in an address."""


def plane_spec(args: Mapping[str, str]) -> PlaneSpec:
    """The plane that a program asks for; ValueError in words when it makes no sense."""
    plane = args.get("plane", View.AXIAL.value)
    slant = None
    if plane == OBLIQUE:
        slant = Slant(_vector(args.get("normal", "")), _vector(args["point"]) if "point" in args else None)
    try:
        view = View(plane) if slant is None else View.AXIAL
        mode = Mode(args.get("mode", Mode.MEAN.value))
    except ValueError:
        raise ValueError("A plane is axial, coronal, sagittal or oblique, and a mode is mean, mip or minip.") from None
    window, voi = args.get("window", ""), _whole(args.get("voi", ""))
    return PlaneSpec(
        view=view,
        index=_whole(args.get("index", "")),
        slab_mm=_real(args.get("slab", "")) or 0.0,
        mode=mode,
        window=_window(window, args.get("level", "")),
        auto=window == "auto",
        voi=1 if voi is None else voi,
        invert=args.get("invert") == "1",
        slant=slant,
    )


def turn(args: Mapping[str, str]) -> Turn:
    """The picture of a whole volume that a program asks for; ValueError in words when it makes no sense."""
    window, voi = args.get("window", ""), _whole(args.get("voi", ""))
    if args.get("mode", Shows.MIP.value) not in set(Shows):
        raise ValueError("A mode is mip, minip, mean or surface.")
    return Turn(
        angle=_real(args.get("angle", "")) or 0.0,
        tilt=_real(args.get("tilt", "")) or 0.0,
        shows=Shows(args.get("mode", Shows.MIP.value)),
        window=_window(window, args.get("level", "")),
        auto=window == "auto",
        voi=1 if voi is None else voi,
        threshold=_real(args.get("threshold", "")),
        invert=args.get("invert") == "1",
    )


def longest(args: Mapping[str, str]) -> int:
    """How many numbers along each axis of a volume are asked for at most; ValueError in words."""
    most = _whole(args.get("most", ""))
    if most is None:
        return LONGEST
    if most not in SIZES:
        raise ValueError("At most 32, 64, 128 or 256 numbers along an axis can be asked for.")
    return most


def wanted_set(args: Mapping[str, str]) -> int:
    """Which time point, from 1; the first for anything else."""
    return clamped(args.get("set", ""), 1, 9999, usual=1)


def panes(args: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """What the address says of panes beside each other; nothing where it names no layout of them."""
    found = tuple((name, args[name]) for name, form in _PANES.items() if name in args and form.fullmatch(args[name]))
    return found if any(name == "layout" for name, _ in found) else ()


def clamped(text: str, least: int, most: int, *, usual: int) -> int:
    """A whole number brought between two others; the usual one for what is none."""
    try:
        number = _whole(text)
    except ValueError:
        number = None
    return usual if number is None else min(max(number, least), most)


def degrees(text: str, least: float, most: float, *, usual: float = 0.0) -> float:
    """An angle brought between two others; the usual one for what is none."""
    number = real(text)
    return usual if number is None else min(max(number, least), most)


def real(text: str) -> float | None:
    """A number; None for what is none."""
    try:
        return _real(text)
    except ValueError:
        return None


def millimeters(text: str) -> float:
    """A length from 0 to 100 mm; 0 for what is none."""
    try:
        return min(max(_real(text) or 0.0, 0.0), 100.0)
    except ValueError:
        return 0.0


def _vector(text: str) -> Vector:
    """Three numbers between commas."""
    parts = text.split(",")
    if len(parts) != 3:
        raise ValueError("A normal and a point are three numbers between commas.")
    x, y, z = (_real(part) or 0.0 for part in parts)
    return x, y, z


def _window(width: str, level: str) -> Window | None:
    if width == "auto" or not (width or level):
        return None
    wide, center = _real(width), _real(level)
    if wide is None or center is None:
        raise ValueError("A window needs its width in `window` and its center in `level`.")
    return Window(center, wide)


def _whole(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= 8):
        raise ValueError("Planes and windows are counted by whole numbers from 1.")
    return int(text)


def _real(text: str) -> float | None:
    if not text:
        return None
    try:
        number = float(text[:_LONGEST])
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError("What stands for a number must be one, and finite.")
    return number
