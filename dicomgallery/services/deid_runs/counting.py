"""What a draft would change over its whole selection: at once for a few objects, by a job with progress for many."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from dicomgallery.access import SYSTEM, Actor, Permission, Scope, demand
from dicomgallery.catalog import deid as catalog
from dicomgallery.catalog import instances, objects
from dicomgallery.catalog.objects import StoredObject
from dicomgallery.deid.engine import Engine
from dicomgallery.deid.profile import from_json
from dicomgallery.errors import ConflictError, GalleryError
from dicomgallery.jobs import queue
from dicomgallery.jobs.runner import JobContext, handles
from dicomgallery.models import DeidItem, DeidRun, db, retried
from dicomgallery.services.deid_runs import project
from dicomgallery.services.deid_runs.previewing import mapped, path_of
from dicomgallery.services.deid_runs.treating import SURPRISES
from dicomgallery.services.deidentifying import BurnedIn
from dicomgallery.services.deidentifying.burned_in import suspicion

JOB: Final = "count-deidentification"
FEW: Final = 12
"""So many objects are counted while a page waits."""
_AT_ONCE: Final = 40


@dataclass(frozen=True, slots=True)
class Forecast:
    """What would become of all objects of a draft."""

    actions: Mapping[str, int]
    """Elements by what would be done to them."""
    set_apart: int
    """Objects whose pixels would wait for a person."""
    unreadable: int
    """Objects that would be left out because they cannot be read."""


def forecast(run_id: int, *, actor: Actor) -> Forecast | None:
    """What a draft would change over all; None for many objects that nobody has had counted."""
    demand(actor, Permission.DEIDENTIFY)
    run = catalog.by_id(actor.scope, actor.id, run_id).run
    if run.forecast:
        return Forecast(**json.loads(run.forecast))
    if run.object_count > FEW:
        return None
    tally = _Tally(run)
    tally.add(_sources(actor.scope, [one.item.source_id for one in catalog.items(actor.scope, run_id, limit=FEW)]))
    return tally.forecast


def count(run_id: int, *, actor: Actor) -> None:
    """Have a draft counted, in the background; asking twice counts once."""
    demand(actor, Permission.DEIDENTIFY)
    account = catalog.by_id(actor.scope, actor.id, run_id)
    if account.stage != "draft":
        raise ConflictError("This run has been started: what it does is counted while it does it.")
    if account.counting not in {"queued", "running"}:
        retried(partial(_ask, run_id=run_id, total=account.run.object_count))
        queue.wake()


def _ask(session: Session, run_id: int, total: int) -> None:
    run = session.scalars(select(DeidRun).where(DeidRun.id == run_id).with_for_update()).one()
    run.count_job_id = queue.enqueue(session, JOB, {"run_id": run_id}, priority=queue.LONG, total=total)


@handles(JOB)
def work(context: JobContext, run_id: int) -> None:
    """Count what a draft would change; it ends when the draft is another one meanwhile."""
    run = db.session.get(DeidRun, run_id)
    if run is None:
        return
    tally, total, after = _Tally(run), run.object_count, 0
    while True:
        query = select(DeidItem.number, DeidItem.source_id).where(DeidItem.run_id == run_id, DeidItem.number > after)
        rows = db.session.execute(query.order_by(DeidItem.number).limit(_AT_ONCE)).all()
        sources = _sources(SYSTEM.scope, [row.source_id for row in rows])
        db.session.rollback()
        if not rows:
            break
        tally.add(sources)
        after = rows[-1].number
        context.progress(after, total)
        if context.cancelled():
            return

    def keep(session: Session) -> None:
        mine = select(DeidRun).where(
            DeidRun.id == run_id, DeidRun.state == "draft", DeidRun.count_job_id == context.job_id
        )
        found = session.scalars(mine.with_for_update()).one_or_none()
        if found is not None:
            found.forecast = json.dumps(asdict(tally.forecast))

    retried(keep)


class _Tally:
    """The counts of some objects under the profile of a run."""

    def __init__(self, run: DeidRun) -> None:
        self._engine = Engine(from_json(run.profile), project.pseudonyms(run.workspace_id))
        self._waits = run.burned_in == BurnedIn.QUARANTINE
        self._actions: Counter[str] = Counter()
        self._set_apart = self._unreadable = 0

    def add(self, sources: Sequence[StoredObject]) -> None:
        """Count objects."""
        for source in sources:
            try:
                path = path_of(source.blob_sha256)
                if self._waits and suspicion(path):
                    self._set_apart += 1
                    continue
                with mapped(path) as data:
                    changes = self._engine.deidentify(data).changes
                self._actions.update(change.action.name.lower() for change in changes)
            except (GalleryError, *SURPRISES):
                self._unreadable += 1

    @property
    def forecast(self) -> Forecast:
        """What was counted."""
        return Forecast(dict(self._actions), self._set_apart, self._unreadable)


def _sources(scope: Scope, ids: Sequence[int]) -> list[StoredObject]:
    found = objects.by_ids(scope, instances.visible_ids(scope, ids))
    return [found[one] for one in ids if one in found]
