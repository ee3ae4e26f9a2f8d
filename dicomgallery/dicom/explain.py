"""What an attribute is: its value representation, its place in the object, its fate when identity is removed."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import orjson

from dicomgallery.dicom import deid_table, iod_types, private
from dicomgallery.dicom.structure import entry_of

_STANDARD: Final = "https://dicom.nema.org/medical/dicom/current/output/chtml/"

_TYPE_MEANINGS: Final = {
    "1": "must be there and have a value",
    "1C": "must be there with a value when the standard's condition holds",
    "2": "must be there, but may be empty when its value is unknown",
    "2C": "must be there, perhaps empty, when the standard's condition holds",
    "3": "may be left out",
}
_USAGE_MEANINGS: Final = {"C": "; its module only when a condition holds", "U": "; its module is optional"}

_ACTION_MEANINGS: Final = {
    "D": "replaced by a made-up value",
    "Z": "emptied, or replaced by a made-up value",
    "X": "removed",
    "K": "kept",
    "C": "cleaned of whatever could identify",
    "U": "replaced by a new UID, the same wherever the old one stood",
}
_COMBINED_MEANINGS: Final = {
    "Z/D": "emptied, or replaced by a made-up value where the object needs one",
    "X/Z": "removed, or emptied where the object needs it",
    "X/D": "removed, or replaced by a made-up value where the object needs one",
    "X/Z/D": "removed, emptied or replaced by a made-up value, as the object needs it",
    "X/Z/U*": "removed, emptied, or the UIDs inside it replaced, as the object needs it",
}


@dataclass(frozen=True, slots=True)
class Explanation:
    """All that can be said of an attribute without looking at its value."""

    name: str
    keyword: str
    meaning: str
    """One sentence; "" for the less common attributes."""
    vr: str
    """As the dictionary has it: "US or SS" among them; "" for an unknown one."""
    vr_meaning: str
    vm: str
    module: str
    type: str
    type_meaning: str
    deid_action: str
    deid_meaning: str
    standard_section: str
    href: str
    retired: bool


def explain(
    tag: int, sop_class_uid: str, private_creator: str = "", *, parents: Sequence[int] = (), vr: str = ""
) -> Explanation:
    """Explain an attribute of an object of this class; `parents` are the sequences around it, `vr` the file's own."""
    entry = entry_of(tag)
    known = private.lookup(tag, private_creator) if private_creator else None
    named_vr = entry[0] if entry else known.vr if known else vr
    place = iod_types.entry_for(sop_class_uid, tag, parents)
    action, fate = _fate(tag)
    section, href = _standard_of(tag)
    return Explanation(
        name=_name(tag, entry, known),
        keyword=entry[4] if entry else "",
        meaning=_meaning(tag, entry[4] if entry else "", known, private_creator),
        vr=named_vr,
        vr_meaning=_vr_meaning(vr or named_vr),
        vm=entry[1] if entry else "",
        module=place.module if place else "",
        type=place.type if place else "",
        type_meaning=_type_meaning(place, sop_class_uid, tag),
        deid_action=action,
        deid_meaning=fate,
        standard_section=section,
        href=href,
        retired=bool(entry and entry[3]),
    )


@lru_cache(maxsize=1)
def _vr_meanings() -> dict[str, str]:
    meanings: dict[str, str] = orjson.loads((iod_types.DATA / "vr_meanings.json").read_bytes())
    return meanings


@lru_cache(maxsize=1)
def _attribute_meanings() -> dict[str, str]:
    meanings: dict[str, str] = orjson.loads((iod_types.DATA / "attribute_meanings.json").read_bytes())
    return meanings


def _name(tag: int, entry: tuple[str, ...] | None, known: private.PrivateEntry | None) -> str:
    if entry:
        return entry[2]
    if private.is_creator(tag):
        return "Private Creator"
    if private.is_private(tag):
        return known.name if known else "Private element"
    return "Group Length" if tag & 0xFFFF == 0 else "Unknown element"


def _meaning(tag: int, keyword: str, known: private.PrivateEntry | None, creator: str) -> str:
    if keyword:
        return _attribute_meanings().get(keyword, "")
    if private.is_creator(tag):
        return "Names the maker of the private elements in its block."
    if private.is_private(tag):
        if known:
            return "A maker's own element; its name is known, though no standard defines it."
        return "A maker's own element, of which nothing is known here." if creator else "A private element of nobody."
    return "How many bytes of this group follow; no longer used." if tag & 0xFFFF == 0 else ""


def _vr_meaning(vr: str) -> str:
    """Explain a VR, or the alternatives of an ambiguous one."""
    return " Or: ".join(_vr_meanings()[part] for part in vr.split(" or ") if part in _vr_meanings())


def _type_meaning(place: iod_types.TypeEntry | None, sop_class_uid: str, tag: int) -> str:
    if place:
        return _TYPE_MEANINGS[place.type] + _USAGE_MEANINGS.get(place.usage, "")
    if private.is_private(tag):
        return "the maker's own addition"
    if tag >> 16 == 2:
        return "belongs to the file, not to the object in it"
    if not iod_types.is_known_class(sop_class_uid):
        return "this kind of object is not known here"
    return "not part of this kind of object as the standard describes it"


def _fate(tag: int) -> tuple[str, str]:
    """Say what the Basic Profile of PS3.15 does to an attribute."""
    row = deid_table.row_for(tag)
    if row is None:
        return "K", "kept: the standard's table does not name it"
    meaning = _COMBINED_MEANINGS.get(row.basic) or _ACTION_MEANINGS.get(row.basic, "")
    if private.is_private(tag):
        meaning += ", unless known to be safe and that option is chosen"
    return row.basic, meaning


def _standard_of(tag: int) -> tuple[str, str]:
    """Point to where the standard lists the attribute."""
    if private.is_private(tag):
        return "PS3.5 section 7.8, Private Data Elements", f"{_STANDARD}part05/sect_7.8.html"
    group = tag >> 16
    if group == 0x0002:
        return "PS3.6 table 7-1, File Meta Elements", f"{_STANDARD}part06/chapter_7.html"
    if group == 0x0004:
        return "PS3.6 table 8-1, Directory Structuring Elements", f"{_STANDARD}part06/chapter_8.html"
    if group == 0x0000:
        return "PS3.7 annex E, Command Dictionary", f"{_STANDARD}part07/chapter_E.html"
    return "PS3.6 table 6-1, Registry of Data Elements", f"{_STANDARD}part06/chapter_6.html"
