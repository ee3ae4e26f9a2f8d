"""tar archives (POSIX ustar and pax, GNU, and the old one), plain or gzipped, read once from front to back."""

from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Final, Protocol

from dicomgallery.sandbox.findings import (
    BadArchiveError,
    BadMemberError,
    Budget,
    Refusal,
    Refused,
    display_name,
    is_clutter,
)
from dicomgallery.sandbox.inflating import STEP_BYTES, GzipSource
from dicomgallery.sandbox.keeping import Chunks, Keeper, Outcome

BLOCK_BYTES: Final = 512
_LONGEST_NOTE: Final = 1 << 20
"""The most that a header may say before its file; real ones say a few hundred bytes."""
_AT_ONCE_BYTES: Final = 2 << 20
_REGULAR: Final = frozenset({b"0", b"\0", b"7", b"S"})
_FOLDER: Final = b"5"
_NOTES: Final = frozenset({b"x", b"g", b"X", b"L", b"K"})
_LINKS: Final = frozenset({b"1", b"2"})
_DEVICES: Final = frozenset({b"3", b"4", b"6"})
_OTHER_FILES: Final = {
    **dict.fromkeys(_LINKS, (Refusal.UNSAFE, "The entry is a link, not a file.")),
    **dict.fromkeys(_DEVICES, (Refusal.UNSAFE, "The entry is a device, not a file.")),
}
_SPARSE: Final = (Refusal.UNREADABLE, "The entry is a sparse file; pack it again as a plain one.")
_UNKNOWN: Final = (Refusal.UNREADABLE, "The entry is of a kind that is not known.")
_CUT: Final = "The archive is cut off."

Step = Outcome | Future[Outcome] | None


class Source(Protocol):
    """Bytes that are read once."""

    def take(self, count: int) -> bytes | memoryview:
        """The next bytes, fewer at the end."""

    def skip(self, count: int) -> bool:
        """Pass over bytes; False when there are not so many."""

    def finish(self) -> None:
        """Read to the end, or raise BadArchiveError when that shows that what was read is damaged."""


class PlainSource:
    """A plain tar, whose bytes are where they are."""

    def __init__(self, data: memoryview) -> None:
        self._data = data
        self._at = 0

    def take(self, count: int) -> memoryview:
        """The next bytes, fewer at the end."""
        part = self._data[self._at : self._at + count]
        self._at += len(part)
        return part

    def skip(self, count: int) -> bool:
        """Pass over bytes; False when there are not so many."""
        self._at += count
        return self._at <= len(self._data)

    def finish(self) -> None:
        """Nothing more is known at the end of a plain tar."""


@dataclass(slots=True)
class _Header:
    name: str
    kind: bytes
    size_bytes: int
    extended: bool
    """Old GNU sparse: more header blocks follow."""


@dataclass(slots=True)
class _Notes:
    """What a header before the file says of it: its long name, its size, that it is sparse."""

    name: str | None = None
    size_bytes: int | None = None
    is_sparse: bool = False
    count: int = field(default=0)


def is_header(block: bytes | memoryview) -> bool:
    """Say whether a block is a tar header, by its checksum (POSIX 1003.1, pax, "ustar Interchange Format")."""
    if len(block) < BLOCK_BYTES or block[0] == 0:
        return False
    try:
        told = _number(bytes(block[148:156]))
    except BadArchiveError:
        return False
    summed = sum(block[:148]) + sum(block[156:BLOCK_BYTES]) + 8 * 0x20
    if told == summed:
        return True
    # Some old programs summed signed characters.
    high = sum(1 for byte in bytes(block[:148]) + bytes(block[156:BLOCK_BYTES]) if byte > 0x7F)
    return told == summed - 256 * high


def read(source: Source, keeper: Keeper, budget: Budget) -> Iterator[Step]:
    """The members of a tar in its own order; BadArchiveError ends it after the good ones."""
    notes = _Notes()
    while True:
        header = _next_header(source)
        if header is None:
            source.finish()
            return
        padding = -header.size_bytes % BLOCK_BYTES
        if header.kind in _NOTES:
            notes.count += 1
            _read_note(header, _take_note(source, header, padding), notes)
            continue
        budget.enter()
        name = notes.name or header.name
        size = header.size_bytes if notes.size_bytes is None else notes.size_bytes
        padding = -size % BLOCK_BYTES
        is_sparse = notes.is_sparse or header.kind == b"S"
        notes = _Notes()
        _skip_extensions(source, header)
        is_folder = header.kind == _FOLDER or (header.kind in _REGULAR and name.endswith("/") and size == 0)
        if is_folder or is_clutter(name):
            _skip(source, size + padding)
        elif is_sparse or header.kind not in _REGULAR:
            reason, detail = _SPARSE if is_sparse else _OTHER_FILES.get(header.kind, _UNKNOWN)
            yield Refused(name, reason, detail)
            # A link may state the size of what it points to, and brings no bytes (POSIX).
            if header.kind not in _LINKS | _DEVICES:
                _skip(source, size + padding)
        else:
            yield from _take_file(source, name, size, keeper, budget)
            _skip(source, padding)


