"""Which deed an attribute meets: the row of PS3.15 Table E.1-1 with its options, else its VR, else the allow-list."""

from enum import StrEnum
from functools import lru_cache
from typing import Final, NamedTuple

from dicomgallery.deid import allowed
from dicomgallery.deid.profile import Choice, Profile
from dicomgallery.dicom import deid_table, iod_types
from dicomgallery.dicom.deid_table import DeidRow
from dicomgallery.dicom.structure import dictionary_vr

FULL_DATES: Final = "retain_long_full_dates"
MODIFIED_DATES: Final = "retain_long_modif_dates"
DATE_VRS: Final = frozenset({"DA", "DT", "TM"})
_OF_DESCRIPTION: Final = ("retain_patient_chars", "retain_device")
TEXT_VRS: Final = frozenset({"LO", "LT", "SH", "ST", "UC", "UT"})
NUMBER_VRS: Final = frozenset({"US", "SS", "UL", "SL", "UV", "SV", "FL", "FD", "AT"})
WORD_VRS: Final = frozenset({"OD", "OF", "OL", "OV", "OW"})
PIXELS: Final = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010})
_OFFSET_TABLES: Final = frozenset({0x7FE00001, 0x7FE00002, 0x7FE00003})
_PATIENT_NAME, _PATIENT_ID = 0x00100010, 0x00100020
_CONTENT, _DOCUMENT, _DOCUMENT_LENGTH, _ICC = 0x0040A730, 0x00420011, 0x00420015, 0x00282000
_CHARSET, _ZONE = 0x00080005, 0x00080201
_RETIRED_PLANES: Final = {0x5000: "curve", 0x6000: "overlay plane", 0x7F00: "variable pixel data"}
"""Repeating groups (PS3.5 7.6) that may show anything."""
_PIXEL_GROUP: Final = 0x7FE0
_NUMERIC: Final = NUMBER_VRS | WORD_VRS | {"IS", "DS", "OB"}


class Deed(StrEnum):
    """What is done with one element."""

    KEEP = "kept"
    KEEP_BYTES = "kept when no name lies in its bytes"
    KEEP_TEXT = "kept when it names nobody"
    KEEP_ALLOWED = "kept when it neither names nor addresses anybody"
    KEEP_PLAIN = "kept when all its words are plain"
    KEEP_CODE = "kept as a code string"
    KEEP_NUMBER = "kept as a number"
    KEEP_DATE = "kept as a date"
    KEEP_UID = "kept as a UID"
    KEEP_CLASS = "kept as the UID of a kind"
    KEEP_CHARSET = "kept as a character set"
    REMOVE = "removed"
    EMPTY = "emptied"
    DUMMY = "replaced by a dummy"
    UID = "new UID"
    SHIFT = "date shifted"
    CLEAN = "cleaned"
    MEANING = "meaning cleaned"
    RECURSE = "items treated"
    SUBJECT = "pseudonym"
    CONTENT = "content replaced"
    DOCUMENT = "document replaced"
    PROFILE = "texts of the color profile blanked"
    PIXELS = "pixels"


class Rule(NamedTuple):
    """A deed, why, and what is done with a value that does not deserve it."""

    deed: Deed
    reason: str
    vr: str
    otherwise: Deed = Deed.REMOVE


_OF_CHOICE: Final = {
    Choice.KEEP: Deed.KEEP,
    Choice.REMOVE: Deed.REMOVE,
    Choice.EMPTY: Deed.EMPTY,
    Choice.DUMMY: Deed.DUMMY,
    Choice.NEW_UID: Deed.UID,
    Choice.SHIFT: Deed.SHIFT,
    Choice.CLEAN: Deed.CLEAN,
}


def decide(profile: Profile, sop_class: str, parents: tuple[int, ...], tag: int, written: str) -> Rule:
    """The rule for a standard attribute inside these sequences, `written` being the VR that the file gives it."""
    vr = settled_vr(tag, written)
    if tag & 0xFFFF == 0:
        return Rule(Deed.REMOVE, "group length, retired", vr)
    if override := profile.override_of.get(tag):
        deed = Deed.RECURSE if vr == "SQ" and override.choice is not Choice.REMOVE else _OF_CHOICE[override.choice]
        return Rule(deed, f"override: {override.reason}", vr)
    if special := _special(tag, vr, parents):
        return special
    type_ = type_of(sop_class, parents, tag)
    away = _away(type_, vr)
    if row := deid_table.row_for(tag):
        return _by_row(profile, row, tag, vr, type_, away)
    known = dictionary_vr(tag)
    if not known:
        return Rule(Deed.REMOVE, "not in the dictionary", vr)
    if vr == "SQ" and known != "SQ":
        return Rule(Deed.REMOVE, "a sequence where the dictionary has none", vr)
    return _by_vr(profile, tag, vr, known, away)


