"""Long lists in pieces that a statement can carry."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

Item = TypeVar("Item")

MOST_AT_ONCE = 900


def batches(items: Sequence[Item], size: int = MOST_AT_ONCE) -> Iterator[Sequence[Item]]:
    """Cut a sequence into pieces of at most `size`."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
