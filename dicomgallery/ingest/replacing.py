"""What an arriving file is told to stand in for, though it has another SOP Instance UID."""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from dicomgallery.access import Actor
from dicomgallery.catalog import tally
from dicomgallery.models import Instance, Mark


def standing(session: Session, actor: Actor, told: Sequence[int]) -> set[int]:
    """Those of these instances that the gallery shows and the actor may change."""
    if not told:
        return set()
    query = select(Instance.id, Instance.workspace_id).where(
        Instance.id.in_(told), Instance.is_current, Instance.binned_at.is_(None)
    )
    return {row.id for row in session.execute(query) if actor.scope.covers(row.workspace_id)}


def retire(session: Session, told: Iterable[int]) -> None:
    """Take these out of the gallery, into the history of what comes in their place."""
    ids = list(told)
    if not ids:
        return
    series_keys = set(session.scalars(select(Instance.series_key).where(Instance.id.in_(ids))))
    session.execute(update(Instance).where(Instance.id.in_(ids)).values(is_current=False))
    tally.recount(session, series_keys)


def hand_on_marks(session: Session, stands_for: Mapping[int | None, int]) -> None:
    """Let what people drew on a replaced instance lie on the one in its place: their pixels are the same."""
    for old, new in stands_for.items():
        if old is not None:
            session.execute(update(Mark).where(Mark.instance_key == old).values(instance_key=new))
