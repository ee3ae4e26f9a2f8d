"""From a search to conditions on series, each in two forms, and the choice where to begin.

A condition can *lead*: the database looks series up by it; or it can *test* series met on another
way, such as along the index of the sort order. A rare condition should lead and a common one
should test, so SQLite, which keeps no statistics, is told which; PostgreSQL plans by itself.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Integer,
    and_,
    bindparam,
    column,
    exists,
    false,
    func,
    or_,
    select,
    table,
    text,
    true,
)

from dicomgallery.access import Scope
from dicomgallery.catalog import texts, words
from dicomgallery.catalog.batches import plain_rows
from dicomgallery.catalog.count import CAP
from dicomgallery.catalog.counters import COLUMNS
from dicomgallery.catalog.memo import remembered
from dicomgallery.catalog.query import Level, SearchQuery, Sort
from dicomgallery.catalog.scoping import AnySelect, Statement, probing, visible, within
from dicomgallery.dicom.words import tokens_for
from dicomgallery.models import (
    CollectionSeries,
    FacetCount,
    Instance,
    Series,
    SeriesText,
    SeriesWord,
    Study,
    db,
    is_sqlite,
)

RARE: Final = 4000
"""Up to so many series are quicker looked up and sorted than met along an index."""

_UID: Final = re.compile(r"\d+(\.\d+){3,}")
_TRIGRAM: Final = table("series_trigram", column("rowid", Integer))


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing asked of a series."""

    lead: ColumnElement[bool]
    test: ColumnElement[bool]
    size: Callable[[], int]
    """About how many series it holds for; not counted far beyond RARE."""


@dataclass(frozen=True, slots=True, eq=False)
class Matching:
    """The conditions of a search, ready for a WHERE on series."""

    clauses: tuple[ColumnElement[bool], ...]
    leads: bool
    """One of the clauses is rare and leads; else all of them test rows met on another way."""
    instance_ids: tuple[int, ...] | None = None
    """The instances named by a SOP Instance UID, where one was typed."""

    @property
    def clause(self) -> ColumnElement[bool]:
        """All of it in one."""
        return and_(true(), *self.clauses)

    def narrowed(self, statement: Statement, scope: Scope) -> Statement:
        """Narrow a SELECT on series to those that match and may be seen."""
        return visible(statement.where(*self.clauses), Series, scope)


def matching(scope: Scope, query: SearchQuery, *, ignoring: str = "") -> Matching:
    """Read a search as conditions; `ignoring` leaves one facet's own choice out."""
    asked = replace(query.without(ignoring) if ignoring else query, level=Level.SERIES, sort=Sort.NEWEST)
    return remembered(("matching", scope, asked), lambda: _matching(scope, asked))


def _matching(scope: Scope, query: SearchQuery) -> Matching:
    conditions = list(_facets(scope, query))
    if query.date_from or query.date_to:
        conditions.append(_dates(scope, query))
    if query.collection_id is not None:
        conditions.append(_collection(query.collection_id))
    conditions += [_below(level, ids) for level, ids in query.below]
    for keyword, value in query.words:
        conditions += _tokens(tokens_for(keyword, value))
    typed, instance_ids = _typed(scope, query)
    return _planned(conditions + typed, instance_ids)


def sample(scope: Scope, match: Matching) -> Sequence[Sequence[Any]]:
    """Each matching series as (id, id of the instance that stands for it); one more than the cap at most."""
    statement = match.narrowed(select(Series.id, Series.cover_id), scope).limit(CAP + 1)
    return remembered(("sample", scope, match), lambda: plain_rows(statement))


def _planned(conditions: Sequence[Condition], instance_ids: tuple[int, ...] | None) -> Matching:
    if not is_sqlite():
        return Matching(tuple(condition.lead for condition in conditions), leads=True, instance_ids=instance_ids)
    sizes = [condition.size() for condition in conditions]
    first = min(range(len(sizes)), key=sizes.__getitem__, default=None)
    if first is None or sizes[first] > RARE:
        return Matching(tuple(condition.test for condition in conditions), leads=False, instance_ids=instance_ids)
    clauses = (condition.lead if n == first else condition.test for n, condition in enumerate(conditions))
    return Matching(tuple(clauses), leads=True, instance_ids=instance_ids)


def _facets(scope: Scope, query: SearchQuery) -> Iterator[Condition]:
    for facet, values in query.facets:
        if facet == "year":
            lead = or_(*(_in_year(year) for year in values))
            test = func.substr(probing(Series.date_key), 1, 4).in_(values)
        else:
            lead = COLUMNS[facet].in_(values) if len(values) > 1 else COLUMNS[facet] == values[0]
            test = probing(COLUMNS[facet]).in_(values)
        chosen = and_(FacetCount.facet == facet, FacetCount.value.in_(values))
        yield Condition(lead, test, _sized(scope, chosen))


def _in_year(year: str) -> ColumnElement[bool]:
    if not year:
        return Series.date_key == ""
    return and_(Series.date_key >= year, Series.date_key < year + "~")


