"""What differs between two headers in the DICOM JSON model, element by element, at any depth."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from itertools import islice, zip_longest
from typing import Any, Final

import orjson

from dicomgallery.dicom.told import Model, Told, creator_in, name_in, size_and_digest, told, values_of

MOST: Final = 20_000
"""No more are told."""
_DEEPEST: Final = 32
_MOST_MATCHED: Final = 400
"""Items of longer sequences are compared by their numbers: to match them would take the square of it."""


class Change(StrEnum):
    """What became of an element."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class Difference:
    """One element in two headers."""

    path: str
    """From the top, as in `AttributeRow`: 00081140[0].00081150; items are counted as in the second, else the first."""
    tag: int
    name: str
    creator: str
    """Of a private element."""
    within: tuple[str, ...]
    """The items around it in words, outermost first: "Referenced Image Sequence, item 1"."""
    change: Change
    before: Told | None
    after: Told | None

    @property
    def vr_changed(self) -> bool:
        """Say whether both have it, by another value representation."""
        return self.before is not None and self.after is not None and self.before.vr != self.after.vr


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a pair of levels stands."""

    path: str = ""
    within: tuple[str, ...] = ()
    depth: int = 0

    def inside(self, tag: int, name: str, number: int) -> "_Place":
        path = f"{self.path}{tag:08X}[{number}]."
        return _Place(path, (*self.within, f"{name}, item {number + 1}"), self.depth + 1)


def differences(before: Model, after: Model, *, most: int = MOST) -> list[Difference]:
    """The elements that differ, in the order of their tags, those of items below their sequence; `most` at most.

    Bytes of which a model has only the address are taken for the same; `told.summed` makes models without such.
    """
    return list(islice(_walk(before, after, _Place(), everything=False), most))


def side_by_side(before: Model, after: Model, *, most: int = MOST) -> list[Difference]:
    """All elements of both in the same order, those that are the same among them; `most` at most."""
    return list(islice(_walk(before, after, _Place(), everything=True), most))


def _walk(before: Model, after: Model, place: _Place, *, everything: bool) -> Iterator[Difference]:
    for key in sorted({*before, *after}):
        old, new = before.get(key), after.get(key)
        if old == new and not everything:
            continue
        try:
            tag = int(key, 16)
        except ValueError:
            continue
        level = after if new is not None else before
        name = name_in(level, tag)
        change = _change(old, new)
        if change is not Change.SAME or everything:
            yield Difference(
                f"{place.path}{tag:08X}", tag, name, creator_in(level, tag), place.within, change,
                None if old is None else told(tag, old), None if new is None else told(tag, new),
            )  # fmt: skip
        if place.depth < _DEEPEST:
            for number, one, other in _pairs(_items(old), _items(new)):
                yield from _walk(one, other, place.inside(tag, name, number), everything=everything)


def _change(old: Model | None, new: Model | None) -> Change:
    if old is None:
        return Change.ADDED
    if new is None:
        return Change.REMOVED
    return Change.SAME if _same(old, new) else Change.CHANGED


def _same(old: Model, new: Model) -> bool:
    """Say whether two elements say the same; of sequences, whether they have as many items."""
    if old == new:
        return True
    if old.get("vr") != new.get("vr"):
        return False
    ours, theirs = values_of(old), values_of(new)
    if old.get("vr") == "SQ":
        return len(ours) == len(theirs)
    sizes = size_and_digest(old), size_and_digest(new)
    if any(sizes):
        return sizes[0] == sizes[1]
    return len(ours) == len(theirs) and all(map(_same_value, ours, theirs))


def _same_value(one: Any, other: Any) -> bool:
    if one == other:
        return True
    if isinstance(one, str) == isinstance(other, str) or isinstance(one, dict) or isinstance(other, dict):
        return False
    # A number on one side and its text on the other: a model may have either (PS3.18 F.2.3).
    try:
        return float(one) == float(other)
    except (TypeError, ValueError):
        return False


def _items(element: Model | None) -> Sequence[Model]:
    if element is None or element.get("vr") != "SQ":
        return ()
    return [item if isinstance(item, dict) else {} for item in values_of(element)]


def _pairs(old: Sequence[Model], new: Sequence[Model]) -> Iterator[tuple[int, Model, Model]]:
    """Items that belong together, each with its number; an item that came or went beside an empty one.

    Where their numbers differ, the same items are found first: one put in before others changes none of them.
    """
    if len(old) == len(new) or not old or not new or max(len(old), len(new)) > _MOST_MATCHED:
        yield from _numbered(0, old, 0, new)
        return
    found = SequenceMatcher(None, _written(old), _written(new), autojunk=False)
    for _, begin, end, from_, to in found.get_opcodes():
        yield from _numbered(begin, old[begin:end], from_, new[from_:to])


def _numbered(begin: int, old: Sequence[Model], from_: int, new: Sequence[Model]) -> Iterator[tuple[int, Model, Model]]:
    for number, (one, other) in enumerate(zip_longest(old, new)):
        yield (begin if other is None else from_) + number, one or {}, other or {}


def _written(items: Sequence[Model]) -> list[bytes]:
    return [orjson.dumps(item, option=orjson.OPT_SORT_KEYS) for item in items]
