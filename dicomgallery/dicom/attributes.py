"""The elements of a dataset as a person reads them: rows for a table, and contract A's exact text."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, cast

from pydicom.dataset import Dataset

from dicomgallery.dicom import elements, private
from dicomgallery.dicom.elements import NUMBER_FORMATS
from dicomgallery.dicom.leaves import Leaf, leaves, pixels_signed
from dicomgallery.dicom.listing import as_text
from dicomgallery.dicom.structure import keyword_of, name_of_tag
from dicomgallery.dicom.uids import name_of
from dicomgallery.dicom.values import (
    clean,
    counted,
    display_age,
    display_date,
    display_datetime,
    display_sex,
    display_time,
    person_name,
)

__all__ = ["AttributeRow", "as_text", "rows"]

LONGEST_SHOWN: Final = 1000
MOST_SHOWN: Final = 16
_PATIENT_SEX: Final = 0x00100040
_CODE_MEANING: Final = 0x00080104
_DEEPEST: Final = 32

UNITS: Final = {
    0x00101020: "m",
    0x00101030: "kg",
    0x00180050: "mm",
    0x00180060: "kV",
    0x00180080: "ms",
    0x00180081: "ms",
    0x00180082: "ms",
    0x00180084: "MHz",
    0x00180087: "T",
    0x00180088: "mm",
    0x00180090: "mm",
    0x00181063: "ms",
    0x00181074: "Bq",
    0x00181075: "s",
    0x00181100: "mm",
    0x00181110: "mm",
    0x00181111: "mm",
    0x00181120: "°",
    0x00181130: "mm",
    0x00181149: "mm",
    0x00181150: "ms",
    0x00181151: "mA",
    0x00181152: "mAs",
    0x00181153: "µAs",
    0x00181164: "mm",
    0x00181170: "kW",
    0x00181190: "mm",
    0x00181242: "ms",
    0x00181314: "°",
    0x00189073: "ms",
    0x00189087: "s/mm²",
    0x00189305: "s",
    0x00189306: "mm",
    0x00189307: "mm",
    0x00189309: "mm",
    0x00189310: "mm",
    0x00189345: "mGy",
    0x00200032: "mm",
    0x00201041: "mm",
    0x00280030: "mm",
    0x30020011: "mm",
    0x30020012: "mm",
    0x30020026: "mm",
    0x3004000C: "mm",
}
"""The unit that PS3.3 gives an attribute, where a person expects to see one."""

SPACINGS: Final = frozenset({0x00181164, 0x00280030, 0x30020011})
"""Distances down and across, read as a size."""

GROUPS: Final = {
    0x0000: "Command",
    0x0002: "File meta",
    0x0004: "Directory",
    0x0008: "Identifying",
    0x0010: "Patient",
    0x0012: "Clinical trial",
    0x0014: "Material",
    0x0018: "Acquisition",
    0x0020: "Relationship",
    0x0022: "Ophthalmology",
    0x0024: "Visual field",
    0x0028: "Image",
    0x0032: "Study",
    0x0034: "Recording",
    0x0038: "Visit",
    0x003A: "Waveform",
    0x0040: "Procedure and report",
    0x0042: "Encapsulated document",
    0x0044: "Substance",
    0x0046: "Lensometry",
    0x0048: "Slide microscopy",
    0x0050: "Device",
    0x0052: "Intravascular OCT",
    0x0054: "Nuclear medicine",
    0x0060: "Histogram",
    0x0062: "Segmentation",
    0x0064: "Deformable registration",
    0x0066: "Surface",
    0x0068: "Implant",
    0x006A: "Annotation",
    0x0070: "Presentation state",
    0x0072: "Hanging protocol",
    0x0074: "Worklist",
    0x0076: "Implant assembly",
    0x0078: "Implant template",
    0x0080: "Surface scan",
    0x0082: "Assessment",
    0x0088: "Storage",
    0x0100: "Authorization",
    0x0400: "Security",
    0x1000: "Code table",
    0x1010: "Zonal map",
    0x2000: "Film session",
    0x2010: "Film box",
    0x2020: "Image box",
    0x2030: "Annotation box",
    0x2040: "Overlay box",
    0x2050: "Presentation lookup",
    0x2100: "Print job",
    0x2110: "Printer",
    0x2200: "Media creation",
    0x3002: "Radiotherapy image",
    0x3004: "Dose",
    0x3006: "Structure set",
    0x3008: "Treatment record",
    0x300A: "Treatment plan",
    0x300C: "Treatment references",
    0x300E: "Approval",
    0x3010: "Radiotherapy, second generation",
    0x4000: "Text",
    0x4008: "Results",
    0x4010: "Security screening",
    0x5200: "Functional groups",
    0x5400: "Waveform data",
    0x5600: "Spectroscopy",
    0x7FE0: "Pixel data",
    0xFFFA: "Digital signatures",
    0xFFFC: "Padding",
}


@dataclass(frozen=True, slots=True)
class AttributeRow:
    """One element of a dataset, ready for a table."""

    path: str
    """From the top: 00081140[0].00081150, items counted from 0."""
    tag: str
    """0008,0060 in lower-case hexadecimal."""
    keyword: str
    name: str
    vr: str
    value: str
    """In words: dates, ages, names of people and UIDs, units."""
    raw: str
    """As written in the file, several values joined by backslashes."""
    vm: int
    depth: int
    group: str
    """The heading it stands under: "0008 · Identifying"."""
    private_creator: str
    known_private: bool
    safe_private: bool
    """PS3.15 calls it free of identity."""
    is_sequence: bool
    tag_number: int


def rows(dataset: Dataset) -> list[AttributeRow]:
    """Return every element in order, those of items right below their sequence; never raises."""
    return list(_rows(dataset, "", 0, "", signed=pixels_signed(dataset)))


def _rows(dataset: Dataset, above: str, depth: int, heading: str, *, signed: bool) -> Iterator[AttributeRow]:
    for leaf in leaves(dataset, signed=signed):
        path = f"{above}{leaf.tag:08X}"
        row = _row(dataset, leaf, path, depth, heading or group_heading(leaf.tag))
        yield row
        if leaf.vr != "SQ" or depth >= _DEEPEST:
            continue
        for number, item in enumerate(_items(leaf)):
            yield from _rows(item, f"{path}[{number}].", depth + 1, row.group, signed=signed)


def _row(dataset: Dataset, leaf: Leaf, path: str, depth: int, heading: str) -> AttributeRow:
    tag = leaf.tag
    creator = private.creator_of(dataset, tag)
    known = private.lookup(tag, creator) if creator else None
    return AttributeRow(
        path=path,
        tag=f"{tag >> 16:04x},{tag & 0xFFFF:04x}",
        keyword=keyword_of(tag),
        name=element_name(tag, known),
        vr=leaf.vr,
        value=human_value(leaf),
        raw=raw_value(leaf),
        vm=_multiplicity(leaf),
        depth=depth,
        group=heading,
        private_creator=creator,
        known_private=known is not None,
        safe_private=bool(creator) and private.is_safe(tag, creator),
        is_sequence=leaf.vr == "SQ",
        tag_number=tag,
    )


def group_heading(tag: int) -> str:
    """Name the group of a tag: "0008 · Identifying"."""
    group = tag >> 16
    if group & 1:
        return f"{group:04x} · Private"
    # Curves and overlays repeat through sixteen groups (PS3.5 7.6).
    repeated = {0x50: "Curve", 0x60: "Overlay"}.get(group >> 8) if group & 0xFF < 0x20 else None
    name = GROUPS.get(group) or repeated
    return f"{group:04x} · {name}" if name else f"{group:04x}"


def human_value(leaf: Leaf) -> str:
    """Write a value in words, short enough for a table."""
    value = leaf.value
    if leaf.vr == "SQ":
        meaning = _meaning(leaf)
        return counted(len(value), "item") + (f": {meaning}" if meaning else "")
    if isinstance(value, bytes):
        return counted(len(value), "byte") if value else ""
    parts = [_human_part(leaf, part) for part in value[:MOST_SHOWN]]
    shown = (" \u00d7 " if leaf.tag in SPACINGS and len(parts) == 2 else ", ").join(parts)
    if len(value) > MOST_SHOWN:
        shown += f", … ({counted(len(value), 'value')})"
    unit = UNITS.get(leaf.tag, "")
    if unit and shown:
        shown += unit if unit == "°" else f" {unit}"
    return _cut(shown)


def raw_value(leaf: Leaf) -> str:
    """Write a value as the file has it, cut when it is very long."""
    value = leaf.value
    if leaf.vr == "SQ":
        return ""
    if isinstance(value, bytes):
        return value[:32].hex(" ") + (" …" if len(value) > 32 else "")
    if leaf.vr == "AT":
        return "\\".join(f"({part >> 16:04x},{part & 0xFFFF:04x})" for part in value if isinstance(part, int))
    parts = value[:1024]
    # Only numbers are not texts yet; of a million texts each step more is felt.
    texts = map(str, parts) if leaf.vr in NUMBER_FORMATS else cast("tuple[str, ...]", parts)
    return _cut("\\".join(texts), 4 * LONGEST_SHOWN)


def _human_part(leaf: Leaf, part: object) -> str:
    text = str(part)
    if leaf.tag == _PATIENT_SEX:
        return display_sex(text)
    match leaf.vr:
        case "PN":
            return person_name(text)
        case "DA":
            return display_date(text)
        case "TM":
            return display_time(text)
        case "DT":
            return display_datetime(text)
        case "AS":
            return display_age(text)
        case "UI":
            return name_of(text)
        case "AT" if isinstance(part, int):
            return keyword_of(part) or f"({part >> 16:04x},{part & 0xFFFF:04x})"
        case "DS":
            return _plain_decimal(text)
        case "FL" if isinstance(part, float):
            return f"{part:.7g}"
        case "FD" if isinstance(part, float):
            return f"{part:.12g}"
    return text


def _plain_decimal(text: str) -> str:
    """Take the noise of zeros off a decimal string: 1.000000 is 1."""
    try:
        number = float(text)
    except ValueError:
        return text
    return f"{number:.10g}" if math.isfinite(number) else text


def _meaning(leaf: Leaf) -> str:
    """Give what the first item is a code for, which is what such a sequence says (PS3.3 8.8)."""
    return next((clean(elements.first(item, _CODE_MEANING)) for item in _items(leaf)), "")


def element_name(tag: int, known: private.PrivateEntry | None) -> str:
    """The name of an element: the standard's, that of the private dictionary, or what it is."""
    if private.is_private(tag):
        if private.is_creator(tag):
            return "Private Creator"
        return known.name if known else "Private element"
    return name_of_tag(tag) or ("Group Length" if tag & 0xFFFF == 0 else "Unknown element")


def _multiplicity(leaf: Leaf) -> int:
    if leaf.vr == "SQ":
        return 1
    return int(bool(leaf.value)) if isinstance(leaf.value, bytes) else len(leaf.value)


def _items(leaf: Leaf) -> Sequence[Dataset]:
    return [item for item in leaf.value if isinstance(item, Dataset)]


def _cut(text: str, longest: int = LONGEST_SHOWN) -> str:
    """Cut a long text and say how long it is."""
    text = elements.storable(text)
    return text if len(text) <= longest else f"{text[:longest]}… ({counted(len(text), 'character')})"
