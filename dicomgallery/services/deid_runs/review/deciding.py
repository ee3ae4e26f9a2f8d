"""What somebody decides about pixels: accept the boxes, reject them, leave the object; undo; and let it be done."""

import secrets
from collections.abc import Collection, Sequence
from enum import StrEnum
from functools import partial
from typing import Final

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from dicomgallery import audit
from dicomgallery.access import Actor, Permission, demand
from dicomgallery.audit import Event
from dicomgallery.catalog import deid
from dicomgallery.catalog import deid_review as catalog
from dicomgallery.catalog.batches import batches
from dicomgallery.catalog.deid_review import Entry, Stage
from dicomgallery.catalog.scoping import within
from dicomgallery.errors import ConflictError, NotFoundError, RefusedError
from dicomgallery.jobs import queue
from dicomgallery.models import DeidDecision, DeidItem, DeidReview, DeidRun, now, retried
from dicomgallery.services.deid_runs.review import areas
from dicomgallery.services.deid_runs.review.areas import Area
from dicomgallery.services.deid_runs.working import JOB

MOST_ALIKE: Final = 200
_AT_ONCE: Final = 5000
_TO_DO: Final = (Stage.ACCEPT, Stage.REJECT)
_OPEN: Final = frozenset({Stage.OPEN, Stage.ACCEPT, Stage.REJECT, Stage.LEAVE})
_TOO_LATE: Final = "What was decided about this object is being done, or is done already."
_NO_BOX: Final = "There is no box to paint. Draw one; or reject, when nothing is burned in."
_NO_PICTURE: Final = "It has no picture that could be painted. Leave it in quarantine."
_NOT_ALIKE: Final = "Decide about this object first; what is alike can then be treated as it is."
_NOTHING: Final = "Nothing is decided yet that could be done."
_NOTHING_TO_UNDO: Final = "There is nothing to undo: no decision of this review is still only a decision."
_UNDER_WAY: Final = (
    "This run is not done. What was decided waits for that; a run that was called off has to go on first."
)


class Verdict(StrEnum):
    """What becomes of an object that was looked at."""

    ACCEPT = "accept"
    """Its boxes are painted."""
    REJECT = "reject"
    """Nothing is burned in: it goes on as it is."""
    LEAVE = "leave"
    """It stays in quarantine."""


def decide(run_id: int, number: int, verdict: Verdict, wanted: Sequence[Area] = (), *, actor: Actor) -> None:
    """Decide about one object; RefusedError in words for boxes that cannot be painted, ConflictError when too late."""
    demand(actor, Permission.DEIDENTIFY)
    entry = catalog.entry(actor.scope, actor.id, run_id, number)
    _write(run_id, {number: _boxes(entry, verdict, wanted)}, verdict, actor)


def decide_alike(run_id: int, number: int, numbers: Collection[int], *, actor: Actor) -> int:
    """Decide about objects of the same kind as about this one; gives how many. RefusedError where that is undecided."""
    demand(actor, Permission.DEIDENTIFY)
    pattern = catalog.entry(actor.scope, actor.id, run_id, number)
    if pattern.decision is None or pattern.stage not in _OPEN:
        raise RefusedError(_NOT_ALIKE)
    others = catalog.alike(actor.scope, actor.id, pattern, MOST_ALIKE)
    chosen = [entry for entry in others if entry.review.number in set(numbers)]
    if not chosen:
        raise RefusedError("None of them is chosen.")
    verdict, wanted = Verdict(pattern.decision.verdict), areas.read(pattern.decision.boxes)
    boxes = {entry.review.number: _boxes(entry, verdict, wanted) for entry in chosen}
    _write(run_id, boxes, verdict, actor)
    return len(chosen)


def undo(run_id: int, *, actor: Actor) -> int:
    """Take back what was decided last, all that was decided at once; gives the number of an object of it."""
    demand(actor, Permission.DEIDENTIFY)

    def write(session: Session) -> int:
        _run(session, run_id, actor)
        stands = (
            DeidDecision.run_id == run_id,
            DeidDecision.undone_at.is_(None),
            DeidDecision.settled_at.is_(None),
        )
        waits = select(DeidItem.number).where(DeidItem.run_id == run_id, DeidItem.state == "quarantined")
        last = select(DeidDecision).where(*stands, DeidDecision.number.in_(waits)).order_by(DeidDecision.id.desc())
        found = session.scalars(last.limit(1)).one_or_none()
        if found is None:
            raise ConflictError(_NOTHING_TO_UNDO)
        number = found.number
        session.execute(update(DeidDecision).where(*stands, DeidDecision.deed == found.deed).values(undone_at=now()))
        audit.record(session, actor, Event.PIXEL_REVIEW_UNDONE, f"deidentification:{run_id}")
        return number

    return retried(write)


