"""Looking over the whole gallery for what is wrong; changes nothing."""

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Final

from sqlalchemy import select

from dicomgallery.access import Actor, Permission, demand
from dicomgallery.catalog.batches import batches
from dicomgallery.imaging.spec import THUMBNAIL
from dicomgallery.models import Instance, Job, db
from dicomgallery.services import pictures
from dicomgallery.services.upkeep import counting
from dicomgallery.services.upkeep.blobs import BATCH, every_instance, without_rows
from dicomgallery.services.upkeep.findings import Findings, Kind
from dicomgallery.services.upkeep.sweeping import AGE_SECONDS
from dicomgallery.storage.blobs import BlobStore
from dicomgallery.storage.opening import store

Progress = Callable[[int], None]
"""Told how many more instances and blobs have been looked at."""

_CHUNK: Final = 1 << 20


def verify(
    *,
    actor: Actor,
    older_than_seconds: float = AGE_SECONDS,
    with_contents: bool = True,
    progress: Progress = lambda _count: None,
) -> Findings:
    """Find what is wrong; `with_contents` reads every blob, which takes as long as the disk needs."""
    demand(actor, Permission.ADMIN)
    wrong: dict[Kind, Sequence[str]] = {}
    instances, lost, pictureless = _look_at_instances(progress)
    wrong[Kind.ROWS_WITHOUT_BLOBS] = [f"instance:{key}" for key in _still_there(lost)]
    wrong[Kind.MISSING_PICTURES] = [f"instance:{key}" for key in _still_there(pictureless)]
    blobs, arriving, stray, changed = _look_at_blobs(
        time.time() - older_than_seconds, progress, with_contents=with_contents
    )
    wrong[Kind.BLOBS_WITHOUT_ROWS] = stray
    wrong[Kind.WRONG_HASHES] = changed
    wrong[Kind.WRONG_COUNTERS] = list(counting.wrong())
    return Findings(instances, blobs, arriving, wrong)


def is_changed(blobs: BlobStore, sha256: str) -> bool:
    """Say whether a blob's bytes are not those it is named by; one that is gone by now is not."""
    try:
        with blobs.path(sha256).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() != sha256
    except FileNotFoundError:
        return False


def _look_at_instances(progress: Progress) -> tuple[int, list[int], list[int]]:
    """How many instances there are, those without their blob, and those without the picture they should have."""
    blobs, cache, token = store(), pictures.cache(), THUMBNAIL.token()
    # Pictures that the limit of the cache took away come back when somebody looks.
    cleared = cache.was_cleared()
    count = 0
    lost: list[int] = []
    pictureless: list[int] = []
    for rows in every_instance():
        for row in rows:
            if not blobs.has(row.blob_sha256):
                lost.append(row.id)
            elif row.render_state == "pending" or (
                row.render_state == "ready" and not cleared and not cache.has(row.blob_sha256, token)
            ):
                pictureless.append(row.id)
        count += len(rows)
        progress(len(rows))
    waiting = _waiting_for_pictures() if pictureless else set()
    return count, lost, [key for key in pictureless if key not in waiting]


def _waiting_for_pictures() -> set[int]:
    """The instances that a job is to prepare, or is preparing."""
    query = select(Job.arguments).where(Job.name == "prepare", Job.state.in_(["queued", "running"]))
    return {key for arguments in db.session.scalars(query) for key in json.loads(arguments)["instances"]}


def _still_there(ids: Sequence[int]) -> Iterator[int]:
    """Those that were not removed, or made good, while the look went on."""
    db.session.rollback()
    for some in batches(ids):
        query = select(Instance.id).where(Instance.id.in_(some)).order_by(Instance.id)
        yield from db.session.scalars(query)
    db.session.rollback()


def _look_at_blobs(before: float, progress: Progress, *, with_contents: bool) -> tuple[int, int, list[str], list[str]]:
    """How many blobs there are, how many are too young to judge, those without a row, and those that changed."""
    blobs = store()
    count = arriving = 0
    stray: list[str] = []
    changed: list[str] = []
    every = blobs.every()
    while some := dict(islice(every, BATCH)):
        unneeded = without_rows(list(some))
        for sha256 in sorted(unneeded):
            if some[sha256] < before:
                stray.append(sha256)
            else:
                arriving += 1
        db.session.rollback()
        for sha256 in some.keys() - unneeded if with_contents else ():
            if is_changed(blobs, sha256):
                changed.append(sha256)
            progress(1)
        count += len(some)
    return count, arriving, stray, changed
