"""`/api/v1/series/<key>/planes`: a series as a volume, and any plane or slab of it."""

from collections.abc import Mapping
from typing import Any, Final

from flask import Response
from marshmallow import Schema, fields, validate
from webargs.fields import DelimitedList

from dicomgallery.access import Permission
from dicomgallery.api.describing import BINARY, Blueprint, as_json, ok
from dicomgallery.api.pictures import UNCHANGED, Windowed, drawn, window_of
from dicomgallery.catalog import rows
from dicomgallery.catalog.query import Level
from dicomgallery.dicom.grids import View
from dicomgallery.errors import RefusedError, UnavailableError
from dicomgallery.imaging.volumes.spec import MOST_INDEX, MOST_SLAB_MM, Mode, PlaneSpec, Slant
from dicomgallery.services import volumes
from dicomgallery.services.volumes import Ready, Refused
from dicomgallery.serving.identity import current_actor, needs

OBLIQUE: Final = "oblique"

bp = Blueprint(
    "api_planes", __name__, title="Planes", about="A series as a volume: axial, coronal, sagittal, or at any slant."
)


class PlaneAsked(Windowed):
    """All that decides a plane."""

    index = fields.Integer(
        validate=validate.Range(1, MOST_INDEX),
        metadata={"description": "Which plane, counted from 1; the middle one where none is named."},
    )
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
    return drawn(volumes.plane(ready, spec))


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
        window=window_of(asked),
        auto=asked["auto"],
        voi=asked["voi"],
        invert=asked["invert"],
        slant=slant,
    )


def _volume(key: str, wanted_set: int) -> Ready:
    actor = current_actor()
    found = volumes.built(rows.one(actor.scope, Level.SERIES, key).id, actor=actor, wanted_set=wanted_set)
    if isinstance(found, Refused):
        raise UnavailableError(found.sentence) if found.is_passing else RefusedError(found.sentence)
    if wanted_set > max(1, len(found.grid.sets)):
        raise RefusedError(f"There are {max(1, len(found.grid.sets))} time points or phases, counted from 1.")
    return found
