"""The bin: what is deleted lies in it until it is restored, or removed for good.

Counters count what is current and not in the bin, so they move when something is binned or restored and stay when the
bin is emptied. Blobs are left to the sweeper.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from sqlalchemy import delete, exists, func, insert, select, update
from sqlalchemy.orm import Session, aliased

from dicomgallery import audit, settings
from dicomgallery.access import SYSTEM, Actor, Permission, demand
from dicomgallery.audit import Event
from dicomgallery.catalog import selection as selecting
from dicomgallery.catalog import tally, texts
from dicomgallery.catalog.batches import batches
from dicomgallery.catalog.scoping import visible, within
from dicomgallery.catalog.selection import Selection
from dicomgallery.errors import NotFoundError
from dicomgallery.jobs import queue
from dicomgallery.jobs.runner import JobContext, handles
from dicomgallery.models import (
    BinDeed,
    Change,
    CollectionMember,
    Export,
    FrameFacts,
    Header,
    Instance,
    Mark,
    Patient,
    Reference,
    Series,
    Study,
    now,
    retried,
    transaction,
)

BATCH: Final = 500
"""Instances a transaction takes at most, so that nobody waits long for the database."""


@dataclass(frozen=True, slots=True)
class Binned:
    """A deletion that can be undone by its id."""

    id: int
    instance_count: int


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back from the bin."""

    count: int
    still_replaced: int
    """Of these, how many stay out of the gallery because a newer object has their SOP Instance UID."""


def to_bin(selection: Selection, *, actor: Actor, event: Event = Event.INSTANCES_BINNED) -> Binned:
    """Put what is selected into the bin as one deed; NotFoundError when there is nothing of it."""
    demand(actor, Permission.DELETE)
    deed: Binned | None = None
    for chunk in batches(selecting.instance_ids(actor.scope, selection), BATCH):
        deed = retried(partial(_bin, deed=deed, ids=chunk, actor=actor, event=event))
    if deed is None:
        raise NotFoundError("Nothing of what was selected is in the gallery any more.")
    return deed


def restore(deed_id: int, *, actor: Actor) -> Restored:
    """Undo a deletion; NotFoundError when it is undone already or its files are gone for good."""
    demand(actor, Permission.DELETE)
    with transaction() as session:
        deed = session.get(BinDeed, deed_id)
        if deed is None or not actor.scope.covers(deed.workspace_id):
            raise NotFoundError("There is no such deletion to undo any more.")
    count = still_replaced = 0
    while True:
        restored, replaced = retried(partial(_restore_some, deed_id=deed_id, actor=actor))
        if not restored:
            return Restored(count, still_replaced)
        count, still_replaced = count + restored, still_replaced + replaced


def empty_bin(*, actor: Actor, older_than: timedelta | None = None) -> int:
    """Remove what lies in the bin (longer than `older_than`) for good; gives how many instances went."""
    demand(actor, Permission.DELETE)
    before = now() - older_than if older_than is not None else None
    count = 0
    while found := retried(partial(_empty_some, before=before, actor=actor)):
        count += found
    return count


def pin(study_id: int, *, actor: Actor) -> None:
    """Keep a study from moving to the bin by its age."""
    _set_pinned(study_id, actor, Event.STUDY_PINNED)


def unpin(study_id: int, *, actor: Actor) -> None:
    """Let a study move to the bin when it is old."""
    _set_pinned(study_id, actor, Event.STUDY_UNPINNED)


def leaves_at(study: Study) -> datetime | None:
    """When a study moves to the bin by its age; None when it never does."""
    days = settings.current().keep_days
    return None if not days or study.pinned else study.received_at + timedelta(days=days)


@handles("empty-bin", every=timedelta(hours=6))
def empty_old(_context: JobContext) -> None:
    """Remove what has lain in the bin for as long as the settings say."""
    days = settings.current().bin_days
    if days:
        empty_bin(actor=SYSTEM, older_than=timedelta(days=days))


@handles("bin-old-studies", every=timedelta(hours=6))
def bin_old_studies(_context: JobContext) -> None:
    """Move studies to the bin that are older than the settings keep them."""
    days = settings.current().keep_days
    if not days:
        return
    while True:
        with transaction() as session:
            old = session.scalars(
                select(Study.id)
                .where(Study.received_at < now() - timedelta(days=days), ~Study.pinned, Study.instance_count > 0)
                .order_by(Study.id)
                .limit(100)
            ).all()
        if not old:
            return
        to_bin(Selection(studies=tuple(old)), actor=SYSTEM, event=Event.OLD_STUDIES_BINNED)


