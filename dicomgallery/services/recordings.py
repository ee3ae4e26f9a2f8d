"""Waveforms taken out of their objects: as sound to hear and as numbers for programs."""

import io
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from dicomgallery.access import Actor
from dicomgallery.dicom import samples
from dicomgallery.dicom.waveforms import Group, Waveforms, waveforms_of
from dicomgallery.errors import NotFoundError
from dicomgallery.services import inspecting
from dicomgallery.services.spreadsheets import cell

MOST_AUDIO_SECONDS: Final = 600
_ROWS_A_CHUNK: Final = 2000


@dataclass(frozen=True, slots=True)
class Sound:
    """A group as a WAV file of 16 bits."""

    wav: bytes
    seconds: float


def sound(instance_id: int, number: int | None, *, actor: Actor) -> Sound:
    """A group of an instance to hear, the first audible one when none is named; NotFoundError without such a group."""
    waveforms = _waveforms(instance_id, actor)
    audible = (group for group in waveforms.groups if waveforms.is_audible(group))
    group = next((group for group in audible if number in (None, group.number)), None)
    if group is None:
        raise NotFoundError("There is no such sound in this file.")
    stop = min(group.count, round(MOST_AUDIO_SECONDS * group.rate_hz))
    # Two channels are left and right; of more, the first is heard.
    channels = group.stride if group.stride <= 2 else 1
    numbers = group.numbers[: stop * channels] if channels == group.stride else group.stored(group.channels[0], 0, stop)
    written = io.BytesIO()
    with wave.open(written, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(round(group.rate_hz))
        file.writeframes(samples.as_pcm16(numbers))
    return Sound(written.getvalue(), stop / group.rate_hz)


def table(instance_id: int, number: int | None, *, actor: Actor) -> Iterator[str]:
    """A group's samples as CSV: the time, then a column a channel in its unit; the first group when none is named.

    NotFoundError, before the first line, when there is no such group.
    """
    groups = [group for group in _waveforms(instance_id, actor).groups if group.is_readable]
    group = next((group for group in groups if number in (None, group.number)), None)
    if group is None:
        raise NotFoundError("There are no such waveforms in this file.")
    return _lines(group)


def _waveforms(instance_id: int, actor: Actor) -> Waveforms:
    found = waveforms_of(inspecting.dataset_of(instance_id, actor=actor))
    if found is None:
        raise NotFoundError("There are no waveforms in this file.")
    return found


def _lines(group: Group) -> Iterator[str]:
    heads = [f"{channel.name} ({channel.unit_code or channel.unit or 'stored'})" for channel in group.channels]
    yield ",".join(cell(head) for head in ("time (s)" if group.rate_hz else "sample", *heads)) + "\n"
    for first in range(0, group.count, _ROWS_A_CHUNK):
        columns = [
            [
                "" if stored == group.padding else f"{channel.value(stored):.10g}"
                for stored in group.stored(channel, first, first + _ROWS_A_CHUNK)
            ]
            for channel in group.channels
        ]
        rows = zip(*columns, strict=True)
        yield "".join(f"{_moment(group, first + place)},{','.join(row)}\n" for place, row in enumerate(rows))


def _moment(group: Group, place: int) -> str:
    return f"{group.offset_seconds + place / group.rate_hz:.10g}" if group.rate_hz else str(place + 1)
