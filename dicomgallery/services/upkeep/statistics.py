"""How much there is."""

from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import func, select

from dicomgallery.access import Actor, Permission, demand
from dicomgallery.catalog.scoping import within
from dicomgallery.models import Base, Collection, Instance, Job, Patient, Receipt, Series, Study, db
from dicomgallery.services import pictures


@dataclass(frozen=True, slots=True)
class Statistics:
    """Counts of what an actor may see, and sizes in bytes."""

    patients: int
    studies: int
    series: int
    images: int
    image_bytes: int
    in_bin: int
    bin_bytes: int
    replaced: int
    pictures_pending: int
    pictures_failed: int
    collections: int
    receipts: int
    jobs_waiting: int
    jobs_failed: int
    picture_cache_bytes: int

    def as_fields(self) -> dict[str, Any]:
        """What a program reads."""
        return asdict(self)


def statistics(*, actor: Actor) -> Statistics:
    """Count everything; walks the cache of pictures, so not for a page that is asked often."""
    demand(actor, Permission.ADMIN)

    def count(model: type[Base], *conditions: Any) -> int:
        query = select(func.count()).select_from(model).where(within(actor.scope, model), *conditions)
        return int(db.session.scalar(query) or 0)

    def size(*conditions: Any) -> int:
        query = select(func.coalesce(func.sum(Instance.size_bytes), 0))
        return int(db.session.scalar(query.where(within(actor.scope, Instance), *conditions)) or 0)

    def jobs(*states: str) -> int:
        return int(db.session.scalar(select(func.count(Job.id)).where(Job.state.in_(states))) or 0)

    shown = (Instance.is_current, Instance.binned_at.is_(None))
    binned = Instance.binned_at.is_not(None)
    return Statistics(
        patients=count(Patient, Patient.instance_count > 0),
        studies=count(Study, Study.instance_count > 0),
        series=count(Series, Series.instance_count > 0),
        images=count(Instance, *shown),
        image_bytes=size(*shown),
        in_bin=count(Instance, binned),
        bin_bytes=size(binned),
        replaced=count(Instance, ~Instance.is_current, Instance.binned_at.is_(None)),
        pictures_pending=count(Instance, Instance.render_state == "pending"),
        pictures_failed=count(Instance, Instance.render_state == "failed"),
        collections=count(Collection),
        receipts=count(Receipt),
        jobs_waiting=jobs("queued", "running"),
        jobs_failed=jobs("failed"),
        picture_cache_bytes=pictures.cache().size_bytes(),
    )
