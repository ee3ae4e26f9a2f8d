"""What a new file says of where it comes from: earlier values (PS3.3 C.12.1.1.9) and who changed them (C.12.1.1.5)."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Final

from dicomgallery import __version__
from dicomgallery.dicom.editing import characters
from dicomgallery.dicom.editing.applying import ORIGINALS, Edited
from dicomgallery.dicom.editing.characters import DoesNotFitError
from dicomgallery.dicom.editing.trees import Level, Node
from dicomgallery.dicom.elements import BINARY_VRS

SYSTEM: Final = "DICOM Gallery"
EQUIPMENT: Final = 0x0018A001
_MODIFIED, _MOMENT, _MODIFIER, _SOURCE, _REASON = 0x04000550, 0x04000562, 0x04000563, 0x04000564, 0x04000565
_LONGEST_KEPT: Final = 4096
"""Bytes of a binary value that is kept; a palette or an overlay of a megabyte is not written a second time."""


def tell(edited: Edited, before: Level, changed: Iterable[int], at: datetime) -> None:
    """Write into an edited data set what the elements `changed` were, and that this program changed them."""
    level, tags = edited.level, set(changed)
    # An item that names its own character set has its texts in that, so that earlier values stay the bytes they were.
    said = before.nodes.get(characters.CHARACTER_SET) if characters.CHARACTER_SET in tags else None
    modified = Level({}, before.encodings if said is not None and said.raw else level.encodings)
    for tag in tags:
        node = before.nodes.get(tag)
        if node is not None and tag not in (ORIGINALS, EQUIPMENT) and not _is_long(node):
            modified.nodes[tag] = _in_set_of(node, before, modified)
    moment = at.strftime("%Y%m%d%H%M%S.%f+0000")
    was = Level({}, level.encodings)
    was.nodes[_MODIFIED] = Node(_MODIFIED, "SQ", (modified,))
    was.put(_MOMENT, "DT", moment)
    was.put(_MODIFIER, "LO", SYSTEM)
    was.put(_SOURCE, "LO", "")
    was.put(_REASON, "CS", "CORRECT")
    _append(edited, ORIGINALS, was)
    _append(edited, EQUIPMENT, _equipment(level, moment))


def _equipment(level: Level, moment: str) -> Level:
    purpose = Level({}, level.encodings)
    purpose.put(0x00080100, "SH", "109103")
    purpose.put(0x00080102, "SH", "DCM")
    purpose.put(0x00080104, "LO", "Modifying Equipment")
    found = Level({}, level.encodings)
    found.put(0x00080070, "LO", SYSTEM)
    found.put(0x00181020, "LO", __version__)
    found.put(0x0018A002, "DT", moment)
    found.put(0x0018A003, "ST", "Attributes were edited.")
    found.nodes[0x0040A170] = Node(0x0040A170, "SQ", (purpose,))
    return found


def _append(edited: Edited, tag: int, item: Level) -> None:
    node = edited.level.nodes.get(tag)
    items = node.items if node is not None else ()
    edited.level.nodes[tag] = Node(tag, "SQ", (*items, item))
    edited.touched.add(tag)


def _is_long(node: Node) -> bool:
    return node.vr in BINARY_VRS and len(node.raw) > _LONGEST_KEPT


def _in_set_of(node: Node, before: Level, level: Level) -> Node:
    """An earlier value in the character set that the data set has now."""
    if before.encodings == level.encodings:
        return node if node.vr != "SQ" else replace(node, value=tuple(item.copy() for item in node.items))
    holder = Level({node.tag: node}, before.encodings).copy()
    try:
        characters.rewrite(holder, level.encodings)
    except DoesNotFitError:
        return replace(node, value=b"" if node.vr != "SQ" else ())
    return holder.nodes[node.tag]
