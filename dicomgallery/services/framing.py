"""The facts of frames taken out of their objects, as numbers for programs."""

from collections.abc import Iterator
from typing import Final

from dicomgallery.access import Actor, Permission, demand
from dicomgallery.catalog import frames, instances
from dicomgallery.dicom.frames import Column, FrameTable
from dicomgallery.errors import NotFoundError
from dicomgallery.services.spreadsheets import cell

_ROWS_A_CHUNK: Final = 500


def table(instance_id: int, *, actor: Actor) -> Iterator[str]:
    """Every frame of an instance as CSV, what all share in columns too.

    NotFoundError, before the first line, when nothing is known of its frames.
    """
    demand(actor, Permission.VIEW)
    found = frames.table_of(actor.scope, instances.by_id(actor.scope, instance_id).id)
    if found is None:
        raise NotFoundError("There is nothing known of the frames of this image.")
    return _lines(found)


def _lines(found: FrameTable) -> Iterator[str]:
    columns = (*found.columns, *found.shared)
    yield ",".join(cell(head) for head in ("frame", *(column.head for column in columns))) + "\n"
    for first in range(1, found.count + 1, _ROWS_A_CHUNK):
        numbers = range(first, min(first + _ROWS_A_CHUNK, found.count + 1))
        yield "".join(
            ",".join([str(number), *(_cell(column, number) for column in columns)]) + "\n" for number in numbers
        )


def _cell(column: Column, number: int) -> str:
    """A number as it is, several joined by backslashes as DICOM writes them, a text in quotes."""
    value = column.values[number - 1] if len(column.values) > 1 else column.values[0]
    if value is None:
        return ""
    if isinstance(value, str):
        return cell(value)
    return f"{value:.10g}" if isinstance(value, float) else "\\".join(f"{part:.10g}" for part in value)
