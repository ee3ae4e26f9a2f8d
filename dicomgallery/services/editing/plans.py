"""What somebody wants changed: gathered edit by edit, kept until it is done or a day has passed."""

import hashlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final
from urllib.parse import parse_qs, urlencode

from sqlalchemy import delete, insert, update
from sqlalchemy.orm import Session

from dicomgallery import audit
from dicomgallery.access import Actor, Permission, demand
from dicomgallery.audit import Event
from dicomgallery.catalog import edit_plans, instances
from dicomgallery.catalog import query as searching
from dicomgallery.catalog import selection as selecting
from dicomgallery.catalog.batches import batches
from dicomgallery.catalog.selection import Selection
from dicomgallery.dicom.editing import judging
from dicomgallery.dicom.editing.edits import Edit
from dicomgallery.dicom.editing.making import SOP_INSTANCE
from dicomgallery.errors import ConflictError, NotFoundError, RefusedError
from dicomgallery.jobs import queue
from dicomgallery.jobs.runner import JobContext, handles
from dicomgallery.models import EditLine, EditPlan, now, retried, transaction
from dicomgallery.services.editing.tables import Table

JOB: Final = "edit"
MOST_EDITS: Final = 200
MOST_INSTANCES: Final = 100_000
_MOST_KEPT: Final = 48 << 20
"""Characters of all edits of a plan; uploaded bytes are a third more in Base64."""
_LEVELS: Final = ("images", "series", "studies", "patients")
_DRAFTS_KEPT: Final = timedelta(days=1)


class Reach(StrEnum):
    """Which instances a plan changes."""

    INSTANCE = "instance"
    SERIES = "series"
    STUDY = "study"
    PATIENT = "patient"
    SELECTION = "selection"
    TABLE = "table"
    """Those that a CSV names, each with changes of its own."""


class Identity(StrEnum):
    """Which UIDs are new."""

    INSTANCE = "instance"
    SERIES = "series"
    STUDY = "study"


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan as it stands."""

    row: EditPlan
    edits: tuple[Edit, ...]
    """In every image; none when a table says what changes in which."""
    table: Table | None = None

    @property
    def id(self) -> int:
        """Its row id."""
        return self.row.id

    @property
    def reach(self) -> Reach:
        """Which instances it changes."""
        return Reach(self.row.reach)

    @property
    def identity(self) -> Identity:
        """Which UIDs are new."""
        return Identity(self.row.identity)

    @property
    def is_draft(self) -> bool:
        """Say whether it can still be changed."""
        return self.row.state == "draft"

    @property
    def is_dangerous(self) -> bool:
        """Say whether pixels may become unreadable by it."""
        return judging.is_dangerous(self.kinds)

    @property
    def kinds(self) -> Sequence[Edit]:
        """Its edits; of a table one for each way in which an element changes."""
        return self.edits if self.table is None else self.table.kinds

    @property
    def change_count(self) -> int:
        """How many changes it has."""
        return len(self.edits) if self.table is None else self.table.count

    def edits_of(self, instance_id: int) -> tuple[Edit, ...]:
        """What it changes in one image."""
        return self.edits if self.table is None else self.table.edits_of(instance_id)

    def instance_ids(self, actor: Actor) -> list[int]:
        """The instances that it would change now."""
        found = selecting.instance_ids(actor.scope, self._selection(actor))
        if len(found) > MOST_INSTANCES:
            raise RefusedError(f"A plan may change at most {MOST_INSTANCES} images; choose fewer.")
        return found

    def digest(self, instance_ids: list[int]) -> str:
        """What was looked at: these edits in these instances."""
        said = json.dumps([self.row.key, self.row.edits, self.row.identity, instance_ids])
        return hashlib.sha256(said.encode()).hexdigest()

    def own_uid(self) -> str:
        """The SOP Instance UID that somebody typed; empty when the gallery chooses one."""
        typed = [edit.value for edit in self.edits if edit.tag == SOP_INSTANCE and not edit.parents]
        return typed[-1] if typed else ""

    def demand_own_uid(self, actor: Actor, instance_id: int) -> None:
        """Raise RefusedError when the UID that somebody typed is another image's, which would go out of sight."""
        own = self.own_uid()
        if own and edit_plans.is_taken(actor.scope, own, instance_id):
            raise RefusedError("Another image of the gallery has this SOP Instance UID; type one that is free.")

    def _selection(self, actor: Actor) -> Selection:
        if self.table is not None:
            return Selection(images=self.table.instance_ids)
        base = instances.detail(actor.scope, self.row.base_key)
        match self.reach:
            case Reach.INSTANCE:
                return Selection(images=(base.instance.id,))
            case Reach.SERIES:
                return Selection(series=(base.series.id,))
            case Reach.STUDY:
                return Selection(studies=(base.study.id,))
            case Reach.PATIENT:
                return Selection(patients=(base.patient.id,))
        return _selection_of(json.loads(self.row.selection))


