"""Documents that travel inside DICOM objects: what they claim to be, what they are, and their bytes (PS3.3 C.24.2)."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset

from dicomgallery.dicom import elements
from dicomgallery.dicom.values import clean, grouped

_CLASSES: Final = "1.2.840.10008.5.1.4.1.1.104."
_HEAD_BYTES: Final = 2048
_MEDIA_TYPE: Final = re.compile(r"[a-z0-9.+-]{1,60}/[a-z0-9.+-]{1,60}")
_VERTEX: Final = re.compile(rb"^v[ \t]+[-+.0-9]", re.MULTILINE)
_BINARY_STL_HEAD: Final = 84
_TRIANGLE_BYTES: Final = 50


class DocumentKind(StrEnum):
    """What a document is; the value is the ending of its file's name."""

    PDF = "pdf"
    CDA = "xml"
    STL = "stl"
    OBJ = "obj"
    MTL = "mtl"
    OTHER = "bin"

    @property
    def media_type(self) -> str:
        """Its media type."""
        return _MEDIA_TYPES[self]

    @property
    def noun(self) -> str:
        """What a person calls it."""
        return _NOUNS[self]

    @property
    def is_model(self) -> bool:
        """Say whether it is a shape in space."""
        return self in {DocumentKind.STL, DocumentKind.OBJ}


