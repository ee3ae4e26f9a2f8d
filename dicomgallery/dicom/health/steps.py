"""From one level of a stack to the next: the usual step, the gaps, and how far the rest differs."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from dicomgallery.dicom.health.findings import Finding, FindingKind, Gravity, listed, mm
from dicomgallery.dicom.health.stacks import Level, Stack
from dicomgallery.dicom.values import counted

STEP_TOLERANCE: Final = 0.01
"""Of the usual step. Positions are decimal texts, often rounded; over 100 slices 1 % adds up to one slice at most."""
STEP_TOLERANCE_MM: Final = 0.011
"""What a step is off by when both its positions are written with two decimals, and a little for the arithmetic."""
WRONG_STEP: Final = 0.1
"""Of the usual step. From here on, a volume built with equal steps is visibly out of place."""
MULTIPLE_TOLERANCE: Final = 0.15
"""Of the usual step. Only what is as near as this to a multiple of it is called missing slices."""
USUAL_SHARE: Final = 2 / 3
"""So many of the steps must be the usual one before others can be gaps: a few slices of many have no usual step."""
LONGEST_RUN: Final = 2
"""More equal wide steps in a row are a part that was scanned with another spacing, not slices that are missing."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Slices that are missing between two levels."""

    before: Level
    after: Level
    missing: int


@dataclass(frozen=True, slots=True)
class Steps:
    """How a stack proceeds."""

    usual_mm: float | None
    """None where no step is usual."""
    least_mm: float
    most_mm: float
    """Of the steps that are no gap."""
    is_even: bool
    gaps: tuple[Gap, ...]
    odd: tuple[int, ...]
    """The images before and after each step that differs from the usual one and is no gap."""


def steps_of(stack: Stack) -> Steps | None:
    """Measure the steps of a stack; None when it has but one level."""
    levels = stack.levels
    steps = [after.at_mm - before.at_mm for before, after in pairwise(levels)]
    if not steps:
        return None
    usual = statistics.median_low(steps)
    near = sum(abs(step - usual) <= max(usual * WRONG_STEP, STEP_TOLERANCE_MM) for step in steps)
    has_usual = near >= len(steps) * USUAL_SHARE and (near > 1 or len(steps) == 1)
    wide = _wide(steps, usual) if has_usual else {}
    others = {place: step for place, step in enumerate(steps) if place not in wide}
    within = max(usual * STEP_TOLERANCE, STEP_TOLERANCE_MM)
    odd = [place for place, step in others.items() if abs(step - usual) > within]
    return Steps(
        usual_mm=usual if has_usual else None,
        least_mm=min(others.values()),
        most_mm=max(others.values()),
        is_even=not odd,
        gaps=tuple(Gap(levels[place], levels[place + 1], missing) for place, missing in sorted(wide.items())),
        odd=tuple(index for place in odd for level in levels[place : place + 2] for index in level.members),
    )


def findings_in(steps: Steps) -> list[Finding]:
    """What a person should know of the steps of a stack."""
    found = [_of_gaps(steps)] if steps.gaps else []
    if steps.is_even:
        return found
    if steps.usual_mm is None:
        sentence = f"The steps from slice to slice are uneven: {mm(steps.least_mm)} to {mm(steps.most_mm)}."
        return [*found, Finding(FindingKind.SPACING, Gravity.PROBLEM, sentence)]
    usual = steps.usual_mm
    off = max(usual - steps.least_mm, steps.most_mm - usual) / usual
    gravity = Gravity.PROBLEM if off > WRONG_STEP else Gravity.WORTH_KNOWING
    sentence = (
        f"The steps from slice to slice vary from {mm(steps.least_mm)} to {mm(steps.most_mm)}; {mm(usual)} is usual."
    )
    return [*found, Finding(FindingKind.SPACING, gravity, sentence, steps.odd)]


def _wide(steps: Sequence[float], usual: float) -> dict[int, int]:
    """The places of steps over about a multiple of the usual one, and how many slices are missing there."""
    found: dict[int, int] = {}
    for place, step in enumerate(steps):
        times = round(step / usual)
        if times > 1 and abs(step - times * usual) <= MULTIPLE_TOLERANCE * usual:
            found[place] = times - 1
    return {place: missing for place, missing in found.items() if _run(found, place) <= LONGEST_RUN}


def _run(found: dict[int, int], place: int) -> int:
    """How many neighboring steps are as wide as this one."""
    first = last = place
    while found.get(first - 1) == found[place] and last - first < LONGEST_RUN:
        first -= 1
    while found.get(last + 1) == found[place] and last - first < LONGEST_RUN:
        last += 1
    return last - first + 1


def _of_gaps(steps: Steps) -> Finding:
    total = sum(gap.missing for gap in steps.gaps)
    where = tuple(index for gap in steps.gaps for level in (gap.before, gap.after) for index in level.members)
    seems = "slice seems" if total == 1 else "slices seem"
    usual = mm(steps.usual_mm or 0.0)
    if len(steps.gaps) == 1:
        gap = steps.gaps[0]
        step = mm(gap.after.at_mm - gap.before.at_mm)
        at = f"between {mm(gap.before.at_mm)} and {mm(gap.after.at_mm)}: the step there is {step}, {usual} is usual"
    else:
        places = [f"{gap.missing} between {mm(gap.before.at_mm)} and {mm(gap.after.at_mm)}" for gap in steps.gaps]
        at = f"at {counted(len(places), 'place')}: {listed(places)}"
    return Finding(FindingKind.GAP, Gravity.PROBLEM, f"{total} {seems} to be missing {at}.", where)
