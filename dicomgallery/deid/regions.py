"""What a header tells of identity burned into pixels: areas to blank by rule, and reasons to look."""

import csv
import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Final

from pydicom.dataset import Dataset

from dicomgallery.dicom import elements
from dicomgallery.dicom.boxes import Box, beside

_KNOWN_AREAS: Final = Path(__file__).parent / "data" / "known_areas.csv"
_SOP_CLASS, _IMAGE_TYPE, _MODALITY, _MANUFACTURER = 0x00080016, 0x00080008, 0x00080060, 0x00080070
_CONVERSION, _MODEL, _BURNED_IN = 0x00080064, 0x00081090, 0x00280301
_ROWS, _COLUMNS, _SYNTAX = 0x00280010, 0x00280011, 0x00020010
_REGIONS, _FORMAT, _DATA_TYPE = 0x00186011, 0x00186012, 0x00186014
_CORNERS: Final = (0x00186018, 0x0018601A, 0x0018601C, 0x0018601E)
_MOST_REGIONS: Final = 256

_ULTRASOUND: Final = frozenset({f"1.2.840.10008.5.1.4.1.1.{end}" for end in ("3", "3.1", "6", "6.1")})
_ULTRASOUND_MODALITIES: Final = frozenset({"US", "IVUS"})
_SECONDARY_CAPTURE: Final = "1.2.840.10008.5.1.4.1.1.7"
_DOCUMENTS: Final = "1.2.840.10008.5.1.4.1.1.104"
_VIDEO_SYNTAX: Final = re.compile(r"1\.2\.840\.10008\.1\.2\.4\.10[0-8](\.1)?")
_VIDEO_CLASSES: Final = frozenset({f"1.2.840.10008.5.1.4.1.1.77.1.{kind}.1" for kind in (1, 2, 4)})
"""Video endoscopic, microscopic and photographic images."""
_SCREEN_WORDS: Final = frozenset({"SCREEN", "CAPTURE", "SNAPSHOT", "DOSE", "REPORT"})
_CAMERA_MODALITIES: Final = frozenset({"ES", "XC", "GM", "OAM"})


def boxes(dataset: Dataset) -> tuple[Box, ...]:
    """The areas of every frame in which identity is written by rule: beside ultrasound regions, and known ones."""
    columns, rows = _size(dataset)
    if not columns or not rows:
        return ()
    known = [box for box in _known_boxes(dataset, rows, columns) if not box.is_empty]
    regions = _regions(dataset, columns, rows) if _is_ultrasound(dataset) else ()
    return (*(beside(regions, columns, rows) if regions else ()), *known)


def suspects(dataset: Dataset) -> str:
    """Why identity may be burned into what an object shows, as sentences; "" where nothing speaks for it.

    What the object says of itself is believed where it says YES; its NO counts for images of modalities alone.
    """
    return " ".join(_reasons(dataset))


def _reasons(dataset: Dataset) -> list[str]:
    sop_class = elements.first(dataset, _SOP_CLASS)
    if sop_class.startswith(_DOCUMENTS + "."):
        return ["It is a document, whose pages may name the patient."]
    columns, rows = _size(dataset)
    if not columns or not rows:
        return []
    said = elements.first(dataset, _BURNED_IN).upper()
    found = ["It says that its pixels have identity burned in."] if said == "YES" else []
    types = [part.strip().upper() for part in elements.texts(dataset, _IMAGE_TYPE)]
    if _is_video(dataset, sop_class):
        found.append("It is a video, of which single areas cannot be blanked.")
    if sop_class == _SECONDARY_CAPTURE or sop_class.startswith(_SECONDARY_CAPTURE + "."):
        found.append("It is a secondary capture, often the picture of a screen or of paper.")
    elif elements.first(dataset, _CONVERSION):
        found.append("It was converted from something else, such as a film, paper or a screen.")
    if any(word in part for part in types[2:] for word in _SCREEN_WORDS):
        found.append("Its type is that of a screen saved or of a report drawn.")
    if said != "NO":
        found += _reasons_by_modality(dataset, columns, rows)
    return found


