"""How much there is."""

from dataclasses import dataclass

from sqlalchemy import func, select

from dicomgallery.access import Scope
from dicomgallery.catalog.scoping import AnySelect, visible, within
from dicomgallery.models import Collection, FacetCount, Instance, Patient, Receipt, Series, Study, db


@dataclass(frozen=True, slots=True)
class Totals:
    """What the gallery holds; counts are of what is visible unless they say otherwise."""

    patients: int
    studies: int
    series: int
    instances: int
    frames: int
    size_bytes: int
    binned: int
    """Instances in the bin."""
    replaced: int
    """Instances that newer ones replaced."""
    unprepared: int
    """Instances whose pictures are still to be made."""
    collections: int
    receipts: int
    modalities: dict[str, int]
    """Series a modality, most first."""


def of(scope: Scope) -> Totals:
    """Count everything the scope may see; meant for statistics, not for every page."""
    patients, instances = _row(visible(select(func.count(), func.sum(Patient.instance_count)), Patient, scope))
    studies, size_bytes = _row(visible(select(func.count(), func.sum(Study.size_bytes)), Study, scope))
    series, frames = _row(visible(select(func.count(), func.sum(Series.frame_count)), Series, scope))
    here = within(scope, Instance)
    modalities = (
        select(FacetCount.value, func.sum(FacetCount.count))
        .where(FacetCount.facet == "modality", FacetCount.count > 0, within(scope, FacetCount))
        .group_by(FacetCount.value)
        .order_by(func.sum(FacetCount.count).desc(), FacetCount.value)
    )
    return Totals(
        patients=patients,
        studies=studies,
        series=series,
        instances=instances,
        frames=frames,
        size_bytes=size_bytes,
        binned=_count(select(func.count(Instance.id)).where(Instance.binned_at.is_not(None), here)),
        replaced=_count(select(func.count(Instance.id)).where(Instance.is_current.is_(False), here)),
        unprepared=_count(select(func.count(Instance.id)).where(Instance.render_state == "pending", here)),
        collections=_count(select(func.count(Collection.id)).where(within(scope, Collection))),
        receipts=_count(select(func.count(Receipt.id)).where(within(scope, Receipt))),
        modalities={row[0]: int(row[1]) for row in db.session.execute(modalities)},
    )


def _row(statement: AnySelect) -> list[int]:
    return [int(value or 0) for value in db.session.execute(statement).one()]


def _count(statement: AnySelect) -> int:
    return int(db.session.scalar(statement) or 0)
