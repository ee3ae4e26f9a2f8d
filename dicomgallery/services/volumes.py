"""A series as a volume: laid out by the catalog, built once in the sandbox, and planes through it."""

import hashlib
import json
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from dicomgallery import settings
from dicomgallery.access import SYSTEM, Actor, Permission, demand
from dicomgallery.catalog import instances, series
from dicomgallery.catalog.instances import Slice
from dicomgallery.dicom.grids import Grid, Unlaid, frames_of, lay
from dicomgallery.dicom.grids.frames import PlacedFrame
from dicomgallery.dicom.reader import UnreadableError, read_frames
from dicomgallery.errors import UnavailableError
from dicomgallery.imaging.refusals import CannotRenderError, RenderReason
from dicomgallery.imaging.rendered import RENDERER_VERSION
from dicomgallery.imaging.volumes.plan import PLAN, Piece, Plan
from dicomgallery.imaging.volumes.spec import PlaneSpec
from dicomgallery.imaging.volumes.volume import VOLUME_VERSION, Volume
from dicomgallery.jobs.runner import JobContext, handles
from dicomgallery.models import db
from dicomgallery.sandbox.opening import sandbox
from dicomgallery.services.pictures import BUSY, NoPicture, Picture
from dicomgallery.services.volume_asking import JOB, Building, Refused, ask_for
from dicomgallery.services.volume_cache import MAY_PASS, VolumeCache
from dicomgallery.storage.opening import store

__all__ = ["Building", "Ready", "Refused", "built", "cache", "etag", "no_plane", "of", "plane", "try_again"]

log = logging.getLogger(__name__)

MOST_IMAGES: Final = 20_000
_TELL_SECONDS: Final = 0.25
_LOOK_SECONDS: Final = 0.05
_NO_BYTES: Final = "The gallery no longer holds the bytes of all these images."
_DAMAGED: Final = CannotRenderError(RenderReason.DAMAGED, "The volume came out damaged.")

Image = tuple[Slice, int]
"""An image of the catalog, and which of its frames, from 0."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A volume that is here."""

    key: str
    folder: Path
    grid: Grid
    volume: Volume


@dataclass(frozen=True, slots=True)
class _Laid:
    """A series laid out: its grid, and what fills it."""

    grid: Grid
    images: Sequence[Image]
    """In the order that the grid counts them."""
    blobs: dict[int, str]
    """The SHA-256 of each instance."""

    @property
    def key(self) -> str:
        """A hash of the bytes and where they go: the name of the volume."""
        told = [
            [self.blobs.get(image.id, ""), frame, one.level, one.down, one.across]
            for one in self.grid.layers
            for image, frame in [self.images[one.index]]
        ]
        text = json.dumps([self.grid.shape, self.grid.origin, self.grid.steps, told])
        return hashlib.sha256(text.encode()).hexdigest()[:40]


def of(series_id: int, *, actor: Actor, wanted_set: int = 1, patience_seconds: float = 0) -> Ready | Building | Refused:
    """The volume of a series if it is here; else it is asked for, and waited for as long as patience lasts."""
    laid = _laid(series_id, actor, wanted_set)
    if isinstance(laid, Refused):
        return laid
    until = time.monotonic() + patience_seconds
    if (found := _found(laid)) is not None:
        return found
    progress = ask_for(series_id, wanted_set, laid.grid)
    while isinstance(progress, Building) and time.monotonic() < until:
        time.sleep(_LOOK_SECONDS)
        if (found := _found(laid)) is not None:
            return found
    return progress


def try_again(series_id: int, *, actor: Actor, wanted_set: int = 1) -> None:
    """Ask once more for a volume that could not be built."""
    laid = _laid(series_id, actor, wanted_set)
    if isinstance(laid, Refused):
        return
    cache().forget_failure(laid.key)
    if _found(laid) is None:
        ask_for(series_id, wanted_set, laid.grid, again=True)


def built(
    series_id: int, *, actor: Actor, wanted_set: int = 1, tell: Callable[[int, int], None] = lambda _done, _total: None
) -> Ready | Refused:
    """The volume of a series, built now if it is not here; `tell` hears how many images of how many are in."""
    laid = _laid(series_id, actor, wanted_set)
    return laid if isinstance(laid, Refused) else _built(laid, tell)


def plane(ready: Ready, spec: PlaneSpec) -> Picture | NoPicture:
    """The picture of a plane through a volume."""
    try:
        drawn = sandbox().plane(ready.folder, spec)
    except CannotRenderError as refusal:
        return NoPicture("No plane", refusal.detail, "image", refusal.reason.value)
    except UnavailableError as error:
        return NoPicture("Not just now", error.message, "image", BUSY)
    return Picture(drawn.media_type, etag(ready, spec), len(drawn.data), data=drawn.data, remarks=drawn.notes)


def no_plane(refused: Refused) -> NoPicture:
    """What stands in the place of a plane of no volume."""
    reason = BUSY if refused.is_passing else RenderReason.UNSUPPORTED.value
    return NoPicture("No planes here", refused.sentence, "image", reason)


def etag(ready: Ready, spec: PlaneSpec) -> str:
    """What tells a plane from every other one."""
    return f"{RENDERER_VERSION}-{ready.key}-{spec.token()}"


def cache() -> VolumeCache:
    """The volumes of the application at work."""
    return _cache_of(settings.current().data)