def _dates(scope: Scope, query: SearchQuery) -> Condition:
    first = query.date_from.strftime("%Y%m%d") if query.date_from else "0"
    last = query.date_to.strftime("%Y%m%d") if query.date_to else "99999999"
    lead = and_(Series.date_key >= first, Series.date_key <= last)
    test = probing(Series.date_key).between(first, last)
    years = and_(FacetCount.facet == "year", FacetCount.value.between(first[:4], last[:4]))
    return Condition(lead, test, _sized(scope, years))


def _sized(scope: Scope, counted: ColumnElement[bool]) -> Callable[[], int]:
    statement = select(func.coalesce(func.sum(FacetCount.count), 0)).where(counted, within(scope, FacetCount))
    return lambda: int(db.session.scalar(statement) or 0)


def _up_to_rare(statement: AnySelect) -> Callable[[], int]:
    limited = select(func.count()).select_from(statement.limit(RARE + 1).subquery())
    return lambda: int(db.session.scalar(limited) or 0)


def _collection(collection_id: int) -> Condition:
    members = select(CollectionSeries.series_key).where(CollectionSeries.collection_id == collection_id)
    held = exists().where(
        CollectionSeries.collection_id == collection_id, CollectionSeries.series_key == probing(Series.id)
    )
    return Condition(Series.id.in_(members), held, _up_to_rare(members))


def _below(level: Level, ids: Sequence[int]) -> Condition:
    if level is not Level.PATIENT:
        return _exactly(Series.id if level is Level.SERIES else Series.study_key, ids)
    studies = select(Study.id).where(Study.patient_key.in_(ids))
    found = select(Series.id).where(Series.study_key.in_(studies))
    return Condition(Series.study_key.in_(studies), probing(Series.study_key).in_(studies), _up_to_rare(found))


def _tokens(tokens: Sequence[str]) -> list[Condition]:
    """Series that hold all of these words, a condition each; no word is in none."""
    return [_token(words.key(token)) for token in tokens] or [Condition(false(), false(), lambda: 0)]


def _token(token: str) -> Condition:
    holders = select(SeriesWord.series_key).where(SeriesWord.token == token)
    held = exists().where(SeriesWord.token == token, SeriesWord.series_key == probing(Series.id))
    return Condition(Series.id.in_(holders), held, _up_to_rare(holders))


def _typed(scope: Scope, query: SearchQuery) -> tuple[list[Condition], tuple[int, ...] | None]:
    """The free words: UIDs by their own indexes, long words by trigram, short ones as tokens."""
    conditions: list[Condition] = []
    instance_ids: tuple[int, ...] | None = None
    phrases: list[str] = []
    for term in query.terms:
        if _UID.fullmatch(term) and (named := _named(scope, term)) is not None:
            condition, ids = named
            conditions.append(condition)
            instance_ids = ids if instance_ids is None else instance_ids
            continue
        folded = texts.plain(term)
        if len(folded) >= 3:
            phrases.append(folded)
        elif folded:
            conditions += _tokens([texts.SHORT + folded])
    if phrases:
        conditions.append(_phrases(phrases))
    return conditions, instance_ids


def _named(scope: Scope, uid: str) -> tuple[Condition, tuple[int, ...] | None] | None:
    """The study, series or instance of this UID; None when no visible one has it."""
    studies = visible(select(Study.id).where(Study.study_uid == uid), Study, scope)
    series = visible(select(Series.id).where(Series.series_uid == uid), Series, scope)
    images = visible(select(Instance.id, Instance.series_key).where(Instance.sop_uid == uid), Instance, scope)
    if ids := db.session.scalars(studies).all():
        return _exactly(Series.study_key, ids), None
    if ids := db.session.scalars(series).all():
        return _exactly(Series.id, ids), None
    if rows := db.session.execute(images).all():
        return _exactly(Series.id, [row[1] for row in rows]), tuple(row[0] for row in rows)
    return None


def _exactly(key: Any, ids: Sequence[int]) -> Condition:
    return Condition(key.in_(ids), probing(key).in_(ids), lambda: len(ids))


def _phrases(phrases: Sequence[str]) -> Condition:
    """Series whose folded text has all of these in it."""
    if not is_sqlite():
        # LIKE is what pg_trgm's index answers.
        found = select(SeriesText.series_key).where(*(SeriesText.text.contains(p, autoescape=True) for p in phrases))
        lead = Series.id.in_(found)
        return Condition(lead, lead, lambda: 0)
    quoted = " AND ".join('"' + phrase.replace('"', '""') + '"' for phrase in phrases)
    match = text("series_trigram MATCH :typed").bindparams(bindparam("typed", quoted, unique=True))
    found_ids = select(_TRIGRAM.c.rowid).where(match)
    has_all = exists().where(
        SeriesText.series_key == probing(Series.id), *(func.instr(SeriesText.text, phrase) > 0 for phrase in phrases)
    )
    return Condition(Series.id.in_(found_ids), has_all, _up_to_rare(found_ids))
