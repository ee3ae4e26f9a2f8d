"""What two versions of a data set differ in, element by element, in words."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from pydicom.dataelem import RawDataElement
from pydicom.tag import BaseTag

from dicomgallery.dicom import deid_table, elements, private
from dicomgallery.dicom.editing.trees import Level, Node
from dicomgallery.dicom.elements import BINARY_VRS, storable
from dicomgallery.dicom.structure import keyword_of, name_of_tag
from dicomgallery.dicom.values import counted

MOST: Final = 2000
"""Differences that are told one by one."""
_LONGEST: Final = 400
_COUNTED: Final = frozenset({0x04000561, 0x0018A001})
"""Original Attributes and Contributing Equipment: what tells of a change is no change to be told in full."""
_BYTES: Final = 16

Kind = Literal["added", "removed", "changed"]


@dataclass(frozen=True, slots=True)
class Change:
    """One element before and after."""

    path: str
    tag: str
    """0010,0010 in lower-case hexadecimal."""
    name: str
    keyword: str
    vr: str
    kind: Kind
    before: str
    after: str
    where: str
    """The items around it in words; empty at the top."""
    is_identity: bool
    """It may tell who the patient is (PS3.15 E.1)."""


def between(before: Level, after: Level) -> list[Change]:
    """The differences of two data sets, in the order of their tags, at most `MOST`."""
    found = []
    for change in _between(_Place(before, after)):
        found.append(change)
        if len(found) >= MOST:
            break
    return found


@dataclass(frozen=True, slots=True)
class _Place:
    """Two levels beside each other, and where they stand."""

    before: Level
    after: Level
    path: str = ""
    where: str = ""


def _between(place: _Place) -> Iterator[Change]:
    before, after = place.before, place.after
    for tag in sorted({*before.nodes, *after.nodes}):
        old, new = before.nodes.get(tag), after.nodes.get(tag)
        is_sequence = tag not in _COUNTED and {node.vr for node in (old, new) if node is not None} == {"SQ"}
        # The items of a sequence that came or went tell of it themselves.
        has_items = is_sequence and any(node.items for node in (old, new) if node is not None)
        if not has_items and not _same(old, before, new, after):
            yield _change(place, f"{place.path}{tag:08X}", old or new, _told(old, before), _told(new, after))
        if is_sequence:
            yield from _between_items(place, old or Node(tag, "SQ", ()), new or Node(tag, "SQ", ()))


def _between_items(place: _Place, old: Node, new: Node) -> Iterator[Change]:
    inside = f"{place.where}, {_name(old.tag, place.before)}" if place.where else _name(old.tag, place.before)
    empty = Level({}, place.after.encodings)
    for number in range(max(len(old.items), len(new.items))):
        had = old.items[number] if number < len(old.items) else None
        has = new.items[number] if number < len(new.items) else None
        path = f"{place.path}{old.tag:08X}[{number}]"
        if had is None or has is None:
            yield _change(place, path, old, _item(had, number), _item(has, number))
        yield from _between(_Place(had or empty, has or empty, f"{path}.", f"{inside}, item {number + 1}"))


def _item(item: Level | None, number: int) -> str | None:
    return None if item is None else f"item {number + 1}, {counted(len(item.nodes), 'element')}"


def _change(place: _Place, path: str, node: Node | None, had: str | None, has: str | None) -> Change:
    kind: Kind = "added" if had is None else "removed" if has is None else "changed"
    tag = node.tag if node is not None else 0
    said = deid_table.row_for(tag)
    return Change(
        path=path,
        tag=f"{tag >> 16:04x},{tag & 0xFFFF:04x}",
        name=_name(tag, place.before if kind == "removed" else place.after),
        keyword=keyword_of(tag),
        vr=node.vr if node is not None else "",
        kind=kind,
        before=had or "",
        after=has or "",
        where=place.where,
        is_identity=said is not None and said.basic != "K",
    )


def _same(old: Node | None, before: Level, new: Node | None, after: Level) -> bool:
    if old is None or new is None or old.vr != new.vr:
        return old is new
    # A text in another character set is the same text.
    return old.value == new.value or (old.vr not in BINARY_VRS and _told(old, before) == _told(new, after))


def _told(node: Node | None, level: Level) -> str | None:
    if node is None:
        return None
    if node.vr == "SQ":
        return counted(len(node.items), "item")
    if node.vr in BINARY_VRS:
        shown = node.raw[:_BYTES].hex(" ") + (" …" if len(node.raw) > _BYTES else "")
        return f"{counted(len(node.raw), 'byte')}: {shown}" if node.raw else ""
    raw = RawDataElement(
        BaseTag(node.tag), node.vr, len(node.raw), node.raw, 0, is_implicit_VR=False, is_little_endian=True
    )
    text = storable(elements.raw_text(raw, level.encodings))
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({counted(len(text), 'character')})"


def _name(tag: int, level: Level) -> str:
    if not private.is_private(tag):
        return name_of_tag(tag) or "Unknown element"
    if private.is_creator(tag):
        return "Private Creator"
    known = private.lookup(tag, level.text(tag & 0xFFFF0000 | tag >> 8 & 0xFF))
    return known.name if known else "Private element"
