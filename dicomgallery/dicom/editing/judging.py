"""What an edit may break: what an object must have (PS3.5 7.4), and what its pixels are read by (PS3.3 C.7.6.3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from dicomgallery.dicom import iod_types
from dicomgallery.dicom.editing.edits import TRANSFER_SYNTAX, Deed, Edit
from dicomgallery.dicom.iod_types import TypeEntry
from dicomgallery.dicom.rewriting import PIXEL_TAGS
from dicomgallery.dicom.uids import name_of

READS_PIXELS: Final = frozenset(
    {
        0x00280002, 0x00280004, 0x00280006, 0x00280008, 0x00280010, 0x00280011, 0x00280100, 0x00280101, 0x00280102,
        0x00280103, 0x00281101, 0x00281102, 0x00281103, 0x00281201, 0x00281202, 0x00281203, 0x7FE00001, 0x7FE00002,
        TRANSFER_SYNTAX, *PIXEL_TAGS,
    }
)  # fmt: skip
"""What says how pixel data are read, and these themselves."""
_SAID: Final = {
    "1": "Type 1: it must be there and have a value",
    "1C": "Type 1C: under the condition of its module it must be there and have a value",
    "2": "Type 2: it must be there, though it may be empty",
    "2C": "Type 2C: under the condition of its module it must be there, though it may be empty",
}


@dataclass(frozen=True, slots=True)
class Warned:
    """What a person should know before an edit is done."""

    name: str
    sentence: str
    type: str = ""
    """1, 1C, 2 or 2C, where that is what it is about."""
    is_danger: bool = False
    """Pixels may become unreadable; it is confirmed twice."""


def warnings(edits: Sequence[Edit], sop_class_uids: Sequence[str]) -> list[Warned]:
    """What these edits may break in objects of these classes, each warning once."""
    found: dict[Warned, None] = {}
    for edit in edits:
        if not edit.parents and edit.tag in READS_PIXELS:
            found[Warned(edit.name, "Pixels are read by this element: they may become unreadable.", is_danger=True)] = (
                None
            )
        for uid in sop_class_uids:
            if (entry := _missed(edit, uid)) is not None:
                sentence = f"{_SAID[entry.type]} ({entry.module}, {name_of(uid)})."
                found[Warned(edit.name, sentence, entry.type)] = None
    return list(found)


def is_dangerous(edits: Sequence[Edit]) -> bool:
    """Say whether pixels may become unreadable by any of these."""
    return any(not edit.parents and edit.tag in READS_PIXELS for edit in edits)


def _missed(edit: Edit, sop_class_uid: str) -> TypeEntry | None:
    """What the object's definition says of an element that goes, or is left without a value."""
    if edit.deed is Deed.DELETE:
        wanted = {"1", "1C", "2", "2C"}
    elif edit.empties or edit.deed is Deed.REMOVE_ITEM:
        wanted = {"1", "1C"}
    else:
        return None
    entry = iod_types.entry_for(sop_class_uid, edit.tag, edit.parents)
    return entry if entry is not None and entry.type in wanted else None
