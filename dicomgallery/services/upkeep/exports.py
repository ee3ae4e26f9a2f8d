"""Keeping exports for a day, and no longer."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import delete, update

from dicomgallery.access import SYSTEM, Actor, Permission, demand
from dicomgallery.catalog import exports as catalog
from dicomgallery.jobs.runner import JobContext, handles
from dicomgallery.models import Export, db, now, transaction
from dicomgallery.services.exports import shelf

TOLD: Final = timedelta(days=7)
"""So long a row says what became of its export."""


@dataclass(frozen=True, slots=True)
class ClearedExports:
    """What a clearing took away."""

    expired: int
    files: int


@handles("clear-exports", every=timedelta(minutes=15))
def clear_regularly(_context: JobContext) -> None:
    """Take away what was kept for a day."""
    clear_exports(actor=SYSTEM)


def clear_exports(*, actor: Actor) -> ClearedExports:
    """Take away files that were kept for a day or belong to no row, and rows that have told for a week."""
    demand(actor, Permission.ADMIN)
    at = now()
    with transaction() as session:
        connection = session.connection()
        over = update(Export).where(Export.state == "ready", Export.expires_at <= at)
        expired = connection.execute(over.values(state="expired")).rowcount
        connection.execute(delete(Export).where(Export.state != "asked", Export.created_at < at - TOLD))
        connection.execute(delete(Export).where(Export.created_at < at - 2 * TOLD))
    # In this order: a file that appears meanwhile may belong to a row that was not there yet.
    paths = shelf.kept()
    known = catalog.wanted(SYSTEM.scope, at)
    db.session.rollback()
    return ClearedExports(expired, shelf.sweep(paths, known))
