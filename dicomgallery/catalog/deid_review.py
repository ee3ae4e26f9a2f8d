"""The queue of objects whose pixels somebody has to look at, by how far each is."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, case, func, select
from sqlalchemy.orm import aliased

from dicomgallery.access import Scope
from dicomgallery.catalog.batches import batches
from dicomgallery.catalog.scoping import visible, within
from dicomgallery.errors import NotFoundError
from dicomgallery.models import DeidDecision, DeidItem, DeidReview, DeidRun, Instance, db

_NOT_HERE: Final = "There is no such object in the review of this de-identification."


class Stage(StrEnum):
    """How far an object of the queue is."""

    SEARCHING = "searching"
    OPEN = "open"
    ACCEPT = "accept"
    REJECT = "reject"
    LEAVE = "leave"
    WORKING = "working"
    DONE = "done"
    CLOSED = "closed"
    """It ended otherwise: it failed, or something else than its pixels keeps it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An object of the queue; `source_id` is None when its source is gone or not for the asker to see."""

    review: DeidReview
    item: DeidItem
    decision: DeidDecision | None
    """The one that stands, or that was done; None while the object waits for one."""
    stage: Stage
    source_id: int | None
    blob12: str


def entries(
    scope: Scope, owner_id: str, run_id: int, *, stages: Collection[Stage] = (), after: int = 0, limit: int = 60
) -> list[Entry]:
    """Objects of the queue of a run behind a number, in some stages only where asked; none of somebody else's run."""
    query = _queue(scope, owner_id, run_id).where(DeidReview.number > after)
    if stages:
        query = query.where(_stage().in_([stage.value for stage in stages]))
    return _entries(scope, query.order_by(DeidReview.number).limit(limit))


def entry(scope: Scope, owner_id: str, run_id: int, number: int) -> Entry:
    """The object of this number in the queue of a run."""
    is_possible = 0 < number < 1 << 31 and 0 < run_id < 1 << 63
    query = _queue(scope, owner_id, run_id).where(DeidReview.number == number)
    found = _entries(scope, query) if is_possible else []
    if not found:
        raise NotFoundError(_NOT_HERE)
    return found[0]


def alike(scope: Scope, owner_id: str, to: Entry, limit: int) -> list[Entry]:
    """Others of the same device, class and size of which nothing is decided yet."""
    review = to.review
    if not review.kind:
        return []
    query = _queue(scope, owner_id, review.run_id).where(
        DeidReview.kind == review.kind, DeidReview.number != review.number, _stage() == Stage.OPEN.value
    )
    return _entries(scope, query.order_by(DeidReview.number).limit(limit))


def counts(scope: Scope, owner_id: str, run_id: int) -> Mapping[Stage, int]:
    """How many objects of the queue of a run are how far."""
    stage = _stage().label("stage")
    # What the queue knows of each object is not needed to count them.
    query = _queue(scope, owner_id, run_id).with_only_columns(stage, func.count()).group_by(stage)
    return {Stage(name): number for name, number in db.session.execute(query)}


def beside(scope: Scope, owner_id: str, run_id: int, number: int) -> tuple[int | None, int | None]:
    """The numbers before and after one in the queue of a run."""
    only = _queue(scope, owner_id, run_id)
    before = only.with_only_columns(func.max(DeidReview.number)).where(DeidReview.number < number)
    after = only.with_only_columns(func.min(DeidReview.number)).where(DeidReview.number > number)
    return db.session.scalar(before), db.session.scalar(after)


def next_open(scope: Scope, owner_id: str, run_id: int, after: int) -> int | None:
    """The next of which nothing is decided, from a number on and then from the first."""
    query = _queue(scope, owner_id, run_id).with_only_columns(func.min(DeidReview.number))
    query = query.where(_stage() == Stage.OPEN.value)
    found = db.session.scalar(query.where(DeidReview.number > after))
    return found if found is not None else db.session.scalar(query.where(DeidReview.number != after))


