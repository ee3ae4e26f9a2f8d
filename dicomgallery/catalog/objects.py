"""Stored objects by their UIDs, as other DICOM systems ask for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from dicomgallery.access import Scope
from dicomgallery.catalog.scoping import visible
from dicomgallery.errors import NotFoundError
from dicomgallery.models import Instance, Series, Study, db

_LONGEST_UID = 256
"""Longer than any that is filed: DICOM's own limit is 64, and files err."""


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object, and what a retrieve must know of it."""

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


_COLUMNS = (
    Instance.id, Study.study_uid, Series.series_uid, Instance.sop_uid, Instance.blob_sha256, Instance.size_bytes,
    Instance.transfer_syntax, Instance.frames, Instance.rows, Instance.columns, Instance.has_pixels,
    Instance.headerless,
)  # fmt: skip
"""The columns of a `StoredObject`, in the order of its fields."""


def below(
    scope: Scope, study_uid: str, series_uid: str | None = None, sop_uid: str | None = None
) -> list[StoredObject]:
    """The visible objects of a study, of a series of it, or one of them; NotFoundError when there is none.

    Of workspaces that share a study, the first stands for all: a retrieve has each object once.
    """
    named = [uid for uid in (study_uid, series_uid, sop_uid) if uid is not None]
    found: Sequence[StoredObject] = []
    if all(_may_be_filed(uid) for uid in named):
        query = (
            select(*_COLUMNS).join(Series, Instance.series_key == Series.id).join(Study, Series.study_key == Study.id)
        )
        query = query.where(Study.study_uid == study_uid)
        if series_uid is not None:
            query = query.where(Series.series_uid == series_uid)
        if sop_uid is not None:
            query = query.where(Instance.sop_uid == sop_uid)
        query = query.order_by(Study.id, Series.number, Series.id, Instance.number, Instance.id)
        rows: Sequence[Any] = db.session.execute(visible(query, Instance, scope)).all()
        found = [StoredObject(*row) for row in rows]
    if not found:
        raise NotFoundError("There is no such object here.")
    return list({(one.series_uid, one.sop_uid): one for one in reversed(found)}.values())[::-1]


def _may_be_filed(uid: str) -> bool:
    """Say whether a database can be asked for it at all."""
    return 0 < len(uid) <= _LONGEST_UID and uid.isprintable()
