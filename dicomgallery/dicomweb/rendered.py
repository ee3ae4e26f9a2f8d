"""WADO-RS: pictures and thumbnails, as the gallery itself draws them (PS3.18 10.4.1.1.3, 10.4.1.1.4)."""

import contextlib
import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from flask import Blueprint, Response, request
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException, NotAcceptable

from dicomgallery.access import Permission
from dicomgallery.catalog import objects
from dicomgallery.catalog.objects import StoredObject
from dicomgallery.dicom.uids import path_of
from dicomgallery.dicomweb import looks, multipart, negotiation
from dicomgallery.dicomweb.addresses import PREFIX, service_url
from dicomgallery.dicomweb.frames import numbers_of
from dicomgallery.dicomweb.looks import Look
from dicomgallery.dicomweb.multipart import Part
from dicomgallery.errors import GalleryError
from dicomgallery.imaging.spec import Format
from dicomgallery.services.pictures import Picture
from dicomgallery.serving import downloads
from dicomgallery.serving.headers import PRIVATE
from dicomgallery.serving.identity import current_actor, needs
from dicomgallery.serving.pictures import respond

bp = Blueprint("dicomweb_rendered", __name__, url_prefix=PREFIX)
bp.after_request(negotiation.varied)

_STUDY: Final = "/studies/<study>"
_SERIES: Final = f"{_STUDY}/series/<series>"
_INSTANCE: Final = f"{_SERIES}/instances/<sop>"
_FRAMES: Final = f"{_INSTANCE}/frames/<frames>"
FORMATS: Final = (Format.JPEG, Format.PNG, Format.GIF)
FORMAT_OF: Final = {form.media_type: form for form in FORMATS}
_OFFERS: Final = tuple((form.media_type, parts) for parts in (False, True) for form in FORMATS)

Shown = tuple[StoredObject, int | None]
"""An object, and the number of a frame."""
Reader = Callable[["MultiDict[str, str]", Format], Look]


@bp.get(f"{_STUDY}/rendered")
@bp.get(f"{_SERIES}/rendered")
@bp.get(f"{_INSTANCE}/rendered")
@bp.get(f"{_FRAMES}/rendered")
@needs(Permission.VIEW)
def rendered(study: str, series: str | None = None, sop: str | None = None, frames: str | None = None) -> Response:
    """The picture that stands for it, or those of everything in it as parts."""
    return _answer(study, series, sop, frames, looks.of_query)


@bp.get(f"{_STUDY}/thumbnail")
@bp.get(f"{_SERIES}/thumbnail")
@bp.get(f"{_INSTANCE}/thumbnail")
@bp.get(f"{_FRAMES}/thumbnail")
@needs(Permission.VIEW)
def thumbnail(study: str, series: str | None = None, sop: str | None = None, frames: str | None = None) -> Response:
    """A small picture that stands for it."""
    return _answer(study, series, sop, frames, looks.of_thumbnail)


def respond_with(found: Picture, look: Look) -> Response:
    """A picture as an answer, with what was asked for and is left undone."""
    response = respond(found)
    # Another object may come under the same UIDs; the address of a picture in the gallery never changes meaning.
    response.headers["Cache-Control"] = PRIVATE
    for remark in look.remarks:
        response.headers.add("Warning", f'299 - "{remark}"')
    return response


def _answer(study: str, series: str | None, sop: str | None, frames: str | None, reader: Reader) -> Response:
    media_type, is_multipart, _ = negotiation.choose(_OFFERS)
    look = reader(request.args, FORMAT_OF[media_type])
    found = objects.below(current_actor().scope, study, series, sop)
    shown = _shown(found, frames)
    if is_multipart:
        return _parts(_every(found), look, whole=True) if frames is None else _parts(shown, look, whole=False)
    if len(shown) > 1:
        raise NotAcceptable(f'Several frames come as parts: ask for multipart/related; type="{media_type}".')
    return respond_with(looks.picture(*shown[0], look, actor=current_actor()), look)


def _shown(found: Sequence[StoredObject], frames: str | None) -> list[Shown]:
    """The frames that are named, else the one that stands for all: the middle one of the middle image."""
    if frames is not None:
        return [(found[0], number) for number in numbers_of(frames, found[0])]
    images = [one for one in found if one.has_pixels] or found
    return [(images[len(images) // 2], None)]


def _every(found: Sequence[StoredObject]) -> list[Shown]:
    return [(one, 1 if one.frames > 1 else None) for one in found]


def _parts(shown: Sequence[Shown], look: Look, *, whole: bool) -> Response:
    """Pictures one after another, while they are made; what has none is left out, unless nothing has one.

    With `whole` each object goes on from the frame that is named to its last.
    """
    actor = current_actor()
    base = service_url()

    def part(one: StoredObject, frame: int | None) -> Part:
        data = looks.picture(one, frame, look, actor=actor).read()
        where = f"{base}/{path_of(one.study_uid, one.series_uid, one.sop_uid)}"
        frames = f"/frames/{frame}" if frame is not None else ""
        return Part(look.format.media_type, (data,), f"{where}{frames}/rendered", len(data))

    def of_object(one: StoredObject, frame: int | None) -> Iterator[Part]:
        last = one.frames if whole and frame is not None else frame
        # A header may say more frames than there are: the first that is missing ends them.
        with contextlib.suppress(GalleryError, HTTPException):
            for number in [None] if frame is None or last is None else range(frame, last + 1):
                yield part(one, number)

    def flow() -> Iterator[Part]:
        for one, frame in shown:
            yield from of_object(one, frame)

    flowing = flow()
    first = next(flowing, None)
    if first is None:
        # Drawn again, the first says why there is none.
        first = part(*shown[0])
    # What flows is bound to the application now: nothing of a request is left once it is sent.
    parts = itertools.chain([first], downloads.in_context(flowing))
    response = multipart.related(parts, look.format.media_type)
    response.headers["Cache-Control"] = PRIVATE
    for remark in look.remarks:
        response.headers.add("Warning", f'299 - "{remark}"')
    return response
