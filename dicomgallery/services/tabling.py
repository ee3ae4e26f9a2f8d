"""Chosen elements of many images as one table."""

from collections.abc import Iterator, Sequence
from typing import Final

from dicomgallery import audit
from dicomgallery.access import Actor, Permission, demand
from dicomgallery.audit import Event
from dicomgallery.catalog import headers, search
from dicomgallery.catalog.batches import batches
from dicomgallery.catalog.query import SearchQuery
from dicomgallery.dicom.cells import value_at
from dicomgallery.dicom.paths import Path, parse_path
from dicomgallery.errors import RefusedError
from dicomgallery.models import in_context, transaction
from dicomgallery.services.spreadsheets import cell

MOST_TAGS: Final = 100
_ROWS_A_CHUNK: Final = 100


def table(query: SearchQuery, asked: Sequence[str], *, actor: Actor) -> Iterator[str]:
    """A line an image that a search finds: its row id, then the elements asked for, by tag, keyword or path.

    RefusedError, before the first line, for what is no element. An image whose header is not read yet has empty cells.
    """
    demand(actor, Permission.EXPORT)
    paths = [parse_path(text) for text in asked]
    if any(path is None for path in paths) or not 0 < len(paths) <= MOST_TAGS:
        wrong = [str(number) for number, path in enumerate(paths, 1) if path is None]
        raise RefusedError(
            f"Of the elements asked for, number {', '.join(wrong[:10])} is none. Name each by its keyword or tag."
            if wrong
            else f"Ask for 1 to {MOST_TAGS} elements."
        )
    with transaction() as session:
        audit.record(session, actor, Event.TABLE_TAKEN, elements=len(paths))
    return _lines(query, asked, [path for path in paths if path is not None], actor)


def _lines(query: SearchQuery, asked: Sequence[str], paths: Sequence[Path], actor: Actor) -> Iterator[str]:
    pieces = (some for ids in search.every_id(actor.scope, query) for some in batches(ids, _ROWS_A_CHUNK))
    # The table is read long after the request that asked for it may be over.
    following = in_context(lambda: _piece(next(pieces, ()), paths, actor))

    def flow() -> Iterator[str]:
        yield ",".join(cell(head) for head in ("instance", *asked)) + "\n"
        while piece := following():
            yield piece

    return flow()


def _piece(ids: Sequence[int], paths: Sequence[Path], actor: Actor) -> str:
    found = headers.of(actor.scope, ids)
    lines = []
    for one in ids:
        values = [value_at(found.get(one, {}), path) for path in paths]
        cells = (cell(value) if isinstance(value, str) else repr(value) for value in values)
        lines.append(",".join((str(one), *cells)))
    return "".join(f"{line}\n" for line in lines)
