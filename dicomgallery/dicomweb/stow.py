"""STOW-RS (PS3.18 10.5): instances as DICOM files, or as metadata and bulk data; each has its own outcome."""

from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import chain
from typing import BinaryIO, Final, cast

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest, UnsupportedMediaType
from werkzeug.http import parse_options_header

from dicomgallery import settings
from dicomgallery.access import Permission
from dicomgallery.dicomweb import negotiation
from dicomgallery.dicomweb.addresses import PREFIX, checked
from dicomgallery.dicomweb.content_types import media_type
from dicomgallery.dicomweb.models import Form, asked_form
from dicomgallery.dicomweb.parts import DamagedError, Part, read_parts
from dicomgallery.dicomweb.store_answer import answer
from dicomgallery.errors import TooLargeError
from dicomgallery.ingest.incoming import IncomingFile, Origin
from dicomgallery.ingest.outcome import Reason, Rejected
from dicomgallery.services import receiving
from dicomgallery.services.described import METADATA, Described
from dicomgallery.serving.identity import current_actor, needs
from dicomgallery.serving.uploads import body, staged_body, staged_part
from dicomgallery.storage.staging import StorageFullError

bp = Blueprint("dicomweb_stow", __name__, url_prefix=PREFIX)
bp.after_request(negotiation.varied)

DICOM: Final = "application/dicom"
_TAKES: Final = (
    'Send multipart/related with the type "application/dicom", "application/dicom+json" or "application/dicom+xml", '
    "or one instance as application/dicom."
)
_NOTHING: Final = "The body is empty, so there is nothing to store."

Arriving = Iterable[IncomingFile | Rejected]


@bp.post("/studies")
@bp.post("/studies/<study_uid>")
@needs(Permission.UPLOAD)
def store(study_uid: str | None = None) -> ResponseReturnValue:
    """Store what the body holds while it arrives; below a study, only what belongs to it."""
    checked(study_uid)
    form = asked_form(Form.JSON)
    actor = current_actor()
    report = receiving.receive(_arriving(), actor=actor, origin=Origin.DICOMWEB, study_uid=study_uid)
    return answer(report, actor.scope, form)


def _arriving() -> Arriving:
    limit = settings.current().max_stream_bytes
    if request.headers.get("Content-Encoding", "identity").strip().lower() not in {"", "identity"}:
        # RFC 9110 8.4: who packs a body must learn that it is not opened here.
        raise UnsupportedMediaType("Send the body as it is, without a Content-Encoding.")
    kind, options = media_type(request.headers.get("Content-Type", ""))
    if kind == DICOM:
        whole = staged_body(limit)
        if not whole.size_bytes:
            raise BadRequest(_NOTHING)
        return [IncomingFile("instance", whole)]
    if kind != "multipart/related":
        raise UnsupportedMediaType(_TAKES)
    told = options.get("type", "").lower()
    if told not in {"", DICOM, *METADATA}:
        raise UnsupportedMediaType(_TAKES)
    parts = read_parts(body(limit), options.get("boundary", ""))
    try:
        first = next(parts, None)
    except DamagedError as error:
        raise BadRequest(error.message) from error
    if first is None:
        raise BadRequest(_NOTHING)
    parts = chain([first], parts)
    return _described(parts) if (told or _kind(first)[0]) in METADATA else _files(parts)


def _files(parts: Iterator[Part]) -> Iterator[IncomingFile | Rejected]:
    """Each part as a file of its own; content decides what it is, whatever the part says."""
    most, number = settings.current().max_archive_entries, 0
    try:
        for part in parts:
            number = part.number
            if number > most:
                yield Rejected(_name(part), Reason.TOO_LARGE, f"One request may have at most {most} parts.")
                return
            yield _file(part)
    except DamagedError as error:
        yield Rejected(f"part {number + 1}", Reason.TRUNCATED, error.message)


def _file(part: Part) -> IncomingFile | Rejected:
    try:
        return IncomingFile(_name(part), staged_part(cast("BinaryIO", part)))
    except DamagedError as error:
        return Rejected(_name(part), Reason.TRUNCATED, error.message)
    except TooLargeError as error:
        return Rejected(_name(part), Reason.TOO_LARGE, error.message)
    except StorageFullError as error:
        return Rejected(_name(part), Reason.STORAGE_FULL, error.message)


def _described(parts: Iterator[Part]) -> Iterator[IncomingFile | Rejected]:
    """Metadata and bulk data, put together when all parts are here; without the last there is nothing to tell of."""
    most = settings.current().max_archive_entries
    with closing(Described()) as described:
        try:
            for part in parts:
                if part.number > most:
                    raise TooLargeError(f"One request may have at most {most} parts.")
                kind, syntax = _kind(part)
                described.add(cast("BinaryIO", part), part.number, kind, syntax, _location(part))
        except DamagedError as error:
            raise BadRequest(error.message) from error
        yield from described.files()


def _kind(part: Part) -> tuple[str, str]:
    """The media type of a part and its transfer syntax, where it declares one (PS3.18 8.7.3.5.2)."""
    kind, options = media_type(part.headers.get("content-type", ""))
    return kind, options.get("transfer-syntax", "")


def _location(part: Part) -> str:
    if location := part.headers.get("content-location", ""):
        return location
    # RFC 2392: what <id> is in the header is cid:id in an address.
    called = part.headers.get("content-id", "").strip("<>")
    return f"cid:{called}" if called and _kind(part)[0] not in METADATA else ""


def _name(part: Part) -> str:
    _, disposition = parse_options_header(part.headers.get("content-disposition"))
    return disposition.get("filename") or f"part {part.number}"
