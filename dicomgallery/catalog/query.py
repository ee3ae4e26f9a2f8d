"""What a person asks of the gallery, as a value; in a URL and out of it."""

import calendar
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Any, Final, TypeVar

_Choice = TypeVar("_Choice", bound=StrEnum)

LONGEST_TEXT: Final = 400
MOST_TERMS: Final = 12
MOST_VALUES: Final = 50

NOT_GIVEN: Final = "(none)"
"""In a URL, the facet value of series that lack the attribute."""

FACETS: Final = (
    "modality",
    "body_part",
    "manufacturer",
    "institution",
    "year",
    "transfer_syntax",
    "deidentified",
)
"""The facets that take several values; the collection is chosen by its id, one at a time."""


class Level(StrEnum):
    """What one card stands for."""

    IMAGE = "images"
    SERIES = "series"
    STUDY = "studies"
    PATIENT = "patients"


class Sort(StrEnum):
    """The orders; images stand in the order of their series, and in space within it."""

    NEWEST = "newest"
    OLDEST = "oldest"
    STUDY_DATE = "study-date"
    STUDY_DATE_OLDEST = "study-date-oldest"
    NAME = "name"
    NAME_REVERSED = "name-reversed"

    @property
    def descends(self) -> bool:
        """Say whether greater keys come first."""
        return self in {Sort.NEWEST, Sort.STUDY_DATE, Sort.NAME_REVERSED}


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """A search: hashable, and equal to what its URL says."""

    text: str = ""
    """Free words; all must be found, a quoted phrase as it stands."""
    words: tuple[tuple[str, str], ...] = ()
    """Pairs of a tag's keyword and what it must say, from `Keyword=value`."""
    facets: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Chosen values, any of which will do; facets in the order of FACETS."""
    date_from: date | None = None
    date_to: date | None = None
    collection_id: int | None = None
    below: tuple[tuple[Level, tuple[int, ...]], ...] = ()
    """Levels with row ids, below one of which all of it must lie; programs ask so, no page's URL says it."""
    level: Level = Level.SERIES
    sort: Sort = Sort.NEWEST
    complaints: tuple[str, ...] = field(default=(), compare=False)
    """What was not understood and left out, a plain sentence each."""

    @property
    def q(self) -> str:
        """What the search box shows."""
        pairs = [f"{keyword}={_quoted(value)}" for keyword, value in self.words]
        return " ".join([*([self.text] if self.text else []), *pairs])

    @property
    def terms(self) -> tuple[str, ...]:
        """The free words and phrases, without their quotes."""
        found = (phrase or word for phrase, word in _TERM.findall(self.text))
        return tuple(term.strip() for term in found if term.strip())[:MOST_TERMS]

    @property
    def is_filtered(self) -> bool:
        """Say whether anything narrows the gallery."""
        return self.below != () or bool(
            self.text or self.words or self.facets or self.date_from or self.date_to or self.collection_id
        )

    def chosen(self, facet: str) -> tuple[str, ...]:
        """The chosen values of a facet, the collection's id among them."""
        if facet == "collection":
            return () if self.collection_id is None else (str(self.collection_id),)
        return dict(self.facets).get(facet, ())

    def toggled(self, facet: str, value: str) -> "SearchQuery":
        """The same search with one facet value chosen, or no longer."""
        if facet == "collection":
            return replace(self, collection_id=None if self.chosen(facet) == (value,) else int(value))
        value = "" if value == NOT_GIVEN else value
        before = self.chosen(facet)
        after = tuple(v for v in before if v != value) if value in before else (*before, value)
        return replace(self, facets=_ordered({**dict(self.facets), facet: after}))

    def without(self, facet: str) -> "SearchQuery":
        """The same search with nothing chosen in one facet."""
        if facet == "collection":
            return replace(self, collection_id=None)
        return replace(self, facets=tuple(pair for pair in self.facets if pair[0] != facet))

    def cleared(self) -> "SearchQuery":
        """Everything, at the same level and in the same order."""
        return SearchQuery(level=self.level, sort=self.sort)

    def args(self, **changes: Any) -> list[tuple[str, str]]:
        """The URL parameters of this search with fields changed; what is usual is left out."""
        query = replace(self, **changes) if changes else self
        pairs = [("q", query.q)] if query.q else []
        pairs += [(facet, value or NOT_GIVEN) for facet, values in query.facets for value in values]
        if query.collection_id is not None:
            pairs.append(("collection", str(query.collection_id)))
        pairs += [("from", query.date_from.isoformat())] if query.date_from else []
        pairs += [("to", query.date_to.isoformat())] if query.date_to else []
        pairs += [("level", query.level.value)] if query.level is not Level.SERIES else []
        pairs += [("sort", query.sort.value)] if query.sort is not Sort.NEWEST else []
        return pairs


