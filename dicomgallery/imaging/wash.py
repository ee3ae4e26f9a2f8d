"""Measurements washed with color: doses and parametric maps, with a bar that says what a color means."""

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from pydicom.dataset import Dataset

from dicomgallery.imaging.encode import Picture
from dicomgallery.imaging.header import text

_PARAMETRIC_MAP: Final = "1.2.840.10008.5.1.4.1.1.30"
LEAST_SIDE: Final = 256
"""A picture with a bar is enlarged to this: dose grids are often smaller than the words beside them."""
LEAST_HEIGHT: Final = 128
"""Beside a lower picture there is no room for the words."""

# From nothing through cold to hot, each lighter or more glaring than the one before.
_STOPS: Final = (
    (0.00, (0, 0, 0)),
    (0.08, (18, 12, 64)),
    (0.28, (20, 84, 190)),
    (0.46, (0, 168, 172)),
    (0.62, (70, 200, 80)),
    (0.78, (244, 220, 60)),
    (0.92, (236, 84, 30)),
    (1.00, (176, 8, 40)),
)
_BAR: Final = 14
_GAP: Final = 10
_TICKS: Final = 5
_INK: Final = (222, 228, 234)


def is_washed(dataset: Dataset) -> bool:
    """Say whether an object's values are measurements to be shown in color."""
    return text(dataset, "Modality") == "RTDOSE" or text(dataset, "SOPClassUID") == _PARAMETRIC_MAP


def washed(gray: NDArray[np.uint8]) -> Picture:
    """Grays as colors."""
    return _colors().take(gray, axis=0)


def with_bar(picture: Picture, scale: tuple[float, float], unit: str) -> Picture:
    """The picture with a bar of its colors at its right, labelled from the lowest value to the highest."""
    height = picture.shape[0]
    font = ImageFont.load_default(max(12, height // 26))
    labels = [f"{scale[0] + (scale[1] - scale[0]) * step / (_TICKS - 1):.4g}" for step in range(_TICKS)]
    words = max(font.getlength(label) for label in (*labels, unit))
    bar = max(_BAR, height // 24)
    margin = Image.new("RGB", (round(3 * _GAP + bar + words), height))
    pen = ImageDraw.Draw(margin)
    line = round(font.getbbox("0")[3])
    top, bottom = (2 * line + _GAP if unit else line), height - line
    column = np.linspace(255, 0, bottom - top).round().astype(np.uint8)
    margin.paste(Image.fromarray(np.repeat(washed(column[:, np.newaxis]), bar, axis=1)), (_GAP, top))
    for step, label in enumerate(labels):
        at = bottom - 1 - (bottom - top - 1) * step / (_TICKS - 1)
        pen.line([(_GAP + bar, at), (_GAP + bar + 3, at)], fill=_INK)
        pen.text((2 * _GAP + bar, at), label, font=font, fill=_INK, anchor="lm")
    if unit:
        pen.text((_GAP, line // 2), unit, font=font, fill=_INK, anchor="lt")
    return np.concatenate([picture, np.asarray(margin)], axis=1)


@cache
def _colors() -> NDArray[np.uint8]:
    places = [place for place, _ in _STOPS]
    channels = [
        np.interp(np.linspace(0, 1, 256), places, [color[channel] for _, color in _STOPS]) for channel in range(3)
    ]
    table: NDArray[np.uint8] = np.stack(channels, axis=1).round().astype(np.uint8)
    return table
