"""A search as DICOMweb asks it (PS3.18 8.3.4), read into a value; what cannot be understood is told in a sentence."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from dicomgallery.catalog.dicomweb.columns import CHARACTER_SET, HELD, Held, Resource
from dicomgallery.dicom.matching import (
    BACKWARDS,
    Matcher,
    Moments,
    Texts,
    Tree,
    Universal,
    crosses_midnight,
    reads,
)
from dicomgallery.dicom.paths import tag_named
from dicomgallery.dicom.spans import Span, joined, span_of
from dicomgallery.dicom.structure import dictionary_vr

MOST_RESULTS: Final = 5000
"""What one answer holds at most, and holds where no limit is asked for."""
MOST_KEYS: Final = 100
MOST_FIELDS: Final = 500
DEEPEST: Final = 8
_TAG: Final = re.compile(r"[0-9A-Fa-f]{8}")
_WORD: Final = re.compile(r"[A-Za-z][A-Za-z0-9]{1,63}")
_SHOWABLE: Final = re.compile(r"[A-Za-z0-9.]{1,100}")
_LONGEST_NUMBER: Final = 9
_SWITCHES: Final = ("fuzzymatching", "emptyvaluematching", "multiplevaluematching")
_LEFT_TO_OTHERS: Final = frozenset({"accept", "charset"})
TIME_OF_DATE: Final[Mapping[int, int]] = {
    0x00080020: 0x00080030,
    0x00080021: 0x00080031,
    0x00080022: 0x00080032,
    0x00080023: 0x00080033,
    0x00100030: 0x00100032,
    0x00400244: 0x00400245,
    0x00400250: 0x00400251,
}
"""The dates that have their time in an attribute of its own."""

Path = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Complaint:
    """Why a search cannot be understood."""

    sentence: str


@dataclass(frozen=True, slots=True)
class Combined:
    """A range of dates and one of times that are one range of moments."""

    date: int
    time: int
    asked: Span

    def holds(self, model: Mapping[str, Any]) -> bool:
        """Say whether the moment of a model lies in it; without a time, the whole day counts."""
        date, time = (model.get(f"{tag:08X}", {}).get("Value") or [None] for tag in (self.date, self.time))
        day = span_of("DA", str(date[0]))
        if day is None:
            return False
        clock = span_of("TM", str(time[0])) if time[0] else None
        moment = joined(day, clock) if clock else day
        return moment.first <= self.asked.last and moment.last >= self.asked.first


@dataclass(frozen=True, slots=True)
class Asked:
    """A search."""

    resource: Resource
    study_uid: str = ""
    series_uid: str = ""
    keys: Mapping[Path, Matcher] = field(default_factory=dict)
    combined: tuple[Combined, ...] = ()
    fields: tuple[Path, ...] = ()
    everything: bool = False
    limit: int = MOST_RESULTS
    offset: int = 0
    remarks: tuple[str, ...] = ()
    """What could not be done as it was asked, a sentence each."""


def nested(keys: Mapping[Path, Matcher]) -> Tree:
    """Keys by what they are in: those of one sequence together."""
    tree: dict[int, Any] = {}
    for path, matcher in keys.items():
        here = tree
        for tag in path[:-1]:
            here = here.setdefault(tag, {})
        here[path[-1]] = matcher
    return tree


def parse(
    resource: Resource, pairs: Iterable[tuple[str, str]], *, study_uid: str = "", series_uid: str = ""
) -> Asked | Complaint:
    """Read a search of these resources, within a study and a series where they are named, from a URL's parameters."""
    options: dict[str, str] = {}
    texts: dict[Path, str] = {}
    fields: list[str] = []
    for name, value in pairs:
        if name == "includefield":
            fields += value.split(",")
        elif name in ("limit", "offset", *_SWITCHES):
            options[name] = value
        elif name not in _LEFT_TO_OTHERS:
            path = _path(name)
            if isinstance(path, Complaint):
                return path
            if path == (CHARACTER_SET,):
                # PS3.4 C.2.2.2: it is never matched.
                continue
            if path in texts and dictionary_vr(path[-1]) != "UI":
                return Complaint(f"{name} is asked for twice.")
            texts[path] = f"{texts[path]},{value}" if path in texts else value
    if len(texts) > MOST_KEYS or len(fields) > MOST_FIELDS:
        return Complaint(f"At most {MOST_KEYS} keys and {MOST_FIELDS} fields can be asked for at once.")
    for path in texts:
        if any(path != other and path == other[: len(path)] for other in texts):
            return Complaint("A sequence and an attribute inside it cannot both be keys.")
    return _asked(resource, options, texts, fields, study_uid, series_uid)


