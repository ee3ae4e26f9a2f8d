"""A number of things found, or the cap where counting stopped."""

from dataclasses import dataclass
from typing import Final, Self

CAP: Final = 10_000
"""Counting under a filter stops here."""


@dataclass(frozen=True, slots=True)
class Count:
    """How many there are; at least so many where capped, at most so many where an upper bound."""

    number: int
    capped: bool = False
    upper_bound: bool = False
    """The word index found series; their images were not looked at one by one."""

    @classmethod
    def up_to_cap(cls, number: int, *, capped: bool = False) -> Self:
        """From what a SELECT counted that was limited to one more than the cap."""
        return cls(min(number, CAP), capped or number > CAP)

    def __str__(self) -> str:
        """As a page says it: 1 234, or 10 000+."""
        return f"{self.number:,}".replace(",", "\N{NARROW NO-BREAK SPACE}") + ("+" if self.capped else "")
