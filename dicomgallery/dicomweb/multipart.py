"""Answers of several parts (PS3.18 8.6.1.2), sent while they are made."""

import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from flask import Response


@dataclass(frozen=True, slots=True)
class Part:
    """One part: what it is, its bytes, and the address they have by themselves."""

    media_type: str
    content: Iterable[bytes]
    location: str = ""


def related(parts: Iterable[Part], kind: str) -> Response:
    """A `multipart/related` answer whose parts are of this media type."""
    boundary = secrets.token_hex(16)
    return Response(
        _written(parts, boundary), content_type=f'multipart/related; type="{kind}"; boundary={boundary}'
    )  # fmt: skip


def _written(parts: Iterable[Part], boundary: str) -> Iterator[bytes]:
    lead = b""
    for part in parts:
        head = f"--{boundary}\r\nContent-Type: {part.media_type}\r\n"
        head += f"Content-Location: {part.location}\r\n" if part.location else ""
        yield lead + head.encode() + b"\r\n"
        yield from part.content
        lead = b"\r\n"
    yield lead + f"--{boundary}--\r\n".encode()
