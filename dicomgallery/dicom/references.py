"""The objects that an object refers to, by SOP Instance UID, wherever in it they are named (PS3.3 10.3, 10.8)."""

from collections.abc import Iterable, Iterator
from typing import Final

from pydicom.dataset import Dataset

from dicomgallery.dicom import elements
from dicomgallery.dicom.values import clean

MOST_REFERENCES: Final = 20_000
"""Of one object; further ones are not kept."""
REFERRING_KINDS: Final = frozenset({"presentation", "segmentation", "structure", "report", "plan", "treatment"})
"""Those whose point is what they say of others."""

_REFERENCED: Final = 0x00081155
_ABOVE: Final = frozenset({0x00081110, 0x00081111, 0x00081120})
"""Sequences that name the study, the procedure step and the patient, which are no objects one can open."""
_DEEPEST: Final = 40
_LONGEST_UID: Final = 64


def referred_to(dataset: Dataset) -> frozenset[str]:
    """The UIDs of other objects that a dataset names, at most 20 000; nothing is raised."""
    own = clean(elements.first(dataset, 0x00080018))
    found: set[str] = set()
    for uid in _uids(dataset, 0):
        if uid != own:
            found.add(uid)
        if len(found) == MOST_REFERENCES:
            break
    return frozenset(found)


def _uids(dataset: Dataset, depth: int) -> Iterator[str]:
    uid = clean(elements.first(dataset, _REFERENCED))
    if uid and len(uid) <= _LONGEST_UID:
        yield uid
    if depth == _DEEPEST:
        return
    for tag in list(dataset.keys()):
        if tag not in _ABOVE:
            for item in elements.items(dataset, tag):
                yield from _uids(item, depth + 1)


def uids_in(holders: Iterable[Dataset], tag: int) -> tuple[str, ...]:
    """The different UIDs that an element has in each of these, at most 20 000 and in order."""
    found: dict[str, None] = {}
    for holder in holders:
        if len(found) >= MOST_REFERENCES:
            break
        if uid := clean(elements.first(holder, tag)):
            found[uid] = None
    return tuple(found)
