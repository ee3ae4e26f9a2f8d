"""Attribute matching (PS3.4 C.2.2.2): whether the values of an element, in the DICOM JSON model, match a key.

Person names are compared without case and accents, and wild cards in them stand for any part of any of their groups
(C.2.2.2.1.1 and C.2.2.2.4 leave both to us). A time or date less precise than another matches what it holds.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeAlias

from dicomgallery.dicom.spans import EARLIEST, LATEST, Span, in_range, range_of, span_of
from dicomgallery.dicom.values import NAME_GROUPS, clean, fold

TEXT_VRS: Final = frozenset({"AE", "AS", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT", "UN", ""})
NUMBER_VRS: Final = frozenset({"DS", "FD", "FL", "IS", "SL", "SS", "SV", "UL", "US", "UV"})
MOMENT_VRS: Final = frozenset({"DA", "DT", "TM"})
ONE_TEXT_VRS: Final = frozenset({"LT", "ST", "UT", "UR"})
EMPTY_KEY: Final = '""'
MOST_UIDS: Final = 1000
MOST_VALUES: Final = 100
MOST_WILD: Final = 10
LONGEST: Final = 1000
BACKWARDS: Final = "the range ends before it begins."

Values = Sequence[Any]


class Matcher(Protocol):
    """What one key asks of an element's values."""

    def matches(self, values: Values) -> bool:
        """Say whether the values match."""
        ...


@dataclass(frozen=True, slots=True)
class Universal:
    """Everything matches, also what is absent (C.2.2.2.3)."""

    def matches(self, values: Values) -> bool:
        """Yes."""
        return True


@dataclass(frozen=True, slots=True)
class Empty:
    """Only what has no value matches (C.2.2.2.7)."""

    def matches(self, values: Values) -> bool:
        """Say whether there is none."""
        return not any(value not in (None, "", {}) for value in values)


@dataclass(frozen=True, slots=True)
class Texts:
    """Any of these texts, with the wild cards `*` and `?` where `wild` (C.2.2.2.1, .2, .4 and .8)."""

    patterns: tuple[str, ...]
    wild: bool = False

    def matches(self, values: Values) -> bool:
        """Say whether any value is any of the texts."""
        found = [text for value in values if value is not None for text in _texts_of(value)]
        if not self.wild:
            return any(text in self.patterns for text in found)
        return any(glob(pattern, text) for pattern in self.patterns for text in found)


@dataclass(frozen=True, slots=True)
class Numbers:
    """Any of these numbers, however they are written."""

    numbers: frozenset[float]

    def matches(self, values: Values) -> bool:
        """Say whether any value is one of the numbers."""
        return any(_number(value) in self.numbers for value in values)


@dataclass(frozen=True, slots=True)
class Names:
    """Any of these person names, folded, with wild cards; of several groups each that is given must match."""

    patterns: tuple[tuple[str, ...], ...]

    def matches(self, values: Values) -> bool:
        """Say whether any value is any of the names."""
        return any(self._is(pattern, _groups(value)) for pattern in self.patterns for value in values if value)

    @staticmethod
    def _is(pattern: tuple[str, ...], groups: tuple[str, str, str]) -> bool:
        if len(pattern) > 1:
            return all(glob(part, group) for part, group in zip(pattern, groups, strict=False) if part)
        return any(glob(pattern[0], group) for group in (*groups, " ".join(groups)) if group)


@dataclass(frozen=True, slots=True)
class FuzzyNames:
    """Names of which each of these words begins some part, in any order (fuzzy semantic matching, C.2.2.2.1.1)."""

    words: tuple[str, ...]

    def matches(self, values: Values) -> bool:
        """Say whether any value has all the words."""
        return any(self._has_all(" ".join(_groups(value)).split()) for value in values if value)

    def _has_all(self, parts: Sequence[str]) -> bool:
        return all(any(glob(f"{word}*", part) for part in parts) for word in self.words)


@dataclass(frozen=True, slots=True)
class Moments:
    """Dates, times or moments within a range, both its ends included (C.2.2.2.5)."""

    vr: str
    ranges: tuple[Span, ...]

    def matches(self, values: Values) -> bool:
        """Say whether any value lies within it."""
        spans = (span_of(self.vr, value) for value in values if isinstance(value, str))
        return any(in_range(span, asked) for span in spans if span for asked in self.ranges)


Tree: TypeAlias = "Mapping[int, Matcher | Tree]"
"""Keys by their tags; those inside a sequence must all match in the same item (C.2.2.2.6)."""


def reads(vr: str, text: str, *, fuzzy: bool = False) -> Matcher | str:
    """What a key's text asks for, or a sentence that says why it asks for nothing; the text itself is not in it."""
    text = text.replace("\0", "").strip()
    if not text or (text == "*" and vr in TEXT_VRS):
        return Universal()
    if text == EMPTY_KEY:
        return Empty()
    if vr != "UI" and vr not in ONE_TEXT_VRS and text.count("\\") + text.count(",") >= MOST_VALUES:
        return f"at most {MOST_VALUES} values can be asked for at once."
    if vr in MOMENT_VRS:
        return _moments(vr, text)
    if vr == "UI":
        return _uids(text)
    if vr in NUMBER_VRS:
        return _numbers(text)
    if vr == "AT":
        return Texts(tuple(part.strip().upper() for part in text.split("\\")))
    if vr in TEXT_VRS:
        return _texts(vr, text, fuzzy=fuzzy)
    if vr == "SQ":
        return "a sequence is matched by the attributes in it, as Sequence.Attribute=value."
    return "binary values cannot be matched."


