"""Stored objects, whole, for other DICOM systems: as they are, or in the transfer syntax these want."""

import hashlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dicomgallery import audit
from dicomgallery.access import Actor, Permission, demand
from dicomgallery.audit import Event
from dicomgallery.catalog import objects
from dicomgallery.catalog.objects import StoredObject
from dicomgallery.catalog.selection import Selection
from dicomgallery.dicom.transfer import short_name
from dicomgallery.errors import RefusedError, UnavailableError
from dicomgallery.imaging.recoded import RECODER_VERSION
from dicomgallery.imaging.refusals import CannotRenderError
from dicomgallery.models import transaction
from dicomgallery.sandbox.client import Sandbox
from dicomgallery.sandbox.opening import sandbox
from dicomgallery.services import exporting
from dicomgallery.services.exporting import Download
from dicomgallery.services.recoding import STORED, Rewritten, Wanted
from dicomgallery.storage.opening import store

MISSING: Final = "The gallery no longer holds this file's bytes."
_AHEAD: Final = 2


class NotInThatSyntaxError(RefusedError):
    """An object cannot leave in any of the transfer syntaxes that were asked for."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """An object on its way out."""

    object: StoredObject
    transfer_syntax: str
    """That of the bytes that leave."""
    size_bytes: int
    chunks: Callable[[], Iterator[bytes]]
    stored: Download | None = None
    """The file, where the object leaves as it is stored; parts of it can then be had too."""


@dataclass(frozen=True, slots=True)
class Found:
    """The objects that a retrieve leads to."""

    objects: Sequence[StoredObject]
    paths: Sequence[Path | None]
    """Their files; None where the bytes are gone."""
    wanted: Wanted
    sandbox: Sandbox

    @property
    def missing(self) -> int:
        """How many of them are gone."""
        return sum(1 for path in self.paths if path is None)

    @property
    def etag(self) -> str:
        """What changes with any of them, and with how they leave."""
        named = [f"{one.series_uid} {one.sop_uid} {one.blob_sha256}" for one in self.objects]
        return hashlib.sha256("\n".join([RECODER_VERSION, repr(self.wanted), *named]).encode()).hexdigest()[:32]

    def only(self) -> Delivery:
        """The one object; NotInThatSyntaxError, or UnavailableError when its bytes are gone or nobody can make it."""
        path = self.paths[0]
        if path is None:
            raise UnavailableError(MISSING)
        try:
            return self._delivery(self.objects[0], path)
        except CannotRenderError as refusal:
            raise NotInThatSyntaxError(
                f"It is stored as {short_name(self.objects[0].transfer_syntax)}, and cannot be had otherwise: "
                f"{refusal.detail}"
            ) from None

    def all_as_stored(self) -> bool:
        """Say whether every one leaves as it is stored, so that nothing need be made."""
        return all(_is_ready(one, self._target(one)) for one in self.objects)

    def none_possible(self) -> bool:
        """Say whether not one of them can leave as it is wanted."""
        return all(self._target(one) is None for one in self.objects)

    def every(self) -> Iterator[Delivery]:
        """The objects in their order, those whose bytes are gone left out; some are made ahead in threads.

        What cannot be made as it is wanted comes as it is stored, and says so: nothing is left out silently.
        """
        ready = [(one, path) for one, path in zip(self.objects, self.paths, strict=True) if path is not None]
        if self.all_as_stored():
            yield from (self._delivery(one, path) for one, path in ready)
            return
        with ThreadPoolExecutor(_AHEAD, "recode") as threads:
            ahead: deque[Future[Delivery]] = deque()
            try:
                for one, path in ready:
                    ahead.append(threads.submit(self._anyhow, one, path))
                    if len(ahead) > _AHEAD:
                        yield ahead.popleft().result()
                while ahead:
                    yield ahead.popleft().result()
            finally:
                for future in ahead:
                    future.cancel()

    def _anyhow(self, one: StoredObject, path: Path) -> Delivery:
        try:
            return self._delivery(one, path)
        except (CannotRenderError, NotInThatSyntaxError):
            return _as_stored(one, path)

    def _target(self, one: StoredObject) -> str | None:
        return self.wanted.target(one.transfer_syntax, has_pixels=one.has_pixels)

    def _delivery(self, one: StoredObject, path: Path) -> Delivery:
        target = self._target(one)
        if target is None:
            raise NotInThatSyntaxError(
                f"It is stored as {short_name(one.transfer_syntax)}; the transfer syntax asked for is not to be had."
            )
        if _is_ready(one, target):
            return _as_stored(one, path)
        try:
            made = Rewritten.begun(path, STORED if target == one.transfer_syntax else target, self.sandbox)
        except CannotRenderError:
            if not self.wanted.or_stored:
                raise
            return _as_stored(one, path)
        return Delivery(one, target, made.size_bytes, made.chunks)


def find(study_uid: str, series_uid: str | None, sop_uid: str | None, wanted: Wanted, *, actor: Actor) -> Found:
    """The objects of a study, of a series or one of them, to take away; NotFoundError when there is none."""
    demand(actor, Permission.EXPORT)
    found = objects.below(actor.scope, study_uid, series_uid, sop_uid)
    with transaction() as session:
        if sop_uid is not None:
            audit.record(session, actor, Event.ORIGINAL_TAKEN, f"instance:{found[0].id}")
        else:
            audit.record(session, actor, Event.OBJECTS_TAKEN, instances=len(found))
    return Found(found, [_path(one) for one in found], wanted, sandbox())


def archive(study_uid: str, series_uid: str | None, sop_uid: str | None, *, actor: Actor) -> Iterator[bytes]:
    """The same objects as a ZIP, as they are stored; NotFoundError, before the first byte, when there is none."""
    found = objects.below(actor.scope, study_uid, series_uid, sop_uid)
    return exporting.archive(Selection(images=tuple(one.id for one in found)), actor=actor)


def _is_ready(one: StoredObject, target: str | None) -> bool:
    # A file without its beginning is none that others read: PS3.10 wants preamble and meta information.
    return target == one.transfer_syntax and not one.headerless


def _as_stored(one: StoredObject, path: Path) -> Delivery:
    file = Download(path, f"image-{one.id}.dcm", one.size_bytes, f"original-{one.blob_sha256}")
    return Delivery(one, one.transfer_syntax, one.size_bytes, file.chunks, file)


def _path(one: StoredObject) -> Path | None:
    try:
        return store().path(one.blob_sha256)
    except FileNotFoundError:
        return None
