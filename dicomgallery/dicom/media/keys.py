"""What a directory record says of its object: elements of its header, as bytes (PS3.3 F.5)."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from dicomgallery.dicom import rewriting
from dicomgallery.dicom.editing import typed
from dicomgallery.dicom.told import Model, told, values_of
from dicomgallery.dicom.values import clean
from dicomgallery.errors import RefusedError

_DATED: Final = (0x00080023, 0x00080033)
_LABELED: Final = (0x00700080, 0x00700081, 0x00700084)
_MODIFIERS: Final = 0x0040A730
_VERIFIED: Final = 0x0040A030
_OBSERVERS: Final = "0040A073"
_KEYS: Final[Mapping[str, tuple[int, ...]]] = {
    "RT DOSE": (0x3004000A,),
    "RT STRUCTURE SET": (0x30060002, 0x30060008, 0x30060009),
    "RT PLAN": (0x300A0002, 0x300A0006, 0x300A0007),
    "RT TREAT RECORD": (0x30080250, 0x30080251),
    "PRESENTATION": (*_LABELED, 0x00700082, 0x00700083, 0x00081115, 0x00700402),
    "WAVEFORM": _DATED,
    "SR DOCUMENT": (*_DATED, _VERIFIED, 0x0040A043, 0x0040A491, 0x0040A493, _MODIFIERS),
    "KEY OBJECT DOC": (*_DATED, 0x0040A043, _MODIFIERS),
    "SPECTROSCOPY": (0x00080008, *_DATED, 0x00280008, 0x00280010, 0x00280011, 0x00289001, 0x00289002, 0x00089092),
    "RAW DATA": _DATED,
    "REGISTRATION": (*_DATED, *_LABELED),
    "FIDUCIAL": (*_DATED, *_LABELED),
    "VALUE MAP": (*_DATED, *_LABELED),
    "STEREOMETRIC": (*_DATED, *_LABELED),
    "SURFACE": (*_DATED, *_LABELED),
    "TRACT": (*_DATED, *_LABELED),
    "ANNOTATION": (*_DATED, *_LABELED),
    "SURFACE SCAN": _DATED,
    "MEASUREMENT": _DATED,
    "ASSESSMENT": (0x00080012, 0x00080013),
    "RADIOTHERAPY": (0x30100033, 0x30100034, *_DATED, *_LABELED[1:]),
    "ENCAP DOC": (*_DATED, 0x0040A043, 0x0040E001, 0x00420010, 0x00420012),
    "HANGING PROTOCOL": (0x00720002, 0x00720004, 0x00720006, 0x00720008, 0x0072000A, 0x0072000C, 0x00720014),
    "PALETTE": _LABELED[:2],
    "IMPLANT": (0x00080070, 0x00221095, 0x00221097, 0x00686210),
    "IMPLANT ASSY": (0x00080070, 0x00760001, 0x00760008),
    "IMPLANT GROUP": (0x00780001, 0x00780010),
}
_LONGEST: Final = {"SH": 16, "LO": 64, "ST": 1024, "LT": 1024, "UT": 1024, "UC": 1024, "PN": 64}
_MOST_ITEMS: Final = 50
_DEEPEST: Final = 6


def of_header(kind: str, header: Model) -> dict[int, bytes]:
    """The elements that a record of this kind repeats, each written, those that the header has; never raises."""
    found = {}
    for tag in _KEYS.get(kind, ()):
        # When a report was verified is said with whoever did it (PS3.3 C.17.2).
        level = _item(header, _OBSERVERS) if tag == _VERIFIED else header
        element = level.get(f"{tag:08X}")
        if isinstance(element, Mapping):
            kept = _modifiers(element) if tag == _MODIFIERS else element
            if kept is not None:
                found[tag] = _written(tag, kept, 0)
    return found


def element(tag: int, vr: str, text: str) -> bytes:
    """One element of a record; a value that its VR cannot have is made one, or left empty."""
    return rewriting.element(tag, vr, _fitting(vr, text).encode("utf-8", "replace"))


def _modifiers(content: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Of a report's content what modifies its title, which is all that a directory repeats (PS3.3 F.5.22)."""
    items = [one for one in values_of(content) if _first(one, "0040A010") == "HAS CONCEPT MOD"]
    return {"vr": "SQ", "Value": items} if items else None


def _item(header: Model, key: str) -> Mapping[str, Any]:
    found = _first(header, key)
    return found if isinstance(found, Mapping) else {}


def _first(item: Any, key: str) -> Any:
    element = item.get(key) if isinstance(item, Mapping) else None
    values = values_of(element) if isinstance(element, Mapping) else ()
    return values[0] if values else None


def _written(tag: int, said: Mapping[str, Any], depth: int) -> bytes:
    vr = str(said.get("vr", "UN"))
    if vr == "SQ":
        items = [one for one in values_of(said)[:_MOST_ITEMS] if isinstance(one, Mapping)]
        bodies: Iterable[bytes] = (b"".join(_elements(one, depth + 1)) for one in items) if depth < _DEEPEST else ()
        return rewriting.element(tag, "SQ", b"".join(map(rewriting.in_item, bodies)))
    text = told(tag, said).raw
    if typed.is_number(vr):
        try:
            return rewriting.element(tag, vr, typed.numbers(vr, text))
        except RefusedError:
            return rewriting.element(tag, vr, b"")
    return element(tag, vr, text) if typed.is_text(vr) else b""


def _elements(item: Mapping[str, Any], depth: int) -> Iterator[bytes]:
    for key in sorted(item):
        if len(key) == 8 and isinstance(item[key], Mapping):
            try:
                tag = int(key, 16)
            except ValueError:
                continue
            yield _written(tag, item[key], depth)


def _fitting(vr: str, text: str) -> str:
    try:
        return typed.checked(vr, text)
    except RefusedError:
        # A text can be cut; half a date or UID is worse than none.
        return "=".join(part[: _LONGEST[vr]] for part in clean(text).split("=")[:3]) if vr in _LONGEST else ""
