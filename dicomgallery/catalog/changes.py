"""What came, went or got its pictures since a page last asked."""

from dataclasses import dataclass

from sqlalchemy import func, select

from dicomgallery.access import Scope
from dicomgallery.catalog.scoping import within
from dicomgallery.models import Change, db

MOST = 500


@dataclass(frozen=True, slots=True)
class SeriesChange:
    """What became of a series."""

    series_id: int
    kind: str
    """added, removed or pictured."""


@dataclass(frozen=True, slots=True)
class Changes:
    """The changes after an id, each series once: by its last change, but new is new with pictures too."""

    latest: int
    """Ask from here the next time."""
    changes: tuple[SeriesChange, ...]
    more: bool
    """There were too many to tell; the page had better be loaded anew."""


def latest(scope: Scope) -> int:
    """The id of the newest change; 0 when nothing ever happened."""
    return int(db.session.scalar(select(func.max(Change.id)).where(within(scope, Change))) or 0)


def since(scope: Scope, change_id: int | None) -> Changes:
    """What changed after this id; after None nothing, only where to ask from."""
    if change_id is None:
        return Changes(latest(scope), (), more=False)
    after = max(0, min(change_id, 1 << 62))
    query = select(Change.id, Change.series_key, Change.kind).where(Change.id > after, within(scope, Change))
    rows = db.session.execute(query.order_by(Change.id).limit(MOST + 1)).all()
    if len(rows) > MOST:
        return Changes(latest(scope), (), more=True)
    last: dict[int, str] = {}
    for row in rows:
        # What came and got its pictures since is still new to who asks.
        is_new = last.get(row.series_key) == "added" and row.kind == "pictured"
        last[row.series_key] = "added" if is_new else row.kind
    changed = tuple(SeriesChange(series_id, kind) for series_id, kind in last.items())
    return Changes(rows[-1].id if rows else after, changed, more=False)
