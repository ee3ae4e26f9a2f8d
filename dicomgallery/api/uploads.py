"""`/api/v1/uploads`: one streamed body of DICOM, tar or ZIP, and which files need not be sent."""

from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.http import parse_options_header

from dicomgallery import settings
from dicomgallery.access import Permission
from dicomgallery.errors import RefusedError
from dicomgallery.ingest.incoming import IncomingFile, Origin
from dicomgallery.ingest.outcome import Accepted, Duplicate, IngestReport, Outcome, Rejected
from dicomgallery.services import receiving
from dicomgallery.serving.identity import current_actor, needs
from dicomgallery.serving.uploads import incoming_parts, staged_body

bp = Blueprint("uploads", __name__, url_prefix="/api/v1/uploads")


@bp.post("")
@needs(Permission.UPLOAD)
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
def check() -> ResponseReturnValue:
    """Which of these SHA-256s are not here yet."""
    hashes = _body().get("sha256")
    if not isinstance(hashes, list) or not all(isinstance(sha256, str) for sha256 in hashes):
        raise RefusedError('Send {"sha256": ["..."]}.')
    return jsonify(missing=receiving.missing(hashes, actor=current_actor()))


@bp.post("/known")
@needs(Permission.UPLOAD)
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
