"""Entering a deed into the audit, in the transaction that does it."""

import json
import re

from sqlalchemy import insert
from sqlalchemy.orm import Session

from dicomgallery.access import Actor
from dicomgallery.audit.events import Event
from dicomgallery.models import AuditEvent, Direct, now

_SUBJECT = re.compile(r"(?:[a-z_]{1,30}:[0-9]{1,20})?", re.ASCII)


_ADD = Direct(insert(AuditEvent))


def record(session: Session, actor: Actor, event: Event, subject: str = "", **counts: int) -> None:
    """Remember a deed; `subject` is a kind and a row id ("study:12"), the rest are counts and row ids.

    ValueError for anything else: the audit must not become a second place with names in it.
    """
    if not _SUBJECT.fullmatch(subject):
        raise ValueError("The subject of an audit event is a kind and a row id.")
    if not all(isinstance(count, int) for count in counts.values()):
        raise ValueError("The details of an audit event are whole numbers.")
    row = {
        "at": now(),
        "actor_kind": actor.kind.value,
        "actor_id": actor.id,
        "event": event.value,
        "subject": subject,
        "detail": json.dumps(counts),
    }
    _ADD.run(session, row)
