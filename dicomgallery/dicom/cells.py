"""Elements of a header in the DICOM JSON model (PS3.18 F), as cells of a table."""

from collections.abc import Mapping
from typing import Any

from dicomgallery.dicom.paths import Path
from dicomgallery.dicom.values import NAME_GROUPS


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
        # A name without its first group still begins with the sign between them (PS3.5 6.2.1.2).
        return "=".join(str(value.get(group, "")) for group in NAME_GROUPS).rstrip("=")
    return "" if value is None else str(value)
