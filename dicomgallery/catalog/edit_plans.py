"""Plans of edits: what somebody wants changed, in which instances, and what became of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row, Select, func, select

from dicomgallery.access import Scope
from dicomgallery.catalog.batches import batches
from dicomgallery.catalog.scoping import within
from dicomgallery.errors import NotFoundError
from dicomgallery.models import EditLine, EditPlan, Instance, Job, Reference, Series, Study, db

NOT_HERE: Final = "There is no such plan of edits here. It was discarded, or is of somebody else."


@dataclass(frozen=True, slots=True)
class Target:
    """An instance that a plan may change, with what decides its new UIDs."""

    id: int
    blob_sha256: str
    sop_uid: str
    sop_class_uid: str
    label: str
    file_name: str
    number: int | None
    series_key: int
    series_uid: str
    study_uid: str
    transfer_syntax: str
    is_shown: bool


def by_id(scope: Scope, owner_id: str, plan_id: int) -> EditPlan:
    """The plan of this row id, if it is this owner's."""
    query = select(EditPlan).where(EditPlan.id == plan_id, EditPlan.owner_id == owner_id, within(scope, EditPlan))
    found = db.session.scalars(query).one_or_none() if 0 < plan_id < 1 << 63 else None
    if found is None:
        raise NotFoundError(NOT_HERE)
    return found


def targets(scope: Scope, instance_ids: Sequence[int]) -> list[Target]:
    """These instances in the order given; what may not be seen, or is gone, is left out."""
    found: dict[int, Target] = {}
    for some in batches(instance_ids):
        query = (
            select(
                Instance.id,
                Instance.blob_sha256,
                Instance.sop_uid,
                Instance.sop_class_uid,
                Instance.label,
                Instance.file_name,
                Instance.number,
                Instance.series_key,
                Series.series_uid,
                Study.study_uid,
                Instance.transfer_syntax,
                Instance.is_current & Instance.binned_at.is_(None),
            )
            .join(Series, Instance.series_key == Series.id)
            .join(Study, Series.study_key == Study.id)
            .where(Instance.id.in_(some), within(scope, Instance))
        )
        rows: Sequence[Row[*tuple[Any, ...]]] = db.session.execute(query).all()
        found |= {row[0]: Target(*row) for row in rows}
    return [found[one] for one in instance_ids if one in found]


def classes_of(scope: Scope, instance_ids: Sequence[int]) -> list[str]:
    """The SOP classes of these instances, each once."""
    found: set[str] = set()
    for some in batches(instance_ids):
        query = select(Instance.sop_class_uid).where(Instance.id.in_(some), within(scope, Instance)).distinct()
        found.update(db.session.scalars(query))
    return sorted(found)


def referrers(scope: Scope, sop_uids: Sequence[str]) -> set[int]:
    """The instances the gallery shows that refer to any of these SOP Instance UIDs."""
    found: set[int] = set()
    shown = (Instance.is_current, Instance.binned_at.is_(None), within(scope, Instance))
    for some in batches(sop_uids):
        query = select(Instance.id).join(Reference, Reference.instance_id == Instance.id)
        found.update(db.session.scalars(query.where(Reference.to_uid.in_(some), *shown)))
    return found


def is_taken(scope: Scope, sop_uid: str, instance_id: int) -> bool:
    """Say whether the gallery shows another instance than this under a SOP Instance UID."""
    shown = (Instance.is_current, Instance.binned_at.is_(None), within(scope, Instance))
    query = select(Instance.id).where(Instance.sop_uid == sop_uid, Instance.id != instance_id, *shown)
    return db.session.scalar(query.limit(1)) is not None


def lines(scope: Scope, plan_id: int, *, after: int = 0, limit: int = 60, states: Sequence[str] = ()) -> list[EditLine]:
    """Some lines of a plan by id; only those in these states, when any are named."""
    query = select(EditLine).where(EditLine.plan_id.in_(_seen(scope, plan_id)), EditLine.id > after)
    if states:
        query = query.where(EditLine.state.in_(states))
    return list(db.session.scalars(query.order_by(EditLine.id).limit(limit)))


def counts(scope: Scope, plan_id: int) -> dict[str, int]:
    """How many lines of a plan are in each state."""
    query = select(EditLine.state, func.count()).where(EditLine.plan_id.in_(_seen(scope, plan_id)))
    query = query.group_by(EditLine.state)
    return {row[0]: row[1] for row in db.session.execute(query)}


def job_of(scope: Scope, plan_id: int) -> Job | None:
    """The job that does a plan."""
    query = select(Job).join(EditPlan, EditPlan.job_id == Job.id)
    return db.session.scalar(query.where(EditPlan.id == plan_id, within(scope, EditPlan)))


def made_by_plan(scope: Scope, instance_ids: Sequence[int]) -> dict[int, int]:
    """Which of these instances a plan has made, and the plan's id."""
    query = select(EditLine.result_key, EditLine.plan_id).join(EditPlan, EditLine.plan_id == EditPlan.id)
    query = query.where(EditLine.result_key.in_(instance_ids), within(scope, EditPlan))
    return {row[0]: row[1] for row in db.session.execute(query) if row[0] is not None}


def _seen(scope: Scope, plan_id: int) -> Select[int]:
    return select(EditPlan.id).where(EditPlan.id == plan_id, within(scope, EditPlan))
