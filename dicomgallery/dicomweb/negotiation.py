"""What whoever asks can read: media types, of parts too, and their transfer syntaxes (PS3.18 8.3.3.1, 8.7)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final, TypeAlias

from flask import Response, request
from werkzeug.exceptions import BadRequest, NotAcceptable

from dicomgallery.dicom.transfer import EXPLICIT_LITTLE_ENDIAN
from dicomgallery.dicomweb import content_types
from dicomgallery.services.recoding import Wanted

LONGEST: Final = 8192
Offer: TypeAlias = tuple[str, bool]
"""A media type, and whether it comes as parts of a message."""

_MOST: Final = 64
_ANY: Final = "*/*"
_MEDIA_TYPE: Final = re.compile(r"[a-z0-9!#$&^_.+*-]{1,80}/[a-z0-9!#$&^_.+*-]{0,80}", re.ASCII)
_SYNTAX: Final = re.compile(r"\*|[0-9.]{1,64}", re.ASCII)
_COMMAS: Final = re.compile(r'(?:[^,"]|"(?:[^"\\]|\\.)*"?)+')


@dataclass(frozen=True, slots=True)
class Wish:
    """A media type that is welcome; of the parts, where a message of several is."""

    media_type: str = _ANY
    """In lower case, perhaps with a wildcard."""
    is_multipart: bool | None = None
    """None where either way is welcome."""
    transfer_syntax: str = ""
    """A UID, `*` for any, empty where none is said."""
    quality: float = 1.0
    never: frozenset[str] = frozenset()
    """Media types that a wildcard does not stand for."""

    def covers(self, media_type: str) -> bool:
        """Say whether this media type is one of those."""
        if media_type in self.never:
            return False
        kind, _, subtype = self.media_type.partition("/")
        # "image/" is how some clients write "image/*".
        return self.media_type in {_ANY, media_type} or (subtype in {"*", ""} and media_type.startswith(f"{kind}/"))

    def meets(self, media_type: str, *, is_multipart: bool) -> bool:
        """Say whether this media type is welcome so."""
        return self.is_multipart in {None, is_multipart} and self.covers(media_type)

    @property
    def is_exact(self) -> bool:
        """Say whether it names one media type."""
        return not self.media_type.endswith(("*", "/"))


Choice: TypeAlias = tuple[str, bool, tuple[Wish, ...]]
"""A media type, whether it comes as parts of a message, and the wishes that it meets."""


def wishes() -> tuple[Wish, ...]:
    """What is welcome, the most welcome first: as `accept` in the query says, else the header (PS3.18 8.3.3.1)."""
    said = ",".join(request.args.getlist("accept")) or ",".join(request.headers.getlist("Accept"))
    return read(said)


def read(text: str) -> tuple[Wish, ...]:
    """The wishes of an Accept header (RFC 9110 12.5.1), which is anything where it is empty; BadRequest in words."""
    if not text.strip():
        return (Wish(),)
    if len(text) > LONGEST:
        raise BadRequest(f"What is accepted is said in more than {LONGEST} characters.")
    found = [wish for part in _COMMAS.findall(text)[:_MOST] if (wish := _wish(part)) is not None]
    if not found:
        raise BadRequest("What is accepted is not said as HTTP has it: media types with a slash, commas between them.")
    # RFC 9110 12.4.2: a quality of 0 is a refusal, also beside a wildcard.
    never = frozenset(wish.media_type for wish in found if wish.is_exact) - {
        wish.media_type for wish in found if wish.quality > 0
    }
    some = (wish if wish.is_exact else replace(wish, never=never) for wish in found if wish.quality > 0)
    # Sorting keeps the order of those alike; what names one type goes before a wildcard (RFC 9110 12.5.1).
    return tuple(sorted(some, key=lambda wish: (-wish.quality, not wish.is_exact)))


def wanted(found: Sequence[Wish]) -> Wanted:
    """The transfer syntaxes of wishes, by liking.

    Where none is said it is Explicit VR Little Endian (PS3.18 8.7.3.5.2), or as stored what cannot be had so.
    """
    groups = tuple(
        tuple(dict.fromkeys(wish.transfer_syntax or EXPLICIT_LITTLE_ENDIAN for wish in alike))
        for _, alike in groupby(found, key=lambda wish: wish.quality)
    )
    return Wanted(groups, or_stored=any(not wish.transfer_syntax for wish in found))


def choose(offers: Sequence[Offer]) -> Choice:
    """Of the media types on offer the most welcome; NotAcceptable, in words, when none is."""
    found = liked(offers)
    if found is None:
        raise refusal(offers)
    return found


def liked(offers: Sequence[Offer]) -> Choice | None:
    """Of the media types on offer the most welcome, of those as welcome the first; None when none is."""
    found = wishes()
    for _, alike in groupby(found, key=lambda wish: (wish.quality, wish.is_exact)):
        some = tuple(alike)
        for media_type, is_multipart in offers:
            if any(wish.meets(media_type, is_multipart=is_multipart) for wish in some):
                met = tuple(wish for wish in found if wish.meets(media_type, is_multipart=is_multipart))
                return media_type, is_multipart, met
    return None


def refusal(offers: Sequence[Offer]) -> NotAcceptable:
    """What says that nothing is welcome of what there would be."""
    said = (f'multipart/related; type="{kind}"' if is_multipart else kind for kind, is_multipart in offers)
    return NotAcceptable(f"Nothing that is accepted is to be had here. On offer: {', '.join(dict.fromkeys(said))}.")


def varied(response: Response) -> Response:
    """An answer that says it might have been another one."""
    response.vary.add("Accept")
    return response


def _wish(text: str) -> Wish | None:
    """One wish; None for what is none."""
    media_type, parameters = content_types.media_type(text)
    if media_type == "*":
        media_type = _ANY
    is_multipart: bool | None = None if media_type == _ANY else False
    if media_type in {"multipart/related", "multipart/*"}:
        media_type, is_multipart = parameters.get("type", _ANY).lower(), True
    syntax = parameters.get("transfer-syntax", "")
    try:
        quality = float(parameters.get("q", "1"))
    except ValueError:
        return None
    if not _MEDIA_TYPE.fullmatch(media_type) or (syntax and not _SYNTAX.fullmatch(syntax)) or not 0 <= quality <= 1:
        return None
    return Wish(media_type, is_multipart, syntax, quality)
