"""Asking for later work: the row commits with the deed, the bell only wakes the workers."""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from dicomgallery import settings
from dicomgallery.jobs.bell import bell_of
from dicomgallery.models import Direct, Job, now

log = logging.getLogger(__name__)

NOW: Final = 1
SOON: Final = 3
USUAL: Final = 5
LONG: Final = 6
IDLE: Final = 8
"""Priorities; lower goes first."""

LANES: Final = (range(NOW, SOON), range(SOON, LONG), range(LONG, IDLE + 1))
"""A worker does a job of each lane at a time: what a page waits for stands behind no picture, and no picture behind
an export of an hour."""


_ADD = Direct(insert(Job).returning(Job.id))
_WAITING = Direct(
    select(Job.id, Job.arguments)
    .where(
        Job.state == "queued",
        Job.priority == bindparam("urgency"),
        Job.name == bindparam("job_name"),
        Job.attempts == 0,
    )
    .order_by(Job.id.desc())
    .limit(1)
    .with_for_update(skip_locked=True)
)
_JOIN = Direct(update(Job).where(Job.id == bindparam("key")).values(arguments=bindparam("joined")))


def enqueue(session: Session, name: str, arguments: Mapping[str, Any], *, priority: int = USUAL, total: int = 0) -> int:
    """Ask for a job inside the transaction of the deed; gives its row id. Call `wake` after the commit."""
    row = {
        "name": name,
        "arguments": json.dumps(arguments),
        "state": "queued",
        "priority": priority,
        "total": total,
        "created_at": now(),
    }
    return int(_ADD.rows(session, row)[0][0])


def enqueue_each(session: Session, name: str, instances: Sequence[int], *, most: int, priority: int = USUAL) -> None:
    """Ask for a job about instances, `most` at a time; they join a job as urgent that waits and has room.

    Files that come one by one would else make a job, and three commits, for each of them.
    """
    waiting = _WAITING.rows(session, {"job_name": name, "urgency": priority})
    rest = list(instances)
    for job_id, arguments in waiting:
        held: list[int] = json.loads(arguments)["instances"]
        room = max(0, most - len(held))
        if room and rest:
            joined = {"instances": held + rest[:room]}
            _JOIN.run(session, {"key": job_id, "joined": json.dumps(joined)})
            rest = rest[room:]
    for start in range(0, len(rest), most):
        enqueue(session, name, {"instances": rest[start : start + most]}, priority=priority)


@dataclass(frozen=True, slots=True)
class Pending:
    """A job that waits or runs."""

    job_id: int
    done: int
    total: int
    failures: int = 0
    """How often it was tried in vain; it waits for the next try."""


def pending(session: Session, name: str, arguments: Mapping[str, Any]) -> Pending | None:
    """The job of this name and with these arguments that is not over yet; None when there is none."""
    query = select(Job.id, Job.done, Job.total, Job.attempts, Job.state).where(
        Job.name == name, Job.arguments == json.dumps(arguments), Job.state.in_(["queued", "running"])
    )
    row = session.execute(query.order_by(Job.id).limit(1)).first()
    if row is None:
        return None
    # The attempt of a running job is not over yet.
    failures = row.attempts - (row.state == "running")
    return Pending(row.id, row.done or 0, row.total or 0, max(0, failures))


def failed_lately(session: Session, name: str, arguments: Mapping[str, Any], within: timedelta) -> bool:
    """Say whether the last job of this name and with these arguments was given up, and not longer ago than this."""
    query = select(Job.state, Job.finished_at).where(Job.name == name, Job.arguments == json.dumps(arguments))
    row = session.execute(query.order_by(Job.id.desc()).limit(1)).first()
    if row is None or row.state != "failed":
        return False
    return row.finished_at is None or bool(row.finished_at > now() - within)


def wake() -> None:
    """Ring for a worker; when that fails the sweep of the worker finds the job all the same."""
    try:
        bell_of(settings.current()).ring()
    except OSError:
        log.warning("the bell of the workers did not ring")
