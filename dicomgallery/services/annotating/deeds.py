"""Making, changing and removing marks. A mark belongs to who made it; others see it, and leave it as it is."""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy.orm import Session

from dicomgallery import audit
from dicomgallery.access import Actor, Permission, demand
from dicomgallery.audit import Event
from dicomgallery.catalog import instances, marks
from dicomgallery.errors import ConflictError, ForbiddenError, NotFoundError, RefusedError
from dicomgallery.imaging.marks import Kind
from dicomgallery.models import Instance, Mark, now, retried
from dicomgallery.services.annotating.drafts import Draft, Points, check_count
from dicomgallery.services.annotating.telling import may_change

MOST_AN_IMAGE: Final = 1000
MOST_A_SERIES: Final = 10_000
MOST_BYTES_A_SERIES: Final = 16_000_000
_UNSIZED: Final = 65_536
"""The side of an image that does not say its own."""

NOT_HERE = "There is no such mark here."
_FULL = "Remove some first; removed ones count until they are swept."


@dataclass(frozen=True, slots=True)
class Saved:
    """A mark as it is kept now."""

    mark: Mark
    is_new: bool


@dataclass(frozen=True, slots=True)
class Outdated:
    """Somebody changed the mark meanwhile: this is what is kept."""

    mark: Mark


def put(key: str, draft: Draft, *, actor: Actor) -> Saved | Outdated:
    """Make the mark of this key, or change it; what is kept already, in every part, is simply told.

    RefusedError in words for a draft that makes no sense, NotFoundError when its image is not here.
    """
    demand(actor, Permission.ANNOTATE)
    name = _uuid(key)
    if name is None:
        raise RefusedError("A mark is named by a UUID, such as 8d4c2c1e-6f0b-4c5e-9d57-0a3f2f6a7b11.")
    return retried(lambda session: _put(session, name, draft, actor))


def remove(key: str, *, actor: Actor) -> Mark:
    """Remove a mark; it can be brought back until it is swept."""
    return _set_removed(key, actor, removed=True)


def restore(key: str, *, actor: Actor) -> Mark:
    """Bring a removed mark back."""
    return _set_removed(key, actor, removed=False)


def _put(session: Session, key: str, draft: Draft, actor: Actor) -> Saved | Outdated:
    instance = instances.by_id(actor.scope, draft.image) if draft.image is not None else None
    mark = marks.to_change(actor.scope, key, instance.workspace_id if instance else None)
    if mark is None:
        if instance is None or draft.kind is None or draft.points is None:
            raise RefusedError("There is no mark of this key; a new one needs its image, its kind and its points.")
        return Saved(_make(session, key, draft, instance, actor), is_new=True)
    on = _image_of(actor, mark)
    _check_right(actor, mark)
    values = _changes(draft, mark, on)
    is_removed = mark.removed_at is not None
    turns = draft.removed is not None and draft.removed != is_removed
    if not values and not turns:
        return Saved(mark, is_new=False)
    if draft.version != mark.version:
        return Outdated(mark)
    event = Event.MARK_CHANGED
    if turns:
        event = Event.MARK_REMOVED if draft.removed else Event.MARK_RESTORED
        values["removed_at"] = now() if draft.removed else None
    _check_room(actor, on, more_bytes=values.get("size_bytes", mark.size_bytes) - mark.size_bytes, more=0)
    _write(session, mark, values, event, actor)
    return Saved(mark, is_new=False)


def _make(session: Session, key: str, draft: Draft, instance: Instance, actor: Actor) -> Mark:
    _check_shown(instance)
    if instance.frames < 1:
        raise RefusedError("There is no picture in this object to draw on.")
    if draft.removed:
        raise RefusedError("A mark that is not there cannot be removed.")
    kind, points = draft.kind, draft.points
    if kind is None or points is None:
        raise RefusedError("A new mark needs its kind and its points.")
    frame = draft.frame or 1
    if frame > instance.frames:
        raise RefusedError(f"The image has frames 1 to {instance.frames}.")
    check_count(kind, points)
    _check_place(points, instance)
    at = now()
    mark = Mark(
        workspace_id=instance.workspace_id,
        key=key,
        instance_key=instance.id,
        frame=frame,
        kind=kind.value,
        points=orjson.dumps(points).decode(),
        text=draft.text or "",
        figures=draft.figures or "{}",
        calibration=draft.calibration or "",
        owner_id=actor.id,
        owner_name=actor.name,
        version=1,
        created_at=at,
        changed_at=at,
    )
    mark.size_bytes = _size(mark, {})
    _check_room(actor, instance, more_bytes=mark.size_bytes, more=1)
    session.add(mark)
    session.flush()
    audit.record(session, actor, Event.MARK_MADE, f"mark:{mark.id}", instance=instance.id)
    return mark


