"""The numbers of a volume as an answer: the file as it is kept, packed, or opened for who cannot do that."""

from flask import Response, request, send_file

from dicomgallery.errors import UnavailableError
from dicomgallery.imaging.packing import is_packed
from dicomgallery.imaging.spec import Format
from dicomgallery.services.pictures import NoPicture
from dicomgallery.services.volume_numbers import Numbers
from dicomgallery.serving.headers import PRIVATE
from dicomgallery.serving.kept_files import respond_gzip
from dicomgallery.serving.pictures import respond

_MAGIC_BYTES = 2


def respond_numbers(found: Numbers | NoPicture) -> Response:
    """The numbers, or the drawing that says why there are none."""
    if isinstance(found, NoPicture):
        return respond(found)
    if request.if_none_match.contains_weak(found.etag):
        response = Response(status=304)
    else:
        try:
            response = _file(found)
        except FileNotFoundError as error:
            raise UnavailableError("The numbers were just cleared away. Ask for them again.") from error
    response.vary.add("Accept-Encoding")
    # Packed or not the numbers are the same, though the bytes are others.
    response.set_etag(found.etag, weak=True)
    # More images may come into the series: the same address then shows another volume.
    response.headers["Cache-Control"] = PRIVATE
    return response


def _file(found: Numbers) -> Response:
    media_type = Format.VALUES.media_type
    with found.path.open("rb") as file:
        packed = is_packed(file.read(_MAGIC_BYTES))
    if packed:
        return respond_gzip(found.path, media_type)
    return send_file(found.path, mimetype=media_type, conditional=False, etag=False)
