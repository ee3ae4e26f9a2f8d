"""Facet counters: how many visible series have a value, kept in step inside the deeds that change series.

Call `series_appeared` after a series's count of visible instances left 0, `series_vanished` after
it came to 0, and change what a facet shows of visible series inside `series_changed`.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import ColumnElement, delete, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import InstrumentedAttribute, Session

from dicomgallery.catalog.batches import batches
from dicomgallery.models import FacetCount, Series

COLUMNS: dict[str, InstrumentedAttribute[str]] = {
    "modality": Series.modality,
    "body_part": Series.body_part,
    "manufacturer": Series.manufacturer,
    "institution": Series.institution,
    "year": Series.date_key,
    "transfer_syntax": Series.transfer_syntax,
    "deidentified": Series.deidentified,
}
"""The column behind each counted facet, to look series up by."""
VALUES: dict[str, InstrumentedAttribute[str] | ColumnElement[str]] = {
    **COLUMNS,
    "year": func.substr(Series.date_key, 1, 4),
}
"""What each counted facet shows of a series."""


def series_appeared(session: Session, series_ids: Collection[int]) -> None:
    """Count series that became visible."""
    _add(session, _values(session, series_ids), 1)


def series_vanished(session: Session, series_ids: Collection[int]) -> None:
    """Count series no longer that were visible until now."""
    _add(session, _values(session, series_ids), -1)


@contextmanager
def series_changed(session: Session, series_ids: Collection[int]) -> Iterator[None]:
    """Change facet values of series inside this block; the visible ones are counted anew.

    Another instance must stand for the series then, as `facet_values` relies on.
    """
    before = _values(session, series_ids, only_visible=True)
    yield
    session.flush()
    _add(session, before, -1)
    _add(session, _values(session, series_ids, only_visible=True), 1)


def recount(session: Session) -> None:
    """Count everything anew, from the series themselves."""
    session.execute(delete(FacetCount))
    for facet, value in VALUES.items():
        found = session.execute(
            select(Series.workspace_id, value, func.count())
            .where(Series.instance_count > 0)
            .group_by(Series.workspace_id, value)
        ).all()
        rows = [{"workspace_id": w, "facet": facet, "value": v, "count": n} for w, v, n in found]
        if rows:
            session.execute(insert(FacetCount), rows)


def _values(session: Session, series_ids: Collection[int], *, only_visible: bool = False) -> list[Sequence[Any]]:
    rows: list[Sequence[Any]] = []
    for ids in batches(sorted(series_ids)):
        query = select(Series.workspace_id, *VALUES.values()).where(Series.id.in_(ids))
        if only_visible:
            query = query.where(Series.instance_count > 0)
        rows += session.execute(query).all()
    return rows


def _add(session: Session, rows: Sequence[Sequence[Any]], sign: int) -> None:
    counts: Counter[tuple[int, str, str]] = Counter()
    for workspace_id, *values in rows:
        for facet, value in zip(VALUES, values, strict=True):
            counts[workspace_id, facet, value] += sign
    if not counts:
        return
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(FacetCount)
    statement = statement.on_conflict_do_update(
        index_elements=["workspace_id", "facet", "value"],
        set_={"count": FacetCount.count + statement.excluded.count},
    )
    # In one order, so that two writers never wait for each other.
    session.execute(
        statement,
        [{"workspace_id": w, "facet": f, "value": v, "count": n} for (w, f, v), n in sorted(counts.items())],
    )
    if sign < 0:
        session.execute(delete(FacetCount).where(FacetCount.count <= 0))
