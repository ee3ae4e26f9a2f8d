"""Values read from a dataset without trust: whatever the bytes, something comes back and nothing is raised.

Elements that pydicom has not converted yet are read from their raw bytes, which is also several times faster.
"""

import math
import struct
from collections.abc import Iterable, Sequence
from typing import Final

from pydicom.charset import decode_bytes
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as ItemSequence
from pydicom.valuerep import TEXT_VR_DELIMS

from dicomgallery.dicom.reader import PYDICOM_TROUBLE, Skimmed
from dicomgallery.dicom.structure import VR_OF_TAG
from dicomgallery.dicom.values import clean

Header = Dataset | Skimmed

CHARSET_VRS: Final = frozenset({"LO", "LT", "PN", "SH", "ST", "UC", "UT"})
"""Those that (0008,0005) speaks about (PS3.5 6.1.2.2)."""
SINGLE_TEXT_VRS: Final = frozenset({"LT", "ST", "UT", "UR"})
"""Those in which a backslash is a backslash (PS3.5 6.2)."""
NUMBER_FORMATS: Final = {
    "US": "H", "SS": "h", "UL": "L", "SL": "l", "UV": "Q", "SV": "q", "FL": "f", "FD": "d", "US or SS": "H",
}  # fmt: skip
BINARY_VRS: Final = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "UN", "OB or OW", "US or OW", "US or SS or OW"})


def text(header: Header, tag: int) -> str:
    """Return an element's text, several values joined by backslashes; "" when it is absent or has none."""
    element = as_stored(header, tag)
    if element is None:
        return ""
    if isinstance(element, RawDataElement):
        return raw_text(element, charsets(header))
    return _converted_text(element)


def texts(header: Header, tag: int) -> list[str]:
    """Return an element's values as texts, each without padding."""
    whole = text(header, tag)
    return [part.strip(" \0") for part in whole.split("\\")] if whole else []


def first(header: Header, tag: int) -> str:
    """Return an element's first value as text, "" without one."""
    whole, _, _ = text(header, tag).partition("\\")
    return whole.strip(" \0")


def word(header: Header, tag: int) -> str:
    """Return a code string as it is read: "ORGAN_AT_RISK" as "organ at risk"."""
    return clean(first(header, tag)).replace("_", " ").lower()


def numbers(header: Header, tag: int) -> tuple[float, ...]:
    """Return an element's values as finite numbers; empty when any of them is none."""
    element = as_stored(header, tag)
    if element is None:
        return ()
    if isinstance(element, RawDataElement):
        vr = vr_of(element)
        if vr in NUMBER_FORMATS:
            return _finite(raw_numbers(element, vr))
        return _parsed(raw_text(element, charsets(header)).split("\\"))
    value = element.value
    parts = value if isinstance(value, Iterable) and not isinstance(value, str | bytes) else [value]
    return _parsed(parts)


def number(header: Header, tag: int) -> float | None:
    """Return an element's first value as a finite number."""
    values = numbers(header, tag) or _parsed(texts(header, tag)[:1])
    return values[0] if values else None


def whole(header: Header, tag: int) -> int | None:
    """Return an element's first value as a whole number that any database holds."""
    value = number(header, tag)
    return int(value) if value is not None and abs(value) < 2**31 else None


def items(header: Header, tag: int) -> Sequence[Dataset]:
    """Return a sequence's items; none when it is absent or is no sequence."""
    if isinstance(header, Skimmed):
        return ()
    stored = as_stored(header, tag)
    # Asked for its VR, pydicom would first convert what it is not: seconds for the points of a structure set.
    if stored is None or (isinstance(stored, RawDataElement) and vr_of(stored) not in ("SQ", "UN")):
        return ()
    try:
        if header[tag].VR != "SQ":
            return ()
        found = header[tag].value
    except PYDICOM_TROUBLE:
        return ()
    # pydicom makes a text of a sequence that it fails to parse.
    return found if isinstance(found, ItemSequence) else ()


