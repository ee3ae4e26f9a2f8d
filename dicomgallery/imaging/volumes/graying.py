"""Numbers of a volume as grays."""

import numpy as np

from dicomgallery.imaging.encode import Picture
from dicomgallery.imaging.spec import Window
from dicomgallery.imaging.volumes.volume import Numbers, Volume
from dicomgallery.imaging.window import Function, bounds, ramp, window_values


def ends_of(volume: Volume, asked: Window | None, voi: int, *, auto: bool) -> tuple[float, float]:
    """The values that `grays` makes black and white; of a window that bends, those at its ends."""
    named = volume.windows[voi - 1] if voi <= len(volume.windows) and not auto else None
    window = asked or (named.window if named is not None else None)
    if window is None:
        return volume.black, volume.white
    function = Function(named.function) if named is not None else Function.LINEAR
    return bounds(window, Function.LINEAR if function is Function.SIGMOID else function)


def grays(numbers: Numbers, volume: Volume, asked: Window | None, voi: int, *, auto: bool) -> Picture:
    """Numbers through the window asked for, else one of the images' own, else (or if `auto`) one from all values."""
    named = volume.windows[voi - 1] if voi <= len(volume.windows) else None
    window, function = asked, Function.LINEAR
    if named is not None and not auto:
        window, function = window or named.window, Function(named.function)
    if asked is not None and function is Function.SIGMOID:
        function = Function.LINEAR
    if window is None:
        return ramp(numbers, volume.slope, volume.intercept, volume.black, volume.white)
    if function is Function.SIGMOID:
        values = numbers.astype(np.float64) * volume.slope + volume.intercept
        return np.rint(window_values(values, window, function)).astype(np.uint8)
    return ramp(numbers, volume.slope, volume.intercept, *bounds(window, function))
