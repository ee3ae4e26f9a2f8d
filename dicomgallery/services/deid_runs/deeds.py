"""What somebody can do with runs: start one, call it off, let it go on, count beforehand, remove it."""

from functools import partial
from typing import Final

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from dicomgallery import audit
from dicomgallery.access import Actor, Permission, demand
from dicomgallery.audit import Event
from dicomgallery.catalog import deid as catalog
from dicomgallery.catalog.deid import Account
from dicomgallery.deid.profile import from_json
from dicomgallery.errors import ConflictError
from dicomgallery.jobs import queue
from dicomgallery.models import DeidDecision, DeidItem, DeidReport, DeidReview, DeidRun, Job, now, retried, transaction
from dicomgallery.services.deid_runs import drafts
from dicomgallery.services.deid_runs.working import JOB

__all__ = ["cancel", "of", "remove", "report", "start"]

_MAY_START: Final = frozenset({"draft", "stopped", "cancelled"})


def of(run_id: int, *, actor: Actor) -> Account:
    """A run and how far it is; NotFoundError when it is not the actor's."""
    demand(actor, Permission.DEIDENTIFY)
    return catalog.by_id(actor.scope, actor.id, run_id)


def start(run_id: int, *, actor: Actor) -> None:
    """Start a draft, or let what was called off or broke off go on where it stopped; RefusedError in words."""
    account = of(run_id, actor=actor)
    if account.stage not in _MAY_START:
        raise ConflictError("This run is on its way already." if account.stage != "done" else "This run is done.")
    drafts.check(from_json(account.run.profile))
    retried(partial(_start, run_id=run_id, actor=actor, total=account.run.object_count))
    queue.wake()


def cancel(run_id: int, *, actor: Actor) -> None:
    """Call a run off; what it has made stays."""
    account = of(run_id, actor=actor)

    def stop(session: Session) -> None:
        running = update(DeidRun).where(DeidRun.id == run_id, DeidRun.state == "running")
        if session.connection().execute(running.values(state="cancelled", finished_at=now())).rowcount:
            _stop_job(session, account.run.job_id)
            audit.record(session, actor, Event.DEIDENTIFICATION_CANCELLED, f"deidentification:{run_id}")

    retried(stop)


def remove(run_id: int, *, actor: Actor) -> None:
    """Forget a run that is not on its way, and its report with it; what it has made stays."""
    account = of(run_id, actor=actor)
    if account.stage in {"waiting", "working"}:
        raise ConflictError("This run is on its way. Call it off first.")

    def go(session: Session) -> None:
        _stop_job(session, account.run.job_id)
        _stop_job(session, account.run.count_job_id)
        session.execute(delete(DeidReport).where(DeidReport.run_id == run_id))
        session.execute(delete(DeidDecision).where(DeidDecision.run_id == run_id))
        session.execute(delete(DeidReview).where(DeidReview.run_id == run_id))
        session.execute(delete(DeidItem).where(DeidItem.run_id == run_id))
        session.execute(delete(DeidRun).where(DeidRun.id == run_id))
        audit.record(session, actor, Event.DEIDENTIFICATION_REMOVED, f"deidentification:{run_id}")

    retried(go)


def report(run_id: int, *, actor: Actor) -> str:
    """The signed report of a run that is done, as JSON; NotFoundError before."""
    demand(actor, Permission.DEIDENTIFY)
    found = catalog.report(actor.scope, actor.id, run_id)
    with transaction() as session:
        audit.record(session, actor, Event.DEID_REPORT_TAKEN, f"deidentification:{run_id}")
    return found


def _start(session: Session, run_id: int, actor: Actor, total: int) -> None:
    run = session.scalars(select(DeidRun).where(DeidRun.id == run_id).with_for_update()).one()
    _stop_job(session, run.count_job_id)
    if run.state != "draft":
        # Whoever lets it go on has seen to what broke it.
        session.execute(update(DeidItem).where(DeidItem.run_id == run_id, DeidItem.state == "waiting").values(tries=0))
    run.state, run.started_at, run.finished_at = "running", run.started_at or now(), None
    run.job_id = queue.enqueue(session, JOB, {"run_id": run_id}, priority=queue.LONG, total=total)
    audit.record(session, actor, Event.DEIDENTIFICATION_STARTED, f"deidentification:{run_id}", instances=total)


def _stop_job(session: Session, job_id: int | None) -> None:
    going = update(Job).where(Job.id == job_id, Job.state.in_(["queued", "running"]))
    session.execute(going.values(state="cancelled", finished_at=now(), lease_until=None))