def _reasons_by_modality(dataset: Dataset, columns: int, rows: int) -> list[str]:
    modality = elements.first(dataset, _MODALITY).upper()
    if _is_ultrasound(dataset):
        regions = _regions(dataset, columns, rows)
        if not regions:
            return ["It is an ultrasound image that does not say where its regions lie."]
        if not beside(regions, columns, rows):
            return ["It is an ultrasound image whose regions cover all of it."]
    if modality in _CAMERA_MODALITIES:
        return ["It is a camera's picture, into which cameras often write the patient."]
    return []


def _size(dataset: Dataset) -> tuple[int, int]:
    rows, columns = elements.whole(dataset, _ROWS) or 0, elements.whole(dataset, _COLUMNS) or 0
    return (columns, rows) if 0 < rows <= 0xFFFF and 0 < columns <= 0xFFFF else (0, 0)


def _is_ultrasound(dataset: Dataset) -> bool:
    return (
        elements.first(dataset, _SOP_CLASS) in _ULTRASOUND
        or elements.first(dataset, _MODALITY).upper() in _ULTRASOUND_MODALITIES
    )


def _is_video(dataset: Dataset, sop_class: str) -> bool:
    syntax = elements.first(getattr(dataset, "file_meta", None) or Dataset(), _SYNTAX)
    return sop_class in _VIDEO_CLASSES or _VIDEO_SYNTAX.fullmatch(syntax) is not None


def _regions(dataset: Dataset, columns: int, rows: int) -> tuple[Box, ...]:
    """The regions that hold a picture, a trace or a scale (PS3.3 C.8.5.5), the pixel of the far corner included."""
    found = []
    for item in islice(elements.items(dataset, _REGIONS), _MOST_REGIONS):
        # PS3.3 C.8.5.5.1.1, C.8.5.5.1.3: graphics without a type of data may be anything, text too.
        if elements.whole(item, _FORMAT) not in {1, 2, 3, 4} and not elements.whole(item, _DATA_TYPE):
            continue
        corners = [elements.whole(item, tag) for tag in _CORNERS]
        if any(corner is None for corner in corners):
            continue
        left, top, right, bottom = (corner or 0 for corner in corners)
        box = Box(left, top, right + 1, bottom + 1).within(columns, rows)
        if not box.is_empty:
            found.append(box)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Area:
    """Where one device writes its header; an empty condition holds for all."""

    modality: str
    manufacturer: str
    model: str
    image_type: str
    rows: int
    columns: int
    box: Box


@lru_cache(maxsize=1)
def _areas() -> tuple[_Area, ...]:
    """The areas that the community of RSNA's Clinical Trial Processor has published for its devices."""
    with _KNOWN_AREAS.open(encoding="utf-8", newline="") as file:
        return tuple(_area(row) for row in csv.DictReader(file))


def _area(row: dict[str, str]) -> _Area:
    left, top, width, height = (int(row[name]) for name in ("left", "top", "width", "height"))
    modality, manufacturer, model, image_type = (
        row[name].upper() for name in ("modality", "manufacturer", "model", "image_type")
    )
    box = Box(left, top, left + width, top + height)
    return _Area(modality, manufacturer, model, image_type, int(row["rows"] or 0), int(row["columns"] or 0), box)


def _known_boxes(dataset: Dataset, rows: int, columns: int) -> list[Box]:
    modality = elements.first(dataset, _MODALITY).upper()
    manufacturer, model = (elements.first(dataset, tag).upper() for tag in (_MANUFACTURER, _MODEL))
    image_type = elements.text(dataset, _IMAGE_TYPE).upper()
    return [
        area.box.within(columns, rows)
        for area in _areas()
        if area.modality == modality
        and area.manufacturer in manufacturer
        and area.model in model
        and area.image_type in image_type
        and area.rows in {0, rows}
        and area.columns in {0, columns}
    ]
