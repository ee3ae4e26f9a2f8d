"""The job of a run: some objects at a time; it goes on where it stopped, and one failure does not stop the rest."""

import json
import tempfile
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from dicomgallery import audit, settings
from dicomgallery.access import SYSTEM, Actor, ActorKind
from dicomgallery.audit import Event
from dicomgallery.catalog import instances, objects
from dicomgallery.catalog.objects import StoredObject
from dicomgallery.deid.engine import Engine
from dicomgallery.deid.profile import Profile, from_json
from dicomgallery.ingest.incoming import IncomingFile, Origin
from dicomgallery.ingest.outcome import Accepted, Duplicate, IngestReport, Rejected
from dicomgallery.ingest.pipeline import ingest
from dicomgallery.jobs.runner import JobContext, handles
from dicomgallery.models import DeidItem, DeidRun, Job, db, now, retried
from dicomgallery.sandbox import opening
from dicomgallery.services.deid_runs import project, reporting
from dicomgallery.services.deid_runs.review import standing
from dicomgallery.services.deid_runs.treating import Ended, Made, Written, judge, treat
from dicomgallery.services.deidentifying import BurnedIn
from dicomgallery.services.deidentifying.burned_in import Seen

JOB: Final = "deidentify"
_AT_ONCE: Final = 32
_BYTES_AT_ONCE: Final = 256 << 20
_SEARCHED_AT_ONCE: Final = 2
_TRIES: Final = 3
_GONE: Final = "It went to the bin, or was replaced, before its turn."
_BREAKS: Final = "The gallery broke off at it three times, so it was left out."
_SAME: Final = "The same copy was here already."
_NEWER: Final = "It takes the place of an earlier copy of the same object, made in another way."


@dataclass(frozen=True, slots=True)
class _Task:
    """An object whose turn it is."""

    number: int
    source_id: int
    tries: int


@dataclass(frozen=True, slots=True)
class _Settled:
    """What became of an object, as its row has it."""

    number: int
    state: str
    values: dict[str, Any]
    actions: Counter[str]


@handles(JOB)
def work(context: JobContext, run_id: int) -> None:
    """De-identify what a run still has to do, and write its report at the end."""
    run = db.session.get(DeidRun, run_id)
    if run is None:
        return
    actor = replace(SYSTEM, kind=ActorKind.OWNER, id=run.owner_id, workspace_id=run.workspace_id)
    line = _Line(run_id, context.job_id, actor, BurnedIn(run.burned_in), run.receipt_id)
    engine = Engine(from_json(run.profile), project.pseudonyms(run.workspace_id))
    db.session.rollback()
    while tasks := retried(line.take):
        line.do(tasks, engine)
    retried(line.finish)


