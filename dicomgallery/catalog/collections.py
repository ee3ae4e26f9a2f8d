"""Collections: their names, their files, and what contract C asks of them."""

import unicodedata
from collections.abc import Collection as Many
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, literal, select, tuple_

from dicomgallery.access import Scope
from dicomgallery.catalog import cards, cursors
from dicomgallery.catalog.cards import Card
from dicomgallery.catalog.firsts import first_of_each
from dicomgallery.catalog.query import Level
from dicomgallery.catalog.scoping import visible, within
from dicomgallery.errors import NotFoundError
from dicomgallery.models import Collection, CollectionMember, CollectionSeries, Instance, db

LONGEST_NAME = 1000
COVERS = 6
MOST_SLASHES = 100


@dataclass(frozen=True, slots=True)
class Listed:
    """A collection on the page of collections."""

    id: int
    name: str
    count: int
    """Visible files in it."""
    series_count: int
    covers: list[Card]
    """Up to six of its series, newest first."""


@dataclass(frozen=True, slots=True)
class Member:
    """A file of a collection under its name there."""

    file_name: str
    card: Card


@dataclass(frozen=True, slots=True)
class Members:
    """Some files of a collection by name, and where the next begin."""

    items: list[Member]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Listing:
    """Some collections by name, and where the next begin."""

    items: list[Listed]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class NamedFile:
    """A file found by its names; contract C calls a collection a study."""

    collection_id: int
    study: str
    file: str
    instance_id: int
    """The version shown today, should the file have been replaced."""


def kept(name: str) -> str:
    """A name as the gallery keeps it: NFC, without NUL, never empty, at most 1000 characters."""
    text = unicodedata.normalize("NFC", name.replace("\0", "\N{REPLACEMENT CHARACTER}"))
    return text.encode("utf-8", "replace").decode("utf-8")[:LONGEST_NAME] or "unnamed"


def names(scope: Scope) -> list[str]:
    """The names of all collections, sorted."""
    query = select(Collection.name).where(within(scope, Collection)).distinct().order_by(Collection.name)
    return list(db.session.scalars(query))


def by_id(scope: Scope, collection_id: int) -> Collection:
    """The collection of this row id."""
    query = select(Collection).where(Collection.id == collection_id, within(scope, Collection))
    found = db.session.scalars(query).one_or_none() if 0 < collection_id < 1 << 63 else None
    if found is None:
        raise NotFoundError("There is no such collection here.")
    return found


def by_name(scope: Scope, name: str) -> Collection | None:
    """The collection of this name; the oldest where workspaces share it."""
    query = select(Collection).where(Collection.name == kept(name), within(scope, Collection))
    return db.session.scalars(query.order_by(Collection.id).limit(1)).one_or_none()


def exists(scope: Scope, name: str) -> bool:
    """Say whether there is a collection of this name."""
    return by_name(scope, name) is not None


def account(scope: Scope, collection_id: int) -> Listed:
    """The collection of this row id and its counts, without covers."""
    found = by_id(scope, collection_id)
    return Listed(found.id, found.name, *_counts([found.id]).get(found.id, (0, 0)), [])


def listing(scope: Scope, *, cursor: str | None = None, limit: int = 60) -> Listing:
    """The collections by name, each with its counts and covers, in a fixed number of statements."""
    query = select(Collection.id, Collection.name).where(within(scope, Collection))
    if key := cursors.decode("collections", cursor, str, int):
        query = query.where(tuple_(Collection.name, Collection.id) > tuple_(literal(key[0]), literal(key[1])))
    rows = db.session.execute(query.order_by(Collection.name, Collection.id).limit(limit + 1)).all()
    ids = [row[0] for row in rows[:limit]]
    counts = _counts(ids)
    covers = _covers(scope, ids)
    items = [Listed(one, name, *counts.get(one, (0, 0)), covers.get(one, [])) for one, name in rows[:limit]]
    following = cursors.encode("collections", (rows[limit - 1][1], ids[-1])) if len(rows) > limit else None
    return Listing(items, following)


