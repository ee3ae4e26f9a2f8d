"""The counts that series, studies, patients and facets carry, against what there is."""

from collections.abc import Iterable, Iterator

from sqlalchemy import Select, and_, case, func, or_, select
from sqlalchemy.orm import Session

from dicomgallery.catalog import counters, tally
from dicomgallery.models import FacetCount, Instance, Patient, Series, Study, db

FACETS = "facets"


def wrong() -> Iterator[str]:
    """What counts wrongly, as "series:7", "study:5", "patient:3" or "facets"."""
    for name, query in (("series", _wrong_series()), ("study", _wrong_studies()), ("patient", _wrong_patients())):
        yield from (f"{name}:{key}" for key in db.session.scalars(query))
    if _facets_differ():
        yield FACETS
    db.session.rollback()


def mend(session: Session, found: Iterable[str]) -> None:
    """Count anew what was found to be wrong, from the instances up."""
    series: set[int] = set()
    for text in found:
        name, _, key = text.partition(":")
        series.update(session.scalars(_series_under(name, int(key))) if key else ())
    tally.recount(session, series)
    counters.recount(session)


def _wrong_series() -> Select[int]:
    frames = func.coalesce(
        func.sum(case((Instance.id.is_(None), 0), (Instance.frames > 1, Instance.frames), else_=1)), 0
    )
    return (
        select(Series.id)
        .outerjoin(
            Instance,
            and_(Instance.series_key == Series.id, Instance.is_current, Instance.binned_at.is_(None)),
        )
        .group_by(Series.id)
        .having(
            or_(
                Series.instance_count != func.count(Instance.id),
                Series.frame_count != frames,
                Series.size_bytes != func.coalesce(func.sum(Instance.size_bytes), 0),
            )
        )
        .order_by(Series.id)
    )


def _wrong_studies() -> Select[int]:
    return (
        select(Study.id)
        .outerjoin(Series, and_(Series.study_key == Study.id, Series.instance_count > 0))
        .group_by(Study.id)
        .having(
            or_(
                Study.series_count != func.count(Series.id),
                Study.instance_count != func.coalesce(func.sum(Series.instance_count), 0),
                Study.size_bytes != func.coalesce(func.sum(Series.size_bytes), 0),
            )
        )
        .order_by(Study.id)
    )


def _wrong_patients() -> Select[int]:
    return (
        select(Patient.id)
        .outerjoin(Study, and_(Study.patient_key == Patient.id, Study.instance_count > 0))
        .group_by(Patient.id)
        .having(
            or_(
                Patient.study_count != func.count(Study.id),
                Patient.series_count != func.coalesce(func.sum(Study.series_count), 0),
                Patient.instance_count != func.coalesce(func.sum(Study.instance_count), 0),
            )
        )
        .order_by(Patient.id)
    )


def _facets_differ() -> bool:
    kept = select(FacetCount.workspace_id, FacetCount.facet, FacetCount.value, FacetCount.count)
    told = {(row[0], row[1], row[2]): row[3] for row in db.session.execute(kept) if row[3]}
    true: dict[tuple[int, str, str], int] = {}
    for facet, value in counters.VALUES.items():
        query = select(Series.workspace_id, value, func.count()).where(Series.instance_count > 0)
        for workspace_id, text, count in db.session.execute(query.group_by(Series.workspace_id, value)):
            true[workspace_id, facet, text] = count
    return told != true


def _series_under(name: str, key: int) -> Select[int]:
    if name == "series":
        return select(Series.id).where(Series.id == key)
    if name == "study":
        return select(Series.id).where(Series.study_key == key)
    return select(Series.id).join(Study, Series.study_key == Study.id).where(Study.patient_key == key)
