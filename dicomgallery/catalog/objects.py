"""Stored objects by their UIDs, as other DICOM systems name them; and the way from these UIDs to rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from dicomgallery.access import Scope
from dicomgallery.catalog.batches import batches
from dicomgallery.catalog.scoping import AnySelect, visible, within
from dicomgallery.catalog.selection import Selection
from dicomgallery.errors import NotFoundError
from dicomgallery.models import Instance, Series, Study, db

_LONGEST_UID = 256
"""Longer than any that is filed: DICOM's own limit is 64, and files err."""


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object and where it lies; UIDs that the file lacks are those the gallery filed it under."""

    id: int
    study_uid: str
    series_uid: str
    sop_uid: str
    blob_sha256: str
    size_bytes: int
    transfer_syntax: str
    frames: int
    rows: int
    columns: int
    has_pixels: bool
    headerless: bool
    sop_class_uid: str
    uids_made: bool


_COLUMNS = (
    Instance.id, Study.study_uid, Series.series_uid, Instance.sop_uid, Instance.blob_sha256, Instance.size_bytes,
    Instance.transfer_syntax, Instance.frames, Instance.rows, Instance.columns, Instance.has_pixels,
    Instance.headerless, Instance.sop_class_uid, Instance.uids_made,
)  # fmt: skip
"""The columns of a `StoredObject`, in the order of its fields."""


def below(
    scope: Scope, study_uid: str, series_uid: str | None = None, sop_uid: str | None = None
) -> list[StoredObject]:
    """The visible objects of a study, of a series of it, or one of them; NotFoundError when there is none.

    Of workspaces that share a study, the first stands for all: a retrieve has each object once.
    """
    found: Sequence[StoredObject] = []
    if _may_be_filed(study_uid, series_uid, sop_uid):
        query = _located(select(*_COLUMNS), study_uid, series_uid, sop_uid)
        query = query.order_by(Study.id, Series.number, Series.id, Instance.number, Instance.id)
        rows: Sequence[Any] = db.session.execute(visible(query, Instance, scope)).all()
        found = [StoredObject(*row) for row in rows]
    if not found:
        raise NotFoundError("There is no such object here.")
    return list({(one.series_uid, one.sop_uid): one for one in reversed(found)}.values())[::-1]


def by_ids(scope: Scope, instance_ids: Sequence[int]) -> dict[int, StoredObject]:
    """These objects, whether current, replaced or in the bin."""
    found: dict[int, StoredObject] = {}
    for some in batches(instance_ids):
        query = _joined(select(*_COLUMNS)).where(Instance.id.in_(some), within(scope, Instance))
        rows: Sequence[Any] = db.session.execute(query).all()
        found.update({row[0]: StoredObject(*row) for row in rows})
    return found


def selection(scope: Scope, study_uid: str, series_uid: str | None = None, sop_uid: str | None = None) -> Selection:
    """The visible study, or series or object in it, of these UIDs; an empty selection when there is none."""
    if not _may_be_filed(study_uid, series_uid, sop_uid):
        return Selection()
    if series_uid is None:
        studies = visible(select(Study.id).where(Study.study_uid == study_uid), Study, scope)
        return Selection(studies=tuple(db.session.scalars(studies)))
    if sop_uid is None:
        series = select(Series.id).join(Study, Series.study_key == Study.id)
        series = series.where(Study.study_uid == study_uid, Series.series_uid == series_uid)
        return Selection(series=tuple(db.session.scalars(visible(series, Series, scope))))
    images = visible(_located(select(Instance.id), study_uid, series_uid, sop_uid), Instance, scope)
    return Selection(images=tuple(db.session.scalars(images)))


def _located(query: AnySelect, study_uid: str, series_uid: str | None, sop_uid: str | None) -> AnySelect:
    query = _joined(query).where(Study.study_uid == study_uid)
    if series_uid is not None:
        query = query.where(Series.series_uid == series_uid)
    return query.where(Instance.sop_uid == sop_uid) if sop_uid is not None else query


def _joined(query: AnySelect) -> AnySelect:
    return query.join(Series, Instance.series_key == Series.id).join(Study, Series.study_key == Study.id)


def _may_be_filed(*uids: str | None) -> bool:
    """Say whether a database can be asked for them at all."""
    return all(uid is None or (0 < len(uid) <= _LONGEST_UID and uid.isprintable()) for uid in uids)