def _take_file(source: Source, name: str, size: int, keeper: Keeper, budget: Budget) -> Iterator[Step]:
    if size == 0:
        yield Refused(name, Refusal.INVALID_TYPE, "The file is empty.")
        return
    if isinstance(source, GzipSource) and size > _AT_ONCE_BYTES:
        # Nothing else can be read before this is; so it is inflated while it is written.
        yield keeper.keep_soon(name, _read_chunks(source, size))
        yield None
        return
    data = source.take(size)
    if len(data) < size:
        yield Refused(name, Refusal.TRUNCATED, "The archive ends before this entry does.")
        raise BadArchiveError(Refusal.TRUNCATED, _CUT)
    if isinstance(source, PlainSource):
        # What comes out of a gzip file is counted there.
        try:
            budget.spend(size)
        except BadMemberError as error:
            yield Refused(name, error.reason, error.detail)
            return
    yield keeper.keep_soon(name, _slices(data))


def _slices(data: bytes | memoryview) -> Chunks:
    view = memoryview(data)
    for at in range(0, len(view), STEP_BYTES):
        yield view[at : at + STEP_BYTES]


def _read_chunks(source: GzipSource, size: int) -> Chunks:
    while size:
        chunk = source.take(min(size, STEP_BYTES))
        if not chunk:
            raise BadMemberError(Refusal.TRUNCATED, "The archive ends before this entry does.")
        size -= len(chunk)
        yield chunk


def _next_header(source: Source) -> _Header | None:
    block = bytes(source.take(BLOCK_BYTES))
    if len(block) < BLOCK_BYTES:
        raise BadArchiveError(Refusal.TRUNCATED, _CUT)
    if not any(block):
        return None
    if not is_header(block):
        raise BadArchiveError(Refusal.UNREADABLE, "The archive is damaged and cannot be read any further.")
    name = _until_nul(block[:100])
    if block[257:263] == b"ustar\0" and block[345]:
        name = _until_nul(block[345:500]) + b"/" + name
    size = _number(block[124:136])
    return _Header(display_name(name), block[156:157], size, extended=block[156:157] == b"S" and block[482] == 1)


def _take_note(source: Source, header: _Header, padding: int) -> bytes:
    if header.size_bytes > _LONGEST_NOTE:
        raise BadArchiveError(Refusal.UNSAFE, "The archive says more of an entry than any honest one does.")
    note = bytes(source.take(header.size_bytes))
    if len(note) < header.size_bytes:
        raise BadArchiveError(Refusal.TRUNCATED, _CUT)
    _skip(source, padding)
    return note


def _read_note(header: _Header, note: bytes, notes: _Notes) -> None:
    if notes.count > 8:
        raise BadArchiveError(Refusal.UNSAFE, "The archive says more of an entry than any honest one does.")
    if header.kind == b"L":
        notes.name = display_name(_until_nul(note))
    elif header.kind in {b"x", b"X"}:
        _read_pax(note, notes)


def _read_pax(note: bytes, notes: _Notes) -> None:
    """Read the records `length key=value` of a pax header."""
    at = 0
    while at < len(note):
        length, _, _ = note[at : at + 20].partition(b" ")
        if not length.isdigit() or not len(length) + 2 < int(length) <= len(note) - at:
            raise BadArchiveError(Refusal.UNREADABLE, "The archive is damaged and cannot be read any further.")
        key, _, value = note[at + len(length) + 1 : at + int(length) - 1].partition(b"=")
        at += int(length)
        if key == b"path" or (key == b"GNU.sparse.name" and value):
            notes.name = display_name(value)
        elif key == b"size" and value.isdigit() and len(value) < 20:
            notes.size_bytes = int(value)
        notes.is_sparse = notes.is_sparse or key.startswith(b"GNU.sparse.")


def _skip_extensions(source: Source, header: _Header) -> None:
    more = header.extended
    while more:
        block = source.take(BLOCK_BYTES)
        if len(block) < BLOCK_BYTES:
            raise BadArchiveError(Refusal.TRUNCATED, _CUT)
        more = block[504] == 1


def _skip(source: Source, count: int) -> None:
    if not source.skip(count):
        raise BadArchiveError(Refusal.TRUNCATED, _CUT)


def _number(field_bytes: bytes) -> int:
    """A number of a header: octal digits, or binary where the first bit is set (GNU)."""
    if field_bytes[0] == 0x80:
        return int.from_bytes(field_bytes[1:], "big")
    digits = _until_nul(field_bytes).strip()
    try:
        return int(digits or b"0", 8) if not digits.startswith((b"-", b"+")) else -1
    except ValueError:
        raise BadArchiveError(Refusal.UNREADABLE, "The archive is damaged and cannot be read any further.") from None


def _until_nul(field_bytes: bytes) -> bytes:
    return field_bytes.partition(b"\0")[0]