def matches(model: Mapping[str, Any], tree: Tree) -> bool:
    """Say whether a DICOM JSON model has all that the keys ask for."""
    for tag, asked in tree.items():
        values = model.get(f"{tag:08X}", {}).get("Value", ())
        if isinstance(asked, Mapping):
            # C.2.2.2.6: a sequence of universal keys matches also where it is absent.
            if not any(matches(item or {}, asked) for item in values) and not (not values and matches({}, asked)):
                return False
        elif not asked.matches(values):
            return False
    return True


def glob(pattern: str, text: str) -> bool:
    """Say whether a text is what a pattern of `*` and `?` describes; never slow, whatever the pattern."""
    at = here = mark = 0
    star = -1
    while here < len(text):
        if at < len(pattern) and pattern[at] == "*":
            star, mark = at, here
            at += 1
        elif at < len(pattern) and pattern[at] in ("?", text[here]):
            at, here = at + 1, here + 1
        elif star >= 0:
            mark += 1
            at, here = star + 1, mark
        else:
            return False
    return not pattern[at:].strip("*")


def crosses_midnight(matcher: Matcher) -> bool:
    """Say whether it asks for times from one day into the next, which only a range of dates beside it allows."""
    return isinstance(matcher, Moments) and any(one.first > one.last for one in matcher.ranges)


def is_wild(text: str) -> bool:
    """Say whether a text has wild cards."""
    return "*" in text or "?" in text


def _moments(vr: str, text: str) -> Matcher | str:
    ranges = [range_of(vr, part.strip()) for part in text.split("\\")]
    known = tuple(one for one in ranges if one is not None)
    if len(known) < len(ranges):
        return {
            "DA": "a date is written YYYYMMDD, a range of dates YYYYMMDD-YYYYMMDD, and either end may be left open.",
            "TM": "a time is written HHMMSS, a range of times HHMM-HHMM, and either end may be left open.",
            "DT": "a moment is written YYYYMMDDHHMMSS, a range with a hyphen between, and either end may be left open.",
        }[vr]
    if vr != "TM" and any(one.first > one.last for one in known):
        return BACKWARDS
    if any((one.first, one.last) == (EARLIEST, LATEST) for one in known):
        return Universal()
    return Moments(vr, known)


def _uids(text: str) -> Matcher | str:
    uids = tuple(dict.fromkeys(part.strip() for part in text.replace("\\", ",").split(",") if part.strip()))
    if len(uids) > MOST_UIDS:
        return f"at most {MOST_UIDS} UIDs can be asked for at once."
    if any(len(uid) > 64 or uid.strip("0123456789.") for uid in uids):
        return "a UID is made of digits and dots, at most 64 of them."
    return Texts(uids)


def _numbers(text: str) -> Matcher | str:
    numbers = [_number(part) for part in text.split("\\")]
    if None in numbers:
        return "its value is a number."
    return Numbers(frozenset(number for number in numbers if number is not None))


def _texts(vr: str, text: str, *, fuzzy: bool) -> Matcher | str:
    if len(text) > LONGEST:
        return f"at most {LONGEST} letters can be asked for."
    if text.count("*") + text.count("?") > MOST_WILD:
        return f"at most {MOST_WILD} wild cards can be asked for."
    parts = [text] if vr in ONE_TEXT_VRS else text.replace(",", "\\").split("\\") if vr == "CS" else text.split("\\")
    parts = [part.strip() for part in parts if part.strip()]
    if vr != "PN":
        texts = tuple(clean(part) for part in parts)
        return Texts(texts, wild=any(map(is_wild, texts))) if texts else Universal()
    if fuzzy:
        words = tuple(fold(text.replace("\\", " ").replace(",", " ")).split())
        return FuzzyNames(words) if words else Universal()
    return Names(tuple(tuple(fold(group) for group in part.split("=")[:3]) for part in parts))


def _groups(value: object) -> tuple[str, str, str]:
    if not isinstance(value, Mapping):
        return fold(str(value)), "", ""
    alphabetic, ideographic, phonetic = (fold(str(value.get(group, ""))) for group in NAME_GROUPS)
    return alphabetic, ideographic, phonetic


def _texts_of(value: object) -> Iterable[str]:
    if isinstance(value, Mapping):
        return [str(group) for group in value.values()]
    if isinstance(value, float):
        return [str(value), f"{value:g}"]
    return [str(value).strip(" \0")]


def _number(value: object) -> float | None:
    try:
        number = float(str(value).strip())
    except ValueError:
        return None
    return number if math.isfinite(number) else None
