"""Edits brought to one data set."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from dicomgallery.dicom import private
from dicomgallery.dicom.editing import characters, typed
from dicomgallery.dicom.editing.characters import DoesNotFitError
from dicomgallery.dicom.editing.edits import TRANSFER_SYNTAX, Deed, Edit
from dicomgallery.dicom.editing.trees import Level, Node, even
from dicomgallery.dicom.paths import Step
from dicomgallery.dicom.rewriting import PIXEL_TAGS
from dicomgallery.dicom.structure import keyword_of
from dicomgallery.errors import RefusedError

ORIGINALS: Final = 0x04000561
_FIRST_BLOCK, _LAST_BLOCK = 0x10, 0xFF


class CannotApplyError(RefusedError):
    """An edit that has no place in this file."""


@dataclass(slots=True)
class Edited:
    """A data set after its edits."""

    level: Level
    touched: set[int] = field(default_factory=set)
    """The elements at the top that are not what they were."""
    problems: list[str] = field(default_factory=list)
    """Edits that had no place here, a sentence each."""
    raised: bool = False
    """Its texts are in UTF-8 now, and were not."""
    transfer_syntax: str = ""
    """What the file is to say of its bytes, where somebody changed that."""
    pixels: Node | None = None
    """What stands in the place of the pixel data."""
    without_pixels: bool = False


def apply(level: Level, edits: Sequence[Edit]) -> Edited:
    """The data set with these edits, itself left as it was; those that have no place in it are told as problems."""
    try:
        edited = _applied(Edited(level.copy()), edits)
    except DoesNotFitError:
        edited = Edited(level.copy(), raised=True)
        edited.touched |= characters.change(edited.level, characters.UTF_8)
        edited = _applied(edited, edits)
    edited.touched = {tag for tag in edited.touched if edited.level.nodes.get(tag) != level.nodes.get(tag)}
    return edited


def rename(edited: Edited, renamed: Mapping[str, str]) -> None:
    """Put new UIDs in the place of old ones wherever they stand, but for what tells of earlier values."""
    for tag, node in list(edited.level.nodes.items()):
        if tag != ORIGINALS and (changed := _renamed(node, renamed)) is not node:
            edited.level.nodes[tag] = changed
            edited.touched.add(tag)


def _renamed(node: Node, renamed: Mapping[str, str]) -> Node:
    if node.vr == "UI":
        parts = node.raw.decode("latin-1").rstrip("\0 ").split("\\")
        if not any(part in renamed for part in parts):
            return node
        text = "\\".join(renamed.get(part, part) for part in parts)
        return replace(node, value=even(text.encode("latin-1"), "UI"))
    is_changed = False
    for item in node.items:
        for tag, inner in list(item.nodes.items()):
            if (changed := _renamed(inner, renamed)) is not inner:
                item.nodes[tag] = changed
                is_changed = True
    return replace(node) if is_changed else node


def _applied(edited: Edited, edits: Sequence[Edit]) -> Edited:
    for edit in edits:
        try:
            _apply(edited, edit)
        except RefusedError as refusal:
            edited.problems.append(f"{edit.name}: {refusal.message}")
    return edited


def _apply(edited: Edited, edit: Edit) -> None:
    steps = edit.steps
    if len(steps) == 1 and steps[0].tag in PIXEL_TAGS:
        _apply_to_pixels(edited, edit)
        return
    if edit.tag == TRANSFER_SYNTAX:
        if edit.deed is not Deed.SET or not edit.value:
            raise CannotApplyError("A file always says how its bytes are laid out.")
        edited.transfer_syntax = edit.value
        return
    if edit.tag == characters.CHARACTER_SET and len(steps) == 1 and edit.deed in {Deed.SET, Deed.DELETE}:
        edited.touched |= characters.change(edited.level, edit.value if edit.deed is Deed.SET else "")
        return
    level = edited.level
    for step in steps[:-1]:
        level = _enter(level, step, make=edit.deed is Deed.SET or edit.deed is Deed.ADD_ITEM)
    if _do(level, steps[-1], edit):
        edited.touched.add(steps[0].tag if len(steps) > 1 else _block_tag(level, edit, steps[-1].tag))
        if edit.creator and len(steps) == 1:
            edited.touched.add(_block_tag(level, edit, steps[0].tag) & 0xFFFF0000 | _block_of(level, edit))


def _apply_to_pixels(edited: Edited, edit: Edit) -> None:
    if edit.deed is Deed.DELETE:
        edited.without_pixels = True
    elif edit.deed is Deed.SET:
        edited.pixels = Node(edit.tag, edit.vr, even(_value(edited.level, edit), edit.vr))
    else:
        raise CannotApplyError("Pixel data have no items that could be edited.")


def _enter(level: Level, step: Step, *, make: bool) -> Level:
    name, number = keyword_of(step.tag) or f"{step.tag:08X}", step.item or 0
    node = level.nodes.get(step.tag)
    if node is None:
        if not make or number:
            raise CannotApplyError(f"This file has no {name}.")
        node = Node(step.tag, "SQ", ())
    if node.vr != "SQ":
        raise CannotApplyError(f"{name} is no sequence in this file.")
    if number > len(node.items) or (number == len(node.items) and not make):
        raise CannotApplyError(f"{name} has no item {number + 1} in this file.")
    if number == len(node.items):
        node = replace(node, value=(*node.items, Level({}, level.encodings)))
    level.nodes[step.tag] = node
    return node.items[number]


def _do(level: Level, step: Step, edit: Edit) -> bool:
    """Do it where it belongs; say whether anything changed."""
    if edit.deed is Deed.DELETE:
        return level.nodes.pop(_block_tag(level, edit, step.tag), None) is not None
    if edit.creator and edit.deed is Deed.SET:
        _reserve(level, edit)
    tag = _block_tag(level, edit, step.tag)
    node = level.nodes.get(tag)
    if edit.deed is Deed.SET:
        if edit.vr == "SQ":
            made = node if node is not None and node.vr == "SQ" else Node(tag, "SQ", ())
        else:
            made = Node(tag, edit.vr, _value(level, edit))
            # A value padded in another way is the same value.
            if node is not None and node.vr == made.vr and _bare(node) == _bare(made):
                made = node
        level.nodes[tag] = made
        return made != node
    if node is None and edit.deed is Deed.ADD_ITEM:
        node = Node(tag, "SQ", ())
    if node is None or node.vr != "SQ":
        raise CannotApplyError("It is no sequence in this file.")
    if edit.deed is Deed.ADD_ITEM:
        level.nodes[tag] = replace(node, value=(*node.items, Level({}, level.encodings)))
        return True
    if step.item is None or step.item >= len(node.items):
        raise CannotApplyError("This file has no such item.")
    level.nodes[tag] = replace(node, value=node.items[: step.item] + node.items[step.item + 1 :])
    return True


def _bare(node: Node) -> bytes:
    return node.raw.rstrip(b" \0") if typed.is_text(node.vr) else node.raw


def _value(level: Level, edit: Edit) -> bytes:
    if typed.is_binary(edit.vr):
        return even(typed.binary(edit.vr, edit.value), edit.vr)
    if typed.is_number(edit.vr):
        return typed.numbers(edit.vr, edit.value)
    return characters.encoded(typed.checked(edit.vr, edit.value), edit.vr, level.encodings)


def _block_of(level: Level, edit: Edit) -> int:
    """The block that the creator has reserved in this file; 0 when none (PS3.5 7.8.1)."""
    group = edit.tag & 0xFFFF0000
    blocks = range(_FIRST_BLOCK, _LAST_BLOCK + 1)
    return next((block for block in blocks if level.text(group | block) == edit.creator), 0)


def _block_tag(level: Level, edit: Edit, tag: int) -> int:
    """The tag of a private element in this file; other elements have the same in each."""
    if not edit.creator or not private.is_private(tag):
        return tag
    block = _block_of(level, edit)
    return tag & 0xFFFF00FF | block << 8 if block else tag


def _reserve(level: Level, edit: Edit) -> None:
    if _block_of(level, edit):
        return
    group = edit.tag & 0xFFFF0000
    free = [block for block in range(_FIRST_BLOCK, _LAST_BLOCK + 1) if group | block not in level.nodes]
    wanted = edit.tag >> 8 & 0xFF
    if not free:
        raise CannotApplyError("Every private block of this group is taken.")
    tag = group | (wanted if wanted in free else free[0])
    level.nodes[tag] = Node(tag, "LO", characters.encoded(edit.creator, "LO", level.encodings))
