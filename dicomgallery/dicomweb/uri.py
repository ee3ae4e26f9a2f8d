"""WADO-URI: one object or one picture, by the parameters of a query (PS3.18 chapter 9)."""

from typing import Final

from flask import Blueprint, Response, request
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import BadRequest, NotAcceptable

from dicomgallery.access import Permission
from dicomgallery.catalog import objects
from dicomgallery.catalog.objects import StoredObject
from dicomgallery.dicom.transfer import EXPLICIT_LITTLE_ENDIAN
from dicomgallery.dicomweb import looks, negotiation, retrieve
from dicomgallery.dicomweb.rendered import FORMAT_OF, respond_with
from dicomgallery.services import retrieving
from dicomgallery.services.recoding import Wanted
from dicomgallery.services.retrieving import NotInThatSyntaxError
from dicomgallery.serving.identity import current_actor, needs

bp = Blueprint("dicomweb_uri", __name__)

_NUMBER: Final = range(1, 1_000_001)


@bp.get("/wado")
@bp.get("/dicom-web/wado")
@needs(Permission.VIEW)
def show() -> Response:
    """The object, or its picture, as `contentType` says."""
    sent = request.args
    if sent.get("requestType") != "WADO":
        raise BadRequest("requestType must be WADO.")
    named = [sent.get(name, "") for name in ("studyUID", "seriesUID", "objectUID")]
    if not all(named):
        raise BadRequest("studyUID, seriesUID and objectUID must be given.")
    if sent.get("anonymize", "").strip():
        raise NotAcceptable("Objects are not de-identified on their way out here; ask without anonymize.")
    study, series, sop = named
    one = objects.below(current_actor().scope, study, series, sop)[0]
    media_type = _media_type(sent, one)
    return _object(one, sent) if media_type == retrieve.DICOM else _picture(one, sent, media_type)


def _media_type(sent: "MultiDict[str, str]", one: StoredObject) -> str:
    """What is to leave (PS3.18 9.1.2.1.2): by itself a JPEG of one frame, and the object of all else."""
    usual = "image/jpeg" if one.has_pixels and (one.frames <= 1 or sent.get("frameNumber")) else retrieve.DICOM
    asked = sent.get("contentType", "")
    if not asked:
        return usual
    offers = dict.fromkeys((usual, retrieve.DICOM, *FORMAT_OF))
    for wish in negotiation.read(asked):
        for media_type in offers:
            if wish.covers(media_type):
                return media_type
    raise negotiation.refusal([(media_type, False) for media_type in offers])


def _object(one: StoredObject, sent: "MultiDict[str, str]") -> Response:
    asked = sent.get("transferSyntax", "")
    wanted = Wanted(((asked or EXPLICIT_LITTLE_ENDIAN,),), or_stored=not asked)
    found = retrieving.find(one.study_uid, one.series_uid, one.sop_uid, wanted, actor=current_actor())
    try:
        return retrieve.single(found)
    except NotInThatSyntaxError as refusal:
        raise NotAcceptable(refusal.message) from None


def _picture(one: StoredObject, sent: "MultiDict[str, str]", media_type: str) -> Response:
    actor = current_actor()
    state = None
    if sent.get("presentationUID"):
        # PS3.18 9.1.2.2.9: a presentation state of the same study.
        series = sent.get("presentationSeriesUID") or None
        state = objects.below(actor.scope, one.study_uid, series, sent["presentationUID"])[0].id
    look = looks.of_uri(sent, FORMAT_OF[media_type], state=state)
    return respond_with(looks.picture(one, _frame(sent.get("frameNumber", "")), look, actor=actor), look)


def _frame(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 8 and int(text) in _NUMBER):
        raise BadRequest("frameNumber is one whole number, counted from 1.")
    return int(text)
