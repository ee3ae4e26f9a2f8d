"""From an instance and a render spec to a picture: rights, cache, sandbox."""

import logging
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from sqlalchemy import Row, bindparam, select

from dicomgallery import settings
from dicomgallery.access import Actor, Permission, demand
from dicomgallery.dicom.vocabulary import kind_name
from dicomgallery.errors import NotFoundError, UnavailableError
from dicomgallery.imaging.refusals import CannotRenderError, RenderReason
from dicomgallery.imaging.rendered import RENDERER_VERSION
from dicomgallery.imaging.spec import RenderSpec
from dicomgallery.models import Instance, db
from dicomgallery.sandbox.duties import Urgency
from dicomgallery.sandbox.opening import sandbox
from dicomgallery.services.picture_cache import Kept, PictureCache
from dicomgallery.storage.opening import store

log = logging.getLogger(__name__)

MISSING_FILE: Final = "missing_file"
BUSY: Final = "busy"
NO_SUCH_STATE: Final = "There is no such presentation state."

_HASH_DIGITS: Final = 12
_KEY: Final = re.compile(rf"([1-9][0-9]{{0,18}})-([0-9a-f]{{{_HASH_DIGITS}}})", re.ASCII)

_TITLES: Final = {
    RenderReason.UNREADABLE: "Cannot be read",
    RenderReason.TRUNCATED: "Its end is missing",
    RenderReason.UNSUPPORTED: "Not supported",
    RenderReason.MISMATCH: "It contradicts itself",
    RenderReason.TOO_LARGE: "Too large to draw",
    RenderReason.NO_SUCH_FRAME: "No such frame",
    RenderReason.NO_SUCH_WINDOW: "No such window",
    RenderReason.NO_SUCH_STATE: "Not for this image",
    RenderReason.DAMAGED: "Damaged",
    RenderReason.TOO_SLOW: "It took too long",
    RenderReason.CRASHED: "The decoder broke",
    RenderReason.OUT_OF_MEMORY: "Too large to draw",
}


@dataclass(frozen=True, slots=True)
class Picture:
    """Encoded bytes, and what HTTP wants to know of them."""

    media_type: str
    etag: str
    size_bytes: int
    kept: Kept | None = None
    data: bytes | None = None
    """Where it was made just now, or could not be kept."""
    remarks: tuple[str, ...] | None = None

    @property
    def path(self) -> Path | None:
        """The file in the cache; None when the disk did not take it."""
        return self.kept.path if self.kept else None

    @property
    def notes(self) -> tuple[str, ...]:
        """What the renderer remarked, as sentences for a person."""
        if self.remarks is not None:
            return self.remarks
        return self.kept.notes() if self.kept else ()

    def read(self) -> bytes:
        """The bytes; UnavailableError when the cache dropped them in this very moment."""
        if self.data is not None:
            return self.data
        try:
            return self.kept.path.read_bytes() if self.kept else b""
        except FileNotFoundError as error:
            raise UnavailableError("The picture was just cleared away. Ask for it again.") from error


@dataclass(frozen=True, slots=True)
class NoPicture:
    """Why there is no picture, to be said in its place."""

    title: str
    sentence: str
    kind: str
    """The instance's kind, as its row has it."""
    reason: str
    """A RenderReason, or `MISSING_FILE`, or `BUSY`."""

    @property
    def passing(self) -> bool:
        """Say whether asking again later may help; then nobody should keep the answer."""
        return self.reason in {MISSING_FILE, BUSY}


@dataclass(frozen=True, slots=True)
class Source:
    """What a picture is made from."""

    blob_sha256: str
    kind: str = ""
    state_sha256: str | None = None
    """The blob of the presentation state that its spec names."""


Address = Row[str, str, int]

_ADDRESS: Final = select(Instance.blob_sha256, Instance.kind, Instance.workspace_id).where(
    Instance.id == bindparam("instance_id")
)


def of(
    instance_id: int,
    spec: RenderSpec,
    *,
    actor: Actor,
    urgency: Urgency = Urgency.PERSON,
    blob12: str | None = None,
) -> Picture | NoPicture:
    """The picture of an instance that the actor may see; NotFoundError otherwise.

    `blob12` is what the URL claims the blob's hash to begin with; another hash is another picture.
    """
    demand(actor, Permission.VIEW)
    row = _row_of(instance_id, actor, "There is no such image.")
    if blob12 is not None and not row.blob_sha256.startswith(blob12):
        raise NotFoundError("There is no such picture.")
    state = None
    if spec.state is not None:
        # Asked for each time, in the cache or not: who may no longer see a state may not see its annotations.
        found = _row_of(spec.state, actor, NO_SUCH_STATE)
        if found.kind != "presentation" or found.workspace_id != row.workspace_id:
            raise NotFoundError(NO_SUCH_STATE)
        state = found.blob_sha256
    return made(Source(row.blob_sha256, row.kind, state), spec, urgency=urgency)


