"""Pixel data without what no pixel needs: words inside compressed frames, bytes behind the last frame."""

from collections.abc import Iterator
from dataclasses import dataclass
from struct import unpack_from
from typing import Final

from dicomgallery.deid import streams
from dicomgallery.deid.cells import Cells
from dicomgallery.deid.source import Source, Stretch
from dicomgallery.deid.streams import Span
from dicomgallery.dicom.prescan import Buffer

_BEGIN: Final = 0xFFFEE000
_LARGEST_FRAME: Final = 256 << 20
_ZEROS: Final = bytes(1 << 16)


@dataclass(frozen=True, slots=True)
class Masked(Stretch):
    """Pixel cells whose unused bits are cleared while they are written."""

    layout: Cells


@dataclass(frozen=True, slots=True)
class Pixels:
    """How the pixel data of an object lie."""

    is_native: bool
    cells: Cells | None = None
    """Where some of their bits are unused."""
    frame_bits: int = 0
    """0 where nothing can be said of a length."""
    frames: int = 1

    @classmethod
    def of(cls, source: Source) -> "Pixels":
        """As the header says."""
        if not source.is_native:
            # Of compressed cells the bits cannot be reached without decoding.
            return cls(is_native=False)
        allocated, stored, high = (source.number(tag) for tag in (0x00280100, 0x00280101, 0x00280102))
        cells = Cells(allocated, stored, high, source.number(0x00280103) == 1)
        bits = allocated * source.number(0x00280010) * source.number(0x00280011) * (source.number(0x00280002) or 1)
        if any(ratio in source.text(0x00280004) for ratio in ("422", "420")):
            bits = 0
        said = source.text(0x00280008)
        frames = int(said) if said.isascii() and said.isdigit() and len(said) < 10 else 1
        unused = cells if cells.has_unused_bits else None
        return cls(is_native=True, cells=unused, frame_bits=bits, frames=max(frames, 1))

    def cleaned(self, buffer: Buffer, begin: int, end: int) -> Iterator[bytes | Stretch]:
        """Native pixel data between two places, of the same length."""
        stop = begin + min(self._length(end - begin), end - begin)
        if end - stop <= len(_ZEROS) and not bytes(buffer[stop:end]).strip(b"\0"):
            stop = end
        if begin < stop:
            yield Masked(buffer, begin, stop, self.cells) if self.cells is not None else Stretch(buffer, begin, stop)
        yield from _zeros(end - stop)

    def _length(self, held: int) -> int:
        """How many bytes whole frames take, of those that the header counts and of any more."""
        expected = -(-self.frame_bits * self.frames // 8)
        if not self.frame_bits or held <= expected:
            return held
        more = (held - expected) * 8 // self.frame_bits
        return -(-self.frame_bits * (self.frames + more) // 8)


def without_words(buffer: Buffer, begin: int, end: int) -> Iterator[bytes | Stretch]:
    """Fragments between two places (PS3.5 A.4), of the same length, without what their frames say in words."""
    at = begin
    for first, last in _blanks(buffer, begin, end):
        if at < first:
            yield Stretch(buffer, at, first)
        yield from _zeros(last - first)
        at = last
    if at < end:
        yield Stretch(buffer, at, end)


def _blanks(buffer: Buffer, begin: int, end: int) -> Iterator[Span]:
    frame: list[Span] = []
    for number, (first, last) in enumerate(_fragments(buffer, begin, end)):
        if not number:
            # The table of offsets, whose first is 0.
            if bytes(buffer[first : first + 4]).strip(b"\0"):
                yield first, last
        elif streams.is_start(bytes(buffer[first : min(first + 8, last)])):
            yield from _of_frame(buffer, frame)
            frame = [(first, last)]
        elif frame:
            frame.append((first, last))
    yield from _of_frame(buffer, frame)


def _of_frame(buffer: Buffer, frame: list[Span]) -> list[Span]:
    if not frame or sum(last - first for first, last in frame) > _LARGEST_FRAME:
        return []
    return streams.blanked(frame, b"".join(bytes(buffer[first:last]) for first, last in frame))


def _fragments(buffer: Buffer, begin: int, end: int) -> Iterator[Span]:
    while begin + 8 <= end:
        group, element, length = unpack_from("<HHL", buffer, begin)
        if group << 16 | element != _BEGIN or begin + 8 + length > end:
            return
        yield begin + 8, begin + 8 + length
        begin += 8 + length


def _zeros(count: int) -> Iterator[bytes]:
    while count > 0:
        yield _ZEROS[:count]
        count -= len(_ZEROS)