_MEDIA_TYPES: Final = {
    DocumentKind.PDF: "application/pdf",
    DocumentKind.CDA: "text/xml",
    DocumentKind.STL: "model/stl",
    DocumentKind.OBJ: "model/obj",
    DocumentKind.MTL: "model/mtl",
    DocumentKind.OTHER: "application/octet-stream",
}
_NOUNS: Final = {
    DocumentKind.PDF: "PDF document",
    DocumentKind.CDA: "Clinical document (CDA)",
    DocumentKind.STL: "3D model (STL)",
    DocumentKind.OBJ: "3D model (OBJ)",
    DocumentKind.MTL: "Materials of a 3D model (MTL)",
    DocumentKind.OTHER: "Document",
}
_KINDS: Final = {
    "1": DocumentKind.PDF, "2": DocumentKind.CDA, "3": DocumentKind.STL, "4": DocumentKind.OBJ, "5": DocumentKind.MTL,
}  # fmt: skip
_ALSO_CALLED: Final = {"application/sla": "model/stl", "model/x.stl-binary": "model/stl", "application/xml": "text/xml"}
_SIGNATURES: Final = (
    (b"%PDF-", "application/pdf"),
    (b"<?xml", "text/xml"),
    (b"\x89PNG\r\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"PK\x03\x04", "application/zip"),
    (b"\x1f\x8b", "application/gzip"),
    (b"{\\rtf", "application/rtf"),
    (b"\xd0\xcf\x11\xe0", "application/x-ole-storage"),
    (b"MZ", "application/vnd.microsoft.portable-executable"),
    (b"\x7fELF", "application/x-executable"),
)
_UNITS_MM: Final = {"um": 0.001, "mm": 1.0, "cm": 10.0, "m": 1000.0, "[in_i]": 25.4, "[ft_i]": 304.8}
"""UCUM codes of the units that a model may have (PS3.3 C.35.1), in mm."""


@dataclass(frozen=True, slots=True)
class Document:
    """An encapsulated document, nothing of it opened."""

    kind: DocumentKind
    title: str
    concept: str
    """What sort of document it is, in the words of its code."""
    claimed: str
    """The media type that the file claims; empty when none."""
    found: str
    """The media type that its first bytes tell; empty when they tell nothing."""
    burned_in: bool | None
    is_verified: bool | None
    date: str
    time: str
    unit_mm: float | None
    """How long one unit of a model is; None when that is not said."""
    doubts: tuple[str, ...]
    """Where the file contradicts itself, a sentence each."""
    data: bytes

    @property
    def is_as_claimed(self) -> bool:
        """Say whether nothing in its first bytes contradicts its kind."""
        return _agrees(self.kind, self.found)

    @property
    def media_type(self) -> str:
        """What it leaves as: of its kind only when its bytes do not contradict."""
        return (self.kind if self.is_as_claimed else DocumentKind.OTHER).media_type

    @property
    def ending(self) -> str:
        """The ending of its file's name."""
        return str(self.kind if self.is_as_claimed else DocumentKind.OTHER)

    @property
    def is_text(self) -> bool:
        """Say whether a person can read it as it is."""
        readable = {DocumentKind.CDA, DocumentKind.STL, DocumentKind.OBJ, DocumentKind.MTL}
        is_wide = self.data.startswith((b"\xff\xfe", b"\xfe\xff"))
        return self.is_as_claimed and self.kind in readable and (is_wide or b"\0" not in self.data[:_HEAD_BYTES])

    def text(self, longest: int, left_out: str = "") -> str:
        """The beginning of what it is written in, so many bytes of it, and `left_out` when there is more."""
        head = self.data[:longest]
        encoding = "utf-16" if head.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
        return head.decode(encoding, "replace").replace("\0", "") + (left_out if len(self.data) > longest else "")


def document_of(dataset: Dataset) -> Document | None:
    """Read the Encapsulated Document module; None when there are no bytes of one. Whatever the values, none raises."""
    kind = _kind(elements.first(dataset, 0x00080016))
    data = _bytes(dataset)
    if not data:
        return None
    data, doubts = _cut(kind, data, elements.number(dataset, 0x00420015))
    claimed = clean(elements.first(dataset, 0x00420012)).lower()
    found = media_type_of(data)
    return Document(
        kind=kind,
        title=clean(elements.text(dataset, 0x00420010)),
        concept=_meaning(dataset, 0x0040A043),
        claimed=claimed if _MEDIA_TYPE.fullmatch(claimed) else "",
        found=found,
        burned_in={"YES": True, "NO": False}.get(elements.first(dataset, 0x00280301).upper()),
        is_verified={"VERIFIED": True, "UNVERIFIED": False}.get(elements.first(dataset, 0x0040A493).upper()),
        date=clean(elements.first(dataset, 0x00080023)),
        time=clean(elements.first(dataset, 0x00080033)),
        unit_mm=_unit_mm(dataset),
        doubts=(*doubts, *_contradictions(kind, claimed, found)),
        data=data,
    )


def media_type_of(data: bytes) -> str:
    """The media type that the first bytes of a file tell; empty when they are of nothing known here."""
    head = data[:_HEAD_BYTES]
    bare = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if head.startswith((b"\xff\xfe<\0", b"\xfe\xff\0<")):
        return "text/xml"
    for signature, media_type in _SIGNATURES:
        if bare.startswith(signature):
            return media_type
    if bare[:15].lower().startswith((b"<!doctype html", b"<html")):
        return "text/html"
    if bare.startswith(b"<"):
        return "text/xml"
    # Many programs put a line of their own before a PDF; its readers look as far as this.
    if b"%PDF-" in head[:1024]:
        return "application/pdf"
    if _is_stl(data, bare):
        return "model/stl"
    if b"\0" not in head:
        if bare.startswith(b"newmtl") or b"\nnewmtl" in head:
            return "model/mtl"
        if _VERTEX.search(head):
            return "model/obj"
    return ""


def _is_stl(data: bytes, bare: bytes) -> bool:
    if bare.startswith(b"solid") and b"facet" in bare:
        return True
    count = int.from_bytes(data[80:84], "little")
    return count > 0 and len(data) in {_BINARY_STL_HEAD + count * _TRIANGLE_BYTES + more for more in (0, 1)}


def _kind(sop_class: str) -> DocumentKind:
    return _KINDS.get(sop_class.removeprefix(_CLASSES), DocumentKind.OTHER)


def _bytes(dataset: Dataset) -> bytes:
    element: DataElement | RawDataElement | None = elements.as_stored(dataset, 0x00420011)
    found = None if element is None else element.value
    return found if isinstance(found, bytes) else b""


def _cut(kind: DocumentKind, data: bytes, told: float | None) -> tuple[bytes, tuple[str, ...]]:
    """The document without the byte that makes its element even, and what is odd about its length."""
    if told is None:
        # Older objects lack the length; a text does not end in NUL, and a PDF does not mind.
        is_padded = data.endswith(b"\0") and kind is not DocumentKind.STL
        return (data[:-1] if is_padded else data), ()
    length = int(told)
    if 0 <= len(data) - length <= 1:
        return data[:length], ()
    return data, (f"The file says that the document has {grouped(length)} bytes, and holds {grouped(len(data))}.",)


def _contradictions(kind: DocumentKind, claimed: str, found: str) -> tuple[str, ...]:
    doubts = []
    if claimed and kind is not DocumentKind.OTHER and not _agrees(kind, claimed):
        shown = claimed if _MEDIA_TYPE.fullmatch(claimed) else "something else"
        doubts.append(f"It is filed as {kind.media_type}, but calls itself {shown}.")
    if not _agrees(kind, found):
        doubts.append(f"It is filed as {kind.media_type}, but its first bytes are those of {found}.")
    elif not found and kind in {DocumentKind.PDF, DocumentKind.CDA}:
        doubts.append(f"It is filed as {kind.media_type}, but does not begin as one.")
    return tuple(doubts)


def _agrees(kind: DocumentKind, media_type: str) -> bool:
    if kind is DocumentKind.OTHER or not media_type:
        return True
    same = _ALSO_CALLED.get(media_type, media_type)
    # HL7 names a CDA document by more than one type.
    return same == kind.media_type or (kind is DocumentKind.CDA and same.endswith("+xml"))


def _meaning(dataset: Dataset, tag: int) -> str:
    for item in elements.items(dataset, tag)[:1]:
        return clean(elements.text(item, 0x00080104))
    return ""


def _unit_mm(dataset: Dataset) -> float | None:
    for item in elements.items(dataset, 0x004008EA)[:1]:
        return _UNITS_MM.get(clean(elements.first(item, 0x00080100)))
    return None
