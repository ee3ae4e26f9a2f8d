"""What a search found, as a page shows it: cards, facets, filters that are on, and the URLs between them."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from dicomgallery.access import Scope
from dicomgallery.catalog import changes, collections, facets, search
from dicomgallery.catalog.count import Count
from dicomgallery.catalog.facets import Facet
from dicomgallery.catalog.query import Level, SearchQuery, Sort
from dicomgallery.serving import paging
from dicomgallery.web.cards import ShownCard, shown

PAGE_SIZE = 60
ON_SCREEN_AT_ONCE = 12

LEVELS = {Level.IMAGE: "Images", Level.SERIES: "Series", Level.STUDY: "Studies", Level.PATIENT: "Patients"}
NOUNS = {
    Level.IMAGE: ("image", "images"),
    Level.SERIES: ("series", "series"),
    Level.STUDY: ("study", "studies"),
    Level.PATIENT: ("patient", "patients"),
}
SORTS = {
    Sort.NEWEST: "Newest first",
    Sort.OLDEST: "Oldest first",
    Sort.STUDY_DATE: "Study date, latest first",
    Sort.STUDY_DATE_OLDEST: "Study date, earliest first",
    Sort.NAME: "Name, A to Z",
    Sort.NAME_REVERSED: "Name, Z to A",
}


@dataclass(frozen=True, slots=True)
class Bar:
    """A year in the histogram."""

    year: str
    count: int
    href: str
    selected: bool


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter that is on, and the page without it."""

    label: str
    value: str
    href: str


@dataclass(frozen=True)
class Results:
    """A page of results; what only the whole page needs is read when it is asked for."""

    scope: Scope
    query: SearchQuery
    path: str
    cards: Sequence[ShownCard]
    next_href: str
    is_first: bool = True
    within: int | None = None
    """The collection whose own page this is; it is part of the path, not a filter."""
    eager: int = field(default=ON_SCREEN_AT_ONCE)

    @classmethod
    def of(
        cls, scope: Scope, query: SearchQuery, *, path: str, cursor: str | None = None, within: int | None = None
    ) -> "Results":
        """Search, from a cursor on; on the page of a collection, within it."""
        searched = replace(query, collection_id=within) if within is not None else query
        page = search.page(scope, searched, cursor=cursor, limit=PAGE_SIZE)
        results = cls(scope, searched, path, shown(page.items), "", cursor is None, within)
        if page.next_cursor is None:
            return results
        return replace(results, next_href=results._at(searched, cursor_after=page.next_cursor))

    @cached_property
    def count(self) -> Count:
        """How many cards there are in all."""
        return search.count(self.scope, self.query)

    @property
    def noun(self) -> str:
        """What the cards are, in the number they have."""
        one, many = NOUNS[self.query.level]
        return one if self.count.number == 1 else many

    @cached_property
    def facets(self) -> Sequence[Facet]:
        """The facets with their counts."""
        found = facets.of(self.scope, self.query)
        return [facet for facet in found if facet.name != "collection" or self.within is None]

    @cached_property
    def years(self) -> Sequence[Bar]:
        """The studies' years, each leading to itself or, when chosen, away from it."""
        return [
            Bar(str(one.year), one.count, self._at(self.query.toggled("year", str(one.year))), one.selected)
            for one in facets.years(self.scope, self.query)
        ]

    @property
    def levels(self) -> Sequence[dict[str, object]]:
        """The level control."""
        return [
            {"label": label, "href": self._at(replace(self.query, level=level)), "current": level is self.query.level}
            for level, label in LEVELS.items()
        ]

    @property
    def sorts(self) -> Sequence[tuple[str, str]]:
        """The orders to choose from."""
        return [(sort.value, label) for sort, label in SORTS.items()]

    @cached_property
    def filters(self) -> Sequence[Filter]:
        """The filters that are on."""
        query = self.query
        found = [Filter("Words", query.text, self._at(replace(query, text="")))] if query.text else []
        for pair in query.words:
            rest = tuple(other for other in query.words if other != pair)
            found.append(Filter(pair[0], pair[1], self._at(replace(query, words=rest))))
        titles = {facet.name: facet.title for facet in self.facets}
        for facet, values in query.facets:
            for value in values:
                href = self._at(query.toggled(facet, value))
                found.append(Filter(titles.get(facet, facet), self._label(facet, value), href))
        if query.date_from:
            found.append(Filter("From", query.date_from.isoformat(), self._at(replace(query, date_from=None))))
        if query.date_to:
            found.append(Filter("To", query.date_to.isoformat(), self._at(replace(query, date_to=None))))
        if query.collection_id is not None and self.within is None:
            found.append(Filter("Collection", self._collection_name, self._at(query.without("collection"))))
        return found

    @property
    def here(self) -> str:
        """The first page of this search, to come back to after a deed."""
        return self._at(self.query)

    @property
    def clear_href(self) -> str:
        """The page with no filter on."""
        return self._at(self.query.cleared())

    @property
    def hidden(self) -> Sequence[tuple[str, str]]:
        """What the form of facets must carry along: what it has no control for. The choice of order belongs to it."""
        return [pair for pair in self._args(self.query) if pair[0] in {"q", "level"}]

    @property
    def kept(self) -> Sequence[tuple[str, str]]:
        """What the search box must carry along: the filters, but not the words."""
        return [pair for pair in self._args(self.query) if pair[0] != "q"]

    @property
    def query_string(self) -> str:
        """The search itself, for a deed on all that match."""
        return paging.address("", self.query.args()).removeprefix("?")

    @cached_property
    def collection_names(self) -> Sequence[str]:
        """The names of collections, to choose one to add to."""
        return collections.names(self.scope)

    @property
    def since(self) -> int:
        """The newest change this page knows of."""
        return changes.latest(self.scope)

    def _args(self, query: SearchQuery) -> list[tuple[str, str]]:
        shown_query = replace(query, collection_id=None) if self.within is not None else query
        return shown_query.args()

    def _at(self, query: SearchQuery, *, cursor_after: str | None = None) -> str:
        return paging.address(self.path, self._args(query), cursor_after=cursor_after)

    def _label(self, facet: str, value: str) -> str:
        found = next((one for one in self.facets if one.name == facet), None)
        labels = {one.value: one.label for one in found.values} if found else {}
        return labels.get(value, value) or "not stated"

    @property
    def _collection_name(self) -> str:
        wanted = self.query.collection_id
        return collections.by_id(self.scope, wanted).name if wanted is not None else ""
