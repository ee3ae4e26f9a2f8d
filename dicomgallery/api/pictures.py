"""Pictures by query: any render spec of an image, any plane of a series."""

from collections.abc import Mapping
from typing import Any, Final

from flask import Response, request
from marshmallow import Schema, fields, validate
from webargs.fields import DelimitedList

from dicomgallery.access import Permission
from dicomgallery.api.describing import BINARY, Answer, Blueprint, as_json, ok
from dicomgallery.catalog import rows
from dicomgallery.catalog.query import Level
from dicomgallery.dicom.grids import View
from dicomgallery.errors import RefusedError, UnavailableError
from dicomgallery.imaging.spec import (
    DEFAULT_QUALITY,
    MAX_FRAME,
    MAX_ID,
    MAX_LAYER,
    MAX_LEVEL,
    MAX_VOI,
    MAX_WIDTH,
    MIN_WIDTH,
    Fit,
    Format,
    RenderSpec,
    Window,
)
from dicomgallery.imaging.volumes.spec import MOST_INDEX, MOST_SLAB_MM, Mode, PlaneSpec, Slant
from dicomgallery.services import pictures, volumes
from dicomgallery.services.pictures import NoPicture, Picture
from dicomgallery.services.volumes import Ready, Refused
from dicomgallery.serving.headers import PRIVATE
from dicomgallery.serving.identity import current_actor, needs
from dicomgallery.serving.pictures import respond

OBLIQUE: Final = "oblique"
UNCHANGED: Final = Answer(304, "Whoever asked has it already (If-None-Match).")

bp = Blueprint(
    "api_pictures",
    __name__,
    title="Pictures and planes",
    about="Drawn by the renderer that draws for the pages: the same picture to the last bit. Levels are in units after "
    "the modality LUT, Hounsfield units for CT.",
)


def _yes(about: str, *, usual: bool = False) -> fields.Boolean:
    return fields.Boolean(load_default=usual, metadata={"description": about})


def _real(about: str, most: float, least: float | None = None) -> fields.Float:
    return fields.Float(
        validate=validate.Range(-most if least is None else least, most),
        metadata={"description": about},
    )


def _whole(about: str, least: int, most: int) -> fields.Integer:
    return fields.Integer(validate=validate.Range(least, most), metadata={"description": about})


class Windowed(Schema):
    """Through which window something is looked at."""

    window = _real("The window's width; `level` must stand beside it.", MAX_LEVEL, 1e-6)
    level = _real("The window's center.", MAX_LEVEL)
    auto = _yes("Choose the window from the values.")
    invert = _yes("Black for white.")


class PictureAsked(Windowed):
    """All that decides a picture."""

    frame = _whole("Counted from 1; the middle one where none is named.", 1, MAX_FRAME)
    size = _whole("Width in pixels; its own where none is named.", MIN_WIDTH, MAX_WIDTH)
    fit = fields.String(load_default=Fit.CONTAIN.value, validate=validate.OneOf([one.value for one in Fit]))
    voi = _whole("Which of the windows that the file names, from 1.", 1, MAX_VOI)
    overlays = _yes("With the overlays, shutters and words of the file.", usual=True)
    state = _whole("Row id of the presentation state it is shown with.", 1, MAX_ID)
    layer = _whole("Of a segmentation: this segment alone, transparent; 0 for all. PNG only.", 0, MAX_LAYER)
    format = fields.String(
        load_default=Format.PNG.value,
        validate=validate.OneOf([one.value for one in Format]),
        metadata={"description": "`values` are the numbers of one frame that must be named."},
    )
    quality = fields.Integer(load_default=DEFAULT_QUALITY, validate=validate.Range(1, 100))


class PlaneAsked(Windowed):
    """All that decides a plane."""

    index = _whole("Which plane, counted from 1; the middle one where none is named.", 1, MOST_INDEX)
    slab = fields.Float(
        load_default=0.0, validate=validate.Range(0, MOST_SLAB_MM), metadata={"description": "Thickness in mm."}
    )
    mode = fields.String(
        load_default=Mode.MEAN.value,
        validate=validate.OneOf([one.value for one in Mode]),
        metadata={"description": "What a slab becomes."},
    )
    voi = fields.Integer(load_default=1, validate=validate.Range(1, 99))
    set = fields.Integer(
        load_default=1, validate=validate.Range(1, 9999), metadata={"description": "Which time point or phase."}
    )
    normal = DelimitedList(fields.Float(), validate=validate.Length(equal=3), metadata={"description": "If oblique."})
    point = DelimitedList(
        fields.Float(),
        validate=validate.Length(equal=3),
        metadata={"description": "Of an oblique plane, in mm in the patient; the middle where none is named."},
    )


class Depth(Schema):
    """How the planes of one view lie."""

    view = fields.String(required=True)
    count = fields.Integer(required=True)
    start_mm = fields.Float(required=True)
    step_mm = fields.Float(required=True)


class VolumeTold(Schema):
    """A series as a volume."""

    shape = fields.List(fields.Integer(), required=True, metadata={"description": "Levels, rows, columns."})
    spacing_mm = fields.List(fields.Float(), required=True, metadata={"description": "In the same order."})
    origin = fields.List(fields.Float(), required=True, metadata={"description": "The first voxel, in the patient."})
    sets = fields.Integer(required=True, metadata={"description": "Time points, phases or echoes."})
    notes = fields.List(fields.String(), required=True, metadata={"description": "What was done to make it one."})
    views = fields.List(fields.Nested(Depth), required=True)


