"""Color profiles without their words: descriptions and copyrights may name who made them (ICC.1:2022, 7 and 9)."""

from struct import unpack_from
from typing import Final

_HEADER: Final = 128
_SIGNATURE_AT: Final = 36
_MOST_TAGS: Final = 200
_NUMERIC: Final = frozenset({
    b"XYZ ", b"curv", b"para", b"mft1", b"mft2", b"mAB ", b"mBA ", b"sf32", b"uf32", b"ui08", b"ui16", b"ui32", b"ui64",
    b"sig ", b"view", b"chrm", b"meas", b"mpet",
})  # fmt: skip


def blanked(profile: bytes) -> bytes | None:
    """The profile with only its numbers left; None when it is no profile, and nothing in it can be trusted."""
    if len(profile) < _HEADER + 4 or profile[_SIGNATURE_AT : _SIGNATURE_AT + 4] != b"acsp":
        return None
    (count,) = unpack_from(">I", profile, _HEADER)
    table_end = _HEADER + 4 + 12 * count
    if count > _MOST_TAGS or table_end > len(profile):
        return None
    made = bytearray(len(profile))
    made[:table_end] = profile[:table_end]
    # Maker, model, creator, ID and what is reserved: 7.2.12 and following; the date of making: 7.2.8.
    for begin, end in ((4, 8), (24, 36), (48, 56), (80, _HEADER)):
        made[begin:end] = bytes(end - begin)
    made[24:36] = b"\x07\xd0\0\1\0\1\0\0\0\0\0\0"
    for number in range(count):
        offset, size = unpack_from(">II", profile, _HEADER + 8 + 12 * number)
        if offset < table_end or offset + size > len(profile) or size < 8:
            return None
        made[offset : offset + size] = _tag(profile[offset : offset + size])
    return bytes(made)


def _tag(data: bytes) -> bytes:
    kind = data[:4]
    if kind in _NUMERIC:
        return data
    if kind == b"mluc" and len(data) >= 28:
        # No records: a text in no language.
        return data[:8] + b"\0\0\0\0\0\0\0\x0c" + bytes(len(data) - 16)
    if kind == b"desc" and len(data) >= 90:
        return data[:8] + b"\0\0\0\1" + bytes(len(data) - 12)
    return data[:8] + bytes(len(data) - 8)
