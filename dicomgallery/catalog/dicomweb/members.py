"""What metadata is made from: the visible instances of a series, by the UIDs an address names."""

from dataclasses import dataclass

from sqlalchemy import select

from dicomgallery.access import Scope
from dicomgallery.catalog.batches import plain_rows
from dicomgallery.catalog.scoping import visible
from dicomgallery.dicom.uids import path_of
from dicomgallery.errors import NotFoundError
from dicomgallery.models import Instance, Series, Study

NOT_HERE = "There is no such object here."


@dataclass(frozen=True, slots=True)
class Place:
    """A series, as an address names it."""

    series_id: int
    study_uid: str
    series_uid: str

    def address(self, sop_uid: str) -> str:
        """Where an instance of it is, below the address of the service."""
        return path_of(self.study_uid, self.series_uid, sop_uid)


@dataclass(frozen=True, slots=True)
class Member:
    """An instance of a series."""

    id: int
    sop_uid: str
    sop_class_uid: str
    blob_sha256: str
    has_pixels: bool
    uids_made: bool


def places(scope: Scope, study_uid: str, series_uid: str = "") -> list[Place]:
    """The series of a study, or the one of this UID; NotFoundError when nothing of it is shown."""
    query = select(Series.id, Study.study_uid, Series.series_uid).join(Study, Series.study_key == Study.id)
    query = query.where(Study.study_uid == study_uid, *([Series.series_uid == series_uid] if series_uid else []))
    query = query.order_by(Series.number.is_(None), Series.number, Series.id)
    found = [Place(*row) for row in plain_rows(visible(query, Series, scope))]
    if not found:
        raise NotFoundError(NOT_HERE)
    return found


def members(scope: Scope, series_id: int, sop_uid: str = "") -> list[Member]:
    """The visible instances of a series by number, or the one of this UID."""
    query = select(
        Instance.id, Instance.sop_uid, Instance.sop_class_uid, Instance.blob_sha256, Instance.has_pixels,
        Instance.uids_made,
    ).where(Instance.series_key == series_id)  # fmt: skip
    if sop_uid:
        query = query.where(Instance.sop_uid == sop_uid)
    rows = plain_rows(visible(query, Instance, scope).order_by(Instance.number.is_(None), Instance.number, Instance.id))
    return [
        Member(key, sop_uid, sop_class_uid, sha256, bool(has_pixels), bool(uids_made))
        for key, sop_uid, sop_class_uid, sha256, has_pixels, uids_made in rows
    ]
