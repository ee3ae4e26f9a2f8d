"""Bodies of requests, streamed straight into the data folder while they arrive.

`request.files` holds parts whose bytes already lie in `tmp/`: `part.staged` is a StagedFile, or raises why there is
none (too large, disk full), so that one bad file does not lose the others. `staged_body` does the same for a raw body.
What nobody took over is removed when the request ends.
"""

from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from typing import IO, Any, BinaryIO, cast

from flask import Request, request
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.exceptions import BadRequest, ClientDisconnected, RequestEntityTooLarge
from werkzeug.formparser import FormDataParser, MultiPartParser
from werkzeug.utils import cached_property
from werkzeug.wsgi import LimitedStream

from dicomgallery import settings
from dicomgallery.errors import GalleryError, RefusedError, TooLargeError
from dicomgallery.ingest.incoming import IncomingFile
from dicomgallery.storage.staging import StagedFile, StagingFile, StorageFullError

MAX_PARTS = 200_000
"""Werkzeug stops at 1000; a folder of slices has more."""
MAX_FIELD_BYTES = 4_000_000
"""The longest form without files: some 400 000 ticked boxes."""
BITE = 1 << 16
"""The parser looks for the line between parts in bites of this size; in larger ones its search takes 4 ms a slice."""
_DAMAGED = "The form could not be read: it is damaged, or it did not arrive whole."
_UNFINISHED = 64
"""Files of one request that may wait for the disk at once; each holds a handle."""


class StagedPart:
    """The file-like object that the multipart parser fills; `staged` is what came of it."""

    def __init__(self, file: StagingFile) -> None:
        self._file = file
        self._failure: GalleryError | None = None
        self._staged: StagedFile | None = None
        self._reader: IO[bytes] | None = None

    @property
    def staged(self) -> StagedFile:
        """The bytes, on their way to the disk; raises TooLargeError or StorageFullError when they could not be kept."""
        if self._staged is None:
            raise self._failure or RefusedError("The file did not arrive whole.")
        return self._staged

    def write(self, data: bytes) -> int:
        """Take the next bytes; after a failure they are let go, so that the parts behind them are still read."""
        if self._failure is None:
            try:
                self._file.write(data)
            except GalleryError as failure:
                self._failure = failure
                self._file.drop()
        return len(data)

    def take(self, stream: BinaryIO) -> StagedFile:
        """Take all of a stream; raises TooLargeError, StorageFullError, or what the stream raises."""
        try:
            self._staged = self._file.take(stream).finish()
        except BaseException:
            self._file.drop()
            raise
        return self._staged

    def seek(self, offset: int, whence: int = 0) -> int:
        """Rewind; the parser does so once at the end of a part, which sends the bytes on their way to the disk."""
        if self._staged is None and self._failure is None:
            self._staged = self._file.finish()
        if self._reader is None and (self._staged is None or (offset, whence) == (0, 0)):
            # Each reader is a handle, and a form may have thousands of parts.
            return 0
        return self._opened().seek(offset, whence)

    def read(self, size: int = -1) -> bytes:
        """Read the bytes back, for whoever wants a stream."""
        return self._opened().read(size)

    def wait(self) -> None:
        """Wait until the disk has the bytes, or has refused them."""
        if self._staged is not None:
            with suppress(OSError, StorageFullError):
                self._staged.settle()

    def close(self) -> None:
        """Remove what nobody took over."""
        if self._reader is not None:
            self._reader.close()
        self._file.drop()

    def _opened(self) -> IO[bytes]:
        if self._reader is None:
            self._reader = self.staged.path.open("rb")
        return self._reader


