"""From the keys of a search to what the database can do for them: everything it finds is looked at again if need be."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, and_, false, func, or_, select, true

from dicomgallery.access import Scope
from dicomgallery.catalog.dicomweb.asking import Asked
from dicomgallery.catalog.dicomweb.columns import CONSTANT, HELD, Held, Resource
from dicomgallery.catalog.scoping import visible
from dicomgallery.dicom.matching import Empty, FuzzyNames, Matcher, Moments, Names, Numbers, Texts, Universal, is_wild
from dicomgallery.dicom.spans import Span
from dicomgallery.models import Base, Instance, Patient, Series, Study, is_sqlite

_NAMED: Final = {0x00100010: Patient.name_key}
"""The folded form of a name."""


@dataclass(frozen=True, slots=True)
class Narrowed:
    """A condition on rows of a table; where not `exact`, some it lets pass do not match."""

    clause: ColumnElement[bool] | None
    exact: bool
    models: frozenset[type[Base]] = frozenset()


def conditions(scope: Scope, asked: Asked) -> Iterator[Narrowed]:
    """What each key of a search asks of rows."""
    if asked.study_uid:
        yield Narrowed(Study.study_uid == asked.study_uid, exact=True, models=frozenset({Study}))
    if asked.series_uid:
        yield Narrowed(Series.series_uid == asked.series_uid, exact=True, models=frozenset({Series}))
    for path, matcher in asked.keys.items():
        held = HELD.get(path[0]) if len(path) == 1 else None
        if isinstance(matcher, Universal):
            continue
        if held is None:
            yield Narrowed(None, exact=False)
        elif is_below(asked.resource, path):
            yield _below(scope, asked.resource, held, matcher)
        else:
            clause, exact = _narrow(held, matcher)
            yield Narrowed(clause, exact, frozenset({held.model}))
    if asked.combined:
        yield Narrowed(None, exact=False)


def is_stored(path: tuple[int, ...]) -> bool:
    """Say whether a key can only be looked for in headers."""
    return len(path) > 1 or (path[0] not in HELD and path[0] not in CONSTANT)


def is_below(resource: Resource, path: tuple[int, ...]) -> bool:
    """Say whether a key is of something that stands below a resource."""
    held = HELD.get(path[0])
    return held is not None and held.resource > resource


def _narrow(held: Held, matcher: Matcher) -> tuple[ColumnElement[bool] | None, bool]:
    column = held.column
    match matcher:
        case Texts(patterns, wild):
            return _texts(held, patterns, wild=wild)
        case Numbers(numbers):
            # PostgreSQL refuses to compare a column with what is too large for it.
            most = 1 << (62 if isinstance(column.type, BigInteger) else 31)
            whole = [int(number) for number in numbers if number == int(number) and abs(number) < most]
            return column.in_(whole), held.vr == "IS" and held.tag != 0x00280008
        case Moments(_, ranges):
            return _moments(held, ranges)
        case Names(patterns):
            return _names(held, patterns), False
        case FuzzyNames(words):
            key = _NAMED.get(held.tag)
            return (None if key is None else and_(*(_like(key, f"*{word}*") for word in words))), False
        case Empty():
            return None, False
    return None, False


def _texts(held: Held, patterns: tuple[str, ...], *, wild: bool) -> tuple[ColumnElement[bool], bool]:
    column = held.column
    if held.several:
        return or_(*(_like(column, f"*{pattern}*") for pattern in patterns)), False
    if not wild:
        return (column == patterns[0] if len(patterns) == 1 else column.in_(patterns)), True
    return or_(*(_glob(column, pattern) if is_wild(pattern) else column == pattern for pattern in patterns)), True


def _names(held: Held, patterns: tuple[tuple[str, ...], ...]) -> ColumnElement[bool] | None:
    key = _NAMED.get(held.tag)
    if key is None:
        return None
    return or_(*(_name(key, groups) for groups in patterns))


def _name(key: Any, groups: tuple[str, ...]) -> ColumnElement[bool]:
    if len(groups) > 1:
        return and_(true(), *(_like(key, f"*{group}*") for group in groups if group))
    pattern = groups[0]
    whole = _like(key, pattern) if is_wild(pattern) else key == pattern
    start = pattern.replace("?", "*").partition("*")[0]
    if start:
        # This way the index leads; the sign behind every other one ends the range.
        whole = and_(whole, key >= start, key < start + "\U0010ffff")
    # Names of several groups are few: any group may be the one that was asked for.
    return or_(whole, and_(Patient.name.contains("="), _like(key, f"*{pattern}*")))


def _moments(held: Held, ranges: tuple[Span, ...]) -> tuple[ColumnElement[bool] | None, bool]:
    column = held.column
    if held.tag == 0x00080020:
        days = ((f"{one.first:%Y%m%d}".rjust(8, "0"), f"{one.last:%Y%m%d}") for one in ranges)
        return or_(*(and_(Study.date_key >= first, Study.date_key <= last) for first, last in days)), True
    # Dates are as written, 2004.01.19 too; times as precise as they were written: only their beginnings compare.
    if held.vr == "DA":
        years = ((f"{one.first.year:04}", f"{one.last.year:04}") for one in ranges)
        return or_(*(func.substr(column, 1, 4).between(*pair) for pair in years)), False
    hours = ((_hour(one, at_end=False), _hour(one, at_end=True)) for one in ranges)
    return or_(*(func.substr(column, 1, 2).between(*pair) for pair in hours)), False


def _hour(span: Span, *, at_end: bool) -> str:
    return f"{(span.last if at_end else span.first).hour:02}"


def _below(scope: Scope, resource: Resource, held: Held, matcher: Matcher) -> Narrowed:
    """Rows above something that matches: studies with such a series, series with such an instance."""
    clause, exact = _narrow(held, matcher)
    if clause is None or not exact:
        return Narrowed(false(), exact=True)
    if held.model is Instance and resource is Resource.STUDIES:
        inner = visible(select(Series.study_key).join(Instance, Instance.series_key == Series.id), Instance, scope)
        return Narrowed(Study.id.in_(inner.where(clause)), exact=True, models=frozenset({Study}))
    if held.model is Instance:
        below = visible(select(Instance.series_key), Instance, scope).where(clause)
        return Narrowed(Series.id.in_(below), exact=True, models=frozenset({Series}))
    above = visible(select(Series.study_key), Series, scope).where(clause)
    return Narrowed(Study.id.in_(above), exact=True, models=frozenset({Study}))


def _glob(column: Any, pattern: str) -> ColumnElement[bool]:
    """Match a pattern of `*` and `?` exactly, case and all."""
    if is_sqlite():
        found: ColumnElement[bool] = column.op("GLOB", is_comparison=True)(pattern.replace("[", "[[]"))
        return found
    return _like(column, pattern)


def _like(column: Any, pattern: str) -> ColumnElement[bool]:
    r"""Match a pattern; SQLite takes `a` for `A`, so that it may find too much."""
    escaped = pattern.replace("!", "!!").replace("%", "!%").replace("_", "!_")
    found: ColumnElement[bool] = column.like(escaped.replace("*", "%").replace("?", "_"), escape="!")
    return found
