"""A whole volume as a picture, looked at from any side: projected or lit, and windowed."""

import math
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dicomgallery.imaging.encode import Picture, encode
from dicomgallery.imaging.refusals import CannotRenderError, RenderReason
from dicomgallery.imaging.rendered import Rendered
from dicomgallery.imaging.spec import Format
from dicomgallery.imaging.volumes.graying import grays
from dicomgallery.imaging.volumes.shearing import Shear, Values, sheared, upright
from dicomgallery.imaging.volumes.small import Small, small_of
from dicomgallery.imaging.volumes.surface import lit
from dicomgallery.imaging.volumes.turn import Shows, Turn
from dicomgallery.imaging.volumes.turn_presets import usual_threshold
from dicomgallery.imaging.volumes.volume import Volume
from dicomgallery.imaging.window import ramp

_SAMPLED: Final = 32
"""So many places along each axis tell how dark it can be."""
_OPPOSITE: Final = {Shows.MIP: Shows.MINIP, Shows.MINIP: Shows.MIP}
_JOINS: Final = {
    Shows.MIP: (np.maximum, -math.inf), Shows.MINIP: (np.minimum, math.inf), Shows.MEAN: (np.add, 0.0),
}  # fmt: skip
"""How levels are joined, and what stands where there is none yet."""


def draw(folder: Path, turn: Turn) -> Rendered:
    """The picture of the volume in a folder from one side, as PNG; CannotRenderError."""
    try:
        volume = Volume.read(folder)
        with np.errstate(all="ignore"):
            picture = _picture(small_of(folder, volume), volume, turn)
    except (OSError, ValueError) as error:
        raise CannotRenderError(RenderReason.UNREADABLE, "The volume is gone or damaged. Ask for it again.") from error
    rows, columns = picture.shape
    return Rendered(encode(picture, Format.PNG, 0), "image/png", columns, rows)


def _picture(small: Small, volume: Volume, turn: Turn) -> Picture:
    gaze = turn.gaze
    shear = sheared(small, gaze)
    if turn.shows is Shows.SURFACE:
        threshold = turn.threshold
        if threshold is None:
            threshold = usual_threshold(volume.unit, volume.black, volume.white)
        slope = volume.slope or 1.0
        light = lit(small, shear, gaze, (threshold - volume.intercept) / slope, is_falling=slope < 0)
        shown: NDArray[np.float32] = upright(light, shear, small, gaze, outside=0)
        return np.clip(np.rint(shown), 0, 255).astype(np.uint8)
    shows = _OPPOSITE.get(turn.shows, turn.shows) if volume.slope < 0 else turn.shows
    numbers, outside = _projected(shear, shows, is_falling=volume.slope < 0)
    shown = upright(numbers, shear, small, gaze, outside=outside)
    if shows is Shows.MEAN and turn.window is None:
        picture = _spread(shown, outside, is_falling=volume.slope < 0)
    else:
        picture = grays(shown, volume, turn.window, turn.voi, auto=turn.auto)
    return np.subtract(255, picture, dtype=np.uint8) if volume.is_inverse != turn.invert else picture


def _spread(numbers: Values, darkest: float, *, is_falling: bool) -> Picture:
    """Means as grays: they lie so far below the values of the images that no window for these shows them."""
    brightest = float(np.percentile(numbers, 0.2 if is_falling else 99.8))
    return ramp(numbers, 1.0, 0.0, darkest, brightest if brightest != darkest else darkest + 1)


def _projected(shear: Shear, shows: Shows, *, is_falling: bool) -> tuple[Values, float]:
    """The numbers along each line of sight joined; and the darkest of the volume, which stands where there is none."""
    join, nothing = _JOINS[shows]
    joined = np.full(shear.shape, nothing, np.float32)
    held = np.zeros(shear.shape, np.float32 if shows is Shows.MEAN else bool)
    for _, where, values in shear.levels(nearest_first=True):
        join(joined[where], values, out=joined[where])
        held[where] += held.dtype.type(1)
    if shows is Shows.MEAN:
        joined /= np.maximum(held, 1)
    few = shear.numbers[tuple(slice(None, None, max(1, side // _SAMPLED)) for side in shear.numbers.shape)]
    outside = float(few.max() if is_falling else few.min())
    joined[held == 0] = outside
    return joined, outside
