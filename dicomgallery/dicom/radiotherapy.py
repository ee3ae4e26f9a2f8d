"""What plans and treatment records are read with alike: bounded sequences, and the objects they refer to."""

from collections.abc import Iterable, Sequence
from typing import Final

from pydicom.dataset import Dataset

from dicomgallery.dicom import elements
from dicomgallery.dicom.values import clean

MOST: Final = 200
"""Items of a sequence that are told; how many more there are is said."""


class Reading:
    """Takes no more of a sequence than a page bears, and notes what it leaves."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self.left_out: list[str] = []

    def of(self, words: str, tag: int) -> Sequence[Dataset]:
        """The first items of a sequence; `words` say what they are."""
        found = elements.items(self.dataset, tag)
        if len(found) > MOST:
            self.left_out.append(f"Of {len(found)} {words} the first {MOST} are shown.")
        return found[:MOST]


def referenced(dataset: Dataset, tag: int) -> tuple[str, ...]:
    """The SOP Instance UIDs that a sequence names, each once."""
    return distinct(clean(elements.first(one, 0x00081155)) for one in elements.items(dataset, tag)[:MOST])


def distinct(texts: Iterable[str]) -> tuple[str, ...]:
    """These texts in order, each once, without empty ones."""
    return tuple(dict.fromkeys(text for text in texts if text))
