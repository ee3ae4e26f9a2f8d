"""What somebody can do with exports: ask for one, wait, take it, call it off, remove it."""

import time
from functools import partial
from typing import Final

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from dicomgallery import audit
from dicomgallery.access import Actor, Permission, demand
from dicomgallery.audit import Event
from dicomgallery.catalog import exports as catalog
from dicomgallery.catalog import series
from dicomgallery.catalog.exports import Account
from dicomgallery.errors import NotFoundError, RefusedError
from dicomgallery.imaging.exports import mp4
from dicomgallery.jobs import queue
from dicomgallery.models import Export, Job, db, now, retried, transaction
from dicomgallery.services.exporting import Download
from dicomgallery.services.exports import shelf
from dicomgallery.services.exports.asked import VALUES, Asked, Kind
from dicomgallery.services.exports.making import JOB, KEPT, file_name_of, media_type_of
from dicomgallery.services.exports.sources import count_now

MOST_WAITING: Final = 20
_LOOK_SECONDS: Final = 0.05
_WHY_NOT: Final = {
    "waiting": "This file is not ready yet.",
    "working": "This file is not ready yet.",
    "cancelled": "This export was cancelled, so there is no file.",
    "expired": "This file was kept for a day, and is gone now. Ask for it again.",
    "binned": "The series of this file is in the bin; the file leaves again once that is restored.",
}


def why_not(kind: Kind) -> str:
    """Why a kind cannot be made here, and what to do about it; empty when it can."""
    return "" if kind is not Kind.MP4 or mp4.is_here() else mp4.MISSING


def ask(series_id: int, asked: Asked, *, actor: Actor) -> int:
    """Ask for an export; gives its id, that of the one under way where somebody asks twice.

    RefusedError in a sentence when it cannot be made, as far as that is known now.
    """
    demand(actor, Permission.EXPORT)
    found = series.by_id(actor.scope, series_id)
    if not found.instance_count:
        raise NotFoundError(series.NOT_HERE)
    if sentence := why_not(asked.kind):
        raise RefusedError(sentence)
    if asked.kind not in VALUES and (count := count_now(series_id, asked)) is not None:
        asked.numbers(count)
    same = catalog.under_way(actor.scope, actor.id, series_id, asked.to_json())
    if same is not None:
        return same
    if catalog.waiting(actor.scope, actor.id) >= MOST_WAITING:
        raise RefusedError(f"{MOST_WAITING} exports are being made for you already. Wait for some, or cancel them.")
    shelf.check_room()
    export_id = retried(partial(_ask, series_id=series_id, workspace_id=found.workspace_id, asked=asked, actor=actor))
    queue.wake()
    return export_id


def of(export_id: int, *, actor: Actor, patience_seconds: float = 0) -> Account:
    """An export and how far it is, waited for as long as patience lasts; NotFoundError when it is not the actor's."""
    demand(actor, Permission.EXPORT)
    until = time.monotonic() + patience_seconds
    while True:
        account = catalog.by_id(actor.scope, actor.id, export_id)
        if account.stage not in {"waiting", "working"} or time.monotonic() > until:
            return account
        # What is seen next must be newer than this.
        db.session.rollback()
        time.sleep(_LOOK_SECONDS)


def file(export_id: int, *, actor: Actor) -> Download:
    """The file of an export, on its way out; NotFoundError, in words, when there is none."""
    account = of(export_id, actor=actor)
    export = account.export
    if account.stage != "ready":
        raise NotFoundError(account.sentence or _WHY_NOT[account.stage])
    path = shelf.path_of(export_id)
    if not path.is_file():
        raise NotFoundError("The gallery no longer holds this file. Ask for it again.")
    with transaction() as session:
        audit.record(session, actor, Event.EXPORT_TAKEN, f"export:{export_id}", series=export.series_key)
    media_type = media_type_of(Kind(export.kind))
    return Download(path, export.file_name, export.size_bytes, f"export-{export.sha256}", media_type)


def cancel(export_id: int, *, actor: Actor) -> Account:
    """Call an export off that is not finished."""
    demand(actor, Permission.EXPORT)
    export = catalog.by_id(actor.scope, actor.id, export_id).export

    def stop(session: Session) -> None:
        asked = update(Export).where(Export.id == export_id, Export.state == "asked")
        session.execute(asked.values(state="cancelled"))
        _stop_job(session, export)

    retried(stop)
    return catalog.by_id(actor.scope, actor.id, export_id)


def remove(export_id: int, *, actor: Actor) -> None:
    """Remove an export and its file; one that is being made is called off first."""
    demand(actor, Permission.EXPORT)
    export = catalog.by_id(actor.scope, actor.id, export_id).export

    def go(session: Session) -> None:
        _stop_job(session, export)
        session.execute(delete(Export).where(Export.id == export_id))
        audit.record(session, actor, Event.EXPORT_REMOVED, f"export:{export_id}", series=export.series_key)

    retried(go)
    shelf.remove(export_id)


def _ask(session: Session, series_id: int, workspace_id: int, asked: Asked, actor: Actor) -> int:
    at = now()
    export = Export(
        workspace_id=workspace_id,
        owner_id=actor.id,
        series_key=series_id,
        kind=asked.kind.value,
        arguments=asked.to_json(),
        state="asked",
        sentence="",
        remarks="[]",
        file_name=file_name_of(series_id, asked),
        size_bytes=0,
        sha256="",
        created_at=at,
        expires_at=at + KEPT,
    )
    session.add(export)
    session.flush()
    export.job_id = queue.enqueue(session, JOB, {"export_id": export.id}, priority=queue.LONG)
    session.flush()
    audit.record(session, actor, Event.EXPORT_ASKED, f"export:{export.id}", series=series_id)
    return export.id


def _stop_job(session: Session, export: Export) -> None:
    going = update(Job).where(Job.id == export.job_id, Job.state.in_(["queued", "running"]))
    session.execute(going.values(state="cancelled", finished_at=now(), lease_until=None))
