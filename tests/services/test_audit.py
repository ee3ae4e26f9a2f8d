"""The audit keeps row ids and counts, and cannot be made to keep a name."""

import json

import pytest
from sqlalchemy import select

from dicomgallery import audit
from dicomgallery.access import LOCAL_OWNER
from dicomgallery.audit import Event
from dicomgallery.models import AuditEvent, db, transaction
from tests.conftest import Gallery


def test_a_deed_is_kept_with_who_what_and_how_much(gallery: Gallery) -> None:
    with transaction() as session:
        audit.record(session, LOCAL_OWNER, Event.MEMBERS_ADDED, "collection:7", members=3)

    kept = db.session.scalars(select(AuditEvent)).one()
    assert (kept.actor_kind, kept.actor_id) == ("owner", "owner")
    assert (kept.event, kept.subject, json.loads(kept.detail)) == ("members_added", "collection:7", {"members": 3})
    assert kept.at.tzinfo is not None


@pytest.mark.parametrize("subject", ["Doe^John", "study:1.2.840", "study:", "study 7", "study:7\n"])
def test_a_subject_is_a_kind_and_a_row_id(gallery: Gallery, subject: str) -> None:
    with pytest.raises(ValueError, match="row id"), transaction() as session:
        audit.record(session, LOCAL_OWNER, Event.STUDY_PINNED, subject)


def test_a_detail_is_a_number(gallery: Gallery) -> None:
    with pytest.raises(ValueError, match="whole numbers"), transaction() as session:
        audit.record(session, LOCAL_OWNER, Event.STUDY_PINNED, "study:7", name="Doe")  # type: ignore[arg-type]


def test_every_event_fits_its_column_and_means_one_thing() -> None:
    assert len({event.value for event in Event}) == len(Event)
    assert all(len(event.value) <= 40 for event in Event)
