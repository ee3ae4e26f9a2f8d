"""Instances: one with all that stands above it, its neighbors in space, its history."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, select
from sqlalchemy.orm import raiseload

from dicomgallery.access import Scope
from dicomgallery.catalog import frames
from dicomgallery.catalog.batches import batches
from dicomgallery.catalog.scoping import shown, visible, within
from dicomgallery.errors import NotFoundError
from dicomgallery.models import Collection as NamedCollection
from dicomgallery.models import CollectionMember, Header, Instance, Patient, Series, Study, db

NOT_HERE = "There is no such image here."
LONGEST_HISTORY = 200
MOST_IMAGES = 20_000
"""Of a series with more, only the first can be stepped through."""


@dataclass(frozen=True, slots=True)
class Detail:
    """An instance and what stands above it."""

    instance: Instance
    series: Series
    study: Study
    patient: Patient

    @property
    def is_visible(self) -> bool:
        """Say whether the gallery shows it: it is current and not in the bin."""
        return self.instance.is_current and self.instance.binned_at is None


@dataclass(frozen=True, slots=True)
class Slice:
    """One image of a stack, in its place in space."""

    id: int
    blob12: str
    number: int | None
    position_mm: float | None
    frames: int
    file_name: str
    label: str
    kind: str
    render_state: str
    render_reason: str
    render_detail: str
    acquisition_number: int | None
    sop_uid: str
    position: str | None
    orientation: str
    spacing: str
    rows: int
    columns: int
    image_type: str
    content_time: str


Image = tuple[Slice, int | None]
"""An image and, where it has several, the number of a frame."""

_SLICE = (
    Instance.id, Instance.blob_sha256, Instance.number, Instance.position_mm, Instance.frames, Instance.file_name,
    Instance.label, Instance.kind, Instance.render_state, Instance.render_reason, Instance.render_detail,
    Instance.acquisition_number, Instance.sop_uid, Instance.position, Instance.orientation, Instance.spacing,
    Instance.rows, Instance.columns, Instance.image_type, Instance.content_time,
)  # fmt: skip
"""The columns of a `Slice`, in the order of its fields."""


@dataclass(frozen=True, slots=True)
class Neighbors:
    """Where an image stands in its series; positions count from 1, and 0 means it is not shown there."""

    position: int
    total: int
    first_id: int | None
    previous_id: int | None
    next_id: int | None
    last_id: int | None
    around: tuple[Slice, ...]
    """It and up to five on either side."""


def by_id(scope: Scope, instance_id: int) -> Instance:
    """The instance, whether current, replaced or in the bin."""
    query = select(Instance).where(Instance.id == instance_id, within(scope, Instance)).options(raiseload("*"))
    found = db.session.scalars(query).one_or_none() if _is_key(instance_id) else None
    if found is None:
        raise NotFoundError(NOT_HERE)
    return found


def detail(scope: Scope, instance_id: int) -> Detail:
    """The instance with its series, study and patient, in one statement."""
    query = (
        select(Instance, Series, Study, Patient)
        .join(Series, Instance.series_key == Series.id)
        .join(Study, Series.study_key == Study.id)
        .join(Patient, Study.patient_key == Patient.id)
        .where(Instance.id == instance_id, within(scope, Instance))
        .options(raiseload("*"))
    )
    row = db.session.execute(query).one_or_none() if _is_key(instance_id) else None
    if row is None:
        raise NotFoundError(NOT_HERE)
    return Detail(*row)


def header_of(scope: Scope, instance_id: int) -> bytes | None:
    """The header of an instance as compressed DICOM JSON; None until it is made."""
    query = select(Header.json_zlib).join(Instance, Header.instance_id == Instance.id)
    return db.session.scalar(query.where(Instance.id == instance_id, within(scope, Instance)))


def in_order(scope: Scope, series_id: int) -> list[Slice]:
    """The visible images of a series in space: by position, then number, then arrival."""
    query = select(*_SLICE).where(Instance.series_key == series_id)
    rows = db.session.execute(visible(query, Instance, scope)).all()
    keys = frames.in_parts(scope, rows, {row.id: _place(row.position_mm, row.number, row.id) for row in rows})
    return [_slice(row) for row in sorted(rows, key=lambda row: keys[row.id])]


def neighbors(scope: Scope, instance: Instance) -> Neighbors:
    """Where an image stands in its series, and what stands beside it."""
    ids = ordered(scope, [instance.series_key]).get(instance.series_key, [])
    if instance.id not in ids:
        return Neighbors(0, len(ids), ids[0] if ids else None, None, None, ids[-1] if ids else None, ())
    at = ids.index(instance.id)
    near = ids[max(0, at - 5) : at + 6]
    around = {one.id: one for one in _slices(scope, near)}
    return Neighbors(
        position=at + 1,
        total=len(ids),
        first_id=ids[0],
        previous_id=ids[at - 1] if at else None,
        next_id=ids[at + 1] if at + 1 < len(ids) else None,
        last_id=ids[-1],
        around=tuple(around[one] for one in near if one in around),
    )


def images_of(slices: Sequence[Slice]) -> list[Image]:
    """Every image of a series in the order given, and every frame of those that have several."""
    images: list[Image] = []
    for one in slices:
        if one.frames:
            images += [(one, None)] if one.frames == 1 else [(one, frame) for frame in range(1, one.frames + 1)]
        if len(images) > MOST_IMAGES:
            return images[:MOST_IMAGES]
    return images


def by_sop_uids(scope: Scope, sop_uids: Sequence[str]) -> dict[str, Slice]:
    """The visible images of these SOP Instance UIDs; of several copies the first that came."""
    found: dict[str, Slice] = {}
    for some in batches(sop_uids):
        query = select(Instance.id).where(Instance.sop_uid.in_(some))
        ids = db.session.scalars(visible(query, Instance, scope).order_by(Instance.id)).all()
        for one in sorted(_slices(scope, ids), key=lambda one: one.id):
            found.setdefault(one.sop_uid, one)
    return found


def nth(scope: Scope, series_id: int, position: int) -> int:
    """The id of the image at a position in space of a series; positions count from 1."""
    ids = ordered(scope, [series_id]).get(series_id, [])
    if not 1 <= position <= len(ids):
        raise NotFoundError("There is no such image in this series.")
    return ids[position - 1]


def ordered(scope: Scope, series_ids: Sequence[int], *clauses: ColumnElement[bool]) -> dict[int, list[int]]:
    """The ids of the visible images of each series, in space."""
    query = select(Instance.series_key, Instance.position_mm, Instance.number, Instance.id)
    query = visible(query.where(Instance.series_key.in_(series_ids), *clauses), Instance, scope)
    rows = db.session.execute(query).all()
    keys = frames.in_parts(scope, rows, {row.id: _place(row.position_mm, row.number, row.id) for row in rows})
    found: dict[int, list[int]] = {}
    for row in sorted(rows, key=lambda row: keys[row.id]):
        found.setdefault(row.series_key, []).append(row.id)
    return found


def following(scope: Scope, ids: Sequence[int], after: int) -> list[int]:
    """Those of these images of a series, in space, that come after one of it; all when that one is gone for good."""
    if after in ids:
        return list(ids[ids.index(after) + 1 :])
    query = select(Instance.id, Instance.position_mm, Instance.number).where(
        Instance.id.in_([after]), within(scope, Instance)
    )
    last = db.session.execute(query).one_or_none()
    if last is None:
        return list(ids)
    edge = _place(last.position_mm, last.number, last.id)
    places: dict[int, Any] = {}
    for some in batches(ids):
        query = select(Instance.id, Instance.position_mm, Instance.number).where(Instance.id.in_(some))
        places.update({row.id: _place(row.position_mm, row.number, row.id) for row in db.session.execute(query)})
    return [one for one in ids if places[one] > edge]


def history(scope: Scope, instance_id: int) -> list[Instance]:
    """The versions of one object, newest first: what replaced this instance, it, and what it replaced."""
    start = by_id(scope, instance_id)
    newer: list[Instance] = []
    older: list[Instance] = []
    seen = {start.id}
    here = start
    while len(newer) < LONGEST_HISTORY and (found := _first(scope, Instance.replaces_id == here.id, seen)):
        newer.append(found)
        here = found
    here = start
    while len(older) < LONGEST_HISTORY and here.replaces_id is not None:
        if (before := _first(scope, Instance.id == here.replaces_id, seen)) is None:
            break
        older.append(before)
        here = before
    return [*reversed(newer), start, *older]


def visible_ids(scope: Scope, instance_ids: Collection[int]) -> list[int]:
    """Those of these instances that exist, are shown and may be seen."""
    found: list[int] = []
    for some in batches(sorted(instance_ids)):
        found += db.session.scalars(visible(select(Instance.id).where(Instance.id.in_(some)), Instance, scope))
    return found


def rows_of(scope: Scope, instance_ids: Collection[int]) -> list[Instance]:
    """These instances, visible or not, by id; those the scope may not see are left out."""
    found: list[Instance] = []
    for some in batches(sorted(instance_ids)):
        query = select(Instance).where(Instance.id.in_(some), within(scope, Instance)).options(raiseload("*"))
        found += db.session.scalars(query.order_by(Instance.id))
    return found


def collections_of(scope: Scope, instance_id: int) -> list[tuple[int, str, str]]:
    """The collections an instance is in: id, name, and its file name there."""
    query = (
        select(NamedCollection.id, NamedCollection.name, CollectionMember.file_name)
        .join(CollectionMember, CollectionMember.collection_id == NamedCollection.id)
        .where(CollectionMember.instance_id == instance_id, within(scope, NamedCollection))
        .order_by(NamedCollection.name, CollectionMember.file_name)
    )
    return [(row[0], row[1], row[2]) for row in db.session.execute(query)]


def blobs_of(scope: Scope, instance_ids: Collection[int]) -> dict[int, str]:
    """The SHA-256 of the bytes of each of these instances."""
    found: dict[int, str] = {}
    for some in batches(sorted(instance_ids)):
        query = select(Instance.id, Instance.blob_sha256).where(Instance.id.in_(some), within(scope, Instance))
        found.update((row.id, row.blob_sha256) for row in db.session.execute(query))
    return found


def unprepared(scope: Scope, *, after: int = 0, limit: int = 500) -> list[int]:
    """Instances whose pictures are still to be made, by id, a batch at a time."""
    query = select(Instance.id).where(Instance.render_state == "pending", Instance.id > after, within(scope, Instance))
    return list(db.session.scalars(query.order_by(Instance.id).limit(limit)))


def _slices(scope: Scope, ids: Sequence[int]) -> list[Slice]:
    query = select(*_SLICE).where(Instance.id.in_(ids), within(scope, Instance), shown(Instance))
    return [_slice(row) for row in db.session.execute(query)]


def _slice(row: Row[*tuple[Any, ...]]) -> Slice:
    return Slice(row[0], row[1][:12], *row[2:])


def _first(scope: Scope, which: ColumnElement[bool], seen: set[int]) -> Instance | None:
    query = select(Instance).where(which, within(scope, Instance)).options(raiseload("*"))
    found = db.session.scalars(query.order_by(Instance.id.desc()).limit(1)).one_or_none()
    if found is None or found.id in seen:
        return None
    seen.add(found.id)
    return found


def _place(position_mm: float | None, number: int | None, instance_id: int) -> tuple[Any, ...]:
    """A key that sorts by position, then number, then id; what lacks one comes first."""
    return (
        position_mm is not None,
        position_mm or 0.0,
        number is not None,
        number or 0,
        instance_id,
    )


def _is_key(number: int) -> bool:
    return 0 < number < 1 << 63
