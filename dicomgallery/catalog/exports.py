"""Exports: the files that somebody asked to have made of a series."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, Select, func, select

from dicomgallery.access import Scope
from dicomgallery.catalog import cursors
from dicomgallery.catalog.scoping import within
from dicomgallery.errors import NotFoundError
from dicomgallery.models import Export, Job, Series, db, now

NOT_HERE: Final = "There is no such export here. It was removed, or its series is gone."
_BROKE: Final = "It broke off in a way that was not foreseen; the gallery's log has it under this export's job."


@dataclass(frozen=True, slots=True)
class Account:
    """An export and how far it is."""

    export: Export
    series: Series
    done: int
    total: int
    job_state: str
    """Empty when there is no such job any more."""

    @property
    def stage(self) -> str:
        """waiting, working, ready, failed, cancelled, expired, or binned where its series is not shown."""
        state = self.export.state
        if state == "asked" and self.job_state in {"", "failed", "done"}:
            return "failed"
        if state == "asked":
            return "working" if self.job_state == "running" else "waiting"
        if state == "ready" and self.export.expires_at <= now():
            return "expired"
        return "binned" if state == "ready" and not self.series.instance_count else state

    @property
    def sentence(self) -> str:
        """Why there is no file; empty where there is one, or will be."""
        return self.export.sentence or (_BROKE if self.stage == "failed" else "")


@dataclass(frozen=True, slots=True)
class Listing:
    """Some exports, newest first, and where the next begin."""

    items: list[Account]
    next_cursor: str | None


def by_id(scope: Scope, owner_id: str, export_id: int) -> Account:
    """The export of this row id, if it is this owner's."""
    row = None
    if 0 < export_id < 1 << 63:
        row = db.session.execute(_mine(scope, owner_id).where(Export.id == export_id)).one_or_none()
    if row is None:
        raise NotFoundError(NOT_HERE)
    return _account(row)


def listing(scope: Scope, owner_id: str, *, cursor: str | None = None, limit: int = 60) -> Listing:
    """The exports of an owner, newest first, from a cursor on."""
    query = _mine(scope, owner_id)
    if key := cursors.decode("exports", cursor, int):
        query = query.where(Export.id < key[0])
    found = [_account(row) for row in db.session.execute(query.order_by(Export.id.desc()).limit(limit + 1))]
    more = cursors.encode("exports", (found[limit - 1].export.id,)) if len(found) > limit else None
    return Listing(found[:limit], more)


def under_way(scope: Scope, owner_id: str, series_key: int, arguments: str) -> int | None:
    """The export of an owner that is being made of the same in the same way."""
    query = _mine(scope, owner_id).with_only_columns(Export.id)
    same = query.where(Export.series_key == series_key, Export.arguments == arguments, Export.state == "asked")
    return db.session.scalar(same.where(Job.state.in_(["queued", "running"])).limit(1))


def waiting(scope: Scope, owner_id: str) -> int:
    """How many exports of an owner are being made, or wait for it."""
    query = _mine(scope, owner_id).with_only_columns(func.count())
    return int(db.session.scalar(query.where(Export.state == "asked", Job.state.in_(["queued", "running"]))) or 0)


def wanted(scope: Scope, at: datetime) -> set[int]:
    """The exports of every owner in a scope that have a file to be kept, or are about to have one."""
    ready = (Export.state == "ready") & (Export.expires_at > at)
    query = select(Export.id).where(within(scope, Export), ready | (Export.state == "asked"))
    return set(db.session.scalars(query))


def _mine(scope: Scope, owner_id: str) -> Select[*tuple[Any, ...]]:
    return (
        select(Export, Series, Job.done, Job.total, Job.state)
        .join(Series, Export.series_key == Series.id)
        .outerjoin(Job, Job.id == Export.job_id)
        .where(within(scope, Export), Export.owner_id == owner_id)
    )


def _account(row: Row[*tuple[Any, ...]]) -> Account:
    return Account(row[0], row[1], row[2] or 0, row[3] or 0, row[4] or "")
