"""Doing later work: one job at a time, under a lease that is renewed while it runs."""

import json
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import or_, select, update

from dicomgallery.jobs.queue import IDLE, enqueue
from dicomgallery.models import Job, in_context, now, transaction

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
HEARTBEAT_SECONDS = 15.0
ATTEMPTS = 3

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


def drain(worker: str, *, stopping: Callable[[], bool] = lambda: False) -> int:
    """Do every job that is due; gives how many were done."""
    finished = 0
    while not stopping() and run_next(worker):
        finished += 1
    return finished


def run_next(worker: str) -> bool:
    """Take the next due job and do it; False when there is none."""
    claimed = _claim(worker)
    if claimed is None:
        return False
    job_id, name, arguments, attempts = claimed
    finished = threading.Event()
    beat = threading.Thread(target=in_context(lambda: _renew(job_id, worker, finished)), daemon=True)
    beat.start()
    try:
        DUTIES[name].handler(JobContext(job_id), **json.loads(arguments))
    except Exception as error:
        log.exception("a job failed", extra={"job": job_id, "job_name": name, "attempt": attempts})
        _set_back(job_id, type(error).__name__, attempts)
    else:
        _finish(job_id)
    finally:
        finished.set()
        beat.join()
    return True


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


def _claim(worker: str) -> tuple[int, str, str, int] | None:
    with transaction() as session:
        due = (
            select(Job)
            .where(Job.state == "queued", or_(Job.run_after.is_(None), Job.run_after <= now()), Job.name.in_(DUTIES))
            .order_by(Job.priority, Job.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        job = session.scalars(due).first()
        if job is None:
            return None
        job.state, job.worker, job.lease_until, job.attempts = "running", worker, now() + LEASE, job.attempts + 1
        return job.id, job.name, job.arguments, job.attempts


def _renew(job_id: int, worker: str, finished: threading.Event) -> None:
    while not finished.wait(HEARTBEAT_SECONDS):
        with transaction() as session:
            mine = update(Job).where(Job.id == job_id, Job.worker == worker, Job.state == "running")
            session.execute(mine.values(lease_until=now() + LEASE))


def _finish(job_id: int) -> None:
    with transaction() as session:
        running = update(Job).where(Job.id == job_id, Job.state == "running")
        session.execute(running.values(state="done", finished_at=now(), lease_until=None, error=""))


def _set_back(job_id: int, error: str, attempts: int) -> None:
    values: dict[str, Any] = {"error": error, "lease_until": None}
    if attempts < ATTEMPTS:
        values |= {"state": "queued", "run_after": now() + timedelta(seconds=5 * 2**attempts)}
    else:
        values |= {"state": "failed", "finished_at": now()}
    with transaction() as session:
        session.execute(update(Job).where(Job.id == job_id, Job.state == "running").values(**values))
