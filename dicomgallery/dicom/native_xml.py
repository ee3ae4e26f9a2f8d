"""The Native DICOM Model as XML (PS3.19 A.1), made from the DICOM JSON model of the same data set."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

from dicomgallery.dicom.structure import keyword_of
from dicomgallery.dicom.values import NAME_GROUPS

_HEAD: Final = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<NativeDicomModel xmlns="http://dicom.nema.org/PS3.19/models/NativeDICOM" xml:space="preserve">'
)
_TAIL: Final = "</NativeDicomModel>"
NAME_PARTS: Final = ("FamilyName", "GivenName", "MiddleName", "NamePrefix", "NameSuffix")
# What XML 1.0 cannot say at all, not even escaped.
_UNSAYABLE: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_DEEPEST: Final = 40

Model = Mapping[str, Mapping[str, Any]]


def to_xml(model: Model) -> bytes:
    """Write a DICOM JSON model as XML; letters that XML does not have become question marks."""
    return (_HEAD + "".join(_attributes(model, 0)) + _TAIL).encode("utf-8", "replace")


def _attributes(model: Model, depth: int) -> Iterator[str]:
    for tag, element in model.items():
        head = f'<DicomAttribute tag="{tag}" vr={quoteattr(str(element.get("vr", "UN")))}'
        if keyword := keyword_of(int(tag, 16)):
            head += f' keyword="{keyword}"'
        if creator := _creator(model, tag):
            head += f" privateCreator={quoteattr(_said(creator))}"
        yield f"{head}>{''.join(_content(element, depth))}</DicomAttribute>"


def _creator(model: Model, tag: str) -> str:
    """Who a private element belongs to (PS3.5 7.8.1); empty for a standard one."""
    if not int(tag[:4], 16) & 1 or int(tag[4:], 16) < 0x1000:
        return ""
    values = model.get(f"{tag[:4]}00{tag[4:6]}", {}).get("Value", ())
    return str(values[0]) if values else ""


def _content(element: Mapping[str, Any], depth: int) -> Iterator[str]:
    if (uri := element.get("BulkDataURI")) is not None:
        yield f"<BulkData uri={quoteattr(str(uri))}/>"
    elif (inline := element.get("InlineBinary")) is not None:
        yield f"<InlineBinary>{inline}</InlineBinary>"
    for number, value in enumerate(element.get("Value", ()), 1):
        match element.get("vr"):
            case "SQ":
                inner = _attributes(value, depth + 1) if value and depth < _DEEPEST else ()
                yield f'<Item number="{number}">{"".join(inner)}</Item>'
            case "PN":
                yield f'<PersonName number="{number}">{_person(value or {})}</PersonName>'
            case _:
                text = "" if value is None else _said(str(value))
                yield f'<Value number="{number}">{escape(text)}</Value>'


def _person(groups: Mapping[str, str]) -> str:
    written = ""
    for group in NAME_GROUPS:
        if name := groups.get(group):
            parts = zip(NAME_PARTS, name.split("^", 4), strict=False)
            written += f"<{group}>{''.join(f'<{p}>{escape(_said(text))}</{p}>' for p, text in parts if text)}</{group}>"
    return written


def _said(text: str) -> str:
    return _UNSAYABLE.sub("?", text)
