"""The new file of an edited data set: its header written, its pixel data copied as they lie in the source."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pydicom.dataset import Dataset

from dicomgallery.dicom import reader, rewriting
from dicomgallery.dicom.editing import provenance
from dicomgallery.dicom.editing.applying import CannotApplyError, Edited, apply, rename
from dicomgallery.dicom.editing.edits import Edit
from dicomgallery.dicom.editing.trees import Level, level_of, written
from dicomgallery.dicom.prescan import Buffer, Flawed, Prescanned, prescan
from dicomgallery.dicom.reader import UnreadableError
from dicomgallery.dicom.structure import EXPLICIT_VRS
from dicomgallery.dicom.transfer import (
    DEFLATED_SYNTAXES,
    EXPLICIT_BIG_ENDIAN,
    EXPLICIT_LITTLE_ENDIAN,
    IMPLICIT_LITTLE_ENDIAN,
    is_encapsulated,
)
from dicomgallery.dicom.uids import IMPLEMENTATION_CLASS_UID, is_valid, stable_uid
from dicomgallery.dicom.walk import UNDEFINED

SOP_INSTANCE: Final = 0x00080018
SOP_CLASS: Final = 0x00080016
_LAST_PIXELS: Final = 0x7FE00010
_META_CLASS, _META_INSTANCE, _META_IMPLEMENTATION, _META_VERSION = 0x00020002, 0x00020003, 0x00020012, 0x00020013
_LARGEST_HEADER: Final = 64 << 20
_DIRECTORY: Final = "1.2.840.10008.1.3.10"


@dataclass(frozen=True, slots=True)
class Source:
    """A file that is edited: its bytes, where things lie in them, and what it says."""

    data: Buffer
    scanned: Prescanned
    dataset: Dataset
    level: Level
    """Every element of the top level but the pixel data, those behind them included."""
    behind: frozenset[int]
    """The elements that stand behind the pixel data."""


@dataclass(frozen=True, slots=True)
class Made:
    """A new file: bytes, a part of the source, bytes."""

    before: bytes
    copied: tuple[int, int]
    after: bytes


def needs_plain(transfer_syntax: str) -> bool:
    """Say whether a file must be written in explicit little endian before it can be edited byte for byte."""
    return transfer_syntax in DEFLATED_SYNTAXES or transfer_syntax == EXPLICIT_BIG_ENDIAN


def new_uid(uid: str, plan: str) -> str:
    """The UID that takes the place of another under a plan: the same for the same two, for ever (PS3.5 B.2)."""
    return stable_uid(f"edited\0{plan}\0{uid}".encode())


def open_source(data: Buffer) -> Source:
    """Read what can be edited of a file; UnreadableError or CannotApplyError in a sentence when it cannot be."""
    scanned = prescan(data)
    if isinstance(scanned, Flawed):
        raise UnreadableError(scanned.flaw, scanned.detail)
    end = scanned.dataset_end if scanned.pixel_offset is None else scanned.pixel_offset
    if end > _LARGEST_HEADER and scanned.header_end < end:
        raise CannotApplyError("Its header is larger than 64 MiB, which is more than is edited here.")
    dataset = reader.parse_frames(data, scanned)
    level = level_of(dataset)
    if level.text(SOP_CLASS) == _DIRECTORY or 0x00041220 in level.nodes:
        raise CannotApplyError("A directory of a medium points into its own bytes, so it is not edited.")
    behind = level_of(reader.behind_pixels(data, scanned))
    behind.encodings = level.encodings
    level.nodes |= {tag: node for tag, node in behind.nodes.items() if tag not in level.nodes}
    return Source(data, scanned, dataset, level, frozenset(behind.nodes))


def edit(
    source: Source, edits: Sequence[Edit], renamed: Mapping[str, str], *, sop_uid: str, at: datetime
) -> Edited | None:
    """The data set with its edits, new UIDs and provenance; None when nothing about it changes."""
    edited = apply(source.level, edits)
    rename(edited, {old: new for old, new in renamed.items() if old != source.level.text(SOP_INSTANCE)})
    if not changes_anything(edited):
        return None
    rename(edited, renamed)
    changed = {*edited.touched, SOP_INSTANCE}
    edited.level.put(SOP_INSTANCE, "UI", sop_uid)
    edited.touched.add(SOP_INSTANCE)
    provenance.tell(edited, source.level, sorted(changed), at)
    return edited


def changes_anything(edited: Edited) -> bool:
    """Say whether edits came to anything."""
    return bool(edited.touched or edited.transfer_syntax or edited.pixels is not None or edited.without_pixels)


def header(source: Source, edited: Edited) -> Dataset:
    """The edited data set as it will be read, up to its pixel data; UnreadableError when it cannot be."""
    made = {tag: _said(edited.level, tag) for tag in edited.touched if not _is_behind(source, tag)}
    data = rewriting.head(source.dataset, _syntax(source, edited)) + rewriting.header(source.data, source.scanned, made)
    return reader.read_frames(data)


def make(source: Source, edited: Edited) -> Made:
    """The pieces of the new file; CannotApplyError when what is asked for cannot be written."""
    scanned, level = source.scanned, edited.level
    syntax = _syntax(source, edited)
    edits = {tag: _said(level, tag) for tag in edited.touched}
    behind = {tag: said for tag, said in edits.items() if _is_behind(source, tag)}
    ahead = {tag: said for tag, said in edits.items() if tag not in behind}
    says: dict[int, str | None] = {_META_IMPLEMENTATION: IMPLEMENTATION_CLASS_UID, _META_VERSION: None}
    says |= {meta: level.text(tag) for meta, tag in ((_META_INSTANCE, SOP_INSTANCE), (_META_CLASS, SOP_CLASS))}
    head = rewriting.head(source.dataset, syntax, says)
    start, copied = _pixels(source, edited, syntax)
    before = head + rewriting.header(source.data, scanned, ahead) + start
    if scanned.pixel_offset is None:
        return Made(before, (0, 0), rewriting.anew(Dataset(), behind) if behind else b"")
    if behind:
        return Made(before, copied, rewriting.anew(reader.behind_pixels(source.data, scanned), behind))
    return Made(before, copied, rewriting.rest(source.data, scanned.pixel_end, scanned))


def _is_behind(source: Source, tag: int) -> bool:
    return tag > _LAST_PIXELS and source.scanned.pixel_offset is not None


def _said(level: Level, tag: int) -> tuple[str, bytes] | None:
    node = level.nodes.get(tag)
    return None if node is None else (node.vr, written(node))


def _syntax(source: Source, edited: Edited) -> str:
    stored = source.scanned.transfer_syntax
    stored = EXPLICIT_LITTLE_ENDIAN if stored == IMPLICIT_LITTLE_ENDIAN else stored
    asked = edited.transfer_syntax
    if not asked:
        return stored if is_valid(stored) else EXPLICIT_LITTLE_ENDIAN
    if needs_plain(asked) or asked == IMPLICIT_LITTLE_ENDIAN:
        raise CannotApplyError("The bytes of an edited file are explicit and little endian; it may not say otherwise.")
    return asked


def _pixels(source: Source, edited: Edited, syntax: str) -> tuple[bytes, tuple[int, int]]:
    """The beginning of the pixel data as it is written, and the part of the source that is copied behind it."""
    data, scanned = source.data, source.scanned
    if edited.pixels is not None:
        if is_encapsulated(syntax):
            raise CannotApplyError("Compressed pixel data are not replaced by upload here.")
        node = edited.pixels
        return rewriting.element(node.tag, node.vr, node.raw), (0, 0)
    offset = scanned.pixel_offset
    if offset is None or edited.without_pixels:
        return b"", (0, 0)
    head = bytes(data[offset : offset + 8])
    if head[4:6] in EXPLICIT_VRS:
        return b"", (offset, scanned.pixel_end)
    # PS3.5 A.1: what is implicit is OW, or in a syntax of fragments OB.
    tag = int.from_bytes(head[:2], "little") << 16 | int.from_bytes(head[2:4], "little")
    length = int.from_bytes(head[4:], "little")
    if length != UNDEFINED and offset + 8 + length != scanned.pixel_end:
        raise CannotApplyError("It has pixel data more than once, which is not edited here.")
    code = b"OB" if length == UNDEFINED else {0x7FE00008: b"OF", 0x7FE00009: b"OD"}.get(tag, b"OW")
    return rewriting.start_of(tag, code, length), (offset + 8, scanned.pixel_end)
