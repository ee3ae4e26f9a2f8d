"""How high a pixel is against its width (PS3.3 C.7.6.3.1.7)."""

from typing import Final

from pydicom.dataset import Dataset

from dicomgallery.dicom.calibration import spacings_of
from dicomgallery.imaging.header import reals

_MOST: Final = 10.0
"""A pixel longer than this is a slip of the pen, or a spacing that is not of the picture."""
_LEAST: Final = 1.01


def pixel_ratio(dataset: Dataset) -> float:
    """Height of a pixel over its width; 1 when square, nearly square, unsaid or absurd."""
    for pair in _pairs(dataset):
        if len(pair) >= 2 and pair[0] > 0 and pair[1] > 0:
            return bearable(pair[0] / pair[1])
    return 1.0


def bearable(ratio: float) -> float:
    """The ratio, or 1 where it is nearly that or absurd."""
    return ratio if 1 / _MOST <= ratio <= 1 / _LEAST or _LEAST <= ratio <= _MOST else 1.0


def _pairs(dataset: Dataset) -> list[tuple[float, ...]]:
    """Row spacing then column spacing, the surest first."""
    return [*(one.mm for one in spacings_of(dataset)), reals(dataset, "PixelAspectRatio")]
