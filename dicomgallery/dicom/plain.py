"""A value as plain JSON: what a program that knows no DICOM can use."""

import math
from typing import Any

from pydicom.dataset import Dataset

from dicomgallery.dicom import dicomjson
from dicomgallery.dicom.leaves import Leaf

Plain = str | int | float | list[Any] | dict[str, Any] | None


def multiplicity(leaf: Leaf) -> int:
    """The Value Multiplicity: how many values an element has; binary and sequences count as one."""
    if leaf.vr == "SQ" or isinstance(leaf.value, bytes):
        return 1
    return len(leaf.value)


def plain_value(leaf: Leaf) -> Plain:
    """Numbers and texts as such, several as a list, a sequence as DICOM JSON, binary as {"bytes": n}, none as None."""
    if isinstance(leaf.value, bytes):
        return {"bytes": len(leaf.value)}
    if leaf.vr == "SQ":
        return [dicomjson.to_model(item) for item in leaf.value if isinstance(item, Dataset)]
    values = [_one(part, leaf.vr) for part in leaf.value]
    if len(values) > 1:
        return values
    return values[0] if values else None


def _one(value: object, vr: str) -> Plain:
    if vr == "AT":
        return f"{value:08X}" if isinstance(value, int) else str(value)
    if isinstance(value, float):
        # JSON has no NaN and no infinity.
        return value if math.isfinite(value) else str(value)
    if isinstance(value, int):
        return value
    return _number(str(value), vr) if vr in ("IS", "DS") else str(value)


def _number(text: str, vr: str) -> Plain:
    try:
        number = int(text) if vr == "IS" else float(text)
    except ValueError:
        return text
    return number if math.isfinite(number) else text
