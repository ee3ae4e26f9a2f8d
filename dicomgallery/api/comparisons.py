"""`/api/v1/.../differences/<other>` and `/api/v1/series/<key>/varying`: headers beside each other."""

from collections.abc import Mapping
from typing import Any, Final

from flask import Response
from marshmallow import Schema, fields, validate

from dicomgallery.access import Permission
from dicomgallery.api.describing import Blueprint, as_json, ok
from dicomgallery.catalog import rows
from dicomgallery.catalog.query import Level
from dicomgallery.dicom.differences import MOST, Change, Difference
from dicomgallery.dicom.spreads import Spread
from dicomgallery.dicom.told import Told
from dicomgallery.services import comparing
from dicomgallery.services.comparing import Pixels
from dicomgallery.serving.identity import current_actor, needs

MOST_ROWS: Final = 500
MOST_COLUMNS: Final = 1000

bp = Blueprint(
    "comparisons",
    __name__,
    title="Comparisons",
    about="What differs between two images or two series, and what varies within a series, element by element.",
)


class Said(Schema):
    """What one says of an element."""

    vr = fields.String(required=True)
    words = fields.String(required=True, metadata={"description": "As a person reads it; bytes by length and hash."})
    raw = fields.String(required=True, metadata={"description": "As it is stored; of bytes their SHA-256."})


class Element(Schema):
    """An element that is compared."""

    path = fields.String(required=True, metadata={"description": "As 00081140[0].00081155; items count from 0."})
    name = fields.String(required=True)
    change = fields.String(required=True, metadata={"enum": [one.value for one in Change]})
    before = fields.Nested(Said, required=True, allow_none=True)
    after = fields.Nested(Said, required=True, allow_none=True)


class Differences(Schema):
    """What differs between two."""

    elements = fields.List(fields.Nested(Element), required=True)
    cut = fields.Boolean(required=True, metadata={"description": f"There are more than these {MOST}."})


class ImageDifferences(Differences):
    """What differs between two images."""

    pixels = fields.String(
        required=True,
        metadata={"enum": [one.value for one in Pixels], "description": "How their pixel data compare, as bytes."},
    )


class Column(Schema):
    """An element that varies."""

    path = fields.String(required=True)
    name = fields.String(required=True)
    words = fields.String(required=True, metadata={"description": "How it varies."})


class Line(Schema):
    """An image, and what it says in each column."""

    instance = fields.Integer(required=True, metadata={"description": "Its row id."})
    values = fields.List(fields.String(allow_none=True), required=True)


class Varying(Schema):
    """What varies in a series."""

    columns = fields.List(fields.Nested(Column), required=True)
    rows = fields.List(fields.Nested(Line), required=True)
    images = fields.Integer(required=True, metadata={"description": "In the series."})
    unread = fields.Integer(required=True, metadata={"description": "Whose headers are not read yet, or cannot be."})


class Which(Schema):
    """Which elements."""

    everything = fields.Boolean(load_default=False, metadata={"description": "Those that are the same as well."})


class Where(Schema):
    """Which images."""

    first = fields.Integer(
        load_default=1,
        validate=validate.Range(1, 1_000_000),
        metadata={"description": "Place in space of the first image, counted from 1."},
    )
    limit = fields.Integer(load_default=100, validate=validate.Range(1, MOST_ROWS))


@bp.get("/instances/<key>/differences/<other>")
@needs(Permission.VIEW)
@bp.answers(ok(ImageDifferences, "The elements, in the order of their tags."), fails=(404, 422))
@bp.reads(Which)
def of_instances(asked: Mapping[str, Any], key: str, other: str) -> Response:
    """What differs between the files of two images."""
    actor = current_actor()
    before, after = (rows.one(actor.scope, Level.IMAGE, one).id for one in (key, other))
    found = comparing.instances_apart(before, after, actor=actor, everything=asked["everything"])
    elements = [_element(one, one.change, _told(one.before), _told(one.after)) for one in found.rows]
    return as_json({"elements": elements, "cut": len(elements) >= MOST, "pixels": found.pixels.value})


@bp.get("/series/<key>/differences/<other>")
@needs(Permission.VIEW)
@bp.answers(ok(Differences, "The elements, in the order of their tags."), fails=(404, 422))
@bp.reads(Which)
def of_series(asked: Mapping[str, Any], key: str, other: str) -> Response:
    """What the images of one series say and those of another do not."""
    actor = current_actor()
    before, after = (rows.one(actor.scope, Level.SERIES, one).id for one in (key, other))
    found = comparing.series_apart(before, after, actor=actor).rows
    shown = [one for one in found if asked["everything"] or one.change is not Change.SAME]
    elements = [_element(one.either, one.change, _spread(one.before), _spread(one.after)) for one in shown[:MOST]]
    return as_json({"elements": elements, "cut": len(shown) > MOST})


@bp.get("/series/<key>/varying")
@needs(Permission.VIEW)
@bp.answers(ok(Varying, "The elements that vary, and some images in space."), fails=(404, 422))
@bp.reads(Where)
def varying(asked: Mapping[str, Any], key: str) -> Response:
    """Whatever varies over the images of a series."""
    actor = current_actor()
    found = comparing.matrix_of(rows.one(actor.scope, Level.SERIES, key).id, actor=actor)
    ids = found.ids[asked["first"] - 1 :][: asked["limit"]]
    lines = [
        {"instance": one, "values": [said and (said.raw or said.words) for said in values[:MOST_COLUMNS]]}
        for one, values in found.rows(actor.scope, ids)
    ]
    columns = [{"path": one.path, "name": one.name, "words": one.words} for one in found.columns[:MOST_COLUMNS]]
    return as_json({"columns": columns, "rows": lines, "images": found.looked.images, "unread": found.looked.unread})


def _element(one: Difference | Spread, change: Change, before: object, after: object) -> dict[str, object]:
    return {"path": one.path, "name": one.name, "change": change.value, "before": before, "after": after}


def _told(said: Told | None) -> dict[str, str] | None:
    return None if said is None else {"vr": said.vr, "words": said.words, "raw": said.raw}


def _spread(spread: Spread | None) -> dict[str, str] | None:
    if spread is None or spread.only is not None:
        return _told(spread.only if spread else None)
    vrs = dict.fromkeys(said.vr for said in spread.counts if said is not None)
    return {"vr": "/".join(vrs), "words": spread.words, "raw": ""}
