"""Lines through many samples, no more of them than can be seen; needs neither numpy nor the sandbox."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

Run = list[tuple[float, float]]
"""Points without a gap: the place among the samples, and the stored number."""

_MOST_FAR: Final = 100_000
"""No coordinate of a drawing lies beyond; SVG readers need not cope with more."""

_MOST_LEVELS: Final = 3
"""Numbers of marks one above another."""


@dataclass(frozen=True, slots=True)
class Line:
    """A path of a drawing."""

    kind: str
    """What it is, as its class in the page: "trace", "pulse", "divide", "level", "coarse", "fine", "mark"."""
    path: str


@dataclass(frozen=True, slots=True)
class Label:
    """A word in a drawing."""

    kind: str
    text: str
    x: int
    y: int
    anchor: str = "start"


@dataclass(frozen=True, slots=True)
class Drawing:
    """Lines and words on a sheet, in whole steps; `steps` of them are one unit of the page."""

    width: int
    height: int
    unit: str
    """"mm" of a paper with a scale, "px" of others."""
    steps: int
    lines: tuple[Line, ...]
    labels: tuple[Label, ...]

    @property
    def fit(self) -> str:
        """How it takes its place on a page: "wide" is scrolled, "small" stays as it is, "page" fills what there is."""
        size = self.width / self.steps
        if self.unit == "mm":
            return "wide" if size > 300 else "small" if size < 180 else "page"
        return "wide" if size > 900 else "page"


def runs(numbers: Sequence[int], columns: int, padding: int | None = None) -> Iterator[Run]:
    """The samples as lines: all of them, or of each column the lowest and the highest in the order they come.

    Where every sample is padding the line breaks (PS3.3 C.10.9.1.6).
    """
    points: Run = []
    last = -1.0
    for at, value in _thinned(numbers, columns, padding):
        if points and at - last > _widest_step(len(numbers), columns):
            yield points
            points = []
        points.append((at, value))
        last = at
    if points:
        yield points


def _widest_step(count: int, columns: int) -> float:
    return 1.0 if count <= 2 * columns else 2.0 * math.ceil(count / columns)


def _thinned(numbers: Sequence[int], columns: int, padding: int | None) -> Iterator[tuple[float, float]]:
    count = len(numbers)
    if count <= 2 * columns:
        yield from ((at, number) for at, number in enumerate(numbers) if number != padding)
        return
    for column in range(columns):
        first = column * count // columns
        piece: Sequence[int] = numbers[first : (column + 1) * count // columns]
        if padding is not None and padding in piece:
            piece = [number for number in piece if number != padding]
        if not piece:
            continue
        low, high = min(piece), max(piece)
        pair = (low, high) if piece.index(low) <= piece.index(high) else (high, low)
        quarter = len(piece) / 4
        yield first + quarter, pair[0]
        yield first + 3 * quarter, pair[1]


def path(lines: Iterator[Run], x: Callable[[float], float], y: Callable[[float], float]) -> str:
    """Lines as the data of an SVG path, in whole steps from point to point."""
    parts: list[str] = []
    for run in lines:
        left, top = _step(x(run[0][0])), _step(y(run[0][1]))
        parts.append(f"M{left} {top}")
        if len(run) == 1:
            parts.append("h1")
        for at, value in run[1:]:
            right, down = _step(x(at)), _step(y(value))
            if right != left or down != top:
                parts.append(f"l{right - left} {down - top}")
            left, top = right, down
    return "".join(parts)


def grid(width: int, height: int, step: int, *, without: int = 0) -> str:
    """Upright and level lines over a sheet, as a path; those that a coarser grid of `without` draws are left to it."""
    upright = "".join(f"M{x} 0v{height}" for x in range(0, width + 1, step) if not without or x % without)
    level = "".join(f"M0 {y}h{width}" for y in range(0, height + 1, step) if not without or y % without)
    return upright + level


def marks(
    places: Iterable[tuple[float, int]], top: int, bottom: int, letter: int
) -> tuple[tuple[Line, ...], tuple[Label, ...]]:
    """Upright lines at these places from top to bottom, each with its number at its foot.

    `letter` is the height of a digit. A number that would cover another stands higher, and is left to the lists where
    there is no room at all.
    """
    found = sorted(places)
    if not found:
        return (), ()
    labels: list[Label] = []
    free = [float("-inf")] * max(1, min(_MOST_LEVELS, (bottom - top) // (2 * letter)))
    for x, number in found:
        level = next((level for level, end in enumerate(free) if end <= x), None)
        if level is None:
            continue
        free[level] = x + letter * (0.9 + 0.62 * len(str(number)))
        labels.append(Label("mark", str(number), _step(x + 0.3 * letter), bottom - (letter * (1 + 4 * level)) // 4))
    lines = "".join(f"M{x} {top}V{bottom}" for x in dict.fromkeys(_step(x) for x, _ in found))
    return (Line("mark", lines),), tuple(labels)


def round_steps(low: float, high: float, most: int) -> list[float]:
    """At most about `most` round numbers from one to another: 0, 50, 100."""
    span = high - low
    if not span > 0 or not math.isfinite(span):
        return [low]
    rough = span / max(1, most)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next((factor * power for factor in (1, 2, 5) if factor * power >= rough), 10 * power)
    first = math.ceil(low / step)
    return [number * step for number in range(first, first + most + 2) if number * step <= high + step * 1e-9]


def _step(value: float) -> int:
    return round(max(-_MOST_FAR, min(_MOST_FAR, value)))