@bp.get("/instances/<key>/picture")
@needs(Permission.VIEW)
@bp.answers(
    ok(BINARY, "The picture.", "image/png", "image/jpeg", "application/octet-stream"), UNCHANGED, fails=(404, 422)
)
@bp.reads(PictureAsked)
def picture(asked: Mapping[str, Any], key: str) -> Response:
    """An image as a picture; 422 says why there is none."""
    actor = current_actor()
    try:
        spec = _spec(asked)
    except ValueError as error:
        raise RefusedError(str(error)) from error
    return _drawn(pictures.of(rows.one(actor.scope, Level.IMAGE, key).id, spec, actor=actor))


@bp.get("/series/<key>/planes")
@needs(Permission.VIEW)
@bp.answers(ok(VolumeTold, "Its volume."), fails=(404, 422))
@bp.reads(Schema.from_dict({"set": PlaneAsked().fields["set"]}, name="VolumeAsked"))
def volume(asked: Mapping[str, Any], key: str) -> Response:
    """How a series lies as a volume, built now where it is not yet."""
    ready = _volume(key, asked["set"])
    views = [
        {
            "view": view.value,
            "count": depth.count,
            "start_mm": ready.volume.sight(view).start_mm,
            "step_mm": depth.step_mm,
        }
        for view in View
        for depth in [ready.volume.sight(view).depth]
    ]
    return as_json(
        {
            "shape": list(ready.volume.shape),
            "spacing_mm": list(ready.grid.spacing_mm),
            "origin": list(ready.volume.origin),
            "sets": len(ready.grid.sets),
            "notes": list(ready.grid.notes),
            "views": views,
        }
    )


@bp.get("/series/<key>/planes/<any(axial, coronal, sagittal, oblique):plane>")
@needs(Permission.VIEW)
@bp.answers(ok(BINARY, "The plane.", "image/png"), UNCHANGED, fails=(404, 422))
@bp.reads(PlaneAsked)
def plane(asked: Mapping[str, Any], key: str, plane: str) -> Response:
    """A plane or slab of a series; the first of a series takes as long as its volume needs."""
    try:
        spec = _plane_spec(plane, asked)
    except ValueError as error:
        raise RefusedError(f"This plane cannot be drawn. {error}") from error
    ready = _volume(key, asked["set"])
    count = ready.volume.sight(spec.view).depth.count
    if spec.slant is None and (spec.index or 1) > count:
        raise RefusedError(f"There are {count} such planes, counted from 1.")
    return _drawn(volumes.plane(ready, spec))


def _spec(asked: Mapping[str, Any]) -> RenderSpec:
    return RenderSpec(
        frame=asked.get("frame"),
        width=asked.get("size"),
        fit=Fit(asked["fit"]),
        window=_window(asked),
        auto=asked["auto"],
        voi=asked.get("voi"),
        state=asked.get("state"),
        plain=not asked["overlays"],
        layer=asked.get("layer"),
        invert=asked["invert"],
        format=Format(asked["format"]),
        quality=asked["quality"],
    )


def _plane_spec(plane: str, asked: Mapping[str, Any]) -> PlaneSpec:
    slant = None
    if plane == OBLIQUE:
        if "normal" not in asked:
            raise ValueError("An oblique one needs its normal: three numbers between commas.")
        x, y, z = asked["normal"]
        slant = Slant((x, y, z), tuple(asked["point"]) if "point" in asked else None)
    return PlaneSpec(
        view=View.AXIAL if slant else View(plane),
        index=asked.get("index"),
        slab_mm=asked["slab"],
        mode=Mode(asked["mode"]),
        window=_window(asked),
        auto=asked["auto"],
        voi=asked["voi"],
        invert=asked["invert"],
        slant=slant,
    )


def _window(asked: Mapping[str, Any]) -> Window | None:
    width, center = asked.get("window"), asked.get("level")
    if width is None and center is None:
        return None
    if width is None or center is None:
        raise ValueError("A window needs its width in `window` and its center in `level`.")
    return Window(center=center, width=width)


def _volume(key: str, wanted_set: int) -> Ready:
    actor = current_actor()
    found = volumes.built(rows.one(actor.scope, Level.SERIES, key).id, actor=actor, wanted_set=wanted_set)
    if isinstance(found, Refused):
        raise UnavailableError(found.sentence) if found.is_passing else RefusedError(found.sentence)
    if wanted_set > max(1, len(found.grid.sets)):
        raise RefusedError(f"There are {max(1, len(found.grid.sets))} time points or phases, counted from 1.")
    return found


def _drawn(found: Picture | NoPicture) -> Response:
    """The picture; a program is told in a problem why there is none."""
    if isinstance(found, NoPicture):
        raise UnavailableError(found.sentence) if found.passing else RefusedError(found.sentence)
    response = respond(found)
    # By a UID, or as a plane, the same address may show something else later.
    response.headers["Cache-Control"] = PRIVATE
    response.make_conditional(request)
    return response
