"""The waveforms of an object: multiplex groups, their channels and samples (PS3.3 C.10.9)."""

from dataclasses import dataclass
from typing import Final

from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset

from dicomgallery.dicom import elements, samples, uids
from dicomgallery.dicom.codes import Code, code_of, unit_of
from dicomgallery.dicom.samples import Numbers
from dicomgallery.dicom.transfer import EXPLICIT_BIG_ENDIAN
from dicomgallery.dicom.values import clean

MOST_GROUPS: Final = 32
MOST_CHANNELS: Final = 128
"""In a group; how many are left out is said."""
MOST_BYTES: Final = 64 << 20
"""Of the samples of all groups; what follows is not read."""
_AUDIO_HZ: Final = (4_000, 192_000)

_SEQUENCE: Final = 0x54000100
_ECG: Final = "1.2.840.10008.5.1.4.1.1.9.1."
_AUDIO: Final = "1.2.840.10008.5.1.4.1.1.9.4."


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel of a group (PS3.3 Table C.10-9)."""

    number: int
    """From 1, its place in the group."""
    name: str
    """What was measured, in the words of its code; else its label; else its number."""
    source: Code | None
    unit: str
    """As printed; empty where the file has no sensitivity, and the samples are bare numbers."""
    unit_code: str
    """The same as the file writes it."""
    scale: float
    """What one step of the stored numbers is worth, in the unit."""
    baseline: float
    """What a stored zero is worth, in the unit."""
    skew_seconds: float
    low_hz: float | None
    """Signals slower than this were filtered out; the next three alike."""
    high_hz: float | None
    notch_hz: float | None
    status: str
    """What the device said of the channel when it was not simply in order."""

    def value(self, stored: float) -> float:
        """A stored number in the channel's unit."""
        return stored * self.scale + self.baseline


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Channels sampled together (PS3.3 Table C.10-8)."""

    number: int
    label: str
    rate_hz: float
    """0 when the file does not say a sensible one; then there is no time axis."""
    offset_seconds: float
    """After the beginning of the acquisition."""
    is_derived: bool
    channels: tuple[Channel, ...]
    channels_left_out: int
    interpretation: str
    bits: int
    declared: int
    """Samples a channel, as the header says."""
    count: int
    """Samples a channel that are there and read."""
    padding: int | None
    """The stored number that stands for no measurement."""
    stride: int
    numbers: Numbers
    """The stored numbers, the channels of one moment after another."""

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return self.count / self.rate_hz if self.rate_hz else 0.0

    def stored(self, channel: Channel, start: int = 0, stop: int | None = None) -> Numbers:
        """The stored numbers of one channel, from one sample up to another."""
        stop = self.count if stop is None else min(stop, self.count)
        return self.numbers[start * self.stride + channel.number - 1 : stop * self.stride : self.stride]

    @property
    def is_readable(self) -> bool:
        """Say whether there are samples whose form is known."""
        return self.count > 0


@dataclass(frozen=True, slots=True, eq=False)
class Waveforms:
    """All the waveforms of one object."""

    title: str
    is_ecg: bool
    is_audio: bool
    groups: tuple[Group, ...]
    groups_left_out: int

    def is_audible(self, group: Group) -> bool:
        """Say whether a group is sound: in an audio object, or of one or two channels at the rate of sound."""
        if not group.is_readable or not 1000 <= group.rate_hz <= _AUDIO_HZ[1]:
            return False
        return self.is_audio or (group.stride <= 2 and group.rate_hz >= _AUDIO_HZ[0])


def waveforms_of(dataset: Dataset) -> Waveforms | None:
    """Read the waveforms of a dataset; None when it has none. Whatever the values, nothing is raised."""
    items = elements.items(dataset, _SEQUENCE)
    if not items:
        return None
    meta = getattr(dataset, "file_meta", None)
    big_endian = meta is not None and elements.first(meta, 0x00020010) == EXPLICIT_BIG_ENDIAN
    sop_class = elements.first(dataset, 0x00080016)
    name = uids.name_of(sop_class)
    groups: list[Group] = []
    room = MOST_BYTES
    for number, item in enumerate(items[:MOST_GROUPS], 1):
        groups.append(_group(item, number, room, big_endian=big_endian))
        room -= len(groups[-1].numbers) * groups[-1].numbers.itemsize
    return Waveforms(
        title=name.removesuffix(" Storage").removesuffix(" Waveform") if name != sop_class else "Waveform",
        is_ecg=sop_class.startswith(_ECG),
        is_audio=sop_class.startswith(_AUDIO),
        groups=tuple(groups),
        groups_left_out=max(0, len(items) - MOST_GROUPS),
    )


def _group(item: Dataset, number: int, room: int, *, big_endian: bool) -> Group:
    definitions = elements.items(item, 0x003A0200)
    declared_channels = elements.whole(item, 0x003A0005) or 0
    stride = max(1, declared_channels if 0 < declared_channels < 1 << 16 else len(definitions))
    bits = elements.whole(item, 0x54001004) or 0
    interpretation = elements.first(item, 0x54001006).upper()
    numbers = samples.numbers_of(_bytes(item, 0x54001010)[: max(0, room)], bits, interpretation, big_endian=big_endian)
    declared = max(0, elements.whole(item, 0x003A0010) or 0)
    padding = samples.numbers_of(_bytes(item, 0x5400100A)[:8], bits, interpretation, big_endian=big_endian)
    rate = elements.number(item, 0x003A001A) or 0.0
    shown = min(stride, MOST_CHANNELS)
    bare = Dataset()
    return Group(
        number=number,
        label=clean(elements.first(item, 0x003A0020)),
        rate_hz=rate if 1e-6 < rate < 1e9 else 0.0,
        # Both are in milliseconds.
        offset_seconds=(elements.number(item, 0x00181068) or 0.0) / 1000,
        is_derived=elements.first(item, 0x003A0004).upper() == "DERIVED",
        channels=tuple(
            _channel(definitions[place] if place < len(definitions) else bare, place + 1) for place in range(shown)
        ),
        channels_left_out=stride - shown,
        interpretation=interpretation,
        bits=bits,
        declared=declared,
        count=min(declared or len(numbers), len(numbers) // stride),
        padding=padding[0] if padding else None,
        stride=stride,
        numbers=numbers,
    )


def _channel(item: Dataset, number: int) -> Channel:
    source = code_of(item, 0x003A0208)
    label = clean(elements.first(item, 0x003A0203))
    name = (source.meaning or source.value if source else "") or label or f"Channel {number}"
    for modifier in elements.items(item, 0x003A0209)[:4]:
        name += f", {clean(elements.text(modifier, 0x00080104))}"
    sensitivity = elements.number(item, 0x003A0210)
    unit = code_of(item, 0x003A0211) if sensitivity else None
    correction = elements.number(item, 0x003A0212)
    scale = (sensitivity or 1.0) * (correction or 1.0) if sensitivity else 1.0
    status = [clean(one).lower() for one in elements.texts(item, 0x003A0205)[:4]]
    return Channel(
        number=number,
        name=name[:200],
        source=source,
        unit=unit_of(unit)[:40],
        unit_code=(unit.value if unit else "")[:40],
        scale=scale if 1e-30 < abs(scale) < 1e30 else 1.0,
        baseline=_bounded(elements.number(item, 0x003A0213)) if sensitivity else 0.0,
        skew_seconds=_bounded(elements.number(item, 0x003A0214)),
        low_hz=elements.number(item, 0x003A0220) or None,
        high_hz=elements.number(item, 0x003A0221) or None,
        notch_hz=elements.number(item, 0x003A0222) or None,
        status=", ".join(one for one in status if one not in ("", "ok")),
    )


def _bounded(number: float | None) -> float:
    return number if number is not None and abs(number) < 1e30 else 0.0


def _bytes(item: Dataset, tag: int) -> bytes:
    element: DataElement | RawDataElement | None = elements.as_stored(item, tag)
    value = element.value if element is not None else b""
    return bytes(value) if isinstance(value, bytes | bytearray) else b""
