"""Receipts: what became of every file of every arrival."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, literal, select, tuple_

from dicomgallery.access import Scope
from dicomgallery.catalog import cursors
from dicomgallery.catalog.scoping import within
from dicomgallery.errors import NotFoundError
from dicomgallery.models import Collection, Receipt, ReceiptLine, db


@dataclass(frozen=True, slots=True)
class Listing:
    """Some receipts, newest first, and where the next begin."""

    items: list[Receipt]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Lines:
    """Some lines of a receipt in the order of arrival, and where the next begin."""

    items: list[ReceiptLine]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Account:
    """A receipt with what it adds up to."""

    receipt: Receipt
    collection_name: str
    outcomes: dict[str, int]
    """Lines an outcome: accepted, duplicate, restored, rejected; only those that occur."""
    reasons: dict[str, int]
    """Rejected lines a reason, most first."""


def by_id(scope: Scope, receipt_id: int) -> Receipt:
    """The receipt of this row id."""
    query = select(Receipt).where(Receipt.id == receipt_id, within(scope, Receipt))
    found = db.session.scalars(query).one_or_none() if 0 < receipt_id < 1 << 63 else None
    if found is None:
        raise NotFoundError("There is no such receipt here.")
    return found


def account(scope: Scope, receipt_id: int) -> Account:
    """The receipt of this row id and its counts by outcome and reason."""
    receipt = by_id(scope, receipt_id)
    grouped = (
        select(ReceiptLine.outcome, ReceiptLine.reason, func.count())
        .where(ReceiptLine.receipt_id == receipt_id)
        .group_by(ReceiptLine.outcome, ReceiptLine.reason)
        .order_by(func.count().desc(), ReceiptLine.reason)
    )
    outcomes: dict[str, int] = {}
    reasons: dict[str, int] = {}
    for outcome, reason, number in db.session.execute(grouped):
        outcomes[outcome] = outcomes.get(outcome, 0) + number
        if reason:
            reasons[reason] = reasons.get(reason, 0) + number
    name = select(Collection.name).where(Collection.id == receipt.collection_id, within(scope, Collection))
    return Account(receipt, db.session.scalar(name) or "", outcomes, reasons)


def listing(scope: Scope, *, cursor: str | None = None, limit: int = 60) -> Listing:
    """The receipts, newest first, from a cursor on."""
    query = select(Receipt).where(within(scope, Receipt))
    if key := cursors.decode("receipts", cursor, datetime, int):
        here = tuple_(literal(key[0], Receipt.created_at.type), literal(key[1]))
        query = query.where(tuple_(Receipt.created_at, Receipt.id) < here)
    found = list(db.session.scalars(query.order_by(Receipt.created_at.desc(), Receipt.id.desc()).limit(limit + 1)))
    last = found[limit - 1] if len(found) > limit else None
    return Listing(found[:limit], cursors.encode("receipts", (last.created_at, last.id)) if last else None)


def lines(
    scope: Scope, receipt_id: int, *, outcome: str = "", reason: str = "", cursor: str | None = None, limit: int = 200
) -> Lines:
    """The lines of a receipt in the order of arrival, of one outcome or reason only where asked."""
    by_id(scope, receipt_id)
    query = select(ReceiptLine).where(ReceiptLine.receipt_id == receipt_id)
    if outcome:
        query = query.where(ReceiptLine.outcome == outcome)
    if reason:
        query = query.where(ReceiptLine.reason == reason)
    if key := cursors.decode("lines", cursor, int):
        query = query.where(ReceiptLine.id > key[0])
    found = list(db.session.scalars(query.order_by(ReceiptLine.id).limit(limit + 1)))
    return Lines(found[:limit], cursors.encode("lines", (found[limit - 1].id,)) if len(found) > limit else None)
