"""What a compressed frame says of itself, read from its first bytes before any decoder sees it.

A header may say 16 x 16 over a JPEG of 30000 x 30000; only the codestream tells what decoding will cost.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise
from struct import unpack_from
from typing import Final

from dicomgallery.imaging.refusals import CannotRenderError, RenderReason


class Color(Enum):
    """What a codestream says its three components are."""

    RGB = "RGB"
    YCC = "YCC"
    UNSAID = "UNSAID"


@dataclass(frozen=True, slots=True)
class Codestream:
    """The size and kind of one compressed frame."""

    width: int
    height: int
    components: int
    precision: int
    signed: bool | None = None
    """None where the encoding cannot say (JPEG, JPEG-LS)."""
    color: Color = Color.UNSAID
    start: int = 0
    """Where the bare codestream begins, after any container boxes."""
    process: int = 0
    """The JPEG start-of-frame marker, 0xC0 to 0xF7."""
    scan: int | None = None
    """Where the first JPEG scan header begins."""
    levels: int = 0
    """Resolutions below the full one (JPEG 2000)."""
    reversible: bool = False
    """Whether the wavelet is the lossless one (JPEG 2000)."""


_NO_FRAME: Final = frozenset({0xC4, 0xC8, 0xCC})
_STARTS_OF_FRAME: Final = (frozenset(range(0xC0, 0xD0)) - _NO_FRAME) | {0xF7}
_ALONE: Final = frozenset(range(0xD0, 0xD9)) | {0x00, 0x01}
_START_OF_SCAN: Final = 0xDA
LOSSLESS_PROCESSES: Final = frozenset({0xC3, 0xC7, 0xCB, 0xCF})
JPEG_LS_PROCESS: Final = 0xF7


def _damaged(what: str) -> CannotRenderError:
    return CannotRenderError(RenderReason.DAMAGED, f"The compressed picture is not a {what} codestream.")


def jpeg(data: bytes) -> Codestream:
    """Read a JPEG or JPEG-LS codestream's markers up to its first scan (ISO 10918-1 B.2, 14495-1 C.2)."""
    start = data.find(b"\xff\xd8", 0, 4096)
    if start < 0:
        raise _damaged("JPEG")
    color = Color.UNSAID
    process, frame, scan = 0, b"", None
    for marker, at, body in _segments(data, start + 2):
        if marker in _STARTS_OF_FRAME and len(body) >= 6 and len(body) >= 6 + 3 * body[5]:
            process, frame = marker, body
        elif marker == 0xE0 and body.startswith(b"JFIF\0") and color is Color.UNSAID:
            color = Color.YCC
        elif marker == 0xEE and body.startswith(b"Adobe") and len(body) >= 12:
            color = Color.RGB if body[11] == 0 else Color.YCC
        elif marker == _START_OF_SCAN:
            scan = at
            break
    if not frame or scan is None:
        raise _damaged("JPEG")
    height, width = unpack_from(">HH", frame, 1)
    components = frame[5]
    ids, sampling = frame[6::3][:components], frame[7::3][:components]
    if ids.lower() == b"rgb":
        color = Color.RGB
    elif len(set(sampling)) > 1 and color is Color.UNSAID:
        # Only chroma is ever kept at a lower resolution.
        color = Color.YCC
    return Codestream(width, height, components, frame[0], None, color, start, process, scan)


def _segments(data: bytes, at: int) -> Iterator[tuple[int, int, bytes]]:
    """Each marker segment: the marker, where it begins, its body; stray bytes between them are passed over."""
    while at + 4 <= len(data):
        marker = data[at + 1]
        if data[at] != 0xFF or marker == 0xFF:
            at += 1
        elif marker in _ALONE:
            at += 2
        else:
            length = unpack_from(">H", data, at + 2)[0]
            yield marker, at, data[at + 4 : at + 2 + length]
            at += 2 + max(length, 2)


