"""The job that does a plan: each new file goes through ingest and takes the place of its source.

It can come again at any point: what is done stays done, and the same plan makes the same bytes of the same source.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from sqlalchemy import update

from dicomgallery import audit
from dicomgallery.access import Actor, ActorKind, Permission, Scope
from dicomgallery.audit import Event
from dicomgallery.catalog import edit_plans, instances
from dicomgallery.catalog.edit_plans import Target
from dicomgallery.errors import GalleryError
from dicomgallery.ingest.incoming import IncomingFile, Origin
from dicomgallery.ingest.outcome import Accepted, Duplicate, Outcome
from dicomgallery.ingest.pipeline import ingest
from dicomgallery.jobs.runner import JobContext, handles
from dicomgallery.models import EditLine, EditPlan, db, now, transaction
from dicomgallery.services.editing import levels, plans
from dicomgallery.services.editing.files import new_uids, opened
from dicomgallery.services.editing.plans import JOB, Plan

AT_ONCE: Final = 50
"""Instances between two looks at whether the plan is still wanted."""
_LONGEST_KEPT: Final = 1000
_UNSEEN: Final = "It was replaced, binned or removed before its turn came."


@handles(JOB)
def carry_out(context: JobContext, plan_id: int) -> None:
    """Do a plan: see what really changes, then make and store the new files."""
    row = db.session.get(EditPlan, plan_id)
    if row is None or row.state == "done":
        return
    actor = _owner(row)
    plan = plans.of(plan_id, actor=actor)
    counted = edit_plans.counts(actor.scope, plan_id)
    total = 2 * sum(counted.values())
    _survey(context, plan, actor, total)
    changing = _targets(actor, plan_id, ("changes", "done"))
    # What was done in an earlier attempt has a newer version already; its UID follows all the same.
    renamed = new_uids(plan, list(changing.values()))
    _follow_references(plan, actor, renamed)
    touched = {target.series_key for target in changing.values()}
    touched |= _store(context, plan, actor, renamed, total)
    levels.refresh(touched)
    # Uploaded bytes lie in the new files; the plan need not hold them for ever.
    kept = json.dumps([replace(edit, value=edit.value[:_LONGEST_KEPT]).as_fields() for edit in plan.edits])
    kept = kept if plan.table is None else plan.table.forgotten().to_json()
    with transaction() as session:
        values = {"state": "done", "finished_at": now(), "edits": kept}
        session.execute(update(EditPlan).where(EditPlan.id == plan_id).values(**values))
        ended = edit_plans.counts(actor.scope, plan_id)
        counts = {state: ended.get(state, 0) for state in ("done", "unchanged", "failed")}
        audit.record(session, actor, Event.EDIT_DONE, f"plan:{plan_id}", **counts)


def _owner(row: EditPlan) -> Actor:
    """Whoever asked, with what the plan may touch."""
    scope = Scope(frozenset({row.workspace_id}))
    return Actor(ActorKind.OWNER, row.owner_id, row.owner_id, scope, frozenset(Permission), row.workspace_id)


def _survey(context: JobContext, plan: Plan, actor: Actor, total: int) -> None:
    """Find out which instances the edits change at all."""
    while some := edit_plans.lines(actor.scope, plan.id, limit=AT_ONCE, states=["waiting"]):
        targets = {target.id: target for target in edit_plans.targets(actor.scope, [one.instance_key for one in some])}
        found = {one.id: _judged(plan, targets.get(one.instance_key)) for one in some}
        with transaction() as session:
            for line_id, (state, sentence) in found.items():
                values = {"state": state, "sentence": sentence}
                session.execute(update(EditLine).where(EditLine.id == line_id).values(**values))
        db.session.rollback()
        counted = edit_plans.counts(actor.scope, plan.id)
        context.progress(sum(counted.values()) - counted.get("waiting", 0), total)


def _judged(plan: Plan, target: Target | None) -> tuple[str, str]:
    if target is None or not target.is_shown:
        return "failed", _UNSEEN
    try:
        with opened(target) as file:
            edited = file.edited(plan, target, _of_levels(plan, target))
            return ("unchanged", "") if edited is None else ("changes", " ".join(edited.problems))
    except GalleryError as error:
        return "failed", error.message


def _of_levels(plan: Plan, target: Target) -> dict[str, str]:
    """The new UIDs of series and study alone: they change every instance of theirs."""
    renamed = new_uids(plan, [target])
    return {old: new for old, new in renamed.items() if old != target.sop_uid}


def _targets(actor: Actor, plan_id: int, states: Sequence[str]) -> dict[int, Target]:
    lines = edit_plans.lines(actor.scope, plan_id, limit=plans.MOST_INSTANCES, states=states)
    found = edit_plans.targets(actor.scope, [line.instance_key for line in lines])
    return {target.id: target for target in found}


def _follow_references(plan: Plan, actor: Actor, renamed: dict[str, str]) -> None:
    """Change what refers to something that changes too, and what refers to that, as far as the plan reaches."""
    while True:
        referring = edit_plans.referrers(actor.scope, list(renamed))
        lines = edit_plans.lines(actor.scope, plan.id, limit=plans.MOST_INSTANCES, states=["unchanged"])
        follow = [line for line in lines if line.instance_key in referring]
        if not follow:
            return
        with transaction() as session:
            for line in follow:
                session.execute(update(EditLine).where(EditLine.id == line.id).values(state="changes"))
        db.session.rollback()
        keys = [line.instance_key for line in follow]
        renamed |= new_uids(plan, edit_plans.targets(actor.scope, keys))


def _store(context: JobContext, plan: Plan, actor: Actor, renamed: Mapping[str, str], total: int) -> set[int]:
    """Make the new files and store them; gives the series that they lie in."""
    touched: set[int] = set()
    receipt_id: int | None = None
    while some := edit_plans.lines(actor.scope, plan.id, limit=AT_ONCE, states=["changes"]):
        targets = {target.id: target for target in edit_plans.targets(actor.scope, [one.instance_key for one in some])}
        for line in some:
            state, sentence, result, receipt_id = _made(
                plan, actor, targets.get(line.instance_key), renamed, receipt_id
            )
            told = " ".join(part for part in (line.sentence, sentence) if part)
            with transaction() as session:
                values = {"state": state, "sentence": told, "result_key": result}
                session.execute(update(EditLine).where(EditLine.id == line.id).values(**values))
            if result is not None:
                touched.add(instances.by_id(actor.scope, result).series_key)
        db.session.rollback()
        counted = edit_plans.counts(actor.scope, plan.id)
        context.progress(total // 2 + sum(counted.values()) - counted.get("changes", 0), total)
    return touched


def _made(
    plan: Plan, actor: Actor, target: Target | None, renamed: Mapping[str, str], receipt_id: int | None
) -> tuple[str, str, int | None, int | None]:
    """State, sentence, result and receipt of one instance."""
    if target is None:
        return "failed", _UNSEEN, None, receipt_id
    try:
        plan.demand_own_uid(actor, target.id)
        with opened(target) as file:
            edited = file.edited(plan, target, renamed)
            if edited is None:
                return "unchanged", "", None, receipt_id
            incoming = IncomingFile(target.file_name, lambda: file.stream(edited), replaces=target.id)
            report = ingest([incoming], actor=actor, origin=Origin.EDITOR, receipt_id=receipt_id)
            state, sentence, result = _outcome(report.outcomes[0])
            return state, sentence, result, report.receipt_id
    except GalleryError as error:
        return "failed", error.message, None, receipt_id


def _outcome(outcome: Outcome) -> tuple[str, str, int | None]:
    if isinstance(outcome, Accepted | Duplicate):
        return "done", "", outcome.instance_id
    return "failed", outcome.detail, None
