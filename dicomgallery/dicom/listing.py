"""The exact text listing of a dataset that contract A promises: what `str(dataset)` of pydicom 2.4.4 printed.

pydicom 3 writes tags in upper case, keeps the file's spelling of numbers and has renamed an attribute, so the form is
kept here.
"""

import re
from collections.abc import Iterator, Sized
from typing import Final

from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag
from pydicom.uid import UID
from pydicom.valuerep import IS, LONG_VALUE_VR, DSfloat

from dicomgallery.dicom import elements
from dicomgallery.dicom.reader import PYDICOM_TROUBLE
from dicomgallery.dicom.structure import VR_OF_TAG

_NAME_WIDTH: Final = 35
_MOST_SHOWN: Final = 16
_INDENT: Final = "   "
_DECIMAL: Final = rb"[-+]?+\d++(?:\.\d*+)?+(?:[eE][-+]?+\d++)?+"
_DECIMALS: Final = re.compile(rb"(?:%b\\)*+%b ?" % (_DECIMAL, _DECIMAL))
"""Decimal strings without a doubt; it never looks twice at a letter."""
_NAMES_THEN: Final = {0x52009230: "Per-frame Functional Groups Sequence"}


def as_text(dataset: Dataset) -> str:
    """Write every element of a dataset as one line, items indented; file meta only when it is what is given."""
    return "\n".join(_lines(dataset, 0))


def _lines(dataset: Dataset, depth: int) -> Iterator[str]:
    for tag in sorted(dataset.keys()):
        yield from _element_lines(dataset, tag, depth)


def _element_lines(dataset: Dataset, tag: BaseTag, depth: int) -> Iterator[str]:
    indent = _INDENT * depth
    if many := _many_decimals(dataset, tag):
        yield f"{indent}{_head(DataElement(tag, 'DS', None))}Array of {many} elements"
        return
    try:
        element = dataset[tag]
        if element.VR != "SQ":
            yield indent + _line(element)
            return
        items = list(elements.items(dataset, tag))
        heading = f"{indent}{_tag(tag)}  {_name(element)}  {len(items)} item(s) ---- "
    except PYDICOM_TROUBLE:
        yield f"{indent}{_tag(tag)} {'':{_NAME_WIDTH}} UN: {_unreadable(dataset, tag)}"
        return
    yield heading
    for item in items:
        # An empty item is an empty line, as it was.
        yield "\n".join(_lines(item, depth + 1))
        yield _INDENT * (depth + 1) + "---------"


def _many_decimals(dataset: Dataset, tag: BaseTag) -> int:
    """How many numbers a decimal string holds that is only counted; 0 for whatever pydicom had better look at.

    A structure set holds a million of them, for each of which pydicom would make an object.
    """
    raw = elements.as_stored(dataset, tag)
    if not isinstance(raw, RawDataElement) or tag.is_private or (raw.VR or VR_OF_TAG.get(int(tag))) != "DS":
        return 0
    value = raw.value or b""
    many = value.count(b"\\") + 1
    return many if many > _MOST_SHOWN and _DECIMALS.fullmatch(value) else 0


def _line(element: DataElement) -> str:
    return f"{_head(element)}{_shown(element)}"


def _head(element: DataElement) -> str:
    name = _name(element)[:_NAME_WIDTH]
    return f"{_tag(element.tag)} {name:<{_NAME_WIDTH}} {element.VR}: "


def _shown(element: DataElement) -> str:
    value = element.value
    if element.VR in LONG_VALUE_VR and isinstance(value, Sized) and len(value) > _MOST_SHOWN:
        return f"Array of {len(value)} elements"
    if element.VM > _MOST_SHOWN:
        return f"Array of {element.VM} elements"
    if isinstance(value, UID):
        return str(value.name)
    if isinstance(value, DSfloat):
        return f"'{float.__repr__(value)}'"
    if isinstance(value, IS):
        return f"'{int.__repr__(value)}'"
    if element.VR == "AT" and element.VM:
        return f"[{', '.join(_tag(part) for part in value)}]" if element.VM > 1 else _tag(value)
    return repr(value)


def _name(element: DataElement) -> str:
    return _NAMES_THEN.get(int(element.tag), element.name)


def _tag(tag: BaseTag) -> str:
    return f"({tag >> 16:04x}, {tag & 0xFFFF:04x})"


def _unreadable(dataset: Dataset, tag: BaseTag) -> str:
    """Say how long a value is that pydicom cannot make sense of; str() then raised."""
    raw = elements.as_stored(dataset, tag)
    size = len(raw.value or b"") if isinstance(raw, RawDataElement) else 0
    return f"Array of {size} elements"
