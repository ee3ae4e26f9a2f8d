"""From the images of a series to a grid of voxels, or in words why they make none."""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from dicomgallery.dicom.geometry import Vector, cross, dot
from dicomgallery.dicom.grids.grid import Grid, Layer
from dicomgallery.dicom.health.findings import Placed, listed, mm, parsed
from dicomgallery.dicom.health.leaning import lean_of
from dicomgallery.dicom.health.repeats import repeats_in
from dicomgallery.dicom.health.stacks import Stack, place_of, stacks_of
from dicomgallery.dicom.health.steps import WRONG_STEP, Steps, steps_of
from dicomgallery.dicom.values import counted

MOST_VOXELS: Final = 1 << 29
"""A grid of 16-bit numbers then takes a GiB, and its twin another."""
MOST_LEVELS: Final = 8192
_OUT_OF_PLACE: Final = 0.25
"""Of a step. A slice farther than this from its level would be drawn visibly out of place."""
_SHIFTED: Final = 0.5
"""Of a pixel. Images less beside each other than this are left where they are."""
_WIDEST: Final = 1.0
"""Of its own rows or columns, a grid may be so much larger to hold a stack that leans."""
_SQUARE: Final = 0.01
_FINEST_MM, _COARSEST_MM = 1e-5, 1e4
"""Pixels of any other size are a slip of the pen, and too small ones vanish in what is computed of them."""


@dataclass(frozen=True, slots=True)
class Unlaid:
    """Why a series makes no grid, in a sentence."""

    sentence: str


@dataclass(frozen=True, slots=True)
class _Ladder:
    """The levels of a stack, and the places of the grid that they are."""

    stack: Stack
    places: tuple[int, ...]
    step_mm: float


class _UnlaidError(Exception):
    """Ends the laying; its text is the sentence."""


def lay(slices: Sequence[Placed], wanted_set: int = 1) -> Grid | Unlaid:
    """The grid of a series, an image a slice; where positions were imaged several times, of the set wanted."""
    try:
        return _laid(slices, wanted_set)
    except _UnlaidError as error:
        return Unlaid(str(error))


def _laid(slices: Sequence[Placed], wanted_set: int) -> Grid:
    notes: list[str] = []
    stack = _one_size(slices, _largest(slices, notes), notes)
    stack, sets = _one_set(slices, stack, wanted_set, notes)
    steps = _steps(stack)
    if steps.gaps:
        lacking = sum(gap.missing for gap in steps.gaps)
        if lacking > len(stack.levels):
            raise _UnlaidError(f"More slices are missing, {lacking}, than are here, {len(stack.levels)}.")
        where = listed([f"{mm(gap.before.at_mm)} and {mm(gap.after.at_mm)}" for gap in steps.gaps])
        is_one = lacking == 1
        notes.append(f"{counted(lacking, 'slice')} {'is' if is_one else 'are'} missing between {where}: left empty.")
    return _grid(slices, _ladder(stack, steps, notes), notes, sets)


def _largest(slices: Sequence[Placed], notes: list[str]) -> Stack:
    images = [index for index, one in enumerate(slices) if one.frames]
    if images and all(slices[index].position is None for index in images):
        raise _UnlaidError(
            "These images came in before the gallery kept their full position: `flask rebuild-pictures` reads it."
        )
    placed = [index for index in images if slices[index].position_mm is not None and place_of(slices[index])]
    found, beyond = stacks_of(slices, placed)
    oriented = [stack for stack in found if stack.cosines]
    if not oriented:
        raise _UnlaidError("The files do not say where the images lie in the patient.")
    if len(found) > 1 or beyond:
        taken = counted(len(oriented[0].members), "image")
        notes.append(
            f"The images lie in {len(found) + bool(beyond)} orientations; "
            f"the largest stack is taken: {oriented[0].name}, {taken}."
        )
    if nowhere := len(images) - len(placed):
        say = "image does" if nowhere == 1 else "images do"
        notes.append(f"{nowhere} {say} not say where in the patient, and {'is' if nowhere == 1 else 'are'} left out.")
    return oriented[0]


