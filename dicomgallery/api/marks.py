"""`/api/v1/marks`: what people draw on images, kept at once; and the marks of an image or a series."""

from collections.abc import Sequence
from typing import Any, Final

import orjson
from flask import Response, jsonify, request
from flask.typing import ResponseReturnValue
from marshmallow import Schema, fields
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge

from dicomgallery.access import Permission
from dicomgallery.api.describing import JSON, PROBLEM, Answer, Blueprint, Problem, ok
from dicomgallery.catalog import instances, marks, series
from dicomgallery.errors import RefusedError, TooLargeError
from dicomgallery.imaging.marks import Kind
from dicomgallery.models import Mark
from dicomgallery.services import annotating
from dicomgallery.services.annotating import Draft, Outdated
from dicomgallery.serving.errors import title_of
from dicomgallery.serving.identity import current_actor, needs

MOST_BYTES: Final = 1_000_000
CHANGED_MEANWHILE = "Somebody changed this mark meanwhile; it was left as it is."

bp = Blueprint(
    "marks_api",
    __name__,
    title="Marks",
    about="What people draw on images: lengths, angles, regions, arrows, words. Each has a UUID that its maker chose.",
)


class MarkTold(Schema):
    """A mark, as it is kept."""

    key = fields.String(required=True, metadata={"description": "Its UUID."})
    image = fields.Integer(required=True, metadata={"description": "Row id of the image."})
    frame = fields.Integer(required=True, metadata={"description": "Counted from 1."})
    kind = fields.String(required=True, metadata={"description": "One of " + ", ".join(Kind) + "."})
    points = fields.List(
        fields.List(fields.Float()),
        required=True,
        metadata={"description": "[[x, y], ...] in pixels; (0, 0) is the center of the first one."},
    )
    text = fields.String(required=True)
    figures = fields.Dict(required=True, metadata={"description": "What the tool measured, by name."})
    calibration = fields.String(required=True, metadata={"description": "Where its millimeters come from."})
    version = fields.Integer(required=True, metadata={"description": "One more with each change."})
    removed = fields.Boolean(required=True)
    by = fields.String(required=True, metadata={"description": "Who made it."})
    mine = fields.Boolean(required=True, metadata={"description": "Whether whoever asks may change it."})
    created = fields.DateTime(required=True)
    changed = fields.DateTime(required=True)


class MarkList(Schema):
    """Some marks, oldest first."""

    marks = fields.List(fields.Nested(MarkTold), required=True)


class MarkSent(Schema):
    """A mark as it is sent; what is not said stays as it is."""

    image = fields.Integer(metadata={"minimum": 1})
    frame = fields.Integer(metadata={"minimum": 1})
    kind = fields.String(metadata={"enum": [one.value for one in Kind]})
    points = fields.List(fields.List(fields.Float()))
    text = fields.String(metadata={"maxLength": 1000})
    figures = fields.Dict()
    calibration = fields.String(metadata={"maxLength": 200})
    version = fields.Integer(metadata={"minimum": 0, "description": "The one that whoever sends it has seen."})
    removed = fields.Boolean()


class Conflict(Problem):
    """Somebody changed the mark meanwhile."""

    mark = fields.Nested(MarkTold, required=True, metadata={"description": "As it is kept."})


KEPT = Answer(304, "Whoever asked has them already (If-None-Match).")
CONFLICT = Answer(409, CHANGED_MEANWHILE, Conflict, (PROBLEM,))


@bp.get("/series/<key>/marks")
@needs(Permission.VIEW)
@bp.answers(ok(MarkList, "The marks."), KEPT, fails=(404,))
def of_series(key: str) -> Response:
    """The marks on the images of a series, by its row id or its UID."""
    scope = current_actor().scope
    found = series.by_key(scope, key)
    return _listed(marks.of_series(scope, found.id))


@bp.get("/images/<int:image_id>/marks")
@needs(Permission.VIEW)
@bp.answers(ok(MarkList, "The marks."), KEPT, fails=(404,))
def of_image(image_id: int) -> Response:
    """The marks on an image, on every frame of it."""
    scope = current_actor().scope
    return _listed(marks.of_images(scope, [instances.by_id(scope, image_id).id]))


@bp.put("/marks/<key>")
@needs(Permission.ANNOTATE)
@bp.answers(
    ok(MarkTold, "It is changed, or was so already."),
    Answer(201, "It is made.", MarkTold),
    CONFLICT,
    fails=(404, 413, 422),
    requestBody={"required": True, "content": {JSON: {"schema": MarkSent}}},
)
def put(key: str) -> ResponseReturnValue:
    """Make the mark of this UUID, or change it.

    What is not in the body stays as it is; 409 with the mark that is kept when the version of the body is older.
    """
    actor = current_actor()
    done = annotating.put(key, Draft.parse(_body()), actor=actor)
    told = annotating.as_json(done.mark, actor)
    if isinstance(done, Outdated):
        body = jsonify(
            detail=CHANGED_MEANWHILE, status=409, title=title_of(409), type="about:blank", mark=told
        )  # fmt: skip
        body.mimetype = "application/problem+json"
        return body, 409
    return jsonify(told), 201 if done.is_new else 200


@bp.delete("/marks/<key>")
@needs(Permission.ANNOTATE)
@bp.answers(ok(MarkTold, "It is removed, and can be brought back."), fails=(404,))
def remove(key: str) -> Response:
    """Remove a mark; a PUT of `"removed": false` with the version told here brings it back."""
    actor = current_actor()
    return jsonify(annotating.as_json(annotating.remove(key, actor=actor), actor))


def _listed(found: Sequence[Mark]) -> Response:
    actor = current_actor()
    response = jsonify(marks=[annotating.as_json(mark, actor) for mark in found])
    response.add_etag()
    response.make_conditional(request)
    return response


def _body() -> dict[str, Any]:
    request.max_content_length = MOST_BYTES
    try:
        body = orjson.loads(request.get_data(cache=False))
    except RequestEntityTooLarge as error:
        raise TooLargeError.over(MOST_BYTES) from error
    except (ValueError, ClientDisconnected) as error:
        raise RefusedError("The body must be JSON.") from error
    if not isinstance(body, dict):
        raise RefusedError("The body must be a JSON object.")
    return body
