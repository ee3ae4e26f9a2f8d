"""What differs between two instances, between two series, and within one."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

import orjson
from pydicom.dataset import Dataset

from dicomgallery.access import Actor, Permission, Scope, demand
from dicomgallery.catalog import headers, instances, series
from dicomgallery.catalog.batches import batches
from dicomgallery.dicom.differences import Difference, differences, side_by_side
from dicomgallery.dicom.paths import Path, parse_path
from dicomgallery.dicom.reader import PYDICOM_TROUBLE, UnreadableError
from dicomgallery.dicom.spreads import Apart, Spread, Spreads, apart
from dicomgallery.dicom.told import Model, Told, summed, told_at
from dicomgallery.services import indexing, inspecting

MOST_IMAGES: Final = 5_000
"""Of a longer series, the headers of the first images are looked at."""
MOST_READ_NOW: Final = 300
"""So many headers that the gallery has not kept yet are read from their files; it takes some milliseconds each."""
_AT_ONCE: Final = 100
NUMBER: Final = 0x00200013
PIXEL_KEYS: Final = ("7FE00008", "7FE00009", "7FE00010")


class Pixels(StrEnum):
    """How the pixel data of two files compare."""

    NONE = "none"
    SAME = "same"
    DIFFER = "differ"
    UNREAD = "unread"
    """Of a file over `inspecting.MOST_READ_BYTES` only the header is read."""


@dataclass(frozen=True, slots=True)
class InstancesApart:
    """The elements of two files."""

    rows: Sequence[Difference]
    pixels: Pixels


@dataclass(frozen=True, slots=True)
class Looked:
    """How much of a series was looked at."""

    images: int
    """Shown in it."""
    left_out: int
    """Behind the first `MOST_IMAGES`."""
    unread: int
    """Among the first, those whose header the gallery has not read yet, or cannot."""


@dataclass(frozen=True, slots=True)
class SeriesApart:
    """Each element of two series."""

    rows: Sequence[Apart]
    before: Looked
    after: Looked


@dataclass(frozen=True, slots=True)
class Matrix:
    """The elements that vary in a series, and its images in space."""

    columns: Sequence[Spread]
    ids: Sequence[int]
    looked: Looked
    _paths: Sequence[Path] = field(default=(), repr=False)

    def rows(self, scope: Scope, ids: Sequence[int]) -> list[tuple[int, list[Told | None]]]:
        """What these images say in each column; nothing at all where a header is not read."""
        found = headers_of(scope, ids)
        return [(one, [told_at(found.get(one, {}), path) for path in self._paths]) for one in ids]


def instances_apart(before_id: int, after_id: int, *, actor: Actor, everything: bool = False) -> InstancesApart:
    """The elements of two files that differ, or all of them, bytes by their hash; NotFoundError without either."""
    before, after = _model(before_id, actor), _model(after_id, actor)
    rows = side_by_side(before, after) if everything else differences(before, after)
    has_pixels = [one.has_pixels for one in instances.rows_of(actor.scope, [before_id, after_id])]
    return InstancesApart(rows, _pixels(before, after) if any(has_pixels) else Pixels.NONE)


def series_apart(before_id: int, after_id: int, *, actor: Actor) -> SeriesApart:
    """What the headers of two series say; NotFoundError without either."""
    demand(actor, Permission.VIEW)
    (before, looked), (after, also_looked) = (_spreads(one, actor.scope) for one in (before_id, after_id))
    return SeriesApart(apart(before, after), looked, also_looked)


def headers_of(scope: Scope, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """The headers of these images; some that are not kept yet are read from their files, others are left out."""
    found = headers.of(scope, ids)
    return found | _read_now(scope, [one for one in ids if one not in found][:MOST_READ_NOW])


def said_in(told: Told | None) -> str:
    """What a cell of a table says of an element: as the file has it, or in words where it is no text."""
    return "" if told is None else told.raw or told.words


def matrix_of(series_id: int, *, actor: Actor) -> Matrix:
    """What varies over the images of a series, first by which it is counted; NotFoundError without it."""
    demand(actor, Permission.VIEW)
    spreads, looked = _spreads(series_id, actor.scope)
    columns = sorted(spreads.varying(), key=_place)
    named = [(one, path) for one in columns if (path := parse_path(one.path)) is not None]
    ids = instances.ordered(actor.scope, [series_id]).get(series_id, [])
    return Matrix([one for one, _ in named], ids, looked, [path for _, path in named])


def _place(one: Spread) -> tuple[int, str]:
    """The number first, for so people speak of an image; UIDs last, for nobody reads them."""
    if one.tag == NUMBER and not one.within:
        return 0, one.path
    return 2 if any(said is not None and said.vr == "UI" for said in one.counts) else 1, one.path


def _model(instance_id: int, actor: Actor) -> Model:
    dataset = inspecting.content_of(instance_id, actor=actor).dataset
    return summed(getattr(dataset, "file_meta", None) or Dataset()) | summed(dataset)


def _pixels(before: Model, after: Model) -> Pixels:
    ours, theirs = ([one[key] for key in PIXEL_KEYS if key in one] for one in (before, after))
    if not ours and not theirs:
        return Pixels.UNREAD
    return Pixels.SAME if ours == theirs else Pixels.DIFFER if ours and theirs else Pixels.UNREAD


def _spreads(series_id: int, scope: Scope) -> tuple[Spreads, Looked]:
    """The headers of a series, some in memory at a time."""
    found = series.by_id(scope, series_id)
    ids = instances.ordered(scope, [found.id]).get(found.id, [])
    spreads = Spreads()
    for header in _headers(scope, ids[:MOST_IMAGES]):
        spreads.add(header)
    looked = min(len(ids), MOST_IMAGES)
    return spreads, Looked(len(ids), len(ids) - looked, looked - spreads.total)


def _headers(scope: Scope, ids: Sequence[int]) -> Iterator[Model]:
    now = MOST_READ_NOW
    for some in batches(ids, _AT_ONCE):
        found = headers.of(scope, some)
        missing = [one for one in some if one not in found][:now]
        now -= len(missing)
        found |= _read_now(scope, missing)
        yield from (found[one] for one in some if one in found)


def _read_now(scope: Scope, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """The headers of files that came a moment ago, from the files; what cannot be read is left out."""
    found = {}
    for instance_id, sha256 in instances.blobs_of(scope, ids).items():
        with suppress(UnreadableError, *PYDICOM_TROUBLE):
            found[instance_id] = orjson.loads(indexing.header_of(sha256))
    return found