def standing(scope: Scope, run_id: int, numbers: Collection[int]) -> dict[int, tuple[DeidDecision, DeidReview]]:
    """The decisions that stand about some objects of a run, by number."""
    found: dict[int, tuple[DeidDecision, DeidReview]] = {}
    for some in batches(sorted(numbers)):
        query = (
            select(DeidDecision, DeidReview)
            .join(DeidReview, (DeidReview.run_id == DeidDecision.run_id) & (DeidReview.number == DeidDecision.number))
            .join(DeidRun, DeidRun.id == DeidDecision.run_id)
            .where(within(scope, DeidRun), DeidDecision.run_id == run_id, DeidDecision.number.in_(some), _stands())
        )
        for decision, review in db.session.execute(query.order_by(DeidDecision.id)):
            found[decision.number] = (decision, review)
    return found


def reviewed(scope: Scope, owner_id: str, run_id: int) -> Mapping[str, int]:
    """How many objects the run has done as somebody decided, by who that was."""
    query = (
        select(DeidDecision.reviewer_id, func.count(DeidDecision.number.distinct()))
        .join(DeidRun, DeidRun.id == DeidDecision.run_id)
        .where(within(scope, DeidRun), DeidRun.owner_id == owner_id, DeidDecision.run_id == run_id)
        .where(DeidDecision.settled_at.is_not(None))
        .group_by(DeidDecision.reviewer_id)
    )
    return {row[0]: row[1] for row in db.session.execute(query)}


def _stands() -> ColumnElement[bool]:
    return DeidDecision.undone_at.is_(None) & DeidDecision.settled_at.is_(None)


def _latest() -> ColumnElement[int]:
    """The row of the decision that was made last about the object of a queue, and not undone."""
    made = aliased(DeidDecision)
    return (
        select(func.max(made.id))
        .where(made.run_id == DeidReview.run_id, made.number == DeidReview.number, made.undone_at.is_(None))
        .correlate(DeidReview)
        .scalar_subquery()
    )


def _stage() -> ColumnElement[str]:
    return case(
        (DeidItem.state == "waiting", Stage.WORKING.value),
        (DeidItem.state == "done", Stage.DONE.value),
        ((DeidItem.state != "quarantined") | (DeidReview.state == "closed"), Stage.CLOSED.value),
        (DeidReview.state == "searching", Stage.SEARCHING.value),
        (DeidDecision.id.is_not(None) & DeidDecision.settled_at.is_(None), DeidDecision.verdict),
        else_=Stage.OPEN.value,
    )


def _queue(scope: Scope, owner_id: str, run_id: int) -> Select[*tuple[Any, ...]]:
    return (
        select(DeidReview, DeidItem, DeidDecision, _stage())
        .join(DeidItem, (DeidItem.run_id == DeidReview.run_id) & (DeidItem.number == DeidReview.number))
        .join(DeidRun, DeidRun.id == DeidReview.run_id)
        .outerjoin(DeidDecision, DeidDecision.id == _latest())
        .where(within(scope, DeidRun), DeidRun.owner_id == owner_id, DeidReview.run_id == run_id)
    )


def _entries(scope: Scope, query: Select[*tuple[Any, ...]]) -> list[Entry]:
    rows = db.session.execute(query).all()
    shown: dict[int, str] = {}
    for some in batches(sorted({row[1].source_id for row in rows})):
        sources = visible(select(Instance.id, Instance.blob_sha256).where(Instance.id.in_(some)), Instance, scope)
        shown.update({found: sha256[:12] for found, sha256 in db.session.execute(sources)})
    return [
        Entry(
            review,
            item,
            decision if stage != Stage.OPEN else None,
            Stage(stage),
            item.source_id if item.source_id in shown else None,
            blob12,
        )
        for review, item, decision, stage in rows
        for blob12 in [shown.get(item.source_id, "")]
    ]
