"""Building a volume: image by image into two files, a slab of levels at a time, so that memory stays bounded."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from dicomgallery.imaging import gray, presets
from dicomgallery.imaging.codecs import DECODER_TROUBLE
from dicomgallery.imaging.header import text
from dicomgallery.imaging.layout import Layout, layout_of
from dicomgallery.imaging.refusals import CannotRenderError, RenderReason
from dicomgallery.imaging.samples import frame_samples
from dicomgallery.imaging.source import Source, open_source
from dicomgallery.imaging.volumes.plan import Piece, Plan
from dicomgallery.imaging.volumes.volume import COLUMNS, MOST_WINDOWS, SLICES, NamedWindow, Numbers, Volume

SLAB_BYTES: Final = 4 << 20
"""A slab that fits the processor's caches is turned quicker, and tells of progress often."""
FEW: Final = 3
FEW_SHARE: Final = 0.05
"""So many images, or this share of them, may fail and leave a level empty; of more there is no volume."""
_SAMPLED_SIDE: Final = 48
_APART: Final = 16
"""Columns added to a level, so that its rows do not fall on the same places of the processor's caches."""
_CHOSEN: Final = (0.0, 1.0)


@dataclass(frozen=True, slots=True)
class Progress:
    """How many images are in."""

    done: int
    total: int


@dataclass(frozen=True, slots=True, eq=False)
class _Image:
    """One decoded image."""

    dataset: Dataset
    layout: Layout
    samples: NDArray[Any]
    modality: gray.Modality

    @property
    def scale(self) -> tuple[np.dtype[Any], float, float] | None:
        """The type of its numbers and what makes values of them; None when a line or 16 bits do not."""
        is_small = self.samples.dtype.kind in "iu" and self.samples.dtype.itemsize <= 2
        if not is_small or self.modality.table is not None:
            return None
        return self.samples.dtype.newbyteorder("="), self.modality.slope, self.modality.intercept


class _MixedError(Exception):
    """The images do not share one scale: their values must be kept, not their numbers."""


def build(plan: Plan, folder: Path) -> Iterator[Progress]:
    """Build a volume into a folder, telling how far it is; CannotRenderError when too little of it can be read.

    Stored numbers are kept as they are where all images share one scale, else values as float32.
    """
    try:
        yield from _Builder(plan, folder, is_exact=True).run()
    except _MixedError:
        yield from _Builder(plan, folder, is_exact=False).run()


