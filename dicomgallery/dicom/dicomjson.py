"""The DICOM JSON model of a header (PS3.18 annex F), from raw elements and quickly."""

import math
from base64 import b64encode
from collections.abc import Iterable
from typing import Final

import orjson
from pydicom.dataset import Dataset

from dicomgallery.dicom.elements import storable
from dicomgallery.dicom.leaves import Leaf, leaves, pixels_signed
from dicomgallery.dicom.values import name_groups

INLINE_BYTES: Final = 1024
"""Longer binary values are left out: the VR alone says that they are there."""

_GROUP_NAMES: Final = ("Alphabetic", "Ideographic", "Phonetic")


def to_json(dataset: Dataset) -> bytes:
    """Write a dataset as DICOM JSON in UTF-8; always valid, whatever the values."""
    return orjson.dumps(to_model(dataset))


def to_model(dataset: Dataset, *, signed: bool = False) -> dict[str, dict[str, object]]:
    """Make the DICOM JSON model as plain dictionaries, tags in order."""
    signed = pixels_signed(dataset, signed=signed)
    return {f"{leaf.tag:08X}": element_model(leaf, signed=signed) for leaf in leaves(dataset, signed=signed)}


def element_model(leaf: Leaf, *, signed: bool = False) -> dict[str, object]:
    """Make the model of one element: its VR, and its values if it has any."""
    vr, value = leaf.vr, leaf.value
    model: dict[str, object] = {"vr": vr if len(vr) == 2 and vr.isalpha() else "UN"}
    if isinstance(value, bytes):
        if 0 < len(value) <= INLINE_BYTES:
            model["InlineBinary"] = b64encode(value).decode("ascii")
    elif value:
        model["Value"] = _values(vr, value, signed=signed)
    return model


def _values(vr: str, value: Iterable[object], *, signed: bool) -> list[object]:
    match vr:
        case "SQ":
            return [to_model(item, signed=signed) for item in value if isinstance(item, Dataset)]
        case "PN":
            return [_person(str(part)) for part in value]
        case "AT":
            return [f"{part:08X}" for part in value]
        case "IS" | "DS":
            return [_number(str(part), vr) for part in value]
        case "FL" | "FD":
            return [_finite(part) for part in value]
    # F.2.5: an empty value among several is null.
    return [_storable(part) if isinstance(part, str) else part for part in value]


def _person(name: str) -> object:
    groups = {key: group for key, group in zip(_GROUP_NAMES, name_groups(storable(name)), strict=True) if group}
    return groups or None


def _number(text: str, vr: str) -> object:
    """Give a number, or the text when it is none: JSON has no NaN, and PS3.18 F.2.3 allows strings here."""
    text = text.strip()
    try:
        number: int | float = int(text) if vr == "IS" else float(text)
    except ValueError:
        return _storable(text)
    # JSON readers, orjson among them, stop at 64 bits.
    return number if math.isfinite(number) and abs(number) < 2**63 else text


def _finite(value: object) -> object:
    """Give a number that JSON can say; the others in words, as JSON itself has none for them."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value


def _storable(text: str) -> str | None:
    return storable(text) or None
