"""What differs, as tables that leave for spreadsheets and programs."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from dicomgallery import audit
from dicomgallery.access import Actor, Permission, demand
from dicomgallery.audit import Event
from dicomgallery.catalog.batches import batches
from dicomgallery.dicom.differences import Change, Difference
from dicomgallery.dicom.spreads import Spread
from dicomgallery.dicom.told import Told
from dicomgallery.models import in_context, transaction
from dicomgallery.services import comparing
from dicomgallery.services.comparing import Matrix
from dicomgallery.services.spreadsheets import cell

_HEADS: Final = ("path", "tag", "name", "within", "change", "vr before", "before", "vr after", "after")
_ROWS_A_CHUNK: Final = 100


def of_instances(before_id: int, after_id: int, *, actor: Actor, everything: bool = False) -> Iterator[str]:
    """The elements of two files that differ, or all of them, as CSV; NotFoundError, before the first line."""
    demand(actor, Permission.EXPORT)
    rows = comparing.instances_apart(before_id, after_id, actor=actor, everything=everything).rows
    _note(actor, len(rows))
    return _table(_HEADS, (_row(one, one.change, *_told(one.before), *_told(one.after)) for one in rows))


def of_series(before_id: int, after_id: int, *, actor: Actor, everything: bool = False) -> Iterator[str]:
    """The elements in which two series differ, or all of them, as CSV; NotFoundError, before the first line."""
    demand(actor, Permission.EXPORT)
    rows = comparing.series_apart(before_id, after_id, actor=actor).rows
    _note(actor, len(rows))
    shown = (one for one in rows if everything or one.change is not Change.SAME)
    return _table(_HEADS, (_row(one.either, one.change, *_spread(one.before), *_spread(one.after)) for one in shown))


def of_matrix(series_id: int, *, actor: Actor) -> Iterator[str]:
    """A line an image of a series: its row id, then whatever varies; NotFoundError, before the first line."""
    demand(actor, Permission.EXPORT)
    matrix = comparing.matrix_of(series_id, actor=actor)
    _note(actor, len(matrix.columns))
    pieces = batches(matrix.ids, _ROWS_A_CHUNK)
    # The table is read long after the request that asked for it may be over.
    following = in_context(lambda: _piece(matrix, next(pieces, ()), actor))

    def flow() -> Iterator[str]:
        yield ",".join(cell(head) for head in ("instance", *map(_head, matrix.columns))) + "\n"
        while piece := following():
            yield piece

    return flow()


def _note(actor: Actor, elements: int) -> None:
    with transaction() as session:
        audit.record(session, actor, Event.TABLE_TAKEN, elements=elements)


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield ",".join(map(cell, heads)) + "\n"
    yield from (",".join(map(cell, row)) + "\n" for row in rows)


def _row(one: Difference | Spread, change: Change, *said: str) -> Sequence[str]:
    tag = f"({one.tag >> 16:04x},{one.tag & 0xFFFF:04x})"
    return (one.path, tag, one.name, " > ".join(one.within), change.value, *said)


def _told(said: Told | None) -> tuple[str, str]:
    return ("" if said is None else said.vr, comparing.said_in(said))


def _spread(spread: Spread | None) -> tuple[str, str]:
    if spread is None:
        return "", ""
    vrs = sorted({said.vr for said in spread.counts if said is not None})
    return "/".join(vrs), _told(spread.only)[1] if spread.only else spread.words


def _head(column: Spread) -> str:
    return f"{' > '.join((*column.within, column.name))} ({column.path})"


def _piece(matrix: Matrix, ids: Sequence[int], actor: Actor) -> str:
    lines = []
    for one, said in matrix.rows(actor.scope, ids):
        cells = (_bare(told, column) for told, column in zip(said, matrix.columns, strict=True))
        lines.append(",".join((str(one), *cells)) + "\n")
    return "".join(lines)


def _bare(said: Told | None, column: Spread) -> str:
    """A number as it is, all else as a text in quotes."""
    text = comparing.said_in(said)
    return text if column.is_number and text else cell(text)
