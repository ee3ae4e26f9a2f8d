"""Files that are kept compressed as answers: as they are, or opened for who cannot do that."""

from pathlib import Path

from flask import Response, request, send_file

from dicomgallery.imaging.packing import unpacked


def respond_gzip(path: Path, media_type: str) -> Response:
    """What a gzip file holds; FileNotFoundError when it was cleared away meanwhile."""
    if request.accept_encodings.quality("gzip") <= 0:
        return Response(unpacked(path.read_bytes()), mimetype=media_type)
    response = send_file(path, mimetype=media_type, conditional=False, etag=False)
    response.headers["Content-Encoding"] = "gzip"
    return response
