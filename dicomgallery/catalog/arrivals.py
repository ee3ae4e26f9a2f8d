"""What is here of what somebody is about to send."""

from collections.abc import Collection

from sqlalchemy import select

from dicomgallery.access import Scope
from dicomgallery.catalog.batches import batches
from dicomgallery.catalog.scoping import within
from dicomgallery.models import Instance, db


def held(scope: Scope, hashes: Collection[str]) -> set[str]:
    """Those of these SHA-256s whose bytes some instance already has, in the bin or not."""
    found: set[str] = set()
    for some in batches(sorted(set(hashes))):
        query = select(Instance.blob_sha256).where(within(scope, Instance), Instance.blob_sha256.in_(some))
        found.update(db.session.scalars(query))
    return found