# Keyword=value, the value bare or quoted; a keyword is letters and digits (PS3.6).
_PAIR = re.compile(r"""(?<!\S)([A-Za-z][A-Za-z0-9]{1,63})=(?:"([^"]*)"|'([^']*)'|(\S+))""")
_TERM = re.compile(r'"([^"]*)"|([^\s"]+)')
_DATE = re.compile(r"(\d{4})(?:-?(\d{2})(?:-?(\d{2}))?)?")


def parse(args: Mapping[str, Sequence[str]]) -> SearchQuery:
    """Read a search from URL parameters; what is not understood is left out and complained of."""
    complaints: list[str] = []
    text, words = _search_box(" ".join(args.get("q", ())), complaints)
    date_from = _date(args.get("from", ()), "first", complaints)
    date_to = _date(args.get("to", ()), "last", complaints)
    if date_from and date_to and date_from > date_to:
        date_from, date_to = date_to, date_from
    return SearchQuery(
        text=text,
        words=words,
        facets=_ordered({facet: _values(args.get(facet, ())) for facet in FACETS}),
        date_from=date_from,
        date_to=date_to,
        collection_id=_collection(args.get("collection", ()), complaints),
        level=_choice(Level, Level.SERIES, args.get("level", ()), complaints),
        sort=_choice(Sort, Sort.NEWEST, args.get("sort", ()), complaints),
        complaints=tuple(complaints),
    )


def _search_box(typed: str, complaints: list[str]) -> tuple[str, tuple[tuple[str, str], ...]]:
    clean = "".join(c if c.isprintable() else " " for c in typed).strip()
    if len(clean) > LONGEST_TEXT:
        clean = clean[:LONGEST_TEXT]
        complaints.append(f"The search was cut to its first {LONGEST_TEXT} characters.")
    pairs = [(m[1], (m[2] or m[3] or m[4] or "").strip()) for m in _PAIR.finditer(clean)]
    if any(not value for _, value in pairs):
        complaints.append("A keyword without a value was left out.")
    text = " ".join(_PAIR.sub(" ", clean).split())
    if len(_TERM.findall(text)) > MOST_TERMS or len(pairs) > MOST_TERMS:
        complaints.append(f"Only the first {MOST_TERMS} words were searched for.")
    kept = dict.fromkeys((keyword, value) for keyword, value in pairs if value)
    return text, tuple(kept)[:MOST_TERMS]


def _ordered(chosen: Mapping[str, Sequence[str]]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    kept = ((facet, tuple(dict.fromkeys(chosen.get(facet, ())))[:MOST_VALUES]) for facet in FACETS)
    return tuple((facet, values) for facet, values in kept if values)


def _values(given: Sequence[str]) -> list[str]:
    """The values of one parameter; an empty one asks nothing."""
    plain = (value.replace("\0", "").strip() for value in given)
    return ["" if value == NOT_GIVEN else value for value in plain if value]


def _date(given: Sequence[str], end: str, complaints: list[str]) -> date | None:
    text = next((value.strip() for value in given if value.strip()), "")
    if not text:
        return None
    found = _DATE.fullmatch(text)
    day = _day(found, end) if found else None
    if day is None:
        complaints.append(f"The {end} date was not understood and is left out.")
    return day


def _day(found: re.Match[str], end: str) -> date | None:
    """The day named; of a month or a year, its first or its last."""
    year, month, day = int(found[1]), int(found[2] or 0), int(found[3] or 0)
    try:
        if end == "first" or day:
            return date(year, month or 1, day or 1)
        month = month or 12
        return date(year, month, calendar.monthrange(year, month)[1])
    except ValueError:
        return None


def _collection(given: Sequence[str], complaints: list[str]) -> int | None:
    text = next((value.strip() for value in given if value.strip()), "")
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        complaints.append("The collection was not understood and is left out.")
        return None
    return int(text)


def _choice(kind: type[_Choice], default: _Choice, given: Sequence[str], complaints: list[str]) -> _Choice:
    text = next((value.strip() for value in given if value.strip()), "")
    if not text:
        return default
    try:
        return kind(text)
    except ValueError:
        complaints.append(f"There is no such {kind.__name__.lower()}; {default.value} is shown.")
        return default


def _quoted(value: str) -> str:
    if not re.search(r"""[\s"']""", value):
        return value
    return f"'{value}'" if '"' in value else f'"{value}"'