def _row_of(instance_id: int, actor: Actor, otherwise: str) -> Address:
    row = db.session.execute(_ADDRESS, {"instance_id": instance_id}).first()
    if row is None or not actor.scope.covers(row.workspace_id):
        raise NotFoundError(otherwise)
    return row


def made(source: Source, spec: RenderSpec, *, urgency: Urgency) -> Picture | NoPicture:
    """The picture of a blob, for callers that have asked for the rights; needs no database."""
    token = spec.token()
    pictures = cache()
    kept = pictures.find(source.blob_sha256, token)
    if kept is None:
        with _flights.alone(f"{source.blob_sha256}-{token}"):
            kept = pictures.find(source.blob_sha256, token)
            if kept is None:
                return _render(pictures, source, spec, urgency)
    if isinstance(kept, CannotRenderError):
        return _told(kept, source.kind)
    return Picture(spec.format.media_type, etag(source.blob_sha256, token), kept.size_bytes, kept=kept)


def key(instance_id: int, blob_sha256: str) -> str:
    """What a picture's URL calls an instance: "42-0123456789ab"; it never changes meaning."""
    return f"{instance_id}-{blob_sha256[:_HASH_DIGITS]}"


def parse_key(text: str) -> tuple[int, str]:
    """The instance id and the beginning of its blob's hash; NotFoundError for any other text."""
    match = _KEY.fullmatch(text)
    if match is None:
        raise NotFoundError("There is no such picture.")
    return int(match[1]), match[2]


def etag(blob_sha256: str, token: str) -> str:
    """What tells a picture from every other one, also from that of another renderer."""
    return f"{RENDERER_VERSION}-{blob_sha256[:32]}-{token}"


def cache() -> PictureCache:
    """The cache of the application at work."""
    return _cache_of(settings.current().data)


@lru_cache(maxsize=8)
def _cache_of(data: Path) -> PictureCache:
    return PictureCache(data.resolve(), RENDERER_VERSION)


def _render(pictures: PictureCache, source: Source, spec: RenderSpec, urgency: Urgency) -> Picture | NoPicture:
    token = spec.token()
    try:
        path = store().path(source.blob_sha256)
        state = store().path(source.state_sha256) if source.state_sha256 is not None else None
        rendered = sandbox().render(path, spec, state=state, urgency=urgency)
    except FileNotFoundError:
        log.warning("a blob is missing")
        sentence = "The gallery no longer holds this file's bytes."
        return NoPicture("The file is missing", sentence, source.kind, MISSING_FILE)
    except CannotRenderError as refusal:
        try:
            pictures.keep_failure(source.blob_sha256, token, refusal)
        except OSError:
            log.warning("a failure could not be kept in the cache")
        return _told(refusal, source.kind)
    except UnavailableError as error:
        return NoPicture("Not just now", error.message, source.kind, BUSY)
    kept = None
    try:
        kept = pictures.keep(source.blob_sha256, token, rendered.data, rendered.notes)
    except OSError:
        log.warning("a picture could not be kept in the cache")
    return Picture(
        rendered.media_type,
        etag(source.blob_sha256, token),
        len(rendered.data),
        kept=kept,
        data=rendered.data,
        remarks=tuple(rendered.notes),
    )


def _told(refusal: CannotRenderError, kind: str) -> NoPicture:
    title = kind_name(kind) if refusal.reason is RenderReason.NOT_AN_IMAGE else _TITLES[refusal.reason]
    return NoPicture(title, refusal.detail, kind, refusal.reason.value)


class _Flights:
    """Lets one thread at a time do the work of one name; the others wait for it."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: dict[str, tuple[threading.Lock, int]] = {}

    @contextmanager
    def alone(self, name: str) -> Iterator[None]:
        """Hold the name while the context lasts."""
        with self._guard:
            lock, users = self._waiting.get(name, (threading.Lock(), 0))
            self._waiting[name] = (lock, users + 1)
        try:
            with lock:
                yield
        finally:
            with self._guard:
                lock, users = self._waiting[name]
                if users == 1:
                    del self._waiting[name]
                else:
                    self._waiting[name] = (lock, users - 1)


_flights = _Flights()
