"""Doing later work: job after job, each under a lease that is renewed while it runs."""

import json
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Select, or_, select, update

from dicomgallery.jobs.queue import IDLE, NOW, enqueue
from dicomgallery.models import Job, db, in_context, now, transaction

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
HEARTBEAT_SECONDS = 15.0
ATTEMPTS = 3
EVERY: Final = range(NOW, IDLE + 1)

Handler = Callable[..., None]


@dataclass(frozen=True, slots=True)
class Duty:
    """What a job's name stands for."""

    handler: Handler
    every: timedelta | None = None
    """It asks for itself this often; None: only when somebody does."""


DUTIES: dict[str, Duty] = {}


def handles(name: str, *, every: timedelta | None = None) -> Callable[[Handler], Handler]:
    """Register `handler(context, **arguments)` for jobs of this name; it must be idempotent."""

    def register(handler: Handler) -> Handler:
        DUTIES[name] = Duty(handler, every)
        return handler

    return register


@dataclass(frozen=True, slots=True)
class JobContext:
    """What a handler can say and ask while it works."""

    job_id: int

    def progress(self, done: int, total: int) -> None:
        """Tell how far the work is."""
        with transaction() as session:
            session.execute(update(Job).where(Job.id == self.job_id).values(done=done, total=total))

    def cancelled(self) -> bool:
        """Say whether somebody has called the work off."""
        with transaction() as session:
            return session.scalar(select(Job.state).where(Job.id == self.job_id)) == "cancelled"


@dataclass(frozen=True, slots=True)
class Claimed:
    """A job that this worker has taken."""

    job_id: int
    name: str
    arguments: str
    attempts: int


@dataclass(frozen=True, slots=True)
class Ended:
    """How a job ended, not yet entered."""

    job_id: int
    values: dict[str, Any]


def drain(worker: str, lane: range = EVERY, *, stopping: Callable[[], bool] = lambda: False) -> int:
    """Do every job that is due and has a priority of this lane; gives how many were tried."""
    tried = 0
    ended: Ended | None = None
    while not stopping() and (claimed := _next(worker, ended, lane)) is not None:
        tried += 1
        ended = _do(claimed, worker)
    _next(worker, ended, lane, claim=False)
    return tried


def run_next(worker: str) -> bool:
    """Do the next due job alone; False when there is none."""
    claimed = _next(worker, None, EVERY)
    if claimed is None:
        return False
    _next(worker, _do(claimed, worker), EVERY, claim=False)
    return True


def _do(claimed: Claimed, worker: str) -> Ended:
    finished = threading.Event()
    beat = threading.Thread(target=in_context(lambda: _renew(claimed.job_id, worker, finished)), daemon=True)
    beat.start()
    try:
        DUTIES[claimed.name].handler(JobContext(claimed.job_id), **json.loads(claimed.arguments))
    except Exception as error:
        log.exception("a job failed", extra={"job": claimed.job_id, "attempt": claimed.attempts})
        return Ended(claimed.job_id, _set_back(type(error).__name__, claimed.attempts))
    finally:
        finished.set()
        beat.join()
    return Ended(claimed.job_id, {"state": "done", "finished_at": now(), "lease_until": None, "error": ""})


def attempt(look: Callable[[], object]) -> None:
    """Look at the jobs; a look that fails, the database being away, is logged, and the next one finds them."""
    try:
        look()
    except Exception:
        log.exception("a look at the jobs failed")


def free_expired() -> int:
    """Put jobs back whose worker has died; gives how many."""
    with transaction() as session:
        gone = update(Job).where(Job.state == "running", Job.lease_until < now())
        return int(session.connection().execute(gone.values(state="queued", lease_until=None, worker="")).rowcount)


def ask_for_periodic() -> None:
    """Enqueue each recurring duty whose time has come."""
    with transaction() as session:
        for name, duty in DUTIES.items():
            if duty.every is None:
                continue
            recent = session.scalar(
                select(Job.id)
                .where(Job.name == name, or_(Job.state.in_(["queued", "running"]), Job.created_at > now() - duty.every))
                .limit(1)
            )
            if recent is None:
                enqueue(session, name, {}, priority=IDLE)


def _next(worker: str, ended: Ended | None, lane: range, *, claim: bool = True) -> Claimed | None:
    """Enter how the last job ended and take the next one, in one commit."""
    if ended is None and not (claim and db.session.scalar(_due(lane).limit(1)) is not None):
        return None
    with transaction() as session:
        if ended is not None:
            running = update(Job).where(Job.id == ended.job_id, Job.state == "running")
            session.execute(running.values(**ended.values))
        if not claim:
            return None
        job = session.scalars(_due(lane).limit(1).with_for_update(skip_locked=True)).first()
        if job is None:
            return None
        job.state, job.worker, job.lease_until, job.attempts = "running", worker, now() + LEASE, job.attempts + 1
        return Claimed(job.id, job.name, job.arguments, job.attempts)


def _due(lane: range) -> Select[Job]:
    """Every job of a lane that may be done now, the next one first."""
    return (
        select(Job)
        .where(
            Job.state == "queued",
            Job.priority.between(lane.start, lane.stop - 1),
            or_(Job.run_after.is_(None), Job.run_after <= now()),
            Job.name.in_(DUTIES),
        )
        .order_by(Job.priority, Job.id)
    )


def _renew(job_id: int, worker: str, finished: threading.Event) -> None:
    while not finished.wait(HEARTBEAT_SECONDS):
        with transaction() as session:
            mine = update(Job).where(Job.id == job_id, Job.worker == worker, Job.state == "running")
            session.execute(mine.values(lease_until=now() + LEASE))


def _set_back(error: str, attempts: int) -> dict[str, Any]:
    if attempts < ATTEMPTS:
        later = now() + timedelta(seconds=5 * 2**attempts)
        return {"state": "queued", "run_after": later, "lease_until": None, "error": error}
    return {"state": "failed", "finished_at": now(), "lease_until": None, "error": error}
