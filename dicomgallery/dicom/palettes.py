"""Single colors of an object's palette (PS3.3 C.7.6.3.1.5, C.7.6.3.1.6); whole pictures are colored in `imaging`."""

from typing import Final

from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset

from dicomgallery.dicom import elements
from dicomgallery.dicom.display_colors import Color

_DESCRIPTOR: Final = 0x00281101
_DATA: Final = 0x00281201


def palette_color(dataset: Dataset, value: int) -> Color | None:
    """The color that the palette gives a value; None without a palette, past its end, or where it is segmented."""
    red, green, blue = (_entry(dataset, channel, value) for channel in range(3))
    return None if red is None or green is None or blue is None else (red, green, blue)


def _entry(dataset: Dataset, channel: int, value: int) -> int | None:
    """One channel of an entry, of 255."""
    described = elements.numbers(dataset, _DESCRIPTOR + channel)
    data = elements.as_stored(dataset, _DATA + channel)
    if len(described) != 3 or data is None or not isinstance(data.value, bytes):
        return None
    # 0 stands for 65 536 entries.
    count, place = int(described[0]) or 1 << 16, value - int(described[1])
    if not 0 <= place < count:
        return None
    if described[2] == 8 and len(data.value) < 2 * count:
        return data.value[place] if place < len(data.value) else None
    word = data.value[2 * place : 2 * place + 2]
    if len(word) < 2:
        return None
    is_big_endian = isinstance(data, RawDataElement) and not data.is_little_endian
    number = int.from_bytes(word, "big" if is_big_endian else "little")
    return min(number, 255) if described[2] == 8 else number >> 8
