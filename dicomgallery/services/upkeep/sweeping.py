"""Taking away what nobody needs: the only place where blobs are deleted."""

import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import and_, delete, exists, or_

from dicomgallery import audit, settings
from dicomgallery.access import SYSTEM, Actor, Permission, demand
from dicomgallery.audit import Event
from dicomgallery.jobs.runner import JobContext, handles
from dicomgallery.models import BinDeed, Change, Instance, Job, Mark, db, now, transaction
from dicomgallery.services import pictures
from dicomgallery.services.upkeep import volumes
from dicomgallery.services.upkeep.blobs import BATCH, without_rows
from dicomgallery.storage.blobs import BlobStore
from dicomgallery.storage.opening import store

AGE_SECONDS: Final = 3600
"""What is younger may belong to an arrival that is not over."""
AT_ONCE: Final = 100
"""Blobs that are removed while arrivals wait."""
_CHANGES_KEPT: Final = timedelta(days=7)
_JOBS_KEPT: Final = timedelta(days=7)
_FAILED_JOBS_KEPT: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Swept:
    """How much was taken away."""

    blobs: int
    blob_bytes: int
    temporary: int
    """Files and folders that an interrupted arrival left."""
    changes: int
    jobs: int
    marks: int
    """Removed for as long as the bin keeps things."""


@handles("sweep", every=timedelta(hours=1))
def sweep_hourly(_context: JobContext) -> None:
    """Take away what nobody needs."""
    sweep(actor=SYSTEM)


def sweep(*, actor: Actor, older_than_seconds: float = AGE_SECONDS) -> Swept:
    """Take away old blobs without rows, what interrupted arrivals left, and old notes to ourselves.

    Blobs are safe to take at any age; the hour is for whoever wants to see what an interrupted arrival left.
    """
    demand(actor, Permission.ADMIN)
    blobs, blob_bytes = _sweep_blobs(actor, time.time() - older_than_seconds)
    if blobs:
        volumes.forget_gone()
    temporary = _sweep_temporary(settings.current().staging, time.time() - AGE_SECONDS)
    changes, jobs = _sweep_rows()
    return Swept(blobs, blob_bytes, temporary, changes, jobs, _sweep_marks(actor, settings.current().bin_days))


def _sweep_blobs(actor: Actor, before: float) -> tuple[int, int]:
    blobs = store()
    count = size = 0
    for candidates in _candidates(blobs, before):
        for start in range(0, len(candidates), AT_ONCE):
            # No arrival may be between its blob and its row while this decides, so that bytes which come
            # again are either seen as a row here, or stored anew after the blob is gone.
            with blobs.sweeping():
                removed, removed_bytes = _remove(blobs, candidates[start : start + AT_ONCE], before, actor)
            count, size = count + removed, size + removed_bytes
    return count, size


def _candidates(blobs: BlobStore, before: float) -> Iterator[list[str]]:
    """Old blobs that no row refers to, as far as can be seen without holding anybody up."""
    old: list[str] = []
    for sha256, put_at in blobs.every():
        if put_at < before:
            old.append(sha256)
        if len(old) == BATCH:
            yield _unneeded(old)
            old = []
    if old:
        yield _unneeded(old)


def _unneeded(hashes: Sequence[str]) -> list[str]:
    found = sorted(without_rows(hashes))
    db.session.rollback()
    return found


def _remove(blobs: BlobStore, hashes: Sequence[str], before: float, actor: Actor) -> tuple[int, int]:
    """Remove those that still are old and unneeded, now that nothing can change."""
    count = size = 0
    with transaction() as session:
        for sha256 in sorted(without_rows(hashes)):
            try:
                status = blobs.path(sha256).stat()
            except FileNotFoundError:
                continue
            if status.st_mtime >= before:
                continue
            blobs.remove(sha256)
            pictures.cache().forget(sha256)
            count, size = count + 1, size + status.st_size
        if count:
            audit.record(session, actor, Event.BLOBS_SWEPT, blobs=count, size_bytes=size)
    return count, size


def _sweep_temporary(folder: Path, before: float) -> int:
    count = 0
    for path in folder.iterdir() if folder.is_dir() else ():
        if _last_touched(path) >= before:
            continue
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
        count += 1
    return count


def _last_touched(path: Path) -> float:
    """When anything in it was last written to, in seconds since 1970."""
    times = []
    for found in (path, *path.rglob("*")):
        try:
            times.append(found.stat().st_mtime)
        except FileNotFoundError:
            continue
    # What is gone by now needs no sweeping.
    return max(times, default=float("inf"))


def _sweep_rows() -> tuple[int, int]:
    at = now()
    with transaction() as session:
        connection = session.connection()
        changes = connection.execute(delete(Change).where(Change.at < at - _CHANGES_KEPT)).rowcount
        over = or_(
            and_(Job.state.in_(["done", "cancelled"]), Job.finished_at < at - _JOBS_KEPT),
            and_(Job.state == "failed", Job.finished_at < at - _FAILED_JOBS_KEPT),
        )
        jobs = connection.execute(delete(Job).where(over)).rowcount
        # A file that arrives again leaves the bin without its deed being asked.
        connection.execute(delete(BinDeed).where(~exists().where(Instance.bin_deed_id == BinDeed.id)))
    return changes, jobs


def _sweep_marks(actor: Actor, bin_days: int) -> int:
    if not bin_days:
        return 0
    with transaction() as session:
        old = delete(Mark).where(Mark.removed_at < now() - timedelta(days=bin_days))
        marks = session.connection().execute(old).rowcount
        if marks:
            audit.record(session, actor, Event.MARKS_SWEPT, marks=marks)
    return marks
