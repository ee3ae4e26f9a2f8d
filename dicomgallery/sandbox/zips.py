"""ZIP archives (PKWARE's APPNOTE.TXT), read by their list of contents or, where that is lost, from the front.

The standard library's reader is not used: it would open entries that overlap (40 kB become 4 GiB), it stops at the
first bad name, and it cannot read an archive that was cut off.
"""

import struct
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass, replace
from mmap import mmap
from typing import Final, cast

from isal import isal_zlib

from dicomgallery.sandbox.findings import (
    BadArchiveError,
    BadMemberError,
    Budget,
    Refusal,
    Refused,
    display_name,
    is_clutter,
)
from dicomgallery.sandbox.inflating import STEP_BYTES, Inflater
from dicomgallery.sandbox.keeping import Chunks, Keeper, Outcome

_LOCAL: Final = struct.Struct("<4s5H3I2H")
_CENTRAL: Final = struct.Struct("<4s6H3I5H2I")
_END: Final = struct.Struct("<4s4H2IH")
_LOCATOR: Final = struct.Struct("<4sIQI")
_END_64: Final = struct.Struct("<4sQ2H2I4Q")
LOCAL_MAGIC: Final = b"PK\x03\x04"
END_MAGIC: Final = b"PK\x05\x06"
_CENTRAL_MAGIC: Final = b"PK\x01\x02"
_LOCATOR_MAGIC: Final = b"PK\x06\x07"
_END_64_MAGIC: Final = b"PK\x06\x06"
_DESCRIPTOR_MAGIC: Final = b"PK\x07\x08"
_LONGEST_COMMENT: Final = 0xFFFF
_FULL_16: Final = 0xFFFF
_FULL_32: Final = 0xFFFFFFFF
_EXTRA_ZIP64: Final = 0x0001
_EXTRA_UNICODE_PATH: Final = 0x7075
_ENCRYPTED: Final = 0x2041
"""Bit 0: encrypted; bit 6: strongly; bit 13: even the headers are masked (APPNOTE 4.4.4)."""
_HAS_DESCRIPTOR: Final = 0x0008
_STORED: Final = 0
_DEFLATED: Final = 8

Step = Outcome | Future[Outcome] | None


@dataclass(frozen=True, slots=True)
class _Entry:
    name: str
    flags: int
    method: int
    crc: int
    packed_bytes: int
    unpacked_bytes: int
    at: int
    """Where its local header stands."""
    data_at: int = 0

    @property
    def end(self) -> int:
        return self.data_at + self.packed_bytes

    @property
    def is_silent(self) -> bool:
        """A folder, or what a desktop left behind: nothing that a person would miss."""
        return (self.name.endswith(("/", "\\")) and self.unpacked_bytes == 0) or is_clutter(self.name)


def read(data: memoryview, keeper: Keeper, budget: Budget) -> Iterator[Step]:
    """The members of a ZIP in its own order; BadArchiveError ends it after the good ones."""
    contents = _find_contents(data)
    if contents is None:
        yield from _read_from_front(data, keeper, budget)
        return
    start, count = contents
    if count == 0:
        raise BadArchiveError(Refusal.INVALID_TYPE, "The archive is empty.")
    entries, complaint = _list_entries(data, start, count, budget)
    overlapping = _overlapping(entries, start)
    for entry in entries:
        if entry.is_silent:
            continue
        if entry.at in overlapping:
            yield Refused(
                entry.name, Refusal.UNSAFE, "The entry shares its bytes with another, as no honest archive does."
            )
            continue
        try:
            yield _take(data, entry, keeper, budget)
        except BadMemberError as error:
            yield Refused(entry.name, error.reason, error.detail)
    if complaint is not None:
        raise complaint


def _find_contents(data: memoryview) -> tuple[int, int] | None:
    """Where the list of contents begins, and how many entries it has; or None."""
    tail_at = max(0, len(data) - _END.size - _LONGEST_COMMENT)
    tail = bytes(data[tail_at:])
    at = len(tail)
    while (at := tail.rfind(END_MAGIC, 0, at)) >= 0:
        found = _contents_at(data, tail_at + at)
        if found is not None:
            return found
    return None


def _contents_at(data: memoryview, end_at: int) -> tuple[int, int] | None:
    if end_at + _END.size > len(data):
        return None
    _, disk, _, _, count, size, offset, _ = _END.unpack_from(data, end_at)
    list_end = end_at
    locator_at = end_at - _LOCATOR.size
    if locator_at >= 0 and _stands(data, locator_at, _LOCATOR_MAGIC):
        _, _, list_end, _ = _LOCATOR.unpack_from(data, locator_at)
        if list_end > locator_at - _END_64.size or not _stands(data, list_end, _END_64_MAGIC):
            return None
        _, _, _, _, disk, _, _, count, size, offset = _END_64.unpack_from(data, list_end)
    if disk not in {0, _FULL_16, _FULL_32}:
        raise BadArchiveError(Refusal.UNREADABLE, "This is one part of an archive that was split into several.")
    # An archive begins with the file here. One whose offsets say otherwise may be the last entry of
    # another that was cut off; reading that one from the front finds both.
    if offset + size != list_end or (count and not _stands(data, offset, _CENTRAL_MAGIC)):
        return None
    return offset, count


