"""Whether the images of a series have one matrix and one pixel spacing."""

from collections import Counter
from collections.abc import Sequence
from itertools import islice
from typing import Final

from dicomgallery.dicom.health.findings import MM, Finding, FindingKind, Gravity, Placed, listed, mm, parsed
from dicomgallery.dicom.health.stacks import Stack

SPACING_TOLERANCE: Final = 0.001
"""Of the spacing: over 512 pixels it moves the far edge by half a pixel."""
MOST_COMPARED: Final = 16
"""Spacings; a series with more has no two alike by rounding."""

_TIMES: Final = " \N{MULTIPLICATION SIGN} "
_TITLES: Final = {FindingKind.MATRIX: "matrix", FindingKind.PIXEL_SPACING: "pixel spacing"}


def findings_in(slices: Sequence[Placed], indexes: Sequence[int], stacks: Sequence[Stack]) -> list[Finding]:
    """Name the sizes and spacings that differ: a problem within a stack, worth knowing between stacks."""
    matrices: dict[int, str] = {}
    spacings: dict[int, str] = {}
    known: dict[str, str] = {}
    for index in indexes:
        one = slices[index]
        if one.rows and one.columns:
            matrices[index] = f"{one.columns}{_TIMES}{one.rows}"
        if one.spacing not in known:
            known[one.spacing] = _spacing(one.spacing, known)
        if known[one.spacing]:
            spacings[index] = known[one.spacing]
    found = (
        _mixture(FindingKind.MATRIX, matrices, stacks),
        _mixture(FindingKind.PIXEL_SPACING, spacings, stacks),
    )
    return [one for one in found if one is not None]


def _mixture(kind: FindingKind, values: dict[int, str], stacks: Sequence[Stack]) -> Finding | None:
    counts = Counter(values.values()).most_common()
    if len(counts) < 2:
        return None
    within = any(len({values[index] for index in stack.members if index in values}) > 1 for stack in stacks)
    gravity = Gravity.PROBLEM if within else Gravity.WORTH_KNOWING if stacks else Gravity.FINE
    told = listed([f"{value} in {count}" for value, count in counts])
    usual = counts[0][0]
    where = tuple(index for index, value in values.items() if value != usual)
    return Finding(kind, gravity, f"The {_TITLES[kind]} is not the same in all images: {told}.", where)


def _spacing(text: str, known: dict[str, str]) -> str:
    """Write a spacing; as one that came before, where it is the same within the tolerance."""
    here = parsed(text, 2)
    if here is None:
        return ""
    for other, written in islice(known.items(), MOST_COMPARED):
        there = parsed(other, 2)
        if there and all(abs(a - b) <= SPACING_TOLERANCE * b for a, b in zip(here, there, strict=True)):
            return written
    return mm(here[0]).removesuffix(MM) + _TIMES + mm(here[1])
