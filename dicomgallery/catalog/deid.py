"""De-identification as it is kept: profiles in their versions, runs, and what became of each object."""

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import aliased

from dicomgallery.access import Scope
from dicomgallery.catalog import cursors
from dicomgallery.catalog.scoping import visible, within
from dicomgallery.errors import NotFoundError
from dicomgallery.models import DeidItem, DeidProfile, DeidReport, DeidRun, Instance, Job, Series, Study, db

NOT_HERE: Final = "There is no such de-identification here. It was removed, or it is somebody else's."
_NO_PROFILE: Final = "There is no such profile here."
_NO_OBJECT: Final = "There is no such object in this de-identification."
_NO_REPORT: Final = "There is no report yet: it is written when the run is done."
MOST_STUDIES: Final = 50
MOST_VERSIONS: Final = 200
MOST_PROFILES: Final = 200


@dataclass(frozen=True, slots=True)
class Account:
    """A run and how far it is."""

    run: DeidRun
    job_state: str
    """Empty when there is no such job any more."""
    counts: Mapping[str, int]
    """Objects by what became of them."""
    counting: str = ""
    """The state of the job that counts what a draft will change; empty when none was asked for."""
    counted: int = 0
    """Objects that it has looked at."""

    @property
    def stage(self) -> str:
        """draft, waiting, working, stopped (it can go on), done or cancelled."""
        if self.run.state != "running":
            return self.run.state
        if self.job_state == "queued":
            return "waiting"
        return "working" if self.job_state == "running" else "stopped"

    @property
    def settled(self) -> int:
        """How many objects have been dealt with."""
        return self.run.object_count - self.counts.get("waiting", 0)

    @property
    def actions(self) -> Mapping[str, int]:
        """How many elements met each action."""
        return dict(json.loads(self.run.actions))


@dataclass(frozen=True, slots=True)
class RunItem:
    """One object of a run; source and result are None where they are gone or not for the asker to see."""

    item: DeidItem
    source_id: int | None
    result_id: int | None


@dataclass(frozen=True, slots=True)
class Listing:
    """Some runs, newest first, and where the next begin."""

    items: list[Account]
    next_cursor: str | None


def by_id(scope: Scope, owner_id: str, run_id: int) -> Account:
    """The run of this row id, if it is this owner's."""
    row = None
    if 0 < run_id < 1 << 63:
        row = db.session.execute(_mine(scope, owner_id).where(DeidRun.id == run_id)).one_or_none()
    if row is None:
        raise NotFoundError(NOT_HERE)
    return _account(row, _counts(scope, [run_id]))


def listing(scope: Scope, owner_id: str, *, cursor: str | None = None, limit: int = 60) -> Listing:
    """The runs of an owner, newest first, from a cursor on."""
    query = _mine(scope, owner_id)
    if key := cursors.decode("deid", cursor, int):
        query = query.where(DeidRun.id < key[0])
    rows = db.session.execute(query.order_by(DeidRun.id.desc()).limit(limit + 1)).all()
    counts = _counts(scope, [row[0].id for row in rows])
    found = [_account(row, counts) for row in rows]
    more = cursors.encode("deid", (found[limit - 1].run.id,)) if len(found) > limit else None
    return Listing(found[:limit], more)


def items(scope: Scope, run_id: int, *, state: str = "", after: int = 0, limit: int = 100) -> list[RunItem]:
    """The objects of a run in their order, behind a number; in one state only where asked."""
    source, result = aliased(Instance), aliased(Instance)
    query = (
        select(DeidItem, source.id, result.id)
        .join(DeidRun, DeidItem.run_id == DeidRun.id)
        .outerjoin(source, (source.id == DeidItem.source_id) & _seen(scope, source))
        .outerjoin(result, (result.id == DeidItem.result_id) & _seen(scope, result))
        .where(DeidItem.run_id == run_id, DeidItem.number > after, within(scope, DeidRun))
    )
    if state:
        query = query.where(DeidItem.state == state)
    return [RunItem(*row) for row in db.session.execute(query.order_by(DeidItem.number).limit(limit))]


