"""Which bytes the catalog knows."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select

from dicomgallery.access import Scope
from dicomgallery.catalog.batches import batches
from dicomgallery.catalog.scoping import within
from dicomgallery.models import Instance, db


@dataclass(frozen=True, slots=True)
class BlobRow:
    """An instance and the bytes it stands for."""

    instance_id: int
    sha256: str
    size_bytes: int


def missing(scope: Scope, hashes: Collection[str]) -> list[str]:
    """Those of these SHA-256s that are not in the gallery, in order; what lies in the bin counts as missing.

    Sent again, a binned file is restored.
    """
    here: set[str] = set()
    for some in batches(sorted(set(hashes))):
        query = select(Instance.blob_sha256).where(Instance.blob_sha256.in_(some), Instance.binned_at.is_(None))
        here.update(db.session.scalars(query.where(within(scope, Instance))))
    return [sha256 for sha256 in dict.fromkeys(hashes) if sha256 not in here]


def in_use(scope: Scope, hashes: Collection[str]) -> set[str]:
    """Those of these SHA-256s that any instance stands for, in the bin or not."""
    here: set[str] = set()
    for some in batches(sorted(set(hashes))):
        query = select(Instance.blob_sha256).where(Instance.blob_sha256.in_(some), within(scope, Instance))
        here.update(db.session.scalars(query))
    return here


def every(scope: Scope, *, after: int = 0, limit: int = 5000) -> list[BlobRow]:
    """All instances and their bytes by id, a batch at a time, from after an id."""
    query = select(Instance.id, Instance.blob_sha256, Instance.size_bytes)
    query = query.where(Instance.id > after, within(scope, Instance)).order_by(Instance.id).limit(limit)
    return [BlobRow(*row) for row in db.session.execute(query).tuples()]
