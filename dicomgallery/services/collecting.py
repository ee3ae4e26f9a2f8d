"""Collections: named sets of files; a name is any text, kept as text and never used as a path."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from dicomgallery import audit
from dicomgallery.access import Actor, Permission, demand
from dicomgallery.audit import Event
from dicomgallery.catalog import selection as selecting
from dicomgallery.catalog.batches import batches
from dicomgallery.catalog.scoping import within
from dicomgallery.catalog.selection import Selection
from dicomgallery.errors import ConflictError, NotFoundError, RefusedError
from dicomgallery.ingest.names import LONGEST, plain
from dicomgallery.models import Collection, CollectionMember, Instance, Receipt, now, retried

_ROOM_FOR_NUMBER: Final = 12


@dataclass(frozen=True, slots=True)
class Added:
    """What became of a selection that was added to a collection."""

    added: int
    already_there: int


def create(name: str, *, actor: Actor) -> Collection:
    """Make an empty collection; ConflictError when the name is taken."""
    demand(actor, Permission.EDIT)
    kept = _name(name)

    def make(session: Session) -> Collection:
        _refuse_taken(session, actor.workspace_id, kept)
        collection = Collection(workspace_id=actor.workspace_id, name=kept, created_at=now())
        session.add(collection)
        session.flush()
        audit.record(session, actor, Event.COLLECTION_CREATED, f"collection:{collection.id}")
        return collection

    return retried(make)


def rename(collection_id: int, name: str, *, actor: Actor) -> Collection:
    """Give a collection another name; ConflictError when that is taken."""
    demand(actor, Permission.EDIT)
    kept = _name(name)

    def change(session: Session) -> Collection:
        collection = _collection(session, collection_id, actor)
        if collection.name != kept:
            _refuse_taken(session, collection.workspace_id, kept)
            collection.name = kept
            session.flush()
            audit.record(session, actor, Event.COLLECTION_RENAMED, f"collection:{collection_id}")
        return collection

    return retried(change)


def remove(collection_id: int, *, actor: Actor) -> None:
    """Delete a collection; its files stay in the gallery, and receipts forget that they named it."""
    demand(actor, Permission.EDIT)

    def go(session: Session) -> None:
        _collection(session, collection_id, actor)
        members = session.connection().execute(
            delete(CollectionMember).where(CollectionMember.collection_id == collection_id)
        )
        session.execute(update(Receipt).where(Receipt.collection_id == collection_id).values(collection_id=None))
        session.execute(delete(Collection).where(Collection.id == collection_id))
        audit.record(session, actor, Event.COLLECTION_DELETED, f"collection:{collection_id}", members=members.rowcount)

    retried(go)


def add(collection_id: int, selection: Selection, *, actor: Actor) -> Added:
    """Put what is selected into a collection; a file that is in it already is not put in again."""
    demand(actor, Permission.EDIT)
    ids = selecting.instance_ids(actor.scope, selection)

    def enter(session: Session) -> Added:
        _collection(session, collection_id, actor)
        members = select(CollectionMember.file_name, CollectionMember.instance_id)
        held = session.execute(members.where(CollectionMember.collection_id == collection_id)).all()
        taken = _Names({file_name for file_name, _ in held})
        inside = {instance_id for _, instance_id in held}
        fresh = [instance_id for instance_id in ids if instance_id not in inside]
        added = 0
        for some in batches(fresh):
            added += _add_some(session, collection_id, some, taken)
        if added:
            audit.record(session, actor, Event.MEMBERS_ADDED, f"collection:{collection_id}", members=added)
        return Added(added, len(ids) - len(fresh))

    return retried(enter)


def take_out(collection_id: int, selection: Selection, *, actor: Actor) -> int:
    """Take what is selected out of a collection; gives how many files left it. They stay in the gallery."""
    demand(actor, Permission.EDIT)
    ids = selecting.instance_ids(actor.scope, selection)

    def leave(session: Session) -> int:
        _collection(session, collection_id, actor)
        count = 0
        for some in batches(ids):
            members = delete(CollectionMember).where(
                CollectionMember.collection_id == collection_id, CollectionMember.instance_id.in_(some)
            )
            count += session.connection().execute(members).rowcount
        if count:
            audit.record(session, actor, Event.MEMBERS_REMOVED, f"collection:{collection_id}", members=count)
        return count

    return retried(leave)


class _Names:
    """The file names of a collection, and what to call one more."""

    def __init__(self, taken: set[str]) -> None:
        self._taken = taken
        self._numbers: defaultdict[str, int] = defaultdict(lambda: 1)

    def claim(self, name: str) -> str:
        """The name itself, or the first free one beside it: "a.dcm", "a (2).dcm"."""
        stem, dot, ending = name.rpartition(".")
        if not stem or len(ending) > _ROOM_FOR_NUMBER:
            stem, dot, ending = name, "", ""
        stem = stem[: LONGEST - 2 * _ROOM_FOR_NUMBER]
        candidate = name
        while candidate in self._taken:
            self._numbers[name] += 1
            candidate = f"{stem} ({self._numbers[name]}){dot}{ending}"
        self._taken.add(candidate)
        return candidate


def _add_some(session: Session, collection_id: int, ids: Sequence[int], taken: _Names) -> int:
    found = session.execute(select(Instance.id, Instance.file_name).where(Instance.id.in_(ids)).order_by(Instance.id))
    at = now()
    rows = [
        {"collection_id": collection_id, "file_name": taken.claim(_last_part(name)), "instance_id": key, "added_at": at}
        for key, name in found
    ]
    if rows:
        session.execute(insert(CollectionMember), rows)
    return len(rows)


def _last_part(file_name: str) -> str:
    """What a file is called without the folders it came in."""
    return plain(file_name.replace("\\", "/").rstrip("/").rpartition("/")[2])


def _name(name: str) -> str:
    if not name.strip():
        raise RefusedError("A collection needs a name.")
    if len(name) > LONGEST:
        raise RefusedError(f"A collection's name has at most {LONGEST} characters.")
    return plain(name)


def _refuse_taken(session: Session, workspace_id: int, name: str) -> None:
    query = select(Collection.id).where(Collection.workspace_id == workspace_id, Collection.name == name)
    if session.scalar(query) is not None:
        raise ConflictError("There is a collection of this name already.")


def _collection(session: Session, collection_id: int, actor: Actor) -> Collection:
    query = select(Collection).where(within(actor.scope, Collection), Collection.id == collection_id)
    collection = session.scalars(query).first()
    if collection is None:
        raise NotFoundError("There is no such collection.")
    return collection
