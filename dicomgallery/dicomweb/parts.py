"""Multipart bodies read while they arrive (RFC 2046 5.1); no part is held, however large it is.

Senders differ: lines may end in LF alone, words may stand before the first part and after the last, a part may have no
headers, and its bytes may hold nearly the line that ends it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from werkzeug.exceptions import ClientDisconnected

from dicomgallery.errors import RefusedError

LONGEST_BOUNDARY = 70
"""RFC 2046 5.1.1."""
BITE = 1 << 16
MOST_PREAMBLE_BYTES = 1 << 16
MOST_HEADER_BYTES = 1 << 14
_MOST_PADDING = 64
_ENDS_EARLY = "The body ends within a part: it did not arrive whole."


class DamagedError(RefusedError):
    """The body is not the multipart that its Content-Type promises."""


class Stream(Protocol):
    """What a body is read from."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes, none at the end."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part whose content is still to come."""

    number: int
    """From 1."""
    headers: dict[str, str]
    """By their names in lower case."""
    _body: "_Body"

    def read(self, size: int = BITE) -> bytes:
        """The next bytes, none at the end; DamagedError when the body ends before the part does."""
        return self._body.piece(size)


def read_parts(stream: Stream, boundary: str) -> Iterator[Part]:
    """The parts of a body in their order; what of a part is not read is passed over. Raises DamagedError."""
    if not 1 <= len(boundary) <= LONGEST_BOUNDARY or "\r" in boundary or "\n" in boundary:
        raise DamagedError(f"A multipart body needs a boundary of 1 to {LONGEST_BOUNDARY} characters.")
    body = _Body(stream, boundary.encode("latin-1", "replace"))
    try:
        body.open()
        number = 0
        while not body.is_closed:
            number += 1
            yield Part(number, body.headers(), body)
            while body.piece(BITE):
                pass
    except DamagedError:
        body.drain()
        raise
    body.drain()


class _Body:
    """The scanner: what of the body is held, and where in it the reading stands."""

    def __init__(self, stream: Stream, boundary: bytes) -> None:
        self._stream = stream
        self._mark = b"--" + boundary
        self._delimiter = b""
        self._held = b""
        self._at = 0
        self._at_end = True
        self._is_fresh = False
        self.is_closed = False

    def open(self) -> None:
        """Find the line before the first part; how it ends tells how all lines between parts end."""
        passed = 0
        while line := self._line(MOST_PREAMBLE_BYTES):
            bare = line.rstrip(b" \t\r\n")
            if bare in (self._mark, self._mark + b"--"):
                self._delimiter = (b"\r\n" if line.endswith(b"\r\n") else b"\n") + self._mark
                self.is_closed = bare != self._mark
                return
            passed += len(line)
            if passed > MOST_PREAMBLE_BYTES:
                break
        raise DamagedError("The body has no line with its boundary, so it has no parts.")

    def headers(self) -> dict[str, str]:
        """Read the header lines of the next part."""
        found: dict[str, str] = {}
        name, size = "", 0
        while line := self._line(MOST_HEADER_BYTES):
            size += len(line)
            if size > MOST_HEADER_BYTES:
                break
            text = line.decode("latin-1").rstrip("\r\n")
            if not text:
                self._at_end, self._is_fresh = False, True
                return found
            if text[0] in " \t":
                # Folded (RFC 822 3.1.1).
                found[name] = f"{found.get(name, '')} {text.strip()}"
                continue
            name, _, value = text.partition(":")
            name = name.strip().lower()
            found[name] = value.strip()
        raise DamagedError("The headers of a part are too long, or end too early.")

    def piece(self, size: int) -> bytes:
        """The next bytes of the present part, none at its end."""
        while not self._at_end:
            # Without content, the end of the blank line after the headers may be that before the boundary.
            if self._is_fresh and self._front_is(self._mark) and self._ends_here(len(self._mark)):
                break
            self._is_fresh = False
            passed = 0
            if self._front_is(self._delimiter):
                passed = len(self._delimiter)
                if self._ends_here(passed):
                    break
            # A boundary has no line ends, so the next one cannot begin within what is passed over here.
            found = self._held.find(self._delimiter, self._at + passed)
            safe = found if found >= 0 else len(self._held) - len(self._delimiter) + 1
            if safe > self._at:
                end = min(safe, self._at + size)
                bite = self._held[self._at : end]
                self._at = end
                return bite
            if not self._more():
                self._at_end = self.is_closed = True
                raise DamagedError(_ENDS_EARLY)
        return b""

    def drain(self) -> None:
        """Let go of what follows the last part."""
        self._at = len(self._held)
        while self._more():
            self._at = len(self._held)

    def _front_is(self, mark: bytes) -> bool:
        while len(self._held) - self._at < len(mark) and self._more():
            pass
        return self._held.startswith(mark, self._at)

    def _ends_here(self, length: int) -> bool:
        """Say whether what follows a boundary makes it one, and go behind it if so (RFC 2046 5.1.1)."""
        while len(self._held) - self._at < length + _MOST_PADDING + 4 and self._more():
            pass
        rest = self._held[self._at + length : self._at + length + _MOST_PADDING + 4]
        is_last = rest.startswith(b"--")
        padded = rest[2:] if is_last else rest
        tail = padded.lstrip(b" \t")
        line_end = self._delimiter[: -len(self._mark)]
        if is_last and tail[:1] not in (b"", b"\r", b"\n"):
            return False
        if not is_last and not tail.startswith(line_end):
            return False
        self._at += length + len(rest) - len(tail) + (0 if is_last else len(line_end))
        self._at_end, self.is_closed = True, is_last
        return True

    def _line(self, longest: int) -> bytes:
        """The next line with its end; nothing at the end of the body, or when it is longer than that."""
        while (end := self._held.find(b"\n", self._at)) < 0:
            if len(self._held) - self._at > longest or not self._more():
                end = len(self._held) - 1
                break
        line = self._held[self._at : end + 1]
        self._at = end + 1
        return line if len(line) <= longest else b""

    def _more(self) -> bool:
        """Hold the next bite too; False at the end of the body, or where the connection broke."""
        try:
            bite = self._stream.read(BITE)
        except ClientDisconnected:
            bite = b""
        self._held = self._held[self._at :] + bite
        self._at = 0
        return bool(bite)
