"""How many millimeters a pixel is, and where that is from (PS3.3 10.7.1.3, C.8.5.5)."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from pydicom.dataset import Dataset

from dicomgallery.dicom import elements
from dicomgallery.dicom.geometry import FRAME_GROUPS, SHARED_GROUPS, SPACING

NOT_CALIBRATED: Final = "pixels, not calibrated"
MOST_REGIONS: Final = 64
_MOST_MM: Final = 100.0
"""A pixel larger than this is a slip of the pen; the coarsest of nuclear medicine are a tenth of it."""
_LEAST_MM: Final = 1e-6
_MEASURES: Final = 0x00289110
"""Pixel Measures (PS3.3 C.7.6.16.2.1)."""
_IMAGER: Final = 0x00181164
_MAGNIFICATION: Final = 0x00181114
_MOST_MAGNIFICATION: Final = 100.0
_SCANNED: Final = 0x00182010
_TYPE: Final = 0x00280A02
_TYPES: Final = {
    "GEOMETRY": "corrected for an assumed or known magnification",
    "FIDUCIAL": "calibrated by an object of known size in the image",
}
_REGIONS: Final = 0x00186011
_BOX: Final = (0x00186018, 0x0018601A, 0x0018601C, 0x0018601E)
_UNITS: Final = ("", "%", "dB", "cm", "s", "Hz", "dB/s", "cm/s", "cm²", "cm²/s", "cm³", "cm³/s", "°")
"""Physical Units X and Y Direction (0018,6024), by their numbers."""
_LARGEST_STEP: Final = 1e9


@dataclass(frozen=True, slots=True)
class Region:
    """A part of an ultrasound image with a scale of its own."""

    x0: int
    y0: int
    x1: int
    y1: int
    """Its last column and row, counted from 0, as the first are."""
    unit_x: str
    unit_y: str
    delta_x: float
    """So much of its unit from one pixel to the next, above zero."""
    delta_y: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """What a pixel measures, and who says so."""

    row_mm: float | None
    """From one row to the next; None where nobody says."""
    column_mm: float | None
    origin: str
    words: str = ""
    """What else there is to know of it, in sentences."""
    regions: tuple[Region, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Plain values, as the header of a frame's values has them."""
        return {
            "row_mm": self.row_mm,
            "column_mm": self.column_mm,
            "from": self.origin,
            "words": self.words,
            "regions": [asdict(region) for region in self.regions],
        }


@dataclass(frozen=True, slots=True)
class Spacing:
    """An attribute that says how far apart rows and columns are."""

    keyword: str
    name: str
    mm: tuple[float, ...]
    """Rows, then columns; whatever the file has, nothing where it has no numbers."""

    @property
    def is_sound(self) -> bool:
        """Say whether it can be measured with."""
        return len(self.mm) == 2 and all(_LEAST_MM <= one <= _MOST_MM for one in self.mm)


def spacings_of(header: Dataset, *, place: int = 0) -> Iterator[Spacing]:
    """Every spacing that is there, sound or not, the surest first.

    `place` is that of the frame among the functional groups that the header holds, from 0.
    """
    own, shared = elements.items(header, FRAME_GROUPS)[place : place + 1], elements.items(header, SHARED_GROUPS)[:1]
    found: list[tuple[str, str, Dataset, int]] = [
        *(("PixelSpacing", "Pixel Spacing (0028,0030) of the frame", one, SPACING) for one in _measures(own)),
        ("PixelSpacing", "Pixel Spacing (0028,0030)", header, SPACING),
        *(("PixelSpacing", "Pixel Spacing (0028,0030) of all frames", one, SPACING) for one in _measures(shared)),
        ("ImagerPixelSpacing", "Imager Pixel Spacing (0018,1164)", header, _IMAGER),
        ("NominalScannedPixelSpacing", "Nominal Scanned Pixel Spacing (0018,2010)", header, _SCANNED),
    ]
    for keyword, name, holder, tag in found:
        if elements.text(holder, tag):
            yield Spacing(keyword, name, elements.numbers(holder, tag))


def _measures(groups: Sequence[Dataset]) -> Iterator[Dataset]:
    return (item for group in groups for item in elements.items(group, _MEASURES)[:1])


