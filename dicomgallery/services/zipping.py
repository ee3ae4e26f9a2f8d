"""A ZIP written while it is read: nothing is known of its end when its beginning leaves.

PKWARE's APPNOTE 6.3 is what the numbers below come from. Small entries are read, summed and deflated ahead
in threads, so that their headers say everything; a large one streams, and says its sum behind itself.
"""

import struct
import tempfile
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from typing import IO, Final

from isal import isal_zlib

LARGE_BYTES: Final = 8 << 20
AHEAD_BYTES: Final = 32 << 20
AHEAD_ENTRIES: Final = 32
_THREADS: Final = 2
_DEFLATE_LEVEL: Final = 2
"""Of isal's 0 to 3: on CT slices 1 to 3 are equally fast, 23 times zlib's 6, and 2 makes the smallest."""

_UTF8_NAME: Final = 0x0800
_SUM_BEHIND: Final = 0x0008
_ZIP64_VERSION: Final = 45
_MADE_ON_UNIX: Final = 3 << 8
_PLAIN_FILE: Final = 0o100644 << 16
_LIMIT_32: Final = 0xFFFFFFFF
_LIMIT_16: Final = 0xFFFF


class Method(IntEnum):
    """How the bytes of an entry are kept (APPNOTE 4.4.5)."""

    STORED = 0
    DEFLATED = 8


@dataclass(frozen=True, slots=True)
class Entry:
    """A file to be: its path inside the archive with "/" between, its size, and its bytes when asked for."""

    name: str
    size_bytes: int
    read: Callable[[], Iterator[bytes]]
    """Raises FileNotFoundError at once when the bytes are gone; such an entry is left out."""


@dataclass(frozen=True, slots=True)
class _Written:
    """What the directory at the end says of an entry."""

    name: bytes
    method: Method
    flags: int
    crc: int
    packed_bytes: int
    size_bytes: int
    offset: int


@dataclass(frozen=True, slots=True)
class _Packed:
    """A small entry, ready to leave."""

    method: Method
    crc: int
    size_bytes: int
    data: bytes


def stream(
    entries: Iterable[Entry], *, deflate: bool, left_out: Callable[[list[str]], Entry] | None = None
) -> Iterator[bytes]:
    """The bytes of an archive of `entries`, in memory that does not grow with it.

    `left_out` makes a last entry from the names of those whose bytes were gone.
    """
    with tempfile.SpooledTemporaryFile(max_size=4 << 20) as directory, ThreadPoolExecutor(_THREADS, "zip") as threads:
        archive = _Archive(directory, deflate=deflate)
        for entry, packed in _packed_ahead(entries, threads, deflate=deflate):
            yield from archive.add(entry, packed)
        if archive.missing and left_out is not None:
            note = left_out(archive.missing)
            yield from archive.add(note, _pack(note, deflate=deflate))
        yield from archive.end()


def _packed_ahead(
    entries: Iterable[Entry], threads: ThreadPoolExecutor, *, deflate: bool
) -> Iterator[tuple[Entry, _Packed | None]]:
    """Each entry in order with what a thread made of it; None for a large one, or one whose bytes are gone."""
    ahead: deque[tuple[Entry, Future[_Packed | None] | None]] = deque()
    held = 0
    try:
        for entry in entries:
            small = entry.size_bytes <= LARGE_BYTES
            ahead.append((entry, threads.submit(_pack, entry, deflate=deflate) if small else None))
            held += entry.size_bytes if small else 0
            while ahead and (held > AHEAD_BYTES or len(ahead) > AHEAD_ENTRIES):
                first, future = ahead.popleft()
                held -= first.size_bytes if future else 0
                yield first, future.result() if future else None
        while ahead:
            first, future = ahead.popleft()
            yield first, future.result() if future else None
    finally:
        for _, future in ahead:
            if future:
                future.cancel()


def _pack(entry: Entry, *, deflate: bool) -> _Packed | None:
    try:
        data = b"".join(entry.read())
    except FileNotFoundError:
        return None
    crc = isal_zlib.crc32(data)
    if deflate:
        packer = isal_zlib.compressobj(_DEFLATE_LEVEL, isal_zlib.DEFLATED, -zlib.MAX_WBITS)
        packed = packer.compress(data) + packer.flush()
        if len(packed) < len(data):
            return _Packed(Method.DEFLATED, crc, len(data), packed)
    return _Packed(Method.STORED, crc, len(data), data)


