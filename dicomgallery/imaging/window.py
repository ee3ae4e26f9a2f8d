"""From stored numbers to the 256 grays of a screen, through a window (PS3.3 C.11.2.1.2)."""

from enum import StrEnum
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from dicomgallery.imaging.native import Samples
from dicomgallery.imaging.spec import Window

Gray: TypeAlias = NDArray[np.uint8]

# Blocks that stay in the processor's cache are windowed twice as fast as a whole radiograph at once.
_BLOCK_PIXELS: Final = 1 << 16


class Function(StrEnum):
    """VOI LUT Function (0028,1056)."""

    LINEAR = "LINEAR"
    LINEAR_EXACT = "LINEAR_EXACT"
    SIGMOID = "SIGMOID"


def window_linear(samples: Samples, slope: float, intercept: float, window: Window, function: Function) -> Gray:
    """Apply rescale and a linear window to a whole frame at once."""
    black, white = bounds(window, function)
    return ramp(samples, slope, intercept, black, white)


def window_values(values: NDArray[np.float64], window: Window, function: Function) -> NDArray[np.float64]:
    """Apply a window of any function to values after the modality LUT; the answer lies in 0 to 255."""
    if function is Function.SIGMOID:
        # PS3.3 C.11.2.1.3.1; the exponent is bounded since its limits are already black and white.
        exponent = np.clip(-4.0 * (values - window.center) / window.width, -60.0, 60.0)
        return 255.0 / (1.0 + np.exp(exponent))
    black, white = bounds(window, function)
    return np.clip((values - black) * (255.0 / (white - black)), 0.0, 255.0)


def ramp(samples: Samples, slope: float, intercept: float, black: float, white: float) -> Gray:
    """Rescale samples and spread the values from black to white over 0 to 255; what is not a number becomes black."""
    scale = slope * 255.0 / (white - black)
    offset = (intercept - black) * 255.0 / (white - black)
    wide = samples.dtype.itemsize > 2
    dtype: type[Any] = np.float64 if wide else np.float32
    gray = np.empty(samples.shape, np.uint8)
    step = max(1, _BLOCK_PIXELS // max(1, samples.shape[1]))
    block = np.empty((min(step, samples.shape[0]), samples.shape[1]), dtype)
    for start in range(0, samples.shape[0], step):
        rows = samples[start : start + step]
        part = block[: rows.shape[0]]
        np.multiply(rows, dtype(scale), out=part, dtype=dtype, casting="unsafe")
        part += dtype(offset + 0.5)
        if samples.dtype.kind == "f":
            np.nan_to_num(part, copy=False, nan=0.0)
        np.clip(part, 0.0, 255.0, out=part)
        gray[start : start + step] = part
    return gray


def bounds(window: Window, function: Function) -> tuple[float, float]:
    """The values that a linear window makes black and white."""
    if function is Function.LINEAR_EXACT or window.width < 1:
        # PS3.3 C.11.2.1.3.2. A linear window narrower than 1 is not allowed, but files have it, and mean this.
        return window.center - window.width / 2, window.center + window.width / 2
    # PS3.3 C.11.2.1.2.1: the half offsets make a window of width 1 a clean threshold.
    # Dropping them, as many viewers do, divides by zero there.
    black = window.center - 0.5 - (window.width - 1) / 2
    return black, black + max(window.width - 1, 1e-6)
