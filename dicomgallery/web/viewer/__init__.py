"""`/series/<key>/viewer`: a series slice by slice, as planes, by its tags; `key` is its row id or its UID."""

import orjson
from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from dicomgallery.access import Permission
from dicomgallery.catalog import series
from dicomgallery.catalog.instances import images_of
from dicomgallery.errors import RefusedError
from dicomgallery.services import volumes
from dicomgallery.services.volumes import Building, Refused
from dicomgallery.serving.headers import PRIVATE
from dicomgallery.serving.identity import current_actor, needs
from dicomgallery.serving.pictures import respond
from dicomgallery.web.viewer import asking
from dicomgallery.web.viewer.planes import Planes
from dicomgallery.web.viewer.room import Room
from dicomgallery.web.viewer.slices import frames_json, slice_of
from dicomgallery.web.viewer.stage import Stage

bp = Blueprint("viewer", __name__, url_prefix="/series/<key>")

PATIENCE_SECONDS = 1.5
"""A small volume is ready before a page that says so could be read."""
REFRESH_SECONDS = "2"


@bp.get("/viewer")
@needs(Permission.VIEW)
def show(key: str) -> ResponseReturnValue:
    """The viewer, on one of its tabs."""
    actor = current_actor()
    room = Room.of(actor, key, request.args)
    if room.tab == "planes":
        found = volumes.of(
            room.series.id, actor=actor, wanted_set=asking.wanted_set(request.args), patience_seconds=PATIENCE_SECONDS
        )
        if isinstance(found, Building):
            return render_template("viewer/building.html", room=room, building=found), {"Refresh": REFRESH_SECONDS}
        if isinstance(found, Refused):
            return render_template("viewer/refused.html", room=room, refused=found)
        return render_template("viewer/planes.html", room=room, planes=Planes(room, found, request.args))
    page = slice_of(actor, room, request.args)
    template = "viewer/empty.html" if page is None else f"viewer/{room.tab}.html"
    return render_template(template, room=room, page=page, stage=Stage())


@bp.get("/viewer/frames.json")
@needs(Permission.VIEW)
def frames(key: str) -> Response:
    """The pictures that the slider steps through, their values, their places, the address of the viewer at each."""
    actor = current_actor()
    room = Room.of(actor, key, request.args)
    told = frames_json(actor, room, images_of(room.page.slices), request.args)
    # Thousands of entries, four times as fast as by Flask's own JSON.
    response = Response(orjson.dumps(told), mimetype="application/json")
    response.add_etag()
    response.make_conditional(request)
    return response


@bp.get("/plane.png")
@needs(Permission.VIEW)
def plane(key: str) -> ResponseReturnValue:
    """A plane of the series as PNG: `plane`, `index` from 1, `slab` in mm, `mode`, `window` and `level`, `set`.

    Of an oblique one `normal` and a `point` in mm stand in place of the index, each as three numbers between commas.
    """
    actor = current_actor()
    found = series.by_key(actor.scope, key)
    try:
        spec, wanted_set = asking.plane_spec(request.args), asking.wanted_set(request.args)
    except ValueError as error:
        raise RefusedError(f"This plane cannot be drawn. {error}") from error
    ready = volumes.built(found.id, actor=actor, wanted_set=wanted_set)
    if isinstance(ready, Refused):
        return respond(volumes.no_plane(ready))
    etag = volumes.etag(ready, spec)
    response = Response(status=304) if request.if_none_match.contains(etag) else respond(volumes.plane(ready, spec))
    if "X-No-Picture" not in response.headers:
        # More images may come into the series: the same address then shows another volume.
        response.set_etag(etag)
        response.headers["Cache-Control"] = PRIVATE
    return response
