"""Elements of a header in the DICOM JSON model (PS3.18 F), as cells of a table."""

from collections.abc import Mapping
from typing import Any

from dicomgallery.dicom.paths import Path


def value_at(header: Mapping[str, Any], path: Path) -> int | float | str:
    """The value a path leads to: one number as such, all else as text with backslashes between; empty without any."""
    for step in path[:-1]:
        items = header.get(f"{step.tag:08X}", {}).get("Value", ())
        if step.item is None or step.item >= len(items) or not isinstance(items[step.item], dict):
            return ""
        header = items[step.item]
    element = header.get(f"{path[-1].tag:08X}", {})
    values = element.get("Value", ())
    if element.get("vr") == "SQ":
        return f"({len(values)})"
    if len(values) == 1 and isinstance(values[0], int | float):
        number: int | float = values[0]
        return number
    return "\\".join(_text(value) for value in values)


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return "=".join(str(group) for group in value.values())
    return "" if value is None else str(value)
