"""Lines of writing in a gray picture, found by what glyphs have in common; needs nothing but numpy."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dicomgallery.dicom.boxes import Box
from dicomgallery.imaging.writing import Line

Gray = NDArray[np.uint8]
_Whole = NDArray[Any]

_STROKE: Final = 15
"""Anything wider than this many pixels is no stroke of a letter."""
_TILE: Final = 64
_LEAST_CONTRAST: Final = 36.0
_HEIGHTS: Final = (5, 48)
_LEAST_INK: Final = 30
_LEAST_AT_SMALLER: Final = 12
"""What is lower in a smaller picture is seen better in the larger one."""
_LEAST_OF_SPOTS: Final = 10
"""The letters of the smallest writing are spots too."""
_MOST_STEPS: Final = 4
_MOST_RUNS: Final = 400_000
_LEAST_GLYPHS: Final = 3


def lines(gray: Gray) -> list[Line]:
    """The lines of writing in a picture, bright on dark and dark on bright, small ones and large ones."""
    found: list[Line] = []
    scale = 1
    while min(gray.shape) >= 24 and scale <= 8:
        for polarity in (gray, 255 - gray):
            least = _HEIGHTS[0] if scale == 1 else _LEAST_AT_SMALLER
            found += [Line(_scaled(line.box, scale), line.confidence) for line in _bright_lines(polarity, least)]
        rows, columns = (side // 2 * 2 for side in gray.shape)
        halves = gray[:rows, :columns].reshape(rows // 2, 2, columns // 2, 2)
        gray, scale = halves.mean(axis=(1, 3)).astype(np.uint8), scale * 2
        if scale > 2 and max(gray.shape) < 512:
            break
    return found


def _scaled(box: Box, scale: int) -> Box:
    return Box(*(side * scale for side in box))


def _bright_lines(gray: Gray, least: int) -> list[Line]:
    strokes = gray - _opened(gray, _STROKE)
    mask = strokes > _threshold(strokes)
    parts = _components(mask, gray)
    if parts is None:
        return []
    heights, widths = parts.bottom - parts.top, parts.right - parts.left
    fill = parts.area / (heights * widths)
    is_glyph = (heights >= least) & (heights <= _HEIGHTS[1]) & (widths <= 12 * heights) & (fill > 0.12)
    # Of a touching word much is empty; of a bar or a dot nothing is.
    is_glyph &= (fill < 0.95) | (widths * 2 < heights)
    inked = (line for line in _grouped(parts.of(is_glyph)) if _is_inked(line.box, gray, mask))
    return [Line(_reached(line.box, gray, mask), line.confidence) for line in inked]


def _opened(gray: Gray, size: int) -> Gray:
    """The picture without bright spots narrower than `size`, as brightest of the darkest around each pixel."""
    return _spread(_spread(gray, size, np.minimum), size, np.maximum)


def _spread(gray: Gray, size: int, pick: Any) -> Gray:
    for axis in (0, 1):
        half = size // 2
        edges = [(half, half) if each == axis else (0, 0) for each in (0, 1)]
        padded = np.pad(gray, edges, mode="edge")
        reach = 1
        # Twice as far with each step.
        while reach < size:
            step = min(reach, size - reach)
            length = padded.shape[axis] - step
            padded = pick(_part(padded, axis, 0, length), _part(padded, axis, step, length))
            reach += step
        gray = padded
    return gray


def _part(array: _Whole, axis: int, begin: int, length: int) -> _Whole:
    return array[begin : begin + length] if axis == 0 else array[:, begin : begin + length]


def _threshold(strokes: Gray) -> NDArray[np.float32]:
    """How bright a stroke must be to stand out of what is around it."""
    rows, columns = strokes.shape
    high, wide = -(-rows // _TILE), -(-columns // _TILE)
    padded = np.pad(strokes, ((0, high * _TILE - rows), (0, wide * _TILE - columns)), mode="symmetric")
    tiles = padded.reshape(high, _TILE, wide, _TILE).transpose(0, 2, 1, 3).reshape(high, wide, -1)
    middle, upper = np.percentile(tiles, (50, 75), axis=2)
    levels = np.maximum(middle + 4 * (upper - middle), _LEAST_CONTRAST).clip(max=200).astype(np.float32)
    whole: NDArray[np.float32] = levels.repeat(_TILE, 0).repeat(_TILE, 1)[:rows, :columns]
    return whole


@dataclass(frozen=True, slots=True)
class _Parts:
    """Connected pixels, each row of the arrays one component."""

    left: _Whole
    top: _Whole
    right: _Whole
    bottom: _Whole
    area: _Whole
    brightest: _Whole

    def of(self, chosen: _Whole) -> "_Parts":
        """Some of them."""
        sides = self.left[chosen], self.top[chosen], self.right[chosen], self.bottom[chosen]
        return _Parts(*sides, self.area[chosen], self.brightest[chosen])


def _components(mask: NDArray[np.bool_], gray: Gray) -> _Parts | None:
    edges = np.diff(np.pad(mask, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    row, begin = np.nonzero(edges == 1)
    end = np.nonzero(edges == -1)[1]
    count = row.size
    if not 0 < count <= _MOST_RUNS:
        return None
    width = mask.shape[1] + 2
    # Runs of the next row that touch, corners too, lie beside each other in the list.
    first = np.searchsorted(row * width + end, (row + 1) * width + begin, "left")
    last = np.searchsorted(row * width + begin, (row + 1) * width + end, "right")
    many = np.maximum(last - first, 0)
    one = np.repeat(np.arange(count), many)
    other = np.arange(one.size) - np.repeat(many.cumsum() - many, many) + np.repeat(first, many)
    label = _joined(count, one, other)
    names, label = np.unique(label, return_inverse=True)
    size = names.size
    length = end - begin
    starts = row * mask.shape[1] + begin
    bounds = np.stack([starts, starts + length], 1).ravel()
    brightest = np.maximum.reduceat(np.append(gray.ravel(), np.uint8(0)), bounds)[::2]
    return _Parts(
        _least(label, begin, size), _least(label, row, size), _most(label, end, size), _most(label, row + 1, size),
        np.bincount(label, length, size), _most(label, brightest, size),
    )  # fmt: skip


def _joined(count: int, one: _Whole, other: _Whole) -> _Whole:
    """The least number of all that hang together, for each of `count` things and these pairs of them."""
    label = np.arange(count)
    while True:
        least = np.minimum(label[one], label[other])
        after = label.copy()
        np.minimum.at(after, one, least)
        np.minimum.at(after, other, least)
        after = after[after]
        if np.array_equal(after, label):
            return label
        label = after


def _least(label: _Whole, values: _Whole, size: int) -> _Whole:
    found = np.full(size, np.iinfo(np.int64).max)
    np.minimum.at(found, label, values)
    return found


def _most(label: _Whole, values: _Whole, size: int) -> _Whole:
    found = np.zeros(size, np.int64)
    np.maximum.at(found, label, values)
    return found


def _grouped(parts: _Parts) -> list[Line]:
    """Glyphs of one height and one brightness beside each other."""
    order = np.argsort(parts.left, kind="stable")
    parts = parts.of(order)
    count = parts.left.size
    one, other = [], []
    heights = parts.bottom - parts.top
    for index in range(count):
        last = np.searchsorted(parts.left, parts.right[index] + 1.2 * heights[index], "right")
        near = np.arange(index + 1, last)
        if near.size == 0:
            continue
        overlap = np.minimum(parts.bottom[near], parts.bottom[index]) - np.maximum(parts.top[near], parts.top[index])
        low, high = np.minimum(heights[near], heights[index]), np.maximum(heights[near], heights[index])
        alike = (overlap * 2 >= low) & (high <= 2.2 * low) & (parts.left[near] - parts.right[index] <= 1.2 * high)
        near = near[alike & (np.abs(parts.brightest[near] - parts.brightest[index]) <= 30)]
        one += [index] * near.size
        other += near.tolist()
    label = _joined(count, np.array(one, int), np.array(other, int))
    found = (_line(parts.of(np.nonzero(label == name)[0])) for name in np.unique(label[one] if one else []))
    return [line for line in found if line is not None]


def _is_inked(box: Box, gray: Gray, mask: NDArray[np.bool_]) -> bool:
    """Whether a box holds ink of one tone with sharp edges, as only drawing makes it, on something else."""
    place = np.s_[box.top : box.bottom, box.left : box.right]
    held, ink = gray[place].astype(np.int16), mask[place]
    tone, ground = float(np.percentile(held[ink], 95)), float(np.median(held[~ink])) if not ink.all() else 0.0
    contrast = tone - ground
    if contrast < _LEAST_INK:
        return False
    pure = float((held[ink] >= tone - 14).mean())
    between = float(((held > ground + contrast / 4) & (held < tone - contrast / 4)).mean())
    steps = float(np.percentile(np.abs(np.diff(held, axis=1)), 95)) / contrast
    # Tissue changes slowly; mere noise has steps beyond its own tones, and as many tones between as ink.
    return pure >= 0.18 and 0.5 <= steps <= 1.35 and between <= (0.25 if steps <= 1.15 else 0.18)


def _reached(box: Box, gray: Gray, mask: NDArray[np.bool_]) -> Box:
    """A line with what its ends have lost: letters behind a hyphen, or behind a wide space."""
    left, top, right, bottom = box
    high = bottom - top
    tone = int(np.percentile(gray[top:bottom, left:right][mask[top:bottom, left:right]], 95)) - _LEAST_INK
    columns: NDArray[np.bool_] = np.any(mask[top:bottom] & (gray[top:bottom] >= tone), axis=0)
    for _ in range(_MOST_STEPS):
        ahead = np.nonzero(columns[right : right + 2 * high])[0]
        behind = np.nonzero(columns[max(left - 2 * high, 0) : left])[0]
        if not ahead.size and not behind.size:
            break
        right += int(ahead[-1]) + 1 if ahead.size else 0
        left = max(left - 2 * high, 0) + int(behind[0]) if behind.size else left
    return Box(left, top, right, bottom)


def _line(glyphs: _Parts) -> Line | None:
    heights = glyphs.bottom - glyphs.top
    box = Box(int(glyphs.left.min()), int(glyphs.top.min()), int(glyphs.right.max()), int(glyphs.bottom.max()))
    high, wide = box.bottom - box.top, box.right - box.left
    middle = float(np.median(heights))
    # A touching word counts as the letters that fit in it.
    letters = float(np.maximum((glyphs.right - glyphs.left) / (0.8 * heights), 1).sum())
    if letters < _LEAST_GLYPHS or wide < 1.6 * high or high > 2.2 * middle:
        return None
    spread = float(np.std(heights)) / middle
    tone = float(np.std(glyphs.brightest)) / 255
    filled = float(glyphs.area.sum()) / (high * wide)
    if not 0.08 < filled < 0.75 or _are_spots(glyphs):
        return None
    confidence = max(0.0, 1 - 1.2 * spread - 6 * tone) * min(1.0, letters / 6)
    return Line(box, round(confidence, 3))


def _are_spots(glyphs: _Parts) -> bool:
    """Whether these are spots in a row: of the box around a letter ink fills less, and letters are not all alike."""
    heights, widths = glyphs.bottom - glyphs.top, glyphs.right - glyphs.left
    fullness = float(np.median(glyphs.area / (heights * widths)))
    if float(np.median(heights)) >= _LEAST_OF_SPOTS and fullness > 0.7:
        return True
    alike = float(np.std(widths) / np.mean(widths)) < 0.15 and float(np.std(glyphs.area) / np.mean(glyphs.area)) < 0.3
    return heights.size <= 4 and fullness >= 0.58 and alike
