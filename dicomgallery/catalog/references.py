"""What refers to an object: presentation states, reports, segmentations, structure sets, plans."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import select

from dicomgallery.access import Scope
from dicomgallery.catalog.scoping import visible
from dicomgallery.models import Instance, Reference, Series, db

MOST: Final = 50
"""So many are told of; more are there to be found from the other side."""


@dataclass(frozen=True, slots=True)
class Referrer:
    """An object that refers to another."""

    id: int
    blob_sha256: str
    kind: str
    sop_class_uid: str
    label: str
    modality: str
    description: str
    """Of its series."""


def of(scope: Scope, to_uid: str, kind: str | None = None) -> list[Referrer]:
    """The visible objects, of one kind or of any, that refer to a SOP Instance UID, newest first."""
    query = (
        select(
            Instance.id,
            Instance.blob_sha256,
            Instance.kind,
            Instance.sop_class_uid,
            Instance.label,
            Series.modality,
            Series.description,
        )
        .join(Reference, Reference.instance_id == Instance.id)
        .join(Series, Instance.series_key == Series.id)
        .where(Reference.to_uid == to_uid)
    )
    if kind is not None:
        query = query.where(Instance.kind == kind)
    query = visible(query, Instance, scope).order_by(Instance.id.desc()).limit(MOST)
    return [Referrer(*row) for row in db.session.execute(query)]
