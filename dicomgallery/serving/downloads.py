"""Files on their way out: under names that say nothing of whom they show."""

from collections.abc import Iterator
from typing import TypeVar

from flask import Response, current_app, request
from werkzeug.datastructures import ContentRange
from werkzeug.exceptions import RequestedRangeNotSatisfiable

from dicomgallery.access import Actor
from dicomgallery.catalog.selection import Selection
from dicomgallery.services import exporting
from dicomgallery.services.documents import DocumentFile
from dicomgallery.services.exporting import Download, Naming
from dicomgallery.serving.headers import LOCKED_UP, PRIVATE, unchanged

Piece = TypeVar("Piece")


def archive(selection: Selection, *, actor: Actor, name: str) -> Response:
    """A ZIP of a selection, sent while it is written; `compress=1` in form or URL makes it smaller and slower.

    `directory=1` lays it out as a medium, with a DICOMDIR.
    """
    deflate = request.values.get("compress") == "1"
    naming = Naming.MEDIUM if request.values.get("directory") == "1" else Naming.NEUTRAL
    return zipped(exporting.archive(selection, actor=actor, deflate=deflate, naming=naming), name=name)


def zipped(chunks: Iterator[bytes], *, name: str) -> Response:
    """A ZIP that is written while it is sent."""
    return attached(Response(in_context(chunks), mimetype="application/zip"), f"{name}.zip")


def file(download: Download) -> Response:
    """A stored file; a part of it when that is asked for."""
    if (response := unchanged(download.etag)) is not None:
        return response
    start, stop = _range(download.size_bytes, download.etag)
    response = Response(download.chunks(start, stop), mimetype=download.media_type)
    response.content_length = stop - start
    response.accept_ranges = "bytes"
    response.set_etag(download.etag)
    if stop - start < download.size_bytes:
        response.status_code = 206
        response.content_range = ContentRange("bytes", start, stop, download.size_bytes)
    return attached(response, download.file_name)


def piece(data: bytes, content_type: str) -> Response:
    """Bytes that are at hand; a part of them when that is asked for."""
    start, stop = _range(len(data))
    response = attached(Response(data[start:stop], content_type=content_type), "data.bin")
    response.accept_ranges = "bytes"
    if stop - start < len(data):
        response.status_code = 206
        response.content_range = ContentRange("bytes", start, stop, len(data))
    return response


def document(found: DocumentFile) -> Response:
    """A document that came inside an object: always to be kept, never to be opened here."""
    # As a content type, to which nothing is added: an XML names its own encoding.
    response = Response(found.data, content_type=found.media_type)
    response.headers["Content-Security-Policy"] = LOCKED_UP
    return attached(response, found.file_name)


def source(text: str) -> Response:
    """A text that came inside an object, as nothing but text."""
    response = Response(text, mimetype="text/plain")
    response.headers["Content-Security-Policy"] = LOCKED_UP
    return response


def in_context(chunks: Iterator[Piece]) -> Iterator[Piece]:
    """Chunks, or other pieces, whose making reads rows, each made inside an application context of its own.

    Flask's `stream_with_context` holds one context open over the whole stream; a server that drops a half-read stream
    later, in another thread, then pops the wrong one.
    """
    app = current_app._get_current_object()  # type: ignore[attr-defined] # noqa: SLF001 - Flask's documented way

    def stream() -> Iterator[Piece]:
        while True:
            with app.app_context():
                chunk = next(chunks, None)
            if chunk is None:
                return
            yield chunk

    return stream()


def _range(size_bytes: int, etag: str | None = None) -> tuple[int, int]:
    asked = request.range
    unchanged = request.if_range.etag in {None, etag} and request.if_range.date is None
    # RFC 9110 14.2: a unit that is not known is passed over.
    if asked is None or asked.units != "bytes" or not unchanged or len(asked.ranges) != 1:
        return 0, size_bytes
    found = asked.range_for_length(size_bytes)
    if found is None:
        raise RequestedRangeNotSatisfiable(size_bytes)
    return found


def attached(response: Response, file_name: str) -> Response:
    """An answer that a browser saves under this name, and nobody between keeps."""
    response.headers["Content-Disposition"] = f'attachment; filename="{file_name}"'
    response.headers["Cache-Control"] = PRIVATE
    return response
