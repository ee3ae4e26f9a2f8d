"""Positions with more than one image: copies by mistake, or time points, phases and echoes on purpose."""

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from dicomgallery.dicom.health.findings import Finding, FindingKind, Gravity, Placed, listed, mm
from dicomgallery.dicom.health.stacks import Stack
from dicomgallery.dicom.values import counted

MOSTLY: Final = 0.5
"""Positions imaged equally often must be more than this share, or there is no pattern that some of them break."""


@dataclass(frozen=True, slots=True)
class Repeats:
    """How often each position of a stack was imaged."""

    times: int
    """At most positions; 1 in a plain stack."""
    sets: tuple[tuple[str, tuple[int, ...]], ...]
    """The time points, phases or echoes, each with a name and its images along the stack; none in a plain stack."""
    finding: Finding | None


def repeats_in(slices: Sequence[Placed], stack: Stack) -> Repeats:
    """Find out whether positions come more than once, and whether as a pattern."""
    counts = Counter(len(level.members) for level in stack.levels)
    times, usual = max(counts.items(), key=lambda pair: (pair[1], -pair[0]))
    total, levels = len(stack.members), len(stack.levels)
    odd = [level for level in stack.levels if len(level.members) != times]
    if times == 1 and not odd:
        return Repeats(1, (), None)
    places = [f"{len(level.members)} at {mm(level.at_mm)}" for level in odd]
    where = tuple(index for level in odd for index in level.members)
    if usual <= levels * MOSTLY:
        few, many = min(counts), max(counts)
        sentence = f"The {levels} positions hold from {few} to {many} images each, without a pattern."
        return Repeats(1, (), Finding(FindingKind.DUPLICATE, Gravity.PROBLEM, sentence, where))
    if times == 1:
        of = "position holds" if len(odd) == 1 else "positions hold"
        sentence = f"{len(odd)} {of} more than one image: {listed(places)}."
        return Repeats(1, (), Finding(FindingKind.DUPLICATE, Gravity.PROBLEM, sentence, where))
    if odd:
        sentence = f"Most of the {levels} positions were imaged {times} times, but {listed(places)}."
        return Repeats(times, _by_rank(stack, times), Finding(FindingKind.REPEATED, Gravity.PROBLEM, sentence, where))
    sets, told = _sets(slices, stack, times)
    if levels == 1:
        sentence = f"{'Both' if total == 2 else f'All {total}'} images lie at one position{told}."
    else:
        sentence = f"Each of the {levels} positions was imaged {times} times ({counted(total, 'image')}){told}."
    return Repeats(times, sets, Finding(FindingKind.REPEATED, Gravity.WORTH_KNOWING, sentence))


def _sets(slices: Sequence[Placed], stack: Stack, times: int) -> tuple[tuple[tuple[str, tuple[int, ...]], ...], str]:
    """The sets of images that repeat each other, and what tells them apart in words."""
    of_acquisition = [one.acquisition_number for one in slices]
    if sets := _by_value(stack, times, of_acquisition):
        named = tuple((f"acquisition {value}", members) for value, members in sets)
        return named, f"; the sets differ in acquisition number, {sets[0][0]} to {sets[-1][0]}"
    of_type = [one.image_type for one in slices]
    if sets := _by_value(stack, times, of_type):
        words = _telling([str(value) for value, _ in sets])
        named = tuple((word, members) for word, (_, members) in zip(words, sets, strict=True))
        return named, f"; the sets differ in image type: {listed(words)}"
    ranked = _by_rank(stack, times)
    clock = [{slices[index].content_time for index in members} for _, members in ranked]
    if "" not in set().union(*clock) and all(max(one) < min(other) for one, other in pairwise(clock)):
        return ranked, ", one after the other by the clock"
    if all(len({slices[index].number for index in level.members}) == 1 for level in stack.levels):
        return ranked, " and has the same number each time: perhaps copies" if len(stack.levels) > 1 else (
            ", with the same number: perhaps copies"
        )
    return ranked, ""


def _by_value(stack: Stack, times: int, values: Sequence[Hashable]) -> list[tuple[Hashable, tuple[int, ...]]]:
    """Sort the images by a value that each set has to itself; nothing when it does not tell the sets apart."""
    first = {values[index] for index in stack.levels[0].members}
    if len(first) != times or None in first:
        return []
    found: dict[Hashable, list[int]] = {value: [] for value in sorted(first, key=lambda one: (str(type(one)), one))}
    for level in stack.levels:
        here = {values[index]: index for index in level.members}
        if here.keys() != first:
            return []
        for value, index in here.items():
            found[value].append(index)
    return [(value, tuple(members)) for value, members in found.items()]


def _by_rank(stack: Stack, times: int) -> tuple[tuple[str, tuple[int, ...]], ...]:
    """The first image of each position, the second, and so on, in the order of their numbers."""
    return tuple(
        (f"set {rank + 1}", tuple(level.members[rank] for level in stack.levels if rank < len(level.members)))
        for rank in range(max(times, *(len(level.members) for level in stack.levels)))
    )


def _telling(types: Sequence[str]) -> list[str]:
    """Of each image type the values that the others do not all have."""
    values = [one.split("\\") for one in types]
    shared = set(values[0]).intersection(*values[1:])
    return ["/".join(part for part in one if part and part not in shared)[:40] or "plain" for one in values]
