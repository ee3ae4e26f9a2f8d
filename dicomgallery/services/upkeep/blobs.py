"""Blobs against rows: which belongs to which."""

from collections.abc import Iterator, Sequence
from typing import Final

from sqlalchemy import Row, select

from dicomgallery.models import Instance, db

BATCH: Final = 500

InstanceRow = Row[int, str, int, str]


def every_instance() -> Iterator[Sequence[InstanceRow]]:
    """Id, blob, size and render state of every instance, replaced and binned ones too, some at a time."""
    last = 0
    while True:
        query = select(Instance.id, Instance.blob_sha256, Instance.size_bytes, Instance.render_state)
        rows = db.session.execute(query.where(Instance.id > last).order_by(Instance.id).limit(BATCH)).all()
        # A long look must not hold one old state of the database open.
        db.session.rollback()
        if not rows:
            return
        yield rows
        last = rows[-1].id


def without_rows(hashes: Sequence[str]) -> set[str]:
    """Those of these blobs that no instance refers to; at most BATCH of them."""
    known = set(db.session.scalars(select(Instance.blob_sha256).where(Instance.blob_sha256.in_(hashes))))
    return set(hashes) - known
