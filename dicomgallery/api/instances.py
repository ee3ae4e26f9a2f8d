"""`/api/v1/instances/<key>/...`: what a file says, and the file itself; archives of many."""

from collections.abc import Mapping
from typing import Any, Final

from flask import Response, request
from marshmallow import Schema, fields, validate
from werkzeug.exceptions import NotAcceptable

from dicomgallery.access import Permission
from dicomgallery.api.describing import BINARY, TEXT, Answer, Blueprint, ok
from dicomgallery.catalog import rows
from dicomgallery.catalog.query import Level
from dicomgallery.catalog.selection import Selection
from dicomgallery.dicom import dicomjson
from dicomgallery.errors import RefusedError
from dicomgallery.services import exporting, inspecting
from dicomgallery.serving import downloads
from dicomgallery.serving.identity import current_actor, needs

DICOM_JSON: Final = "application/dicom+json"
PLAIN: Final = "text/plain"
ZIP: Final = "application/zip"
MOST_SELECTED: Final = 10_000
_ARCHIVE: Final = [
    {"name": name, "in": "query", "schema": {"type": "string", "enum": ["0", "1"]}}
    for name in ("compress", "directory")
]

bp = Blueprint("api_instances", __name__, title="Tags and files", about="What the files say, and the files themselves.")


def _ids(what: str) -> fields.List[Any]:
    return fields.List(
        fields.Integer(strict=True, validate=validate.Range(1, (1 << 63) - 1)),
        load_default=list,
        validate=validate.Length(max=MOST_SELECTED),
        metadata={"description": f"Row ids of {what}."},
    )


class Selected(Schema):
    """Rows at each level; a patient, study or series stands for all its images."""

    instances = _ids("images")
    series = _ids("series")
    studies = _ids("studies")
    patients = _ids("patients")


def selection_of(asked: Mapping[str, Any]) -> Selection:
    """What a body means; RefusedError when that is nothing."""
    selection = Selection(
        images=tuple(asked["instances"]),
        series=tuple(asked["series"]),
        studies=tuple(asked["studies"]),
        patients=tuple(asked["patients"]),
    )
    if selection.is_empty:
        raise RefusedError("Nothing was selected. Name some instances, series, studies or patients by their row ids.")
    return selection


@bp.get("/instances/<key>/tags")
@needs(Permission.VIEW)
@bp.answers(
    ok(
        {"type": "object"},
        "Its header in the DICOM JSON model (PS3.18 F); long binary values are left out.",
        DICOM_JSON,
    ),
    ok(TEXT, "", PLAIN),
    ok(
        {"type": "object"},
        "Every element, by what Accept prefers: DICOM JSON, or as text, one a line.",
        "application/json",
    ),
    fails=(404, 406),
)
def tags(key: str) -> Response:
    """Every element of a file."""
    actor = current_actor()
    found = rows.one(actor.scope, Level.IMAGE, key)
    kind = request.accept_mimetypes.best_match([DICOM_JSON, "application/json", PLAIN])
    if request.accept_mimetypes.provided and kind is None:
        raise NotAcceptable
    if kind == PLAIN and request.accept_mimetypes[PLAIN] > request.accept_mimetypes[DICOM_JSON]:
        return Response(inspecting.content_of(found.id, actor=actor).text(), mimetype=PLAIN)
    data = dicomjson.to_json(inspecting.dataset_of(found.id, actor=actor))
    return Response(data, mimetype=kind if kind == "application/json" else DICOM_JSON)


@bp.get("/instances/<key>/file")
@needs(Permission.EXPORT)
@bp.answers(
    ok(BINARY, "The file as it came, but for its preamble, which is zeros.", "application/dicom"),
    Answer(206, "The part that was asked for (Range).", BINARY, ("application/dicom",)),
    Answer(304, "Whoever asked has it already (If-None-Match)."),
    fails=(404, 416),
)
def file(key: str) -> Response:
    """The file of an image."""
    actor = current_actor()
    return downloads.file(exporting.original(rows.one(actor.scope, Level.IMAGE, key).id, actor=actor))


@bp.get("/series/<key>/archive")
@needs(Permission.EXPORT)
@bp.answers(ok(BINARY, "A ZIP, sent while it is written.", ZIP), fails=(404,), parameters=_ARCHIVE)
def series_archive(key: str) -> Response:
    """The files of a series; `compress=1` makes it smaller and slower, `directory=1` adds a DICOMDIR."""
    found = rows.one(current_actor().scope, Level.SERIES, key)
    return _archive(Selection(series=(found.id,)), f"series-{found.id}")


@bp.get("/studies/<key>/archive")
@needs(Permission.EXPORT)
@bp.answers(ok(BINARY, "A ZIP, sent while it is written.", ZIP), fails=(404,), parameters=_ARCHIVE)
def study_archive(key: str) -> Response:
    """The files of a study; `compress=1` makes it smaller and slower, `directory=1` adds a DICOMDIR."""
    found = rows.one(current_actor().scope, Level.STUDY, key)
    return _archive(Selection(studies=(found.id,)), f"study-{found.id}")


@bp.post("/archives")
@needs(Permission.EXPORT)
@bp.answers(ok(BINARY, "A ZIP, sent while it is written.", ZIP), fails=(404, 413, 422), parameters=_ARCHIVE)
@bp.reads(Selected, "json")
def archive(asked: Mapping[str, Any]) -> Response:
    """The files of what is selected; `compress=1` makes it smaller and slower, `directory=1` adds a DICOMDIR."""
    return _archive(selection_of(asked), "selection")


def _archive(selection: Selection, name: str) -> Response:
    return downloads.archive(selection, actor=current_actor(), name=name)