def _asked(  # noqa: PLR0917 - the parts of one reading
    resource: Resource,
    options: Mapping[str, str],
    texts: Mapping[Path, str],
    fields: list[str],
    study_uid: str,
    series_uid: str,
) -> Asked | Complaint:
    numbers = _numbers(options)
    if isinstance(numbers, Complaint):
        return numbers
    fuzzy = options.get("fuzzymatching") == "true"
    keys: dict[Path, Matcher] = {}
    for path, text in texts.items():
        matcher = reads(_vr(path[-1]), text, fuzzy=fuzzy)
        if isinstance(matcher, str):
            return Complaint(f"{_said(path)}: {matcher}")
        keys[path] = matcher
        lower = HELD.get(path[0])
        if lower is not None and lower.resource > resource and not _fits_below(lower, matcher):
            return Complaint(f"{_said(path)} belongs to {lower.resource.word}: ask /{lower.resource.word} for it.")
    paths = [_path(name.strip()) for name in fields if name.strip() not in ("", "all")]
    for found in paths:
        if isinstance(found, Complaint):
            return found
    combined = _combined(keys)
    for path, matcher in keys.items():
        if crosses_midnight(matcher):
            return Complaint(f"{_said(path)}: {BACKWARDS}")
    return Asked(
        resource,
        study_uid,
        series_uid,
        keys,
        combined,
        tuple(path for path in paths if not isinstance(path, Complaint)),
        everything=any(name.strip() == "all" for name in fields),
        limit=min(numbers["limit"], MOST_RESULTS),
        offset=numbers["offset"],
        remarks=tuple(_remarks(keys, fuzzy=fuzzy)),
    )


def _fits_below(held: Held, matcher: Matcher) -> bool:
    """Say whether what is above can be looked up by it: the database alone must be able to tell."""
    return isinstance(matcher, Universal) or (isinstance(matcher, Texts) and not held.several)


def _remarks(keys: Mapping[Path, Matcher], *, fuzzy: bool) -> Iterable[str]:
    if fuzzy and any(isinstance(matcher, Texts) and _vr(path[-1]) != "UI" for path, matcher in keys.items()):
        yield (
            "The fuzzymatching parameter is supported for person names only. "
            "Only literal matching has been performed for the other attributes."
        )


def _combined(keys: dict[Path, Matcher]) -> tuple[Combined, ...]:
    """Take ranges of times out of the keys where they go with a range of dates (PS3.4 C.2.2.2.5)."""
    found = []
    for date, time in TIME_OF_DATE.items():
        days, hours = keys.get((date,)), keys.get((time,))
        if not isinstance(days, Moments) or not isinstance(hours, Moments):
            continue
        if len(days.ranges) == len(hours.ranges) == 1 and _is_range(days.ranges[0]):
            found.append(Combined(date, time, joined(days.ranges[0], hours.ranges[0])))
            keys[time,] = Universal()
    return tuple(found)


def _is_range(span: Span) -> bool:
    return span.first.date() != span.last.date()


def _numbers(options: Mapping[str, str]) -> dict[str, int] | Complaint:
    numbers = {"limit": MOST_RESULTS, "offset": 0}
    for name in numbers:
        text = options.get(name, "")
        if not text:
            continue
        if not (text.isascii() and text.isdecimal()):
            return Complaint(f"{name} is a whole number.")
        numbers[name] = int(text) if len(text) <= _LONGEST_NUMBER else 10**_LONGEST_NUMBER
    for name in _SWITCHES:
        if options.get(name, "true") not in ("true", "false"):
            return Complaint(f"{name} is true or false.")
    return numbers


def _path(name: str) -> Path | Complaint:
    parts = name.split(".")
    if len(parts) > DEEPEST:
        return Complaint(f"An attribute is asked for at most {DEEPEST} deep.")
    tags = [_tag(part) for part in parts]
    if None in tags:
        shown = f" “{name}”" if _SHOWABLE.fullmatch(name) else " of that name"
        return Complaint(
            f"There is no attribute or parameter{shown}. An attribute is named by its keyword, as PatientID, "
            "or by the eight hexadecimal digits of its tag, as 00100020; inside a sequence after it and a dot."
        )
    path = tuple(tag for tag in tags if tag is not None)
    for tag in path[:-1]:
        if _vr(tag) not in ("SQ", ""):
            return Complaint(f"{_said((tag,))} is no sequence: nothing stands inside it.")
    return path


def _tag(text: str) -> int | None:
    if _TAG.fullmatch(text):
        tag = int(text, 16)
        is_private = tag >> 16 & 1
        return tag if is_private or dictionary_vr(tag) else None
    return tag_named(text) if _WORD.fullmatch(text) else None


def _vr(tag: int) -> str:
    """The VR a key is read by: the first that the dictionary allows; none for a private attribute."""
    return dictionary_vr(tag).split(" ")[0]


def _said(path: Path) -> str:
    return ".".join(f"{tag:08X}" for tag in path)
