"""Studies: one with its patient and series."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import raiseload

from dicomgallery.access import Scope
from dicomgallery.catalog import cards
from dicomgallery.catalog.batches import batches
from dicomgallery.catalog.cards import Card
from dicomgallery.catalog.query import Level
from dicomgallery.catalog.scoping import visible, within
from dicomgallery.catalog.series import of_study
from dicomgallery.errors import NotFoundError
from dicomgallery.models import Patient, Series, Study, db

NOT_HERE = "There is no such study here."


@dataclass(frozen=True, slots=True)
class StudyPage:
    """A study, its patient, the cards of its series by number, and the patient's other studies."""

    study: Study
    patient: Patient
    series: list[Card]
    others: list[Study]


def by_id(scope: Scope, study_id: int) -> Study:
    """The study, visible or not."""
    query = select(Study).where(Study.id == study_id, within(scope, Study)).options(raiseload("*"))
    found = db.session.scalars(query).one_or_none() if 0 < study_id < 1 << 63 else None
    if found is None:
        raise NotFoundError(NOT_HERE)
    return found


def page(scope: Scope, study_id: int) -> StudyPage:
    """All that the page of a study shows, in a fixed number of statements."""
    query = (
        select(Study, Patient)
        .join(Patient, Study.patient_key == Patient.id)
        .where(Study.id == study_id, within(scope, Study))
        .options(raiseload("*"))
    )
    row = db.session.execute(query).one_or_none() if 0 < study_id < 1 << 63 else None
    if row is None:
        raise NotFoundError(NOT_HERE)
    study, patient = row
    series = cards.of(scope, Level.SERIES, [one.id for one in of_study(scope, study_id)])
    others = [other for other in of_patient(scope, patient.id) if other.id != study_id]
    return StudyPage(study, patient, series, others)


def of_patient(scope: Scope, patient_id: int) -> list[Study]:
    """The visible studies of a patient (by row id), newest study date first."""
    query = visible(select(Study).where(Study.patient_key == patient_id), Study, scope).options(raiseload("*"))
    return list(db.session.scalars(query.order_by(Study.date_key.desc(), Study.time.desc(), Study.id.desc())))


def by_uid(scope: Scope, study_uid: str) -> list[Study]:
    """The visible studies of this Study Instance UID; one a workspace."""
    query = visible(select(Study).where(Study.study_uid == study_uid), Study, scope).options(raiseload("*"))
    return list(db.session.scalars(query.order_by(Study.id)))


def series_ids(scope: Scope, study_ids: Collection[int]) -> list[int]:
    """The visible series of these studies."""
    found: list[int] = []
    for some in batches(sorted(set(study_ids))):
        query = visible(select(Series.id).where(Series.study_key.in_(some)), Series, scope)
        found += db.session.scalars(query.order_by(Series.study_key, Series.id))
    return found