def charsets(header: Header) -> list[str]:
    """Return the Python encodings of a header's text."""
    if isinstance(header, Skimmed):
        return [header.encoding]
    found = header.original_character_set
    return [found] if isinstance(found, str) else list(found or ["iso8859"])


def vr_of(raw: RawDataElement) -> str:
    """Return the VR of an element that is not converted: as written, else the dictionary's, else UN."""
    if raw.VR is not None and raw.VR != "UN":
        return str(raw.VR)
    group, element = raw.tag >> 16, raw.tag & 0xFFFF
    if group & 1 and 0x10 <= element <= 0xFF:
        return "LO"  # PS3.5 7.8.1: a private creator
    return VR_OF_TAG.get(int(raw.tag), "UL" if element == 0 else "UN")


def raw_text(raw: RawDataElement, encodings: Sequence[str]) -> str:
    """Decode an element's bytes as text by its VR; numbers are written out, binary gives ""."""
    value = raw.value
    if not value:
        return ""
    vr = vr_of(raw)
    if vr in BINARY_VRS or vr == "SQ":
        return ""
    if vr in NUMBER_FORMATS:
        return "\\".join(str(part) for part in raw_numbers(raw, vr))
    if vr == "AT":
        return "\\".join(f"({group:04x},{element:04x})" for group, element in raw_tags(raw))
    return decoded(value, vr, encodings).rstrip(" \0")


def decoded(value: bytes, vr: str, encodings: Sequence[str]) -> str:
    """Decode bytes of a text VR; what cannot be decoded is replaced, never refused."""
    if value.isascii() and b"\x1b" not in value:
        return value.decode("ascii")
    if vr not in CHARSET_VRS:
        return value.decode("latin-1")
    try:
        return decode_bytes(value, list(encodings), TEXT_VR_DELIMS)
    except PYDICOM_TROUBLE:
        return value.decode("latin-1")


def raw_numbers(raw: RawDataElement, vr: str) -> tuple[int | float, ...]:
    """Unpack the numbers of a binary VR; a ragged end is left off."""
    code = NUMBER_FORMATS[vr]
    value = raw.value or b""
    count = len(value) // struct.calcsize("=" + code)
    order = "<" if raw.is_little_endian else ">"
    return struct.unpack_from(f"{order}{count}{code}", value)


def raw_tags(raw: RawDataElement) -> list[tuple[int, int]]:
    """Unpack the groups and elements of VR AT."""
    value = raw.value or b""
    order = "<" if raw.is_little_endian else ">"
    flat = struct.unpack_from(f"{order}{len(value) // 4 * 2}H", value)
    return list(zip(flat[::2], flat[1::2], strict=True))


def as_stored(header: Header, tag: int) -> DataElement | RawDataElement | None:
    """Get an element as it lies there, converted or not; None when it is absent."""
    if isinstance(header, Skimmed):
        return header.elements.get(tag)
    # Without keep_deferred, pydicom converts an empty element of a VR that it does not know, and raises.
    return header.get_item(tag, keep_deferred=True)


def _converted_text(element: DataElement) -> str:
    value = element.value
    if value is None or element.VR == "SQ" or isinstance(value, bytes):
        return ""
    if isinstance(value, Iterable) and not isinstance(value, str) and element.VR != "PN":
        return "\\".join(str(part) for part in value)
    if element.VR == "PN" and element.VM > 1:
        return "\\".join(str(part) for part in value)
    return str(value).rstrip(" \0")


def _parsed(parts: Iterable[object]) -> tuple[float, ...]:
    found = []
    for part in parts:
        try:
            found.append(float(str(part).strip(" \0")))
        except ValueError:
            return ()
    return _finite(found)


def _finite(values: Iterable[float]) -> tuple[float, ...]:
    found = tuple(values)
    return found if all(math.isfinite(value) for value in found) else ()


def storable(text: str) -> str:
    """Make a text writable as UTF-8: half a surrogate pair becomes a question mark."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
