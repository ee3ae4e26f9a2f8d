"""Frames as arrays of measured values, and where they lie.

`Pixels.values` is what `/series/<id>/viewer/frames.json` lists, in the same order, which is that of space where the
images say where they lie. Each frame comes as its stored values with slope, intercept and unit in a header of JSON:

    4 bytes   N, little endian
    N bytes   JSON
    pixels    row by row, little endian, the samples of a color beside each other

That is taken in place of the export as a volume since it is there at once, for any image, and nothing is resampled.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dicomgallery.client.connection import CONNECTIONS, Connection
from dicomgallery.client.errors import GalleryError
from dicomgallery.client.searching import Key, quoted

_TYPES: Final = frozenset({"uint8", "int8", "uint16", "int16", "uint32", "int32", "float32"})
_EVEN_MM: Final = 0.01
"""Steps from slice to slice that differ by no more are the same."""


@dataclass(frozen=True, slots=True, eq=False)
class Pixels:
    """Some frames of one shape."""

    values: NDArray[Any]
    """(frames, rows, columns) after slope and intercept or the modality LUT, in `unit`: float32, or float64 where the
    file has 32 bits. Of colors (frames, rows, columns, 3) in uint8, as on a screen."""
    unit: str
    """HU, for instance; empty where the file does not say."""
    places: tuple[tuple[int, int], ...]
    """Of each frame the row id of its image, and its number in it, from 1."""
    positions_mm: NDArray[np.float64] | None
    """(frames, 3): the center of the first pixel of each, in the patient: x to the left, y to the back, z to the head
    (PS3.3 C.7.6.2.1.1). None unless all of them say."""
    axes: NDArray[np.float64] | None
    """(frames, 2, 3): the directions along a row and along a column, of length 1."""
    row_mm: float | None
    """From one row to the next; None where nobody says, or not all the same."""
    column_mm: float | None
    notes: tuple[str, ...]
    """What there is to know of the values, in sentences."""

    @property
    def step_mm(self) -> NDArray[np.float64] | None:
        """(3,): from a frame to the next, in the patient; None unless they lie evenly and in parallel."""
        if self.positions_mm is None or self.axes is None or len(self.positions_mm) < 2:
            return None
        steps = np.diff(self.positions_mm, axis=0)
        step: NDArray[np.float64] = steps.mean(axis=0)
        is_even = np.abs(steps - step).max() <= _EVEN_MM and np.ptp(self.axes, axis=0).max() <= 1e-4
        return step if is_even and np.linalg.norm(step) > _EVEN_MM else None

    @property
    def spacing_mm(self) -> tuple[float, float, float] | None:
        """Between frames (along their normal), rows and columns, as the axes of `values` stand; None unless known."""
        step = self.step_mm
        if step is None or self.axes is None or self.row_mm is None or self.column_mm is None:
            return None
        between = abs(float(np.dot(np.cross(*self.axes[0]), step)))
        return between, self.row_mm, self.column_mm

    @property
    def affine(self) -> NDArray[np.float64] | None:
        """(4, 4): from (frame, row, column) to millimeters in the patient, as `positions_mm`; None unless even."""
        step = self.step_mm
        if step is None or self.axes is None or self.positions_mm is None or self.spacing_mm is None:
            return None
        _, row_mm, column_mm = self.spacing_mm
        along_row, along_column = self.axes[0]
        affine = np.eye(4)
        affine[:3] = np.column_stack([step, along_column * row_mm, along_row * column_mm, self.positions_mm[0]])
        return affine


def of_series(connection: Connection, series: Key, chosen: Callable[[int, int], bool], fill: float | None) -> Pixels:
    """The frames of a series whose image and number are chosen; GalleryError when they do not make one array."""
    listed = connection.told(f"/series/{quoted(series)}/viewer/frames.json")["frames"]
    frames = [one for one in listed if chosen(one["image"], one["frame"])]
    if not frames:
        raise GalleryError("There is no such frame: what has no pixels makes no array, and frames are counted from 1.")
    first = _asked(connection, frames[0])
    values = np.empty((len(frames), *first.stored.shape), first.measured_type)
    heads: list[Mapping[str, Any]] = [first.told] * len(frames)

    def put(number: int) -> None:
        body = first if number == 0 else _asked(connection, frames[number])
        if (body.stored.shape, body.measured_type) != (first.stored.shape, first.measured_type):
            raise GalleryError("These images differ in size or kind, and make no array. Ask for them one by one.")
        body.measure(values[number], fill)
        heads[number] = body.told

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        try:
            for _ in pool.map(put, range(len(frames))):
                pass
        finally:
            pool.shutdown(cancel_futures=True)
    return _pixels(values, frames, heads)


@dataclass(frozen=True, slots=True)
class _Body:
    """A frame as it came."""

    told: Mapping[str, Any]
    stored: NDArray[Any]

    @classmethod
    def parse(cls, data: bytes) -> "_Body":
        """Take a body apart; ValueError, KeyError or TypeError for what is none."""
        start = 4 + int.from_bytes(data[:4], "little")
        told = json.loads(data[4:start])
        if told["type"] not in _TYPES:
            raise ValueError(told["type"])
        shape = (told["rows"], told["columns"], told["samples"])[: 2 if told["samples"] == 1 else 3]
        stored = np.frombuffer(data, np.dtype(told["type"]).newbyteorder("<"), offset=start)
        return cls(told, stored.reshape(shape))

    @property
    def measured_type(self) -> type[np.generic]:
        """What holds the measured values without loss."""
        if self.stored.ndim == 3:
            return np.uint8
        return np.float64 if self.stored.dtype.kind in "iu" and self.stored.dtype.itemsize == 4 else np.float32

    def measure(self, into: NDArray[Any], fill: float | None) -> None:
        """Write the measured values; what the file calls padding becomes `fill`, where one is named."""
        if self.stored.ndim == 3:
            into[...] = self.stored
            return
        np.multiply(self.stored, self.told["slope"], out=into, casting="unsafe", dtype=into.dtype)
        into += self.told["intercept"]
        if fill is not None and self.told["padding"] is not None:
            least, most = self.told["padding"]
            into[(self.stored >= least) & (self.stored <= most)] = fill


def _asked(connection: Connection, frame: Mapping[str, Any]) -> _Body:
    answer = connection.get(frame["values"], accept="*/*")
    if "X-No-Picture" in answer.headers:
        # A drawing for people; the same request to the API is refused in words.
        query = {"frame": frame["frame"], "format": "values"}
        answer = connection.get(f"/api/v1/instances/{frame['image']}/picture", query, accept="*/*")
    try:
        return _Body.parse(answer.content)
    except (ValueError, KeyError, TypeError) as error:
        raise GalleryError("The gallery sent something that this client does not understand.") from error


def _pixels(values: NDArray[Any], frames: Sequence[Any], heads: Sequence[Mapping[str, Any]]) -> Pixels:
    units = {head["unit"] for head in heads}
    sizes = {(one["row_mm"], one["column_mm"]) for one in (head["calibration"] or _UNSAID for head in heads)}
    row_mm, column_mm = sizes.pop() if len(sizes) == 1 else (None, None)
    notes = dict.fromkeys(note for head in heads for note in head["notes"])
    if len(units) > 1:
        notes["The images do not all have the same unit"] = None
    is_placed = all(one["at"] and one["axes"] for one in frames)
    return Pixels(
        values,
        unit=units.pop() if len(units) == 1 else "",
        places=tuple((one["image"], one["frame"]) for one in frames),
        positions_mm=np.array([one["at"] for one in frames]) if is_placed else None,
        axes=np.array([one["axes"] for one in frames]).reshape(-1, 2, 3) if is_placed else None,
        row_mm=row_mm,
        column_mm=column_mm,
        notes=tuple(notes),
    )


_UNSAID: Final = {"row_mm": None, "column_mm": None}
