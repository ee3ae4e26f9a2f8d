"""Stretches of a file and short bytes, read as one stream without joining them."""

import os
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from io import BufferedIOBase
from itertools import accumulate
from typing import BinaryIO


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some of the bytes of an open file."""

    file: BinaryIO
    offset: int
    size_bytes: int

    def read(self, at: int, size: int) -> bytes:
        """At most `size` bytes from `at`, counted from the stretch's beginning."""
        return os.pread(self.file.fileno(), min(size, self.size_bytes - at), self.offset + at)


class Pieces(BufferedIOBase):
    """Pieces one after another, as a file to read and to seek in; a read may stop where a piece ends."""

    def __init__(self, pieces: Sequence[Stretch | bytes]) -> None:
        self._pieces = [piece for piece in pieces if _size(piece)]
        self._starts = [0, *accumulate(map(_size, self._pieces))]
        self._at = 0

    def read(self, size: int | None = -1, /) -> bytes:
        """Read at most `size` bytes; all that are left with -1."""
        if size is None or size < 0:
            return b"".join(iter(lambda: self.read(1 << 20), b""))
        if self._at >= self._starts[-1]:
            return b""
        number = bisect_right(self._starts, self._at) - 1
        piece, at = self._pieces[number], self._at - self._starts[number]
        bite = piece[at : at + size] if isinstance(piece, bytes) else piece.read(at, size)
        self._at += len(bite)
        return bite

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Go to a place and say where that is."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._starts[-1]}[whence]
        self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        """Where the reading stands."""
        return self._at

    def readable(self) -> bool:
        """It can be read."""
        return True

    def seekable(self) -> bool:
        """It can be sought in."""
        return True


def _size(piece: Stretch | bytes) -> int:
    return len(piece) if isinstance(piece, bytes) else piece.size_bytes
