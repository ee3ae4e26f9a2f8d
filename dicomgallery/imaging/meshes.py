"""Triangles out of STL and OBJ files, as many as there are and no more than can be drawn."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dicomgallery.dicom.values import grouped
from dicomgallery.imaging.refusals import CannotRenderError, RenderReason

MOST_TRIANGLES: Final = 2_000_000
"""Of a binary file."""
MOST_WRITTEN: Final = 300_000
"""Of a file that spells its numbers, each of which costs a hundred times as much; triangles or points."""
FARTHEST: Final = 1e12
"""A coordinate beyond is none, in any unit."""

_STL_HEAD: Final = 84
_STL: Final = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("extra", "<u2")])
_NUMBER: Final = rb"([-+0-9.eE]{1,40})"
_VERTEX: Final = re.compile(rb"vertex\s{1,80}" + rb"\s{1,80}".join([_NUMBER] * 3))
_MOST_CORNERS: Final = 64

Triangles = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """Triangles in space."""

    triangles: Triangles
    """(count, corner, axis)"""
    count: int
    """As many as the file holds, also where fewer were read."""
    notes: tuple[str, ...] = ()

    @property
    def size(self) -> tuple[float, float, float]:
        """The box around it, in the units of the file."""
        flat = self.triangles.reshape(-1, 3)
        x, y, z = (float(side) for side in flat.max(axis=0).astype(float) - flat.min(axis=0))
        return x, y, z


def read_stl(data: bytes) -> Mesh:
    """Read binary or ASCII STL; CannotRenderError when it holds no triangle."""
    if data[:80].lstrip().startswith(b"solid") and b"facet" in data[:4096]:
        return _ascii_stl(data)
    present = max(0, len(data) - _STL_HEAD) // _STL.itemsize
    claimed = int.from_bytes(data[80:84], "little") if len(data) >= _STL_HEAD else 0
    count = min(claimed, present)
    notes = (f"It claims {grouped(claimed)} triangles and holds {grouped(present)}",) if claimed > present else ()
    read = np.frombuffer(data, _STL, min(count, MOST_TRIANGLES), _STL_HEAD) if count else np.zeros(0, _STL)
    return _mesh(read["corners"], count, notes)


def _ascii_stl(data: bytes) -> Mesh:
    corners = _numbers(match.groups() for match in islice(_VERTEX.finditer(data), MOST_WRITTEN * 3))
    whole = corners[: len(corners) // 3 * 3].reshape(-1, 3, 3)
    return _mesh(whole, max(len(whole), data.count(b"endfacet")))


def read_obj(data: bytes) -> Mesh:
    """Read the faces of a Wavefront OBJ, cut into triangles; CannotRenderError when it has none."""
    points = _numbers(_fields(data, b"v ", 3))
    faces: list[tuple[int, int, int]] = []
    seen = total = 0
    for line in data.splitlines():
        if line.startswith((b"v ", b"v\t")):
            seen += 1
        elif line.startswith((b"f ", b"f\t")):
            corners = _corners(line, seen)
            total += max(0, len(corners) - 2)
            if len(faces) < MOST_WRITTEN:
                # A face is convex, so a fan of triangles covers it.
                faces += [(corners[0], corners[at], corners[at + 1]) for at in range(1, len(corners) - 1)]
    index = np.array(faces[:MOST_WRITTEN], np.int64).reshape(-1, 3)
    known = ((index >= 0) & (index < len(points))).all(axis=1)
    notes = () if known.all() else ("Some of its faces have corners that it does not describe",)
    return _mesh(points[index[known]], total, notes)


def _fields(data: bytes, beginning: bytes, count: int) -> Iterator[tuple[bytes, ...]]:
    """The first fields of the lines that begin so, each line complete."""
    lines = (line.replace(b"\t", b" ") for line in data.splitlines() if line[:1] == beginning[:1])
    found = (tuple(line.split(None, count + 1)[1 : count + 1]) for line in lines if line.startswith(beginning))
    return islice(((*fields, *[b"nan"] * count)[:count] for fields in found), MOST_WRITTEN * 3)


def _corners(line: bytes, seen: int) -> list[int]:
    """The points of a face, from 0; a negative number counts back from the last point before it."""
    found = []
    for field in line.split()[1 : _MOST_CORNERS + 1]:
        text = field.partition(b"/")[0]
        number = int(text) if re.fullmatch(rb"-?[0-9]{1,9}", text) else 0
        found.append(number - 1 if number > 0 else seen + number if number < 0 else -1)
    return found


def _numbers(rows: Iterable[tuple[bytes, ...]]) -> NDArray[np.float32]:
    """Points of three numbers; what is no number is NaN."""
    values: list[tuple[float, ...]] = []
    for row in rows:
        try:
            values.append(tuple(float(field) for field in row))
        except ValueError:
            values.append((np.nan,) * 3)
    with np.errstate(over="ignore"):
        return np.array(values, np.float64).reshape(-1, 3).astype(np.float32)


def _mesh(triangles: Triangles, count: int, notes: tuple[str, ...] = ()) -> Mesh:
    with np.errstate(invalid="ignore"):
        good: NDArray[np.bool_] = np.all(np.abs(triangles) < FARTHEST, axis=(1, 2))
    if not good.all():
        notes = (*notes, f"{grouped(int((~good).sum()))} triangles have corners that are nowhere, and are left out")
        triangles = triangles[good]
    if not len(triangles):
        raise CannotRenderError(RenderReason.DAMAGED, "The model holds no triangle that could be drawn.")
    if count > len(good):
        notes = (*notes, f"The first {grouped(len(good))} are drawn")
    return Mesh(np.ascontiguousarray(triangles), count, notes)
