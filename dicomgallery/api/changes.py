"""`/api/v1/changes`: what a living page has to show anew."""

from typing import Final

from flask import jsonify, request
from flask.typing import ResponseReturnValue
from marshmallow import Schema, fields

from dicomgallery.access import Permission
from dicomgallery.api.describing import Answer, Blueprint, ok
from dicomgallery.catalog import changes
from dicomgallery.serving.identity import current_actor, needs

bp = Blueprint("changes", __name__, title="Changes", about="For whoever keeps a copy, and for pages that stay open.")

_SINCE: Final = {
    "name": "since",
    "in": "query",
    "schema": {"type": "integer", "minimum": 0},
    "description": "The `latest` of the answer before; without it nothing is told but where to ask from.",
}


class SeriesChange(Schema):
    """What became of a series."""

    series = fields.Integer(required=True, metadata={"description": "Row id; of a removed one too."})
    kind = fields.String(required=True, metadata={"description": "added, removed or pictured."})


class Changes(Schema):
    """What changed, each series once."""

    latest = fields.Integer(required=True, metadata={"description": "Ask from here the next time."})
    changes = fields.List(fields.Nested(SeriesChange), required=True)
    more = fields.Boolean(required=True, metadata={"description": "There were too many to tell: read anew."})


@bp.get("/changes")
@needs(Permission.VIEW)
@bp.answers(ok(Changes, "What changed."), Answer(304, "There is nothing new."), parameters=[_SINCE])
def since() -> ResponseReturnValue:
    """Series that came, went or got their pictures since a number; 304 while there is nothing new."""
    text = request.args.get("since", "")
    number = int(text) if text.isdecimal() and len(text) <= 18 else None
    found = changes.since(current_actor().scope, number)
    response = jsonify(latest=found.latest, changes=[_change(change) for change in found.changes], more=found.more)
    response.set_etag(f"changes-{number}-{found.latest}")
    return response.make_conditional(request)


def _change(change: changes.SeriesChange) -> dict[str, object]:
    return {"series": change.series_id, "kind": change.kind}
