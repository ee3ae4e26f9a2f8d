"""Functional groups of the frame that is drawn: its own before those that all frames share (PS3.3 C.7.6.16.1)."""

from pydicom.dataset import Dataset

from dicomgallery.imaging.header import items


def own(dataset: Dataset, keyword: str) -> tuple[Dataset, ...]:
    """The item of a group that is this frame's own; of the frames, a header here holds only the one that is drawn."""
    return _in(dataset, "PerFrameFunctionalGroupsSequence", keyword)


def of_frame(dataset: Dataset, keyword: str) -> tuple[Dataset, ...]:
    """The item of a group that is this frame's own, then the one that all share."""
    return (*own(dataset, keyword), *_in(dataset, "SharedFunctionalGroupsSequence", keyword))


def holders(dataset: Dataset, keyword: str) -> tuple[Dataset, ...]:
    """Where an attribute may stand that is a group's: with the frame, else in the object itself, else shared."""
    mine = own(dataset, keyword)
    return (*mine, dataset, *_in(dataset, "SharedFunctionalGroupsSequence", keyword))


def _in(dataset: Dataset, sequence: str, keyword: str) -> tuple[Dataset, ...]:
    return tuple(item for group in items(dataset, sequence)[:1] for item in items(group, keyword)[:1])