def _bin(session: Session, deed: Binned | None, ids: Sequence[int], actor: Actor, event: Event) -> Binned | None:
    at = now()
    query = visible(select(Instance.id, Instance.series_key), Instance, actor.scope)
    rows = session.execute(query.where(Instance.id.in_(ids))).all()
    if not rows:
        return deed
    found = [row.id for row in rows]
    if deed is None:
        begun = {"workspace_id": actor.workspace_id, "actor_id": actor.id, "instance_count": 0, "created_at": at}
        deed = Binned(session.execute(insert(BinDeed).returning(BinDeed.id), [begun]).scalar_one(), 0)
    deed = Binned(deed.id, deed.instance_count + len(found))
    session.execute(update(BinDeed).where(BinDeed.id == deed.id).values(instance_count=deed.instance_count))
    session.execute(update(Instance).where(Instance.id.in_(found)).values(binned_at=at, bin_deed_id=deed.id))
    _show(session, {row.series_key for row in rows})
    audit.record(session, actor, event, f"deed:{deed.id}", instances=len(found))
    return deed


def _restore_some(session: Session, deed_id: int, actor: Actor) -> tuple[int, int]:
    """Restore a batch of a deed: how many came back, and how many of them as replaced."""
    # The newest first: of two versions in one deed the newer one stands.
    rows = session.execute(
        select(Instance.id, Instance.series_key, Instance.sop_uid, Instance.is_current)
        .where(Instance.bin_deed_id == deed_id)
        .order_by(Instance.id.desc())
        .limit(BATCH)
    ).all()
    replaced = 0
    for row in rows:
        if row.is_current:
            continue
        holder = session.scalar(
            select(Instance.id).where(
                Instance.series_key == row.series_key, Instance.sop_uid == row.sop_uid, Instance.is_current
            )
        )
        if holder is None:
            session.execute(update(Instance).where(Instance.id == row.id).values(is_current=True))
        else:
            _put_behind(session, holder, row.id)
            replaced += 1
    ids = [row.id for row in rows]
    session.execute(update(Instance).where(Instance.id.in_(ids)).values(binned_at=None, bin_deed_id=None))
    _show(session, {row.series_key for row in rows})
    if ids:
        audit.record(session, actor, Event.INSTANCES_RESTORED, f"deed:{deed_id}", instances=len(ids))
    _settle_deeds(session, {deed_id})
    return len(ids), replaced


def _put_behind(session: Session, holder_id: int, older_id: int) -> None:
    """Make an older version the last in the history of the one that holds its place, so that it can be found."""
    if session.scalar(select(exists().where(Instance.replaces_id == older_id))):
        return
    seen = {older_id}
    at: int | None = holder_id
    last = holder_id
    while at is not None and at not in seen:
        seen.add(at)
        last = at
        at = session.scalar(select(Instance.replaces_id).where(Instance.id == at))
    if at is None:
        session.execute(update(Instance).where(Instance.id == last).values(replaces_id=older_id))


def _empty_some(session: Session, before: datetime | None, actor: Actor) -> int:
    """Remove a batch of what lies in the bin: how many instances went, without those that only they stood for."""
    query = select(Instance.id).where(within(actor.scope, Instance), Instance.binned_at.is_not(None))
    if before is not None:
        query = query.where(Instance.binned_at < before)
    found = session.scalars(query.order_by(Instance.id).limit(BATCH)).all()
    if found:
        gone = _remove(session, found)
        audit.record(session, actor, Event.BIN_EMPTIED, instances=len(gone))
    return len(found)


