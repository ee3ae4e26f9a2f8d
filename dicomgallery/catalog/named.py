"""Images by what a table names them by: a row id, or a UID or ID of any level."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from sqlalchemy import select

from dicomgallery.access import Scope
from dicomgallery.catalog.batches import batches
from dicomgallery.catalog.scoping import visible
from dicomgallery.models import Instance, Patient, Series, Study, db

_LARGEST_KEY: Final = 1 << 63


class Name(StrEnum):
    """What names an image; the value is what the head of a column says."""

    INSTANCE = "instance"
    """The row id, as the gallery's own tables have it."""
    SOP = "SOPInstanceUID"
    SERIES = "SeriesInstanceUID"
    STUDY = "StudyInstanceUID"
    PATIENT = "PatientID"


_COLUMNS: Final = {
    Name.SOP: Instance.sop_uid,
    Name.SERIES: Series.series_uid,
    Name.STUDY: Study.study_uid,
    Name.PATIENT: Patient.patient_id,
}


def instance_ids(scope: Scope, by: Name, names: Iterable[str]) -> dict[str, list[int]]:
    """The images the gallery shows under each of these names; a name of none is left out."""
    wanted = [name for name in dict.fromkeys(names) if name]
    if by is Name.INSTANCE:
        return _of_keys(scope, wanted)
    found: dict[str, list[int]] = {}
    column = _COLUMNS[by]
    for some in batches(wanted):
        query = (
            select(column, Instance.id)
            .select_from(Instance)
            .join(Series, Instance.series_key == Series.id)
            .join(Study, Series.study_key == Study.id)
            .join(Patient, Study.patient_key == Patient.id)
            .where(column.in_(some))
            .order_by(Series.id, Instance.id)
        )
        for name, instance_id in db.session.execute(visible(query, Instance, scope)):
            found.setdefault(name, []).append(instance_id)
    return found


def _of_keys(scope: Scope, names: Iterable[str]) -> dict[str, list[int]]:
    keys = {name: int(name) for name in names if name.isascii() and name.isdecimal() and len(name) < 20}
    shown: set[int] = set()
    for some in batches([key for key in keys.values() if 0 < key < _LARGEST_KEY]):
        shown.update(db.session.scalars(visible(select(Instance.id).where(Instance.id.in_(some)), Instance, scope)))
    return {name: [key] for name, key in keys.items() if key in shown}
