"""The numbers of waveform data as they are stored: eight linear forms and two companded ones (PS3.3 C.10.9.1.5)."""

import sys
from array import array
from typing import Final, TypeAlias

Numbers: TypeAlias = "array[int]"

_LINEAR: Final = {
    (8, "SB"): "b", (8, "UB"): "B", (16, "SS"): "h", (16, "US"): "H",
    (32, "SL"): "i", (32, "UL"): "I", (64, "SV"): "q", (64, "UV"): "Q",
}  # fmt: skip
_FLIPPED: Final = bytes(byte ^ 0x80 for byte in range(256))


def numbers_of(data: bytes, bits: int, interpretation: str, *, big_endian: bool) -> Numbers:
    """The samples in `data`, a ragged end left off; companded ones are expanded to 16 bits. None of an unknown form."""
    if bits == 8 and interpretation in _EXPANDED:
        return _expanded(data, interpretation)
    code = _LINEAR.get((bits, interpretation))
    if code is None:
        return array("h")
    numbers = array(code)
    numbers.frombytes(data[: len(data) // numbers.itemsize * numbers.itemsize])
    if big_endian != (sys.byteorder == "big"):
        numbers.byteswap()
    return numbers


def as_pcm16(numbers: Numbers) -> bytes:
    """The upper 16 bits of each number, signed and little endian, as a WAV file holds them."""
    if sys.byteorder == "big":
        numbers = numbers[:]
        numbers.byteswap()
    width, raw = numbers.itemsize, numbers.tobytes()
    pcm = bytearray(2 * len(numbers))
    top = raw[width - 1 :: width]
    pcm[1::2] = top.translate(_FLIPPED) if numbers.typecode.isupper() else top
    if width > 1:
        pcm[0::2] = raw[width - 2 :: width]
    return bytes(pcm)


def _expanded(data: bytes, interpretation: str) -> Numbers:
    """Bytes of ITU-T G.711 as 16-bit numbers; a translation a half is far quicker than a look-up a sample."""
    low, high = _EXPANDED[interpretation]
    halves = bytearray(2 * len(data))
    halves[0::2], halves[1::2] = data.translate(low), data.translate(high)
    numbers = array("h")
    numbers.frombytes(bytes(halves))
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


def _mu_law(byte: int) -> int:
    """One byte of mu-law (ITU-T G.711, table 2), all of its bits inverted on the wire."""
    bits = ~byte & 0xFF
    size = (((bits & 0x0F) << 3) + 0x84 << (bits >> 4 & 7)) - 0x84
    return -size if bits & 0x80 else size


def _a_law(byte: int) -> int:
    """One byte of A-law (ITU-T G.711, table 1), its even bits inverted on the wire."""
    bits = byte ^ 0x55
    size, segment = (bits & 0x0F) << 4, bits >> 4 & 7
    size = size + 8 if segment == 0 else size + 0x108 << segment - 1
    return size if bits & 0x80 else -size


def _halves(numbers: list[int]) -> tuple[bytes, bytes]:
    return bytes(number & 0xFF for number in numbers), bytes(number >> 8 & 0xFF for number in numbers)


_EXPANDED: Final = {
    "MB": _halves([_mu_law(byte) for byte in range(256)]),
    "AB": _halves([_a_law(byte) for byte in range(256)]),
}
