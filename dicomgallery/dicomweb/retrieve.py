"""WADO-RS: whole studies, series and instances (PS3.18 10.4.1.1.1)."""

from collections.abc import Iterator, Sequence
from typing import Final
from urllib.parse import quote

from flask import Blueprint, Response
from werkzeug.exceptions import NotAcceptable

from dicomgallery.access import Permission
from dicomgallery.dicom.uids import path_of
from dicomgallery.dicomweb import multipart, negotiation
from dicomgallery.dicomweb.addresses import PREFIX, service_url
from dicomgallery.dicomweb.multipart import Part
from dicomgallery.errors import UnavailableError
from dicomgallery.services import retrieving
from dicomgallery.services.retrieving import Delivery, Found, NotInThatSyntaxError
from dicomgallery.serving import downloads
from dicomgallery.serving.headers import PRIVATE, unchanged
from dicomgallery.serving.identity import current_actor, needs

bp = Blueprint("dicomweb_retrieve", __name__, url_prefix=PREFIX)
bp.after_request(negotiation.varied)

DICOM: Final = "application/dicom"
ZIP: Final = "application/zip"
_SEVERAL: Final = ((DICOM, True), (DICOM, False), (ZIP, False))
_ONE: Final = ((DICOM, False), (DICOM, True), (ZIP, False))


@bp.get("/studies/<study>")
@needs(Permission.EXPORT)
def study(study: str) -> Response:
    """Every object of a study."""
    return _answer(study)


@bp.get("/studies/<study>/series/<series>")
@needs(Permission.EXPORT)
def series(study: str, series: str) -> Response:
    """Every object of a series."""
    return _answer(study, series)


@bp.get("/studies/<study>/series/<series>/instances/<sop>")
@needs(Permission.EXPORT)
def instance(study: str, series: str, sop: str) -> Response:
    """One object."""
    return _answer(study, series, sop)


def _answer(study: str, series: str | None = None, sop: str | None = None) -> Response:
    actor = current_actor()
    media_type, is_multipart, met = negotiation.choose(_SEVERAL if sop is None else _ONE)
    if media_type == ZIP:
        return downloads.zipped(retrieving.archive(study, series, sop, actor=actor), name="objects")
    found = retrieving.find(study, series, sop, negotiation.wanted(met), actor=actor)
    # Weak: the boundary between parts is another each time.
    if (response := unchanged(found.etag, weak=True)) is not None:
        return response
    try:
        return _parts(found, is_one=sop is not None) if is_multipart else single(found)
    except NotInThatSyntaxError as refusal:
        raise NotAcceptable(refusal.message) from None


def single(found: Found) -> Response:
    """One object by itself; parts of it too, where it leaves as it is stored."""
    if len(found.objects) > 1:
        raise NotAcceptable(f'There are {len(found.objects)} objects: ask for multipart/related; type="{DICOM}".')
    delivery = found.only()
    content_type = _type_of(delivery)
    if delivery.stored is not None:
        response = downloads.file(delivery.stored)
    else:
        response = downloads.attached(
            Response(multipart.together(delivery.chunks())), f"image-{delivery.object.id}.dcm"
        )
        response.content_length = delivery.size_bytes
        response.set_etag(found.etag, weak=True)
    if response.status_code != 304:
        response.headers["Content-Type"] = content_type
    return response


def _parts(found: Found, *, is_one: bool) -> Response:
    """Objects one after another, while they are read or made."""
    if is_one:
        parts: Sequence[Part] | Iterator[Part] = [_part(found.only(), service_url())]
    elif found.missing == len(found.objects):
        raise UnavailableError(retrieving.MISSING)
    elif found.none_possible():
        raise NotAcceptable("None of these objects can be had in the transfer syntax asked for.")
    elif found.all_as_stored():
        base = service_url()
        parts = [_part(delivery, base) for delivery in found.every()]
    else:
        parts = _flow(found.every(), service_url())
    response = multipart.related(parts, DICOM)
    response.set_etag(found.etag, weak=True)
    response.headers["Cache-Control"] = PRIVATE
    if found.missing:
        response.status_code = 206
        response.headers["Warning"] = f'299 - "The bytes of {found.missing} of these objects are gone."'
    return response


def _flow(deliveries: Iterator[Delivery], base: str) -> Iterator[Part]:
    for delivery in deliveries:
        yield _part(delivery, base)


def _part(delivery: Delivery, base: str) -> Part:
    one = delivery.object
    location = f"{base}/{path_of(one.study_uid, one.series_uid, one.sop_uid)}"
    return Part(_type_of(delivery), delivery.chunks(), location, delivery.size_bytes)


def _type_of(delivery: Delivery) -> str:
    return f"{DICOM}; transfer-syntax={quote(delivery.transfer_syntax)}"
