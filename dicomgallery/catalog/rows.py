"""Rows of a level with all that stands above them, as programs ask for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import raiseload

from dicomgallery.access import Scope
from dicomgallery.catalog.query import Level
from dicomgallery.catalog.scoping import AnySelect, visible, within
from dicomgallery.errors import NotFoundError
from dicomgallery.models import Instance, Patient, Series, Study, db

_ABOVE: Final[dict[Level, tuple[Any, ...]]] = {
    Level.PATIENT: (Patient,),
    Level.STUDY: (Patient, Study),
    Level.SERIES: (Patient, Study, Series),
    Level.IMAGE: (Patient, Study, Series, Instance),
}
_UIDS: Final = {Level.STUDY: Study.study_uid, Level.SERIES: Series.series_uid, Level.IMAGE: Instance.sop_uid}
_NOUNS: Final = {Level.PATIENT: "patient", Level.STUDY: "study", Level.SERIES: "series", Level.IMAGE: "image"}


@dataclass(frozen=True, slots=True)
class Row:
    """A row and what stands above it; what stands below its level is None."""

    patient: Patient
    study: Study | None = None
    series: Series | None = None
    instance: Instance | None = None

    @property
    def id(self) -> int:
        """Of the row at its level."""
        return (self.instance or self.series or self.study or self.patient).id


def of(scope: Scope, level: Level, ids: Sequence[int]) -> list[Row]:
    """These visible rows of a level, in the order asked, in one statement."""
    model = _ABOVE[level][-1]
    rows = db.session.execute(visible(_joined(level).where(model.id.in_(ids)), model, scope))
    found = {row[-1].id: Row(*row) for row in rows}
    return [found[one] for one in ids if one in found]


def one(scope: Scope, level: Level, key: str) -> Row:
    """The row of this id or, if there is none, of this UID (the oldest of several).

    By its id an image is found in the bin and behind a newer one too; all else only while it is shown.
    """
    model = _ABOVE[level][-1]
    queries = []
    if key.isascii() and key.isdecimal() and len(key) < 19:
        by_id = _joined(level).where(model.id == int(key), within(scope, model))
        queries.append(by_id if level is Level.IMAGE else visible(by_id, model, scope))
    if level in _UIDS and "\0" not in key:
        queries.append(visible(_joined(level).where(_UIDS[level] == key), model, scope).order_by(model.id).limit(1))
    for query in queries:
        if (row := db.session.execute(query).first()) is not None:
            return Row(*row)
    raise NotFoundError(f"There is no such {_NOUNS[level]} here.")


def _joined(level: Level) -> AnySelect:
    """What stands above first, the level itself last."""
    chain = _ABOVE[level]
    query: AnySelect = select(*chain).select_from(Patient).options(raiseload("*"))
    if Study in chain:
        query = query.join(Study, Study.patient_key == Patient.id)
    if Series in chain:
        query = query.join(Series, Series.study_key == Study.id)
    if Instance in chain:
        query = query.join(Instance, Instance.series_key == Series.id)
    return query
