"""Waveforms that have no paper of their own: a row a channel, each with its scale, over one axis of time."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from dicomgallery.dicom.values import with_minus
from dicomgallery.dicom.waveform_notes import Spot
from dicomgallery.dicom.waveforms import Channel, Group
from dicomgallery.imaging.traces import Drawing, Label, Line, Run, marks, path, round_steps, runs

STEPS: Final = 5
"""To a pixel of the drawing."""
MOST_ROWS: Final = 64
MOST_SAMPLES: Final = 4_000_000
"""Of all rows together, looked at for one drawing."""
_MOST_COLUMNS: Final = 64_000
_WIDTHS: Final = (680, 4000)
_PIXELS_A_SECOND: Final = 70
_GUTTER: Final = 64
_AXIS: Final = 30
_NAME: Final = 24
_LETTER: Final = 56
"""Of the numbers of marks, in steps."""
_MOST_UNLIKE: Final = 4
"""Times the usual span; beyond, one scale for all would flatten most of them."""


def drawn_seconds(group: Group) -> float:
    """How much of a group is drawn, from its beginning."""
    return drawn_samples(group) / group.rate_hz if group.rate_hz else 0.0


def drawn_samples(group: Group) -> int:
    """How many samples a channel are drawn."""
    return min(group.count, MOST_SAMPLES // max(1, min(MOST_ROWS, len(group.channels))))


def traces(group: Group, spots: Sequence[Spot] = (), *, is_audio: bool = False) -> Drawing:
    """Draw every channel of a group over its whole time."""
    sheet = _Sheet(group, is_audio=is_audio)
    sheet.draw_axis()
    sheet.draw_rows()
    sheet.draw_marks(spots)
    width, height = sheet.width * STEPS, (sheet.bottom + _AXIS) * STEPS
    return Drawing(width, height, "px", STEPS, tuple(sheet.lines), tuple(sheet.labels))


class _Sheet:
    """A sheet while it is drawn on; its measures are in pixels."""

    def __init__(self, group: Group, *, is_audio: bool) -> None:
        rows = min(MOST_ROWS, len(group.channels))
        widest = _WIDTHS[0] if is_audio else _WIDTHS[1]
        self.group = group
        self.count = drawn_samples(group)
        self.plot = max(_WIDTHS[0], min(widest, round(drawn_seconds(group) * _PIXELS_A_SECOND)))
        self.width = _GUTTER + self.plot + 16
        self.columns = min(self.plot, _MOST_COLUMNS // max(1, rows))
        self.row = 110 if rows <= 4 else 92 if rows <= 16 else 70
        self.bottom = self.row * rows
        self.lines: list[Line] = []
        self.labels: list[Label] = []

    def draw_rows(self) -> None:
        """Draw every channel with its name and its scale; those that measure the same way share the scale."""
        rows = [_Row.of(self.group, channel, self.count, self.columns) for channel in self.group.channels[:MOST_ROWS]]
        spans = sorted(row.high - row.low for row in rows)
        alike = len(rows) > 1 and len({row.channel.unit for row in rows}) == 1
        shared = spans[-1] if alike and spans[-1] <= _MOST_UNLIKE * spans[(len(spans) - 1) // 2] else 0.0
        for place, row in enumerate(rows):
            self._draw_row(place * self.row, row, shared or row.high - row.low or 1.0)

    def _draw_row(self, top: int, row: "_Row", span: float) -> None:
        inner, left, middle = self.row - _NAME - 10, _GUTTER * STEPS, (row.low + row.high) / 2

        def y(value: float) -> float:
            return (top + _NAME + inner / 2 - (value - middle) / span * inner) * STEPS

        channel = row.channel
        name = channel.name if len(channel.name) <= 48 else channel.name[:47] + "…"
        unit = f" ({channel.unit})" if channel.unit else ""
        self.labels.append(Label("name", name + unit, left, (top + 17) * STEPS))
        for value in round_steps(middle - span / 2, middle + span / 2, max(2, inner // 26)):
            level = round(y(value))
            self.lines.append(Line("level", f"M{left} {level}h{self.plot * STEPS}"))
            self.labels.append(Label("scale", _plain(value), left - 6 * STEPS, level + 4 * STEPS, "end"))
        if top:
            self.lines.append(Line("coarse", f"M0 {top * STEPS}h{self.width * STEPS}"))
        per_sample = self.plot * STEPS / max(1, self.count)
        shift = left + channel.skew_seconds * self.group.rate_hz * per_sample
        drawn = path(iter(row.found), lambda at: shift + at * per_sample, lambda number: y(channel.value(number)))
        self.lines.append(Line("trace", drawn))

    def draw_marks(self, spots: Sequence[Spot]) -> None:
        """Draw the moments that are spoken of: over all rows, or over those of their channels."""
        self._mark([spot for spot in spots if not spot.channels], 0, self.bottom)
        for place, channel in enumerate(self.group.channels[:MOST_ROWS]):
            own = [spot for spot in spots if channel.number in spot.channels]
            self._mark(own, place * self.row, (place + 1) * self.row)

    def _mark(self, spots: Sequence[Spot], top: int, bottom: int) -> None:
        """Draw lines from top to bottom, their numbers at the foot of the first row, which is seen first."""
        per_sample = self.plot * STEPS / max(1, self.count)
        places = [(_GUTTER * STEPS + spot.at * per_sample, spot.number) for spot in spots if spot.at < self.count]
        self.lines += marks(places, top * STEPS, bottom * STEPS, _LETTER)[0]
        self.labels += marks(places, top * STEPS, (top + self.row) * STEPS, _LETTER)[1]

    def draw_axis(self) -> None:
        """Draw upright lines at round times, below them the times; of samples where there is no rate."""
        rate = self.group.rate_hz
        total = self.count / rate if rate else float(self.count)
        if not total:
            return
        begin = self.group.offset_seconds if rate and abs(self.group.offset_seconds) < 1e6 else 0.0
        for moment in round_steps(begin, begin + total, max(5, self.plot // 100)):
            x = round((_GUTTER + (moment - begin) / total * self.plot) * STEPS)
            self.lines.append(Line("fine", f"M{x} 0v{self.bottom * STEPS}"))
            text = f"{_plain(moment)} {'s' if rate else ''}".strip()
            self.labels.append(Label("time", text, x, (self.bottom + 19) * STEPS, "middle"))


@dataclass(frozen=True, slots=True)
class _Row:
    """The lines of a channel, and the lowest and highest of its values."""

    channel: Channel
    found: list[Run]
    low: float
    high: float

    @classmethod
    def of(cls, group: Group, channel: Channel, count: int, columns: int) -> Self:
        found = list(runs(group.stored(channel, 0, count), columns, group.padding))
        stored = [number for run in found for _, number in run] or [0.0]
        low, high = sorted((channel.value(min(stored)), channel.value(max(stored))))
        return cls(channel, found, low, high)


def _plain(value: float) -> str:
    """A number on a scale: no noise of binary fractions, no minus before zero."""
    shown = f"{value:.6g}" if math.isfinite(value) else ""
    return "0" if abs(value) < 1e-12 else with_minus(shown)
