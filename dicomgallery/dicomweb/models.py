"""How data sets without bulk data are sent: as DICOM JSON, or as the Native DICOM Model in XML (PS3.18 8.7.3)."""

import re
from collections.abc import Iterator
from enum import Enum
from typing import Final

from flask import request
from werkzeug.exceptions import NotAcceptable

LONGEST_ACCEPT: Final = 8000
_JSON: Final = frozenset({"application/dicom+json", "application/json", "application/*", "*/*"})
_XML: Final = frozenset({"application/dicom+xml", "application/xml", "text/xml", "multipart/*"})
_PIECE: Final = re.compile(r'(?:[^,"]++|"[^"]*+"?+)++')
# Many clients leave out the quotes that the slash asks for.
_TYPE: Final = re.compile(r';\s*+type\s*+=\s*+"?+([^";,\s]++)', re.IGNORECASE)
_QUALITY: Final = re.compile(r";\s*+q\s*+=\s*+(0(?:\.\d{0,3})?+|1(?:\.0{0,3})?+)\s*+(?:;|$)", re.IGNORECASE)


class Form(Enum):
    """How it is sent."""

    JSON = "application/dicom+json"
    XML = "application/dicom+xml"


def asked_form() -> Form:
    """What whoever asks likes best, by the `accept` of the query (PS3.18 8.3.3.1) or the header; NotAcceptable."""
    text = (request.args.get("accept") or request.headers.get("Accept", ""))[:LONGEST_ACCEPT]
    if not text.strip():
        return Form.JSON
    liked = [(quality, form) for form, quality in _read(text) if quality > 0]
    if not liked:
        raise NotAcceptable(
            'This is sent as application/dicom+json, or as multipart/related; type="application/dicom+xml".'
        )
    best = max(quality for quality, _ in liked)
    return next(form for quality, form in liked if quality == best)


def _read(text: str) -> Iterator[tuple[Form, float]]:
    for piece in _PIECE.findall(text):
        media_type = piece.partition(";")[0].strip().lower()
        if media_type == "multipart/related":
            told = _TYPE.search(piece)
            media_type = told[1].lower() if told else Form.XML.value
        quality = _QUALITY.search(piece)
        if media_type in _JSON or media_type in _XML:
            yield Form.JSON if media_type in _JSON else Form.XML, float(quality[1]) if quality else 1.0
