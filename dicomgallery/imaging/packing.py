"""Numbers compressed, where that pays: gzip, as HTTP sends it on and browsers open it."""

import zlib
from collections.abc import Iterator
from typing import Any, Final

from isal import isal_zlib

_LEVEL: Final = 1
"""Of isal's 0 to 3: half a megabyte of CT takes under two milliseconds."""
_WORTH: Final = 0.9
"""What does not become this much shorter is left as it is."""
_GZIP: Final = 31
_MAGIC: Final = b"\x1f\x8b"
_PIECE: Final = 1 << 20


def packed(*parts: Any) -> bytes:
    """The buffers one after another as gzip, or as they are where little would be gained."""
    # A stream, since compressing at once grows its answer by copying it; and it has no time of day in its head, so
    # that the same values are the same bytes.
    stream = isal_zlib.compressobj(_LEVEL, wbits=_GZIP)
    made = b"".join([*(stream.compress(part) for part in parts), stream.flush()])
    return made if len(made) <= _WORTH * sum(map(len, parts)) else b"".join(parts)


def is_packed(data: bytes) -> bool:
    """Say whether these are gzip; no body of values begins so, as the length it begins with is even."""
    return data.startswith(_MAGIC)


def unpacked(data: bytes) -> Iterator[bytes]:
    """What was packed, piece by piece, so that no more than one is held."""
    stream = zlib.decompressobj(wbits=_GZIP)
    while not stream.eof:
        piece = stream.decompress(data, _PIECE)
        data = stream.unconsumed_tail
        if not piece and not data:
            return
        yield piece
