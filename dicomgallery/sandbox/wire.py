"""Messages between the gallery, the sandbox server and its children: JSON and raw bytes, never pickle.

A child works on hostile files and may have been taken over by one; whoever reads what it says
parses plain JSON and checks each field, and the server between them reads no more than the head.
A large body travels as an open file without a name, passed over the socket, so that nothing is
left on the disk whoever dies.
"""

import os
import socket
import struct
import tempfile
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Final

import orjson

Fields = dict[str, Any]

MAX_FIELDS_BYTES: Final = 1 << 20
MAX_BODY_BYTES: Final = 1 << 30
LARGE_BODY_BYTES: Final = 256 << 10
_HEAD: Final = struct.Struct("!4sBBBxIQ")
"""Magic, kind, whether this is the last task of its sender, whether the body is a file, two lengths."""
_MAGIC: Final = b"dgs1"
_CLOSE_ON_EXEC: Final[int] = getattr(socket, "MSG_CMSG_CLOEXEC", 0)


class WireError(Exception):
    """The other side is gone, or does not speak as agreed."""


class Kind(IntEnum):
    """What a message is."""

    TASK = 1
    PART = 2
    END = 3
    FAILED = 4

    @property
    def is_last(self) -> bool:
        """Say whether a task is over with this message."""
        return self in {Kind.END, Kind.FAILED}


@dataclass(frozen=True, slots=True)
class Message:
    """A task, a part of its answer, the last part, or why there is none."""

    kind: Kind
    fields: Fields = field(default_factory=dict)
    body: bytes = b""

    def text(self, name: str, *, longest: int = 4096) -> str:
        """The text of that name, or WireError."""
        value = self.fields.get(name)
        if not isinstance(value, str) or len(value) > longest:
            raise WireError("A text is missing from a message, or too long.")
        return value

    def texts(self, name: str, *, most: int = 100) -> tuple[str, ...]:
        """The list of texts of that name, or WireError."""
        values = self.fields.get(name)
        if not isinstance(values, list) or len(values) > most or not all(isinstance(text, str) for text in values):
            raise WireError("A list of texts is missing from a message, or too long.")
        return tuple(values)

    def whole(self, name: str, *, most: int = 1 << 53) -> int:
        """The whole number of that name, from 0, or WireError."""
        value = self.fields.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
            raise WireError("A number is missing from a message, or out of bounds.")
        return value