def settled_vr(tag: int, written: str) -> str:
    """The VR to go by: as written, or the dictionary's where bytes are written without one."""
    known = dictionary_vr(tag)
    if known and (written == "UN" or (written.startswith("O") and known in TEXT_VRS | DATE_VRS | {"PN", "UI", "CS"})):
        return {"OB or OW": "OW", "US or SS": "US", "US or OW": "OW", "US or SS or OW": "OW"}.get(known, known)
    return written


@lru_cache(maxsize=65536)
def type_of(sop_class: str, parents: tuple[int, ...], tag: int) -> str:
    """1, 1C, 2, 2C or 3 in the object's IOD; "" when it says nothing of this attribute."""
    entry = iod_types.entry_for(sop_class, tag, parents)
    if entry is None and parents.count(_CONTENT) > 1:
        # The content tree repeats itself (PS3.3 C.17.3).
        entry = iod_types.entry_for(sop_class, tag, (_CONTENT, *[step for step in parents if step != _CONTENT]))
    return entry.type if entry else ""


def _special(tag: int, vr: str, parents: tuple[int, ...]) -> Rule | None:
    group = tag >> 16
    if tag in PIXELS:
        return Rule(Deed.REMOVE, "pixel data inside an item", vr) if parents else Rule(Deed.PIXELS, "pixel data", vr)
    if tag in _OFFSET_TABLES:
        return Rule(Deed.KEEP, "where frames begin", vr)
    if what := _RETIRED_PLANES.get(group & 0xFF00):
        return Rule(Deed.REMOVE, what, vr) if group != _PIXEL_GROUP else None
    if tag in allowed.NEVER:
        return Rule(Deed.REMOVE, "holds or proves what was there before", vr)
    if tag == _CHARSET:
        return Rule(Deed.KEEP_CHARSET, "character set", "CS", Deed.REMOVE)
    if tag == _ICC:
        return Rule(Deed.PROFILE, "texts of a color profile", vr)
    if tag == _DOCUMENT_LENGTH:
        return Rule(Deed.REMOVE, "length of a document that is replaced", vr)
    return None


def _away(type_: str, vr: str) -> Deed:
    if type_ in ("1", "1C"):
        return Deed.RECURSE if vr == "SQ" else Deed.DUMMY
    return Deed.EMPTY if type_ in ("2", "2C") else Deed.REMOVE


def letters(row: DeidRow, options: frozenset[str], vr: str) -> tuple[str, str]:
    """The action of a row under these options, and the option that it comes from.

    Where one option retains and another cleans, it is cleaned. Dates stay or are shifted by the options about dates
    alone, though the table would keep a device's dates under Retain Device Identity.
    """
    chosen = [
        (action, option)
        for option, action in row.options.items()
        if option in options and not (vr in DATE_VRS and option not in (FULL_DATES, MODIFIED_DATES))
    ]
    for wanted in ("C", "K"):
        for action, option in chosen:
            if action == wanted:
                return action, option
    if "clean_desc" in options and vr in TEXT_VRS and "C" in map(row.options.get, _OF_DESCRIPTION):
        # What may be kept clean for what it says of the patient or the device is a descriptor as well.
        return "C", "clean_desc"
    return row.basic, ""


def _by_row(  # noqa: PLR0917 - one call site
    profile: Profile, row: DeidRow, tag: int, vr: str, type_: str, away: Deed
) -> Rule:
    action, option = letters(row, profile.options, vr)
    reason = f"E.1-1 {action}{f' ({option})' if option else ''}"
    if tag in (_PATIENT_NAME, _PATIENT_ID) and action not in ("K", "C"):
        return Rule(Deed.SUBJECT, reason, "PN" if tag == _PATIENT_NAME else "LO")
    if tag == _DOCUMENT:
        return Rule(Deed.DOCUMENT, reason, "OB")
    match action:
        case "K":
            return Rule(_kept(vr), reason, vr, Deed.UID if vr == "UI" else away)
        case "C":
            return Rule(_clean(tag, vr, away), reason, vr, away)
        case "X/Z/U*":
            # References stay whole with new UIDs inside: the U of the three serves every type.
            return Rule(Deed.RECURSE, reason, vr) if vr == "SQ" else Rule(Deed.UID, reason, vr, away)
        case "U":
            return Rule(Deed.UID, reason, vr, away) if vr == "UI" else Rule(away, reason, vr)
    return Rule(_resolved(set(action.split("/")), tag, vr, type_), reason, vr)


