"""DICOM JSON objects as others send them (PS3.18 annex F): nothing is taken on trust."""

import re
from base64 import b64decode, b64encode
from typing import Any, Final

import orjson
from pydicom.valuerep import VR, format_number_as_ds

from dicomgallery.errors import RefusedError

MOST_BYTES: Final = 16 << 20
DEEPEST: Final = 32
MOST_ELEMENTS: Final = 100_000
"""As the pre-scan has them, which looks at what becomes of it."""

_TAG: Final = re.compile(r"[0-9A-Fa-f]{8}")
_VRS: Final = frozenset(str(vr) for vr in VR if len(str(vr)) == 2)
_LONGEST_DS: Final = 16
_NOT_JSON: Final = "The metadata is no DICOM JSON: it must be one object, or a list of them."


class MalformedError(RefusedError):
    """What came is no DICOM model."""


def read_json(text: bytes) -> list[object]:
    """The objects of a DICOM JSON text, not looked at yet. Raises MalformedError."""
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise MalformedError(_NOT_JSON) from error
    if isinstance(found, dict):
        return [found]
    if not isinstance(found, list):
        raise MalformedError(_NOT_JSON)
    return found


def checked(model: object) -> dict[str, dict[str, Any]]:
    """The object with tags in capitals and numbers that can be written. Raises MalformedError."""
    return _Checking().dataset(model, 0)


class _Checking:
    def __init__(self) -> None:
        self.count = 0

    def dataset(self, model: object, depth: int) -> dict[str, dict[str, Any]]:
        """Check an object, or an item of a sequence."""
        if not isinstance(model, dict) or depth > DEEPEST:
            raise MalformedError("The metadata has an object that is none, or nests too deep.")
        self.count += len(model)
        if self.count > MOST_ELEMENTS:
            raise MalformedError(f"The metadata has more than {MOST_ELEMENTS} elements.")
        return {_tag(tag): self.element(told, depth) for tag, told in model.items()}

    def element(self, told: object, depth: int) -> dict[str, Any]:
        """Check an element: its VR, and at most one kind of value (F.2.2)."""
        if not isinstance(told, dict) or told.get("vr") not in _VRS:
            raise MalformedError("The metadata has an element without a VR.")
        vr = str(told["vr"])
        kinds = [kind for kind in ("Value", "InlineBinary", "BulkDataURI") if told.get(kind) not in (None, [], "")]
        if not kinds:
            return {"vr": vr}
        if len(kinds) > 1:
            raise MalformedError("The metadata has an element with values of two kinds.")
        [kind] = kinds
        if kind == "BulkDataURI":
            return {"vr": vr, kind: _text(told[kind])}
        if kind == "InlineBinary":
            return {"vr": vr, kind: _base64(_text(told[kind]))}
        if not isinstance(told[kind], list):
            raise MalformedError("The metadata has values that are no list.")
        if vr == "SQ":
            return {"vr": vr, kind: [self.dataset({} if item is None else item, depth + 1) for item in told[kind]]}
        return {"vr": vr, kind: [_value(vr, value) for value in told[kind]]}


def _tag(tag: object) -> str:
    if not isinstance(tag, str) or not _TAG.fullmatch(tag):
        raise MalformedError("The metadata has a tag that is not eight hexadecimal digits.")
    return tag.upper()


def _text(value: object) -> str:
    # F.4 shows the text in a list, F.2.6 does not.
    text = value[0] if isinstance(value, list) else value
    if not isinstance(text, str):
        raise MalformedError("The metadata has binary data, or an address of some, that is no text.")
    return text


def _base64(text: str) -> str:
    try:
        return b64encode(b64decode("".join(text.split()), validate=True)).decode("ascii")
    except ValueError as error:
        raise MalformedError("The metadata has binary data that is no Base64.") from error


def _value(vr: str, value: object) -> object:
    if vr == "PN" and isinstance(value, dict):
        return {str(group): name for group, name in value.items() if isinstance(name, str)}
    if isinstance(value, dict | list | bool):
        raise MalformedError("The metadata has a value that is neither text nor a number.")
    if vr == "DS" and isinstance(value, float) and len(repr(value)) > _LONGEST_DS:
        return format_number_as_ds(value)
    return value
