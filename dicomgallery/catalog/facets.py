"""Facets: which values there are to choose from, and how many series each would leave.

Without a filter the counters answer. Under one, at most 10,000 series are counted, and what was
cut short says so. What is chosen in a facet does not narrow that facet's own counts.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import func, select

from dicomgallery.access import Scope
from dicomgallery.catalog import facet_values
from dicomgallery.catalog.count import CAP
from dicomgallery.catalog.counters import VALUES
from dicomgallery.catalog.matching import RARE, Matching, matching, sample
from dicomgallery.catalog.memo import remembered
from dicomgallery.catalog.query import FACETS, NOT_GIVEN, Level, SearchQuery, Sort
from dicomgallery.catalog.scoping import visible, within
from dicomgallery.dicom.transfer import short_name
from dicomgallery.dicom.vocabulary import modality_name
from dicomgallery.models import Collection, CollectionSeries, FacetCount, Series, db

MOST_VALUES: Final = 50

TITLES: Final = {
    "modality": "Modality",
    "body_part": "Body part",
    "manufacturer": "Maker",
    "institution": "Institution",
    "year": "Year",
    "collection": "Collection",
    "transfer_syntax": "Transfer syntax",
    "deidentified": "De-identified",
}
"""The facets in the order of the page."""

_DEIDENTIFIED: Final = {"no": "No", "yes": "Yes", "profile": "Yes, by a profile"}
_MISSING: Final = "Not given"


@dataclass(frozen=True, slots=True)
class FacetValue:
    """One value to choose, and how many series it would leave."""

    value: str
    """As the URL says it."""
    label: str
    count: int
    capped: bool
    """There are at least so many."""
    selected: bool
    hint: str = ""
    """More words for the label, e.g. what a modality's code means."""


@dataclass(frozen=True, slots=True)
class Facet:
    """One facet; values by count, years newest first, at most 50 of them and whatever is chosen."""

    name: str
    title: str
    values: list[FacetValue]
    more: int
    """How many values are not listed."""


@dataclass(frozen=True, slots=True)
class Year:
    """One bar of the histogram; years between the first and the last are all there."""

    value: str
    """Four digits, as the facet's value says it."""
    count: int
    capped: bool
    selected: bool

    @property
    def year(self) -> int:
        """The year as a number."""
        return int(self.value)


Counts = tuple[Counter[str], bool]
"""Series a value, and whether counting was cut short."""


def of(scope: Scope, query: SearchQuery) -> list[Facet]:
    """All facets of a search with their counts."""
    counted = _counted(scope, query)
    names = _collection_names(scope, query, counted["collection"][0])
    return [_facet(name, query, counted[name], names) for name in TITLES]


def years(scope: Scope, query: SearchQuery) -> list[Year]:
    """How many series each study year has; the chosen years do not narrow it, the date range does."""
    counts, capped = _counted(scope, query)["year"]
    known = {int(year): number for year, number in counts.items() if len(year) == 4 and year.isdecimal()}
    if not known:
        return []
    chosen = query.chosen("year")
    # A mistyped year would stretch the axis over centuries.
    first = max(min(known), max(known) - 120)
    return [Year(f"{y:04}", known.get(y, 0), capped, f"{y:04}" in chosen) for y in range(first, max(known) + 1)]


def _counted(scope: Scope, query: SearchQuery) -> dict[str, Counts]:
    """The counts of every facet; years and facets of a page are counted once."""
    asked = replace(query, level=Level.SERIES, sort=Sort.NEWEST)
    return remembered(("facets", scope, asked), lambda: _count_all(scope, asked))


def _count_all(scope: Scope, query: SearchQuery) -> dict[str, Counts]:
    if not query.is_filtered:
        found: dict[str, Counts] = {name: (Counter(), False) for name in FACETS}
        for facet, value, number in _counters(scope, FACETS):
            found[facet][0][value] = number
        return {**found, "collection": _collections(scope, None)}
    free = [name for name in FACETS if not query.chosen(name)]
    match = matching(scope, query)
    counted = _together(scope, match, free)
    for name in FACETS:
        if name not in counted:
            counted[name] = _alone(scope, query, name)
    counted["collection"] = _collections(scope, _ignoring(scope, query, "collection", match))
    return counted


def _together(scope: Scope, match: Matching, names: Sequence[str]) -> dict[str, Counts]:
    """Count several facets over one set of series."""
    some = sample(scope, match)
    values = remembered(("facet values", scope, match), lambda: facet_values.of(scope, some))
    places = {name: place for place, name in enumerate(VALUES)}
    return {name: (Counter(map(itemgetter(places[name]), values)), len(some) > CAP) for name in names}


