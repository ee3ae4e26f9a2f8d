"""`POST /upload`, one address for three kinds of sender, told apart by what they send."""

from flask import Blueprint, jsonify, redirect, request
from flask.typing import ResponseReturnValue

from dicomgallery.access import Permission
from dicomgallery.api import zip_viewer
from dicomgallery.ingest.incoming import Naming, Origin
from dicomgallery.ingest.outcome import IngestReport, Rejected
from dicomgallery.services.receiving import receive
from dicomgallery.serving.errors import use_shape
from dicomgallery.serving.identity import current_actor, needs
from dicomgallery.serving.uploads import incoming_parts

bp = Blueprint("upload_negotiation", __name__)
use_shape(bp, lambda status, sentence: zip_viewer.failed(sentence, status))

UNSORTED = "unsorted"


@bp.post("/upload")
@needs(Permission.UPLOAD)
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
