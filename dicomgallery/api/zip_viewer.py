"""Contract B: a ZIP comes in, its largest series is a session, stepped through as pictures in JSON."""

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from flask import Response

from dicomgallery.access import Permission
from dicomgallery.api.describing import PROBLEM, Answer, Blueprint, Problem, ok
from dicomgallery.catalog import rosters, series
from dicomgallery.dicom.grids import View
from dicomgallery.errors import NotFoundError
from dicomgallery.imaging.volumes.spec import PlaneSpec
from dicomgallery.ingest.incoming import IncomingFile, Origin
from dicomgallery.ingest.outcome import IngestReport, Reason
from dicomgallery.services import sessions, volumes
from dicomgallery.services.pictures import NoPicture, Picture
from dicomgallery.services.receiving import receive
from dicomgallery.services.sessions import Session
from dicomgallery.services.volumes import Refused
from dicomgallery.serving.errors import use_shape
from dicomgallery.serving.identity import current_actor, needs
from dicomgallery.storage.staging import StagedFile

bp = Blueprint(
    "zip_viewer",
    __name__,
    url_prefix="",
    title="As other systems are asked: slices of a ZIP",
    about="A ZIP comes in by `POST /upload`; its largest series is a session, stepped through as pictures in JSON.",
)

NO_FILE: Final = "No file provided"
NOTHING_SELECTED: Final = "No file selected"
NO_DICOM: Final = "No DICOM files found in the ZIP"
NO_IMAGES: Final = "Could not load any valid DICOM images"
NO_SESSION: Final = "Session not found"
OUT_OF_RANGE: Final = "Slice index out of range"
UNKNOWN: Final = "Unknown"
ERROR: Final = {"type": "object", "properties": {"error": {"type": "string"}}, "required": ["error"]}
LOADED: Final = {
    "type": "object",
    "properties": {"success": {"const": True}, "session_id": {"type": "string"}, "metadata": {"type": "object"}},
}
_TEXT: Final = {"type": "string"}
_WHOLE: Final = {"type": "integer"}
_SLICE: Final = {
    "type": "object",
    "properties": {"image": _TEXT, "slice_idx": _WHOLE, "total_slices": _WHOLE},
}
_VIEWS: Final = {
    "type": "object",
    "properties": {
        **{view.value: _TEXT for view in View},
        "volume_shape": {"type": "array", "items": _WHOLE},
    },
}
_LISTED: Final = {"type": "array", "items": {"type": "object"}}
_NO_SESSION: Final = Answer(404, NO_SESSION, ERROR)
_NO_PICTURE: Final = Answer(422, "There is no picture, and why.", ERROR)
_BUSY: Final = Answer(503, "There is no picture just now.", ERROR)
_NONE: Final = Answer(404, "There is none.", ERROR)
_NO_ADDRESS: Final = Answer(404, "There is none.", Problem, (PROBLEM,))
_NOT_LOADED: Final = Answer(400, NO_IMAGES, ERROR)
_ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06")


def is_zip(file: IncomingFile) -> bool:
    """Say whether what was sent is a ZIP, by its first bytes."""
    return isinstance(file.source, StagedFile) and file.source.head.startswith(_ZIP)


def uploaded(files: Sequence[IncomingFile]) -> Response:
    """Take a ZIP in, and tell of its largest series."""
    report = receive(files, actor=current_actor(), origin=Origin.API)
    opened = sessions.largest([kept.instance_id for kept in report.kept], actor=current_actor())
    return _loaded(opened) if opened is not None else failed(_why_nothing(report))


def failed(error: str, status: int = 400) -> Response:
    """A failure in this contract's shape."""
    return _json({"error": error}, status)


use_shape(bp, lambda status, sentence: failed(sentence, status))


@bp.get("/slice/<key>/<index>")
@needs(Permission.VIEW)
@bp.answers(
    ok(_SLICE, "The slice, as a PNG in a data URL."), _NO_SESSION, Answer(400, OUT_OF_RANGE, ERROR), _NO_PICTURE, _BUSY
)
def one_slice(key: str, index: str) -> Response:
    """One slice of a session, counted from 0 in space."""
    try:
        images = sessions.images_of(key, actor=current_actor())
    except NotFoundError:
        return failed(NO_SESSION, 404)
    if not (index.isascii() and index.isdecimal() and len(index) < 8 and int(index) < len(images)):
        return failed(OUT_OF_RANGE)
    found = sessions.picture(images[int(index)], actor=current_actor())
    if isinstance(found, NoPicture):
        return _no_picture(found)
    return _json({"image": _as_data(found), "slice_idx": int(index), "total_slices": len(images)})


