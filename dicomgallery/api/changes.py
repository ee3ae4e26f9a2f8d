"""`/api/v1/changes`: what a living page has to show anew."""

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from dicomgallery.access import Permission
from dicomgallery.catalog import changes
from dicomgallery.serving.identity import current_actor, needs

bp = Blueprint("changes", __name__, url_prefix="/api/v1")


@bp.get("/changes")
@needs(Permission.VIEW)
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
