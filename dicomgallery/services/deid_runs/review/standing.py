"""What the job of a run asks of the review, and what it tells it."""

from collections.abc import Collection, Sequence
from typing import Final

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from dicomgallery.access import SYSTEM
from dicomgallery.catalog import deid_review as catalog
from dicomgallery.dicom.boxes import Box
from dicomgallery.jobs import queue
from dicomgallery.models import DeidDecision, DeidReview, now
from dicomgallery.services.deid_runs.review import areas
from dicomgallery.services.deid_runs.review.areas import Area, Origin
from dicomgallery.services.deidentifying.burned_in import Seen

PROPOSE: Final = "deidentify_propose"
_AGAIN: Final = (
    "After the boxes were painted, writing was found once more. Look at what is marked: accept it, or take its boxes "
    "away if it is no writing."
)


def decided(run_id: int, numbers: Collection[int]) -> dict[int, Seen]:
    """What was decided about the pixels of some objects whose turn it is."""
    found = catalog.standing(SYSTEM.scope, run_id, numbers)
    return {number: _seen(decision, review) for number, (decision, review) in found.items()}


def set_apart(session: Session, run_id: int, number: int, reason: str, found: Sequence[Box]) -> None:
    """Put an object into the queue; or back into it, with what was found after it was painted."""
    review = session.get(DeidReview, (run_id, number))
    if review is None:
        session.execute(insert(DeidReview).values(run_id=run_id, number=number))
        return
    decision = _standing(session, run_id, number)
    review.note = _AGAIN if found else reason
    if decision is not None:
        painted = areas.read(decision.boxes)
        # What a person took away stays away; what is found again is there to be judged.
        review.proposed = areas.written([*painted, *(Area(box, Origin.AGAIN) for box in found)][: areas.MOST_AREAS])
    settle(session, run_id, number)


def settle(session: Session, run_id: int, number: int) -> None:
    """Note that what was decided about an object has been done."""
    standing = update(DeidDecision).where(
        DeidDecision.run_id == run_id,
        DeidDecision.number == number,
        DeidDecision.undone_at.is_(None),
        DeidDecision.settled_at.is_(None),
    )
    session.execute(standing.values(settled_at=now()))


def close(session: Session, run_id: int, number: int) -> None:
    """Take an object out of the queue: it ended, and not by its pixels."""
    mine = update(DeidReview).where(DeidReview.run_id == run_id, DeidReview.number == number)
    session.execute(mine.values(state="closed"))
    settle(session, run_id, number)


def ask(session: Session, run_id: int) -> None:
    """Ask for boxes to be proposed for what waits without any."""
    waiting = select(DeidReview.number).where(DeidReview.run_id == run_id, DeidReview.state == "searching").limit(1)
    if session.scalar(waiting) is not None:
        queue.enqueue(session, PROPOSE, {"run_id": run_id}, priority=queue.USUAL)


def _standing(session: Session, run_id: int, number: int) -> DeidDecision | None:
    query = select(DeidDecision).where(
        DeidDecision.run_id == run_id,
        DeidDecision.number == number,
        DeidDecision.undone_at.is_(None),
        DeidDecision.settled_at.is_(None),
    )
    return session.scalars(query.order_by(DeidDecision.id.desc()).limit(1)).one_or_none()


def _seen(decision: DeidDecision, review: DeidReview) -> Seen:
    painted = [area.box for area in areas.read(decision.boxes)] if decision.verdict == "accept" else []
    judged = [area.box for area in areas.read(review.proposed) if area.origin is Origin.AGAIN]
    return Seen(painted, judged, decision.reviewer_id)
