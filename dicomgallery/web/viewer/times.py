"""The time points, phases or echoes of a series, to step through."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

FEW: Final = 6
"""Of no more a list to choose from is enough."""


@dataclass(frozen=True, slots=True)
class Times:
    """Which of the time points is shown."""

    labels: Sequence[str]
    number: int
    """From 1."""
    at: Callable[[int], str]
    """The address of the page at another one."""

    def __bool__(self) -> bool:
        """Say whether there is anything to choose."""
        return bool(self.labels)

    @property
    def are_many(self) -> bool:
        """Say whether they are better stepped through."""
        return len(self.labels) > FEW

    @property
    def label(self) -> str:
        """What the one shown is called."""
        return self.labels[self.number - 1]

    @property
    def previous(self) -> str:
        """The address of the one before; empty at the first."""
        return self.at(self.number - 1) if self.number > 1 else ""

    @property
    def next(self) -> str:
        """The address of the one after; empty at the last."""
        return self.at(self.number + 1) if self.number < len(self.labels) else ""