def _list_entries(
    data: memoryview, start: int, count: int, budget: Budget
) -> tuple[list[_Entry], BadArchiveError | None]:
    """The entries of the list, and what is wrong with the rest of it."""
    entries: list[_Entry] = []
    at = start
    for _ in range(count):
        try:
            budget.enter()
        except BadArchiveError as error:
            return entries, error
        if at + _CENTRAL.size > len(data) or not _stands(data, at, _CENTRAL_MAGIC):
            return entries, BadArchiveError(Refusal.UNREADABLE, "The archive's list of contents is damaged.")
        fields = _CENTRAL.unpack_from(data, at)
        flags, method = fields[3:5]
        crc, packed, unpacked, name_length, extra_length, comment_length = fields[7:13]
        local_at = fields[16]
        name_at = at + _CENTRAL.size
        name = bytes(data[name_at : name_at + name_length])
        extra = bytes(data[name_at + name_length : name_at + name_length + extra_length])
        unpacked, packed, local_at = _widened(extra, unpacked, packed, local_at)
        entry = _Entry(_name(name, extra), flags, method, crc, packed, unpacked, local_at)
        entries.append(replace(entry, data_at=_data_at(data, entry.at)))
        at = name_at + name_length + extra_length + comment_length
    return entries, None


def _overlapping(entries: list[_Entry], list_start: int) -> set[int]:
    """Where entries stand that run into the next one or into the list: those left over share no byte."""
    ordered = sorted(entries, key=lambda entry: (entry.at, entry.end))
    ends = [*(entry.at for entry in ordered[1:]), list_start]
    return {entry.at for entry, end in zip(ordered, ends, strict=False) if entry.end > end}


def _take(data: memoryview, entry: _Entry, keeper: Keeper, budget: Budget) -> Step:
    _check_method(entry)
    if entry.data_at == 0:
        raise BadMemberError(Refusal.UNREADABLE, "The entry does not stand where the archive says.")
    if entry.end > len(data):
        raise BadMemberError(Refusal.TRUNCATED, "The archive ends before this entry does.")
    if entry.method == _STORED and entry.packed_bytes != entry.unpacked_bytes:
        raise BadMemberError(Refusal.UNREADABLE, "The archive contradicts itself about the size of this entry.")
    if entry.unpacked_bytes == 0:
        raise BadMemberError(Refusal.INVALID_TYPE, "The file is empty.")
    # More than an entry says it holds is never written, so what it says is what is counted.
    budget.check_ratio(entry.unpacked_bytes, entry.packed_bytes)
    budget.spend(entry.unpacked_bytes)
    return keeper.keep_soon(entry.name, _chunks(data, entry))


def _check_method(entry: _Entry) -> None:
    if entry.flags & _ENCRYPTED:
        raise BadMemberError(Refusal.UNREADABLE, "The entry is locked with a password.")
    if entry.method not in {_STORED, _DEFLATED}:
        raise BadMemberError(Refusal.UNREADABLE, "The entry is packed in a way that is not supported; use plain ZIP.")


def _chunks(data: memoryview, entry: _Entry) -> Chunks:
    """The bytes of an entry; BadMemberError unless they are as many, and have the checksum, that it says."""
    if entry.method == _STORED:
        crc = 0
        for at in range(entry.data_at, entry.end, STEP_BYTES):
            chunk = data[at : min(at + STEP_BYTES, entry.end)]
            yield chunk
            # Afterwards: whoever hashed it has brought it from the disk without holding up the other threads.
            crc = isal_zlib.crc32(chunk, crc)
    else:
        inflater = Inflater(data, entry.data_at, entry.end)
        yield from inflater.chunks(lambda _inflated, _deflated: None, entry.unpacked_bytes)
        crc = inflater.crc
        if inflater.inflated_bytes != entry.unpacked_bytes:
            raise BadMemberError(Refusal.UNREADABLE, "The entry holds less than the archive says.")
    if crc != entry.crc:
        raise BadMemberError(Refusal.UNREADABLE, "The entry's checksum is wrong; the archive is damaged.")


def _read_from_front(data: memoryview, keeper: Keeper, budget: Budget) -> Iterator[Step]:
    """The members of an archive whose list of contents is missing, as far as they go."""
    at = 0
    while at + _LOCAL.size <= len(data) and _stands(data, at, LOCAL_MAGIC):
        budget.enter()
        entry = _local_entry(data, at)
        if entry.data_at == 0 or entry.end > len(data):
            yield Refused(entry.name, Refusal.TRUNCATED, "The archive ends before this entry does.")
            break
        if entry.flags & _HAS_DESCRIPTOR and entry.packed_bytes == 0:
            _check_method(entry)
            if entry.method == _DEFLATED:
                inflater = Inflater(data, entry.data_at, len(data))
                yield keeper.keep_soon(entry.name, _open_ended(data, inflater, budget))
                # Only when it is inflated is it known where the next one begins.
                yield None
                if not inflater.is_over:
                    break
                at = _after_descriptor(data, inflater.consumed_to, inflater.inflated_bytes)
                continue
            entry = _measured(data, entry)
        at = _after_descriptor(data, entry.end, entry.unpacked_bytes) if entry.flags & _HAS_DESCRIPTOR else entry.end
        if entry.is_silent:
            continue
        try:
            yield _take(data, entry, keeper, budget)
        except BadMemberError as error:
            yield Refused(entry.name, error.reason, error.detail)
    raise BadArchiveError(Refusal.TRUNCATED, "The archive is cut off: its list of contents is missing.")