def _remove(session: Session, binned: Sequence[int]) -> set[int]:
    """Remove instances and the versions that only they stood for, and all that is empty without them."""
    gone = set(binned)
    frontier = set(binned)
    while frontier:
        frontier = _only_replaced_by(session, frontier, gone)
        gone |= frontier
    series_keys: set[int] = set()
    deeds: set[int] = set()
    for chunk in batches(sorted(gone), BATCH):
        series_keys.update(session.scalars(select(Instance.series_key).where(Instance.id.in_(chunk)).distinct()))
        held = select(Instance.bin_deed_id).where(Instance.id.in_(chunk), Instance.bin_deed_id.is_not(None))
        deeds.update(deed for deed in session.scalars(held.distinct()) if deed is not None)
        session.execute(update(Instance).where(Instance.replaces_id.in_(chunk)).values(replaces_id=None))
        session.execute(delete(Header).where(Header.instance_id.in_(chunk)))
        session.execute(delete(FrameFacts).where(FrameFacts.instance_id.in_(chunk)))
        session.execute(delete(Reference).where(Reference.instance_id.in_(chunk)))
        session.execute(delete(CollectionMember).where(CollectionMember.instance_id.in_(chunk)))
        session.execute(delete(Mark).where(Mark.instance_key.in_(chunk)))
    for chunk in batches(sorted(gone), BATCH):
        session.execute(delete(Instance).where(Instance.id.in_(chunk)))
    for chunk in batches(sorted(series_keys), BATCH):
        _remove_empty(session, chunk)
    _settle_deeds(session, deeds)
    return gone


def _only_replaced_by(session: Session, newer: Iterable[int], gone: set[int]) -> set[int]:
    """The replaced versions behind these that nothing else stands for."""
    older: set[int] = set()
    for chunk in batches(sorted(newer), BATCH):
        behind = select(Instance.replaces_id).where(Instance.id.in_(chunk), Instance.replaces_id.is_not(None))
        candidates = (
            set(
                session.scalars(
                    select(Instance.id).where(
                        Instance.id.in_(behind), ~Instance.is_current, Instance.binned_at.is_(None)
                    )
                )
            )
            - gone
        )
        others = aliased(Instance)
        referrers = session.execute(
            select(others.id, others.replaces_id).where(others.replaces_id.in_(candidates))
        ).all()
        held = {row.replaces_id for row in referrers if row.id not in gone}
        older |= candidates - held
    return older


def _remove_empty(session: Session, series_keys: Sequence[int]) -> None:
    """Remove those of these series that have no instance left, and the studies and patients left without any."""
    empty = select(Series.id, Series.study_key).where(
        Series.id.in_(series_keys), ~exists().where(Instance.series_key == Series.id)
    )
    rows = session.execute(empty).all()
    keys = [row.id for row in rows]
    if not keys:
        return
    texts.remove(session, keys)
    if session.connection().execute(delete(Export).where(Export.series_key.in_(keys))).rowcount:
        queue.enqueue(session, "clear-exports", {})
    session.execute(delete(Series).where(Series.id.in_(keys)))
    study_keys = {row.study_key for row in rows}
    without_series = ~exists().where(Series.study_key == Study.id)
    patients = set(
        session.scalars(select(Study.patient_key).where(Study.id.in_(study_keys), without_series).distinct())
    )
    session.execute(delete(Study).where(Study.id.in_(study_keys), without_series))
    session.execute(delete(Patient).where(Patient.id.in_(patients), ~exists().where(Study.patient_key == Patient.id)))


def _settle_deeds(session: Session, deed_ids: Iterable[int]) -> None:
    """Count what deeds still have in the bin; one with nothing left is over."""
    for deed_id in deed_ids:
        left = session.scalar(select(func.count(Instance.id)).where(Instance.bin_deed_id == deed_id))
        if left:
            session.execute(update(BinDeed).where(BinDeed.id == deed_id).values(instance_count=left))
        else:
            session.execute(delete(BinDeed).where(BinDeed.id == deed_id))


def _show(session: Session, series_keys: set[int]) -> None:
    """Count series anew after instances of theirs came or went, and tell the pages that are open."""
    had = set(session.scalars(select(Series.id).where(Series.id.in_(series_keys), Series.instance_count > 0)))
    tally.recount(session, series_keys)
    at = now()
    rows = session.execute(
        select(Series.id, Series.workspace_id, Series.instance_count).where(Series.id.in_(series_keys))
    ).all()
    changes = []
    for row in rows:
        kind = "removed" if not row.instance_count else "pictured" if row.id in had else "added"
        changes.append({"workspace_id": row.workspace_id, "series_key": row.id, "kind": kind, "at": at})
    if changes:
        session.execute(insert(Change), changes)


def _set_pinned(study_id: int, actor: Actor, event: Event) -> None:
    demand(actor, Permission.EDIT)
    with transaction() as session:
        study = session.scalars(select(Study).where(within(actor.scope, Study), Study.id == study_id)).first()
        if study is None:
            raise NotFoundError("There is no such study.")
        study.pinned = event is Event.STUDY_PINNED
        audit.record(session, actor, event, f"study:{study_id}")
