"""An electrocardiogram on its paper: 25 mm a second, 10 mm a millivolt, as cardiographs print it."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from dicomgallery.dicom.leads import in_order, lead_of, millivolts_of, short_name, twelve
from dicomgallery.dicom.waveform_notes import Spot
from dicomgallery.dicom.waveforms import Channel, Group
from dicomgallery.imaging.traces import Drawing, Label, Line, grid, marks, path, runs

STEPS: Final = 20
"""To a millimeter."""
MM_PER_SECOND: Final = 25
LONGEST_SECONDS: Final = 60.0
"""Of a recording, on paper; the rest of a longer one is drawn without."""
MOST_STRIPS: Final = 24
_GAINS: Final = (10.0, 5.0, 2.5)
"""Millimeters a millivolt; less where the leads would leave the paper."""
_COLUMN_SECONDS: Final = 2.5
_MARGIN_MM: Final = 10
_COLUMNS_PER_MM: Final = 5
_ROOM_MM: Final = 7
_LEAST_ROW_MM: Final = 20
_MOST_ROW_MM: Final = 70
_LEAST_MM: Final = 3.0
_LETTER: Final = 52
"""Of the numbers of marks, in steps."""
_MOST_HZ: Final = 10_000
"""Faster is no electrocardiogram, and too much to look through for one."""


@dataclass(frozen=True, slots=True)
class EcgSheet:
    """A drawing, and in words how it is to be read."""

    drawing: Drawing
    scale: str
    sentence: str
    is_partial: bool
    """Some of what the leads hold is not on it."""


@dataclass(frozen=True, slots=True)
class _Cell:
    """A piece of a lead in its place on the paper."""

    channel: Channel
    left_mm: float
    start: int
    stop: int


def standard(group: Group, spots: Sequence[Spot] = ()) -> EcgSheet | None:
    """The twelve leads in three rows of four, and below them lead II over the whole time; None without all twelve."""
    leads = twelve(group.channels)
    if not leads or not group.rate_hz:
        return None
    in_turn = group.seconds >= 4 * 2.0
    seconds = min(_COLUMN_SECONDS, group.seconds / 4 if in_turn else group.seconds)
    samples = round(seconds * group.rate_hz)
    rows = [
        [
            _Cell(
                leads[3 * column + row],
                column * seconds * MM_PER_SECOND,
                column * samples if in_turn else 0,
                (column + 1) * samples if in_turn else samples,
            )
            for column in range(4)
        ]
        for row in range(3)
    ]
    sentence = f"Each lead shows {seconds:.3g} s"
    if in_turn:
        sentence += ", one column after another"
    if group.seconds > seconds:
        whole = min(group.count, 4 * samples)
        rows.append([_Cell(leads[1], 0.0, 0, whole)])
        sentence += f"; lead II runs below for {whole / group.rate_hz:.3g} s"
    is_partial = group.seconds > seconds or len(group.channels) > 12
    return _sheet(group, rows, spots, 4 * seconds, f"{sentence}.", is_partial=is_partial)


def strips(group: Group, spots: Sequence[Spot] = ()) -> EcgSheet | None:
    """Every lead over the whole time, one below another; None where that is no matter of millivolts."""
    leads = in_order(group.channels)[:MOST_STRIPS]
    if not leads or not group.rate_hz:
        return None
    seconds = min(group.seconds, LONGEST_SECONDS)
    rows = [[_Cell(channel, 0.0, 0, round(seconds * group.rate_hz))] for channel in leads]
    part = "whole time" if seconds >= group.seconds else f"first {seconds:.0f} s"
    left_out = len(group.channels) - len(leads)
    more = f" {left_out} more are not drawn." if left_out else ""
    is_partial = seconds < group.seconds or bool(left_out)
    return _sheet(group, rows, spots, seconds, f"Every lead over the {part}.{more}", is_partial=is_partial)


def _sheet(
    group: Group,
    rows: Sequence[Sequence[_Cell]],
    spots: Sequence[Spot],
    seconds: float,
    sentence: str,
    *,
    is_partial: bool,
) -> EcgSheet | None:
    if any(not millivolts_of(cell.channel) for row in rows for cell in row):
        return None
    extents = [_extent_mv(group, row) for row in rows]
    for gain in _GAINS:
        reaches = [(max(_LEAST_MM, up * gain), max(_LEAST_MM, down * gain)) for up, down in extents]
        if all(above + below <= _MOST_ROW_MM for above, below in reaches):
            drawing = _drawing(group, rows, spots, reaches, gain, seconds=seconds)
            return EcgSheet(drawing, f"{MM_PER_SECOND} mm/s · {gain:g} mm/mV", sentence, is_partial)
    return None


def _drawing(
    group: Group,
    rows: Sequence[Sequence[_Cell]],
    spots: Sequence[Spot],
    reaches: Sequence[tuple[float, float]],
    gain: float,
    *,
    seconds: float,
) -> Drawing:
    width_mm = _up_to(_MARGIN_MM + seconds * MM_PER_SECOND, 5)
    lines: list[Line] = []
    labels: list[Label] = []
    top_mm = 0
    for row, (above, below) in zip(rows, reaches, strict=True):
        height_mm = max(_LEAST_ROW_MM, _up_to(_ROOM_MM + above + below, 5))
        line_mm = top_mm + _ROOM_MM + above
        lines.append(Line("pulse", _pulse(line_mm, gain)))
        for cell in row:
            left_mm = _MARGIN_MM + cell.left_mm
            lines.append(Line("trace", _trace(group, cell, left_mm, line_mm, gain)))
            if cell.left_mm:
                lines.append(Line("divide", f"M{_steps(left_mm)} {_steps(top_mm + 2)}v{_steps(height_mm - 2)}"))
            name = short_name(cell.channel)[:24]
            labels.append(Label("lead", name, _steps(left_mm + 1.5), _steps(top_mm + 5)))
        top, bottom = _steps(top_mm + 1), _steps(top_mm + height_mm)
        lines += marks(_places(group, row, spots), top, bottom, _LETTER)[0]
        # The rows run side by side in time: what is said of every lead has its number once, below the last.
        numbered = spots if row is rows[-1] else [spot for spot in spots if spot.channels]
        labels += marks(_places(group, row, numbered), top, bottom, _LETTER)[1]
        top_mm += height_mm
    width, height = width_mm * STEPS, _up_to(top_mm, 5) * STEPS
    papers = (
        Line("fine", grid(width, height, STEPS, without=5 * STEPS)),
        Line("coarse", grid(width, height, 5 * STEPS)),
    )
    return Drawing(width, height, "mm", STEPS, (*papers, *lines), tuple(labels))


def _places(group: Group, row: Sequence[_Cell], spots: Sequence[Spot]) -> Iterator[tuple[float, int]]:
    """Where in a row the moments lie that are spoken of, in steps, each with the number of its note."""
    per_sample = MM_PER_SECOND * STEPS / group.rate_hz
    for cell in row:
        left = _steps(_MARGIN_MM + cell.left_mm)
        for spot in spots:
            if cell.start <= spot.at < cell.stop and (not spot.channels or cell.channel.number in spot.channels):
                yield left + (spot.at - cell.start) * per_sample, spot.number


def _trace(group: Group, cell: _Cell, left_mm: float, line_mm: float, gain: float) -> str:
    numbers = group.stored(cell.channel, cell.start, cell.stop)
    rest, per_number = rest_of(group, cell.channel), (millivolts_of(cell.channel) or 0.0) * gain * STEPS
    per_sample = MM_PER_SECOND * STEPS / group.rate_hz
    columns = max(1, math.ceil(len(numbers) / group.rate_hz * MM_PER_SECOND * _COLUMNS_PER_MM))
    left = _steps(left_mm) + cell.channel.skew_seconds * MM_PER_SECOND * STEPS
    return path(
        runs(numbers, columns, group.padding),
        lambda at: left + at * per_sample,
        lambda number: _steps(line_mm) - (number - rest) * per_number,
    )


def _extent_mv(group: Group, row: Sequence[_Cell]) -> tuple[float, float]:
    """How many millivolts the leads of a row go above and below their rest."""
    above = below = 0.0
    for cell in row:
        numbers = group.stored(cell.channel, cell.start, cell.stop)
        present = numbers if group.padding is None else [number for number in numbers if number != group.padding]
        if present:
            rest, per_number = rest_of(group, cell.channel), millivolts_of(cell.channel) or 0.0
            ends = sorted(((max(present) - rest) * per_number, (min(present) - rest) * per_number))
            above, below = max(above, ends[1]), max(below, -ends[0])
    return above, below


def rest_of(group: Group, channel: Channel) -> float:
    """The stored number at which a lead rests: the middle one of some thousand over its first minute."""
    numbers = group.stored(channel, 0, round(LONGEST_SECONDS * group.rate_hz) or None)
    some = sorted(number for number in numbers[:: max(1, len(numbers) // 2000)] if number != group.padding)
    return float(some[len(some) // 2]) if some else 0.0


def _pulse(line_mm: float, gain: float) -> str:
    """One millivolt over 0.2 s, as a step up and down in the margin."""
    up, wide = round(gain * STEPS), 5 * STEPS
    return f"M{2 * STEPS} {_steps(line_mm)}h{STEPS}v{-up}h{wide}v{up}h{STEPS}"


def _steps(mm: float) -> int:
    return round(mm * STEPS)


def _up_to(value: float, multiple: int) -> int:
    return math.ceil(value / multiple - 1e-9) * multiple


def is_electrocardiogram(group: Group) -> bool:
    """Say whether a group's channels are leads, and voltages all of them."""
    return (
        0 < group.rate_hz <= _MOST_HZ
        and any(lead_of(channel) for channel in group.channels)
        and all(millivolts_of(channel) for channel in group.channels)
    )
