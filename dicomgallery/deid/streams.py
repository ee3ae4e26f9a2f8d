"""What compressed frames carry besides a picture: comments, data of the camera, bytes behind the end.

Found by its place, so that it is blanked where it lies and every offset stays.
"""

import re
from collections.abc import Iterator
from itertools import pairwise
from struct import unpack_from
from typing import Final

_JPEG, _JPEG_2000 = b"\xff\xd8", b"\xff\x4f"
_BOXES: Final = (b"\0\0\0\x0cjP  ", b"\0\0\0\x0cJXL ")
_MARKER: Final = re.compile(rb"\xff[\xc0-\xcf\xd9-\xfe]")
"""Inside compressed data a 0xFF is followed by a lesser byte, or by one that starts them again (T.81 B.1.1.5)."""
_END, _SCAN, _COMMENT = 0xD9, 0xDA, 0xFE
_APPLICATIONS: Final = range(0xE0, 0xF0)
_NEEDED: Final = {0xE0: (b"JFIF\0", 14), 0xE8: (b"SPIFF\0", 30), 0xEE: (b"Adobe", 12)}
"""How decoders know colors, and how many bytes that takes."""
_NEEDED_WHOLE: Final = (b"mrfx", b"\0\0\0\x01")
"""Of JPEG-LS: the color transform of HP, and the end of a SPIFF directory."""
_TILE, _DATA, _COMMENT_2000, _END_2000 = 0xFF90, 0xFF93, 0xFF64, 0xFFD9
_WORDY_BOXES: Final = frozenset({b"xml ", b"uuid", b"uinf", b"Exif", b"brob", b"jumb"})
_CODESTREAM: Final = b"jp2c"
_PROGRAM: Final = re.compile(
    rb"(?:\x00\x01)?(?:Kakadu|Created by (?:GDCM/)?(?:OpenJPEG|Grok)|Creator: JasPer|OpenJPH|Lavc)"
    rb"[-v ]*(?:[Vv]er(?:sion)? )?[0-9.]{0,16}\x00?"
)
"""What encoders write of themselves."""

_LETTERS: Final = re.compile(rb"[ -~]{4}|(?:[ -~]\x00){3}|(?:\x00[ -~]){3}|[\x80-\xf4]{6}")
"""Some text, in whatever encoding; a place of numbers alone stays as it is."""

Span = tuple[int, int]


def is_start(data: bytes) -> bool:
    """Say whether a frame begins here whose form is known."""
    return data.startswith((_JPEG, _JPEG_2000, *_BOXES))


def wordy(data: bytes) -> list[Span]:
    """The places in a frame that no decoder needs and that hold something."""
    if data.startswith(_JPEG):
        found = _in_jpeg(data)
    elif data.startswith(_JPEG_2000):
        found = _in_jpeg_2000(data, 0, len(data))
    else:
        found = _in_boxes(data)
    return [span for span in found if _LETTERS.search(data, *span)]


def _in_jpeg(data: bytes) -> Iterator[Span]:
    at = 2
    while found := _MARKER.search(data, at):
        marker, at = data[found.start() + 1], found.end()
        if marker == _END:
            yield at, len(data)
            return
        if at + 2 > len(data):
            return
        end = min(at + max(2, unpack_from(">H", data, at)[0]), len(data))
        if marker == _COMMENT and not _PROGRAM.fullmatch(data[at + 2 : end]):
            yield at + 2, end
        elif marker in _APPLICATIONS:
            yield at + 2 + _needed(marker, data[at + 2 : end]), end
        at = end


def _needed(marker: int, held: bytes) -> int:
    name, length = _NEEDED.get(marker, (b"\0", 0))
    if held.startswith(name):
        return min(length, len(held))
    return len(held) if len(held) <= 8 and held.startswith(_NEEDED_WHOLE) else 0


def _in_jpeg_2000(data: bytes, begin: int, end: int) -> Iterator[Span]:
    """The comments of the main header and of the headers of tile parts (15444-1 A.4, A.9.2), and what follows."""
    at, tile_end = begin + 2, end
    while at + 4 <= end:
        marker, length = unpack_from(">HH", data, at)
        if marker == _END_2000:
            yield at + 2, end
        if marker == _END_2000 or marker < 0xFF00:
            return
        if marker == _DATA:
            # What a tile part says of its own length may point back.
            at = max(at + 2, tile_end)
            continue
        if marker == _TILE and at + 10 <= end:
            size = unpack_from(">L", data, at + 6)[0]
            tile_end = min(at + size, end) if size >= 14 else end
        elif marker == _COMMENT_2000 and not _PROGRAM.fullmatch(data[at + 4 : at + 2 + length]):
            # Behind the two bytes that say whether it is text.
            yield at + 6, min(at + 2 + length, end)
        at += 2 + max(2, length)


def _in_boxes(data: bytes) -> Iterator[Span]:
    at = 0
    while at + 8 <= len(data):
        size, kind = unpack_from(">L4s", data, at)
        head = 8
        if size == 1 and at + 16 <= len(data):
            size, head = unpack_from(">Q", data, at + 8)[0], 16
        end = min(at + size, len(data)) if size >= head else len(data)
        if kind in _WORDY_BOXES:
            yield at + head + (16 if kind == b"uuid" else 0), end
        elif kind == _CODESTREAM and data[at + head : at + head + 2] == _JPEG_2000:
            yield from _in_jpeg_2000(data, at + head, end)
        at = end


def blanked(fragments: list[Span], data: bytes) -> list[Span]:
    """Where in a buffer to blank, when a frame lies there in these fragments and reads `data` when joined."""
    found, begins = [], [0]
    for begin, end in fragments:
        begins.append(begins[-1] + end - begin)
    for first, last in wordy(data):
        for (begin, _), (joined, stop) in zip(fragments, pairwise(begins), strict=True):
            low, high = max(first, joined), min(last, stop)
            if low < high:
                found.append((begin + low - joined, begin + high - joined))
    return found