def members(scope: Scope, collection_id: int, *, cursor: str | None = None, limit: int = 60) -> Members:
    """The visible files of a collection by name, from a cursor on."""
    by_id(scope, collection_id)
    query = select(CollectionMember.file_name, CollectionMember.instance_id).where(
        CollectionMember.collection_id == collection_id
    )
    query = visible(query.join(Instance, CollectionMember.instance_id == Instance.id), Instance, scope)
    if key := cursors.decode("members", cursor, str):
        query = query.where(CollectionMember.file_name > key[0])
    rows = db.session.execute(query.order_by(CollectionMember.file_name).limit(limit + 1)).all()
    shown = {card.id: card for card in cards.of(scope, Level.IMAGE, list({row[1] for row in rows[:limit]}))}
    items = [Member(name, shown[instance_id]) for name, instance_id in rows[:limit] if instance_id in shown]
    return Members(items, cursors.encode("members", (rows[limit - 1][0],)) if len(rows) > limit else None)


def count(scope: Scope, collection_id: int) -> int:
    """How many visible files a collection has."""
    by_id(scope, collection_id)
    return _counts([collection_id]).get(collection_id, (0, 0))[0]


def file_names(scope: Scope, name: str) -> list[str] | None:
    """The names of the files in the collection of this name, sorted; None when there is no such collection."""
    collection = by_name(scope, name)
    if collection is None:
        return None
    # A file that was replaced keeps its name: `file_named` leads to what replaced it.
    query = (
        select(CollectionMember.file_name)
        .join(Instance, CollectionMember.instance_id == Instance.id)
        .where(CollectionMember.collection_id == collection.id, Instance.binned_at.is_(None), within(scope, Instance))
        .order_by(CollectionMember.file_name)
    )
    return list(db.session.scalars(query))


def file_named(scope: Scope, name: str, file_name: str) -> NamedFile | None:
    """The file of this name in the collection of that name."""
    return _longest(scope, [(kept(name), kept(file_name))])


def longest_match(scope: Scope, path: str) -> NamedFile | None:
    """The file a decoded path `name/file` means: of all ways to cut it, the longest known name of a collection."""
    parts = path.split("/")
    cuts = range(1, min(len(parts), MOST_SLASHES))
    return _longest(scope, [(kept("/".join(parts[:cut])), kept("/".join(parts[cut:]))) for cut in cuts])


def _longest(scope: Scope, pairs: Sequence[tuple[str, str]]) -> NamedFile | None:
    if not pairs:
        return None
    query = (
        select(Collection.id, Collection.name, CollectionMember.file_name, CollectionMember.instance_id)
        .join(CollectionMember, CollectionMember.collection_id == Collection.id)
        .where(tuple_(Collection.name, CollectionMember.file_name).in_(pairs), within(scope, Collection))
    )
    rows = db.session.execute(query).all()
    for row in sorted(rows, key=lambda row: (-len(row[1]), row[0])):
        if (shown := _shown_today(scope, row[3])) is not None:
            return NamedFile(row[0], row[1], row[2], shown)
    return None


def _shown_today(scope: Scope, instance_id: int) -> int | None:
    """The instance itself, or the newest of what replaced it; None when that lies in the bin."""
    seen: set[int] = set()
    here: int | None = instance_id
    while here is not None and here not in seen:
        seen.add(here)
        shown = visible(select(Instance.id).where(Instance.id == here), Instance, scope)
        if db.session.scalar(shown) is not None:
            return here
        newer = select(func.max(Instance.id)).where(Instance.replaces_id == here, within(scope, Instance))
        here = db.session.scalar(newer)
    return None


def _counts(collection_ids: Many[int]) -> dict[int, tuple[int, int]]:
    """Visible files and series of each collection."""
    query = (
        select(CollectionSeries.collection_id, func.sum(CollectionSeries.members), func.count())
        .where(CollectionSeries.collection_id.in_(collection_ids))
        .group_by(CollectionSeries.collection_id)
    )
    return {row[0]: (int(row[1]), int(row[2])) for row in db.session.execute(query)}


def _covers(scope: Scope, collection_ids: Sequence[int]) -> dict[int, list[Card]]:
    """The newest series of each collection."""
    newest = {
        one: select(CollectionSeries.series_key)
        .where(CollectionSeries.collection_id == one)
        .order_by(CollectionSeries.series_key.desc())
        .limit(COVERS)
        for one in collection_ids
    }
    series = first_of_each(scope, newest)
    ids = list(dict.fromkeys(one for some in series.values() for one in some))
    shown = {card.id: card for card in cards.of(scope, Level.SERIES, ids)}
    return {owner: [shown[one] for one in some if one in shown] for owner, some in series.items()}