def _changes(draft: Draft, mark: Mark, instance: Instance) -> dict[str, Any]:
    """The columns in which a draft differs from what is kept."""
    stays = {
        "image": draft.image in {None, mark.instance_key},
        "frame": draft.frame in {None, mark.frame},
        "kind": draft.kind in {None, mark.kind},
    }
    for name, same in stays.items():
        if not same:
            raise RefusedError(f"A mark keeps its {name}; make another one.")
    sent = {"text": draft.text, "figures": draft.figures, "calibration": draft.calibration}
    if draft.points is not None:
        sent["points"] = orjson.dumps(draft.points).decode()
    values: dict[str, Any] = {
        name: value for name, value in sent.items() if value is not None and value != getattr(mark, name)
    }
    if "points" in values and draft.points is not None:
        check_count(Kind(mark.kind), draft.points)
        _check_place(draft.points, instance)
    if values:
        values["size_bytes"] = _size(mark, values)
    return values


def _set_removed(key: str, actor: Actor, *, removed: bool) -> Mark:
    demand(actor, Permission.ANNOTATE)
    name = _uuid(key)

    def change(session: Session) -> Mark:
        mark = marks.to_change(actor.scope, name) if name else None
        if mark is None:
            raise NotFoundError(NOT_HERE)
        _image_of(actor, mark)
        _check_right(actor, mark)
        if (mark.removed_at is not None) != removed:
            event = Event.MARK_REMOVED if removed else Event.MARK_RESTORED
            _write(session, mark, {"removed_at": now() if removed else None}, event, actor)
        return mark

    return retried(change)


def _write(session: Session, mark: Mark, values: dict[str, Any], event: Event, actor: Actor) -> None:
    for name, value in values.items():
        setattr(mark, name, value)
    mark.version += 1
    mark.changed_at = now()
    session.flush()
    audit.record(session, actor, event, f"mark:{mark.id}", instance=mark.instance_key)


def _image_of(actor: Actor, mark: Mark) -> Instance:
    instance = instances.by_id(actor.scope, mark.instance_key)
    _check_shown(instance)
    return instance


def _check_shown(instance: Instance) -> None:
    if not instance.is_current or instance.binned_at is not None:
        raise NotFoundError("There is no such image in the gallery any more; it was deleted or replaced.")


def _check_right(actor: Actor, mark: Mark) -> None:
    if not may_change(actor, mark):
        raise ForbiddenError("Only who made a mark may change it.")


def _check_place(points: Points, instance: Instance) -> None:
    """A mark may reach beyond its image, but lies about it."""
    wide, high = instance.columns or _UNSIZED, instance.rows or _UNSIZED
    if not all(-wide <= x <= 2 * wide and -high <= y <= 2 * high for x, y in points):
        raise RefusedError("A point of the mark lies too far from its image.")


def _check_room(actor: Actor, instance: Instance, *, more: int, more_bytes: int) -> None:
    if not more and more_bytes <= 0:
        return
    held = marks.held(actor.scope, instance)
    if more and held.by_image >= MOST_AN_IMAGE:
        raise ConflictError(f"An image has at most {MOST_AN_IMAGE} marks. {_FULL}")
    if more and held.by_series >= MOST_A_SERIES:
        raise ConflictError(f"A series has at most {MOST_A_SERIES} marks. {_FULL}")
    if held.bytes_by_series + more_bytes > MOST_BYTES_A_SERIES:
        raise ConflictError(f"The marks of a series have at most {MOST_BYTES_A_SERIES // 1_000_000} MB. {_FULL}")


def _size(mark: Mark, values: dict[str, Any]) -> int:
    parts = (values.get(name, getattr(mark, name)) for name in ("points", "text", "figures", "calibration"))
    return sum(len(part.encode()) for part in parts)


def _uuid(key: str) -> str | None:
    """A UUID as it is kept; None for any other text."""
    try:
        found = str(UUID(key))
    except ValueError:
        return None
    return found if found == key.lower() else None
