"""What the counted facets show of each series, kept in memory.

To fetch seven texts of ten thousand series takes longer than all else on a page of search results. They change only
with the instances of a series, so they hold as long as the same instance stands for it: its id is never used twice.
"""

import sys
from collections.abc import Iterable, Sequence
from typing import Any, Final
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, select

from dicomgallery.access import Scope
from dicomgallery.catalog.batches import batches, plain_rows
from dicomgallery.catalog.counters import VALUES
from dicomgallery.catalog.scoping import within
from dicomgallery.models import Series, db

MOST_KEPT: Final = 100_000
"""About 25 MB; of more series all are forgotten and read anew."""

Values = tuple[str, ...]
"""In the order of `counters.VALUES`."""

_kept: WeakKeyDictionary[Engine, dict[int, tuple[int, Values]]] = WeakKeyDictionary()
"""By the id of the series: the instance that stood for it, and what it showed."""


def of(scope: Scope, found: Iterable[Sequence[Any]]) -> list[Values]:
    """What facets show of series in this scope, given as (id, id of the instance that stands for it), in any order."""
    kept = _kept.setdefault(db.engine, {})
    values: list[Values] = []
    missing: list[int] = []
    for series_id, cover_id in found:
        known = kept.get(series_id)
        if known is not None and known[0] == cover_id:
            values.append(known[1])
        else:
            missing.append(series_id)
    if len(kept) + len(missing) > MOST_KEPT:
        kept.clear()
    for ids in batches(missing):
        query = select(Series.id, Series.cover_id, *VALUES.values()).where(Series.id.in_(ids), within(scope, Series))
        for series_id, cover_id, *texts in plain_rows(query):
            told = tuple(map(sys.intern, texts))
            values.append(told)
            if cover_id is not None:
                kept[series_id] = cover_id, told
    return values
