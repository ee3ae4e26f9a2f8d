"""Every change of a plan before it is made, instance by instance."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from dicomgallery.access import Actor
from dicomgallery.catalog import edit_plans
from dicomgallery.catalog.edit_plans import Target
from dicomgallery.dicom.editing import changes, judging
from dicomgallery.dicom.editing.applying import ORIGINALS
from dicomgallery.dicom.editing.changes import Change
from dicomgallery.dicom.editing.judging import Warned
from dicomgallery.dicom.editing.provenance import EQUIPMENT
from dicomgallery.errors import GalleryError
from dicomgallery.services.editing import plans
from dicomgallery.services.editing.files import new_uids, opened
from dicomgallery.services.editing.plans import Plan

PAGE: Final = 10
"""Instances whose changes stand on one page."""
_SIGNATURES: Final = 0xFFFAFFFA
_PROVENANCE: Final = (f"{ORIGINALS:08X}", f"{EQUIPMENT:08X}")


@dataclass(frozen=True, slots=True)
class Preview:
    """One instance and what a plan does to it."""

    target: Target
    changes: Sequence[Change] = ()
    problems: Sequence[str] = ()
    """Edits that have no place in it."""
    raises_charset: bool = False
    is_signed: bool = False
    refusal: str = ""
    """Why it cannot be edited at all."""


@dataclass(frozen=True, slots=True)
class Review:
    """A plan to be looked at."""

    plan: Plan
    total: int
    start: int
    previews: Sequence[Preview]
    warnings: Sequence[Warned]
    outside: int
    """Objects that refer to what changes, and are not changed with it."""
    seen: str
    """Says, when the plan is applied, what was looked at."""


def review(plan_id: int, *, actor: Actor, start: int = 0) -> Review:
    """What a plan changes, from an instance (counted from 0) on."""
    plan = plans.of(plan_id, actor=actor)
    ids = plan.instance_ids(actor)
    here = edit_plans.targets(actor.scope, ids)
    renamed = new_uids(plan, here)
    referring = edit_plans.referrers(actor.scope, [target.sop_uid for target in here]) if plan.change_count else set()
    return Review(
        plan=plan,
        total=len(ids),
        start=start,
        previews=[_preview(plan, target, renamed) for target in here[start : start + PAGE]],
        warnings=judging.warnings(plan.kinds, edit_plans.classes_of(actor.scope, ids)),
        outside=len(referring - set(ids)),
        seen=plan.digest(ids),
    )


def _preview(plan: Plan, target: Target, renamed: dict[str, str]) -> Preview:
    try:
        with opened(target) as file:
            edited = file.edited(plan, target, renamed)
            if edited is None:
                return Preview(target)
            found = changes.between(file.source.level, edited.level)
            return Preview(
                target,
                [change for change in found if not change.path.startswith(_PROVENANCE)],
                edited.problems,
                edited.raised,
                _SIGNATURES in file.source.level.nodes,
            )
    except GalleryError as error:
        return Preview(target, refusal=error.message)