def begin(base_id: int, reach: Reach, *, actor: Actor, selection: Selection | None = None) -> int:
    """Begin a plan on an instance; gives its id."""
    demand(actor, Permission.EDIT)
    if reach is Reach.TABLE:
        raise RefusedError("A plan for what a table names begins with the table.")
    return _begin(base_id, reach, "[]", actor, selection)


def begin_table(table: Table, *, actor: Actor) -> int:
    """Begin a plan whose every change is in a table; gives its id."""
    demand(actor, Permission.EDIT)
    said = table.to_json()
    if len(said) > _MOST_KEPT:
        raise RefusedError("The values of this table are too large together. Send it in several parts.")
    return _begin(table.instance_ids[0], Reach.TABLE, said, actor)


def of(plan_id: int, *, actor: Actor) -> Plan:
    """A plan; NotFoundError when it is not the actor's."""
    demand(actor, Permission.EDIT)
    row = edit_plans.by_id(actor.scope, actor.id, plan_id)
    if row.reach == Reach.TABLE:
        return Plan(row, (), Table.from_json(row.edits))
    return Plan(row, tuple(Edit.from_fields(fields) for fields in json.loads(row.edits)))


def add(plan_id: int, edit: Edit, *, actor: Actor) -> None:
    """Add an edit to a draft; one that sets or deletes the same element again takes the place of the first."""
    plan = _draft(plan_id, actor, by_hand=True)
    kept = [one for one in plan.edits if not _is_same(one, edit)]
    if len(kept) >= MOST_EDITS:
        raise RefusedError(f"A plan has at most {MOST_EDITS} changes. Apply these first.")
    _keep(plan, [*kept, edit])


def take_back(plan_id: int, number: int, *, actor: Actor) -> None:
    """Take an edit, counted from 0, out of a draft."""
    plan = _draft(plan_id, actor, by_hand=True)
    if not 0 <= number < len(plan.edits):
        raise NotFoundError("There is no such change in this plan.")
    _keep(plan, [edit for place, edit in enumerate(plan.edits) if place != number])


def settle(plan_id: int, reach: Reach, identity: Identity, *, actor: Actor) -> None:
    """Say which instances a draft changes, and which UIDs are new."""
    plan = _draft(plan_id, actor)
    if reach is Reach.SELECTION and plan.row.selection == "{}":
        raise RefusedError("Nothing was selected for this plan; choose the image, its series, study or patient.")
    if (reach is Reach.TABLE) != (plan.table is not None):
        raise RefusedError("What a table changes lies in the images that it names, and only a table names images so.")
    with transaction() as session:
        values = {"reach": reach.value, "identity": identity.value}
        session.execute(update(EditPlan).where(EditPlan.id == plan.id).values(**values))


def discard(plan_id: int, *, actor: Actor) -> None:
    """Forget a draft."""
    plan = _draft(plan_id, actor)
    with transaction() as session:
        session.execute(delete(EditPlan).where(EditPlan.id == plan.id))


