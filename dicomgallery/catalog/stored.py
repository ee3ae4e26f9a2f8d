"""What was stored, by the UIDs that a protocol names it with; and the way from UIDs to rows."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from dicomgallery.access import Scope
from dicomgallery.catalog.batches import batches
from dicomgallery.catalog.scoping import visible, within
from dicomgallery.catalog.selection import Selection
from dicomgallery.models import Instance, Series, Study, db


@dataclass(frozen=True, slots=True)
class Stored:
    """An instance and where it lies; UIDs that the file lacks are those the gallery filed it under."""

    study_uid: str
    series_uid: str
    sop_uid: str
    sop_class_uid: str
    uids_made: bool
    headerless: bool


def by_ids(scope: Scope, instance_ids: Sequence[int]) -> dict[int, Stored]:
    """These instances, whether current, replaced or in the bin."""
    found: dict[int, Stored] = {}
    for some in batches(instance_ids):
        query = (
            select(
                Instance.id,
                Study.study_uid,
                Series.series_uid,
                Instance.sop_uid,
                Instance.sop_class_uid,
                Instance.uids_made,
                Instance.headerless,
            )
            .join(Series, Instance.series_key == Series.id)
            .join(Study, Series.study_key == Study.id)
            .where(Instance.id.in_(some), within(scope, Instance))
        )
        found.update({row[0]: Stored(*row[1:]) for row in db.session.execute(query)})
    return found


def below(scope: Scope, study_uid: str, series_uid: str | None = None, sop_uid: str | None = None) -> Selection:
    """The visible study, or series or instance in it, of these UIDs; an empty selection when there is none."""
    if series_uid is None:
        query = visible(select(Study.id).where(Study.study_uid == study_uid), Study, scope)
        return Selection(studies=tuple(db.session.scalars(query)))
    if sop_uid is None:
        series = select(Series.id).join(Study, Series.study_key == Study.id)
        series = series.where(Study.study_uid == study_uid, Series.series_uid == series_uid)
        return Selection(series=tuple(db.session.scalars(visible(series, Series, scope))))
    images = (
        select(Instance.id)
        .join(Series, Instance.series_key == Series.id)
        .join(Study, Series.study_key == Study.id)
        .where(Study.study_uid == study_uid, Series.series_uid == series_uid, Instance.sop_uid == sop_uid)
    )
    return Selection(images=tuple(db.session.scalars(visible(images, Instance, scope))))
