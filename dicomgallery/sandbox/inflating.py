"""Deflated bytes unpacked by counted steps; nothing is ever inflated without a bound."""

from collections.abc import Callable, Iterator
from typing import Final

from isal import isal_zlib
from isal.igzip_lib import IsalError

from dicomgallery.sandbox.findings import BadArchiveError, BadMemberError, Refusal

STEP_BYTES: Final = 1 << 20
_RAW: Final = -15
_GZIP: Final = 31
_DAMAGED: Final = "The compressed bytes are damaged."


class Inflater:
    """Inflates one raw deflate stream that begins at `at` in `data`."""

    def __init__(self, data: memoryview, at: int, end: int) -> None:
        self._data = data
        self._at = at
        self._end = end
        self._stream = isal_zlib.decompressobj(_RAW)
        self.crc = 0
        self.inflated_bytes = 0

    @property
    def is_over(self) -> bool:
        """Say whether the stream has reached its own end."""
        return bool(self._stream.eof)

    @property
    def consumed_to(self) -> int:
        """Where the stream ended, once it has."""
        return self._at - len(self._stream.unused_data)

    def chunks(self, allow: Callable[[int, int], None], most: int | None) -> Iterator[bytes]:
        """The inflated bytes; `allow(inflated, deflated)` may raise. BadMemberError when over `most` or damaged."""
        started_at = self._at
        while not self._stream.eof:
            chunk = self._next()
            self.inflated_bytes += len(chunk)
            if most is not None and self.inflated_bytes > most:
                raise BadMemberError(Refusal.UNREADABLE, "The entry holds more than the archive says.")
            allow(self.inflated_bytes, self._at - started_at)
            if chunk:
                self.crc = isal_zlib.crc32(chunk, self.crc)
                yield chunk

    def _next(self) -> bytes:
        pending = self._stream.unconsumed_tail
        step = b"" if pending else self._data[self._at : min(self._at + STEP_BYTES, self._end)]
        self._at += len(step)
        try:
            chunk: bytes = self._stream.decompress(pending or step, STEP_BYTES)
        except IsalError as error:  # type: ignore[misc]  # isal's stub calls the class an instance
            raise BadMemberError(Refusal.UNREADABLE, _DAMAGED) from error
        if not chunk and not pending and not step and not self._stream.eof:
            raise BadMemberError(Refusal.TRUNCATED, "The entry ends early.")
        return chunk


class GzipSource:
    """A gzip file read from front to back; several streams in a row are one, as gzip has it."""

    def __init__(self, data: memoryview, allow: Callable[[int], None]) -> None:
        self._data = data
        self._allow = allow
        self._at = 0
        self._stream = isal_zlib.decompressobj(_GZIP)
        self._ready = memoryview(b"")
        self._failure: BadArchiveError | None = None

    def take(self, count: int) -> bytes:
        """The next `count` bytes, fewer at the end; BadArchiveError when damaged or beyond what `allow` lets pass."""
        parts = []
        while count:
            if self._failure is not None:
                raise self._failure
            try:
                if not self._ready and not self._fill():
                    break
            except BadArchiveError as error:
                self._failure = error
                raise
            part = self._ready[:count]
            self._ready = self._ready[len(part) :]
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

    def skip(self, count: int) -> bool:
        """Pass over bytes; False when there are not so many."""
        while count:
            step = min(count, STEP_BYTES)
            if len(self.take(step)) < step:
                return False
            count -= step
        return True

    def finish(self) -> None:
        """Read to the end, where the checksum stands; BadArchiveError when it is wrong or missing."""
        while self.take(STEP_BYTES):
            pass
        if not self._stream.eof:
            raise BadArchiveError(Refusal.TRUNCATED, "The archive is cut off.")

    def _fill(self) -> bool:
        while True:
            if self._stream.eof and not self._next_stream():
                return False
            pending = self._stream.unconsumed_tail
            step = b"" if pending else self._data[self._at : self._at + STEP_BYTES]
            self._at += len(step)
            try:
                chunk = self._stream.decompress(pending or step, STEP_BYTES)
            except IsalError as error:  # type: ignore[misc]  # isal's stub calls the class an instance
                raise BadArchiveError(Refusal.UNREADABLE, _DAMAGED) from error
            if chunk:
                self._allow(len(chunk))
                self._ready = memoryview(chunk)
                return True
            if not pending and not step and not self._stream.eof:
                return False

    def _next_stream(self) -> bool:
        self._at -= len(self._stream.unused_data)
        if bytes(self._data[self._at : self._at + 2]) != b"\x1f\x8b":
            return False
        self._stream = isal_zlib.decompressobj(_GZIP)
        return True
