"""Windows that have a name, and windows chosen from a frame's own values when the file has none."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dicomgallery.imaging.spec import Window

CT_PRESETS: Final = {
    "Soft tissue": Window(40, 400),
    "Lung": Window(-600, 1500),
    "Liver": Window(90, 150),
    "Bone": Window(480, 2500),
    "Brain": Window(40, 80),
}

# Counts and doses begin at nothing, which is black; the rest is cut a little at both ends, where the outliers are.
_SHARES: Final = {"NM": (0.0, 99.8), "PT": (0.0, 99.8), "RTDOSE": (0.0, 100.0), "SEG": (0.0, 100.0)}
_USUAL_SHARES: Final = (0.5, 99.5)
_SOFT_TISSUE: Final = (-160.0, 240.0)


@dataclass(frozen=True, slots=True)
class Chosen:
    """The values that become black and white, and why in words. They may lie beyond what a Window takes."""

    black: float
    white: float
    words: str


def preset_name(window: Window, modality: str) -> str:
    """What a CT window is called; empty when it has no name."""
    if modality != "CT":
        return ""
    return next((name for name, preset in CT_PRESETS.items() if preset == window), "")


def choose(values: NDArray[Any], modality: str, *, stored_range: tuple[float, float] | None = None) -> Chosen | None:
    """Choose a window for values after the modality LUT, padding left out; None when all are the same.

    `stored_range` is what the samples could hold, given for 8-bit ones: made for a screen, they are shown as they are.
    """
    if values.size == 0:
        return None
    if modality == "CT" and _is_mostly_tissue(values):
        return Chosen(*_SOFT_TISSUE, "soft tissue, the usual for CT, as the file names none")
    low, high = np.percentile(values, _SHARES.get(modality, _USUAL_SHARES)).tolist()
    if stored_range is not None and high - low >= (stored_range[1] - stored_range[0]) / 4:
        return Chosen(*stored_range, "all that 8 bits can hold, as the file names none")
    if high <= low:
        low, high = float(values.min()), float(values.max())
    if high <= low:
        return None
    return Chosen(low, high, "chosen from the values of this frame")


def _is_mostly_tissue(values: NDArray[Any]) -> bool:
    """Whether the values are Hounsfield units with a body in them: air below it, a tenth of soft tissue or more."""
    within = np.count_nonzero((values >= _SOFT_TISSUE[0]) & (values <= _SOFT_TISSUE[1]))
    return bool(within * 10 >= values.size and float(values.min()) < -500)
