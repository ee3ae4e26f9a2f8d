"""Bodies as programs send them to /dicom-web."""

from collections.abc import Mapping, Sequence

EDGE = "a-line-between-parts"
DICOM = "application/dicom"

Piece = bytes | tuple[Mapping[str, str], bytes]
"""The content of a part, with headers of its own or without."""


def multipart(
    pieces: Sequence[Piece], *, kind: str = DICOM, edge: str = EDGE, line: bytes = b"\r\n"
) -> tuple[bytes, dict[str, str]]:
    """A body of these parts and the headers that go with it."""
    body = bytearray()
    for piece in pieces:
        headers, content = ({"Content-Type": kind}, piece) if isinstance(piece, bytes) else piece
        told = b"".join(f"{name}: {value}".encode() + line for name, value in headers.items())
        body += b"--" + edge.encode() + line + told + line + content + line
    body += b"--" + edge.encode() + b"--" + line
    return bytes(body), {"Content-Type": f'multipart/related; type="{kind}"; boundary="{edge}"'}
