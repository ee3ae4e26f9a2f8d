"""Elements of the DICOM JSON model (PS3.18 F) as a person reads them, and as they stand in the file."""

import hashlib
from base64 import b64decode
from binascii import Error as NotBase64Error
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydicom.dataset import Dataset

from dicomgallery.dicom import private
from dicomgallery.dicom.attributes import element_name, human_value, raw_value
from dicomgallery.dicom.dicomjson import element_model
from dicomgallery.dicom.elements import NUMBER_FORMATS
from dicomgallery.dicom.leaves import Leaf, Value, leaves, pixels_signed
from dicomgallery.dicom.paths import Path
from dicomgallery.dicom.values import NAME_GROUPS, counted

Model = Mapping[str, Any]
"""The elements of one level by their tags in eight digits."""

BYTES: Final = "Bytes"
DIGEST: Final = "SHA256"
"""What `summed` says of bytes in place of them."""
_DEEPEST: Final = 32
_DIGITS_SHOWN: Final = 12


@dataclass(frozen=True, slots=True)
class Told:
    """What one element says."""

    vr: str
    words: str
    """For a person; bytes by their length and hash."""
    raw: str
    """As the file has it, as far as the model still knows."""


def summed(dataset: Dataset, *, signed: bool = False, depth: int = 0) -> dict[str, dict[str, Any]]:
    """The model of a data set with bytes as length and SHA-256, so that any two can be compared; never raises.

    Decimal and integer strings stand as they were written: 1.50 is not 1.5 here.
    """
    signed = pixels_signed(dataset, signed=signed)
    return {f"{leaf.tag:08X}": _summed(leaf, signed=signed, depth=depth) for leaf in leaves(dataset, signed=signed)}


def told(tag: int, element: Model) -> Told:
    """Read an element of a model, whatever is in it."""
    vr = str(element.get("vr", "UN"))
    values = values_of(element)
    if vr == "SQ":
        return Told(vr, counted(len(values), "item"), "")
    if (size := size_and_digest(element)) is not None:
        words = counted(size[0], "byte") + f", SHA-256 {size[1][:_DIGITS_SHOWN]}…"
        return Told(vr, words, size[1])
    if "BulkDataURI" in element:
        return Told(vr, "long, not read here", "")
    leaf = Leaf(tag, vr, _unpacked(vr, values))
    return Told(vr, human_value(leaf), raw_value(leaf))


def told_at(header: Model, path: Path) -> Told | None:
    """What the element says that a path leads to; None where the header has no such one."""
    for step in path[:-1]:
        items = values_of(header.get(f"{step.tag:08X}", {}))
        if step.item is None or step.item >= len(items) or not isinstance(items[step.item], Mapping):
            return None
        header = items[step.item]
    element = header.get(f"{path[-1].tag:08X}")
    return None if element is None else told(path[-1].tag, element)


def values_of(element: Model) -> Sequence[Any]:
    """The values or items of an element."""
    found = element.get("Value", ())
    return found if isinstance(found, list | tuple) else ()


def size_and_digest(element: Model) -> tuple[int, str] | None:
    """How many bytes a value has and their SHA-256; None where it has none, or the model leaves them out."""
    if DIGEST in element:
        return int(element[BYTES]), str(element[DIGEST])
    if "InlineBinary" not in element:
        return None
    try:
        data = b64decode(str(element["InlineBinary"]))
    except (NotBase64Error, ValueError):
        return None
    return len(data), hashlib.sha256(data).hexdigest()


def name_in(level: Model, tag: int) -> str:
    """The name of an element; of a private one by the creator of its block on the same level."""
    creator = creator_in(level, tag)
    return element_name(tag, private.lookup(tag, creator) if creator else None)


def creator_in(level: Model, tag: int) -> str:
    """Who reserved the block of a private element on this level (PS3.5 7.8.1); "" when nobody did, or it is none."""
    block = tag >> 8 & 0xFF
    if not private.is_private(tag) or block < 0x10:
        return ""
    values = values_of(level.get(f"{tag >> 16:04X}00{block:02X}", {}))
    return str(values[0]).strip() if values and values[0] is not None else ""


def _summed(leaf: Leaf, *, signed: bool, depth: int) -> dict[str, Any]:
    vr, value = leaf.vr, leaf.value
    if isinstance(value, bytes):
        return {"vr": vr, BYTES: len(value), DIGEST: hashlib.sha256(value).hexdigest()} if value else {"vr": vr}
    if vr == "SQ" and value:
        items = (item for item in value if isinstance(item, Dataset) and depth < _DEEPEST)
        return {"vr": vr, "Value": [summed(item, signed=signed, depth=depth + 1) for item in items]}
    if vr in ("DS", "IS") and value:
        return {"vr": vr, "Value": [str(part) for part in value]}
    return element_model(leaf, signed=signed)


def _unpacked(vr: str, values: Sequence[Any]) -> Value:
    """Values of a model as a leaf has them."""
    if vr == "AT":
        return tuple(_tag(value) for value in values)
    if vr in NUMBER_FORMATS:
        return tuple(value for value in values if isinstance(value, int | float))
    return tuple(_text(value) for value in values)


def _tag(value: Any) -> int:
    try:
        return int(str(value), 16) & 0xFFFFFFFF
    except ValueError:
        return 0


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        # A name without its first group still begins with the sign between them (PS3.5 6.2.1.2).
        return "=".join(str(value.get(group, "")) for group in NAME_GROUPS).rstrip("=")
    return "" if value is None else str(value)
