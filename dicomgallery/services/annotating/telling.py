"""A mark as programs read it."""

from typing import Any

import orjson

from dicomgallery.access import Actor, Permission
from dicomgallery.imaging.marked import DrawnMark
from dicomgallery.imaging.marks import Kind
from dicomgallery.models import Mark
from dicomgallery.services.annotating import figures


def may_change(actor: Actor, mark: Mark) -> bool:
    """Say whether the actor may change this mark: it is theirs, or they administer the gallery."""
    return Permission.ANNOTATE in actor.permissions and (
        mark.owner_id == actor.id or Permission.ADMIN in actor.permissions
    )


def as_json(mark: Mark, actor: Actor) -> dict[str, Any]:
    """A mark with all that is kept of it, in the words of a PUT; `mine` says whether the actor may change it."""
    return {
        "key": mark.key,
        "image": mark.instance_key,
        "frame": mark.frame,
        "kind": mark.kind,
        "points": orjson.loads(mark.points),
        "text": mark.text,
        "figures": orjson.loads(mark.figures),
        "calibration": mark.calibration,
        "version": mark.version,
        "removed": mark.removed_at is not None,
        "by": mark.owner_name,
        "mine": may_change(actor, mark),
        "created": mark.created_at.isoformat(),
        "changed": mark.changed_at.isoformat(),
    }


def for_drawing(mark: Mark, *, is_nameless: bool) -> DrawnMark:
    """A mark to be drawn over a picture that leaves; a nameless one without its text, which may name a person."""
    words = figures.label(figures.read(mark.figures))
    text = () if is_nameless else tuple(line for line in mark.text.split("\n") if line.strip())
    points = tuple((float(x), float(y)) for x, y in orjson.loads(mark.points))
    return DrawnMark(Kind(mark.kind), points, (*words, *text))