def calibration_of(header: Dataset, *, place: int = 0) -> Calibration:
    """What a pixel of a frame measures; `place` as in `spacings_of`. Whatever the values, nothing is raised."""
    said = list(spacings_of(header, place=place))
    words = [
        f"{one.name} is not two lengths from {_LEAST_MM:g} to {_MOST_MM:g} mm, and is left out."
        for one in said
        if not one.is_sound
    ]
    sound = [one for one in said if one.is_sound]
    regions, complaint = _regions(header)
    words += complaint
    if not sound:
        origin = "Sequence of Ultrasound Regions (0018,6011)" if regions else NOT_CALIBRATED
        return Calibration(None, None, origin, " ".join(words), regions)
    chosen = _surest(header, sound)
    mm = chosen.mm
    if chosen.keyword == "ImagerPixelSpacing":
        mm, told = _at_the_patient(header, mm)
        words.insert(0, told)
    elif chosen.keyword == "NominalScannedPixelSpacing":
        words.insert(0, "Measured on the film that was scanned.")
    elif how := _TYPES.get(elements.first(header, _TYPE).upper()):
        words.insert(0, f"It is {how}.")
    return Calibration(mm[0], mm[1], chosen.name, " ".join(words), regions)


def _surest(header: Dataset, sound: Sequence[Spacing]) -> Spacing:
    """The first; but a Pixel Spacing that only repeats that of the detector says no more than it (PS3.3 10.7.1.3)."""
    first = sound[0]
    imager = next((one for one in sound if one.keyword == "ImagerPixelSpacing"), None)
    is_repeated = imager is not None and first.mm == imager.mm and not elements.first(header, _TYPE)
    return imager if imager is not None and is_repeated else first


def _at_the_patient(header: Dataset, mm: tuple[float, ...]) -> tuple[tuple[float, ...], str]:
    factor = elements.number(header, _MAGNIFICATION)
    if factor is None:
        return mm, "Measured at the detector: in the patient lengths are shorter, by how much is not said."
    if not 1 / _MOST_MAGNIFICATION <= factor <= _MOST_MAGNIFICATION:
        return mm, (
            "Measured at the detector: Estimated Radiographic Magnification Factor (0018,1114) is no magnification."
        )
    told = f"Divided by Estimated Radiographic Magnification Factor (0018,1114), {factor:.6g}."
    return tuple(one / factor for one in mm), told


def _regions(header: Dataset) -> tuple[tuple[Region, ...], list[str]]:
    items = elements.items(header, _REGIONS)
    read = [_region(item) for item in items[:MOST_REGIONS]]
    found = tuple(one for one in read if one is not None)
    complaints = []
    if bad := len(read) - len(found):
        some = "1 ultrasound region has" if bad == 1 else f"{bad} ultrasound regions have"
        complaints.append(f"{some} no box or no scale, and cannot be measured in.")
    if len(items) > MOST_REGIONS:
        complaints.append(f"Of {len(items)} ultrasound regions the first {MOST_REGIONS} are told.")
    return found, complaints


def _region(item: Dataset) -> Region | None:
    """One region (PS3.3 C.8.5.5.1); None where its box is none, or it has no scale."""
    box = [elements.whole(item, tag) for tag in _BOX]
    if None in box:
        return None
    x0, y0, x1, y1 = (max(0, one or 0) for one in box)
    steps = [elements.number(item, tag) for tag in (0x0018602C, 0x0018602E)]
    # A step below zero runs against the pixels, as velocities do; for a distance that is the same.
    delta_x, delta_y = (abs(one or 0.0) for one in steps)
    if x1 < x0 or y1 < y0 or not all(0 < one < _LARGEST_STEP for one in (delta_x, delta_y)):
        return None
    unit_x, unit_y = (_unit(elements.whole(item, tag)) for tag in (0x00186024, 0x00186026))
    return Region(x0, y0, x1, y1, unit_x, unit_y, delta_x, delta_y)


def _unit(number: int | None) -> str:
    return _UNITS[number] if number is not None and 0 <= number < len(_UNITS) else ""
