"""What is asked for: single edits of elements, by path, checked against the dictionary before any is done (PS3.6)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final, Self

from pydicom.datadict import dictionary_VM, private_dictionary_VM

from dicomgallery.dicom import paths, private
from dicomgallery.dicom.editing import typed
from dicomgallery.dicom.structure import EXPLICIT_VRS, dictionary_vr, name_of_tag
from dicomgallery.dicom.values import counted
from dicomgallery.errors import RefusedError

TRANSFER_SYNTAX: Final = 0x00020010
_LONGEST_PATH: Final = 400
_LONGEST_CREATOR: Final = 64
_RULE: Final = re.compile(r"(\d+)(?:-(\d*n|\d+))?")


class Deed(StrEnum):
    """What is done to an element."""

    SET = "set"
    """It has this value now, whether it was there or not."""
    DELETE = "delete"
    ADD_ITEM = "add_item"
    """One item more at the end of a sequence."""
    REMOVE_ITEM = "remove_item"


@dataclass(frozen=True, slots=True)
class Edit:
    """One change of one element."""

    deed: Deed
    path: str
    """From the top: 00081140[0].00081150, items counted from 0."""
    vr: str = ""
    value: str = ""
    """As it is typed; bytes in Base64."""
    creator: str = ""
    """Of a private element; its block is found, or reserved, in each file (PS3.5 7.8.1)."""

    @classmethod
    def of(cls, deed: Deed, path: str, vr: str = "", value: str = "", creator: str = "") -> Self:
        """An edit that can be done; RefusedError in a sentence when it cannot."""
        steps = paths.parse_path(path) if len(path) <= _LONGEST_PATH else None
        if steps is None:
            raise RefusedError("Name an element by its keyword, such as PatientName, or by its tag, such as 0010,0010.")
        last = steps[-1]
        _check_tag(last.tag, at_top=len(steps) == 1)
        if (deed is Deed.REMOVE_ITEM) != (last.item is not None):
            raise RefusedError("An item is named where it is removed, and only there.")
        creator = creator.strip()
        if creator and (not private.is_private(last.tag) or private.is_creator(last.tag)):
            raise RefusedError("Only private elements have a creator.")
        if len(creator) > _LONGEST_CREATOR or "\\" in creator:
            raise RefusedError("A private creator is one text of at most 64 characters.")
        plain = cls(deed, _written(steps), creator=creator)
        if deed is not Deed.SET:
            return plain
        made = replace(plain, vr=_vr(last.tag, vr, creator), value=value)
        made.check()
        return made

    @classmethod
    def from_fields(cls, fields: Mapping[str, Any]) -> Self:
        """An edit that was kept."""
        return cls(Deed(fields["deed"]), fields["path"], fields["vr"], fields["value"], fields["creator"])

    def as_fields(self) -> dict[str, str]:
        """What is kept of it."""
        return {
            "deed": self.deed.value,
            "path": self.path,
            "vr": self.vr,
            "value": self.value,
            "creator": self.creator,
        }

    @property
    def steps(self) -> paths.Path:
        """The way to the element."""
        found = paths.parse_path(self.path)
        if found is None:
            raise RefusedError("This edit names no element.")
        return found

    @property
    def tag(self) -> int:
        """The element at the end of the way."""
        return self.steps[-1].tag

    @property
    def parents(self) -> tuple[int, ...]:
        """The sequences around it, outermost first."""
        return tuple(step.tag for step in self.steps[:-1])

    @property
    def name(self) -> str:
        """What the element is called."""
        if private.is_private(self.tag):
            known = private.lookup(self.tag, self.creator)
            return known.name if known else "Private element"
        return name_of_tag(self.tag) or "Unknown element"

    @property
    def empties(self) -> bool:
        """Say whether nothing is left of a value."""
        return self.deed is Deed.SET and self.vr != "SQ" and not self.value

    def check(self) -> None:
        """Raise RefusedError when the value is not one of its VR, or there are too many or too few."""
        if self.vr == "SQ":
            if self.value:
                raise RefusedError("A sequence has items, and no value of its own.")
            return
        if typed.is_binary(self.vr):
            typed.binary(self.vr, self.value)
            return
        if typed.is_number(self.vr):
            typed.numbers(self.vr, self.value)
        else:
            typed.checked(self.vr, self.value)
        rule, count = multiplicity_of(self.tag, self.creator), len(typed.values_in(self.vr, self.value))
        if count and not allows(rule, count):
            has = "one value" if rule == "1" else f"{rule} values"
            raise RefusedError(f"{self.name} has {has}; this is {counted(count, 'value')}.")


def vrs_of(tag: int, creator: str = "") -> tuple[str, ...]:
    """The VRs that an element may have by the dictionary; none where it says nothing."""
    if private.is_creator(tag):
        return ("LO",)
    if private.is_private(tag):
        known = private.lookup(tag, creator)
        return (known.vr,) if known and len(known.vr) == 2 else ()
    said = dictionary_vr(tag)
    return tuple(said.split(" or ")) if said else ()


def multiplicity_of(tag: int, creator: str = "") -> str:
    """How many values an element has by the dictionary, as PS3.6 writes it: 1, 1-n, 2-2n; empty when unknown."""
    try:
        if private.is_private(tag):
            return "" if private.is_creator(tag) or not creator else private_dictionary_VM(tag, creator)
        return dictionary_VM(tag)
    except KeyError:
        return ""


def allows(rule: str, count: int) -> bool:
    """Say whether a multiplicity of PS3.6 allows so many values; one that cannot be read allows any."""
    found = _RULE.fullmatch(rule)
    if found is None:
        return True
    least, most = int(found[1]), found[2]
    if most is None:
        return count == least
    if not most.endswith("n"):
        return least <= count <= int(most)
    step = int(most[:-1] or 1)
    return count >= least and count % step == 0


def _check_tag(tag: int, *, at_top: bool) -> None:
    group = tag >> 16
    if group == 2 and tag != TRANSFER_SYNTAX:
        raise RefusedError("File meta information follows from the data set; it is written anew with each file.")
    if group in {0, 4, 0xFFFE} or (tag & 0xFFFF == 0) or (group & 1 and (group < 9 or tag & 0xFFFF < 0x10)):
        raise RefusedError("This element is not a part of the data set that could be edited.")
    if tag == TRANSFER_SYNTAX and not at_top:
        raise RefusedError("File meta information stands at the top alone.")


def _vr(tag: int, asked: str, creator: str) -> str:
    allowed = vrs_of(tag, creator)
    if asked and asked.encode("ascii", "replace") not in EXPLICIT_VRS:
        raise RefusedError("A value representation is one of the 34 of PS3.5, such as LO.")
    if not asked:
        if not allowed:
            raise RefusedError("The dictionary does not know this element; say which VR it has.")
        return allowed[0]
    if allowed and asked not in allowed:
        raise RefusedError(f"By the dictionary this element is {' or '.join(allowed)}, not {asked}.")
    return asked


def _written(steps: paths.Path) -> str:
    return ".".join(f"{step.tag:08X}" + ("" if step.item is None else f"[{step.item}]") for step in steps)