def _one_size(slices: Sequence[Placed], stack: Stack, notes: list[str]) -> Stack:
    """Those images of a stack that share their matrix and the size of their pixels."""
    sizes: defaultdict[tuple[int, int, tuple[float, ...]], list[int]] = defaultdict(list)
    for index in stack.members:
        one = slices[index]
        spacing = parsed(one.spacing, 2) or ()
        is_sized = spacing and _FINEST_MM <= min(spacing) <= max(spacing) < _COARSEST_MM
        if one.rows > 0 and one.columns > 0 and is_sized:
            sizes[one.rows, one.columns, tuple(round(part, 4) for part in spacing)].append(index)
    if not sizes:
        raise _UnlaidError("The images do not say how large their pixels are in the patient.")
    size, members = max(sizes.items(), key=lambda item: len(item[1]))
    if len(members) == len(stack.members):
        return stack
    left = len(stack.members) - len(members)
    notes.append(
        f"The images differ in size; {counted(len(members), 'image')} of {size[1]} \N{MULTIPLICATION SIGN} {size[0]} "
        f"pixels {'is' if len(members) == 1 else 'are'} taken, {left} left out."
    )
    return stacks_of(slices, members)[0][0]


def _one_set(slices: Sequence[Placed], stack: Stack, wanted: int, notes: list[str]) -> tuple[Stack, tuple[str, ...]]:
    """The images of one time point, phase or echo, and the names of all."""
    repeats = repeats_in(slices, stack)
    if len(repeats.sets) < 2:
        if repeats.finding is not None:
            notes.append("Some positions hold several images; the first of each, by number, is taken.")
        return stack, ()
    names = tuple(name for name, _ in repeats.sets)
    place = min(max(wanted, 1), len(names))
    name, members = repeats.sets[place - 1]
    called = "" if name == f"set {place}" else f": {name}"
    notes.append(f"Each position was imaged {len(names)} times; number {place} is shown{called}.")
    return stacks_of(slices, members)[0][0], names


def _steps(stack: Stack) -> Steps:
    """How the stack proceeds, if it does so evenly."""
    steps = steps_of(stack)
    if steps is None:
        raise _UnlaidError("All of its images lie at one position; a volume needs two or more.")
    if steps.usual_mm is None:
        raise _UnlaidError(f"The steps from slice to slice are uneven, {mm(steps.least_mm)} to {mm(steps.most_mm)}.")
    off_mm = max(steps.usual_mm - steps.least_mm, steps.most_mm - steps.usual_mm)
    if off_mm > WRONG_STEP * steps.usual_mm and not steps.is_even:
        raise _UnlaidError(
            f"The steps from slice to slice are uneven, {mm(steps.least_mm)} to {mm(steps.most_mm)}, "
            f"where {mm(steps.usual_mm)} is usual."
        )
    return steps


def _ladder(stack: Stack, steps: Steps, notes: list[str]) -> _Ladder:
    missing = {gap.after.at_mm: gap.missing for gap in steps.gaps}
    places, at = [], -1
    for level in stack.levels:
        at += 1 + missing.get(level.at_mm, 0)
        places.append(at)
    first_mm = stack.levels[0].at_mm
    step_mm = (stack.levels[-1].at_mm - first_mm) / at
    aside_mm = max(
        abs(level.at_mm - first_mm - place * step_mm) for level, place in zip(stack.levels, places, strict=True)
    )
    if aside_mm > _OUT_OF_PLACE * step_mm:
        raise _UnlaidError(
            f"The slices do not keep an even step: in steps of {mm(step_mm)}, some lie {mm(aside_mm)} out of place."
        )
    if not steps.is_even:
        notes.append(f"The steps vary from {mm(steps.least_mm)} to {mm(steps.most_mm)}; {mm(step_mm)} is used for all.")
    return _Ladder(stack, tuple(places), step_mm)


