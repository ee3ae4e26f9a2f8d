"""Undo: an older version back in its place, with the same bytes; and what any two versions differ in."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from dicomgallery import audit
from dicomgallery.access import Actor, Permission, demand
from dicomgallery.audit import Event
from dicomgallery.catalog import edit_plans, instances, tally
from dicomgallery.catalog.edit_plans import Target
from dicomgallery.dicom.editing import changes
from dicomgallery.dicom.editing.changes import Change
from dicomgallery.errors import ConflictError, NotFoundError
from dicomgallery.models import Change as SeriesChange
from dicomgallery.models import CollectionMember, Instance, Mark, now, retried
from dicomgallery.services.editing import levels
from dicomgallery.services.editing.files import opened


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two versions and what they differ in."""

    older: Target
    newer: Target
    changes: Sequence[Change]


def compare(older_id: int, newer_id: int, *, actor: Actor) -> Comparison:
    """What two instances differ in, element by element."""
    demand(actor, Permission.VIEW)
    found = {target.id: target for target in edit_plans.targets(actor.scope, [older_id, newer_id])}
    if older_id not in found or newer_id not in found:
        raise NotFoundError(instances.NOT_HERE)
    older, newer = found[older_id], found[newer_id]
    with opened(older) as before, opened(newer) as after:
        return Comparison(older, newer, changes.between(before.source.level, after.source.level))


def restore(instance_id: int, *, actor: Actor) -> None:
    """Let an older version stand in the gallery again; the bytes were never changed.

    It goes to the front of its history, so that whatever stood there stays in it. ConflictError when it stands there
    already, or another object has its SOP Instance UID now.
    """
    demand(actor, Permission.EDIT)
    versions = instances.history(actor.scope, instance_id)
    chosen = next(one for one in versions if one.id == instance_id)
    current = next((one for one in versions if one.is_current), None)
    if current is None or chosen.id == current.id:
        raise ConflictError("This version stands in the gallery already.")
    if any(one.binned_at is not None for one in (chosen, current)):
        raise ConflictError("One of the two versions is in the bin; restore it from there first.")

    def swap(session: Session) -> set[int]:
        return _swap(session, chosen.id, current.id, actor)

    levels.refresh(retried(swap))


def _swap(session: Session, chosen_id: int, current_id: int, actor: Actor) -> set[int]:
    rows = {one.id: one for one in session.scalars(select(Instance).where(Instance.id.in_([chosen_id, current_id])))}
    chosen, current = rows.get(chosen_id), rows.get(current_id)
    if chosen is None or current is None or chosen.is_current or not current.is_current:
        raise ConflictError("Its history has changed meanwhile. Look at it once more.")
    taken = select(Instance.id).where(
        Instance.series_key == chosen.series_key,
        Instance.sop_uid == chosen.sop_uid,
        Instance.is_current,
        Instance.id != current_id,
    )
    if session.scalar(taken.limit(1)) is not None:
        raise ConflictError("Another file stands in the gallery under the SOP Instance UID of this version.")
    # Out of its place in the chain, and to the front of it.
    behind = update(Instance).where(Instance.replaces_id == chosen_id).values(replaces_id=chosen.replaces_id)
    session.execute(behind)
    session.execute(update(Instance).where(Instance.id == current_id).values(is_current=False))
    front = {"is_current": True, "replaces_id": current_id}
    session.execute(update(Instance).where(Instance.id == chosen_id).values(**front))
    for table, column in ((Mark, Mark.instance_key), (CollectionMember, CollectionMember.instance_id)):
        moved = update(table).where(column == current_id).values({column.key: chosen_id})
        session.execute(moved)
    keys = {chosen.series_key, current.series_key}
    tally.recount(session, keys)
    at = now()
    session.add_all(
        SeriesChange(workspace_id=chosen.workspace_id, series_key=key, kind="added", at=at) for key in sorted(keys)
    )
    audit.record(session, actor, Event.VERSION_RESTORED, f"instance:{chosen_id}", instead_of=current_id)
    return keys
