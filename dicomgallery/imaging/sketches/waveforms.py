"""Waveforms as they look at a glance: leads on their paper, sound as a band, others as on a monitor."""

from typing import Final

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from pydicom.dataset import Dataset

from dicomgallery.dicom.leads import in_order, millivolts_of, short_name
from dicomgallery.dicom.waveforms import Channel, Group, Waveforms, waveforms_of
from dicomgallery.imaging.ecg_sheet import is_electrocardiogram, rest_of
from dicomgallery.imaging.sketches.sketch import SIDE, Sketch
from dicomgallery.imaging.traces import runs

_PAPER: Final = (255, 250, 245)
_FINE: Final = (250, 222, 216)
_COARSE: Final = (240, 182, 172)
_INK: Final = (28, 28, 36)
_SCREEN: Final = (13, 17, 22)
_RULE: Final = (34, 43, 53)
_COLORS: Final = ((90, 209, 195), (242, 184, 75), (123, 216, 143), (255, 131, 121), (141, 170, 255), (214, 140, 230))
_PAPER_ROWS: Final = 4
_MM: Final = 6
"""Pixels to a millimeter of paper, so that one square is seen on a card."""
_ROWS: Final = 6
_BARS: Final = 64
_SECONDS: Final = 10.0


def sketch(dataset: Dataset) -> Sketch | None:
    """Draw the first channels of an object's first group that has any; None when it has none."""
    waveforms = waveforms_of(dataset)
    group = next((group for group in waveforms.groups if group.is_readable), None) if waveforms else None
    if waveforms is None or group is None:
        return None
    if is_electrocardiogram(group):
        return _on_paper(group)
    if waveforms.is_audible(group):
        return _as_sound(group)
    return _on_a_monitor(waveforms, group)


def _on_paper(group: Group) -> Sketch:
    image = Image.new("RGB", (SIDE, SIDE), _PAPER)
    draw = ImageDraw.Draw(image)
    for step, color, wide in ((_MM, _FINE, 1), (5 * _MM, _COARSE, 2)):
        for at in range(SIDE % (5 * _MM) // 2, SIDE, step):
            draw.line([(at, 0), (at, SIDE)], fill=color, width=wide)
            draw.line([(0, at), (SIDE, at)], fill=color, width=wide)
    leads = in_order(group.channels)[:_PAPER_ROWS]
    seconds = min(group.seconds, SIDE / _MM / 25)
    row, per_sample = SIDE / len(leads), 25 * _MM / group.rate_hz
    for place, channel in enumerate(leads):
        numbers = group.stored(channel, 0, round(seconds * group.rate_hz))
        rest, per_number = rest_of(group, channel), (millivolts_of(channel) or 0.0) * 10 * _MM
        found = list(runs(numbers, SIDE, group.padding))
        heights = [(number - rest) * per_number for run in found for _, number in run]
        # A lead that goes down, as aVR does, hangs from its line.
        line = row * (place + (0.68 if not heights or max(heights) >= -min(heights) else 0.4))
        for run in found:
            draw.line([(at * per_sample, _near(line - (v - rest) * per_number)) for at, v in run], fill=_INK, width=3)
        _word(draw, short_name(channel), row * place + 8, _INK)
    many = len(group.channels) + group.channels_left_out
    return Sketch(np.asarray(image), f"Drawn from the file: {len(leads)} of {many} leads, {seconds:.2g} s at 25 mm/s")


def _as_sound(group: Group) -> Sketch:
    image = Image.new("RGB", (SIDE, SIDE), _SCREEN)
    draw = ImageDraw.Draw(image)
    middle = SIDE // 2
    draw.line([(0, middle), (SIDE, middle)], fill=_RULE, width=2)
    numbers = group.stored(group.channels[0])
    values = np.frombuffer(numbers, dtype=numbers.typecode)
    rest = float(values.mean(dtype=np.float64))
    pieces = np.array_split(values, _BARS)
    highs = [float(np.abs(piece.astype(np.float64) - rest).max()) if piece.size else 0.0 for piece in pieces]
    for bar, loud in enumerate(highs):
        high = loud / (max(highs) or 1.0) * SIDE * 0.36
        left = (bar + 0.5) * SIDE / _BARS
        draw.line([(left, middle - high - 1), (left, middle + high + 1)], fill=_COLORS[0], width=4)
    return Sketch(np.asarray(image), f"Drawn from the file: the loudness of {group.seconds:.3g} s of sound")


def _on_a_monitor(waveforms: Waveforms, group: Group) -> Sketch:
    image = Image.new("RGB", (SIDE, SIDE), _SCREEN)
    draw = ImageDraw.Draw(image)
    channels = group.channels[:_ROWS]
    count = min(group.count, round(group.rate_hz * _SECONDS) or group.count)
    row = SIDE / len(channels)
    for place, channel in enumerate(channels):
        if place:
            draw.line([(0, row * place), (SIDE, row * place)], fill=_RULE, width=2)
        color = _COLORS[place % len(_COLORS)]
        _word(draw, channel.name if channel.source else "", row * place + 8, color)
        _signal(draw, group, channel, count=count, rows=(row * place + 40, row * (place + 1) - 12), color=color)
    many = len(group.channels) + group.channels_left_out
    return Sketch(np.asarray(image), f"Drawn from the file: {len(channels)} of {many} channels of {waveforms.title}")


def _signal(
    draw: ImageDraw.ImageDraw,
    group: Group,
    channel: Channel,
    *,
    count: int,
    rows: tuple[float, float],
    color: tuple[int, int, int],
) -> None:
    found = list(runs(group.stored(channel, 0, count), SIDE, group.padding))
    stored = [number for run in found for _, number in run]
    if not stored:
        return
    low, span = min(stored), (max(stored) - min(stored)) or 1
    top, high = rows[0], rows[1] - rows[0]
    # A negative sensitivity turns the signal over.
    turned = channel.scale < 0
    for run in found:
        points = [
            (at * SIDE / max(1, count), top + high * ((v - low) / span if turned else 1 - (v - low) / span))
            for at, v in run
        ]
        draw.line(points, fill=color, width=3)


def _word(draw: ImageDraw.ImageDraw, text: str, top: float, color: tuple[int, int, int]) -> None:
    """Write a name at the right, as a card's chip is at the left; none in letters that Pillow's own font lacks."""
    if text.isascii() and text.isprintable():
        draw.text((SIDE - 14, top), text[:28], fill=color, font=ImageFont.load_default(26), anchor="ra")


def _near(y: float) -> float:
    return max(-float(SIDE), min(2.0 * SIDE, y))
