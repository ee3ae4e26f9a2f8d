"""The instance numbers of a series: missing, repeated, absent, and whether they follow the position."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from dicomgallery.dicom.health.findings import Finding, FindingKind, Gravity, Placed, listed
from dicomgallery.dicom.health.stacks import Stack
from dicomgallery.dicom.values import counted

MOST_NAMED: Final = 5
"""Numbers in a sentence."""


def findings_in(slices: Sequence[Placed], indexes: Sequence[int], times: int) -> list[Finding]:
    """What a person should know of the numbers; `times` is how often each position was imaged."""
    by_number: dict[int, list[int]] = {}
    without: list[int] = []
    for index in indexes:
        number = slices[index].number
        if number is None:
            without.append(index)
        else:
            by_number.setdefault(number, []).append(index)
    found = []
    if without:
        have = "1 image has" if len(without) == 1 else f"{len(without)} images have"
        found.append(_finding(f"{have} no number." if by_number else "No image has a number.", without))
    found += _missing(sorted(by_number), len(indexes))
    repeated = {number: members for number, members in by_number.items() if len(members) > 1}
    # A number that comes again with each time point is no mistake.
    if repeated and (len(repeated) < len(by_number) or {len(one) for one in repeated.values()} != {times}):
        numbers = listed([str(number) for number in sorted(repeated)], MOST_NAMED)
        used = "number is" if len(repeated) == 1 else "numbers are"
        members = [index for some in repeated.values() for index in some]
        found.append(_finding(f"{len(repeated)} image {used} used more than once: {numbers}.", members))
    return found


@dataclass(frozen=True, slots=True)
class Order:
    """How the numbers go along a stack, by the lowest number at each position."""

    rising: int
    """Steps on which they rise."""
    falling: int
    level: int
    """Steps on which they stay."""

    @property
    def direction(self) -> int:
        """1 when they rise all along, -1 when they fall, 0 when they do neither."""
        if self.level or bool(self.rising) == bool(self.falling):
            return 0
        return 1 if self.rising else -1

    @property
    def finding(self) -> Finding | None:
        """Numbers that go to and fro."""
        against, steps = min(self.rising, self.falling), self.rising + self.falling + self.level
        if not against:
            return None
        sentence = (
            f"The image numbers do not follow the position: at {against} of {counted(steps, 'step')} along the stack "
            "they go the other way."
        )
        return Finding(FindingKind.NUMBER_ORDER, Gravity.WORTH_KNOWING, sentence)


def order_of(slices: Sequence[Placed], stack: Stack) -> Order:
    """Follow the numbers along a stack."""
    numbers = []
    for level in stack.levels:
        here = [number for index in level.members if (number := slices[index].number) is not None]
        if here:
            numbers.append(min(here))
    steps = Counter((one < other) - (one > other) for one, other in pairwise(numbers))
    return Order(steps[1], steps[-1], steps[0])


def _missing(numbers: Sequence[int], count: int) -> list[Finding]:
    """Numbers that do not occur between the lowest and the highest; none when they count in equal steps."""
    steps = [after - before for before, after in pairwise(numbers)]
    if not steps or max(steps) == min(steps):
        return []
    total = sum(steps) - len(steps)
    if total > count:
        sentence = f"The image numbers run from {numbers[0]} to {numbers[-1]}, yet only {len(numbers)} of them occur."
        return [_finding(sentence)]
    runs = [(before + 1, after - 1) for before, after in pairwise(numbers) if after - before > 1]
    named = listed([str(a) if a == b else f"{a}\N{EN DASH}{b}" for a, b in runs], MOST_NAMED)
    one_or_many = "1 image number is" if total == 1 else f"{total} image numbers are"
    return [_finding(f"{one_or_many} missing between {numbers[0]} and {numbers[-1]}: {named}.")]


def _finding(sentence: str, where: Iterable[int] = ()) -> Finding:
    return Finding(FindingKind.NUMBERS, Gravity.WORTH_KNOWING, sentence, tuple(where))
