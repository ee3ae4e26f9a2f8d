"""`POST /upload`, one address for three kinds of sender, told apart by what they send."""

from typing import Any, Final

from flask import jsonify, redirect, request
from flask.typing import ResponseReturnValue

from dicomgallery.access import Permission
from dicomgallery.api import zip_viewer
from dicomgallery.api.describing import BINARY, Answer, Blueprint, ok
from dicomgallery.ingest.incoming import Naming, Origin
from dicomgallery.ingest.outcome import IngestReport, Rejected
from dicomgallery.services.receiving import receive
from dicomgallery.serving.errors import use_shape
from dicomgallery.serving.identity import current_actor, needs
from dicomgallery.serving.uploads import incoming_parts

bp = Blueprint(
    "upload_negotiation",
    __name__,
    url_prefix="",
    title="As other systems are asked: upload",
    about="One address for three kinds of sender: a browser's form, a `study` with its `files`, a ZIP as `file`.",
)
use_shape(bp, lambda status, sentence: zip_viewer.failed(sentence, status))

UNSORTED = "unsorted"
_WHOLE: Final = {"type": "integer"}
_LISTED: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "failedFiles": _WHOLE,
        "files": {"type": "array", "items": {"type": "object"}},
        "success": {"type": "boolean"},
    },
}
_PARTS: Final = {"type": "array", "items": BINARY}
_FORM: Final = {
    "type": "object",
    "properties": {"study": {"type": "string"}, "files": _PARTS, "file": _PARTS},
}


@bp.post("/upload")
@needs(Permission.UPLOAD)
@bp.answers(
    ok(zip_viewer.LOADED, "A ZIP was opened."),
    Answer(201, "All files were kept.", _LISTED),
    Answer(207, "Some files were kept.", _LISTED),
    Answer(303, "A browser is led to the receipt."),
    Answer(400, "Nothing was kept, or nothing sent.", {"anyOf": [_LISTED, zip_viewer.ERROR]}),
    Answer(413, "Too large.", zip_viewer.ERROR),
    Answer(507, "The disk is full.", zip_viewer.ERROR),
    requestBody={"required": True, "content": {"multipart/form-data": {"schema": _FORM}}},
)
def upload() -> ResponseReturnValue:
    """Take a form's files: a browser gets the receipt, a program the answer of contract B or C."""
    if _is_browser():
        return _for_a_browser()
    files = incoming_parts("files", "file")
    if "study" not in request.form and "files" not in request.files:
        if not files:
            return zip_viewer.failed(zip_viewer.NOTHING_SELECTED if "file" in request.files else zip_viewer.NO_FILE)
        if all(map(zip_viewer.is_zip, files)):
            return zip_viewer.uploaded(files)
    if not files:
        return jsonify(error="no file was sent in the fields `files` or `file`", success=False), 400
    study = request.form.get("study", "").strip() or UNSORTED
    report = receive(files, actor=current_actor(), origin=Origin.API, collection=study, naming=Naming.STRICT)
    return _contract_c(report)


def _is_browser() -> bool:
    return request.accept_mimetypes.best_match(["application/json", "text/html"]) == "text/html" and (
        "text/html" in request.headers.get("Accept", "")
    )


def _for_a_browser() -> ResponseReturnValue:
    files = incoming_parts("files", "file")
    if not files:
        return redirect("/upload?empty=1", 303)
    name = request.form.get("study", "") or request.form.get("collection", "")
    report = receive(files, actor=current_actor(), origin=Origin.FORM, collection=name.strip() or None)
    return redirect(f"/receipts/{report.receipt_id}", 303)


def _contract_c(report: IngestReport) -> ResponseReturnValue:
    """201 when all is well; else the failures: 207 when something was kept, 400 when nothing was."""
    failed = report.rejected
    if not failed:
        files = [{"id": kept.instance_id, "name": kept.name} for kept in report.kept]
        return jsonify(failedFiles=0, files=files, success=True), 201
    return jsonify(failedFiles=len(failed), files=[_failure(file) for file in failed], success=False), (
        207 if report.kept else 400
    )


def _failure(file: Rejected) -> dict[str, str]:
    return {"detail": file.detail, "name": file.name, "reason": file.reason.value}
