"""The grammar of elements: value representations and the dictionary's view of each tag (PS3.5 6.2 and 7.1.2)."""

from functools import lru_cache
from typing import Final

from pydicom._dicom_dict import DicomDictionary, RepeatersDictionary
from pydicom.valuerep import EXPLICIT_VR_LENGTH_32, STANDARD_VR

EXPLICIT_VRS: Final = frozenset(str(vr.value).encode("ascii") for vr in STANDARD_VR)
"""All 34 value representations as they stand in an explicit VR file."""

LONG_VRS: Final = frozenset(str(vr.value).encode("ascii") for vr in EXPLICIT_VR_LENGTH_32 if len(vr.value) == 2)
"""Those with two reserved bytes and a length of 32 bits (PS3.5 table 7.1-1)."""

VR_OF_TAG: Final[dict[int, str]] = {tag: entry[0] for tag, entry in DicomDictionary.items()}
"""The dictionary's VR of each standard tag, "US or SS" and the like among them."""

_ENTRIES: Final[dict[int, tuple[str, str, str, str, str]]] = dict(DicomDictionary)


@lru_cache(maxsize=4096)
def _repeater(tag: int) -> tuple[str, str, str, str, str] | None:
    """Find the entry of a repeating group such as 60xx (PS3.5 7.6)."""
    written = f"{tag:08X}"
    for mask, entry in RepeatersDictionary.items():
        if all(wanted in ("x", have) for wanted, have in zip(mask, written, strict=True)):
            return entry
    return None


def entry_of(tag: int) -> tuple[str, str, str, str, str] | None:
    """Return the dictionary's VR, VM, name, retired mark and keyword of a standard tag."""
    return _ENTRIES.get(tag) or (_repeater(tag) if not tag >> 16 & 1 else None)


def keyword_of(tag: int) -> str:
    """Return a standard tag's keyword, "" for any other."""
    entry = entry_of(tag)
    return entry[4] if entry else ""


def dictionary_vr(tag: int) -> str:
    """Return a standard tag's VR, "" for any other."""
    entry = entry_of(tag)
    return entry[0] if entry else ""


def name_of_tag(tag: int) -> str:
    """Return a standard tag's name, "" for any other."""
    entry = entry_of(tag)
    return entry[2] if entry else ""
