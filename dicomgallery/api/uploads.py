"""`/api/v1/uploads`: one streamed body of DICOM, tar or ZIP, and which files need not be sent."""

from typing import Any, Final

from flask import jsonify, request
from flask.typing import ResponseReturnValue
from marshmallow import Schema, fields
from werkzeug.http import parse_options_header

from dicomgallery import settings
from dicomgallery.access import Permission
from dicomgallery.api.describing import BINARY, JSON, PROBLEM, Answer, Blueprint, Problem, ok
from dicomgallery.errors import RefusedError
from dicomgallery.ingest.incoming import IncomingFile, Origin
from dicomgallery.ingest.outcome import Accepted, Duplicate, IngestReport, Outcome, Rejected
from dicomgallery.services import receiving
from dicomgallery.serving.identity import current_actor, needs
from dicomgallery.serving.uploads import incoming_parts, staged_body

bp = Blueprint(
    "uploads",
    __name__,
    url_prefix="/api/v1/uploads",
    title="Uploads",
    about="Bodies stream to the disk while they arrive; what they are is judged by their bytes, never by a name.",
)

RAW: Final = ("application/dicom", "application/zip", "application/x-tar", "application/octet-stream")
_FORM: Final = {
    "type": "object",
    "properties": {name: {"type": "array", "items": BINARY} for name in ("files", "file")},
}


class FileOutcome(Schema):
    """What became of one file."""

    name = fields.String(required=True)
    outcome = fields.String(required=True, metadata={"description": "accepted, duplicate, restored or rejected."})
    id = fields.Integer(metadata={"description": "Row id of the image."})
    replaced = fields.Integer(allow_none=True, metadata={"description": "Row id of the image it replaced."})
    reason = fields.String(metadata={"description": "Why it was not taken, in a word."})
    detail = fields.String(metadata={"description": "The same in a sentence."})


class Uploaded(Schema):
    """What became of what was sent."""

    receipt = fields.Integer(required=True, metadata={"description": "Its number, kept for ever."})
    url = fields.String(required=True, metadata={"description": "The receipt's page."})
    accepted = fields.Integer(required=True)
    duplicates = fields.Integer(required=True)
    rejected = fields.Integer(required=True)
    files = fields.List(fields.Nested(FileOutcome), required=True)


class Hashes(Schema):
    """What somebody is about to send."""

    sha256 = fields.List(
        fields.String(metadata={"pattern": "^[0-9a-f]{64}$"}),
        required=True,
        metadata={"maxItems": receiving.MOST_HASHES, "description": "Of each file, in small hexadecimal digits."},
    )


class Missing(Schema):
    """What has to be sent."""

    missing = fields.List(fields.String(), required=True)


class Claim(Schema):
    """A file that is here already."""

    name = fields.String(required=True)
    sha256 = fields.String(required=True, metadata={"pattern": "^[0-9a-f]{64}$"})
    size = fields.Integer(metadata={"minimum": 0, "maximum": (1 << 62) - 1})


class Claims(Schema):
    """Files that need not be sent."""

    files = fields.List(fields.Nested(Claim), required=True, metadata={"maxItems": receiving.MOST_HASHES})


def _parameter(name: str, about: str, schema: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema or {"type": "string"}, "description": about}


_INTO: Final = [
    _parameter("collection", "Put the files into the collection of this name, which is made if need be."),
    _parameter("receipt", "Go on with this receipt.", {"type": "integer", "minimum": 1}),
]
_NAMED: Final = _parameter("name", "What a raw body is called; Content-Disposition says it too.")


@bp.post("")
@needs(Permission.UPLOAD)
@bp.answers(
    Answer(201, "Something of it was kept, or nothing was sent.", Uploaded),
    # Both what became of each file, and a problem with the request itself.
    Answer(422, "Nothing of it could be taken; each file says why.", Uploaded),
    Answer(422, "Nothing of it could be taken; each file says why.", Problem, (PROBLEM,)),
    fails=(404, 413, 507),
    parameters=[*_INTO, _NAMED],
    requestBody={
        "required": True,
        "content": {**{media: {"schema": BINARY} for media in RAW}, "multipart/form-data": {"schema": _FORM}},
    },
)
def create() -> ResponseReturnValue:
    """Take one body (DICOM, tar or ZIP, by its content) or the files of a multipart form."""
    if request.mimetype == "multipart/form-data":
        files = incoming_parts("files", "file")
    else:
        files = [IncomingFile(_name(), staged_body(settings.current().max_stream_bytes))]
    report = receiving.receive(
        files,
        actor=current_actor(),
        origin=_origin(),
        receipt_id=_receipt(),
        collection=request.args.get("collection") or None,
    )
    return _answer(report), 201 if report.kept or not report.outcomes else 422


