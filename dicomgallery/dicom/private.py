"""Private elements: who made them, and what is known of them (PS3.5 7.8)."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from pydicom.datadict import private_dictionary_description, private_dictionary_VR
from pydicom.dataset import Dataset

from dicomgallery.dicom import elements
from dicomgallery.dicom.iod_types import DATA
from dicomgallery.dicom.values import clean


@dataclass(frozen=True, slots=True)
class PrivateEntry:
    """What the private dictionary says of an element."""

    vr: str
    name: str


def is_private(tag: int) -> bool:
    """Say whether a tag lies in an odd group, which makes it private."""
    return bool(tag >> 16 & 1)


def is_creator(tag: int) -> bool:
    """Say whether a tag reserves a block of private elements (PS3.5 7.8.1)."""
    return is_private(tag) and 0x10 <= tag & 0xFFFF <= 0xFF


def creator_of(dataset: Dataset, tag: int) -> str:
    """Return who reserved the block that a private element lies in; "" when nobody did."""
    block = tag >> 8 & 0xFF
    if not is_private(tag) or block < 0x10:
        return ""
    return clean(elements.first(dataset, tag & 0xFFFF0000 | block))


@lru_cache(maxsize=8192)
def lookup(tag: int, creator: str) -> PrivateEntry | None:
    """Find an element in the private dictionary; None for an unknown one."""
    if not creator:
        return None
    try:
        return PrivateEntry(private_dictionary_VR(tag, creator), private_dictionary_description(tag, creator))
    except KeyError:
        return None


@lru_cache(maxsize=1)
def safe_vrs() -> Mapping[tuple[int, int, str], str]:
    """The VR of each element of PS3.15 Table E.3.10-1 by its group, the end of its number and its creator."""
    with (DATA / "safe_private.csv").open(encoding="utf-8", newline="") as file:
        return {
            (int(row["tag"][1:5], 16), int(row["tag"][8:10], 16), row["private_creator"]): row["vr"]
            for row in csv.DictReader(file)
        }


def is_safe(tag: int, creator: str) -> bool:
    """Say whether PS3.15 Table E.3.10-1 calls a private element safe: known to hold no identity."""
    return (tag >> 16, tag & 0xFF, creator) in safe_vrs()
