"""What is made of instances after they came in: thumbnails, words, headers to query, references, covers."""

import contextvars
import logging
import time
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.orm import Session

from dicomgallery import settings
from dicomgallery.access import SYSTEM
from dicomgallery.catalog import instances as catalog_instances
from dicomgallery.catalog import words
from dicomgallery.catalog.batches import batches
from dicomgallery.errors import UnavailableError
from dicomgallery.imaging.refusals import RenderReason
from dicomgallery.imaging.spec import THUMBNAIL
from dicomgallery.ingest.pipeline import PREPARE_AT_ONCE
from dicomgallery.jobs import queue
from dicomgallery.jobs.runner import JobContext, handles
from dicomgallery.models import Change, Instance, Series, db, now, transaction
from dicomgallery.sandbox.duties import Urgency
from dicomgallery.services import indexing, pictures
from dicomgallery.services.indexing import Indexed
from dicomgallery.services.pictures import BUSY, NoPicture, Picture, Source
from dicomgallery.storage.staging import is_arriving

log = logging.getLogger(__name__)

COMMIT_SECONDS: Final = 1.0
"""So long a page that is open waits at most for what is ready."""
_RENDERING: Final = 2
_QUIET_SECONDS: Final = 0.1
_GIVE_WAY_SECONDS: Final = 1.0

Found = Row[int, str, str]


@dataclass(frozen=True, slots=True)
class _Prepared:
    """What was made of one instance."""

    instance_id: int
    render_state: str
    render_reason: str
    render_detail: str
    indexed: Indexed


@handles("prepare")
def prepare(_context: JobContext, instances: Sequence[int]) -> None:
    """Make the thumbnail, the header as JSON, the words and the references of each instance that still is here."""
    query = select(Instance.id, Instance.blob_sha256, Instance.kind).where(Instance.id.in_(instances))
    found = db.session.execute(query.order_by(Instance.id)).all()
    db.session.rollback()
    busy = False
    began, done = time.monotonic(), list[_Prepared]()
    for row, picture in _thumbnails(found):
        if isinstance(picture, NoPicture) and picture.reason == BUSY:
            busy = True
            continue
        done.append(_prepared(row, picture))
        if time.monotonic() - began > COMMIT_SECONDS:
            _enter(done)
            began, done = time.monotonic(), []
    _enter(done)
    if busy:
        raise UnavailableError("Some thumbnails could not be made just now; the job has to come again.")


def again(session: Session, ids: Sequence[int]) -> None:
    """Have all of it made once more, when nobody waits for anything else; `queue.wake` is the caller's."""
    for some in batches(ids, PREPARE_AT_ONCE):
        pending = update(Instance).where(Instance.id.in_(some), Instance.has_pixels)
        session.execute(pending.values(render_state="pending", render_reason="", render_detail=""))
        queue.enqueue(session, "prepare", {"instances": list(some)}, priority=queue.IDLE)


def _thumbnails(found: Sequence[Found]) -> Iterator[tuple[Found, Picture | NoPicture]]:
    """Each instance with its thumbnail, in order; the sandbox works ahead while headers are read here."""
    with ThreadPoolExecutor(_RENDERING, "thumbnail") as threads:
        made: list[Future[Picture | NoPicture]] = []
        for row in found:
            # The settings are the context's; a context serves one thread at a time.
            context = contextvars.copy_context()
            source = Source(row.blob_sha256, row.kind)
            made.append(threads.submit(context.run, _thumbnail, source))
        try:
            yield from ((row, future.result()) for row, future in zip(found, made, strict=True))
        finally:
            threads.shutdown(cancel_futures=True)


def _thumbnail(source: Source) -> Picture | NoPicture:
    if not pictures.cache().has(source.blob_sha256, THUMBNAIL.token()):
        _give_way()
    return pictures.made(source, THUMBNAIL, urgency=Urgency.BACKGROUND)


def _give_way() -> None:
    """Let what arrives go first: who sends waits for the answer, and a picture somebody looks at is made at once.

    Only for a moment a picture, so that a stream without end still gets its pictures.
    """
    folder = settings.current().staging
    until = time.monotonic() + _GIVE_WAY_SECONDS
    while time.monotonic() < until and is_arriving(folder, within_seconds=_QUIET_SECONDS):
        time.sleep(_QUIET_SECONDS / 4)


def _prepared(row: Found, picture: Picture | NoPicture) -> _Prepared:
    state, reason, detail = "ready", "", ""
    if isinstance(picture, NoPicture):
        state = "none" if picture.reason == RenderReason.NOT_AN_IMAGE else "failed"
        reason, detail = picture.reason, picture.sentence
    return _Prepared(row.id, state, reason, detail, indexing.index_of(row.id, row.blob_sha256, row.kind))


def _enter(done: Sequence[_Prepared]) -> None:
    """Write what was made in one transaction, of what has not been removed meanwhile."""
    if not done:
        return
    with transaction() as session:
        rows = session.execute(
            select(Instance.id, Instance.series_key, Instance.position).where(
                Instance.id.in_([item.instance_id for item in done])
            )
        )
        known = {row.id: row for row in rows}
        here = [item for item in done if item.instance_id in known]
        if not here:
            return
        session.execute(
            update(Instance),
            [
                {
                    "id": item.instance_id,
                    "render_state": item.render_state,
                    "render_reason": item.render_reason,
                    "render_detail": item.render_detail,
                }
                for item in here
            ],
        )
        # Slices that came before the catalog kept where they lie.
        unplaced = [
            {"id": item.instance_id, "position": item.indexed.position}
            for item in here
            if item.indexed.position is not None and known[item.instance_id].position is None
        ]
        if unplaced:
            session.execute(update(Instance), unplaced)
        indexing.keep(session, {item.instance_id: item.indexed for item in here})
        tokens: defaultdict[int, set[str]] = defaultdict(set)
        for item in here:
            tokens[known[item.instance_id].series_key] |= item.indexed.words
        for series_key, found in tokens.items():
            words.index_words(session, series_key, found)
        _show(session, tokens)


def _show(session: Session, series_keys: Collection[int]) -> None:
    """Choose the covers of series whose pictures are all made, and tell the pages that are open."""
    changes: list[dict[str, Any]] = []
    for series_key in series_keys:
        shown = (Instance.series_key == series_key, Instance.is_current, Instance.binned_at.is_(None))
        pending = select(func.count(Instance.id)).where(*shown, Instance.render_state == "pending")
        if not session.scalar(pending):
            ready = catalog_instances.ordered(SYSTEM.scope, [series_key], Instance.render_state == "ready")
            if slices := ready.get(series_key):
                cover = slices[len(slices) // 2]
                session.execute(update(Series).where(Series.id == series_key).values(cover_id=cover))
    query = select(Series.id, Series.workspace_id).where(Series.id.in_(series_keys))
    for series_key, workspace_id in session.execute(query):
        changes.append({"workspace_id": workspace_id, "series_key": series_key, "kind": "pictured", "at": now()})
    if changes:
        session.execute(insert(Change), changes)
