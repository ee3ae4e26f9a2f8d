"""The DICOM JSON model of a header (PS3.18 annex F), from raw elements and quickly.

What a header of the catalog says of a long value is where it lies, `BulkDataURI`, counted from its instance:
`bulkdata/` and a path of `bulk_paths`. Who sends it on puts the instance's address before it.
"""

import math
import re
from base64 import b64encode
from collections.abc import Iterable
from typing import Final

import orjson
from pydicom.dataset import Dataset

from dicomgallery.dicom.elements import storable
from dicomgallery.dicom.leaves import Leaf, leaves, pixels_signed
from dicomgallery.dicom.reader import Pixels
from dicomgallery.dicom.structure import EXPLICIT_VRS
from dicomgallery.dicom.values import NAME_GROUPS, name_groups

INLINE_BYTES: Final = 1024
"""Longer binary values are left out: their address stands for them, or the VR alone says that they are there."""
BULK: Final = "bulkdata/"
"""Begins every address of a long value."""
BULK_MARK: Final = b'"BulkDataURI":"'
"""Stands before it; no text of a file can, for its quotes are escaped."""

_KNOWN: Final = frozenset(vr.decode("ascii") for vr in EXPLICIT_VRS)


_BARE: Final = re.compile(rb'\{"vr":"(?:O[BDFLVW]|UN)"\}')
_CHARACTER_SET: Final = re.compile(rb'"00080005":\{"vr":"CS","Value":\[[^\]]*\]\}')
_UTF_8: Final = b'"00080005":{"vr":"CS","Value":["ISO_IR 192"]}'


def to_json(dataset: Dataset, pixels: Pixels | None = None, behind: Dataset | None = None) -> bytes:
    """Write a dataset as DICOM JSON in UTF-8, long values as addresses; always valid, whatever the values.

    A header knows neither its pixel data nor what stands behind it; those are added as given.
    """
    model = to_model(dataset, bulk=BULK)
    if pixels is not None:
        tag = f"{pixels.tag:08X}"
        model[tag] = {"vr": pixels.vr} if pixels.is_empty else {"vr": pixels.vr, "BulkDataURI": BULK + tag}
    if behind is not None:
        model |= to_model(behind, bulk=BULK)
    return orjson.dumps(model)


def lacks_addresses(header: bytes, *, has_pixels: bool) -> bool:
    """Say whether a header may have been written before long values had addresses."""
    return (has_pixels and b'"7FE0' not in header) or _BARE.search(header) is not None


def sent(header: bytes, address: str) -> bytes:
    """A header of the catalog as it goes out: bulk data by whole addresses, its character set that of JSON.

    `address` is its instance's. PS3.18 F.2: DICOM JSON is UTF-8, whatever the file was.
    """
    header = _CHARACTER_SET.sub(_UTF_8, header)
    return header.replace(BULK_MARK, BULK_MARK + address.encode() + b"/")


def to_model(dataset: Dataset, *, signed: bool = False, bulk: str = "") -> dict[str, dict[str, object]]:
    """Make the DICOM JSON model as plain dictionaries, tags in order; with `bulk`, long values have addresses."""
    signed = pixels_signed(dataset, signed=signed)
    return {f"{leaf.tag:08X}": element_model(leaf, signed=signed, bulk=bulk) for leaf in leaves(dataset, signed=signed)}


def element_model(leaf: Leaf, *, signed: bool = False, bulk: str = "") -> dict[str, object]:
    """Make the model of one element: its VR, and its values if it has any; `bulk` begins the addresses below it."""
    vr, value = leaf.vr, leaf.value
    if vr not in _KNOWN:
        # PS3.18 F.2.3 knows no other VR; the bytes are still the file's.
        vr, value = "UN", _bytes(value)
    model: dict[str, object] = {"vr": vr}
    address = f"{bulk}{leaf.tag:08X}" if bulk else ""
    if isinstance(value, bytes):
        if 0 < len(value) <= INLINE_BYTES:
            model["InlineBinary"] = b64encode(value).decode("ascii")
        elif value and address:
            model["BulkDataURI"] = address
    elif value:
        model["Value"] = _values(vr, value, signed=signed, address=address)
    return model


def _bytes(value: object) -> bytes:
    if isinstance(value, bytes):
        return value
    parts = value if isinstance(value, tuple) else ()
    return "\\".join(map(str, parts)).encode("latin-1", "replace")


def _values(vr: str, value: Iterable[object], *, signed: bool, address: str) -> list[object]:
    match vr:
        case "SQ":
            items = (item for item in value if isinstance(item, Dataset))
            return [
                to_model(item, signed=signed, bulk=f"{address}/{number}/" if address else "")
                for number, item in enumerate(items)
            ]
        case "PN":
            return [person(str(part)) for part in value]
        case "AT":
            return [f"{part:08X}" for part in value]
        case "IS" | "DS":
            return [_number(str(part), vr) for part in value]
        case "FL" | "FD":
            return [_finite(part) for part in value]
    # F.2.5: an empty value among several is null.
    return [_storable(part) if isinstance(part, str) else part for part in value]


def person(name: str) -> object:
    """A name as DICOM writes it, by its groups; None for an empty one."""
    groups = {key: group for key, group in zip(NAME_GROUPS, name_groups(storable(name)), strict=True) if group}
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
