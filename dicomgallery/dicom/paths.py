"""How a person or a program names an element: tag, keyword, or a path through sequences."""

import re
from dataclasses import dataclass

from pydicom.datadict import dictionary_has_tag, tag_for_keyword
from pydicom.dataset import Dataset

from dicomgallery.dicom.leaves import Leaf, leaves, pixels_signed

_TAG = re.compile(r"\(?([0-9A-Fa-f]{4}),? ?([0-9A-Fa-f]{4})\)?")
_STEP = re.compile(r"(?P<name>[^\[\].]+)(?:\[(?P<item>\d{1,6})\])?")
DEEPEST = 32


@dataclass(frozen=True, slots=True)
class Step:
    """One element on the way, and which item of it to enter (counted from 0)."""

    tag: int
    item: int | None = None


Path = tuple[Step, ...]


def tag_named(text: str) -> int | None:
    """The tag of "(0028,0010)", "00280010" or "Rows"; None when it is neither well formed nor a keyword."""
    if found := _TAG.fullmatch(text):
        return int(found[1] + found[2], 16)
    return tag_for_keyword(text)


def parse_path(text: str) -> Path | None:
    """The path of "PatientName" or "SEQ[0].X"; None when it cannot be one."""
    steps = []
    # The comma of a tag is no separator; a dot is.
    for part in text.strip().split("."):
        found = _STEP.fullmatch(part)
        tag = tag_named(found["name"].strip()) if found else None
        if found is None or tag is None:
            return None
        steps.append(Step(tag, int(found["item"]) if found["item"] else None))
    if len(steps) > DEEPEST or any(step.item is None for step in steps[:-1]):
        return None
    return tuple(steps)


def is_known(path: Path, dataset: Dataset) -> bool:
    """Say whether the dictionary knows the element, or this dataset has it."""
    return dictionary_has_tag(path[-1].tag) or leaf_at(dataset, path) is not None


def leaf_at(dataset: Dataset, path: Path) -> Leaf | None:
    """The element a path leads to, or None when the dataset has no such one."""
    signed = False
    for step in path[:-1]:
        signed = pixels_signed(dataset, signed=signed)
        holder = _leaf(dataset, step.tag, signed=signed)
        if holder is None or holder.vr != "SQ" or step.item is None or step.item >= len(holder.value):
            return None
        item = holder.value[step.item]
        if not isinstance(item, Dataset):
            return None
        dataset = item
    return _leaf(dataset, path[-1].tag, signed=signed)


def _leaf(dataset: Dataset, tag: int, *, signed: bool) -> Leaf | None:
    return next((leaf for leaf in leaves(dataset, signed=signed) if leaf.tag == tag), None)
