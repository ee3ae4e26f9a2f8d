"""The leads of an electrocardiogram, and the order they are read in (PS3.16 CID 3001)."""

import re
from collections.abc import Iterable
from typing import Final

from dicomgallery.dicom.waveforms import Channel

TWELVE: Final = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")

_NUMBERED: Final = dict(
    zip((1, 2, 61, 62, 63, 64, 3, 4, 5, 6, 7, 8), TWELVE, strict=True),
)
"""The last part of the code, the same in MDC ("2:62") and SCP-ECG ("5.6.3-9-62")."""
_CODE: Final = re.compile(r"(?:2:|5\.6\.3-9-)(\d{1,2})", re.ASCII)
_NAME: Final = re.compile(r"(?:lead\s+)?(i{1,3}|av[rlf]|v[1-9]r?)\b(?!\s*-)", re.IGNORECASE)
_MILLIVOLTS: Final = {"nV": 1e-6, "uV": 1e-3, "mV": 1.0, "V": 1e3}


def lead_of(channel: Channel) -> str:
    """The short name of a lead: "aVR"; empty for what is none."""
    if channel.source and (found := _CODE.fullmatch(channel.source.value)) and (name := _NUMBERED.get(int(found[1]))):
        return name
    if not (named := _NAME.match(channel.name)):
        return ""
    short = named[1].upper()
    return f"aV{short[-1]}" if short.startswith("AV") else short


def short_name(channel: Channel) -> str:
    """The lead's short name, or all of the channel's name."""
    return lead_of(channel) or channel.name


def millivolts_of(channel: Channel) -> float | None:
    """What one step of the stored numbers is in millivolts; None for a channel that measures something else."""
    factor = _MILLIVOLTS.get(channel.unit_code)
    return None if factor is None else channel.scale * factor


def in_order(channels: Iterable[Channel]) -> list[Channel]:
    """The twelve leads in their usual order, then the others as they come."""
    places = {name: place for place, name in enumerate(TWELVE)}
    return sorted(channels, key=lambda channel: places.get(lead_of(channel), len(places)))


def twelve(channels: Iterable[Channel]) -> tuple[Channel, ...]:
    """The twelve standard leads in their usual order; none when one of them is missing."""
    found: dict[str, Channel] = {}
    for channel in channels:
        found.setdefault(lead_of(channel), channel)
    return tuple(found[name] for name in TWELVE) if all(name in found for name in TWELVE) else ()