def source(scope: Scope, run_id: int, number: int) -> Instance:
    """The object of this number of a run, as long as the gallery shows it; numbers count from 1."""
    query = (
        select(Instance)
        .join(DeidItem, DeidItem.source_id == Instance.id)
        .where(DeidItem.run_id == run_id, DeidItem.number == number)
    )
    found = db.session.scalars(visible(query, Instance, scope)).one_or_none() if 0 < number < 1 << 31 else None
    if found is None:
        raise NotFoundError(_NO_OBJECT)
    return found


def studies(scope: Scope, run_id: int) -> list[Study]:
    """The studies that the results of a run are in, as far as the gallery shows them."""
    made = (
        select(Series.study_key)
        .join(Instance, Instance.series_key == Series.id)
        .join(DeidItem, DeidItem.result_id == Instance.id)
        .where(DeidItem.run_id == run_id)
    )
    query = visible(select(Study).where(Study.id.in_(made)), Study, scope)
    return list(db.session.scalars(query.order_by(Study.id).limit(MOST_STUDIES)))


def report(scope: Scope, owner_id: str, run_id: int) -> str:
    """The signed report of a run, as JSON."""
    by_id(scope, owner_id, run_id)
    held = db.session.scalar(select(DeidReport.json_zlib).where(DeidReport.run_id == run_id))
    if held is None:
        raise NotFoundError(_NO_REPORT)
    return zlib.decompress(held).decode("utf-8")


def profiles(scope: Scope) -> list[DeidProfile]:
    """The newest version of each profile, by name."""
    newest = select(func.max(DeidProfile.id)).where(within(scope, DeidProfile))
    newest = newest.group_by(DeidProfile.workspace_id, DeidProfile.name)
    query = select(DeidProfile).where(DeidProfile.id.in_(newest)).order_by(DeidProfile.name, DeidProfile.id)
    return list(db.session.scalars(query.limit(MOST_PROFILES)))


def profile(scope: Scope, profile_id: int) -> DeidProfile:
    """A version of a profile by its row id."""
    query = select(DeidProfile).where(DeidProfile.id == profile_id, within(scope, DeidProfile))
    found = db.session.scalars(query).one_or_none() if 0 < profile_id < 1 << 63 else None
    if found is None:
        raise NotFoundError(_NO_PROFILE)
    return found


def versions(scope: Scope, of: DeidProfile) -> list[DeidProfile]:
    """Every version of a profile, the newest first."""
    query = select(DeidProfile).where(
        DeidProfile.workspace_id == of.workspace_id, DeidProfile.name == of.name, within(scope, DeidProfile)
    )
    return list(db.session.scalars(query.order_by(DeidProfile.version.desc()).limit(MOST_VERSIONS)))


def _seen(scope: Scope, instance: Any) -> Any:
    """Hold for instances, of an alias, that the scope may see: `within` knows the table alone."""
    return instance.workspace_id.in_(sorted(scope.workspace_ids)) if scope.workspace_ids is not None else True


def _mine(scope: Scope, owner_id: str) -> Select[*tuple[Any, ...]]:
    counter = aliased(Job)
    return (
        select(DeidRun, Job.state, counter.state, counter.done)
        .outerjoin(Job, Job.id == DeidRun.job_id)
        .outerjoin(counter, counter.id == DeidRun.count_job_id)
        .where(within(scope, DeidRun), DeidRun.owner_id == owner_id)
    )


def _counts(scope: Scope, run_ids: list[int]) -> dict[int, dict[str, int]]:
    query = (
        select(DeidItem.run_id, DeidItem.state, func.count())
        .join(DeidRun, DeidItem.run_id == DeidRun.id)
        .where(DeidItem.run_id.in_(run_ids), within(scope, DeidRun))
        .group_by(DeidItem.run_id, DeidItem.state)
    )
    found: dict[int, dict[str, int]] = {}
    for run_id, state, number in db.session.execute(query):
        found.setdefault(run_id, {})[state] = number
    return found


def _account(row: Row[*tuple[Any, ...]], counts: Mapping[int, Mapping[str, int]]) -> Account:
    return Account(row[0], row[1] or "", counts.get(row[0].id, {}), row[2] or "", row[3] or 0)
