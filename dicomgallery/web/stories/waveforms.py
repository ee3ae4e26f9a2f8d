"""Electrocardiograms on their paper, other waveforms as traces, and what can be heard of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

from flask import url_for

from dicomgallery.access import Actor
from dicomgallery.dicom.waveform_notes import Notes, Spot, notes_of
from dicomgallery.dicom.waveforms import Channel, Group, Waveforms, waveforms_of
from dicomgallery.imaging import ecg_sheet, trace_sheet
from dicomgallery.imaging.ecg_sheet import EcgSheet
from dicomgallery.imaging.traces import Drawing
from dicomgallery.models import Instance
from dicomgallery.services.inspecting import Content
from dicomgallery.services.recordings import MOST_AUDIO_SECONDS
from dicomgallery.serving.filters import count, decimal
from dicomgallery.web.glance import Fact

_MOST_SHEETS = 8
"""Groups that are drawn; of the others the facts are told."""
_MOST_SPOTS = 500
"""Moments of a group that are marked."""


@dataclass
class WaveformStory:
    """The waveforms of an object, group by group."""

    image_id: int
    waveforms: Waveforms
    notes: Notes
    template = "stories/waveform.html"

    @classmethod
    def of(cls, _actor: Actor, instance: Instance, content: Content) -> Self | None:
        """The story of an object with waveforms; None when it has none."""
        waveforms = waveforms_of(content.dataset)
        return cls(instance.id, waveforms, notes_of(content.dataset, waveforms)) if waveforms else None

    @cached_property
    def parts(self) -> Sequence["Part"]:
        """Its groups as they are shown."""
        spots = self.notes.spots
        return [
            Part(self.image_id, self.waveforms, group, [spot for spot in spots if spot.group == group.number])
            for group in self.waveforms.groups
        ]


@dataclass
class Part:
    """One group: its sheet, its facts, its sound."""

    image_id: int
    waveforms: Waveforms
    group: Group
    noted: Sequence[Spot]
    """Its moments that notes speak of."""

    @property
    def spots(self) -> Sequence[Spot]:
        """Those that are drawn."""
        return self.noted[:_MOST_SPOTS]

    @property
    def title(self) -> str:
        """What the file calls the group; else its number where there are several."""
        if self.group.label:
            return self.group.label
        return f"Group {self.group.number}" if len(self.waveforms.groups) > 1 else ""

    @property
    def is_drawn(self) -> bool:
        """Say whether its samples can be read, and are not one group too many for a page."""
        return self.group.is_readable and self.group.number <= _MOST_SHEETS

    @cached_property
    def rows(self) -> EcgSheet | None:
        """The twelve leads in the rows of a cardiograph; None for what has not all of them."""
        return ecg_sheet.standard(self.group, self.spots) if ecg_sheet.is_electrocardiogram(self.group) else None

    @cached_property
    def strips(self) -> EcgSheet | None:
        """Every lead over the whole time, on the same paper; None for what is no electrocardiogram."""
        return ecg_sheet.strips(self.group, self.spots) if ecg_sheet.is_electrocardiogram(self.group) else None

    @cached_property
    def traces(self) -> Drawing | None:
        """The group as traces: without a paper, or where the paper ends before the recording does."""
        if (self.rows or self.strips) and self.group.seconds <= ecg_sheet.LONGEST_SECONDS:
            return None
        return trace_sheet.traces(self.group, self.spots, is_audio=self.waveforms.is_audible(self.group))

    @property
    def audio(self) -> str:
        """Where it can be heard; empty for what is no sound."""
        if not self.waveforms.is_audible(self.group):
            return ""
        return url_for("images.audio", image_id=self.image_id, group=self.group.number)

    @property
    def csv(self) -> str:
        """Where its numbers are; empty without any."""
        if not self.group.is_readable:
            return ""
        return url_for("images.waveform", image_id=self.image_id, group=self.group.number)

    @property
    def facts(self) -> Sequence[Fact]:
        """What a reader wants to know of the group."""
        group = self.group
        many = len(group.channels) + group.channels_left_out
        return [
            {"label": "Duration", "value": _duration(group.seconds) if group.rate_hz else ""},
            {"label": "Begins after", "value": _duration(group.offset_seconds) if group.offset_seconds > 0 else ""},
            {"label": "Sampling rate", "value": f"{decimal(group.rate_hz, 6)} Hz" if group.rate_hz else "not said"},
            {"label": "Samples a channel", "value": count(group.count)},
            {"label": "Channels", "value": count(many)},
            {"label": "Filters", "value": _agreed([_filters(channel) for channel in group.channels])},
            {"label": "Stored as", "value": _form(group)},
            {"label": "Origin", "value": "derived from others" if group.is_derived else ""},
        ]

    @property
    def remarks(self) -> Sequence[str]:
        """What a reader should know before trusting the sheet, a sentence each."""
        group = self.group
        found: list[str] = []
        if not group.is_readable:
            found.append(f"None of its samples can be read ({_form(group) or 'their form is not said'}).")
        elif group.count < group.declared:
            found.append(
                f"The header speaks of {count(group.declared)} samples a channel; {count(group.count)} are read."
            )
        if self.is_drawn and self.traces and (drawn := trace_sheet.drawn_samples(group)) < group.count:
            found.append(f"The first {count(drawn)} of {count(group.count)} samples a channel are drawn.")
        if self.is_drawn and self.traces and len(group.channels) > trace_sheet.MOST_ROWS:
            found.append(f"The first {trace_sheet.MOST_ROWS} channels are drawn.")
        if self.is_drawn and len(self.noted) > _MOST_SPOTS:
            found.append(f"The first {_MOST_SPOTS} of {count(len(self.noted))} marks are drawn.")
        if group.channels_left_out:
            found.append(f"{group.channels_left_out} more channels are not read.")
        if group.is_readable and group.number > _MOST_SHEETS:
            found.append(f"The first {_MOST_SHEETS} groups are drawn; the numbers of this one can be had.")
        if self.audio and group.seconds > MOST_AUDIO_SECONDS:
            found.append(f"The first {MOST_AUDIO_SECONDS // 60} minutes can be heard.")
        bare = sum(1 for channel in group.channels if not channel.unit)
        if group.is_readable and bare and not self.waveforms.is_audible(group):
            whose = "The" if bare == len(group.channels) else f"{bare} of the"
            found.append(f"{whose} channels have no unit in the file; their scale is of stored numbers.")
        found += [f"{one.name}: {one.status}." for one in group.channels if one.status][:20]
        return found


def _form(group: Group) -> str:
    """How the samples are stored, in words (PS3.3 C.10.9.1.5)."""
    words = {"MB": "mu-law", "AB": "A-law"}.get(group.interpretation)
    if words is None:
        words = {"S": "signed", "U": "unsigned"}.get(group.interpretation[:1], group.interpretation[:4])
    return f"{group.bits} bit {words}".strip() if group.bits else ""


def _filters(channel: Channel) -> str:
    """The filters of a channel in words (PS3.3 C.10.9.1.4.6)."""
    low, high, notch = (f"{decimal(hz)} Hz" if hz else "" for hz in (channel.low_hz, channel.high_hz, channel.notch_hz))
    band = f"{low} to {high}" if low and high else f"from {low}" if low else f"up to {high}" if high else ""
    return ", ".join(part for part in (band, f"notch at {notch}" if notch else "") if part)


def _agreed(texts: Sequence[str]) -> str:
    """What all channels say; that they differ when they do."""
    different = list(dict.fromkeys(texts))
    return (
        different[0] if len(different) == 1 else "; ".join([one for one in different if one][:3]) if different else ""
    )


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{decimal(seconds)} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
