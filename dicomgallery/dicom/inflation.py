"""Inflating a deflated data set by counted bytes, so that a megabyte cannot become gigabytes (PS3.5 A.5)."""

import mmap
import zlib
from typing import Final

_CHUNK: Final = 1 << 16
_STEP: Final = 1 << 20


class Inflation:
    """One deflated stream, inflated a bounded step at a time."""

    def __init__(self, data: bytes | memoryview | mmap.mmap, offset: int) -> None:
        self._data = data
        self._position = offset
        self._stream = zlib.decompressobj(-zlib.MAX_WBITS)
        self._held = bytearray()
        self._total = 0
        self._broken = False

    @property
    def ended(self) -> bool:
        """Whether the stream's own end was reached."""
        return self._stream.eof

    def is_broken(self) -> bool:
        """Say whether the bytes met so far are no deflated stream."""
        return self._broken

    def inflate_to(self, wanted: int) -> bytes:
        """Return the first `wanted` bytes, or all there are; call with growing numbers, before `count_rest`."""
        while len(self._held) < wanted:
            piece = self._next(wanted - len(self._held))
            if not piece:
                break
            self._held += piece
        return bytes(self._held)

    def count_rest(self, limit: int) -> int:
        """Inflate to the end without keeping anything and return the whole length; stops soon after `limit`."""
        while self._total <= limit and self._next(_STEP):
            pass
        return self._total

    def _next(self, at_most: int) -> bytes:
        """Inflate the next bytes; none means the stream has ended, is broken or is cut short."""
        while not self._stream.eof:
            source = self._stream.unconsumed_tail
            if not source:
                source = bytes(self._data[self._position : self._position + _CHUNK])
                self._position += len(source)
            try:
                piece = self._stream.decompress(source, min(at_most, _STEP))
            except zlib.error:
                self._broken = True
                return b""
            if piece:
                self._total += len(piece)
                return piece
            if not source:
                return b""
        return b""