def _local_entry(data: memoryview, at: int) -> _Entry:
    fields = _LOCAL.unpack_from(data, at)
    flags, method = fields[2:4]
    crc, packed, unpacked, name_length, extra_length = fields[6:11]
    name_at = at + _LOCAL.size
    name = bytes(data[name_at : name_at + name_length])
    extra = bytes(data[name_at + name_length : name_at + name_length + extra_length])
    unpacked, packed, _ = _widened(extra, unpacked, packed, 0)
    return _Entry(_name(name, extra), flags, method, crc, packed, unpacked, at, _data_at(data, at))


def _open_ended(data: memoryview, inflater: Inflater, budget: Budget) -> Chunks:
    """The bytes of an entry whose size and checksum stand after it."""
    counted = 0

    def allow(inflated: int, deflated: int) -> None:
        nonlocal counted
        budget.check_ratio(inflated, deflated)
        budget.spend(inflated - counted)
        counted = inflated

    yield from inflater.chunks(allow, None)
    at = inflater.consumed_to
    at += 4 if _stands(data, at, _DESCRIPTOR_MAGIC) else 0
    if at + 4 > len(data):
        raise BadMemberError(Refusal.TRUNCATED, "The archive ends before this entry does.")
    if int.from_bytes(data[at : at + 4], "little") != inflater.crc:
        raise BadMemberError(Refusal.UNREADABLE, "The entry's checksum is wrong; the archive is damaged.")


def _measured(data: memoryview, entry: _Entry) -> _Entry:
    """A stored entry of unknown size, measured up to the descriptor that fits it."""
    whole = cast("mmap | bytes", data.obj)
    at = entry.data_at
    while (at := whole.find(_DESCRIPTOR_MAGIC, at)) >= 0:
        size = at - entry.data_at
        if at + 16 <= len(data) and int.from_bytes(data[at + 8 : at + 12], "little") == size & _FULL_32:
            crc = int.from_bytes(data[at + 4 : at + 8], "little")
            return replace(entry, packed_bytes=size, unpacked_bytes=size, crc=crc)
        at += 4
    raise BadArchiveError(Refusal.TRUNCATED, "The archive is cut off within an entry whose size stands after it.")


def _after_descriptor(data: memoryview, at: int, size_bytes: int) -> int:
    """Where the next header stands: a descriptor has its signature or not, and 32 or 64-bit sizes (APPNOTE 4.3.9)."""
    start = at + (8 if _stands(data, at, _DESCRIPTOR_MAGIC) else 4)
    is_wide = int.from_bytes(data[start + 8 : start + 16], "little") == size_bytes
    ends = (start + 16, start + 8) if is_wide else (start + 8, start + 16)
    return next((end for end in ends if _stands(data, end, b"PK")), ends[0])


def _stands(data: memoryview, at: int, magic: bytes) -> bool:
    return bytes(data[at : at + len(magic)]) == magic


def _data_at(data: memoryview, at: int) -> int:
    """Where the bytes of an entry begin; 0 where there is no local header."""
    if at < 0 or at + _LOCAL.size > len(data) or not _stands(data, at, LOCAL_MAGIC):
        return 0
    name_length, extra_length = _LOCAL.unpack_from(data, at)[9:11]
    begin: int = at + _LOCAL.size + name_length + extra_length
    return begin if begin <= len(data) else 0


def _widened(extra: bytes, unpacked: int, packed: int, offset: int) -> tuple[int, int, int]:
    """The sizes and the offset, taken from the ZIP64 field where they are full (APPNOTE 4.5.3)."""
    wide = _extra_field(extra, _EXTRA_ZIP64)
    values = [unpacked, packed, offset]
    for number, value in enumerate(values):
        if value == _FULL_32 and len(wide) >= 8:
            values[number] = int.from_bytes(wide[:8], "little")
            wide = wide[8:]
    return values[0], values[1], values[2]


def _name(name: bytes, extra: bytes) -> str:
    unicode_path = _extra_field(extra, _EXTRA_UNICODE_PATH)
    if len(unicode_path) > 5 and int.from_bytes(unicode_path[1:5], "little") == isal_zlib.crc32(name):
        return display_name(unicode_path[5:])
    # Many programs write UTF-8 without saying so; what is no UTF-8 is what it always was.
    return display_name(name)


def _extra_field(extra: bytes, wanted: int) -> bytes:
    at = 0
    while at + 4 <= len(extra):
        tag, length = struct.unpack_from("<2H", extra, at)
        if tag == wanted:
            return extra[at + 4 : at + 4 + length]
        at += 4 + length
    return b""
