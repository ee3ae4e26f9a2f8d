"""`/api/v1/exports` and `/api/v1/table.csv`: files made of a series, and values of many images as a table."""

import json
from collections.abc import Mapping
from typing import Any, Final

from flask import Response
from marshmallow import Schema, fields, post_load, validate

from dicomgallery.access import Permission
from dicomgallery.api import asking
from dicomgallery.api.describing import BINARY, TEXT, Answer, Blueprint, ok, page_of, told, told_page
from dicomgallery.catalog import cursors, rows
from dicomgallery.catalog import exports as catalog
from dicomgallery.catalog.exports import Account
from dicomgallery.catalog.query import Level
from dicomgallery.errors import RefusedError
from dicomgallery.imaging.spec import MAX_FRAME, MAX_VOI, Window
from dicomgallery.services import exports, tabling
from dicomgallery.services.exports import Asked, Kind, Of
from dicomgallery.serving import downloads
from dicomgallery.serving.identity import current_actor, needs

MEDIA: Final = (
    "application/zip", "application/gzip", "application/pdf", "image/png", "image/gif", "image/webp", "video/mp4",
)  # fmt: skip

bp = Blueprint(
    "api_exports",
    __name__,
    title="Exports",
    about="Ask for a file, look how far it is, take it; it is kept for a day. Values of many images leave as a table.",
)


class WindowAsked(Schema):
    """A window in units after the modality LUT."""

    center = fields.Float(required=True)
    width = fields.Float(required=True)


class ExportAsked(Schema):
    """What a series is to leave as."""

    kind = fields.String(required=True, validate=validate.OneOf([one.value for one in Kind]))
    of = fields.String(
        load_default=Of.STACK.value,
        validate=validate.OneOf([one.value for one in Of]),
        metadata={"description": "The images as they are, planes, or a turning volume."},
    )
    first = fields.Integer(strict=True, load_default=1, validate=validate.Range(1, MAX_FRAME))
    last = fields.Integer(strict=True, load_default=None, allow_none=True, validate=validate.Range(1, MAX_FRAME))
    step = fields.Integer(strict=True, load_default=1, validate=validate.Range(1, MAX_FRAME))
    fps = fields.Float(load_default=10.0, metadata={"description": "Pictures a second of a movie."})
    longest_side = fields.Integer(strict=True, load_default=512, metadata={"description": "Of a movie, in pixels."})
    window = fields.Nested(WindowAsked, load_default=None, allow_none=True)
    auto = fields.Boolean(load_default=False, metadata={"description": "Choose the window from the values."})
    voi = fields.Integer(strict=True, load_default=None, allow_none=True, validate=validate.Range(1, MAX_VOI))
    invert = fields.Boolean(load_default=False)
    plain = fields.Boolean(load_default=False, metadata={"description": "Without overlays and shutters."})
    wanted_set = fields.Integer(data_key="set", strict=True, load_default=1, metadata={"description": "Time point."})
    marks = fields.Boolean(load_default=False, metadata={"description": "With what people drew on the images."})
    names = fields.Boolean(load_default=False, metadata={"description": "With what they wrote, which may name one."})
    degrees = fields.Float(load_default=5.0, metadata={"description": "Between two pictures of a turning volume."})
    tilt = fields.Float(load_default=0.0)
    threshold = fields.Float(
        load_default=None, allow_none=True, metadata={"description": "The value at which a surface begins."}
    )

    @post_load
    def made(self, sent: dict[str, Any], **_: Any) -> Asked:
        """What is asked for; RefusedError in a sentence when it makes no sense."""
        window = sent.pop("window")
        with_marks = sent["marks"] and sent["of"] == Of.STACK
        try:
            seen = Window(**window) if window else None
        except ValueError as error:
            raise RefusedError(str(error)) from error
        known = {**sent, "kind": Kind(sent["kind"]), "of": Of(sent["of"])}
        return Asked(**{**known, "window": seen, "marks": with_marks, "names": with_marks and sent["names"]})