def start(plan_id: int, *, seen: str, confirmed: bool, actor: Actor) -> None:
    """Have a plan done as it was looked at; ConflictError when it, or what it changes, is not what was `seen`."""
    plan = _draft(plan_id, actor)
    ids = plan.instance_ids(actor)
    if not plan.change_count or not ids:
        raise RefusedError("There is nothing to change.")
    if plan.digest(ids) != seen:
        raise ConflictError("The plan, or what it changes, is not what you looked at any more. Look at it once more.")
    if plan.own_uid() and len(ids) > 1:
        raise RefusedError("A SOP Instance UID names one image; choose this image alone, or leave its UID to the rule.")
    plan.demand_own_uid(actor, ids[0])
    if plan.is_dangerous and not confirmed:
        raise RefusedError("Pixels may become unreadable by this plan; confirm that twice.")

    def ask(session: Session) -> None:
        taken = update(EditPlan).where(EditPlan.id == plan.id, EditPlan.state == "draft").values(state="asked")
        if not session.connection().execute(taken).rowcount:
            raise ConflictError("This plan is being done already.")
        for some in batches(ids):
            rows = [{"plan_id": plan.id, "instance_key": one, "state": "waiting", "sentence": ""} for one in some]
            session.execute(insert(EditLine), rows)
        job_id = queue.enqueue(session, JOB, {"plan_id": plan.id}, total=2 * len(ids))
        session.execute(update(EditPlan).where(EditPlan.id == plan.id).values(job_id=job_id))
        audit.record(session, actor, Event.EDIT_ASKED, f"plan:{plan.id}", instances=len(ids), edits=plan.change_count)

    retried(ask)
    queue.wake()


@handles("sweep-edit-plans", every=timedelta(hours=6))
def sweep(_context: JobContext) -> None:
    """Forget drafts that nobody went on with for a day."""
    with transaction() as session:
        old = delete(EditPlan).where(EditPlan.state == "draft", EditPlan.created_at < now() - _DRAFTS_KEPT)
        session.execute(old)


def _begin(base_id: int, reach: Reach, edits: str, actor: Actor, selection: Selection | None = None) -> int:
    base = instances.detail(actor.scope, base_id)
    if not base.is_visible:
        raise ConflictError("Only what the gallery shows can be edited; this image was replaced, or is in the bin.")
    row = {
        "key": secrets.token_hex(16),
        "workspace_id": base.instance.workspace_id,
        "owner_id": actor.id,
        "base_key": base_id,
        "reach": reach.value,
        "selection": json.dumps(_fields_of(selection)) if selection is not None else "{}",
        "identity": Identity.INSTANCE.value,
        "edits": edits,
        "state": "draft",
        "created_at": now(),
    }
    with transaction() as session:
        return int(session.execute(insert(EditPlan).returning(EditPlan.id), [row]).scalar_one())


def _draft(plan_id: int, actor: Actor, *, by_hand: bool = False) -> Plan:
    plan = of(plan_id, actor=actor)
    if by_hand and plan.table is not None:
        raise ConflictError("This plan is of a table. Change the table and send it again, or begin another plan.")
    if not plan.is_draft:
        raise ConflictError("This plan has been applied; it cannot be changed any more.")
    return plan


def _keep(plan: Plan, edits: list[Edit]) -> None:
    said = json.dumps([edit.as_fields() for edit in edits])
    if len(said) > _MOST_KEPT:
        raise RefusedError("The values of this plan are too large together. Apply some of them first.")
    with transaction() as session:
        session.execute(update(EditPlan).where(EditPlan.id == plan.id).values(edits=said))


def _is_same(one: Edit, other: Edit) -> bool:
    repeats = {"set", "delete"}
    return (one.path, one.creator) == (other.path, other.creator) and {one.deed.value, other.deed.value} <= repeats


def _fields_of(selection: Selection) -> dict[str, Any]:
    fields: dict[str, Any] = {name: getattr(selection, name) for name in _LEVELS}
    return fields if selection.query is None else {**fields, "query": urlencode(selection.query.args())}


def _selection_of(fields: dict[str, Any]) -> Selection:
    images, series, studies, patients = (tuple(fields.get(name, ())) for name in _LEVELS)
    query = searching.parse(parse_qs(fields["query"], keep_blank_values=True)) if "query" in fields else None
    return Selection(images, series, studies, patients, query)
