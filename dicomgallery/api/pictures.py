"""Pictures by query: any render spec of an image."""

from collections.abc import Mapping
from typing import Any, Final

from flask import Response, request
from marshmallow import Schema, fields, validate

from dicomgallery.access import Permission
from dicomgallery.api.describing import BINARY, Answer, Blueprint, ok
from dicomgallery.catalog import rows
from dicomgallery.catalog.query import Level
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
from dicomgallery.services import pictures
from dicomgallery.services.pictures import NoPicture, Picture
from dicomgallery.serving.headers import PRIVATE
from dicomgallery.serving.identity import current_actor, needs
from dicomgallery.serving.pictures import respond

UNCHANGED: Final = Answer(304, "Whoever asked has it already (If-None-Match).")

bp = Blueprint(
    "api_pictures",
    __name__,
    title="Pictures",
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
    return drawn(pictures.of(rows.one(actor.scope, Level.IMAGE, key).id, spec, actor=actor))


def _spec(asked: Mapping[str, Any]) -> RenderSpec:
    return RenderSpec(
        frame=asked.get("frame"),
        width=asked.get("size"),
        fit=Fit(asked["fit"]),
        window=window_of(asked),
        auto=asked["auto"],
        voi=asked.get("voi"),
        state=asked.get("state"),
        plain=not asked["overlays"],
        layer=asked.get("layer"),
        invert=asked["invert"],
        format=Format(asked["format"]),
        quality=asked["quality"],
    )


def window_of(asked: Mapping[str, Any]) -> Window | None:
    """The window that is asked for; ValueError for half of one."""
    width, center = asked.get("window"), asked.get("level")
    if width is None and center is None:
        return None
    if width is None or center is None:
        raise ValueError("A window needs its width in `window` and its center in `level`.")
    return Window(center=center, width=width)


def drawn(found: Picture | NoPicture) -> Response:
    """The picture; a program is told in a problem why there is none."""
    if isinstance(found, NoPicture):
        raise UnavailableError(found.sentence) if found.passing else RefusedError(found.sentence)
    response = respond(found)
    # By a UID, or as a plane, the same address may show something else later.
    response.headers["Cache-Control"] = PRIVATE
    response.make_conditional(request)
    return response
