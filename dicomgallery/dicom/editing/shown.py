"""A value as a form shows it, so that sending the form unchanged changes nothing."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from dicomgallery.dicom.editing import typed
from dicomgallery.dicom.editing.edits import multiplicity_of, vrs_of
from dicomgallery.dicom.leaves import Leaf
from dicomgallery.dicom.structure import EXPLICIT_VRS
from dicomgallery.dicom.values import date_key, name_groups

LONGEST: Final = 60_000
"""Longer values are not put into a form."""
EVERY_VR: Final = tuple(sorted(vr.decode("ascii") for vr in EXPLICIT_VRS))
_WHOLE_SECONDS: Final = re.compile(r"([01]\d|2[0-3])[0-5]\d([0-5]\d)?", re.ASCII)


class Input(StrEnum):
    """What a value is typed into."""

    DATE = "date"
    TIME = "time"
    NAME = "name"
    TEXT = "text"
    LINES = "lines"
    NUMBER = "number"
    TAG = "tag"
    BYTES = "bytes"
    ITEMS = "items"


@dataclass(frozen=True, slots=True)
class Shown:
    """One element in a form."""

    vr: str
    input: Input
    value: str = ""
    groups: tuple[str, str, str] = ("", "", "")
    """Of a name: alphabetic, ideographic, phonetic."""
    size: int = 0
    """Of bytes, or of items."""
    is_too_long: bool = False
    rule: str = ""
    """How many values there may be, as PS3.6 writes it; empty when unknown."""
    choices: tuple[str, ...] = ()
    """The VRs to choose from, where there are several."""


def shown(tag: int, leaf: Leaf | None, creator: str, vr: str = "") -> Shown:
    """How an element is shown that is there, or is to be added with this VR."""
    allowed = vrs_of(tag, creator)
    there = leaf.vr if leaf is not None and (not allowed or leaf.vr in allowed) else ""
    chosen = there or (vr if vr in (allowed or EVERY_VR) else "") or (allowed[0] if allowed else "UN" if leaf else "LO")
    rule, choices = multiplicity_of(tag, creator), allowed or EVERY_VR
    same = leaf if leaf is not None and leaf.vr == chosen else None
    if chosen == "SQ" or typed.is_binary(chosen):
        how = Input.ITEMS if chosen == "SQ" else Input.BYTES
        size = len(same.value) if same is not None else 0
        return Shown(chosen, how, size=size, rule=rule, choices=choices)
    value = _text(same) if same is not None else ""
    if len(value) > LONGEST:
        return Shown(chosen, Input.LINES, size=len(value), is_too_long=True, rule=rule, choices=choices)
    how = _input(chosen, value, rule)
    groups = name_groups(value) if how is Input.NAME else ("", "", "")
    return Shown(chosen, how, _for_input(how, value), groups, 0, rule=rule, choices=choices)


def _text(leaf: Leaf) -> str:
    if isinstance(leaf.value, bytes):
        return ""
    if leaf.vr == "AT":
        return "\\".join(f"({part >> 16:04X},{part & 0xFFFF:04X})" for part in leaf.value if isinstance(part, int))
    return "\\".join(str(part) for part in leaf.value)


def _input(vr: str, value: str, rule: str) -> Input:
    if vr == "DA" and rule == "1" and (not value or (date_key(value) == value and value >= "0001")):
        return Input.DATE
    if vr == "TM" and rule == "1" and (not value or _WHOLE_SECONDS.fullmatch(value)):
        return Input.TIME
    if vr == "PN" and "\\" not in value:
        return Input.NAME
    if vr == "AT":
        return Input.TAG
    if vr in {"LT", "ST", "UT", "UC"}:
        return Input.LINES
    return Input.NUMBER if typed.is_number(vr) or vr in {"DS", "IS"} else Input.TEXT


def _for_input(how: Input, value: str) -> str:
    if how is Input.DATE and value:
        return f"{value[:4]}-{value[4:6]}-{value[6:]}"
    if how is Input.TIME and value:
        return ":".join(value[start : start + 2] for start in range(0, len(value), 2))
    return value
