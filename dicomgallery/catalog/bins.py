"""The bin: deletions that can be undone, each with what it took."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, literal, select, tuple_

from dicomgallery.access import Scope
from dicomgallery.catalog import cards, cursors
from dicomgallery.catalog.cards import Card
from dicomgallery.catalog.firsts import first_of_each
from dicomgallery.catalog.scoping import AnySelect, within
from dicomgallery.errors import NotFoundError
from dicomgallery.models import BinDeed, Instance, db

COVERS = 6
LOOKED_AT = 500


@dataclass(frozen=True, slots=True)
class Deed:
    """One deletion: how much of it still lies in the bin, and some of its images."""

    id: int
    created_at: datetime
    actor_id: str
    count: int
    covers: list[Card]
    """Up to six images, one a series."""


@dataclass(frozen=True, slots=True)
class Listing:
    """Some deletions, newest first, and where the next begin."""

    items: list[Deed]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Images:
    """Some images of a deletion, and where the next begin."""

    items: list[Card]
    next_cursor: str | None


def by_id(scope: Scope, deed_id: int) -> BinDeed:
    """The deletion of this row id."""
    query = select(BinDeed).where(BinDeed.id == deed_id, within(scope, BinDeed))
    found = db.session.scalars(query).one_or_none() if 0 < deed_id < 1 << 63 else None
    if found is None:
        raise NotFoundError("There is no such deletion here.")
    return found


def count(scope: Scope) -> int:
    """How many instances lie in the bin."""
    query = select(func.count(Instance.id)).where(Instance.binned_at.is_not(None), within(scope, Instance))
    return int(db.session.scalar(query) or 0)


def listing(scope: Scope, *, cursor: str | None = None, limit: int = 30) -> Listing:
    """The deletions that still have something in the bin, newest first, in a fixed number of statements."""
    held = select(Instance.id).where(Instance.bin_deed_id == BinDeed.id, Instance.binned_at.is_not(None))
    query = select(BinDeed.id, BinDeed.created_at, BinDeed.actor_id).where(within(scope, BinDeed), held.exists())
    if key := cursors.decode("bin", cursor, datetime, int):
        here = tuple_(literal(key[0], BinDeed.created_at.type), literal(key[1]))
        query = query.where(tuple_(BinDeed.created_at, BinDeed.id) < here)
    rows = db.session.execute(query.order_by(BinDeed.created_at.desc(), BinDeed.id.desc()).limit(limit + 1)).all()
    ids = [row.id for row in rows[:limit]]
    first = first_of_each(scope, {one: _first(scope, one) for one in ids})
    wanted = [one for some in first.values() for one in some]
    shown = {card.id: card for card in cards.of_images(scope, wanted, even_hidden=True)} if wanted else {}
    grouped = (
        select(Instance.bin_deed_id, func.count())
        .where(Instance.bin_deed_id.in_(ids), Instance.binned_at.is_not(None))
        .group_by(Instance.bin_deed_id)
    )
    counts = dict(db.session.execute(grouped).all())
    items = [
        Deed(row.id, row.created_at, row.actor_id, counts.get(row.id, 0), [shown[i] for i in first.get(row.id, [])])
        for row in rows[:limit]
    ]
    following = cursors.encode("bin", (rows[limit - 1].created_at, ids[-1])) if len(rows) > limit else None
    return Listing(items, following)


def images(scope: Scope, deed_id: int, *, cursor: str | None = None, limit: int = 60) -> Images:
    """What of a deletion still lies in the bin, as cards in order of arrival."""
    by_id(scope, deed_id)
    query = select(Instance.id).where(Instance.bin_deed_id == deed_id, Instance.binned_at.is_not(None))
    query = query.where(within(scope, Instance))
    if key := cursors.decode("binned", cursor, int):
        query = query.where(Instance.id > key[0])
    ids = list(db.session.scalars(query.order_by(Instance.id).limit(limit + 1)))
    shown = {card.id: card for card in cards.of_images(scope, ids[:limit], even_hidden=True)} if ids else {}
    following = cursors.encode("binned", (ids[limit - 1],)) if len(ids) > limit else None
    return Images([shown[one] for one in ids[:limit] if one in shown], following)


def _first(scope: Scope, deed_id: int) -> AnySelect:
    """The first image of each of the first series of a deletion."""
    early = (
        select(Instance.id, Instance.series_key)
        .where(Instance.bin_deed_id == deed_id, Instance.binned_at.is_not(None), within(scope, Instance))
        .order_by(Instance.id)
        .limit(LOOKED_AT)
        .subquery()
    )
    return select(func.min(early.c.id)).group_by(early.c.series_key).order_by(func.min(early.c.id)).limit(COVERS)