@dataclass
class _Line:
    """A run at work under one job; another job of the same run, or a cancelled one, finds nothing to take."""

    run_id: int
    job_id: int
    actor: Actor
    burned_in: BurnedIn
    receipt_id: int | None

    def take(self, session: Session) -> list[_Task]:
        """The next objects; what broke the gallery before comes alone, so that no other suffers for it."""
        if self._run(session) is None:
            return []
        query = select(DeidItem.number, DeidItem.source_id, DeidItem.tries).where(
            DeidItem.run_id == self.run_id, DeidItem.state == "waiting"
        )
        rows = [_Task(*row) for row in session.execute(query.order_by(DeidItem.number).limit(_AT_ONCE))]
        tasks = list(takewhile(lambda task: not task.tries, rows)) or rows[:1]
        numbers = [task.number for task in tasks]
        begun = update(DeidItem).where(DeidItem.run_id == self.run_id, DeidItem.number.in_(numbers))
        session.execute(begun.values(tries=DeidItem.tries + 1))
        return tasks

    def do(self, tasks: Sequence[_Task], engine: Engine) -> None:
        """Treat some objects, take in what was made of them, and enter what became of each."""
        ids = [task.source_id for task in tasks]
        sources = objects.by_ids(SYSTEM.scope, ids)
        here = set(instances.visible_ids(SYSTEM.scope, ids))
        seen = standing.decided(self.run_id, [task.number for task in tasks])
        db.session.rollback()
        ended: list[Ended] = []
        written: list[Written] = []
        staging = settings.current().staging
        staging.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            with (
                tempfile.TemporaryDirectory(prefix=".deid-", dir=staging) as folder,
                ThreadPoolExecutor(_SEARCHED_AT_ONCE, "leaks") as threads,
            ):
                searches: list[Future[Made | Ended]] = []
                for task in tasks:
                    source = sources.get(task.source_id) if task.source_id in here else None
                    pixels = seen.get(task.number, self.burned_in)
                    result = _treated(task, source, engine, pixels, Path(folder))
                    if isinstance(result, Ended):
                        ended.append(result)
                        continue
                    written.append(result)
                    searches.append(_searching(result, engine.profile, searches, threads))
                    if sum(one.staged.size_bytes for one in written) > _BYTES_AT_ONCE:
                        self._enter(ended, searches)
                        ended, written, searches = [], [], []
                self._enter(ended, searches)
        except BaseException:
            for one in written:
                one.staged.discard()
            raise

    def finish(self, session: Session) -> None:
        """Say that the run is done, and sign its report, unless something still waits."""
        run = self._run(session)
        waiting = select(DeidItem.number).where(DeidItem.run_id == self.run_id, DeidItem.state == "waiting").limit(1)
        if run is None or session.scalar(waiting) is not None:
            return
        run.state, run.finished_at = "done", now()
        session.flush()
        reporting.write(session, run)
        standing.ask(session, self.run_id)
        audit.record(session, self.actor, Event.DEIDENTIFICATION_DONE, f"deidentification:{self.run_id}")

    def _run(self, session: Session) -> DeidRun | None:
        """The run, as long as it is this job's to do."""
        mine = select(DeidRun).where(
            DeidRun.id == self.run_id, DeidRun.state == "running", DeidRun.job_id == self.job_id
        )
        return session.scalars(mine.with_for_update()).one_or_none()

    def _taken_in(self, made: Sequence[Made]) -> list[_Settled]:
        if not made:
            return []
        files = [IncomingFile(one.name, one.staged) for one in made]
        report = ingest(files, actor=self.actor, origin=Origin.DEIDENTIFIED, receipt_id=self.receipt_id)
        self.receipt_id = report.receipt_id
        return [_settled(one, place, report) for place, one in enumerate(made)]

    def _enter(self, ended: Sequence[Ended], searches: Sequence["Future[Made | Ended]"]) -> None:
        """Take in what was found clean, and enter what became of each."""
        judged = [search.result() for search in searches]
        done = self._taken_in([one for one in judged if isinstance(one, Made)])
        apart = [*ended, *(one for one in judged if isinstance(one, Ended))]
        settled = [*(_Settled(one.number, one.state, _why(one), Counter()) for one in apart), *done]

        about_pixels = {one.number: one for one in ended if one.is_about_pixels}

        def write(session: Session) -> None:
            run = session.scalars(select(DeidRun).where(DeidRun.id == self.run_id).with_for_update()).one_or_none()
            if run is None:
                return
            # Another job of this run may have been quicker: what is entered once is counted once. Both lock the run.
            mine = (DeidItem.run_id == self.run_id, DeidItem.state == "waiting")
            numbers = [one.number for one in settled]
            waiting = set(session.scalars(select(DeidItem.number).where(*mine, DeidItem.number.in_(numbers))))
            fresh = [one for one in settled if one.number in waiting]
            actions = Counter(json.loads(run.actions))
            for one in fresh:
                actions.update(one.actions)
                self._tell_review(session, one, about_pixels.get(one.number))
            if fresh:
                rows = [{"run_id": run.id, "number": one.number, "state": one.state, **one.values} for one in fresh]
                session.execute(update(DeidItem), rows)
            run.actions, run.receipt_id = json.dumps(dict(actions)), self.receipt_id
            told = update(Job).where(Job.id == self.job_id)
            session.execute(told.values(done=Job.done + len(settled), total=run.object_count))

        retried(write)

    def _tell_review(self, session: Session, one: _Settled, apart: Ended | None) -> None:
        """What waits for a person comes into the queue; whatever else has ended leaves it."""
        if apart is not None:
            standing.set_apart(session, self.run_id, one.number, apart.reason, apart.found)
        elif one.state == "done":
            standing.settle(session, self.run_id, one.number)
        else:
            standing.close(session, self.run_id, one.number)


def _treated(
    task: _Task, source: StoredObject | None, engine: Engine, pixels: BurnedIn | Seen, folder: Path
) -> Written | Ended:
    if task.tries >= _TRIES:
        return Ended(task.number, "failed", _BREAKS)
    if source is None:
        return Ended(task.number, "skipped", _GONE)
    return treat(task.number, source, engine, pixels, folder)


def _searching(
    one: Written, profile: Profile, searches: Sequence["Future[Made | Ended]"], threads: ThreadPoolExecutor
) -> "Future[Made | Ended]":
    """Have a result searched beside this process while it writes the next; here, when those there have enough to do."""
    if sum(not search.done() for search in searches) <= _SEARCHED_AT_ONCE:
        return threads.submit(judge, one, profile, opening.sandbox())
    search: Future[Made | Ended] = Future()
    search.set_result(judge(one, profile, None))
    return search


def _why(one: Ended) -> dict[str, Any]:
    return {"reason": one.reason, "sha256_before": one.sha256_before, "proof": reporting.proof(one.leaks)}


def _settled(made: Made, place: int, report: IngestReport) -> _Settled:
    outcome = report.outcomes[place]
    if isinstance(outcome, Rejected):
        proof = reporting.proof(made.leaks)
        refused = {"reason": outcome.detail, "sha256_before": made.sha256_before, "proof": proof}
        return _Settled(made.number, "failed", refused, Counter())
    reason = _SAME if isinstance(outcome, Duplicate) else ""
    if isinstance(outcome, Accepted) and outcome.replaced_id is not None:
        reason = _NEWER
    values: dict[str, Any] = {
        "reason": reason,
        "result_id": outcome.instance_id,
        "sha256_before": made.sha256_before,
        "sha256_after": made.staged.sha256,
        "changes": sum(made.actions.values()),
        "boxes": len(made.boxes),
        "proof": reporting.proof(made.leaks, made.actions, made.boxes, made.reviewer),
    }
    return _Settled(made.number, "done", values, made.actions)