def jpeg2000(data: bytes) -> Codestream:
    """Read a JPEG 2000 or HTJ2K codestream's SIZ and COD (ISO 15444-1 A.5, A.6), past any boxes of a JP2 file."""
    start = _codestream_in_boxes(data)
    if data[start : start + 4] != b"\xff\x4f\xff\x51" or len(data) < start + 45:
        raise _damaged("JPEG 2000")
    right, bottom, left, top = unpack_from(">4L", data, start + 8)
    components = unpack_from(">H", data, start + 40)[0]
    depth = data[start + 42]
    at = start + 4 + unpack_from(">H", data, start + 4)[0]
    color, levels, reversible = Color.UNSAID, 0, False
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] not in (0x90, 0x93):
        length = unpack_from(">H", data, at + 2)[0]
        if data[at + 1] == 0x52 and at + 14 <= len(data):
            # COD: with the component transform on, a decoder undoes it and hands out RGB.
            color = Color.RGB if data[at + 8] else Color.UNSAID
            levels = data[at + 9]
            reversible = data[at + 13] == 1
        at += 2 + max(length, 2)
    return Codestream(
        width=right - left,
        height=bottom - top,
        components=components,
        precision=(depth & 0x7F) + 1,
        signed=bool(depth & 0x80),
        color=color,
        start=start,
        levels=levels,
        reversible=reversible,
    )


def _codestream_in_boxes(data: bytes) -> int:
    """Walk JP2 boxes to the codestream; a decoder given a box of length zero may never return."""
    at = 0
    while at + 8 <= len(data) and data[at : at + 2] != b"\xff\x4f":
        length, kind = unpack_from(">L4s", data, at)
        header = 8
        if length == 1 and at + 16 <= len(data):
            length, header = unpack_from(">Q", data, at + 8)[0], 16
        if kind == b"jp2c":
            return at + header
        if length < header:
            break
        at += length
    return at


def jpeg_xl(data: bytes) -> Codestream:
    """Read a JPEG XL codestream's size header (ISO 18181-1 D.2); components and precision are left to its decoder."""
    bare = _jpeg_xl_codestream(data)
    if bare[:2] != b"\xff\x0a":
        raise _damaged("JPEG XL")
    bits = _Bits(int.from_bytes(bare[2:18], "little"))
    small = bits.take(1) == 1
    height = _side(bits, small=small)
    ratio = bits.take(3)
    if ratio:
        over, under = ((1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))[ratio - 1]
        width = height * over // under
    else:
        width = _side(bits, small=small)
    return Codestream(width, height, components=0, precision=0)


def _side(bits: "_Bits", *, small: bool) -> int:
    return (bits.take(5) + 1) * 8 if small else bits.take((9, 13, 18, 30)[bits.take(2)]) + 1


def _jpeg_xl_codestream(data: bytes) -> bytes:
    at = 0
    if not data.startswith(b"\x00\x00\x00\x0cJXL "):
        return data[:32]
    while at + 8 <= len(data):
        length, kind = unpack_from(">L4s", data, at)
        if kind in (b"jxlc", b"jxlp"):
            body = at + (8 if kind == b"jxlc" else 12)
            return data[body : body + 32]
        if length < 8:
            break
        at += length
    return b""


class _Bits:
    """Bits of a little endian number, lowest first."""

    def __init__(self, number: int) -> None:
        self._number = number

    def take(self, count: int) -> int:
        """The next bits as a number."""
        taken = self._number & ((1 << count) - 1)
        self._number >>= count
        return taken


def rle_planes(data: bytes, expected: int, plane_bytes: int) -> None:
    """Check an RLE header (PS3.5 G.5): as many segments as byte planes, in order, none able to hold too little."""
    if len(data) < 64:
        raise _damaged("RLE")
    count, *offsets = unpack_from("<16L", data)
    if count != expected:
        raise CannotRenderError(
            RenderReason.MISMATCH, f"The RLE frame has {count} segments where its header calls for {expected}."
        )
    bounds = [*offsets[:count], len(data)]
    for begin, end in pairwise(bounds):
        # Two bytes of RLE make 128 at the most.
        if not 64 <= begin < end <= len(data) or (end - begin) * 64 < plane_bytes:
            raise CannotRenderError(RenderReason.DAMAGED, "The segments of the RLE frame cannot hold its pixels.")
