"""The account of an arrival: every file's outcome, kept for ever."""

from collections.abc import Sequence

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from dicomgallery.access import Actor
from dicomgallery.errors import NotFoundError
from dicomgallery.ingest.incoming import Origin
from dicomgallery.ingest.outcome import Accepted, Duplicate, Outcome, Rejected
from dicomgallery.models import Receipt, ReceiptLine, now


def begin(session: Session, actor: Actor, origin: Origin, collection_id: int | None) -> int:
    """Open a receipt; gives its row id."""
    row = {
        "workspace_id": actor.workspace_id,
        "actor_id": actor.id,
        "origin": origin.value,
        "collection_id": collection_id,
        "created_at": now(),
    }
    return int(session.execute(insert(Receipt).returning(Receipt.id), [row]).scalar_one())


def resume(session: Session, actor: Actor, receipt_id: int) -> int:
    """Continue a receipt of this actor; NotFoundError when there is no such one."""
    query = select(Receipt.id).where(
        Receipt.id == receipt_id, Receipt.workspace_id == actor.workspace_id, Receipt.actor_id == actor.id
    )
    if session.scalar(query) is None:
        raise NotFoundError("There is no such receipt.")
    return receipt_id


def add_lines(session: Session, receipt_id: int, lines: Sequence[tuple[Outcome, int]]) -> None:
    """Enter outcomes, each with the size of its file in bytes."""
    if not lines:
        return
    session.execute(insert(ReceiptLine), [_line(receipt_id, outcome, size) for outcome, size in lines])
    session.execute(
        update(Receipt)
        .where(Receipt.id == receipt_id)
        .values(
            accepted=Receipt.accepted + sum(isinstance(outcome, Accepted) for outcome, _ in lines),
            duplicates=Receipt.duplicates + sum(isinstance(outcome, Duplicate) for outcome, _ in lines),
            rejected=Receipt.rejected + sum(isinstance(outcome, Rejected) for outcome, _ in lines),
            size_bytes=Receipt.size_bytes + sum(size for _, size in lines),
            finished_at=now(),
        )
    )


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