class _Builder:
    def __init__(self, plan: Plan, folder: Path, *, is_exact: bool) -> None:
        self._plan = plan
        self._folder = folder
        self._is_exact = is_exact
        self._reader = _Reader(plan)
        self._failed_levels: set[int] = set()
        self._empty = set(range(plan.shape[0]))
        self._sampled: list[NDArray[np.float64]] = []
        self._middle: _Image | None = None
        self._first = self._first_readable()
        self._scale = self._first.scale if is_exact else None
        if is_exact and self._scale is None:
            raise _MixedError
        dtype, self._slope, self._intercept = self._scale or (np.dtype(np.float32), 1.0, 0.0)
        self._dtype: np.dtype[Any] = dtype
        lowest, highest = self._numbers(self._first).min(), self._numbers(self._first).max()
        self._fill = highest if _is_inverse(self._first) else lowest

    def run(self) -> Iterator[Progress]:
        plan, total = self._plan, len(self._plan.pieces)
        levels, rows, columns = plan.shape
        turned = _new(self._folder / COLUMNS, self._dtype, (columns, levels, rows))
        thick = max(1, min(64, SLAB_BYTES // (rows * columns * self._dtype.itemsize)))
        block = np.empty((thick, rows, columns), self._dtype)
        wide = np.empty((rows, columns + _APART), self._dtype)[:, :columns]
        done = 0
        with _opened_anew(self._folder / SLICES, self._dtype, plan.shape) as slices:
            for start in range(0, levels, thick):
                slab = block[: min(thick, levels - start)]
                done += self._fill_slab(slab, start, done)
                slices.write(np.ascontiguousarray(slab).data)
                _turn(slab, turned, start, wide)
                yield Progress(done, total)
        self._volume().write(self._folder)

    def _fill_slab(self, slab: Numbers, start: int, done: int) -> int:
        """Put the images of some levels in their places; gives how many."""
        pieces = [piece for piece in self._plan.pieces[done : done + len(slab)] if piece.level < start + len(slab)]
        if len(pieces) < len(slab) or slab.shape[1:] != self._first.samples.shape:
            slab.fill(self._fill)
        for piece in pieces:
            self._put(piece, slab[piece.level - start])
        return len(pieces)

    def _put(self, piece: Piece, level: Numbers) -> None:
        try:
            image = self._reader.image(piece)
            _check_fit(image.samples.shape, self._first.samples.shape, piece, level.shape)
        except CannotRenderError as failure:
            self._failed(piece, failure)
            level.fill(self._fill)
            return
        if self._scale is not None and image.scale != self._scale:
            raise _MixedError
        numbers = self._numbers(image)
        _place(numbers, piece, level)
        self._empty.discard(piece.level)
        down, across = (max(1, side // _SAMPLED_SIDE) for side in numbers.shape)
        self._sampled.append(numbers[::down, ::across].astype(np.float64).ravel() * self._slope + self._intercept)
        if self._middle is None or piece.level <= self._plan.shape[0] // 2:
            self._middle = image

    def _numbers(self, image: _Image) -> Numbers:
        if self._scale is not None:
            return image.samples
        return np.nan_to_num(image.modality.values(image.samples)).astype(np.float32)

    def _first_readable(self) -> _Image:
        for piece in self._plan.pieces:
            try:
                return self._reader.image(piece)
            except CannotRenderError as failure:
                self._failed(piece, failure)
        raise CannotRenderError(RenderReason.UNREADABLE, "None of its images can be read.")

    def _failed(self, piece: Piece, failure: CannotRenderError) -> None:
        self._failed_levels.add(piece.level)
        few = max(FEW, FEW_SHARE * len(self._plan.pieces))
        if len(self._failed_levels) > few or failure.reason is RenderReason.UNSUPPORTED:
            what = "make no volume" if failure.reason is RenderReason.UNSUPPORTED else "cannot be read"
            raise CannotRenderError(failure.reason, f"Its images {what}. {failure.detail}")

    def _volume(self) -> Volume:
        middle = self._middle or self._first
        modality = text(middle.dataset, "Modality")[:16]
        values = np.concatenate(self._sampled) if self._sampled else np.zeros(1)
        chosen = presets.choose(values, modality)
        black, white = (chosen.black, chosen.white) if chosen else _CHOSEN
        return Volume(
            shape=self._plan.shape,
            origin=self._plan.origin,
            steps=self._plan.steps,
            numbers=self._dtype.name,
            slope=self._slope,
            intercept=self._intercept,
            unit=middle.modality.unit,
            windows=_windows(middle),
            black=black,
            white=white,
            is_inverse=_is_inverse(middle),
            missing=tuple(sorted(self._empty)),
            failed=len(self._failed_levels),
            modality=modality,
        )


class _Reader:
    """Opens one file after another, and one that holds several frames once."""

    def __init__(self, plan: Plan) -> None:
        self._files = plan.files
        self._at = -1
        self._open: tuple[Source, Layout] | None = None

    def image(self, piece: Piece) -> _Image:
        """One image, decoded; CannotRenderError."""
        try:
            return self._decoded(*self._opened(piece.file), piece.frame)
        except CannotRenderError:
            raise
        except DECODER_TROUBLE as error:
            raise CannotRenderError(RenderReason.DAMAGED, "What it says of its pixels contradicts itself.") from error

    @staticmethod
    def _decoded(source: Source, layout: Layout, frame: int) -> _Image:
        if frame >= layout.frames:
            raise CannotRenderError(RenderReason.NO_SUCH_FRAME, "It has fewer frames than it says.")
        source.look_at(frame)
        decoded = frame_samples(source, layout, frame)
        samples = gray.without_unused_bits(decoded.samples, decoded.layout)
        if samples.ndim != 2 or decoded.layout.photometric == "PALETTE COLOR":
            raise CannotRenderError(RenderReason.UNSUPPORTED, "They are in color, and only values make a volume.")
        # The next frame's groups take the place of this one's.
        dataset = source.dataset[:] if layout.frames > 1 else source.dataset
        return _Image(dataset, decoded.layout, samples, gray.modality_of(dataset, layout))

    def _opened(self, file: int) -> tuple[Source, Layout]:
        if self._open is None or self._at != file:
            self._open = None
            source = open_source(Path(self._files[file]))
            layout = layout_of(source.dataset, source.element.numbers, source.transfer_syntax)
            self._open, self._at = (source, layout), file
        return self._open


def _check_fit(shape: tuple[int, ...], usual: tuple[int, ...], piece: Piece, level: tuple[int, ...]) -> None:
    """Refuse an image that is not as large as the others, or as its header says."""
    fits = int(piece.down) + shape[0] <= level[0] and int(piece.across) + shape[1] <= level[1]
    if shape != usual or not fits:
        raise CannotRenderError(RenderReason.MISMATCH, "The pixels of one are not as many as its header says.")


def _is_inverse(image: _Image) -> bool:
    shape = text(image.dataset, "PresentationLUTShape").upper()
    return image.layout.photometric == "MONOCHROME1" or shape == "INVERSE"


def _windows(image: _Image) -> tuple[NamedWindow, ...]:
    ways = islice(gray.vois_of(image.dataset, signed=image.layout.signed), MOST_WINDOWS)
    return tuple(
        NamedWindow(way.window.center, way.window.width, way.function.value, way.label[:64])
        for way in ways
        if way.window is not None
    )


def _opened_anew(path: Path, dtype: np.dtype[Any], shape: tuple[int, int, int]) -> BinaryIO:
    """A file of numbers to be written one after the other: half the time of a map."""
    path.unlink(missing_ok=True)
    file = path.open("wb")
    header = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)
    return file


def _new(path: Path, dtype: np.dtype[Any], shape: tuple[int, int, int]) -> Numbers:
    """A file of numbers, mapped; its room on the disk is taken first, since a map cannot say that there is none."""
    path.unlink(missing_ok=True)
    made = np.lib.format.open_memmap(path, mode="w+", dtype=dtype, shape=shape)
    if hasattr(os, "posix_fallocate"):
        fd = os.open(path, os.O_RDWR)
        try:
            os.posix_fallocate(fd, 0, path.stat().st_size)
        finally:
            os.close(fd)
    mapped: Numbers = made
    return mapped


def _turn(slab: Numbers, turned: Numbers, start: int, wide: Numbers) -> None:
    """Write a slab into the twin whose first axis are the columns."""
    # One level after the other: half again as fast as the slab at once. And by way of rows that do not begin a power
    # of two apart, whose columns the processor's caches can hold: three times as fast.
    for place, level in enumerate(slab, start):
        wide[...] = level
        turned[:, place, :] = wide.T


def _place(numbers: Numbers, piece: Piece, level: Numbers) -> None:
    """Put an image where it lies, between whole pixels by linear interpolation."""
    rows, columns = numbers.shape
    top, left = int(piece.down), int(piece.across)
    if piece.down == top and piece.across == left:
        level[top : top + rows, left : left + columns] = numbers
        return
    moved = _moved(_moved(numbers.astype(np.float32), piece.down - top, 0), piece.across - left, 1)
    if level.dtype.kind in "iu":
        np.rint(moved, out=moved)
    fitted = moved[: level.shape[0] - top, : level.shape[1] - left]
    level[top : top + fitted.shape[0], left : left + fitted.shape[1]] = fitted


def _moved(numbers: NDArray[np.float32], share: float, axis: int) -> NDArray[np.float32]:
    """Numbers moved on by a share of a step; the edge is carried on, and there is one row or column more."""
    ends: Sequence[tuple[int, int]] = [(1, 1) if side == axis else (0, 0) for side in (0, 1)]
    wide = np.pad(numbers, ends, mode="edge")
    before, here = (wide[:-1], wide[1:]) if axis == 0 else (wide[:, :-1], wide[:, 1:])
    return (here * np.float32(1 - share) + before * np.float32(share)).astype(np.float32)
