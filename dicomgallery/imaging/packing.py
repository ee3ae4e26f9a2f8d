"""Values of frames compressed, where that pays: gzip, as HTTP sends it on and browsers open it."""

import zlib
from collections.abc import Iterator
from typing import Final

from isal import igzip

_LEVEL: Final = 1
"""Of isal's 0 to 3: half a megabyte of CT takes under two milliseconds."""
_WORTH: Final = 0.9
"""What does not become this much shorter is left as it is."""
_MAGIC: Final = b"\x1f\x8b"
_PIECE: Final = 1 << 20


def packed(body: bytes) -> bytes:
    """The body as gzip, or as it is where little would be gained."""
    # Without the time of day in it: the same values are the same bytes.
    made = igzip.compress(body, _LEVEL, mtime=0)
    return made if len(made) <= _WORTH * len(body) else body


def is_packed(data: bytes) -> bool:
    """Say whether these are gzip; no body of values begins so, as the length it begins with is even."""
    return data.startswith(_MAGIC)


def unpacked(data: bytes) -> Iterator[bytes]:
    """What was packed, piece by piece, so that no more than one is held."""
    stream = zlib.decompressobj(wbits=31)
    while not stream.eof:
        piece = stream.decompress(data, _PIECE)
        data = stream.unconsumed_tail
        if not piece and not data:
            return
        yield piece
