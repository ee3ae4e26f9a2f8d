"""Look-up tables as DICOM stores them: modality, VOI and palette (PS3.3 C.11.1.1, C.7.6.3.1.5, C.7.9.2)."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from dicomgallery.imaging.header import NOT_A_VALUE, reals, text, value

_MAX_ENTRIES: Final = 65_536


@dataclass(frozen=True, slots=True, eq=False)
class Lut:
    """A table; inputs before its first entry take that, inputs past its last take the last."""

    first: int
    entries: NDArray[np.uint16]
    bits: int
    explanation: str = ""

    @property
    def highest(self) -> int:
        """The output that means white."""
        return max((1 << self.bits) - 1, 1)

    def look_up(self, inputs: NDArray[Any]) -> NDArray[np.uint16]:
        """The entry for each input, rounded to the nearest whole number."""
        index = np.rint(np.nan_to_num(np.asarray(inputs, np.float64))) - self.first
        found: NDArray[np.uint16] = self.entries.take(np.clip(index, 0, self.entries.size - 1).astype(np.intp))
        return found


def lut_in(item: Dataset, *, signed: bool) -> Lut | None:
    """The table of a Modality or VOI LUT Sequence item; None when it is incomplete."""
    return _lut(item, "LUTDescriptor", "LUTData", signed=signed, explanation=text(item, "LUTExplanation"))


def palette_in(dataset: Dataset, color: str, *, signed: bool) -> Lut | None:
    """One color's palette ("Red", "Green" or "Blue"), segmented or not; None when it is missing or incomplete."""
    prefix = f"{color}PaletteColorLookupTable"
    return _lut(dataset, f"{prefix}Descriptor", f"{prefix}Data", signed=signed) or _segmented(
        dataset, f"{prefix}Descriptor", f"Segmented{prefix}Data", signed=signed
    )


def _lut(dataset: Dataset, descriptor: str, data: str, *, signed: bool, explanation: str = "") -> Lut | None:
    described = _described(dataset, descriptor, signed=signed)
    if described is None:
        return None
    count, first, bits = described
    entries = _words(dataset, data, count, bits)
    if entries is None or entries.size == 0:
        return None
    if entries.size < count:
        entries = np.concatenate([entries, np.full(count - entries.size, entries[-1], np.uint16)])
    return Lut(first, entries[:count], _true_bits(entries[:count], bits), explanation)


def _described(dataset: Dataset, keyword: str, *, signed: bool) -> tuple[int, int, int] | None:
    numbers = reals(dataset, keyword)
    if len(numbers) < 3:
        return None
    # A signed VR turns 65 535 into -1; 0 stands for 65 536 entries (PS3.3 C.11.1.1.1).
    count = int(numbers[0]) & 0xFFFF or _MAX_ENTRIES
    first = int(numbers[1])
    if signed and first > 0x7FFF:
        first -= 0x10000
    elif not signed and first < 0:
        first &= 0xFFFF
    bits = int(numbers[2])
    return count, first, bits if 8 <= bits <= 16 else 16


def _true_bits(entries: NDArray[np.uint16], bits: int) -> int:
    """As many bits as the entries use: tables of 16-bit entries are often described as 8, and the reverse."""
    return max(bits, int(entries.max()).bit_length())


def _words(dataset: Dataset, keyword: str, count: int, bits: int) -> NDArray[np.uint16] | None:
    """The table's data as numbers, from bytes (OW) or from a list of them (US)."""
    found = value(dataset, keyword)
    if found is None:
        return None
    if isinstance(found, bytes):
        if len(found) < 2 * count and bits == 8:
            return np.frombuffer(found, np.uint8).astype(np.uint16)
        order = "<" if _is_little_endian(dataset) else ">"
        return np.frombuffer(found[: len(found) & ~1], f"{order}u2").astype(np.uint16)
    try:
        listed = np.atleast_1d(np.asarray(found, np.int64))
    except NOT_A_VALUE:
        return None
    if bits == 8 and listed.size * 2 in (count, count + 1) and listed.size < count:
        # PS3.3 C.7.6.3.1.6: entries of 8 bits lie two to a word, the first in the lower byte.
        return (listed & 0xFFFF).astype("<u2").view(np.uint8).astype(np.uint16)
    return (listed & 0xFFFF).astype(np.uint16)


def _is_little_endian(dataset: Dataset) -> bool:
    return dataset.original_encoding[1] is not False


def _segmented(dataset: Dataset, descriptor: str, data: str, *, signed: bool) -> Lut | None:
    """Expand a segmented palette (PS3.3 C.7.9.2): discrete, linear and indirect runs, never past its entry count."""
    described = _described(dataset, descriptor, signed=signed)
    found = value(dataset, data)
    if described is None or not isinstance(found, bytes):
        return None
    count, first, bits = described
    order = "<" if _is_little_endian(dataset) else ">"
    # Eight-bit palettes keep their segments in bytes.
    dtype = np.dtype(np.uint8 if bits == 8 else f"{order}u2")
    words = np.frombuffer(found[: len(found) // dtype.itemsize * dtype.itemsize], dtype).tolist()
    expanded = np.asarray(_expand(words, count, wide=bits == 8), np.uint16)
    if expanded.size == 0:
        return None
    padding = np.full(max(0, count - expanded.size), expanded[-1], np.uint16)
    entries = np.concatenate([expanded, padding])[:count]
    return Lut(first, entries, bits)


def _expand(words: list[int], count: int, *, wide: bool) -> list[int]:
    entries: list[int] = []
    at = 0
    while at + 1 < len(words) and len(entries) < count:
        kind, length = words[at], words[at + 1]
        at = _segment(words, at, entries, count)
        if kind == 2:
            # An indirect run repeats `length` segments that begin at an offset into the data.
            halves = words[at + 2 : at + (6 if wide else 4)]
            at += 6 if wide else 4
            source = sum(half << ((8 if wide else 16) * i) for i, half in enumerate(halves))
            source //= 1 if wide else 2
            for _ in range(min(length, count)):
                if not 0 <= source < len(words) - 1 or words[source] == 2 or len(entries) >= count:
                    break
                source = _segment(words, source, entries, count)
    return entries


def _segment(words: list[int], at: int, entries: list[int], count: int) -> int:
    """Add one discrete or linear segment and return where the next begins; an indirect one is left in place."""
    kind, length = words[at], words[at + 1]
    if kind == 0:
        entries.extend(words[at + 2 : at + 2 + min(length, count - len(entries))])
        return at + 2 + length
    if kind == 1 and at + 2 < len(words):
        begin, end = (entries[-1] if entries else 0), words[at + 2]
        steps = min(length, count - len(entries))
        entries.extend(round(begin + (end - begin) * (i + 1) / length) for i in range(steps))
        return at + 3
    return at if kind == 2 else len(words)
