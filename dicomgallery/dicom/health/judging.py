"""The health of a series: one calm line, what is worth a sentence, and the lanes it is drawn in."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from dicomgallery.dicom.health import leaning, numbering, pixels, repeats, steps
from dicomgallery.dicom.health.findings import Finding, FindingKind, Gravity, Placed, listed, mm
from dicomgallery.dicom.health.leaning import Lean
from dicomgallery.dicom.health.repeats import Repeats
from dicomgallery.dicom.health.stacks import FARTHEST_MM, Stack, stacks_of
from dicomgallery.dicom.health.steps import Gap, Steps
from dicomgallery.dicom.values import counted

MOST_LANES: Final = 8
"""More are not told apart by the eye; how many are left out is said."""
MOST_FINDINGS: Final = 12
"""A page shows no more; the gravest stay, and how many are left out is said."""


@dataclass(frozen=True, slots=True)
class Lane:
    """A row of the drawing: images along one normal."""

    name: str
    marks: tuple[tuple[int, float], ...]
    """Each image by its place in the series from 0, and where it lies in mm; by its rank where it lies nowhere."""
    span: tuple[float, float]
    """From where to where it is drawn; one for all sets of a stack."""
    gaps: tuple[Gap, ...] = ()
    ends: tuple[str, str] = ("", "")
    """The sides of the patient where it begins and ends; empty for an oblique one."""
    lean_degrees: float = 0.0
    is_placed: bool = True


@dataclass(frozen=True, slots=True)
class Health:
    """What a person should know of a series before trusting or reformatting it."""

    summary: str
    findings: tuple[Finding, ...]
    """The gravest first, without those beyond the most that a page shows."""
    lanes: tuple[Lane, ...]
    """None where there is nothing to see: a single image."""
    lanes_left_out: int = 0
    findings_left_out: int = 0

    @property
    def gravity(self) -> Gravity:
        """That of the gravest finding."""
        return max((one.gravity for one in self.findings), default=Gravity.FINE)


@dataclass(frozen=True, slots=True)
class _Judged:
    """A stack and what was found in it."""

    stack: Stack
    steps: Steps | None
    repeats: Repeats
    lean: Lean

    @property
    def findings(self) -> list[Finding]:
        of_steps = steps.findings_in(self.steps) if self.steps else []
        return [*of_steps, *(one for one in (self.repeats.finding, self.lean.finding) if one)]


def health_of(slices: Sequence[Placed]) -> Health | None:
    """Judge the images of a series; None where there is nothing to judge: no image, or a single one of one frame."""
    images = [index for index, one in enumerate(slices) if one.frames]
    if all(slices[index].frames > 1 for index in images):
        return _of_frames([slices[index].frames for index in images]) if images else None
    if len(images) < 2:
        return None
    placed = [index for index in images if (at := slices[index].position_mm) is not None and abs(at) <= FARTHEST_MM]
    unplaced = sorted(set(images).difference(placed), key=lambda index: (slices[index].number or 0, index))
    found, beyond = stacks_of(slices, placed)
    judged = [_judge(slices, stack) for stack in found]
    times = judged[0].repeats.times if len(judged) == 1 else 1
    findings = [
        *_of_mixture(found, beyond),
        *_named(judged),
        *_of_unplaced(slices, placed, unplaced),
        *pixels.findings_in(slices, images, found),
        *_of_numbers(numbering.findings_in(slices, images, times), placed),
    ]
    order = numbering.order_of(slices, found[0]) if len(judged) == 1 else None
    if order is not None and order.finding is not None:
        findings.append(order.finding)
    findings.sort(key=lambda one: -one.gravity)
    lanes = _lanes(slices, judged, [*beyond, *unplaced])
    return Health(
        summary=_summary(len(images), judged, len(found) + bool(beyond), order),
        findings=tuple(findings[:MOST_FINDINGS]),
        lanes=tuple(lanes[:MOST_LANES]),
        lanes_left_out=max(0, len(lanes) - MOST_LANES),
        findings_left_out=max(0, len(findings) - MOST_FINDINGS),
    )


def _judge(slices: Sequence[Placed], stack: Stack) -> _Judged:
    return _Judged(stack, steps.steps_of(stack), repeats.repeats_in(slices, stack), leaning.lean_of(slices, stack))


def _named(judged: Sequence[_Judged]) -> list[Finding]:
    """The findings of each stack; where there are several, each says which it is about."""
    if len(judged) == 1:
        return judged[0].findings
    return [
        replace(
            one,
            sentence=f"{of.stack.name.capitalize()}: {one.sentence[0].lower()}{one.sentence[1:]}",
            where=one.where or of.stack.members,
        )
        for of in judged
        for one in of.findings
    ]


def _of_frames(frames: Sequence[int]) -> Health:
    """The health of objects that all hold a stack or a cine of their own."""
    objects = "One object with" if len(frames) == 1 else f"{len(frames)} objects with several frames,"
    total = f"{frames[0]} frames" if len(frames) == 1 else f"{sum(frames)} in all"
    return Health(f"{objects} {total}; where each frame lies is not judged here.", (), ())


def _of_numbers(findings: Sequence[Finding], placed: Sequence[int]) -> list[Finding]:
    """Numbers matter where images make a stack."""
    return list(findings) if placed else [replace(one, gravity=Gravity.FINE) for one in findings]


def _of_mixture(stacks: Sequence[Stack], beyond: Sequence[int]) -> list[Finding]:
    if len(stacks) + bool(beyond) < 2:
        return []
    planes = Counter[str]()
    for stack in stacks:
        planes[stack.plane or "without any"] += len(stack.members)
    parts = [f"{count} {plane}" for plane, count in planes.most_common()]
    left = f", and {len(beyond)} in others" if beyond else ""
    sentence = f"The images lie in {len(stacks)} orientations: {listed(parts)}{left}. They are not one stack."
    where = tuple(index for stack in stacks[1:] for index in stack.members) + tuple(beyond)
    return [Finding(FindingKind.ORIENTATIONS, Gravity.WORTH_KNOWING, sentence, where)]


def _of_unplaced(slices: Sequence[Placed], placed: Sequence[int], unplaced: Sequence[int]) -> list[Finding]:
    """Images that lie nowhere; where none lies anywhere, the summary has said it."""
    several = tuple(index for index in unplaced if slices[index].frames > 1)
    single = tuple(index for index in unplaced if slices[index].frames <= 1)
    found = []
    if several:
        frames = sum(slices[index].frames for index in several)
        hold = "object holds" if len(several) == 1 else "objects hold"
        sentence = f"{len(several)} {hold} several frames, {frames} in all; their places are not judged."
        gravity = Gravity.WORTH_KNOWING if placed else Gravity.FINE
        found.append(Finding(FindingKind.MULTI_FRAME, gravity, sentence, several))
    if single and placed:
        say = "image does not say where it lies" if len(single) == 1 else "images do not say where they lie"
        found.append(
            Finding(FindingKind.NO_POSITION, Gravity.WORTH_KNOWING, f"{len(single)} {say} in the patient.", single)
        )
    return found


def _summary(total: int, judged: Sequence[_Judged], orientations: int, order: numbering.Order | None) -> str:
    if not judged:
        return f"{counted(total, 'image')}, none of which says where it lies in the patient."
    if orientations > 1:
        return f"{counted(total, 'image')} in {orientations} orientations."
    one = judged[0]
    levels = one.stack.levels
    total = len(one.stack.members)
    is_plain = len(levels) == total
    parts = [
        counted(total, "slice") if is_plain else f"{counted(total, 'image')} at {counted(len(levels), 'position')}"
    ]
    if one.steps and one.steps.usual_mm is not None and one.steps.is_even:
        gaps = f" but for {counted(len(one.steps.gaps), 'gap')}" if one.steps.gaps else ""
        parts.append(f"{mm(one.steps.usual_mm)} apart{gaps}")
    elif one.steps:
        parts.append(f"over {mm(levels[-1].at_mm - levels[0].at_mm)}")
    parts.append(f"all in one orientation ({one.stack.name})" if one.stack.name else "without an orientation")
    if order is not None and order.direction:
        first, last = one.stack.ends[:: order.direction]
        if first:
            parts.append(f"numbered from {first} to {last}")
    return ", ".join(parts) + "."


def _lanes(slices: Sequence[Placed], judged: Sequence[_Judged], elsewhere: Sequence[int]) -> list[Lane]:
    lanes = [lane for one in judged for lane in _lanes_of(one)]
    if elsewhere:
        name = "no position" if judged else "by number"
        marks = tuple((index, float(rank)) for rank, index in enumerate(elsewhere))
        lanes.append(Lane(name, marks, (0.0, len(marks) - 1.0), is_placed=False))
    return lanes


def _lanes_of(one: _Judged) -> list[Lane]:
    """One lane a stack, or one a set where its positions were imaged several times."""
    stack, gaps = one.stack, one.steps.gaps if one.steps else ()
    at = {index: level.at_mm for level in stack.levels for index in level.members}
    span = stack.levels[0].at_mm, stack.levels[-1].at_mm
    if len(stack.levels) > 1 and one.repeats.sets:
        return [
            Lane(name, tuple((index, at[index]) for index in members), span, gaps, stack.ends, one.lean.degrees)
            for name, members in one.repeats.sets
        ]
    return [Lane(stack.name, tuple(at.items()), span, gaps, stack.ends, one.lean.degrees)]