def _grid(slices: Sequence[Placed], ladder: _Ladder, notes: list[str], sets: tuple[str, ...]) -> Grid:
    stack, places, step_mm = ladder.stack, ladder.places, ladder.step_mm
    across, down, normal = _frame(stack.cosines)
    indexes = [level.members[0] for level in stack.levels]
    first = slices[indexes[0]]
    row_mm, column_mm = parsed(first.spacing, 2) or (1.0, 1.0)
    points = [place_of(slices[index]) or (0.0, 0.0, 0.0) for index in indexes]
    rights = [dot(point, across) / column_mm for point in points]
    downs = [dot(point, down) / row_mm for point in points]
    wide, high = max(rights) - min(rights), max(downs) - min(downs)
    left, top, rows, columns = rights[0], downs[0], first.rows, first.columns
    if is_shifted := max(wide, high) > _SHIFTED:
        left, top = min(rights), min(downs)
        _check_shift(slices, stack, (wide / columns, high / rows), math.hypot(wide * column_mm, high * row_mm), notes)
        rows, columns = rows + math.ceil(high - 1e-6), columns + math.ceil(wide - 1e-6)
    levels = places[-1] + 1
    if levels > MOST_LEVELS or levels * rows * columns > MOST_VOXELS:
        raise _UnlaidError(
            f"It would have {levels} \N{MULTIPLICATION SIGN} {rows} \N{MULTIPLICATION SIGN} {columns} voxels; "
            f"over {MOST_VOXELS >> 20} million are not reformatted."
        )
    return Grid(
        levels=levels,
        rows=rows,
        columns=columns,
        origin=_point((normal, dot(points[0], normal)), (across, left * column_mm), (down, top * row_mm)),
        steps=(_times(normal, step_mm), _times(down, row_mm), _times(across, column_mm)),
        layers=tuple(
            Layer(index, place, d - top if is_shifted else 0.0, a - left if is_shifted else 0.0)
            for index, place, d, a in zip(indexes, places, downs, rights, strict=True)
        ),
        notes=tuple(notes),
        sets=sets,
    )


def _check_shift(
    slices: Sequence[Placed], stack: Stack, shares: tuple[float, float], shift_mm: float, notes: list[str]
) -> None:
    """Say of a stack that leans or wanders that this is undone; refuse one whose images hardly lie over each other."""
    if max(shares) > _WIDEST:
        raise _UnlaidError(f"The images shift sideways by up to {mm(shift_mm)}, and hardly lie over each other.")
    degrees = lean_of(slices, stack).degrees
    what = f"The stack leans by {degrees:.1f}\N{DEGREE SIGN}" if degrees else "The images do not lie in one line"
    notes.append(f"{what}: each image is moved back by its share, {mm(shift_mm)} from first to last at most.")


def _frame(cosines: Sequence[float]) -> tuple[Vector, Vector, Vector]:
    """Unit vectors along rows, along columns and across both; a right-handed frame."""
    across, leaning = _unit(cosines[:3]), _unit(cosines[3:])
    if abs(dot(across, leaning)) > _SQUARE:
        raise _UnlaidError("Rows and columns of the images do not stand at right angles.")
    normal = _unit(cross(across, leaning))
    return across, cross(normal, across), normal


def _unit(vector: Sequence[float]) -> Vector:
    length = math.sqrt(dot(vector, vector))
    return vector[0] / length, vector[1] / length, vector[2] / length


def _times(vector: Vector, factor: float) -> Vector:
    return vector[0] * factor, vector[1] * factor, vector[2] * factor


def _point(*ways: tuple[Vector, float]) -> Vector:
    """Where one gets to by going along each vector so far."""
    x, y, z = (sum(vector[part] * length for vector, length in ways) for part in range(3))
    return x, y, z