def carry_out(run_id: int, *, actor: Actor) -> int:
    """Let the run do what was accepted or rejected; gives to how many objects. What is left stays as it is."""
    demand(actor, Permission.DEIDENTIFY)
    account = deid.by_id(actor.scope, actor.id, run_id)
    if account.stage != "done":
        raise ConflictError(_UNDER_WAY)
    number = retried(partial(_carry_out, run_id=run_id, actor=actor))
    queue.wake()
    return number


def _boxes(entry: Entry, verdict: Verdict, wanted: Sequence[Area]) -> list[Area]:
    if entry.stage not in _OPEN:
        raise ConflictError(_TOO_LATE if entry.stage is not Stage.SEARCHING else "It is still searched for writing.")
    if verdict is not Verdict.ACCEPT:
        return []
    columns, rows = entry.review.columns, entry.review.rows
    if not columns or not rows:
        raise RefusedError(_NO_PICTURE)
    boxes = areas.settled(wanted, columns, rows)
    if not boxes:
        raise RefusedError(_NO_BOX)
    return boxes


def _write(run_id: int, boxes: dict[int, list[Area]], verdict: Verdict, actor: Actor) -> None:
    deed = secrets.token_hex(16)

    def write(session: Session) -> None:
        _run(session, run_id, actor)
        query = (
            select(DeidItem.number)
            .join(DeidReview, (DeidReview.run_id == DeidItem.run_id) & (DeidReview.number == DeidItem.number))
            .where(DeidItem.run_id == run_id, DeidItem.number.in_(boxes), DeidItem.state == "quarantined")
            .where(DeidReview.state == "open")
        )
        if set(session.scalars(query)) != set(boxes):
            raise ConflictError(_TOO_LATE)
        values = {"run_id": run_id, "verdict": verdict.value, "deed": deed, "reviewer_id": actor.id}
        when = now()
        session.execute(
            insert(DeidDecision),
            [
                {**values, "number": number, "boxes": areas.written(some), "decided_at": when}
                for number, some in boxes.items()
            ],
        )
        told = {verdict.value: len(boxes), "boxes": sum(map(len, boxes.values()))}
        audit.record(session, actor, Event.PIXELS_REVIEWED, f"deidentification:{run_id}", **told)

    retried(write)


def _carry_out(session: Session, run_id: int, actor: Actor) -> int:
    run = _run(session, run_id, actor)
    if run.state != "done":
        raise ConflictError(_UNDER_WAY)
    found: list[int] = []
    while True:
        after = found[-1] if found else 0
        some = catalog.entries(actor.scope, actor.id, run_id, stages=_TO_DO, after=after, limit=_AT_ONCE)
        found += [entry.review.number for entry in some]
        if len(some) < _AT_ONCE:
            break
    if not found:
        raise RefusedError(_NOTHING)
    for numbers in batches(found):
        chosen = update(DeidItem).where(
            DeidItem.run_id == run_id, DeidItem.number.in_(numbers), DeidItem.state == "quarantined"
        )
        session.execute(chosen.values(state="waiting", tries=0, reason=""))
    run.state, run.finished_at = "running", None
    run.job_id = queue.enqueue(session, JOB, {"run_id": run_id}, priority=queue.LONG, total=run.object_count)
    audit.record(session, actor, Event.PIXEL_REVIEW_DONE, f"deidentification:{run_id}", objects=len(found))
    return len(found)


def _run(session: Session, run_id: int, actor: Actor) -> DeidRun:
    mine = select(DeidRun).where(DeidRun.id == run_id, DeidRun.owner_id == actor.id, within(actor.scope, DeidRun))
    run = session.scalars(mine.with_for_update()).one_or_none() if 0 < run_id < 1 << 63 else None
    if run is None:
        raise NotFoundError(deid.NOT_HERE)
    return run
