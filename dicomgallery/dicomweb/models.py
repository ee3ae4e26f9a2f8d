"""How data sets without bulk data are sent: as DICOM JSON, or as the Native DICOM Model in XML (PS3.18 8.7.3)."""

from enum import Enum
from typing import Final

from flask import request
from werkzeug.datastructures import MIMEAccept
from werkzeug.exceptions import NotAcceptable
from werkzeug.http import parse_accept_header, parse_options_header

LONGEST_ACCEPT: Final = 8000
_JSON: Final = frozenset({"application/dicom+json", "application/json", "application/*", "*/*"})
_XML: Final = frozenset({"application/dicom+xml", "application/xml", "text/xml"})


class Form(Enum):
    """How it is sent."""

    JSON = "application/dicom+json"
    XML = "application/dicom+xml"


def asked_form() -> Form:
    """What whoever asks likes best, by the `accept` of the query (PS3.18 8.3.3.1) or the header; NotAcceptable."""
    text = request.args.get("accept") or request.headers.get("Accept", "")
    accepted = parse_accept_header(text[:LONGEST_ACCEPT], MIMEAccept)
    if not text.strip():
        return Form.JSON
    for value, quality in accepted:
        form = _form(value) if quality > 0 else None
        if form is not None:
            return form
    raise NotAcceptable(
        'This is sent as application/dicom+json, or as multipart/related; type="application/dicom+xml".'
    )


def _form(value: str) -> Form | None:
    media_type, options = parse_options_header(value)
    if media_type == "multipart/related":
        media_type = options.get("type", Form.XML.value).lower()
    if media_type in _JSON:
        return Form.JSON
    return Form.XML if media_type in _XML or media_type == "multipart/*" else None
