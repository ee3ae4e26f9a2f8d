"""Asking for later work: the row commits with the deed, the bell only wakes the workers."""

import json
import logging
from collections.abc import Mapping
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from dicomgallery import settings
from dicomgallery.jobs.bell import bell_of
from dicomgallery.models import Job, now

log = logging.getLogger(__name__)

SOON = 3
USUAL = 5
IDLE = 8
"""Priorities; lower goes first."""


_ADD = insert(Job).returning(Job.id)


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
    return int(session.connection().execute(_ADD, row).scalar_one())


def wake() -> None:
    """Ring for a worker; when that fails the sweep of the worker finds the job all the same."""
    try:
        bell_of(settings.current()).ring()
    except OSError:
        log.warning("the bell of the workers did not ring")
