"""Values that say nothing, for attributes that must have one (PS3.15 E.1.1, action D)."""

from struct import pack
from typing import Final

from dicomgallery.dicom.rewriting import element

TEXT: Final = b"REMOVED"
_BY_VR: Final = {
    "PN": b"REMOVED",
    "DA": b"19000101",
    "TM": b"000000",
    "DT": b"19000101000000",
    "AS": b"000Y",
    "IS": b"0",
    "DS": b"0",
    "UR": b"about:blank",
    "AT": b"\0\0\0\0",
    "US": b"\0\0",
    "SS": b"\0\0",
    "UL": bytes(4),
    "SL": bytes(4),
    "FL": bytes(4),
    "OF": bytes(4),
    "OL": bytes(4),
    "FD": bytes(8),
    "UV": bytes(8),
    "SV": bytes(8),
    "OD": bytes(8),
    "OV": bytes(8),
    "OB": b"\0\0",
    "OW": b"\0\0",
    "UN": b"\0\0",
}
_OF_TAG: Final = {
    # Patient's Sex, where one must be said.
    0x00100040: b"O",
}
WRITTEN: Final = tuple(sorted({value.decode("latin-1") for value in (TEXT, *_BY_VR.values()) if value.strip(b"\0")}))
"""The texts that removal writes by itself."""
_PDF: Final = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)
_CDA: Final = b'<?xml version="1.0" encoding="UTF-8"?><ClinicalDocument xmlns="urn:hl7-org:v3"/>'


def value(tag: int, vr: str) -> bytes:
    """The dummy for an attribute of this VR."""
    return _OF_TAG.get(tag) or _BY_VR.get(vr, TEXT)


def document(mime: bytes) -> bytes:
    """An empty document of the kind that an encapsulated one was (PS3.3 C.24.2)."""
    kind = mime.strip(b" \0").lower()
    if kind == b"application/pdf":
        return _PDF
    if kind.endswith(b"xml"):
        return _CDA
    # A binary STL of no triangles: 80 bytes of header and their number.
    return bytes(84) if kind.endswith(b"stl") else b"# \n"


def content() -> bytes:
    """One item of a content tree that says that there was more (PS3.3 C.17.3)."""
    concept = element(0x00080100, "SH", b"121071") + element(0x00080102, "SH", b"DCM")
    concept += element(0x00080104, "LO", b"Finding")
    body = (
        element(0x0040A010, "CS", b"CONTAINS")
        + element(0x0040A040, "CS", b"TEXT")
        + element(0x0040A043, "SQ", item(concept))
        + element(0x0040A160, "UT", TEXT)
    )
    return item(body)


def item(body: bytes) -> bytes:
    """One item of a sequence (PS3.5 7.5)."""
    return pack("<HHI", 0xFFFE, 0xE000, len(body)) + body
