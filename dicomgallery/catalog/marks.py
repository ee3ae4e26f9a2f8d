"""Marks: what people drew on the images that are shown."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, func, select
from sqlalchemy.orm import defer

from dicomgallery.access import Scope
from dicomgallery.catalog.batches import batches
from dicomgallery.catalog.scoping import visible, within
from dicomgallery.models import Instance, Mark, db


@dataclass(frozen=True, slots=True)
class Held:
    """How many marks there are, those among them that are removed and can be brought back."""

    by_image: int
    by_series: int
    bytes_by_series: int


def of_series(scope: Scope, series_id: int) -> list[Mark]:
    """The marks on the images of a series, oldest first."""
    return list(db.session.scalars(_of_series(scope, series_id)))


def outlined(scope: Scope, series_id: int) -> list[Mark]:
    """The same without their points, which may be many megabytes; to ask one for them is an error."""
    return list(db.session.scalars(_of_series(scope, series_id).options(defer(Mark.points, raiseload=True))))


def of_images(scope: Scope, instance_ids: Sequence[int]) -> list[Mark]:
    """The marks on these images, oldest first."""
    found: list[Mark] = []
    for some in batches(instance_ids):
        query = select(Mark).join(Instance, Mark.instance_key == Instance.id).where(Mark.instance_key.in_(some))
        query = visible(query, Instance, scope).where(Mark.removed_at.is_(None))
        found += db.session.scalars(query)
    return sorted(found, key=lambda mark: mark.id)


def to_change(scope: Scope, key: str, workspace_id: int | None = None) -> Mark | None:
    """The mark of this key, removed or not, whether its image is shown or not; None when there is none.

    Until the transaction ends nobody else changes it: of two who saw the same version one must be told so.
    """
    query = select(Mark).where(Mark.key == key, within(scope, Mark))
    if workspace_id is not None:
        query = query.where(Mark.workspace_id == workspace_id)
    return db.session.scalars(query.order_by(Mark.id).limit(1).with_for_update()).one_or_none()


def held(scope: Scope, instance: Instance) -> Held:
    """How many marks an image and its series have."""
    query = select(func.count(Mark.id), func.coalesce(func.sum(Mark.size_bytes), 0))
    query = query.join(Instance, Mark.instance_key == Instance.id).where(within(scope, Instance))
    by_series, size_bytes = db.session.execute(query.where(Instance.series_key == instance.series_key)).one()
    by_image, _ = db.session.execute(query.where(Mark.instance_key == instance.id)).one()
    return Held(int(by_image), int(by_series), int(size_bytes))


def _of_series(scope: Scope, series_id: int) -> Select[Mark]:
    query = select(Mark).join(Instance, Mark.instance_key == Instance.id).where(Instance.series_key == series_id)
    return visible(query, Instance, scope).where(Mark.removed_at.is_(None)).order_by(Mark.id)
