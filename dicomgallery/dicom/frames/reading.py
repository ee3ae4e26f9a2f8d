"""Reading the facts of every frame from a whole header; whatever the bytes, nothing is raised."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import accumulate, pairwise
from typing import Final

from pydicom.dataset import Dataset

from dicomgallery.dicom import elements
from dicomgallery.dicom.frames import dimensions
from dicomgallery.dicom.frames.fields import GROUPS, VECTORS, Field, Kind
from dicomgallery.dicom.frames.tables import Column, FrameTable, Value
from dicomgallery.dicom.geometry import FRAME_GROUPS, SHARED_GROUPS, dot, normal_of, plane_name
from dicomgallery.dicom.structure import name_of_tag
from dicomgallery.dicom.values import clean, grouped

MOST_FRAMES: Final = 10_000
LONGEST_TEXT: Final = 80
MOST_NUMBERS: Final = 10
_FRAME_TIME: Final = 0x00181063
_FRAME_TIME_VECTOR: Final = 0x00181065
_FIELDS: Final = {field.key: field for fields in GROUPS.values() for field in fields}
_INDEX: Final = "index"


def declared_frames(header: Dataset) -> int:
    """As many frames as a file says it has, at least 1."""
    return max(elements.whole(header, 0x00280008) or 1, 1)


def frames_of(header: Dataset, *, described: int = 0) -> FrameTable:
    """The facts of every frame of an object whose header was read with (5200,9230), or of a classic one.

    `described` is how many items that sequence has when it was too long to be read.
    """
    declared = declared_frames(header)
    count = min(declared, MOST_FRAMES)
    groups = elements.items(header, FRAME_GROUPS)
    left_out = []
    if declared > count:
        left_out.append(f"The first {grouped(count)} of its {grouped(declared)} frames are told here.")
    if described and not groups:
        left_out.append("What the file says of each frame is too long to be read; only what all share is told.")
    if groups and len(groups) != declared:
        left_out.append(f"The file has {grouped(declared)} frames, but describes {grouped(len(groups))}.")
    found = _found(header, groups[:count], count)
    names = dimensions.names_of(header)
    indexes = found.pop(_INDEX, None)
    columns = [Column(key, _FIELDS[key].label, _FIELDS[key].unit, tuple(found[key])) for key in _FIELDS if key in found]
    columns = [*_along(found), *_segments(header, columns), *_classic(header, count)]
    columns += _indexed(indexes, names, {column.values for column in columns})
    return FrameTable(
        count=count,
        columns=tuple(column for column in columns if _differs(column)),
        shared=tuple(_single(column) for column in columns if not _differs(column) and column.values[0] is not None),
        order=dimensions.order_of(header, names, is_sorted=_is_sorted(indexes or ())),
        left_out=tuple(left_out),
    )


def _found(header: Dataset, groups: Sequence[Dataset], count: int) -> dict[str, list[Value]]:
    """The values of each attribute that any frame has, its own before those that all share."""
    common = dict(_told(next(iter(elements.items(header, SHARED_GROUPS)), None)))
    found: dict[str, list[Value]] = {key: [value] * count for key, value in common.items()}
    for place, group in enumerate(groups):
        for key, value in _told(group):
            found.setdefault(key, [None] * count)[place] = value
    return found


def _told(group: Dataset | None) -> Iterator[tuple[str, Value]]:
    """The attributes of one item of functional groups."""
    for way, fields in GROUPS.items() if group is not None else ():
        holder = group
        for sequence in way:
            holder = next(iter(elements.items(holder, sequence)), None) if holder is not None else None
        if holder is None:
            continue
        for field in fields:
            if (value := _value(holder, field)) is not None:
                yield field.key, value


def _value(holder: Dataset, field: Field) -> Value:
    match field.kind:
        case Kind.NUMBER:
            number = elements.number(holder, field.tag)
            return None if number is None else float(number)
        case Kind.NUMBERS:
            several = tuple(float(one) for one in elements.numbers(holder, field.tag)[:MOST_NUMBERS])
            return several[0] if len(several) == 1 and field.key != _INDEX else several or None
        case Kind.WORDS:
            words = clean(elements.text(holder, field.tag)).replace("_", " ").replace("\\", ", ").lower()
            return words[:LONGEST_TEXT] or None
    return clean(elements.text(holder, field.tag)).replace("\\", ", ")[:LONGEST_TEXT] or None


def _along(found: Mapping[str, Sequence[Value]]) -> list[Column]:
    """Where each frame lies along its normal, and the plane it lies in."""
    positions, turned = found.get("position"), found.get("orientation")
    if turned is None:
        return []
    planes = tuple(plane_name(one) or None if isinstance(one, tuple) else None for one in turned)
    columns = [Column("plane", "Plane", "", planes)]
    if positions is not None:
        places = tuple(_place(*pair) for pair in zip(positions, turned, strict=True))
        columns.insert(0, Column("along", "Position", "mm", places))
    return columns


def _place(position: Value, turned: Value) -> float | None:
    if not isinstance(position, tuple) or not isinstance(turned, tuple) or len(position) != 3 or len(turned) != 6:
        return None
    normal = normal_of(turned)
    return None if normal is None else round(dot(position, normal), 4) + 0.0


def _segments(header: Dataset, columns: Sequence[Column]) -> Iterator[Column]:
    """The columns, segments with what the file calls them (PS3.3 C.8.20.2)."""
    names = {
        elements.number(item, 0x00620004): clean(elements.first(item, 0x00620005))[:LONGEST_TEXT]
        for item in elements.items(header, 0x00620002)[:MOST_FRAMES]
    }
    for column in columns:
        if column.key != "segment" or not names:
            yield column
            continue
        named = (f"{one:g} {names.get(one, '')}".strip() if isinstance(one, float) else None for one in column.values)
        yield Column(column.key, column.label, column.unit, tuple(named))


def _indexed(
    indexes: Sequence[Value] | None, names: Sequence[str], known: Collection[tuple[Value, ...]]
) -> Iterator[Column]:
    """A column for each dimension, of the numbers by which frames are indexed, unless one says just that already."""
    if indexes is None:
        return
    most = max((len(one) for one in indexes if isinstance(one, tuple)), default=0)
    for place in range(most):
        name = names[place] if place < len(names) else f"dimension {place + 1}"
        values = tuple(one[place] if isinstance(one, tuple) and place < len(one) else None for one in indexes)
        column = Column(f"index-{place + 1}", f"Index: {name}", "", values)
        if _differs(column) and values not in known:
            yield column


def _is_sorted(indexes: Sequence[Value]) -> bool:
    told = [one for one in indexes if isinstance(one, tuple)]
    return all(one <= other for one, other in pairwise(told))


def _classic(header: Dataset, count: int) -> Iterator[Column]:
    """What the frames of an object without functional groups step through (PS3.3 C.7.6.5, C.7.6.6)."""
    pointed = dimensions.tags_in(header, 0x00280009)
    steps = elements.numbers(header, _FRAME_TIME_VECTOR)
    if len(steps) >= count and (_FRAME_TIME_VECTOR in pointed or not pointed):
        # Each is the time since the frame before; the first is nothing.
        times = accumulate(steps[1:count], initial=0.0)
        yield Column("time", "Time", "ms", tuple(round(time, 4) for time in times))
    elif (step := elements.number(header, _FRAME_TIME)) is not None and step > 0:
        yield Column("frame-time", "Frame time", "ms", (float(step),))
        yield Column("time", "Time", "ms", tuple(round(place * step, 4) for place in range(count)))
    for tag in pointed:
        if tag in (_FRAME_TIME, _FRAME_TIME_VECTOR):
            continue
        label, unit = VECTORS.get(tag, (name_of_tag(tag), ""))
        values: Sequence[Value] = elements.numbers(header, tag) or [
            clean(text)[:LONGEST_TEXT] for text in elements.texts(header, tag)[:count]
        ]
        if label and len(values) >= count:
            yield Column(f"vector-{tag:08x}", label, unit, tuple(_plain(value) for value in values[:count]))


def _plain(value: Value) -> Value:
    return float(value) if isinstance(value, int | float) else value


def _differs(column: Column) -> bool:
    return any(value != column.values[0] for value in column.values)


def _single(column: Column) -> Column:
    return Column(column.key, column.label, column.unit, column.values[:1])
