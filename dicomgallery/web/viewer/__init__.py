"""`/series/<key>/viewer`: a series slice by slice, as planes, in 3D, by its tags; `key` is its row id or its UID."""

from collections.abc import Callable

import orjson
from flask import Blueprint, Response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from dicomgallery.access import Actor, Permission
from dicomgallery.catalog import series
from dicomgallery.catalog.instances import images_of
from dicomgallery.errors import RefusedError
from dicomgallery.services import rotations, volume_numbers, volumes
from dicomgallery.services.pictures import NoPicture, Picture
from dicomgallery.services.volumes import Building, Ready, Refused
from dicomgallery.serving.headers import PRIVATE
from dicomgallery.serving.identity import current_actor, needs
from dicomgallery.serving.numbers import respond_numbers
from dicomgallery.serving.pictures import respond
from dicomgallery.web.calls import images
from dicomgallery.web.calls import volumes as calls
from dicomgallery.web.viewer import asking, leaving
from dicomgallery.web.viewer.planes import Planes
from dicomgallery.web.viewer.room import Room, viewer_page
from dicomgallery.web.viewer.slices import frames_json, slice_of
from dicomgallery.web.viewer.stage import Stage
from dicomgallery.web.viewer.turning import Turning

bp = Blueprint("viewer", __name__, url_prefix="/series/<key>")

OF_VOLUMES = ("planes", "3d")
PATIENCE_SECONDS = 1.5
"""A small volume is ready before a page that says so could be read."""
REFRESH_SECONDS = "2"


@bp.get("/viewer")
@needs(Permission.VIEW)
def show(key: str) -> ResponseReturnValue:
    """The viewer, on one of its tabs."""
    actor = current_actor()
    room = Room.of(actor, key, request.args)
    if room.tab in OF_VOLUMES:
        return _of_volume(actor, room)
    page = slice_of(actor, room, request.args)
    template = "viewer/empty.html" if page is None else f"viewer/{room.tab}.html"
    shown = None if page is None else images.of_slice(page)
    return render_template(template, room=room, page=page, stage=Stage(), calls=shown)


def _of_volume(actor: Actor, room: Room) -> ResponseReturnValue:
    """A tab that needs the volume of the series: what is seen of it, how far it is, or why there is none."""
    wanted_set = asking.wanted_set(request.args)
    if "again" in request.args:
        volumes.try_again(room.series.id, actor=actor, wanted_set=wanted_set)
        # The page looks again by itself, and must not then ask again.
        return redirect(viewer_page(room.series.id, tab=room.tab, **room.kept), 303)
    found = volumes.of(room.series.id, actor=actor, wanted_set=wanted_set, patience_seconds=PATIENCE_SECONDS)
    if isinstance(found, Building):
        return render_template("viewer/building.html", room=room, building=found), {"Refresh": REFRESH_SECONDS}
    if isinstance(found, Refused):
        again = viewer_page(room.series.id, tab=room.tab, **room.kept, again=1)
        return render_template("viewer/refused.html", room=room, refused=found, again=again)
    if room.tab == "3d":
        turning = Turning(room, found, request.args)
        return render_template("viewer/3d.html", room=room, turning=turning, calls=calls.of_turning(turning))
    planes = Planes(room, found, request.args)
    return render_template("viewer/planes.html", room=room, planes=planes, calls=calls.of_planes(planes))


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
    try:
        spec = asking.plane_spec(request.args)
    except ValueError as error:
        raise RefusedError(f"This plane cannot be drawn. {error}") from error
    return _drawn(key, lambda ready: volumes.etag(ready, spec), lambda ready: volumes.plane(ready, spec))


@bp.get("/mip.png")
@needs(Permission.VIEW)
def mip(key: str) -> ResponseReturnValue:
    """The whole series from one side as PNG: `angle`, `tilt`, `mode`, `window` and `level`, `threshold`, `set`.

    Angles in degrees: 0 looks from the front, 90 from the patient's left; a tilt of 90 looks from the head. A mode is
    mip, minip, mean or surface, and of a surface the threshold says at which value it begins.
    """
    try:
        turn = asking.turn(request.args)
    except ValueError as error:
        raise RefusedError(f"This picture cannot be drawn. {error}") from error
    return _drawn(key, lambda ready: rotations.etag(ready, turn), lambda ready: rotations.picture(ready, turn))


@bp.get("/volume.values")
@needs(Permission.VIEW)
def numbers(key: str) -> ResponseReturnValue:
    """The whole series as numbers in cubes, for who draws it: at most `most` (256) along an axis, of the set `set`."""
    actor = current_actor()
    found = series.by_key(actor.scope, key)
    try:
        longest = asking.longest(request.args)
    except ValueError as error:
        raise RefusedError(str(error)) from error
    ready = volumes.built(found.id, actor=actor, wanted_set=asking.wanted_set(request.args))
    if isinstance(ready, Refused):
        return respond(volumes.no_plane(ready))
    return respond_numbers(volume_numbers.of(ready, longest))


@bp.get("/viewer.png")
@needs(Permission.VIEW)
def picture(key: str) -> ResponseReturnValue:
    """What the viewer shows at the same query, whole, as PNG; of several planes the first.

    `marks=1` draws what people drew over an image, `rotate` turns by 90, 180 or 270 degrees after `flip` (h, v or hv),
    `size` is its longest side, `identity=1` writes the words of the corners into it and those beside marks.
    """
    actor = current_actor()
    try:
        view = leaving.view_of(actor, Room.of(actor, key, request.args), request.args)
    except ValueError as error:
        raise RefusedError(f"This picture cannot be drawn. {error}") from error
    return respond(view) if isinstance(view, NoPicture) else _named(view.etag, view.draw)


def _drawn(
    key: str, etag_of: Callable[[Ready], str], draw: Callable[[Ready], Picture | NoPicture]
) -> ResponseReturnValue:
    """What is drawn of a volume, or that whoever asks has it already."""
    actor = current_actor()
    found = series.by_key(actor.scope, key)
    ready = volumes.built(found.id, actor=actor, wanted_set=asking.wanted_set(request.args))
    if isinstance(ready, Refused):
        return respond(volumes.no_plane(ready))
    return _named(etag_of(ready), lambda: draw(ready))


def _named(etag: str, draw: Callable[[], Picture | NoPicture]) -> ResponseReturnValue:
    """A picture that may be another one at the same address later, or that whoever asks has it already."""
    response = Response(status=304) if request.if_none_match.contains(etag) else respond(draw())
    if "X-No-Picture" not in response.headers:
        # More images may come into the series: the same address then shows another volume.
        response.set_etag(etag)
        response.headers["Cache-Control"] = PRIVATE
    return response
