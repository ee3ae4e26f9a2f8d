"""Planes through a volume as pictures: cut, projected, windowed, brought to square millimeters and turned upright."""

from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dicomgallery.dicom.grids.sights import Run, Sight
from dicomgallery.imaging.encode import Picture, encode, resized
from dicomgallery.imaging.refusals import CannotRenderError, RenderReason
from dicomgallery.imaging.rendered import Rendered
from dicomgallery.imaging.spec import Format
from dicomgallery.imaging.volumes.graying import grays
from dicomgallery.imaging.volumes.oblique import cut
from dicomgallery.imaging.volumes.spec import LONGEST_SIDE, Mode, PlaneSpec
from dicomgallery.imaging.volumes.volume import COLUMNS, SLICES, Numbers, Volume

_OPPOSITE: Final = {Mode.MIP: Mode.MINIP, Mode.MINIP: Mode.MIP}


def draw(folder: Path, spec: PlaneSpec) -> Rendered:
    """The picture of a plane of the volume in a folder, as PNG; CannotRenderError."""
    try:
        volume = Volume.read(folder)
        with np.errstate(all="ignore"):
            picture = _picture(folder, volume, spec)
    except (OSError, ValueError) as error:
        raise CannotRenderError(RenderReason.UNREADABLE, "The volume is gone or damaged. Ask for it again.") from error
    rows, columns = picture.shape
    return Rendered(encode(picture, Format.PNG, 0), "image/png", columns, rows)


def plane(folder: Path, volume: Volume, spec: PlaneSpec) -> Numbers:
    """The numbers of a plane or a projected slab, upright: rows go down the picture, columns across it."""
    sight = volume.sight(spec.view)
    levels = _levels(folder, volume, sight.depth, _slab(volume, sight.depth, spec))
    projected = _projected(levels, _mode(volume, spec))
    # What is left are the two other axes of the array, in its order.
    if sight.down.axis > sight.across.axis:
        projected = projected.T
    if sight.down.is_reversed:
        projected = projected[::-1]
    return projected[:, ::-1] if sight.across.is_reversed else projected


def size_of(sight: Sight) -> tuple[int, int]:
    """Width and height of the picture in square pixels, as small as the finer of its two spacings."""
    width_mm, height_mm = sight.size_mm
    pixel_mm = max(min(sight.across.step_mm, sight.down.step_mm), max(width_mm, height_mm) / LONGEST_SIDE)
    return max(1, round(width_mm / pixel_mm)), max(1, round(height_mm / pixel_mm))


def _picture(folder: Path, volume: Volume, spec: PlaneSpec) -> Picture:
    inside = None
    if spec.slant is not None:
        numbers, inside = cut(volume, volume.array(folder, SLICES), spec.slant, spec.slab_mm, _mode(volume, spec))
    else:
        numbers = np.ascontiguousarray(plane(folder, volume, spec))
    picture = grays(numbers, volume, spec.window, spec.voi, auto=spec.auto)
    if volume.is_inverse != spec.invert:
        picture = np.subtract(255, picture, dtype=np.uint8)
    if inside is not None:
        picture[~inside] = 0
        return picture
    return resized(picture, *size_of(volume.sight(spec.view)))


def _mode(volume: Volume, spec: PlaneSpec) -> Mode:
    """What a slab becomes; where a slope falls, the highest values are the lowest numbers."""
    return _OPPOSITE.get(spec.mode, spec.mode) if volume.slope < 0 else spec.mode


def _slab(volume: Volume, depth: Run, spec: PlaneSpec) -> list[int]:
    """The places along an axis of the array that a slab about a plane takes; those that hold nothing left out."""
    middle = min((spec.index or depth.count // 2 + 1) - 1, depth.count - 1)
    many = max(1, round(spec.slab_mm / depth.step_mm)) if depth.step_mm else 1
    first = max(0, middle - (many - 1) // 2)
    places = [depth.place(index) for index in range(first, min(depth.count, middle + many // 2 + 1))]
    full = [place for place in places if place not in volume.missing] if depth.axis == 0 else places
    return sorted(full or places)


def _levels(folder: Path, volume: Volume, depth: Run, places: list[int]) -> NDArray[Any]:
    """The planes at these places, the first axis from one to the next; what lies in one piece is not copied."""
    whole = places[-1] - places[0] + 1 == len(places)
    wanted = slice(places[0], places[-1] + 1) if whole else places
    if depth.axis == 2:
        return volume.array(folder, COLUMNS)[wanted]
    slices = volume.array(folder, SLICES)
    levels: NDArray[Any] = slices[wanted] if depth.axis == 0 else slices[:, wanted, :].transpose(1, 0, 2)
    return levels


def _projected(levels: NDArray[Any], mode: Mode) -> Numbers:
    if len(levels) == 1:
        return np.asarray(levels[0])
    match mode:
        case Mode.MIP:
            projected: Numbers = levels.max(axis=0)
        case Mode.MINIP:
            projected = levels.min(axis=0)
        case Mode.MEAN:
            projected = levels.mean(axis=0, dtype=np.float32)
    return projected
