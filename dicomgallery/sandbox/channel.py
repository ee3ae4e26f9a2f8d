"""How a process of the gallery reaches its sandbox: the server of its data folder, else a private child."""

import logging
import os
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from typing import Final

from dicomgallery.errors import UnavailableError
from dicomgallery.sandbox import address
from dicomgallery.sandbox.crew import TaskLostError, Why
from dicomgallery.sandbox.station import Station
from dicomgallery.sandbox.wire import Envelope, Kind, Message, WireError, send, take
from dicomgallery.settings import Settings

log = logging.getLogger(__name__)

_MOST_IDLE: Final = 16
_FIRST_PAUSE_SECONDS: Final = 0.05
_LONGEST_PAUSE_SECONDS: Final = 1.0


class LostServerError(Exception):
    """The server went away in the middle of a task."""


class Channel:
    """Hands tasks to whoever does them; for many threads at once."""

    def __init__(self, settings: Settings, *, modules: Sequence[str], patience_seconds: float) -> None:
        self._settings = settings
        self._modules = modules
        self._patience_seconds = patience_seconds
        self._lock = threading.Lock()
        self._forget()

    def _forget(self) -> None:
        self._pid = os.getpid()
        self._idle: list[socket.socket] = []
        self._has_met_server = False
        self._private: Station | None = None
        self._private_tasks = 0

    def do(self, task: Message) -> Iterator[Message]:
        """Have a task done: its messages, the last among them.

        Raises TaskLostError, UnavailableError when nobody can do it now, or LostServerError.
        Leaving the iterator early ends the task, and returns when it writes nothing any more.
        """
        server = self._reach_server()
        if server is None:
            yield from self._do_privately(task)
            return
        is_over = False
        try:
            for envelope in _ask(server, task):
                message = envelope.open()
                if message.kind.is_last:
                    is_over = True
                    self._put_back(server)
                if message.kind is Kind.FAILED:
                    raise _loss_told_by(message)
                yield message
        finally:
            if not is_over:
                _hang_up(server)

    def _do_privately(self, task: Message) -> Iterator[Message]:
        with self._lock:
            if self._private is None:
                log.info("no sandbox server; starting a private child")
                self._private = Station(self._settings, size=1, modules=self._modules)
            station = self._private
            self._private_tasks += 1
        try:
            with closing(station.do(task)) as envelopes:
                for envelope in envelopes:
                    yield envelope.open()
        finally:
            with self._lock:
                self._private_tasks -= 1
                self._part_from_private()

    def _part_from_private(self) -> None:
        """End the private children once there is a server and nothing is left to do for them; under the lock."""
        if self._private is not None and self._has_met_server and self._private_tasks == 0:
            self._private.close()
            self._private = None

    @property
    def private_pid(self) -> int | None:
        """The process number of the private nursery, if there is one."""
        return self._private.nursery_pid if self._private else None

    def close(self) -> None:
        """Let go of connections and of private children."""
        with self._lock:
            while self._idle:
                self._idle.pop().close()
            if self._private is not None and self._pid == os.getpid():
                self._private.close()
            self._private = None

    def _reach_server(self) -> socket.socket | None:
        """A connection to the server; None where there has never been one; UnavailableError when it stays away."""
        with self._lock:
            if self._pid != os.getpid():
                # A fork: what the parent has opened is the parent's.
                self._forget()
            while self._idle:
                sock = self._idle.pop()
                if _is_fresh(sock):
                    return sock
                sock.close()
        give_up_at = time.monotonic() + self._patience_seconds
        pause = _FIRST_PAUSE_SECONDS
        while True:
            try:
                sock = address.connect(self._settings)
            except OSError:
                if not self._has_met_server:
                    return None
            else:
                with self._lock:
                    self._has_met_server = True
                    self._part_from_private()
                return sock
            if time.monotonic() + pause > give_up_at:
                raise UnavailableError("The part that makes pictures is not running.")
            time.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)

    def _put_back(self, sock: socket.socket) -> None:
        with self._lock:
            if len(self._idle) < _MOST_IDLE:
                self._idle.append(sock)
                return
        sock.close()


def _ask(server: socket.socket, task: Message) -> Iterator[Envelope]:
    try:
        send(server, task)
        while True:
            envelope = take(server)
            yield envelope
            if envelope.kind.is_last:
                return
    except WireError:
        raise LostServerError from None


def _loss_told_by(message: Message) -> Exception:
    if message.fields.get("why") == "unavailable":
        return UnavailableError(message.text("detail"))
    try:
        return TaskLostError(Why(message.text("why")))
    except ValueError:
        return TaskLostError(Why.CRASHED)


def _is_fresh(sock: socket.socket) -> bool:
    """Say whether an idle connection still has somebody at its end."""
    try:
        sock.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _hang_up(sock: socket.socket) -> None:
    """Say that no more is wanted, and wait until the server has ended the task."""
    with sock, suppress(OSError):
        sock.shutdown(socket.SHUT_WR)
        sock.settimeout(15)
        while sock.recv(1 << 16):
            pass
