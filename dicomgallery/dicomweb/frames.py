"""WADO-RS: frames, as numbers or as they are compressed (PS3.18 10.4.1.1.6, 8.7.3.3)."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import quote

from flask import Blueprint, Response
from werkzeug.exceptions import BadRequest, NotAcceptable

from dicomgallery.access import Permission
from dicomgallery.catalog.objects import StoredObject
from dicomgallery.dicom import media_types
from dicomgallery.dicom.media_types import OCTETS
from dicomgallery.dicom.transfer import EXPLICIT_LITTLE_ENDIAN, is_encapsulated
from dicomgallery.dicomweb import multipart, negotiation
from dicomgallery.dicomweb.addresses import PREFIX, retrieve_url
from dicomgallery.dicomweb.multipart import Part
from dicomgallery.dicomweb.negotiation import Wish
from dicomgallery.errors import NotFoundError
from dicomgallery.services import pixels
from dicomgallery.services.pixels import Pixels
from dicomgallery.services.recoding import COMPRESSED, STORED
from dicomgallery.services.retrieving import NotInThatSyntaxError
from dicomgallery.serving import downloads
from dicomgallery.serving.headers import PRIVATE, unchanged
from dicomgallery.serving.identity import current_actor, needs

bp = Blueprint("dicomweb_frames", __name__, url_prefix=PREFIX)
bp.after_request(negotiation.varied)

MOST_FRAMES: Final = 100_000
_NUMBER: Final = re.compile(r"[0-9]{1,9}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Form:
    """How frames leave."""

    media_type: str
    transfer_syntax: str
    is_multipart: bool


@bp.get("/studies/<study>/series/<series>/instances/<sop>/frames/<frames>")
@needs(Permission.VIEW)
def show(study: str, series: str, sop: str, frames: str) -> Response:
    """Some frames of an object, in the order asked for."""
    found = pixels.of(study, series, sop, actor=current_actor())
    return answer(found, numbers_of(frames, found.object))


def numbers_of(text: str, one: StoredObject) -> list[int]:
    """Frame numbers, counted from 1, with commas between them; BadRequest, NotFoundError where it has fewer frames."""
    parts = text.split(",")
    if len(parts) > MOST_FRAMES or not all(_NUMBER.fullmatch(part) for part in parts):
        raise BadRequest("Frames are asked for by their numbers with commas between them, as 1,2,3.")
    numbers = [int(part) for part in parts]
    if 0 in numbers:
        raise BadRequest("Frames are counted from 1.")
    last = max(one.frames, 1)
    if max(numbers) > last:
        raise NotFoundError(f"It has {last} frames; number {max(numbers)} is not among them.")
    return numbers


def answer(found: Pixels, numbers: Sequence[int]) -> Response:
    """Frames in the form that whoever asks likes best; NotAcceptable when none can be made."""
    refused = "Nothing that is accepted can be made of it."
    wishes = negotiation.wishes()
    for form in _forms(wishes, found.object.transfer_syntax):
        if not form.is_multipart and len(numbers) > 1:
            refused = "Several frames come as parts of a multipart/related message."
            continue
        etag = found.etag(hashlib.sha256(f"{form} {numbers}".encode()).hexdigest()[:24])
        if (response := unchanged(etag, weak=True)) is not None:
            return response
        try:
            made = found.frames(numbers, form.transfer_syntax)
        except NotInThatSyntaxError as refusal:
            refused = refusal.message
            continue
        response = _parts(found, numbers, made, form) if form.is_multipart else _single(made, form)
        response.set_etag(etag, weak=True)
        response.headers["Cache-Control"] = PRIVATE
        return response
    raise NotAcceptable(f"Its frames are stored as {media_types.of_syntax(found.object.transfer_syntax)}. {refused}")


def _forms(wishes: Sequence[Wish], stored: str) -> Iterator[Form]:
    """What may leave, the most welcome first."""
    for wish in wishes:
        for media_type, syntax in _encodings(wish, stored):
            # Where both ways are welcome, parts are what DICOM's own clients expect.
            yield Form(media_type, syntax, wish.is_multipart is not False)


def _encodings(wish: Wish, stored: str) -> Iterator[tuple[str, str]]:
    """Media type and transfer syntax of the frames that a wish allows, the best first."""
    known = replace(wish, media_type=media_types.newer(wish.media_type))
    own = media_types.of_syntax(stored) if is_encapsulated(stored) else OCTETS
    asked = wish.transfer_syntax

    def named(media_type: str) -> str:
        return wish.media_type if wish.is_exact else media_type

    # Viewers ask for bytes of any transfer syntax, and read which one they got.
    if asked in {STORED, stored} and (known.covers(own) or known.covers(OCTETS)):
        yield named(own), STORED
    if asked not in {"", STORED}:
        if known.covers(media_types.of_syntax(asked)) or known.covers(OCTETS):
            yield named(media_types.of_syntax(asked)), asked
        return
    # PS3.18 8.7.3.3.2: the default of bulk data is uncompressed.
    if known.covers(OCTETS):
        yield OCTETS, EXPLICIT_LITTLE_ENDIAN
    if known.covers(own):
        yield named(own), STORED
    for syntax in media_types.of_wildcard(known.media_type):
        if syntax in COMPRESSED:
            yield named(media_types.of_syntax(syntax)), syntax


def _single(made: Iterator[tuple[str, bytes]], form: Form) -> Response:
    syntax, data = next(made)
    return downloads.piece(data, f"{form.media_type}; transfer-syntax={quote(syntax)}")


def _parts(found: Pixels, numbers: Sequence[int], made: Iterator[tuple[str, bytes]], form: Form) -> Response:
    one = found.object
    base = retrieve_url(one.study_uid, one.series_uid, one.sop_uid)

    def part(number: int, syntax: str, data: bytes) -> Part:
        media_type = f"{form.media_type}; transfer-syntax={quote(syntax)}"
        return Part(media_type, (data,), f"{base}/frames/{number}", len(data))

    flow = (part(number, syntax, data) for number, (syntax, data) in zip(numbers, made, strict=False))
    return multipart.related([next(flow)] if len(numbers) == 1 else flow, form.media_type)
