"""What multi-frame instances say of their frames, and the parts of concatenations (PS3.3 C.7.6.16.2.2.4)."""

import zlib
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import orjson
from sqlalchemy import select

from dicomgallery.access import Scope
from dicomgallery.catalog.batches import batches
from dicomgallery.catalog.scoping import visible, within
from dicomgallery.dicom.frames import FrameTable
from dicomgallery.models import FrameFacts, Instance, db

Place = TypeVar("Place", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Part:
    """One object of a concatenation."""

    instance_id: int
    number: int | None
    """Counted from 1; None when the file does not say."""
    total: int | None
    frame_offset: int | None
    frames: int


def table_of(scope: Scope, instance_id: int) -> FrameTable | None:
    """What an instance says of its frames; None when it has one frame, or has not been read."""
    query = select(FrameFacts.json_zlib).join(Instance, FrameFacts.instance_id == Instance.id)
    packed = db.session.scalar(query.where(Instance.id == instance_id, within(scope, Instance)))
    return None if packed is None else _unpacked(packed)


def tables_of(scope: Scope, instance_ids: Collection[int]) -> dict[int, FrameTable]:
    """What each of these instances says of its frames, by id; without those of which `table_of` knows nothing."""
    found: dict[int, FrameTable] = {}
    for some in batches(sorted(instance_ids)):
        query = select(Instance.id, FrameFacts.json_zlib).join(Instance, FrameFacts.instance_id == Instance.id)
        query = query.where(Instance.id.in_(some), within(scope, Instance))
        found.update((instance_id, _unpacked(packed)) for instance_id, packed in db.session.execute(query))
    return found


def _unpacked(packed: bytes) -> FrameTable:
    return FrameTable.from_json(orjson.loads(zlib.decompress(packed)))


def parts_of(scope: Scope, instance: Instance) -> list[Part]:
    """The visible parts of the concatenation that an instance is of, in order, itself among them; none if whole."""
    query = select(FrameFacts.concatenation_uid).join(Instance, FrameFacts.instance_id == Instance.id)
    uid = db.session.scalar(query.where(Instance.id == instance.id, within(scope, Instance)))
    if not uid:
        return []
    columns = (
        FrameFacts.instance_id, FrameFacts.in_concatenation_number, FrameFacts.concatenation_total,
        FrameFacts.frame_offset, Instance.frames,
    )  # fmt: skip
    same = select(*columns).join(Instance, FrameFacts.instance_id == Instance.id)
    same = same.where(FrameFacts.concatenation_uid == uid, Instance.series_key == instance.series_key)
    parts = [Part(*row) for row in db.session.execute(visible(same, Instance, scope))]
    return sorted(parts, key=lambda part: (part.number or 0, part.frame_offset or 0, part.instance_id))


def in_parts(scope: Scope, rows: Sequence[Any], places: Mapping[int, Place]) -> dict[int, tuple[Place, int, Place]]:
    """A key by which rows (id, position_mm) sort by their places, parts of a concatenation together and in order.

    A concatenation stands where its first part would. What has one position is no part of any: those of an enhanced
    object are its frames'.
    """
    found: dict[int, tuple[tuple[int, str], int]] = {}
    for some in batches([row.id for row in rows if row.position_mm is None]):
        columns = (FrameFacts.instance_id, FrameFacts.in_concatenation_number, Instance.series_key)
        query = select(*columns, FrameFacts.concatenation_uid)
        query = query.join(Instance, FrameFacts.instance_id == Instance.id).where(within(scope, Instance))
        query = query.where(FrameFacts.instance_id.in_(some), FrameFacts.concatenation_uid != "")
        for instance_id, number, series_key, uid in db.session.execute(query):
            found[instance_id] = ((series_key, uid), number or 0)
    anchors: dict[tuple[int, str], Any] = {}
    for instance_id, (whole, _) in found.items():
        anchors[whole] = min(anchors.get(whole, places[instance_id]), places[instance_id])
    return {
        instance_id: (anchors[found[instance_id][0]], found[instance_id][1], place)
        if instance_id in found
        else (place, 0, place)
        for instance_id, place in places.items()
    }