class _Archive:
    """An archive that is being written, and what its directory will say."""

    def __init__(self, directory: IO[bytes], *, deflate: bool) -> None:
        self._directory = directory
        self._method = Method.DEFLATED if deflate else Method.STORED
        self._count = 0
        self._offset = 0
        self._clock = _dos_clock(datetime.now(UTC))
        self.missing: list[str] = []

    def add(self, entry: Entry, packed: _Packed | None) -> Iterator[bytes]:
        """The bytes of one entry."""
        if packed is not None:
            yield from self._whole(entry.name, packed)
            return
        try:
            chunks = entry.read()
            first = next(chunks, b"")
        except FileNotFoundError:
            self.missing.append(entry.name)
            return
        yield from self._flowing(entry, first, chunks)

    def end(self) -> Iterator[bytes]:
        """The directory and what closes the archive (APPNOTE 4.3.12 to 4.3.16)."""
        size = self._directory.tell()
        self._directory.seek(0)
        while chunk := self._directory.read(1 << 16):
            yield chunk
        start, count = self._offset, self._count
        if count >= _LIMIT_16 or size >= _LIMIT_32 or start >= _LIMIT_32:
            yield struct.pack(
                "<IQHHIIQQQQ", 0x06064B50, 44, _MADE_ON_UNIX | 45, 45, 0, 0, count, count, size, start
            ) + struct.pack("<IIQI", 0x07064B50, 0, start + size, 1)
        few = min(count, _LIMIT_16)
        yield struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, few, few, min(size, _LIMIT_32), min(start, _LIMIT_32), 0)

    def _whole(self, name: str, packed: _Packed) -> Iterator[bytes]:
        encoded, flags = _encoded(name)
        written = _Written(encoded, packed.method, flags, packed.crc, len(packed.data), packed.size_bytes, self._offset)
        head = self._local_head(written)
        yield head
        yield packed.data
        self._finish(written, len(head) + len(packed.data))

    def _flowing(self, entry: Entry, first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
        """An entry whose sum stands behind it (APPNOTE 4.3.9)."""
        encoded, flags = _encoded(entry.name)
        # What does not shrink grows by a few bytes a block; a hundredth is far more than that.
        wide = entry.size_bytes + entry.size_bytes // 100 >= _LIMIT_32
        head = self._local_head(_Written(encoded, self._method, flags | _SUM_BEHIND, 0, 0, 0, self._offset), wide=wide)
        yield head
        packer = _packer(self._method)
        crc = size = packed_bytes = 0
        for chunk in _and_then(first, rest):
            crc = isal_zlib.crc32(chunk, crc)
            size += len(chunk)
            if packed := packer(chunk):
                packed_bytes += len(packed)
                yield packed
        if packed := packer(None):
            packed_bytes += len(packed)
            yield packed
        tail = struct.pack("<IIQQ" if wide else "<IIII", 0x08074B50, crc, packed_bytes, size)
        yield tail
        written = _Written(encoded, self._method, flags | _SUM_BEHIND, crc, packed_bytes, size, self._offset)
        self._finish(written, len(head) + packed_bytes + len(tail))

    def _local_head(self, entry: _Written, *, wide: bool = False) -> bytes:
        extra = struct.pack("<HHQQ", 1, 16, 0, 0) if wide else b""
        packed, size = (_LIMIT_32, _LIMIT_32) if wide else (entry.packed_bytes, entry.size_bytes)
        version = _ZIP64_VERSION if wide else 20
        time, date = self._clock
        fixed = struct.pack(
            "<IHHHHHIIIHH",
            *(0x04034B50, version, entry.flags, entry.method, time, date),
            *(entry.crc, packed, size, len(entry.name), len(extra)),
        )
        return fixed + entry.name + extra

    def _finish(self, entry: _Written, written_bytes: int) -> None:
        """Enter a written entry into the directory."""
        wide = [value for value in (entry.size_bytes, entry.packed_bytes, entry.offset) if value >= _LIMIT_32]
        extra = struct.pack(f"<HH{len(wide)}Q", 1, 8 * len(wide), *wide) if wide else b""
        version = _ZIP64_VERSION if wide else 20
        time, date = self._clock
        fixed = struct.pack(
            "<IHHHHHHIIIHHHHHII",
            *(0x02014B50, _MADE_ON_UNIX | version, version, entry.flags, entry.method, time, date, entry.crc),
            *(min(entry.packed_bytes, _LIMIT_32), min(entry.size_bytes, _LIMIT_32), len(entry.name), len(extra)),
            *(0, 0, 0, _PLAIN_FILE, min(entry.offset, _LIMIT_32)),
        )
        self._directory.write(fixed + entry.name + extra)
        self._count += 1
        self._offset += written_bytes


def _packer(method: Method) -> Callable[[bytes | None], bytes]:
    """What turns chunks into the bytes that leave; None ends it."""
    if method is Method.STORED:
        return lambda chunk: chunk or b""
    packer = isal_zlib.compressobj(_DEFLATE_LEVEL, isal_zlib.DEFLATED, -zlib.MAX_WBITS)

    def pack(chunk: bytes | None) -> bytes:
        return packer.flush() if chunk is None else packer.compress(chunk)

    return pack


def _and_then(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _encoded(name: str) -> tuple[bytes, int]:
    encoded = name.encode("utf-8", "replace")
    return encoded, 0 if name.isascii() else _UTF8_NAME


def _dos_clock(at: datetime) -> tuple[int, int]:
    """Time and date as MS-DOS kept them, to two seconds."""
    return at.hour << 11 | at.minute << 5 | at.second // 2, (at.year - 1980) << 9 | at.month << 5 | at.day
