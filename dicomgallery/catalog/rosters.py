"""Who is in a collection, as contract B asks of its data sets."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from dicomgallery.access import Scope
from dicomgallery.catalog import collections
from dicomgallery.catalog.scoping import visible, within
from dicomgallery.models import Collection, CollectionMember, Instance, Patient, Series, Study, db

MOST: int = 10_000


@dataclass(frozen=True, slots=True)
class Roster:
    """A collection, and how many patients and files it holds."""

    id: int
    name: str
    patients: int
    files: int


@dataclass(frozen=True, slots=True)
class Listed:
    """A patient in a collection."""

    id: int
    files: int
    name: str
    """As the file has it, with its delimiters."""
    patient_id: str
    study_date: str
    """The earliest; empty when none is said."""
    modality: str


def listing(scope: Scope) -> list[Roster]:
    """The collections by name, each with its counts."""
    query = (
        select(Collection.id, Collection.name, func.count(Study.patient_key.distinct()), func.count(Instance.id))
        .outerjoin(CollectionMember, CollectionMember.collection_id == Collection.id)
        .outerjoin(
            Instance,
            (CollectionMember.instance_id == Instance.id) & Instance.is_current & Instance.binned_at.is_(None),
        )
        .outerjoin(Series, Instance.series_key == Series.id)
        .outerjoin(Study, Series.study_key == Study.id)
        .where(within(scope, Collection))
        .group_by(Collection.id, Collection.name)
        .order_by(Collection.name)
    )
    return [Roster(*row) for row in db.session.execute(query.limit(MOST))]


def patients(scope: Scope, collection_id: int) -> list[Listed]:
    """The patients of the visible files of a collection, by name; NotFoundError when there is no such collection."""
    collections.by_id(scope, collection_id)
    query = (
        select(
            Patient.id, func.count(Instance.id), Patient.name, Patient.patient_id,
            func.min(func.nullif(Study.date, "")), func.min(func.nullif(Series.modality, "")),
        )
        .join(Study, Study.patient_key == Patient.id)
        .join(Series, Series.study_key == Study.id)
        .join(Instance, Instance.series_key == Series.id)
        .join(CollectionMember, CollectionMember.instance_id == Instance.id)
        .where(CollectionMember.collection_id == collection_id)
        .group_by(Patient.id, Patient.name, Patient.patient_id)
        .order_by(Patient.name, Patient.id)
    )  # fmt: skip
    rows = db.session.execute(visible(query, Instance, scope).limit(MOST))
    return [Listed(row[0], row[1], row[2], row[3], row[4] or "", row[5] or "") for row in rows]


def files_of(scope: Scope, collection_id: int, patient_key: int) -> Sequence[int]:
    """The visible instances of a patient in a collection."""
    query = (
        select(Instance.id)
        .join(CollectionMember, CollectionMember.instance_id == Instance.id)
        .join(Series, Instance.series_key == Series.id)
        .join(Study, Series.study_key == Study.id)
        .where(CollectionMember.collection_id == collection_id, Study.patient_key == patient_key)
    )
    return db.session.scalars(visible(query, Instance, scope)).all()