def _alone(scope: Scope, query: SearchQuery, name: str) -> Counts:
    """Count one facet as if nothing were chosen in it."""
    match = _ignoring(scope, query, name, None)
    if match is None:
        return Counter({value: number for _, value, number in _counters(scope, [name])}), False
    return _together(scope, match, [name])[name]


def _ignoring(scope: Scope, query: SearchQuery, name: str, same: Matching | None) -> Matching | None:
    """The conditions of a search without one facet's; None when no others are left."""
    if not query.chosen(name):
        return (same or matching(scope, query)) if query.is_filtered else None
    return matching(scope, query, ignoring=name) if query.without(name).is_filtered else None


def _counters(scope: Scope, names: Sequence[str]) -> Iterable[Any]:
    query = (
        select(FacetCount.facet, FacetCount.value, func.sum(FacetCount.count))
        .where(FacetCount.facet.in_(names), FacetCount.count > 0, within(scope, FacetCount))
        .group_by(FacetCount.facet, FacetCount.value)
    )
    return db.session.execute(query).all()


def _collections(scope: Scope, match: Matching | None) -> Counts:
    if match is not None and (counted := _few_collections(scope, match)) is not None:
        return counted
    query = select(CollectionSeries.collection_id, func.count()).group_by(CollectionSeries.collection_id)
    if match is not None:
        series = match.narrowed(select(Series.id), scope).limit(CAP + 1).subquery()
        query = query.where(CollectionSeries.series_key.in_(select(series.c.id)))
    counts = Counter({str(row[0]): int(row[1]) for row in db.session.execute(query)})
    return counts, match is not None and sum(counts.values()) > CAP


def _few_collections(scope: Scope, match: Matching) -> Counts | None:
    """Count from the series at hand, where collections hold few: the search need not run once more."""
    held = select(CollectionSeries.series_key, CollectionSeries.collection_id).limit(RARE + 1)
    pairs = db.session.execute(held).all()
    if len(pairs) > RARE:
        return None
    if not pairs:
        return Counter(), False
    some = sample(scope, match)
    here = {row[0] for row in some}
    return Counter(str(row[1]) for row in pairs if row[0] in here), len(some) > CAP


def _collection_names(scope: Scope, query: SearchQuery, counts: Counter[str]) -> dict[str, str]:
    wanted = {int(value) for value, _ in counts.most_common(MOST_VALUES)} | {int(v) for v in query.chosen("collection")}
    if not wanted:
        return {}
    rows = select(Collection.id, Collection.name).where(Collection.id.in_(wanted))
    return {str(row[0]): row[1] for row in db.session.execute(visible(rows, Collection, scope))}


def _facet(name: str, query: SearchQuery, counted: Counts, names: dict[str, str]) -> Facet:
    counts, capped = counted
    if name == "collection":
        # Another workspace's collections have no name here.
        counts = Counter({value: number for value, number in counts.items() if value in names})
    chosen = query.chosen(name)
    by_count = sorted(counts, key=lambda value: (-counts[value], value))
    shown = by_count[:MOST_VALUES] + [value for value in by_count[MOST_VALUES:] if value in chosen]
    shown += [value for value in chosen if value not in counts and (name != "collection" or value in names)]
    if name == "year":
        shown.sort(reverse=True)
    # What says nothing stands below what says something, however often it is.
    shown.sort(key=lambda value: not value)
    labels = {value: _label(name, value, names) for value in shown}
    repeated = {label for label, times in Counter(labels.values()).items() if times > 1}
    values = [
        FacetValue(
            value=value or NOT_GIVEN,
            # Two spellings that would look the same keep their own.
            label=value if labels[value] in repeated and value else labels[value],
            count=counts[value],
            capped=capped and counts[value] > 0,
            selected=value in chosen,
            hint=modality_name(value) if name == "modality" and modality_name(value) != value else "",
        )
        for value in shown
    ]
    return Facet(name, TITLES[name], values, more=max(0, len(counts) - len(values)))


def _label(name: str, value: str, names: dict[str, str]) -> str:
    if not value:
        return _MISSING
    if name == "collection":
        return names[value]
    if name == "transfer_syntax":
        return short_name(value)
    if name == "deidentified":
        return _DEIDENTIFIED.get(value, value)
    if name in {"body_part", "manufacturer"}:
        return tidy(value)
    return value


def tidy(value: str) -> str:
    """A value that came in capitals, as a page writes it: GE MEDICAL SYSTEMS is GE Medical Systems."""
    words = value.replace("_", " ").split()
    return " ".join(word.capitalize() if word.isupper() and len(word) > 3 else word for word in words)
