"""`/api/v1/marks`: what people draw on images, kept at once; and the marks of an image or a series."""

from collections.abc import Sequence
from typing import Any, Final

import orjson
from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge

from dicomgallery.access import Permission
from dicomgallery.catalog import instances, marks, series
from dicomgallery.errors import RefusedError, TooLargeError
from dicomgallery.models import Mark
from dicomgallery.services import annotating
from dicomgallery.services.annotating import Draft, Outdated
from dicomgallery.serving.errors import title_of
from dicomgallery.serving.identity import current_actor, needs

MOST_BYTES: Final = 1_000_000
CHANGED_MEANWHILE = "Somebody changed this mark meanwhile; it was left as it is."

bp = Blueprint("marks_api", __name__, url_prefix="/api/v1")


@bp.get("/series/<key>/marks")
@needs(Permission.VIEW)
def of_series(key: str) -> Response:
    """The marks on the images of a series, by its row id or its UID."""
    scope = current_actor().scope
    found = series.by_key(scope, key)
    return _listed(marks.of_series(scope, found.id))


@bp.get("/images/<int:image_id>/marks")
@needs(Permission.VIEW)
def of_image(image_id: int) -> Response:
    """The marks on an image, on every frame of it."""
    scope = current_actor().scope
    return _listed(marks.of_images(scope, [instances.by_id(scope, image_id).id]))


@bp.put("/marks/<key>")
@needs(Permission.ANNOTATE)
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
