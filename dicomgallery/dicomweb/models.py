"""How data sets without bulk data are sent: as DICOM JSON, or as the Native DICOM Model in XML (PS3.18 8.7.3)."""

from enum import Enum
from typing import Final

from werkzeug.exceptions import BadRequest

from dicomgallery.dicomweb import negotiation
from dicomgallery.dicomweb.negotiation import Offer


class Form(Enum):
    """How it is sent."""

    JSON = "application/dicom+json"
    XML = "application/dicom+xml"


_OFFERS: Final[dict[Offer, Form]] = {
    ("application/dicom+json", False): Form.JSON,
    ("application/json", False): Form.JSON,
    ("application/dicom+xml", True): Form.XML,
    # Many ask for the media type of the parts alone, or by an older name.
    ("application/dicom+xml", False): Form.XML,
    ("application/xml", False): Form.XML,
    ("text/xml", False): Form.XML,
    ("application/xml", True): Form.XML,
    ("text/xml", True): Form.XML,
    ("application/dicom+json", True): Form.JSON,
    ("application/json", True): Form.JSON,
}


def asked_form(otherwise: Form | None = None) -> Form:
    """What whoever asks likes best; where it is nothing on offer NotAcceptable, or `otherwise` if that is given."""
    try:
        found = negotiation.liked(tuple(_OFFERS))
    except BadRequest:
        if otherwise is None:
            raise
        return otherwise
    if found is not None:
        return _OFFERS[found[:2]]
    if otherwise is not None:
        return otherwise
    raise negotiation.refusal([(Form.JSON.value, False), (Form.XML.value, True)])