@bp.post("/check")
@needs(Permission.UPLOAD)
@bp.answers(
    ok(Missing, "Those that have to be sent, in the order asked."),
    fails=(413, 422),
    requestBody={"required": True, "content": {JSON: {"schema": Hashes}}},
)
def check() -> ResponseReturnValue:
    """Which of these SHA-256s are not here yet."""
    hashes = _body().get("sha256")
    if not isinstance(hashes, list) or not all(isinstance(sha256, str) for sha256 in hashes):
        raise RefusedError('Send {"sha256": ["..."]}.')
    return jsonify(missing=receiving.missing(hashes, actor=current_actor()))


@bp.post("/known")
@needs(Permission.UPLOAD)
@bp.answers(
    ok(Uploaded, "Those that are here are entered; the others are left out."),
    fails=(404, 413, 422),
    parameters=_INTO,
    requestBody={"required": True, "content": {JSON: {"schema": Claims}}},
)
def known() -> ResponseReturnValue:
    """Enter files into the receipt and the collection that need not be sent, because their bytes are here."""
    claims = _body().get("files")
    if not isinstance(claims, list) or not all(_is_claim(claim) for claim in claims):
        raise RefusedError('Send {"files": [{"name": "...", "sha256": "...", "size": 0}]}.')
    report = receiving.enter_known(
        [(claim["name"], claim["sha256"], claim.get("size", 0)) for claim in claims],
        actor=current_actor(),
        origin=_origin(),
        receipt_id=_receipt(),
        collection=request.args.get("collection") or None,
    )
    return _answer(report), 200


def _body() -> dict[str, Any]:
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise RefusedError("The body must be a JSON object.")
    return body


def _is_claim(claim: object) -> bool:
    return (
        isinstance(claim, dict)
        and isinstance(claim.get("name"), str)
        and isinstance(claim.get("sha256"), str)
        and isinstance(claim.get("size", 0), int)
        and 0 <= claim.get("size", 0) < 1 << 62
    )


def _name() -> str:
    # A page names its archive in a header (RFC 6266): an address of ours carries no name.
    _, disposition = parse_options_header(request.headers.get("Content-Disposition"))
    return disposition.get("filename") or request.args.get("name") or "upload"


def _origin() -> Origin:
    # Browsers say where a request comes from; programs do not.
    return Origin.FORM if "Sec-Fetch-Site" in request.headers else Origin.API


def _receipt() -> int | None:
    text = request.args.get("receipt", "")
    if not text:
        return None
    if not text.isdecimal() or len(text) > 18:
        raise RefusedError("A receipt is named by its number.")
    return int(text)


def _answer(report: IngestReport) -> Any:
    counts = report.counts()
    return jsonify(
        receipt=report.receipt_id,
        url=f"/receipts/{report.receipt_id}",
        accepted=counts["accepted"],
        duplicates=counts["duplicate"],
        rejected=counts["rejected"],
        files=[_file(outcome) for outcome in report.outcomes],
    )


def _file(outcome: Outcome) -> dict[str, Any]:
    match outcome:
        case Accepted():
            return {
                "name": outcome.name,
                "outcome": "accepted",
                "id": outcome.instance_id,
                "replaced": outcome.replaced_id,
            }
        case Duplicate():
            word = "restored" if outcome.restored else "duplicate"
            return {"name": outcome.name, "outcome": word, "id": outcome.instance_id}
        case Rejected():
            return {
                "name": outcome.name,
                "outcome": "rejected",
                "reason": outcome.reason.value,
                "detail": outcome.detail,
            }