def _resolved(wanted: set[str], tag: int, vr: str, type_: str) -> Deed:
    """X, Z, D and their combinations, by what the IOD demands (PS3.15 E.1.1)."""
    if vr == "SQ" and wanted == {"X"} and type_ != "1":
        return Deed.EMPTY if type_ in ("2", "2C") else Deed.REMOVE
    if type_ in ("1", "1C"):
        deed = Deed.DUMMY
    elif type_ in ("2", "2C"):
        deed = Deed.DUMMY if wanted == {"D"} else Deed.EMPTY
    elif "X" in wanted:
        deed = Deed.REMOVE
    else:
        deed = Deed.EMPTY if "Z" in wanted else Deed.DUMMY
    if deed is Deed.DUMMY and vr == "SQ":
        return Deed.CONTENT if tag == _CONTENT else Deed.RECURSE
    return deed


def _kept(vr: str) -> Deed:
    if vr == "SQ":
        return Deed.RECURSE
    if vr in DATE_VRS:
        return Deed.KEEP_DATE
    if vr == "CS":
        return Deed.KEEP_CODE
    if vr in ("IS", "DS"):
        return Deed.KEEP_NUMBER
    if vr == "UI":
        return Deed.KEEP_UID
    return Deed.KEEP_TEXT if vr in TEXT_VRS else Deed.KEEP


def _clean(tag: int, vr: str, away: Deed) -> Deed:
    if vr == "SQ":
        return Deed.RECURSE
    if vr in DATE_VRS:
        return Deed.SHIFT
    if tag == _ZONE:
        return Deed.KEEP_TEXT
    if vr in TEXT_VRS:
        return Deed.CLEAN
    if vr == "CS":
        return Deed.KEEP_CODE
    return Deed.UID if vr == "UI" else away


def _by_vr(profile: Profile, tag: int, vr: str, known: str, away: Deed) -> Rule:
    options = profile.options
    if vr == "SQ":
        return Rule(Deed.RECURSE, "a sequence that E.1-1 does not name", vr)
    if vr == "UI":
        if tag in allowed.CLASS_UIDS:
            return Rule(Deed.KEEP_CLASS, "UID of a kind", vr, Deed.UID)
        deed = Deed.KEEP_UID if "retain_uids" in options else Deed.UID
        return Rule(deed, "by VR: UI", vr, Deed.UID)
    if vr in DATE_VRS:
        if MODIFIED_DATES in options:
            return Rule(Deed.SHIFT, f"by VR: {vr} ({MODIFIED_DATES})", vr, away)
        if FULL_DATES in options:
            return Rule(Deed.KEEP_DATE, f"by VR: {vr} ({FULL_DATES})", vr, away)
        return Rule(away, f"by VR: {vr}", vr)
    if vr in TEXT_VRS or (vr == "CS" and known != "CS"):
        return _free_text(profile, tag, vr, known, away)
    if vr in _NUMERIC and not _NUMERIC.issuperset(known.split(" or ")):
        return Rule(away, f"{vr} where the dictionary has {known}", vr)
    if vr == "CS":
        return Rule(Deed.KEEP_CODE, "code string", vr, away)
    if vr in ("IS", "DS"):
        return Rule(Deed.KEEP_NUMBER, "number", vr, away)
    if vr in NUMBER_VRS | WORD_VRS or tag in allowed.BYTES:
        return Rule(Deed.KEEP_BYTES, "numbers", vr, away)
    return Rule(away, f"by VR: {vr}", vr)


def _free_text(profile: Profile, tag: int, vr: str, known: str, away: Deed) -> Rule:
    if known not in TEXT_VRS | {"CS"}:
        return Rule(away, f"text where the dictionary has {known}", vr)
    if tag in allowed.MEANINGS:
        return Rule(Deed.MEANING, "meaning of a code", vr, Deed.DUMMY)
    if tag in allowed.CODES:
        return Rule(Deed.KEEP_ALLOWED, "code", vr, Deed.DUMMY)
    if tag in allowed.FREE_TEXT:
        return Rule(Deed.KEEP_ALLOWED, "free text of the allow-list", vr, away)
    if "clean_desc" in profile.options:
        return Rule(Deed.CLEAN, "free text outside the allow-list (clean_desc)", vr, away)
    return Rule(Deed.KEEP_PLAIN, "free text outside the allow-list", vr, away)