class ExportRow(Schema):
    """An export, and how far it is."""

    id = fields.Integer(attribute="export.id", required=True)
    series = fields.Integer(attribute="export.series_key", metadata={"description": "Row id."})
    kind = fields.String(attribute="export.kind")
    stage = fields.String(
        required=True,
        metadata={"description": "waiting, working, ready, failed, cancelled, expired, or binned with its series."},
    )
    sentence = fields.String(metadata={"description": "Why there is no file."})
    done = fields.Integer(metadata={"description": "Steps that are done."})
    total = fields.Integer(metadata={"description": "Of so many; 0 where that is not known yet."})
    job = fields.Integer(attribute="export.job_id", allow_none=True, metadata={"description": "What makes it."})
    remarks = fields.Function(
        lambda account: json.loads(account.export.remarks),
        metadata={"type": "array", "items": {"type": "string"}, "description": "What there is to know of the file."},
    )
    file_name = fields.String(attribute="export.file_name")
    size_bytes = fields.Integer(attribute="export.size_bytes")
    sha256 = fields.String(attribute="export.sha256")
    created_at = fields.DateTime(attribute="export.created_at")
    expires_at = fields.DateTime(attribute="export.expires_at")


class TableAsked(asking.Search):
    """Which images, and which of their elements."""

    tag = fields.List(
        fields.String(validate=validate.Length(1, 200)),
        required=True,
        validate=validate.Length(1, tabling.MOST_TAGS),
        metadata={
            "description": "A keyword, a tag, or a path through sequences; may be repeated.",
            "example": ["Rows"],
        },
    )


@bp.post("/series/<key>/exports")
@needs(Permission.EXPORT)
@bp.answers(Answer(202, "It is being made; the address is in Location.", ExportRow), fails=(404, 413, 422))
@bp.reads(ExportAsked, "json")
def ask(asked: Asked, key: str) -> Response:
    """Ask for a file made of a series: pictures, a sheet, a movie, or its values."""
    actor = current_actor()
    export_id = exports.ask(rows.one(actor.scope, Level.SERIES, key).id, asked, actor=actor)
    response = _told(exports.of(export_id, actor=actor), 202)
    response.headers["Location"] = f"/api/v1/exports/{export_id}"
    return response


@bp.get("/exports")
@needs(Permission.EXPORT)
@bp.answers(ok(page_of(ExportRow), "Some exports."), fails=(422,))
@bp.reads(asking.Paged)
def index(asked: Mapping[str, Any]) -> Response:
    """The exports of whoever asks, newest first."""
    cursors.check("exports", asked.get("cursor"))
    actor = current_actor()
    found = catalog.listing(actor.scope, actor.id, cursor=asked.get("cursor"), limit=asked["limit"])
    return told_page(ExportRow, found.items, found.next_cursor)


@bp.get("/exports/<int:export_id>")
@needs(Permission.EXPORT)
@bp.answers(ok(ExportRow, "The export."), fails=(404,))
def show(export_id: int) -> Response:
    """One export, and how far it is."""
    return _told(exports.of(export_id, actor=current_actor()))


@bp.get("/exports/<int:export_id>/file")
@needs(Permission.EXPORT)
@bp.answers(
    ok(BINARY, "The file.", *MEDIA),
    Answer(206, "The part that was asked for (Range).", BINARY, MEDIA),
    Answer(304, "Whoever asked has it already (If-None-Match)."),
    fails=(404, 416),
)
def file(export_id: int) -> Response:
    """The file of an export; 404 says why there is none."""
    return downloads.file(exports.file(export_id, actor=current_actor()))


@bp.post("/exports/<int:export_id>/cancel")
@needs(Permission.EXPORT)
@bp.answers(ok(ExportRow, "It is called off, where it was not finished."), fails=(404,))
def cancel(export_id: int) -> Response:
    """Call an export off."""
    return _told(exports.cancel(export_id, actor=current_actor()))


@bp.delete("/exports/<int:export_id>")
@needs(Permission.EXPORT)
@bp.answers(Answer(204, "It is gone, and its file with it."), fails=(404,))
def remove(export_id: int) -> Response:
    """Remove an export and its file."""
    exports.remove(export_id, actor=current_actor())
    return Response(status=204)


@bp.get("/table.csv")
@needs(Permission.EXPORT)
@bp.answers(ok(TEXT, "A line an image, sent while it is written.", "text/csv"), fails=(404, 422))
@bp.reads(TableAsked)
def table(asked: Mapping[str, Any]) -> Response:
    """Chosen elements of all images that a search finds, as CSV."""
    actor = current_actor()
    query = asking.search_of(actor.scope, Level.IMAGE, asked)
    lines = tabling.table(query, asked["tag"], actor=actor)
    return downloads.attached(Response(lines, mimetype="text/csv"), "table.csv")


def _told(account: Account, status: int = 200) -> Response:
    return told(ExportRow, account, status)
