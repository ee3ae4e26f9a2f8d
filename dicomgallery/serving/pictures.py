"""Pictures as answers: kept by the browser for ever, since their address never changes meaning."""

from flask import Response, request

from dicomgallery.imaging.drawings import Glyph, glyph_of, placeholder_svg
from dicomgallery.imaging.refusals import RenderReason
from dicomgallery.services.pictures import NoPicture, Picture
from dicomgallery.serving.headers import FOREVER, PRIVATE


def respond(found: Picture | NoPicture, *, download_name: str = "") -> Response:
    """The picture, or a drawing that says why there is none; the drawing is a 200, so that <img> shows it."""
    if isinstance(found, NoPicture):
        return _drawing(found)
    if request.if_none_match.contains(found.etag):
        response = Response(status=304)
    else:
        response = Response(found.read(), mimetype=found.media_type)
    response.set_etag(found.etag)
    response.headers["Cache-Control"] = FOREVER
    if download_name:
        response.headers["Content-Disposition"] = f'attachment; filename="{download_name}"'
        response.headers["Cache-Control"] = PRIVATE
    return response


def _drawing(found: NoPicture) -> Response:
    glyph = glyph_of(found.kind) if found.reason == RenderReason.NOT_AN_IMAGE else Glyph.BROKEN
    response = Response(placeholder_svg(found.title, found.sentence, glyph=glyph), mimetype="image/svg+xml")
    # A better renderer, or a freer machine, may find a way: asked again each time.
    response.headers["Cache-Control"] = "no-store" if found.passing else PRIVATE
    response.headers["X-No-Picture"] = found.reason or "passing"
    return response
