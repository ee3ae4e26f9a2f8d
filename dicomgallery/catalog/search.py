"""The pages of the gallery: what matches a search, in order, from wherever the last page ended."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, exists, func, literal, select, tuple_
from sqlalchemy.orm import aliased

from dicomgallery.access import Scope
from dicomgallery.catalog import cards, cursors, images
from dicomgallery.catalog.cards import Card
from dicomgallery.catalog.count import CAP, Count
from dicomgallery.catalog.counters import COLUMNS
from dicomgallery.catalog.matching import Matching, matching, sample
from dicomgallery.catalog.query import Level, SearchQuery, Sort
from dicomgallery.catalog.scoping import AnySelect, visible, within
from dicomgallery.models import FacetCount, Patient, Series, Study, db

MOST_ON_A_PAGE = 500


@dataclass(frozen=True, slots=True)
class Page:
    """Some cards, and where the next ones begin."""

    items: list[Card]
    next_cursor: str | None
    """None when nothing follows."""


@dataclass(frozen=True, slots=True)
class Order:
    """How a list is walked: its key columns, the last of them unique, and their types."""

    id: Any
    columns: tuple[Any, ...]
    shape: tuple[type, ...]
    descends: bool

    def after(self, key: Sequence[Any], *, inclusive: bool = False) -> ColumnElement[bool]:
        """Hold for what comes after a key in this order."""
        here = tuple_(*self.columns)
        there = tuple_(*(literal(value, column.type) for value, column in zip(key, self.columns, strict=True)))
        if inclusive:
            return here <= there if self.descends else here >= there
        return here < there if self.descends else here > there

    def terms(self) -> list[ColumnElement[Any]]:
        """What to ORDER BY."""
        return [column.desc() if self.descends else column.asc() for column in self.columns]


def page(scope: Scope, query: SearchQuery, *, cursor: str | None = None, limit: int = 60) -> Page:
    """The next `limit` cards of a search; a cursor that is not of this list means its beginning."""
    ids, following = _ids(scope, query, cursor, max(1, min(limit, MOST_ON_A_PAGE)))
    return Page(cards.of(scope, query.level, ids), following)


def ids(
    scope: Scope, query: SearchQuery, *, cursor: str | None = None, limit: int = 60
) -> tuple[list[int], str | None]:
    """The next `limit` row ids of a search and where the following begin; RefusedError for another list's cursor."""
    cursors.check(_kind(query), cursor)
    return _ids(scope, query, cursor, max(1, min(limit, MOST_ON_A_PAGE)))


def every_id(scope: Scope, query: SearchQuery) -> Iterator[list[int]]:
    """The row ids of all that a search finds at its level, in order, some hundred at a time."""
    cursor: str | None = None
    while True:
        ids, cursor = _ids(scope, query, cursor, MOST_ON_A_PAGE)
        if ids:
            yield ids
        if cursor is None:
            return


def _ids(scope: Scope, query: SearchQuery, cursor: str | None, limit: int) -> tuple[list[int], str | None]:
    if query.level is Level.IMAGE:
        return _ids_of_images(scope, query, cursor, limit)
    kind, order = _kind(query), _order(query)
    match = matching(scope, query) if query.is_filtered else None
    rows = _walk(scope, query.level, match, order, cursors.decode(kind, cursor, *order.shape), limit=limit)
    following = cursors.encode(kind, rows[limit - 1][1:]) if len(rows) > limit else None
    return [row[0] for row in rows[:limit]], following


def count(scope: Scope, query: SearchQuery) -> Count:
    """How many cards a search has; under a filter up to the cap."""
    if not query.is_filtered:
        return _count_of_all(scope, query.level)
    match = matching(scope, query)
    if query.level is Level.IMAGE:
        return images.count(scope, query, match)
    if query.level is Level.SERIES:
        # The facets of the same page read them too.
        return Count.up_to_cap(len(sample(scope, match)))
    statement = select(Series.study_key if query.level is Level.STUDY else Study.patient_key).distinct()
    if query.level is Level.PATIENT:
        statement = statement.join_from(Series, Study, Series.study_key == Study.id)
    return Count.up_to_cap(_number(match.narrowed(statement, scope).limit(CAP + 1)))


def _count_of_all(scope: Scope, level: Level) -> Count:
    if level is Level.SERIES:
        # Every visible series has one modality, if an empty one.
        statement = select(func.coalesce(func.sum(FacetCount.count), 0)).where(FacetCount.facet == next(iter(COLUMNS)))
        return Count(int(db.session.scalar(statement.where(within(scope, FacetCount))) or 0))
    if level is Level.STUDY:
        return Count.up_to_cap(_number(visible(select(Study.id), Study, scope).limit(CAP + 1)))
    patients = visible(select(Patient.id, Patient.instance_count), Patient, scope).limit(CAP + 1).subquery()
    number, images_of_them = db.session.execute(
        select(func.count(), func.coalesce(func.sum(patients.c.instance_count), 0)).select_from(patients)
    ).one()
    return Count(int(images_of_them), capped=number > CAP) if level is Level.IMAGE else Count.up_to_cap(number)


def _number(statement: AnySelect) -> int:
    return int(db.session.scalar(select(func.count()).select_from(statement.subquery())) or 0)