class Envelope:
    """A message as it came, unread; it must be opened, forwarded or closed."""

    __slots__ = ("_body_bytes", "_data", "_fd", "_fields_bytes", "kind", "leaving")

    def __init__(self, head: bytes, rest: bytes, fd: int | None) -> None:
        _, kind, leaving, _, self._fields_bytes, self._body_bytes = _HEAD.unpack(head)
        self.kind = Kind(kind)
        self.leaving = bool(leaving)
        self._data = head + rest
        self._fd = fd

    def open(self) -> Message:
        """Read the message, or raise WireError."""
        at = _HEAD.size + self._fields_bytes
        try:
            fields = orjson.loads(self._data[_HEAD.size : at]) if self._fields_bytes else {}
            if not isinstance(fields, dict):
                raise WireError("A message has no fields.")
            body = self._data[at:] if self._fd is None else _read_file(self._fd, self._body_bytes)
            return Message(self.kind, fields, body)
        except ValueError as error:
            raise WireError("A message cannot be read.") from error
        finally:
            self.close()

    def forward(self, sock: socket.socket) -> None:
        """Send the message on as it came, or raise WireError."""
        try:
            _send_all(sock, self._data, self._fd)
        finally:
            self.close()

    def close(self) -> None:
        """Let go of the file the message may carry."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


def send(sock: socket.socket, message: Message, *, leaving: bool = False) -> None:
    """Send a message whole, or raise WireError."""
    fields = orjson.dumps(message.fields) if message.fields else b""
    if len(fields) > MAX_FIELDS_BYTES:
        raise WireError("A message is too long.")
    in_file = len(message.body) > LARGE_BODY_BYTES
    head = _HEAD.pack(_MAGIC, message.kind, leaving, in_file, len(fields), len(message.body))
    if not in_file:
        _send_all(sock, b"".join((head, fields, message.body)), None)
        return
    fd = _file_of(message.body)
    try:
        _send_all(sock, head + fields, fd)
    finally:
        os.close(fd)


def receive(sock: socket.socket) -> Message:
    """Receive and read one message; WireError when the other side is gone."""
    return take(sock).open()


def take(sock: socket.socket) -> Envelope:
    """Receive one message unread; WireError when the other side is gone, TimeoutError as the socket is set."""
    head, fds = _take_head(sock)
    try:
        magic, _, _, in_file, fields_bytes, body_bytes = _HEAD.unpack(head)
        is_sound = magic == _MAGIC and fields_bytes <= MAX_FIELDS_BYTES and body_bytes <= MAX_BODY_BYTES
        if not is_sound or bool(in_file) != bool(fds) or (body_bytes > LARGE_BODY_BYTES and not in_file):
            raise WireError("The other side speaks another language.")  # noqa: TRY301  the files are closed below
        rest = _take_exactly(sock, fields_bytes + (0 if in_file else body_bytes))
        return Envelope(head, rest, fds[0] if fds else None)
    except BaseException as error:
        for fd in fds:
            os.close(fd)
        if isinstance(error, ValueError):
            raise WireError("A message cannot be read.") from error
        raise


def _send_all(sock: socket.socket, data: bytes, fd: int | None) -> None:
    try:
        sent = socket.send_fds(sock, [data], [fd]) if fd is not None else 0
        sock.sendall(data[sent:] if sent else data)
    except OSError as error:
        raise WireError("The other side is gone.") from error


def _take_head(sock: socket.socket) -> tuple[bytes, list[int]]:
    # A descriptor rides on the first byte of its message, so only the head needs recvmsg.
    try:
        head, fds, _, _ = socket.recv_fds(sock, _HEAD.size, 1, _CLOSE_ON_EXEC)
    except TimeoutError:
        raise
    except OSError as error:
        raise WireError("The other side is gone.") from error
    if not head:
        raise WireError("The other side is gone.")
    try:
        return head + _take_exactly(sock, _HEAD.size - len(head)), list(fds)
    except (WireError, TimeoutError):
        for fd in fds:
            os.close(fd)
        raise


def _take_exactly(sock: socket.socket, length: int) -> bytes:
    data = bytearray(length)
    view = memoryview(data)
    got = 0
    try:
        while got < length:
            count = sock.recv_into(view[got:])
            if count == 0:
                raise WireError("The other side went away in the middle of a message.")
            got += count
    except TimeoutError:
        raise
    except OSError as error:
        raise WireError("The other side is gone.") from error
    return bytes(data)


def _file_of(body: bytes) -> int:
    """Write a body to a file without a name, and give its descriptor."""
    if hasattr(os, "memfd_create"):
        fd = os.memfd_create("answer", os.MFD_CLOEXEC)
    else:
        with tempfile.TemporaryFile() as file:
            fd = os.dup(file.fileno())
    view = memoryview(body)
    try:
        while view:
            view = view[os.write(fd, view) :]
    except OSError as error:
        os.close(fd)
        raise WireError("An answer cannot be written.") from error
    return fd


def _read_file(fd: int, length: int) -> bytes:
    """Read a passed file whole; WireError when it is not as long as its message says."""
    parts = []
    at = 0
    try:
        while at < length:
            part = os.pread(fd, length - at, at)
            if not part:
                raise WireError("A body ends early.")
            parts.append(part)
            at += len(part)
    except OSError as error:
        raise WireError("A body cannot be read.") from error
    return parts[0] if len(parts) == 1 else b"".join(parts)
