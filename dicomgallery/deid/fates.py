"""What becomes of an element when identity is removed, as far as a search for what is left must know it."""

from collections.abc import Callable, Collection
from enum import Enum
from functools import lru_cache
from typing import Final, TypeAlias

from pydicom.datadict import keyword_for_tag

from dicomgallery.dicom.deid_table import row_for
from dicomgallery.dicom.structure import dictionary_vr


class Fate(Enum):
    """Whether an element's value may be in the result."""

    PLAIN = "plain"
    """It says nothing of anybody."""
    RETAINED = "retained"
    """It identifies, and an option keeps it."""
    CLEANED = "cleaned"
    """What identifies goes out of it, the rest stays."""
    GONE = "gone"
    """It identifies and must not be found again."""


Path: TypeAlias = tuple[int, ...]
"""Tags, and between them the numbers of items, counted from 0."""
Judge: TypeAlias = Callable[[Path, str], Fate]
"""What becomes of the element at a path, which has this VR."""

_DATES: Final = frozenset({"DA", "DT", "TM"})
_ALSO: Final = frozenset({0x00020016, 0x00020017, 0x00020018, 0x00020100, 0x00020102, 0xFFFCFFFC})
"""Application entities and private information of the meta information, and padding that may hold anything."""
_OVERLAYS: Final = 0x60
_NOT_OF_A_PERSON: Final = (
    "ClassUID",
    "ClassesInStudy",
    "SyntaxUID",
    "CodingSchemeUID",
    "ContextUID",
    "ResourceUID",
    "CapabilitiesUID",
)
"""UIDs that name kinds and not objects."""


def by_table(options: Collection[str] = ()) -> Judge:
    """Judge by PS3.15 Table E.1-1 under these of its options, and by VR what the table does not name."""
    chosen = frozenset(options)

    def judge(path: Path, vr: str) -> Fate:
        fate = _judged(path[-1], vr, chosen)
        if fate is Fate.PLAIN and any(_goes_whole(tag, chosen) for tag in path[:-1:2]):
            return Fate.GONE
        return fate

    return judge


def _goes_whole(tag: int, options: frozenset[str]) -> bool:
    """Whether a sequence goes with all that is in it."""
    row = row_for(tag)
    return row is not None and row.basic == "X" and not any(option in row.options for option in options)


@lru_cache(maxsize=8192)
def _judged(tag: int, vr: str, options: frozenset[str]) -> Fate:
    row = row_for(tag)
    if row is None:
        return _by_vr(tag, vr, options)
    said = {row.options[option] for option in options if option in row.options}
    if "K" in said:
        return Fate.RETAINED
    return Fate.CLEANED if "C" in said and vr not in _DATES else Fate.GONE


def _by_vr(tag: int, vr: str, options: frozenset[str]) -> Fate:
    if vr in {"PN", "UR"} or tag in _ALSO or (vr == "UN" and not dictionary_vr(tag)):
        return Fate.GONE
    if tag >> 24 == _OVERLAYS and vr == "LO":
        return Fate.GONE
    if vr in _DATES:
        return Fate.RETAINED if "retain_long_full_dates" in options else Fate.GONE
    if vr == "UI" and not keyword_for_tag(tag).endswith(_NOT_OF_A_PERSON) and tag >> 16 != 0x0002:
        return Fate.RETAINED if "retain_uids" in options else Fate.GONE
    return Fate.PLAIN
