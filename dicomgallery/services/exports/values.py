"""The values of a volume as NIfTI or NumPy: read from the map on the disk a few levels at a time, never as a whole."""

import io
import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from isal import isal_zlib
from numpy.typing import NDArray

from dicomgallery.errors import RefusedError
from dicomgallery.imaging.exports import nifti
from dicomgallery.imaging.volumes.volume import SLICES, Volume
from dicomgallery.services import zipping
from dicomgallery.services.exports.asked import Kind
from dicomgallery.services.exports.sources import volume_of
from dicomgallery.services.exports.workshop import Made, Workshop
from dicomgallery.services.zipping import LARGE_BYTES, Entry

_LEVEL: Final = 2
"""Of isal's 0 to 3."""
_GZIP: Final = zlib.MAX_WBITS | 16
_NEAR_MM: Final = 0.01
_SHOWN: Final = "Each position was imaged"
"""So a note of a grid begins that names one time point, where all of them are taken."""


@dataclass(frozen=True, slots=True)
class _Series:
    """The volumes of a series, one for each of its time points."""

    work: Workshop
    volumes: Sequence[Volume]
    notes: tuple[str, ...]

    @property
    def first(self) -> Volume:
        """The volume that stands for the shape of all."""
        return self.volumes[0]

    @property
    def numbers(self) -> str:
        """The type of the numbers that leave: those on the disk where all volumes share one scale, else values."""
        is_one = len({(one.numbers, one.slope, one.intercept) for one in self.volumes}) == 1
        return self.first.numbers if is_one else "float32"

    @property
    def scale(self) -> tuple[float, float]:
        """What makes values of the numbers that leave."""
        is_one = len({(one.numbers, one.slope, one.intercept) for one in self.volumes}) == 1
        return (self.first.slope, self.first.intercept) if is_one else (1.0, 0.0)

    def chunks(self, *, as_values: bool) -> Iterator[bytes]:
        """The numbers of all volumes, or their values as float32, one time point after another."""
        levels = self.first.shape[0]
        total = levels * len(self.volumes)
        for place, volume in enumerate(self.volumes):
            # Asked for again: of many time points the cache may have dropped one meanwhile.
            ready = volume_of(self.work.series_id, place + 1, lambda _done, _total: None)
            mapped = volume.array(ready.folder, SLICES)
            many = max(1, (4 << 20) // max(1, mapped[0].nbytes))
            for start in range(0, levels, many):
                some = mapped[start : start + many]
                yield from nifti.chunks(_values(some, volume) if as_values else some)
                self.work.tell(place * levels + start, total)


def make(work: Workshop) -> Made:
    """The file of values asked for; RefusedError in words when the series makes no volume."""
    first = volume_of(work.series_id, 1, work.tell)
    times = max(1, len(first.grid.sets))
    rest = [volume_of(work.series_id, number, work.tell) for number in range(2, times + 1)]
    if any(not _lies_on(first.volume, other.volume) for other in rest):
        raise RefusedError("Its time points do not lie on one grid, so they make no volume with a time axis.")
    notes = tuple(note for note in first.grid.notes if times == 1 or not note.startswith(_SHOWN))
    volumes = [first.volume, *(other.volume for other in rest)]
    series = _Series(work, volumes, notes)
    made = _nifti(series) if work.asked.kind is Kind.NIFTI else _numpy(series)
    lacking = sum(volume.failed for volume in volumes)
    told = (f"{lacking} of its images could not be read and are left empty.",) if lacking else ()
    return Made(made.path, (*made.remarks, *told, *notes))


def _nifti(series: _Series) -> Made:
    first, (slope, intercept), times = series.first, series.scale, len(series.volumes)
    try:
        header = nifti.header(first, times, series.numbers, slope, intercept)
    except ValueError as error:
        raise RefusedError(str(error)) from error
    path = series.work.folder / "volume.nii.gz"
    as_values = series.numbers != first.numbers or series.scale != (first.slope, first.intercept)
    series.work.write(path, _packed(header, series.chunks(as_values=as_values)))
    levels, rows, columns = first.shape
    size = " \N{MULTIPLICATION SIGN} ".join(str(side) for side in (columns, rows, levels, *([times] * (times > 1))))
    return Made(path, (f"{size} voxels; values{f' in {first.unit}' if first.unit else ''} after the rescale.",))


def _packed(header: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The bytes as gzip, without a name or a time in it."""
    packer = isal_zlib.compressobj(_LEVEL, isal_zlib.DEFLATED, _GZIP)
    yield packer.compress(header)
    for chunk in chunks:
        yield packer.compress(chunk)
    yield packer.flush()


def _numpy(series: _Series) -> Made:
    first, times = series.first, len(series.volumes)
    is_plain = series.scale == (1.0, 0.0)
    dtype = np.dtype(series.numbers if is_plain else np.float32).newbyteorder("<")
    shape = (times, *first.shape) if times > 1 else first.shape
    head = _npy_header(shape, dtype)
    size_bytes = len(head) + int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
    about = json.dumps(_about(series, shape, dtype), indent=2).encode() + b"\n"

    def read() -> Iterator[bytes]:
        yield head
        yield from series.chunks(as_values=not is_plain or series.numbers != first.numbers)

    values = Entry("values.npy", size_bytes, read)
    if size_bytes <= LARGE_BYTES:
        # Small entries are read in other threads, which have no database.
        data = b"".join(read())
        values = Entry("values.npy", size_bytes, lambda: iter([data]))
    header = Entry("header.json", len(about), lambda: iter([about]))
    path = series.work.folder / "values.zip"
    series.work.write(path, zipping.stream([header, values], deflate=True))
    words = " \N{MULTIPLICATION SIGN} ".join(str(side) for side in shape)
    return Made(path, (f"{words} values as {dtype.name}{f', in {first.unit}' if first.unit else ''}.",))


def _npy_header(shape: tuple[int, ...], dtype: np.dtype[Any]) -> bytes:
    made = io.BytesIO()
    described = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(made, described)
    return made.getvalue()


def _about(series: _Series, shape: tuple[int, ...], dtype: np.dtype[Any]) -> dict[str, Any]:
    first = series.first
    affine = np.eye(4)
    for place, vector in enumerate((*first.steps, first.origin)):
        affine[:3, place] = vector
    return {
        "file": "values.npy",
        "shape": shape,
        "dtype": dtype.name,
        "axes": [*(["time"] if len(shape) == 4 else []), "level", "row", "column"],
        "spacing_mm": [round(float(np.linalg.norm(step)), 6) for step in first.steps],
        "affine": affine.tolist(),
        "affine_is": "from (level, row, column), counted from 0, to mm in the patient as DICOM has them: "
        "x to the left, y to the back, z to the head",
        "unit": first.unit,
        "empty_levels": first.missing,
        "notes": series.notes,
    }


def _values(numbers: NDArray[Any], volume: Volume) -> NDArray[np.float32]:
    return (numbers.astype(np.float64) * volume.slope + volume.intercept).astype(np.float32)


def _lies_on(one: Volume, other: Volume) -> bool:
    here, there = ([*volume.steps, volume.origin] for volume in (one, other))
    return one.shape == other.shape and bool(np.allclose(here, there, rtol=0, atol=_NEAR_MM))
