"""Whether the images of a stack lie straight above each other, lean like those of a tilted gantry, or wander."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from dicomgallery.dicom.geometry import dot
from dicomgallery.dicom.health.findings import Finding, FindingKind, Gravity, Placed, mm
from dicomgallery.dicom.health.stacks import Stack, place_of

TILT_DEGREES: Final = 0.2
"""Gantries tilt in steps of half a degree; over 300 mm this moves an image by 1 mm."""
SIDEWAYS_MM: Final = 1.0
"""Off the line through the first and the last image: more than a pixel of most scans, less than any planned shift."""
FEWEST_LEVELS: Final = 3
"""Any two images lie on a line."""


@dataclass(frozen=True, slots=True)
class Lean:
    """How a stack stands."""

    degrees: float
    """Off the normal of its planes; 0 where it stands straight or nobody can tell."""
    finding: Finding | None


_STRAIGHT: Final = Lean(0.0, None)


def lean_of(slices: Sequence[Placed], stack: Stack) -> Lean:
    """Find a lean, in degrees off the normal of the planes (PS3.3 C.8.2.1.1.7), or images beside the line."""
    if len(stack.levels) < FEWEST_LEVELS or not stack.cosines:
        return _STRAIGHT
    firsts = [(level.at_mm, level.members[0]) for level in stack.levels]
    if any(slices[index].position is None for _, index in firsts):
        sentence = (
            "Whether the stack leans is not judged: these images came in before the gallery kept their full position."
        )
        return Lean(0.0, Finding(FindingKind.TILT_UNKNOWN, Gravity.FINE, sentence))
    rows, columns = stack.cosines[:3], stack.cosines[3:]
    track = []
    for along, index in firsts:
        if (position := place_of(slices[index])) is not None:
            track.append((along, dot(position, rows), dot(position, columns), index))
    if len(track) < FEWEST_LEVELS:
        return _STRAIGHT
    first, last = track[0], track[-1]
    length = last[0] - first[0]
    across, down = ((last[part] - first[part]) / length for part in (1, 2))
    off = {
        index: math.hypot(x - first[1] - across * (at - first[0]), y - first[2] - down * (at - first[0]))
        for at, x, y, index in track
    }
    if max(off.values()) > SIDEWAYS_MM:
        aside = tuple(index for index, distance in off.items() if distance > SIDEWAYS_MM)
        sentence = f"The images do not lie in one line: they shift sideways by up to {mm(max(off.values()))}."
        return Lean(0.0, Finding(FindingKind.SIDEWAYS, Gravity.PROBLEM, sentence, aside))
    slope = math.hypot(across, down)
    degrees = math.degrees(math.atan(slope))
    if degrees < TILT_DEGREES:
        return _STRAIGHT
    sentence = (
        f"The stack leans by {degrees:.1f}\N{DEGREE SIGN}, as with a tilted gantry: over its "
        f"{mm(length)} the images shift sideways by {mm(slope * length)}. Reformatting must undo that."
    )
    return Lean(degrees, Finding(FindingKind.TILT, Gravity.WORTH_KNOWING, sentence))
