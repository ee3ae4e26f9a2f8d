"""The Native DICOM Model in XML (PS3.19 A.1), read into the DICOM JSON model (PS3.18 annex F)."""

from typing import Any, Final
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from dicomgallery.dicom.models import DEEPEST, MOST_ELEMENTS, MalformedError
from dicomgallery.dicom.native_xml import NAME_PARTS
from dicomgallery.dicom.values import NAME_GROUPS

_NOT_XML: Final = "The metadata is no XML of the Native DICOM Model."
_WHOLE: Final = frozenset({"IS", "SL", "SS", "SV", "UL", "US", "UV"})
_REAL: Final = frozenset({"FD", "FL"})


def read_xml(text: bytes) -> dict[str, Any]:
    """The DICOM JSON object of one document, not looked at further. Raises MalformedError."""
    root = _parsed(text)
    if root.tag != "NativeDicomModel":
        raise MalformedError(_NOT_XML)
    return _object(root)


def _parsed(text: bytes) -> Element:
    """The tree of a document that declares no entities, with plain names."""
    builder, parser = TreeBuilder(), expat.ParserCreate()
    depth = count = 0

    def begin(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth, count
        depth, count = depth + 1, count + 1
        # An attribute and its item are two steps, and a person's name is three more.
        if depth > 2 * DEEPEST + 6 or count > 4 * MOST_ELEMENTS:
            raise MalformedError("The metadata nests too deep, or has too many elements.")
        builder.start(name.rpartition(":")[2], attributes)

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(name.rpartition(":")[2])

    def refuse(*_: object) -> None:
        raise MalformedError("The metadata declares a document type, which the Native DICOM Model does not have.")

    parser.StartElementHandler, parser.EndElementHandler = begin, end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(text, True)  # noqa: FBT003 - expat takes it by position only
        return builder.close()
    except (expat.ExpatError, AssertionError, LookupError, ValueError) as error:
        raise MalformedError(_NOT_XML) from error


def _object(node: Element) -> dict[str, Any]:
    return {one.get("tag", ""): _element(one) for one in node.findall("DicomAttribute")}


def _element(node: Element) -> dict[str, Any]:
    vr = node.get("vr", "")
    told: dict[str, Any] = {"vr": vr}
    if (bulk := node.find("BulkData")) is not None:
        return told | {"BulkDataURI": bulk.get("uri") or bulk.get("uuid") or ""}
    if (inline := node.find("InlineBinary")) is not None:
        return told | {"InlineBinary": "".join((inline.text or "").split())}
    kind = {"SQ": "Item", "PN": "PersonName"}.get(vr, "Value")
    values = [_value(vr, one) for one in sorted(node.findall(kind), key=_number)]
    return told | ({"Value": values} if values else {})


def _number(node: Element) -> int:
    text = node.get("number", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


def _value(vr: str, node: Element) -> object:
    if vr == "SQ":
        return _object(node)
    if vr == "PN":
        return {group: _name(found) for group in NAME_GROUPS if (found := node.find(group)) is not None}
    text = node.text or ""
    try:
        return int(text) if vr in _WHOLE else float(text) if vr in _REAL else text or None
    except ValueError as error:
        raise MalformedError("The metadata has a number that is none.") from error


def _name(node: Element) -> str:
    return "^".join(node.findtext(part) or "" for part in NAME_PARTS).rstrip("^")
