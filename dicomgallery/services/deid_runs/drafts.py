"""Runs before they are started: what is selected, and how each attribute is to be treated."""

import json
from collections.abc import Callable, Collection
from dataclasses import replace
from functools import partial
from typing import Final

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from dicomgallery import audit
from dicomgallery.access import Actor, Permission, demand
from dicomgallery.audit import Event
from dicomgallery.catalog import deid as catalog
from dicomgallery.catalog import selection as selecting
from dicomgallery.catalog.batches import batches
from dicomgallery.catalog.scoping import within
from dicomgallery.catalog.selection import Selection
from dicomgallery.deid import actions
from dicomgallery.deid.profile import (
    BASIC,
    CLEAN_PIXEL,
    MOST_OVERRIDES,
    Choice,
    Override,
    Profile,
    from_json,
)
from dicomgallery.dicom.values import grouped
from dicomgallery.errors import ConflictError, NotFoundError, RefusedError
from dicomgallery.models import DeidItem, DeidRun, Job, now, retried
from dicomgallery.services.deidentifying import BurnedIn

MOST_OBJECTS: Final = 100_000
_ROWS_AT_ONCE: Final = 5000
_OF_OBJECTS: Final = frozenset({0x00080018, 0x0020000D, 0x0020000E})
_DATES: Final = frozenset({actions.FULL_DATES, actions.MODIFIED_DATES})
KEEPS_UIDS: Final = (
    "A copy with the UIDs of its source would take the place of that source in this gallery. "
    "The command flask deidentify writes such copies into a folder."
)
_BOTH_DATES: Final = "Dates are kept in full or moved, not both: choose one of the two options."
_STARTED: Final = "This run has been started, so that its profile stands."


def draft(selection: Selection, *, actor: Actor, burned_in: BurnedIn = BurnedIn.QUARANTINE) -> int:
    """Note what is to be de-identified, under the Basic Profile until that is changed; gives the id of the run.

    NotFoundError when there is nothing of it, RefusedError when it is too much for one run.
    """
    demand(actor, Permission.DEIDENTIFY)
    found = selecting.instance_ids(actor.scope, selection)
    if not found:
        raise NotFoundError("Nothing of what was selected is in the gallery any more.")
    if len(found) > MOST_OBJECTS:
        raise RefusedError(
            f"One run takes {grouped(MOST_OBJECTS)} objects at most, and these are {grouped(len(found))}. Select fewer."
        )
    return retried(partial(_draft, found=found, actor=actor, burned_in=burned_in))


def choose(run_id: int, options: Collection[str], burned_in: BurnedIn, *, actor: Actor) -> None:
    """Say which options of PS3.15 E.3 a draft takes, and what becomes of burned-in text; RefusedError in words."""
    _change(run_id, actor, lambda profile: replace(profile, options=frozenset()).with_options(*options), burned_in)


def take(run_id: int, profile_id: int | None, *, actor: Actor) -> None:
    """Let a draft begin anew from a profile that was saved, or from the Basic one."""
    wanted = BASIC if profile_id is None else from_json(catalog.profile(actor.scope, profile_id).json)
    burned_in = BurnedIn.BLANK if CLEAN_PIXEL in wanted.options else None
    _change(run_id, actor, lambda _: wanted, burned_in, is_named=True)


def override(run_id: int, tag: str, choice: str, reason: str, *, actor: Actor) -> None:
    """Treat an attribute otherwise, wherever it stands, and say why; RefusedError in words."""
    number, chosen = _read(tag, choice, reason)

    def with_override(profile: Profile) -> Profile:
        overrides: dict[int, Override] = {**profile.override_of, number: chosen}
        if len(overrides) > MOST_OVERRIDES:
            raise RefusedError(f"A profile holds at most {MOST_OVERRIDES} overrides.")
        return replace(profile, overrides=tuple(sorted(overrides.items(), key=lambda one: one[0])))

    _change(run_id, actor, with_override)


def restore(run_id: int, tag: str, *, actor: Actor) -> None:
    """Treat an attribute as the profile does by itself."""
    number, _ = _read(tag, Choice.KEEP.value, "None is needed.")
    _change(
        run_id,
        actor,
        lambda profile: replace(profile, overrides=tuple(one for one in profile.overrides if one[0] != number)),
    )


def check(profile: Profile) -> None:
    """Refuse, in a sentence, what cannot be done inside the gallery."""
    if "retain_uids" in profile.options:
        raise RefusedError(KEEPS_UIDS)
    if any(tag in _OF_OBJECTS and said.choice is Choice.KEEP for tag, said in profile.overrides):
        raise RefusedError(KEEPS_UIDS)
    if profile.options >= _DATES:
        raise RefusedError(_BOTH_DATES)


def _read(tag: str, choice: str, reason: str) -> tuple[int, Override]:
    """One override as a profile has it, with the refusals of a profile."""
    return from_json(json.dumps({"overrides": {tag: {"action": choice, "reason": reason}}})).overrides[0]


def _draft(session: Session, found: list[int], actor: Actor, burned_in: BurnedIn) -> int:
    run = DeidRun(
        workspace_id=actor.workspace_id,
        owner_id=actor.id,
        state="draft",
        profile=BASIC.as_json(),
        burned_in=burned_in.value,
        object_count=len(found),
        created_at=now(),
    )
    session.add(run)
    session.flush()
    for some in batches(list(enumerate(found, 1)), _ROWS_AT_ONCE):
        session.execute(insert(DeidItem), [{"run_id": run.id, "number": at, "source_id": one} for at, one in some])
    audit.record(session, actor, Event.DEIDENTIFICATION_DRAFTED, f"deidentification:{run.id}", instances=len(found))
    return run.id


def _change(
    run_id: int,
    actor: Actor,
    made: Callable[[Profile], Profile],
    burned_in: BurnedIn | None = None,
    *,
    is_named: bool = False,
) -> None:
    demand(actor, Permission.DEIDENTIFY)

    def write(session: Session) -> None:
        mine = select(DeidRun).where(DeidRun.id == run_id, DeidRun.owner_id == actor.id, within(actor.scope, DeidRun))
        run = session.scalars(mine.with_for_update()).one_or_none() if 0 < run_id < 1 << 63 else None
        if run is None:
            raise NotFoundError(catalog.NOT_HERE)
        if run.state != "draft":
            raise ConflictError(_STARTED)
        was = from_json(run.profile)
        run.burned_in = burned_in.value if burned_in else run.burned_in
        profile = _with_pixels(made(was), run.burned_in)
        check(profile)
        run.profile = (profile if is_named else _renamed(run_id, was, profile)).as_json()
        # What was counted was counted under another profile.
        going = update(Job).where(Job.id == run.count_job_id, Job.state.in_(["queued", "running"]))
        session.execute(going.values(state="cancelled", finished_at=now(), lease_until=None))
        run.count_job_id, run.forecast = None, ""

    retried(write)


def _with_pixels(profile: Profile, burned_in: str) -> Profile:
    """The option about pixels goes with what is done about them."""
    options = profile.options - {CLEAN_PIXEL}
    return replace(profile, options=options | {CLEAN_PIXEL} if burned_in == BurnedIn.BLANK else options)


def _renamed(run_id: int, was: Profile, profile: Profile) -> Profile:
    """A profile that is no longer what it was saved as must not go by that name: results say it."""
    if (profile.options, profile.overrides) == (was.options, was.overrides):
        return profile
    is_basic = not profile.overrides
    # The options are said beside the name of the Basic Profile, which stays what it is.
    return replace(profile, name=BASIC.name if is_basic else f"run {run_id}", version=1)
