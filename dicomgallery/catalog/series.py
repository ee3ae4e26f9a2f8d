"""Series: one with what stands above it, and what lies in it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import raiseload

from dicomgallery.access import Scope
from dicomgallery.catalog import cards
from dicomgallery.catalog.batches import batches
from dicomgallery.catalog.cards import Card
from dicomgallery.catalog.instances import Slice, in_order, ordered
from dicomgallery.catalog.query import Level
from dicomgallery.catalog.scoping import visible, within
from dicomgallery.errors import NotFoundError
from dicomgallery.models import Patient, Series, Study, db

NOT_HERE = "There is no such series here."


@dataclass(frozen=True, slots=True)
class SeriesPage:
    """A series, what stands above it, its images in space, and its neighbors in the study."""

    series: Series
    study: Study
    patient: Patient
    slices: list[Slice]
    siblings: list[Series]
    """All visible series of the study, itself among them, by number."""


@dataclass(frozen=True, slots=True)
class Beside:
    """Where a series stands in its study; positions count from 1, and 0 means it is not shown there."""

    position: int
    total: int
    previous: Card | None = None
    next: Card | None = None


def by_id(scope: Scope, series_id: int) -> Series:
    """The series, visible or not."""
    query = select(Series).where(Series.id == series_id, within(scope, Series)).options(raiseload("*"))
    found = db.session.scalars(query).one_or_none() if 0 < series_id < 1 << 63 else None
    if found is None:
        raise NotFoundError(NOT_HERE)
    return found


def page(scope: Scope, series_id: int) -> SeriesPage:
    """All that the page of a series shows, in three statements."""
    query = (
        select(Series, Study, Patient)
        .join(Study, Series.study_key == Study.id)
        .join(Patient, Study.patient_key == Patient.id)
        .where(Series.id == series_id, within(scope, Series))
        .options(raiseload("*"))
    )
    row = db.session.execute(query).one_or_none() if 0 < series_id < 1 << 63 else None
    if row is None:
        raise NotFoundError(NOT_HERE)
    return SeriesPage(*row, slices=in_order(scope, series_id), siblings=of_study(scope, row[1].id))


def of_study(scope: Scope, study_id: int) -> list[Series]:
    """The visible series of a study by number, then arrival."""
    query = visible(select(Series).where(Series.study_key == study_id), Series, scope).options(raiseload("*"))
    rows: Sequence[Series] = db.session.scalars(query).all()
    return sorted(rows, key=lambda row: (row.number is None, row.number or 0, row.id))


def beside(scope: Scope, series: Series) -> Beside:
    """Where a series stands among the visible ones of its study, and the cards of its neighbors there."""
    ids = [one.id for one in of_study(scope, series.study_key)]
    if series.id not in ids:
        return Beside(0, len(ids))
    at = ids.index(series.id)
    near = ids[max(0, at - 1) : at] + ids[at + 1 : at + 2]
    found = {card.id: card for card in cards.of(scope, Level.SERIES, near)} if near else {}
    previous_id, next_id = ids[at - 1] if at else None, ids[at + 1] if at + 1 < len(ids) else None
    return Beside(at + 1, len(ids), found.get(previous_id or 0), found.get(next_id or 0))


def by_uid(scope: Scope, series_uid: str) -> list[Series]:
    """The visible series of this Series Instance UID, oldest first; more than one where studies share it."""
    query = visible(select(Series).where(Series.series_uid == series_uid), Series, scope).options(raiseload("*"))
    return list(db.session.scalars(query.order_by(Series.id)))


def by_key(scope: Scope, key: str) -> Series:
    """The series of this row id or, if there is none, of this Series Instance UID."""
    is_id = key.isascii() and key.isdecimal() and len(key) < 19
    if is_id and (found := of_ids(scope, [int(key)])):
        return found[0]
    named = by_uid(scope, key)
    if not named:
        raise NotFoundError(NOT_HERE)
    return named[0]


def of_ids(scope: Scope, series_ids: Collection[int]) -> list[Series]:
    """Those of these series that are shown, by their ids."""
    query = visible(select(Series).where(Series.id.in_(series_ids)), Series, scope).options(raiseload("*"))
    return list(db.session.scalars(query.order_by(Series.id)))


def instance_ids(scope: Scope, series_ids: Collection[int]) -> list[int]:
    """The visible instances of these series, series by series, in space."""
    found: list[int] = []
    for some in batches(list(dict.fromkeys(series_ids)), 50):
        by_series = ordered(scope, some)
        found += [instance_id for series_id in some for instance_id in by_series.get(series_id, [])]
    return found
