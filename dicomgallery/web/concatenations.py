"""An object that is one part of several, and its way to the others (PS3.3 C.7.6.16.2.2.4)."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from dicomgallery.catalog.frames import Part
from dicomgallery.dicom.values import grouped
from dicomgallery.web.cards import image_page

_MOST_NAMED: Final = 12
_MOST_BESIDE: Final = 10
"""So many parts before this one, and as many after it, are led to."""


@dataclass
class Parts:
    """The parts of a concatenation that are here, one of them on the page."""

    here: Part
    parts: Sequence[Part]

    @classmethod
    def of(cls, instance_id: int, parts: Sequence[Part]) -> "Parts | None":
        """The parts around an instance; None when it is whole."""
        here = next((part for part in parts if part.instance_id == instance_id), None)
        return cls(here, parts) if here else None

    @cached_property
    def total(self) -> int:
        """How many parts there are, as far as the parts that are here tell."""
        # Two objects may say that they are the same part, as copies do.
        different = {part.number or f"without a number, {part.instance_id}" for part in self.parts}
        return max(len(different), *(max(part.total or 0, part.number or 0) for part in self.parts))

    @property
    def sentence(self) -> str:
        """Which part this is: "Part 2 of 3 of a concatenation; frames 41 to 80 of 120."."""
        number = f"Part {self.here.number or 'without a number'} of {self.total} of a concatenation"
        before = self._before
        if before is None:
            return f"{number}."
        all_frames = f" of {grouped(self._frames)}" if self._frames else ""
        if self.here.frames < 2:
            return f"{number}; frame {grouped(before + 1)}{all_frames}."
        return f"{number}; frames {grouped(before + 1)} to {grouped(before + self.here.frames)}{all_frames}."

    @cached_property
    def missing(self) -> str:
        """Which parts are not here, in words; empty when all are, or when that cannot be told."""
        numbers = {part.number for part in self.parts}
        if None in numbers:
            return ""
        left = self.total - len(numbers)
        named: list[str] = []
        for number in range(1, self.total + 1):
            if len(named) == min(left, _MOST_NAMED):
                break
            if number not in numbers:
                named.append(str(number))
        if not named:
            return ""
        more = f" and {grouped(left - len(named))} more" if left > len(named) else ""
        return f"{'Part' if left == 1 else 'Parts'} {', '.join(named)}{more} {'is' if left == 1 else 'are'} not here."

    @property
    def links(self) -> Sequence[dict[str, object]]:
        """The parts around this one that are here, itself among them."""
        place = self.parts.index(self.here)
        return [
            {
                "label": f"Part {part.number or '?'}",
                "href": image_page(part.instance_id),
                "current": part is self.here,
            }
            for part in self.parts[max(0, place - _MOST_BESIDE) : place + _MOST_BESIDE + 1]
        ]

    @property
    def not_linked(self) -> int:
        """How many parts that are here are not led to."""
        return len(self.parts) - len(self.links)

    @property
    def previous_id(self) -> tuple[int, int] | None:
        """The part right before this one, and its last frame."""
        part = self._numbered(-1)
        return (part.instance_id, part.frames) if part else None

    @property
    def next_id(self) -> int | None:
        """The part right after this one."""
        part = self._numbered(1)
        return part.instance_id if part else None

    def _numbered(self, by: int) -> Part | None:
        if self.here.number is None:
            return None
        return next((part for part in self.parts if part.number == self.here.number + by), None)

    @property
    def _before(self) -> int | None:
        """How many frames come before this part."""
        if self.here.frame_offset is not None:
            return self.here.frame_offset
        earlier = [part for part in self.parts if part.number and part.number < (self.here.number or 0)]
        complete = self.here.number is not None and len(earlier) == self.here.number - 1
        return sum(part.frames for part in earlier) if complete else None

    @property
    def _frames(self) -> int | None:
        """How many frames all parts have; None when a part that would tell is not here."""
        if not self.missing and None not in {part.number for part in self.parts}:
            return sum(part.frames for part in self.parts)
        last = next((part for part in self.parts if part.number == part.total), None)
        return last.frame_offset + last.frames if last and last.total and last.frame_offset is not None else None
