"""Images of many kinds by name, by which every drawing of values is held to the server's own picture."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, JPEGLSLossless

from dicomgallery.dicom.uids import stable_uid
from tests.enhanced import groups
from tests.imaging.making import as_file, compressed, image

SIDE: Final = 64


@dataclass(frozen=True, slots=True)
class Vector:
    """An image, and whether its values with the window of their header are the whole of its picture."""

    dataset: Dataset
    exact: bool = True
    syntax: str = ExplicitVRLittleEndian
    frames: int = 1

    @property
    def file(self) -> bytes:
        """It as a file."""
        return as_file(self.dataset, self.syntax)


def vectors() -> Mapping[str, Callable[[], Vector]]:
    """What makes each image, by a name that may stand in an address."""
    return _MAKERS


def vector(name: str) -> Vector:
    """The image of that name, in a series of its own."""
    made = _MAKERS[name]()
    made.dataset.StudyInstanceUID = stable_uid(b"vectors")
    made.dataset.SeriesInstanceUID = stable_uid(f"vectors {name}".encode())
    made.dataset.SOPInstanceUID = stable_uid(f"vectors {name} 1".encode())
    return made


def slope_of(low: float, high: float, dtype: Any = np.int16) -> NDArray[Any]:
    """An image whose values rise evenly from low to high, the lowest at its upper left."""
    whole = np.dtype(dtype).kind in "iu"
    values = np.linspace(low, high, SIDE * SIDE).reshape(SIDE, SIDE)
    return (values.round() if whole else values).astype(dtype)


def gray(low: float, high: float, dtype: Any = np.int16, **attributes: Any) -> Dataset:
    """A gray image of such values."""
    return image(slope_of(low, high, dtype), **attributes)


def _ct(**attributes: Any) -> Dataset:
    usual = {"Modality": "CT", "RescaleSlope": 1, "RescaleIntercept": -1024, "WindowCenter": 40, "WindowWidth": 400}
    return gray(-200, 3000, **usual | attributes)


def _twelve_bits() -> Dataset:
    stored = slope_of(0, 4095, np.uint16) | 0xA000
    return image(stored, BitsStored=12, HighBit=11, WindowCenter=2000, WindowWidth=3000)


def _table(first: int, entries: NDArray[Any]) -> Sequence:
    item = Dataset()
    item.LUTDescriptor = [entries.size, first, 16]
    item.LUTData = entries.astype("<u2").tobytes()
    item["LUTData"].VR = "OW"
    return Sequence([item])


_BENT: Final = (np.sqrt(np.arange(1024) / 1023) * 60_000).round()


def _palette(count: int, first: int) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for place, color in enumerate(("Red", "Green", "Blue")):
        made[f"{color}PaletteColorLookupTableDescriptor"] = [count, first, 8]
        made[f"{color}PaletteColorLookupTableData"] = bytes((np.arange(count) * (place + 1) % 256).astype(np.uint8))
    return made


def _colors() -> NDArray[Any]:
    ramp = slope_of(0, 255, np.uint8)
    return np.stack([ramp, ramp[::-1], ramp.T], axis=2)


def _overlaid() -> Dataset:
    dataset = _ct()
    dataset.add_new(0x60000010, "US", SIDE)
    dataset.add_new(0x60000011, "US", SIDE)
    dataset.add_new(0x60000040, "CS", "G")
    dataset.add_new(0x60000050, "SS", [1, 1])
    dataset.add_new(0x60000100, "US", 1)
    dataset.add_new(0x60000102, "US", 0)
    dataset.add_new(0x60003000, "OW", bytes(SIDE) + b"\xff" * (SIDE // 8) + bytes(SIDE * SIDE // 8 - SIDE - SIDE // 8))
    return dataset


def _frames() -> Dataset:
    stored = np.stack([slope_of(0, 1000, np.uint16), slope_of(0, 4000, np.uint16)])
    dataset = image(stored, frames=True)
    dataset.PerFrameFunctionalGroupsSequence = Sequence(
        groups(
            {
                "FrameVOILUT": {"WindowCenter": 300 * number, "WindowWidth": 500 * number},
                "PixelValueTransformation": {"RescaleSlope": number, "RescaleIntercept": -7, "RescaleType": "US"},
                "PixelMeasures": {"PixelSpacing": [0.25 * number, 0.25 * number]},
            }
        )
        for number in (1, 2)
    )
    return dataset


def _jpeg_ls() -> Dataset:
    stored = slope_of(-1024, 2000)
    return compressed(
        image(stored, WindowCenter=40, WindowWidth=400), [imagecodecs.jpegls_encode(stored.view(np.uint16))]
    )


def _dose() -> Dataset:
    return gray(0, 60_000, np.uint16, Modality="RTDOSE", DoseGridScaling=1e-3, DoseUnits="GY")


def _bits() -> Dataset:
    packed = np.packbits(np.indices((SIDE, SIDE)).sum(axis=0) % 3 == 0, axis=None, bitorder="little")
    dataset = image(np.zeros((SIDE, SIDE), np.uint8), BitsAllocated=1, BitsStored=1, HighBit=0)
    dataset.PixelData = packed.tobytes()
    return dataset


_MAKERS: Final[Mapping[str, Callable[[], Vector]]] = {
    "ct": lambda: Vector(_ct()),
    "ct-fractions": lambda: Vector(_ct(RescaleSlope=0.37, RescaleIntercept=-100.3)),
    "ct-falling": lambda: Vector(_ct(RescaleSlope=-1, RescaleIntercept=1024)),
    "ct-big-endian": lambda: Vector(_ct(), syntax=ExplicitVRBigEndian),
    "ct-jpeg-ls": lambda: Vector(_jpeg_ls(), syntax=JPEGLSLossless),
    "twelve-bits": lambda: Vector(_twelve_bits()),
    "monochrome1": lambda: Vector(
        gray(0, 4000, np.uint16, PhotometricInterpretation="MONOCHROME1", WindowCenter=1500, WindowWidth=2000)
    ),
    "inverse-shape": lambda: Vector(_ct(PresentationLUTShape="INVERSE")),
    "eight-bits": lambda: Vector(gray(0, 255, np.uint8)),
    "eight-bits-signed": lambda: Vector(gray(-128, 127, np.int8, WindowCenter=0, WindowWidth=100)),
    "thirty-two-bits": lambda: Vector(gray(0, 3_000_000, np.uint32, WindowCenter=1_000_000, WindowWidth=2_000_000)),
    "float": lambda: Vector(gray(-0.5, 2.5, np.float32, WindowCenter=1, WindowWidth=1.5)),
    "double": lambda: Vector(gray(-3e-5, 7e-5, np.float64)),
    "threshold": lambda: Vector(_ct(WindowCenter=40, WindowWidth=1)),
    "exact-window": lambda: Vector(_ct(WindowWidth=3, VOILUTFunction="LINEAR_EXACT")),
    "no-window": lambda: Vector(gray(-900, 21_000)),
    "padding": lambda: Vector(gray(-900, 21_000, PixelPaddingValue=-900, PixelPaddingRangeLimit=3000)),
    "one-bit": lambda: Vector(_bits()),
    "frames": lambda: Vector(_frames(), frames=2),
    "tall-pixels": lambda: Vector(_ct(PixelSpacing=[1.0, 0.5])),
    "color": lambda: Vector(image(_colors())),
    "palette": lambda: Vector(
        gray(0, 255, np.uint8, PhotometricInterpretation="PALETTE COLOR", **_palette(200, first=10))
    ),
    "modality-table": lambda: Vector(
        gray(0, 1023, np.uint16, ModalityLUTSequence=_table(0, _BENT), WindowCenter=30_000, WindowWidth=60_000)
    ),
    "sigmoid": lambda: Vector(_ct(VOILUTFunction="SIGMOID"), exact=False),
    "voi-table": lambda: Vector(gray(0, 1023, np.uint16, VOILUTSequence=_table(0, _BENT)), exact=False),
    "supplement": lambda: Vector(
        gray(0, 255, np.uint8, PixelPresentation="COLOR", WindowCenter=128, WindowWidth=256, **_palette(8, first=240)),
        exact=False,
    ),
    "overlay": lambda: Vector(_overlaid(), exact=False),
    "shutter": lambda: Vector(
        _ct(ShutterShape="CIRCULAR", CenterOfCircularShutter=[32, 32], RadiusOfCircularShutter=20), exact=False
    ),
    "dose": lambda: Vector(_dose(), exact=False),
    "one-value": lambda: Vector(gray(7, 7), exact=False),
}
