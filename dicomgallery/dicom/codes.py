"""Coded concepts and units (PS3.3 8)."""

import re
from dataclasses import dataclass
from typing import Final

from pydicom.dataset import Dataset

from dicomgallery.dicom import elements
from dicomgallery.dicom.values import clean

_ANNOTATION: Final = re.compile(r"\{([^{}]*)\}")
_PRINTED: Final = {
    "mm2": "mm²", "mm3": "mm³", "cm2": "cm²", "cm3": "cm³", "m2": "m²", "[hnsf'U]": "HU", "Cel": "°C",
    "uV": "µV", "us": "µs", "Ohm": "Ω", "deg": "°", "mm[Hg]": "mmHg", "cm[H2O]": "cmH₂O", "[degF]": "°F",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Code:
    """A coded concept (PS3.3 Table 8.8-1)."""

    value: str
    scheme: str
    meaning: str


def code_of(holder: Dataset, tag: int) -> Code | None:
    """The first code of a code sequence; None without one."""
    for item in elements.items(holder, tag)[:1]:
        # A value may be too long for Code Value, or be a URN (PS3.3 8.1).
        value = next((found for at in (0x00080100, 0x00080119, 0x00080120) if (found := elements.first(item, at))), "")
        code = Code(clean(value), clean(elements.first(item, 0x00080102)), clean(elements.text(item, 0x00080104)))
        if code.value or code.meaning:
            return code
    return None


def unit_of(code: Code | None) -> str:
    """A unit as it is printed, in short where it is one of UCUM; "" for none."""
    if code is None:
        return ""
    shown = code.value if code.scheme == "UCUM" else code.meaning
    # UCUM writes "no unit" as 1.
    return "" if shown == "1" else _printed(shown)


def _printed(ucum: str) -> str:
    """A UCUM unit without its braces, squares and cubes raised."""
    bare = _ANNOTATION.sub(r"\1", ucum)
    return _PRINTED.get(bare, bare)
