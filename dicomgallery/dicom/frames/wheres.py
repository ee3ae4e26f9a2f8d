"""Where frames lie in the patient, from what the catalog keeps of them (PS3.3 C.7.6.2, C.7.6.16.2.3, C.8.8.3.2)."""

from collections.abc import Iterator
from functools import lru_cache
from itertools import chain, repeat
from typing import Final, NamedTuple

from dicomgallery.dicom.frames.tables import FrameTable, Value
from dicomgallery.dicom.geometry import normal_of
from dicomgallery.dicom.health.findings import parsed

_DOSE_OFFSETS: Final = "vector-3004000c"

Numbers = tuple[float, ...]


class Where(NamedTuple):
    """The place of a frame; what is not known of it is None."""

    at: Numbers | None
    """Its first pixel, in mm."""
    axes: Numbers | None
    """The cosines of its rows, then of its columns."""


def wheres_of(table: FrameTable | None, position: str, orientation: str) -> Iterator[Where]:
    """Where each frame of an object lies, without end.

    `position` and `orientation` are the object's own, joined by backslashes; they go before those of its frames.
    """
    own, own_axes = parsed(position, 3), _axes(orientation)
    if table is None:
        yield from repeat(Where(own, own_axes))
        return
    positions = repeat(own) if own else _each(table, "position", 3)
    turned = repeat(own_axes) if own_axes else _each(table, "orientation", 6)
    for at, axes, offset in zip(positions, turned, _offsets(table), strict=False):
        normal = normal_of(axes) if axes else None
        if normal is None or at is None or not offset:
            yield Where(at, axes if normal else None)
        else:
            yield Where(tuple(one + offset * along for one, along in zip(at, normal, strict=True)), axes)


@lru_cache(maxsize=256)
def _axes(text: str) -> Numbers | None:
    """The cosines of rows and columns; None where they are no plane. The images of a stack share theirs."""
    found = parsed(text, 6)
    return found if found and normal_of(found) else None


def _each(table: FrameTable, key: str, count: int) -> Iterator[Numbers | None]:
    """The numbers of each frame; None where they are not so many."""
    fitting = (value if isinstance(value, tuple) and len(value) == count else None for value in _values(table, key))
    # Beyond the frames that are told nothing is known.
    return chain(fitting, repeat(None))


def _offsets(table: FrameTable) -> Iterator[float]:
    """How far each frame of a dose lies from the first, along its normal."""
    told = [value if isinstance(value, float) else 0.0 for value in _values(table, _DOSE_OFFSETS)]
    return chain((one - told[0] for one in told), repeat(0.0))


def _values(table: FrameTable, key: str) -> tuple[Value, ...]:
    if (column := table.column(key)) is not None:
        return column.values
    return next((shared.values * table.count for shared in table.shared if shared.key == key), ())
