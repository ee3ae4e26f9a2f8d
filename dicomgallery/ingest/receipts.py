"""The account of an arrival: every file's outcome, kept for ever."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from dicomgallery.access import Actor
from dicomgallery.errors import NotFoundError
from dicomgallery.ingest.names import collection_named
from dicomgallery.ingest.outcome import Accepted, Duplicate, Outcome, Rejected
from dicomgallery.ingest.record import Arrival
from dicomgallery.models import Direct, Receipt, ReceiptLine, UtcDateTime, db, now

_BEGIN = Direct(insert(Receipt).returning(Receipt.id))
_ADD_LINES = Direct(insert(ReceiptLine))
_COUNT = Direct(
    update(Receipt)
    .where(Receipt.id == bindparam("key"))
    .values(
        accepted=Receipt.accepted + bindparam("new"),
        duplicates=Receipt.duplicates + bindparam("known"),
        rejected=Receipt.rejected + bindparam("bad"),
        size_bytes=Receipt.size_bytes + bindparam("size"),
        finished_at=bindparam("at", type_=UtcDateTime),
    )
)


def check(actor: Actor, receipt_id: int) -> None:
    """Raise NotFoundError unless this actor may continue this receipt."""
    query = select(Receipt.id).where(
        Receipt.id == receipt_id, Receipt.workspace_id == actor.workspace_id, Receipt.actor_id == actor.id
    )
    if db.session.scalar(query) is None:
        raise NotFoundError("There is no such receipt.")


def opened(session: Session, arrival: Arrival) -> Arrival:
    """The arrival with its receipt and its collection, made in this transaction where they are missing."""
    if arrival.collection and arrival.collection_id is None:
        found = collection_named(session, arrival.actor.workspace_id, arrival.collection, now())
        arrival = replace(arrival, collection_id=found)
    if arrival.receipt_id is not None:
        return arrival
    row = {
        "workspace_id": arrival.actor.workspace_id,
        "actor_id": arrival.actor.id,
        "origin": arrival.origin.value,
        "collection_id": arrival.collection_id,
        "created_at": now(),
    }
    return replace(arrival, receipt_id=int(_BEGIN.rows(session, row)[0][0]))


def add_lines(session: Session, receipt_id: int, lines: Sequence[tuple[Outcome, int]]) -> None:
    """Enter outcomes, each with the size of its file in bytes."""
    if not lines:
        return
    _ADD_LINES.run(session, *[_line(receipt_id, outcome, size) for outcome, size in lines])
    counted = {
        "key": receipt_id,
        "new": sum(isinstance(outcome, Accepted) for outcome, _ in lines),
        "known": sum(isinstance(outcome, Duplicate) for outcome, _ in lines),
        "bad": sum(isinstance(outcome, Rejected) for outcome, _ in lines),
        "size": sum(size for _, size in lines),
        "at": now(),
    }
    _COUNT.run(session, counted)


def _line(receipt_id: int, outcome: Outcome, size_bytes: int) -> dict[str, object]:
    line: dict[str, object] = {
        "receipt_id": receipt_id,
        "name": outcome.name,
        "size_bytes": size_bytes,
        "reason": "",
        "detail": "",
        "instance_id": None,
    }
    match outcome:
        case Accepted():
            return line | {"outcome": "accepted", "instance_id": outcome.instance_id, "detail": outcome.note}
        case Duplicate():
            word = "restored" if outcome.restored else "duplicate"
            return line | {"outcome": word, "instance_id": outcome.instance_id}
        case Rejected():
            return line | {"outcome": "rejected", "reason": outcome.reason.value, "detail": outcome.detail}