@handles(JOB)
def build_later(context: JobContext, series_id: int, wanted_set: int) -> None:
    """Build the volume of a series that still is here."""
    laid = _laid(series_id, SYSTEM, wanted_set)
    db.session.rollback()
    if isinstance(laid, Refused):
        return
    told_at = 0.0

    def tell(done: int, total: int) -> None:
        nonlocal told_at
        if time.monotonic() - told_at > _TELL_SECONDS:
            told_at = time.monotonic()
            context.progress(done, total)

    outcome = _built(laid, tell)
    if isinstance(outcome, Refused) and outcome.is_passing:
        raise UnavailableError("The volume could not be built just now; the job has to come again.")


@lru_cache(maxsize=8)
def _cache_of(data: Path) -> VolumeCache:
    return VolumeCache(data.resolve(), VOLUME_VERSION)


def _laid(series_id: int, actor: Actor, wanted_set: int) -> _Laid | Refused:
    demand(actor, Permission.VIEW)
    series.by_id(actor.scope, series_id)
    slices = [one for one in instances.in_order(actor.scope, series_id) if one.frames]
    if not slices:
        return Refused("There are no images in this series.")
    if sum(one.frames for one in slices) > MOST_IMAGES:
        return Refused(f"It has more than {MOST_IMAGES} images; so many are not reformatted.")
    many = instances.blobs_of(actor.scope, [one.id for one in slices if one.frames > 1])
    placed: list[Slice | PlacedFrame] = []
    images: list[Image] = []
    for one in slices:
        try:
            own = [one] if one.frames == 1 else _frames(many[one.id])
        except (UnreadableError, UnavailableError) as error:
            return Refused(error.message)
        placed += own
        images += [(one, frame) for frame in range(len(own))]
    grid = _grid(tuple(placed), wanted_set)
    if isinstance(grid, Unlaid):
        return Refused(grid.sentence)
    used = {images[layer.index][0].id for layer in grid.layers}
    return _Laid(grid, images, instances.blobs_of(actor.scope, used))


@lru_cache(maxsize=16)
def _grid(placed: tuple[Slice | PlacedFrame, ...], wanted_set: int) -> Grid | Unlaid:
    return lay(placed, wanted_set)


@lru_cache(maxsize=32)
def _frames(blob_sha256: str) -> list[Slice | PlacedFrame]:
    """Where the frames of an object lie; its bytes never change."""
    try:
        return list(frames_of(read_frames(store().path(blob_sha256))))
    except FileNotFoundError as error:
        raise UnavailableError(_NO_BYTES) from error


def _found(laid: _Laid) -> Ready | Refused | None:
    found = cache().find(laid.key)
    if isinstance(found, CannotRenderError):
        return Refused(found.detail, is_passing=found.reason in MAY_PASS)
    if found is None:
        return None
    try:
        return Ready(laid.key, found, laid.grid, Volume.read(found))
    except FileNotFoundError:
        return None
    except ValueError:
        cache().forget(laid.key)
        return None


def _built(laid: _Laid, tell: Callable[[int, int], None]) -> Ready | Refused:
    # Whoever waits here for the disk or for another must not hold the database.
    db.session.rollback()
    try:
        if (found := _found(laid)) is not None:
            return found
        with cache().alone(laid.key):
            return _found(laid) or _build(laid, tell)
    except UnavailableError as error:
        return Refused(error.message, is_passing=True)
    except OSError:
        log.warning("a volume could not be kept in the cache")
        return Refused("The disk did not take the volume.", is_passing=True)


def _build(laid: _Laid, tell: Callable[[int, int], None]) -> Ready | Refused:
    volumes = cache()
    with volumes.aside() as folder:
        try:
            _plan(laid).write(folder)
            for done, total in sandbox().volume(folder):
                tell(done, total)
            volume = _checked(folder, laid.grid)
        except FileNotFoundError:
            log.warning("a blob is missing")
            # Kept as what may pass: a repair may bring the bytes back.
            volumes.keep_failure(laid.key, CannotRenderError(RenderReason.CRASHED, _NO_BYTES))
            return Refused(_NO_BYTES)
        except CannotRenderError as refusal:
            # That the disk is full says nothing of the images, and there would be no room to keep it.
            if refusal.reason is not RenderReason.NO_ROOM:
                volumes.keep_failure(laid.key, refusal)
            return Refused(refusal.detail, is_passing=refusal.reason is RenderReason.NO_ROOM)
        (folder / PLAN).unlink()
        kept = volumes.keep(folder, laid.key, list(laid.blobs.values()))
    return Ready(laid.key, kept, laid.grid, volume)


def _plan(laid: _Laid) -> Plan:
    blobs = store()
    ids = list(dict.fromkeys(laid.images[layer.index][0].id for layer in laid.grid.layers))
    places = {instance_id: place for place, instance_id in enumerate(ids)}
    return Plan(
        files=tuple(str(blobs.path(laid.blobs[instance_id])) for instance_id in ids),
        pieces=tuple(
            Piece(places[one.id], frame, layer.level, layer.down, layer.across)
            for layer in laid.grid.layers
            for one, frame in [laid.images[layer.index]]
        ),
        shape=laid.grid.shape,
        origin=laid.grid.origin,
        steps=laid.grid.steps,
    )


def _checked(folder: Path, grid: Grid) -> Volume:
    """The account of a volume as just built; one that does not tell of the grid is none."""
    try:
        volume = Volume.read(folder)
    except (ValueError, FileNotFoundError):
        raise _DAMAGED from None
    if volume.shape != grid.shape:
        raise _DAMAGED
    return volume
