"""Messages of several parts, sent while they are made (RFC 2046 5.1, RFC 2387, PS3.18 8.6.1.2)."""

import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from flask import Response

_CHUNK: Final = 512 << 10
"""Smaller pieces are sent together: each one that leaves costs a change of hands with the server."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a message."""

    media_type: str
    content: Iterable[bytes]
    location: str = ""
    """Where it can be had by itself; already quoted."""
    size_bytes: int | None = None


def related(parts: Iterable[Part], kind: str) -> Response:
    """A multipart/related answer whose root is of media type `kind`, in memory that does not grow with it.

    Its length is told when the parts are a list and the size of each is known.
    """
    # It must not occur in what is sent, which anybody may have written: so nobody knows it before.
    boundary = secrets.token_hex(16)
    size = _size(parts, boundary) if isinstance(parts, Sequence) else None
    response = Response(together(_pieces(parts, boundary)))
    # Set as it is: Werkzeug would quote the boundary, which some clients do not undo.
    response.headers["Content-Type"] = f'multipart/related; type="{kind}"; boundary={boundary}'
    if size is not None:
        response.content_length = size
    return response


def together(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces that are worth sending."""
    held: list[bytes] = []
    size = 0
    for piece in pieces:
        held.append(piece)
        size += len(piece)
        if size >= _CHUNK:
            yield b"".join(held) if len(held) > 1 else piece
            held, size = [], 0
    if held:
        yield b"".join(held)


def _pieces(parts: Iterable[Part], boundary: str) -> Iterator[bytes]:
    for part in parts:
        yield _head(part, boundary)
        yield from part.content
        yield b"\r\n"
    yield _end(boundary)


def _size(parts: Sequence[Part], boundary: str) -> int | None:
    total = len(_end(boundary))
    for part in parts:
        if part.size_bytes is None:
            return None
        total += len(_head(part, boundary)) + part.size_bytes + 2
    return total


def _head(part: Part, boundary: str) -> bytes:
    lines = [f"--{boundary}", f"Content-Type: {part.media_type}"]
    if part.size_bytes is not None:
        lines.append(f"Content-Length: {part.size_bytes}")
    if part.location:
        lines.append(f"Content-Location: {part.location}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii", "replace")


def _end(boundary: str) -> bytes:
    return f"--{boundary}--\r\n".encode("ascii")
