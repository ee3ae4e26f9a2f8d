"""File names inside a collection: text that is never a path, unique within it."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, insert, select
from sqlalchemy.orm import Session

from dicomgallery.ingest.incoming import Naming
from dicomgallery.ingest.outcome import Outcome, Rejected
from dicomgallery.models import Collection, CollectionMember, Direct

LONGEST = 1000

_COLLECTION = Direct(
    select(Collection.id).where(
        Collection.workspace_id == bindparam("workspace"), Collection.name == bindparam("called")
    )
)
_ADD_COLLECTION = Direct(insert(Collection).returning(Collection.id))
_MEMBER = Direct(
    select(CollectionMember.file_name, CollectionMember.instance_id).where(
        CollectionMember.collection_id == bindparam("collection"), CollectionMember.file_name == bindparam("called")
    )
)
_ADD_MEMBER = Direct(insert(CollectionMember))


def plain(name: str) -> str:
    """A name as it is kept: NFC, without NUL, never empty, at most 1000 characters."""
    text = unicodedata.normalize("NFC", name.replace("\0", "\N{REPLACEMENT CHARACTER}"))
    text = text.encode("utf-8", "replace").decode("utf-8")
    return text[:LONGEST] or "unnamed"


def collection_named(session: Session, workspace_id: int, name: str, at: datetime) -> int:
    """The collection of this name, made when there is none yet."""
    found = _COLLECTION.rows(session, {"workspace": workspace_id, "called": name})
    if not found:
        found = _ADD_COLLECTION.rows(session, {"workspace_id": workspace_id, "name": name, "created_at": at})
    return int(found[0][0])


@dataclass
class Names:
    """The names a batch wants in its collection, and which of them are taken."""

    collection_id: int | None
    naming: Naming
    taken: dict[str, int]
    claimed: set[str]

    @classmethod
    def of(cls, session: Session, collection_id: int | None, names: Sequence[str], naming: Naming) -> "Names":
        """Look the names up."""
        taken: dict[str, int] = {}
        if collection_id is not None:
            wanted = [{"collection": collection_id, "called": name} for name in set(names)]
            taken = dict(_MEMBER.rows_of_all(session, wanted))
        return cls(collection_id, naming, taken, set())

    def refuses(self, name: str) -> bool:
        """Say whether a file of this name may not come in at all."""
        return (
            self.collection_id is not None
            and self.naming is Naming.STRICT
            and (name in self.taken or name in self.claimed)
        )

    def take(self, name: str) -> None:
        """Claim a name for a file of this batch."""
        self.claimed.add(name)

    def add_members(self, session: Session, outcomes: Sequence[Outcome], at: datetime) -> None:
        """Enter what was kept into the collection."""
        if self.collection_id is None:
            return
        rows = []
        for outcome in outcomes:
            if isinstance(outcome, Rejected) or self.taken.get(outcome.name) == outcome.instance_id:
                continue
            name = self._free(session, outcome.name)
            self.taken[name] = outcome.instance_id
            rows.append(
                {
                    "collection_id": self.collection_id,
                    "file_name": name,
                    "instance_id": outcome.instance_id,
                    "added_at": at,
                }
            )
        _ADD_MEMBER.run(session, *rows)

    def _free(self, session: Session, name: str) -> str:
        candidate, number = name, 1
        while candidate in self.taken or (number > 1 and self._exists(session, candidate)):
            number += 1
            candidate = f"{name[: LONGEST - 12]} ({number})"
        return candidate

    def _exists(self, session: Session, name: str) -> bool:
        return bool(_MEMBER.rows(session, {"collection": self.collection_id, "called": name}))
