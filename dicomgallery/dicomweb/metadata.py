"""Metadata of studies, series and instances: all their attributes without bulk data (PS3.18 10.4.1.1.2)."""

from collections.abc import Sequence
from typing import Final

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue

from dicomgallery.access import Permission
from dicomgallery.dicomweb import negotiation
from dicomgallery.dicomweb.addresses import PREFIX, checked, service_url
from dicomgallery.dicomweb.models import Form, asked_form
from dicomgallery.dicomweb.multipart import Part, related
from dicomgallery.errors import UnavailableError
from dicomgallery.services import metadata
from dicomgallery.services.metadata import SeriesMetadata
from dicomgallery.services.metadata_cache import is_whole
from dicomgallery.serving.headers import unchanged
from dicomgallery.serving.identity import current_actor, needs
from dicomgallery.serving.kept_files import respond_gzip

_JSON: Final = Form.JSON.value

bp = Blueprint("dicomweb_metadata", __name__, url_prefix=PREFIX)
bp.after_request(negotiation.varied)


@bp.get("/studies/<study_uid>/metadata")
@needs(Permission.VIEW)
def of_study(study_uid: str) -> ResponseReturnValue:
    """All instances of a study."""
    checked(study_uid)
    form = asked_form()
    return _answer(metadata.of_study(study_uid, service=service_url(), actor=current_actor()), form)


@bp.get("/studies/<study_uid>/series/<series_uid>/metadata")
@needs(Permission.VIEW)
def of_series(study_uid: str, series_uid: str) -> ResponseReturnValue:
    """All instances of a series."""
    checked(study_uid, series_uid)
    form = asked_form()
    return _answer(metadata.of_series(study_uid, series_uid, service=service_url(), actor=current_actor()), form)


@bp.get("/studies/<study_uid>/series/<series_uid>/instances/<sop_uid>/metadata")
@needs(Permission.VIEW)
def of_instance(study_uid: str, series_uid: str, sop_uid: str) -> ResponseReturnValue:
    """One instance."""
    checked(study_uid, series_uid, sop_uid)
    form = asked_form()
    found = metadata.of_instance(study_uid, series_uid, sop_uid, service=service_url(), actor=current_actor())
    etag = f"{found.etag}-{form.name.lower()}"
    if (response := unchanged(etag, weak=True)) is not None:
        return _marked(response, etag)
    if form is Form.XML:
        return _marked(_xml([found]), etag)
    body = b"[" + b",".join(model for _, model in found.models()) + b"]"
    return _marked(Response(body, mimetype=_JSON), etag)


def _answer(found: Sequence[SeriesMetadata], form: Form) -> Response:
    etag = f"{metadata.etag_of(found)}-{form.name.lower()}"
    if (response := unchanged(etag, weak=True)) is not None:
        return _marked(response, etag)
    if form is Form.XML:
        return _marked(_xml(found), etag)
    if len(found) > 1:
        return _marked(Response(metadata.joined(found), mimetype=_JSON), etag)
    try:
        path = found[0].file()
        # A file that cannot be read now may be there again the next time.
        return _marked(respond_gzip(path, _JSON), etag if is_whole(path) else "")
    except FileNotFoundError as error:
        raise UnavailableError("The metadata was just cleared away. Ask for it again.") from error


def _xml(found: Sequence[SeriesMetadata]) -> Response:
    parts = (Part(Form.XML.value, [xml], address) for address, xml in metadata.as_xml(found))
    return related(parts, Form.XML.value)


def _marked(response: Response, etag: str) -> Response:
    response.vary.add("Accept-Encoding")
    if etag:
        # Packed or not it says the same, though the bytes are others.
        response.set_etag(etag, weak=True)
    return response
