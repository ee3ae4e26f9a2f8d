"""Later work, as far as an actor may know of it: all of it, or that of their own exports."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, select, true

from dicomgallery.access import Scope
from dicomgallery.catalog import cursors
from dicomgallery.catalog.scoping import within
from dicomgallery.errors import NotFoundError
from dicomgallery.models import Export, Job, db


@dataclass(frozen=True, slots=True)
class Listing:
    """Some jobs, newest first, and where the next begin."""

    items: list[Job]
    next_cursor: str | None


def by_id(scope: Scope, job_id: int) -> Job:
    """The job of this row id."""
    query = select(Job).where(Job.id == job_id, _known(scope))
    found = db.session.scalars(query).one_or_none() if 0 < job_id < 1 << 63 else None
    if found is None:
        raise NotFoundError("There is no such job here. Jobs are forgotten some time after they end.")
    return found


def listing(scope: Scope, *, state: str = "", cursor: str | None = None, limit: int = 60) -> Listing:
    """The jobs, newest first, in one state only where asked, from a cursor on."""
    query = select(Job).where(_known(scope))
    if state:
        query = query.where(Job.state == state)
    if key := cursors.decode("jobs", cursor, int):
        query = query.where(Job.id < key[0])
    found = list(db.session.scalars(query.order_by(Job.id.desc()).limit(limit + 1)))
    return Listing(found[:limit], cursors.encode("jobs", (found[limit - 1].id,)) if len(found) > limit else None)


def export_of(scope: Scope, job_id: int) -> Export | None:
    """The export that a job makes; None for other work."""
    return db.session.scalars(select(Export).where(Export.job_id == job_id, within(scope, Export))).first()


def _known(scope: Scope) -> ColumnElement[bool]:
    """Jobs belong to no workspace: whoever sees only some sees those of the exports there."""
    if scope.workspace_ids is None:
        return true()
    return Job.id.in_(select(Export.job_id).where(within(scope, Export)))