def _kind(query: SearchQuery) -> str:
    return f"{query.level}:{query.sort}"


def _order(query: SearchQuery) -> Order:
    """The order of a level: images go by their series."""
    down = query.sort.descends
    by_time = query.sort in {Sort.NEWEST, Sort.OLDEST}
    by_name = query.sort in {Sort.NAME, Sort.NAME_REVERSED}
    if query.level is Level.STUDY:
        if by_name:
            columns = (Patient.name_key, Patient.id, Study.id)
            return Order(Study.id, columns, (str, int, int), down)
        return _two(Study.id, Study.received_at if by_time else Study.date_key, Study.id, descends=down)
    if query.level is Level.PATIENT:
        if not by_time and not by_name:
            return _two(Study.patient_key, Study.date_key, Study.id, descends=down)
        return _two(Patient.id, Patient.received_at if by_time else Patient.name_key, Patient.id, descends=down)
    first = Series.received_at if by_time else Series.name_key if by_name else Series.date_key
    return _two(Series.id, first, Series.id, descends=down)


def _two(row_id: Any, first: Any, second: Any, *, descends: bool) -> Order:
    return Order(row_id, (first, second), (datetime if first.key == "received_at" else str, int), descends)


def _walk(
    scope: Scope,
    level: Level,
    match: Matching | None,
    order: Order,
    key: Sequence[Any] | None,
    *,
    limit: int,
    inclusive: bool = False,
) -> list[Any]:
    """Rows of an id and its sort key, one more than `limit` where more follow."""
    statement = _BASES[level](scope, order, match)
    if key is not None:
        statement = statement.where(order.after(key, inclusive=inclusive))
    return list(db.session.execute(statement.order_by(*order.terms()).limit(limit + 1)).all())


def _series(scope: Scope, order: Order, match: Matching | None) -> AnySelect:
    statement = select(order.id.label("wanted"), *order.columns)
    return match.narrowed(statement, scope) if match else visible(statement, Series, scope)


def _studies(scope: Scope, order: Order, match: Matching | None) -> AnySelect:
    statement = visible(select(order.id.label("wanted"), *order.columns).select_from(Study), Study, scope)
    if len(order.columns) > 2:
        statement = statement.join(Patient, Study.patient_key == Patient.id)
    return statement if match is None else statement.where(_some_series(scope, match, Study.id, Series.study_key))


def _patients(scope: Scope, order: Order, match: Matching | None) -> AnySelect:
    statement = select(order.id.label("wanted"), *order.columns)
    if order.columns[-1].class_ is Patient:
        statement = visible(statement, Patient, scope)
    else:
        statement = visible(statement, Study, scope).where(~exists().where(_later_study(order)))
    return statement if match is None else statement.where(_some_series(scope, match, order.id, Study.patient_key))


def _later_study(order: Order) -> ColumnElement[bool]:
    """Hold for another study of the patient that comes sooner in the order: each stands at its first study only."""
    other = aliased(Study)
    here, there = tuple_(Study.date_key, Study.id), tuple_(other.date_key, other.id)
    sooner = there > here if order.descends else there < here
    return (other.patient_key == Study.patient_key) & (other.instance_count > 0) & sooner


def _some_series(scope: Scope, match: Matching, outer: Any, owner: Any) -> ColumnElement[bool]:
    """Hold for studies or patients that have a matching series."""
    if owner is Series.study_key:
        inner = select(owner)
    else:
        # The walk itself may be over studies; this one is another.
        study = aliased(Study)
        owner = study.patient_key
        inner = select(owner).join_from(Series, study, Series.study_key == study.id)
    inner = match.narrowed(inner, scope)
    if match.leads:
        found: ColumnElement[bool] = outer.in_(inner)
        return found
    return inner.where(owner == outer).exists()


_BASES = {Level.IMAGE: _series, Level.SERIES: _series, Level.STUDY: _studies, Level.PATIENT: _patients}


def _ids_of_images(scope: Scope, query: SearchQuery, cursor: str | None, limit: int) -> tuple[list[int], str | None]:
    """Images series by series, in space within each; a page may be short and yet have a next one."""
    order, kind = _order(query), _kind(query)
    match = matching(scope, query) if query.is_filtered else None
    gathering = images.Gathering(scope, query, match, limit)
    place = cursors.decode(kind, cursor, *order.shape, int)
    key, last_seen = (place[:-1], place[-1]) if place else (None, images.SERIES_DONE)
    while True:
        unfinished = last_seen != images.SERIES_DONE
        # One series more than images wanted: if each has one, that tells whether more follow.
        rows = _walk(scope, query.level, match, order, key, limit=limit + 1, inclusive=unfinished)
        series = [(row[0], tuple(row[1:])) for row in rows[: limit + 1]]
        # The series an earlier page ended in may have gone meanwhile.
        goes_on = unfinished and key is not None and bool(series) and series[0][1] == key
        stop = gathering.take(series, after=last_seen if goes_on else None)
        if stop is not None:
            return gathering.ids, cursors.encode(kind, stop)
        if len(rows) <= limit + 1:
            return gathering.ids, None
        key, last_seen = series[-1][1], images.SERIES_DONE
