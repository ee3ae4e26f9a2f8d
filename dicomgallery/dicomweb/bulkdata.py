"""WADO-RS: long values by where they lie in their object (PS3.18 10.4.1.1.5)."""

from flask import Blueprint, Response

from dicomgallery.access import Permission
from dicomgallery.dicom.media_types import OCTETS
from dicomgallery.dicomweb import frames, multipart, negotiation
from dicomgallery.dicomweb.addresses import PREFIX, retrieve_url
from dicomgallery.dicomweb.multipart import Part
from dicomgallery.services import pixels
from dicomgallery.serving import downloads
from dicomgallery.serving.headers import PRIVATE, unchanged
from dicomgallery.serving.identity import current_actor, needs

bp = Blueprint("dicomweb_bulkdata", __name__, url_prefix=PREFIX)
bp.after_request(negotiation.varied)

_OFFERS = ((OCTETS, True), (OCTETS, False))


@bp.get("/studies/<study>/series/<series>/instances/<sop>/bulkdata/<path:where>")
@needs(Permission.VIEW)
def show(study: str, series: str, sop: str, where: str) -> Response:
    """One value as its bytes; pixel data as all their frames."""
    found = pixels.of(study, series, sop, actor=current_actor())
    if pixels.is_pixel_data(where):
        return frames.answer(found, range(1, max(found.object.frames, 1) + 1))
    _, is_multipart, _ = negotiation.choose(_OFFERS)
    etag = found.etag(f"bulk-{where.replace('/', '.')}-{is_multipart}")
    if (response := unchanged(etag, weak=True)) is not None:
        return response
    value = found.value(where)
    if is_multipart:
        one = found.object
        base = retrieve_url(one.study_uid, one.series_uid, one.sop_uid)
        response = multipart.related([Part(OCTETS, (value,), f"{base}/bulkdata/{where}", len(value))], OCTETS)
    else:
        response = downloads.piece(value, OCTETS)
    response.set_etag(etag, weak=True)
    response.headers["Cache-Control"] = PRIVATE
    return response
