"""QIDO-RS: studies, series and instances by their attributes (PS3.18 10.6)."""

from typing import Any, Final

import orjson
from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest, RequestURITooLarge

from dicomgallery.access import Permission
from dicomgallery.catalog.dicomweb import asking, search
from dicomgallery.catalog.dicomweb.asking import Complaint
from dicomgallery.catalog.dicomweb.columns import RETRIEVE_URL, SERIES_UID, SOP_UID, STUDY_UID, Resource
from dicomgallery.catalog.dicomweb.search import Found
from dicomgallery.dicom.native_xml import to_xml
from dicomgallery.dicomweb import negotiation
from dicomgallery.dicomweb.addresses import PREFIX, checked, retrieve_url, service_url
from dicomgallery.dicomweb.models import Form, asked_form
from dicomgallery.dicomweb.multipart import Part, related
from dicomgallery.serving.identity import current_actor, needs

LONGEST_QUERY: Final = 1 << 17
"""A thousand UIDs fit."""

bp = Blueprint("dicomweb_search", __name__, url_prefix=PREFIX)
bp.after_request(negotiation.varied)


@bp.get("/studies")
@needs(Permission.VIEW)
def studies() -> ResponseReturnValue:
    """All studies that match."""
    return _answer(Resource.STUDIES)


@bp.get("/series")
@bp.get("/studies/<study_uid>/series")
@needs(Permission.VIEW)
def series(study_uid: str = "") -> ResponseReturnValue:
    """The series that match, of all studies or of one."""
    return _answer(Resource.SERIES, study_uid)


@bp.get("/instances")
@bp.get("/studies/<study_uid>/instances")
@bp.get("/studies/<study_uid>/series/<series_uid>/instances")
@needs(Permission.VIEW)
def instances(study_uid: str = "", series_uid: str = "") -> ResponseReturnValue:
    """The instances that match, of all studies, of one, or of one series."""
    return _answer(Resource.INSTANCES, study_uid, series_uid)


def _answer(resource: Resource, study_uid: str = "", series_uid: str = "") -> ResponseReturnValue:
    if len(request.query_string) > LONGEST_QUERY:
        raise RequestURITooLarge("The search is too long.")
    checked(study_uid or None, series_uid or None)
    form = asked_form()
    asked = asking.parse(resource, request.args.items(multi=True), study_uid=study_uid, series_uid=series_uid)
    if isinstance(asked, Complaint):
        raise BadRequest(asked.sentence)
    found = search.search(current_actor().scope, asked)
    response = _written(resource, found, form)
    for remark in found.remarks:
        response.headers.add("Warning", f"299 {service_url()}: {remark}")
    return response


def _written(resource: Resource, found: Found, form: Form) -> Response:
    models = [_addressed(model, resource) for model in found.models]
    if form is Form.JSON:
        # PS3.18 8.3.4.4.1 asks for 204 where nothing was found; CP-2473 takes that back, and clients expect a list.
        return Response(orjson.dumps(models), mimetype=form.value)
    if not models:
        # A multipart answer has at least one part (RFC 2046 5.1.1).
        return Response(status=204)
    return related((Part(form.value, [to_xml(model)]) for model in models), form.value)


def _addressed(model: dict[str, Any], resource: Resource) -> dict[str, Any]:
    """The model with the address to retrieve it from."""
    tags = (STUDY_UID, SERIES_UID, SOP_UID)[:resource]
    uids = [str(model[f"{tag:08X}"].get("Value", [""])[0]) for tag in tags]
    model[f"{RETRIEVE_URL:08X}"] = {"vr": "UR", "Value": [retrieve_url(*uids)]}
    return dict(sorted(model.items()))