class GalleryRequest(Request):
    """A request whose files are staged while they arrive."""

    @property
    def max_content_length(self) -> int | None:
        """The limit of this body: as set by the view, else by what kind of form it is."""
        if self._max_content_length is not None:
            return self._max_content_length
        return settings.current().max_form_bytes if self.mimetype == "multipart/form-data" else MAX_FIELD_BYTES

    @max_content_length.setter
    def max_content_length(self, value: int | None) -> None:
        self._max_content_length = value

    @cached_property
    def stream(self) -> IO[bytes]:
        """The body up to its end, as Werkzeug gives it, without a copy of each bite where its length is known."""
        guarded = super().stream
        if isinstance(guarded, LimitedStream) and self.content_length is not None:
            return cast("IO[bytes]", _Body(self.input_stream, self.content_length))
        return guarded

    def make_form_data_parser(self) -> FormDataParser:
        """The parser of forms that says when a form is damaged, in place of calling it empty."""
        return _FormParser(
            stream_factory=self._staging_part,
            max_form_memory_size=self.max_form_memory_size,
            max_content_length=self.max_content_length,
            max_form_parts=self.max_form_parts,
            cls=self.parameter_storage_class,
            silent=False,
        )

    def close(self) -> None:
        """Remove the files of this request that nobody took over."""
        for file in self._left_over():
            file.close()
        super().close()

    def stage_body(self, limit: int) -> StagedFile:
        """Stream the raw body into one file."""
        self.max_content_length = limit
        file = StagingFile(settings.current().staging, limit=limit)
        part = StagedPart(file)
        self._left_over().append(part)
        try:
            file.take(cast("BinaryIO", self.stream))
        except RequestEntityTooLarge as error:
            raise TooLargeError.over(limit) from error
        except ClientDisconnected as error:
            raise RefusedError("The connection ended before the whole body arrived.") from error
        return file.finish()

    def stage_part(self, stream: "BinaryIO") -> StagedFile:
        """Stream one part of a body into a file of its own."""
        return cast("StagedPart", self._staging_part(None, None, None)).take(stream)

    def _staging_part(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        parts = self._left_over()
        chosen = settings.current()
        part = StagedPart(StagingFile(chosen.staging, limit=chosen.max_file_bytes))
        parts.append(part)
        if len(parts) > _UNFINISHED:
            parts[-_UNFINISHED].wait()
        return cast("IO[bytes]", part)

    def _left_over(self) -> "deque[StagedPart]":
        parts: deque[StagedPart] = self.__dict__.setdefault("staged_parts", deque())
        return parts


class _Body(LimitedStream):
    """Werkzeug's stream of a known length; it hands on what the server gives in place of copying it twice."""

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes, none at the end; raises ClientDisconnected when that comes too early."""
        if size < 0:
            return self.readall()
        left = self.limit - self._pos
        if left <= 0 or not size:
            return b""
        try:
            bite = self._stream.read(min(size, left))
        except (OSError, ValueError) as error:
            raise ClientDisconnected from error
        if not bite:
            raise ClientDisconnected
        self._pos += len(bite)
        return bite


class _FormParser(FormDataParser):
    """Werkzeug's parser with larger bites, and damage said in words."""

    def _parse_multipart(
        self, stream: IO[bytes], mimetype: str, content_length: int | None, options: Mapping[str, str]
    ) -> tuple[IO[bytes], MultiDict[str, str], MultiDict[str, FileStorage]]:
        parser = MultiPartParser(
            stream_factory=self.stream_factory,
            max_form_memory_size=self.max_form_memory_size,
            max_form_parts=self.max_form_parts,
            cls=self.cls,
            buffer_size=BITE,
        )
        boundary = options.get("boundary", "").encode("ascii", "replace")
        if not boundary:
            raise BadRequest(_DAMAGED)
        try:
            form, files = parser.parse(stream, boundary, content_length)
        except (ValueError, ClientDisconnected) as error:
            raise BadRequest(_DAMAGED) from error
        return stream, form, files


def staged_body(limit: int) -> StagedFile:
    """Stream the body of the present request into one file; TooLargeError above `limit` bytes."""
    return cast("GalleryRequest", request).stage_body(limit)


def body(limit: int) -> IO[bytes]:
    """The body of the present request as a stream; RequestEntityTooLarge above `limit` bytes."""
    request.max_content_length = limit
    return request.stream


def staged_part(stream: BinaryIO) -> StagedFile:
    """Stream a part of the present request's body into a file; TooLargeError above the limit of a file."""
    return cast("GalleryRequest", request).stage_part(stream)


def incoming_parts(*fields: str) -> list[IncomingFile]:
    """The files of these form fields in the order sent; an empty choice of the browser's is none."""
    parts = [part for field in fields for part in request.files.getlist(field)]
    return [_incoming(part) for part in parts if part.filename or _size(part)]


def _incoming(part: FileStorage) -> IncomingFile:
    stream = cast("StagedPart", part.stream)
    try:
        return IncomingFile(part.filename or "", stream.staged)
    except GalleryError as failure:
        return IncomingFile(part.filename or "", _raising(failure))


def _raising(failure: GalleryError) -> Any:
    def open_it() -> BinaryIO:
        raise failure

    return open_it


def _size(part: FileStorage) -> int:
    try:
        return cast("StagedPart", part.stream).staged.size_bytes
    except GalleryError:
        return 1
