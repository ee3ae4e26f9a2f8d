"""A wire between a client and a gallery that can be cut."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

PIECE = 1 << 16


@dataclass
class Wire:
    """Carries connections to a port of this machine, and counts what goes there."""

    to_port: int
    cut_after: int | None = None
    """Cut, once, the first connection that carries so many bytes."""
    swallow_after: int | None = None
    """Of the first connection that carried so many bytes, carry the answer no more, and cut it in its place."""
    carried: int = 0
    cuts: int = 0
    listener: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))

    @property
    def url(self) -> str:
        """Where it begins."""
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def run(self) -> None:
        """Carry every connection until the listener is closed."""
        with suppress(OSError):
            while True:
                near, _ = self.listener.accept()
                far = socket.create_connection(("127.0.0.1", self.to_port))
                there = _Line(self, near, far)
                threading.Thread(target=there.forth, daemon=True).start()
                threading.Thread(target=there.back, daemon=True).start()


@dataclass
class _Line:
    wire: Wire
    near: socket.socket
    far: socket.socket
    carried: int = 0

    def forth(self) -> None:
        with suppress(OSError):
            while data := self.near.recv(PIECE):
                self.carried += len(data)
                self.wire.carried += len(data)
                if self.wire.cut_after is not None and self.carried >= self.wire.cut_after:
                    self.wire.cut_after = None
                    self._cut()
                    return
                self.far.sendall(data)
        self._end()

    def back(self) -> None:
        with suppress(OSError):
            while data := self.far.recv(PIECE):
                if self.wire.swallow_after is not None and self.carried >= self.wire.swallow_after:
                    self.wire.swallow_after = None
                    self._cut()
                    return
                self.near.sendall(data)
        self._end()

    def _cut(self) -> None:
        self.wire.cuts += 1
        self._end()

    def _end(self) -> None:
        for end in (self.near, self.far):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


@contextmanager
def wire_to(port: int, *, cut_after: int | None = None, swallow_after: int | None = None) -> Iterator[Wire]:
    """A wire to a port, there while the block lasts."""
    wire = Wire(port, cut_after, swallow_after)
    thread = threading.Thread(target=wire.run, daemon=True)
    thread.start()
    yield wire
    # Closing alone does not wake whoever waits for a connection.
    with suppress(OSError):
        wire.listener.shutdown(socket.SHUT_RDWR)
    wire.listener.close()
    thread.join(5)