@bp.get("/views/<key>")
@needs(Permission.VIEW)
@bp.answers(ok(_VIEWS, "The planes, as PNGs in data URLs."), _NO_SESSION, _NO_PICTURE, _BUSY)
def views(key: str) -> Response:
    """The middle axial, coronal and sagittal plane of a session, and how many there are of each."""
    try:
        found = series.by_key(current_actor().scope, key)
    except NotFoundError:
        return failed(NO_SESSION, 404)
    ready = volumes.built(found.id, actor=current_actor())
    if isinstance(ready, Refused):
        return _no_picture(volumes.no_plane(ready))
    shown: dict[str, Any] = {}
    for view in View:
        plane = volumes.plane(ready, PlaneSpec(view))
        if isinstance(plane, NoPicture):
            return _no_picture(plane)
        shown[view.value] = _as_data(plane)
    counts = [ready.volume.sight(view).depth.count for view in View]
    return _json({**shown, "volume_shape": counts})


@bp.get("/datasets")
@needs(Permission.VIEW)
@bp.answers(ok({"type": "object", "properties": {"datasets": _LISTED}}, "The collections."))
def datasets() -> Response:
    """The collections."""
    found = rosters.listing(current_actor().scope)
    listed = [
        {"id": str(one.id), "name": one.name, "num_patients": one.patients, "num_files": one.files} for one in found
    ]
    return _json({"datasets": listed})


@bp.get("/datasets/<int:collection_id>/patients")
@needs(Permission.VIEW)
@bp.answers(ok({"type": "object", "properties": {"patients": _LISTED}}, "The patients."), _NONE, _NO_ADDRESS)
def patients(collection_id: int) -> Response:
    """The patients of a collection."""
    listed = [
        {
            "id": str(one.id),
            "name": one.patient_id or one.name or UNKNOWN,
            "num_files": one.files,
            "patient_name": one.name or UNKNOWN,
            "patient_id": one.patient_id or UNKNOWN,
            "study_date": one.study_date or UNKNOWN,
            "modality": one.modality or UNKNOWN,
        }
        for one in rosters.patients(current_actor().scope, collection_id)
    ]
    return _json({"patients": listed})


@bp.post("/datasets/<int:collection_id>/patients/<int:patient_id>/load")
@needs(Permission.UPLOAD)
@bp.answers(ok(LOADED, "What was opened."), _NONE, _NO_ADDRESS, _NOT_LOADED)
def load(collection_id: int, patient_id: int) -> Response:
    """Open the largest series of a patient in a collection."""
    scope = current_actor().scope
    if not any(one.id == patient_id for one in rosters.patients(scope, collection_id)):
        raise NotFoundError("There is no such patient in this data set.")
    files = rosters.files_of(scope, collection_id, patient_id)
    opened = sessions.largest(files, actor=current_actor())
    return _loaded(opened) if opened is not None else failed(NO_IMAGES)


def _loaded(opened: Session) -> Response:
    told: dict[str, Any] = {
        "patient_name": opened.patient_name or UNKNOWN,
        "patient_id": opened.patient_id or UNKNOWN,
        "study_date": opened.study_date or UNKNOWN,
        "modality": opened.modality or UNKNOWN,
        "num_slices": opened.slices,
        "rows": opened.rows,
        "columns": opened.columns,
    }
    if opened.window_center is not None:
        told |= {"window_center": opened.window_center, "window_width": opened.window_width}
    return _json({"success": True, "session_id": opened.key, "metadata": told})


def _why_nothing(report: IngestReport) -> str:
    """There was no DICOM at all, or none of it was an image."""
    is_dicom = report.kept or any(one.reason is not Reason.INVALID_TYPE for one in report.rejected)
    return NO_IMAGES if is_dicom else NO_DICOM


def _no_picture(found: NoPicture) -> Response:
    return failed(found.sentence, 503 if found.passing else 422)


def _as_data(found: Picture) -> str:
    return f"data:{found.media_type};base64,{base64.b64encode(found.read()).decode()}"


def _json(body: Mapping[str, Any], status: int = 200) -> Response:
    # The keys stay in the contract's order.
    return Response(json.dumps(body), status, mimetype="application/json")
