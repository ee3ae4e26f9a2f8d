"""Patients: one with the studies made of them."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import raiseload

from dicomgallery.access import Scope
from dicomgallery.catalog import cards, studies
from dicomgallery.catalog.batches import batches
from dicomgallery.catalog.cards import Card
from dicomgallery.catalog.query import Level
from dicomgallery.catalog.scoping import visible, within
from dicomgallery.errors import NotFoundError
from dicomgallery.models import Patient, Study, db

NOT_HERE = "There is no such patient here."
MOST_STUDIES = 500


@dataclass(frozen=True, slots=True)
class PatientPage:
    """A patient and the cards of their newest studies, newest study date first."""

    patient: Patient
    studies: list[Card]


def by_id(scope: Scope, patient_id: int) -> Patient:
    """The patient of this row id, visible or not."""
    query = select(Patient).where(Patient.id == patient_id, within(scope, Patient)).options(raiseload("*"))
    found = db.session.scalars(query).one_or_none() if 0 < patient_id < 1 << 63 else None
    if found is None:
        raise NotFoundError(NOT_HERE)
    return found


def of_id(scope: Scope, patient_id: str) -> list[int]:
    """The row ids of the visible patients with this Patient ID, one for each issuer of it."""
    if "\0" in patient_id:
        return []
    return list(db.session.scalars(visible(select(Patient.id).where(Patient.patient_id == patient_id), Patient, scope)))


def page(scope: Scope, patient_id: int) -> PatientPage:
    """All that the page of a patient shows, in a fixed number of statements."""
    patient = by_id(scope, patient_id)
    ids = [study.id for study in studies.of_patient(scope, patient_id)[:MOST_STUDIES]]
    return PatientPage(patient, cards.of(scope, Level.STUDY, ids))


def study_ids(scope: Scope, patient_ids: Collection[int]) -> list[int]:
    """The visible studies of these patients."""
    found: list[int] = []
    for some in batches(sorted(set(patient_ids))):
        query = visible(select(Study.id).where(Study.patient_key.in_(some)), Study, scope)
        found += db.session.scalars(query.order_by(Study.patient_key, Study.id))
    return found
