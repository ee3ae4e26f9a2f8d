"""How the elements of many headers spread: what all say alike and what varies, from the DICOM JSON model."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from dicomgallery.dicom.differences import Change, side_by_side
from dicomgallery.dicom.told import Model, Told, creator_in, name_in, told
from dicomgallery.dicom.values import counted

MOST_VALUES: Final = 1000
"""So many values of an element are told apart; more are only counted."""
MOST_BELOW: Final = 2000
"""So many elements below one of the top level are looked at."""
NUMBERS: Final = frozenset({"DS", "IS", "FL", "FD", "US", "SS", "UL", "SL", "UV", "SV"})


@dataclass(frozen=True, slots=True)
class Spread:
    """What an element says in many headers."""

    path: str
    tag: int
    name: str
    creator: str
    within: tuple[str, ...]
    total: int
    """How many headers there are."""
    counts: Mapping[Told | None, int]
    """How many say what; None stands for those that have no such element."""
    uncounted: int = 0
    """How many say something that is not among these any more."""

    @property
    def varies(self) -> bool:
        """Say whether not all headers are alike in it."""
        return len(self.counts) + bool(self.uncounted) > 1

    @property
    def only(self) -> Told | None:
        """What all say; None where it varies, or none has it."""
        return None if self.varies else next(iter(self.counts))

    @property
    def present(self) -> int:
        """How many have it."""
        return self.total - self.counts.get(None, 0)

    @property
    def is_number(self) -> bool:
        """Say whether whoever has a value for it has one number."""
        said = [one for one in self.counts if one is not None and one.raw]
        return bool(said) and all(one.vr in NUMBERS and _number(one) is not None for one in said)

    @property
    def words(self) -> str:
        """What is said of it, in a line: the value, or how many there are and between which they lie."""
        if not self.varies:
            return self.only.words if self.only else ""
        said = [one for one in self.counts if one is not None]
        shown = said[0].words if len(said) == 1 and not self.uncounted else self._range(said)
        return shown if self.present == self.total else f"{shown} (in {self.present} of {self.total})"

    def _range(self, said: list[Told]) -> str:
        many = counted(len(said), "value") if not self.uncounted else f"over {counted(len(said), 'value')}"
        numbers = sorted(number for one in said if (number := _number(one)) is not None)
        if not self.is_number or self.uncounted:
            return many
        return f"{many}, {numbers[0]:.10g} to {numbers[-1]:.10g}"


@dataclass(frozen=True, slots=True)
class _Where:
    """Which element a path leads to."""

    tag: int
    name: str
    creator: str
    within: tuple[str, ...] = ()


class Spreads:
    """Headers taken in one by one; only what differs from the first is looked at closely, so it is quick.

    Items of sequences are compared by their numbers.
    """

    def __init__(self) -> None:
        self.total = 0
        self._first: Model = {}
        self._firsts: dict[str, dict[str, Told]] = {}
        self._where: dict[str, _Where] = {}
        self._others: dict[str, Counter[Told | None]] = {}
        self._uncounted: Counter[str] = Counter()

    def add(self, header: Model) -> None:
        """Take a header in."""
        self.total += 1
        if self.total == 1:
            self._first = header
            return
        for key in self._first.keys() | header.keys():
            if self._first.get(key) != header.get(key):
                if key not in self._firsts:
                    self._firsts[key] = self._flat(self._first, key)
                old, new = self._firsts[key], self._flat(header, key)
                for path in old.keys() | new.keys():
                    if old.get(path) != new.get(path):
                        self._note(path, new.get(path))

    def varying(self) -> list[Spread]:
        """The elements in which the headers are not alike, in the order of their tags."""
        return [self._spread(path, self._firsts[path[:8]].get(path)) for path in sorted(self._others)]

    def every(self) -> Iterator[Spread]:
        """Every element of them, in no order."""
        for key in self._first:
            for path, one in self._flat(self._first, key).items():
                if path not in self._others:
                    yield self._spread(path, one)
        yield from self.varying()

    def _flat(self, header: Model, key: str) -> dict[str, Told]:
        """An element of the top level and all below it, by their paths."""
        element = header.get(key)
        if element is None:
            return {}
        if element.get("vr") != "SQ":
            tag = int(key, 16)
            if key not in self._where:
                self._where[key] = _Where(tag, name_in(header, tag), creator_in(header, tag))
            return {key: told(tag, element)}
        found = {}
        for one in side_by_side({}, _alone(header, key), most=MOST_BELOW):
            if one.after is not None and one.path[:8] == key:
                self._where.setdefault(one.path, _Where(one.tag, one.name, one.creator, one.within))
                found[one.path] = one.after
        return found

    def _note(self, path: str, said: Told | None) -> None:
        counts = self._others.setdefault(path, Counter())
        if said in counts or len(counts) < MOST_VALUES:
            counts[said] += 1
        else:
            self._uncounted[path] += 1

    def _spread(self, path: str, first: Told | None) -> Spread:
        others, uncounted = self._others.get(path, Counter()), self._uncounted[path]
        counts: dict[Told | None, int] = {}
        if (like_first := self.total - sum(others.values()) - uncounted) > 0:
            counts[first] = like_first
        where = self._where[path]
        return Spread(
            path, where.tag, where.name, where.creator, where.within, self.total, {**counts, **others}, uncounted
        )


@dataclass(frozen=True, slots=True)
class Apart:
    """An element in two series."""

    change: Change
    before: Spread | None
    after: Spread | None

    @property
    def either(self) -> Spread:
        """That of the second, else of the first: it says which element it is."""
        found = self.after or self.before
        if found is None:
            raise ValueError("One of the two has it.")
        return found

    @property
    def varies(self) -> bool:
        """Say whether it varies within either of them."""
        return any(one is not None and one.varies for one in (self.before, self.after))


def apart(before: Spreads, after: Spreads) -> list[Apart]:
    """Each element of two series, in the order of tags; the same is what is said in both, however often."""
    ours, theirs = ({one.path: one for one in spreads.every()} for spreads in (before, after))
    return [_apart(ours.get(path), theirs.get(path)) for path in sorted({*ours, *theirs})]


def _apart(before: Spread | None, after: Spread | None) -> Apart:
    if before is None or after is None:
        return Apart(Change.ADDED if before is None else Change.REMOVED, before, after)
    is_same = before.counts.keys() == after.counts.keys() and not (before.uncounted or after.uncounted)
    return Apart(Change.SAME if is_same else Change.CHANGED, before, after)


def _alone(header: Model, key: str) -> Model:
    """One element of a header with what names its creator, if it is private."""
    found = {key: header[key]} if key in header else {}
    if key[3:4] in "13579BDF" and key[4:6] != "00":
        creator = f"{key[:4]}00{key[4:6]}"
        if creator in header:
            found[creator] = header[creator]
    return found


def _number(one: Told) -> float | None:
    try:
        number = float(one.raw)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
