"""Pictures as answers: kept by the browser for ever, since their address never changes meaning."""

from flask import Response, request

from dicomgallery.imaging.drawings import Glyph, glyph_of, placeholder_svg
from dicomgallery.imaging.packing import is_packed, packed
from dicomgallery.imaging.refusals import RenderReason
from dicomgallery.imaging.spec import Format
from dicomgallery.services.pictures import NoPicture, Picture
from dicomgallery.serving.headers import FOREVER, PRIVATE
from dicomgallery.serving.hosts import is_from_this_machine


def respond(found: Picture | NoPicture, *, download_name: str = "") -> Response:
    """The picture, or a drawing that says why there is none; the drawing is a 200, so that <img> shows it."""
    if isinstance(found, NoPicture):
        return _drawing(found)
    is_values = found.media_type == Format.VALUES.media_type
    if request.if_none_match.contains_weak(found.etag):
        response = Response(status=304)
    elif is_values:
        response = _values(found.read())
    else:
        response = Response(found.read(), mimetype=found.media_type)
    if is_values:
        response.vary.add("Accept-Encoding")
    # Packed or not the values are the same, though the bytes are others.
    response.set_etag(found.etag, weak=is_values)
    response.headers["Cache-Control"] = FOREVER
    if download_name:
        response.headers["Content-Disposition"] = f'attachment; filename="{download_name}"'
        response.headers["Cache-Control"] = PRIVATE
    return response


def _values(data: bytes) -> Response:
    """Values of a frame, packed on their way over a network: it takes longer than half a megabyte within a machine."""
    media_type = Format.VALUES.media_type
    if request.accept_encodings.quality("gzip") <= 0 or is_from_this_machine():
        return Response(data, mimetype=media_type)
    sent = packed(data)
    response = Response(sent, mimetype=media_type)
    if is_packed(sent):
        response.headers["Content-Encoding"] = "gzip"
    return response


def _drawing(found: NoPicture) -> Response:
    glyph = glyph_of(found.kind) if found.reason == RenderReason.NOT_AN_IMAGE else Glyph.BROKEN
    response = Response(placeholder_svg(found.title, found.sentence, glyph=glyph), mimetype="image/svg+xml")
    # A better renderer, or a freer machine, may find a way: asked again each time.
    response.headers["Cache-Control"] = "no-store" if found.passing else PRIVATE
    response.headers["X-No-Picture"] = found.reason or "passing"
    return response
