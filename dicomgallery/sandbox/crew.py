"""Children as seen from outside: born by a nursery, lent for one task, ended when they fail."""

import logging
import os
import select
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import orjson

from dicomgallery.errors import UnavailableError
from dicomgallery.sandbox.duties import Duties
from dicomgallery.sandbox.wire import Envelope, Kind, Message, WireError, send, take

log = logging.getLogger(__name__)

_FIRST_BIRTH_SECONDS: Final = 60
"""A nursery imports the codecs first; on a cold disk that takes its time."""
_LAST_WORDS_SECONDS: Final = 10


class Why(StrEnum):
    """Why a task has no answer."""

    TOO_SLOW = "too_slow"
    CRASHED = "crashed"
    OUT_OF_MEMORY = "out_of_memory"
    SURPRISE = "surprise"
    BUSY = "busy"


class TaskLostError(Exception):
    """A task ended without an answer; the child that had it is gone."""

    def __init__(self, why: Why) -> None:
        super().__init__(why.value)
        self.why = why


class AbandonedError(Exception):
    """Whoever asked has gone away; the child that worked for them was ended."""


class NurseryProcess:
    """Starts the nursery when the first child is wanted, and again should it die."""

    def __init__(self, modules: Sequence[str]) -> None:
        self._modules = tuple(modules)
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    @property
    def pid(self) -> int | None:
        """The number of the process, once it runs."""
        return self._process.pid if self._process else None

    def bear(self, duties: Duties) -> "Child":
        """A new child, or UnavailableError."""
        with self._lock:
            for _ in range(2):
                ours, theirs = socket.socketpair()
                with theirs:
                    pid = self._order(duties.as_fields(), theirs)
                if pid is not None:
                    return Child(ours, pid, duties, self)
                ours.close()
                self._end()
        raise UnavailableError("The part that makes pictures cannot start.")

    def kill(self, pid: int) -> None:
        """End a child at once."""
        with self._lock:
            if self._control is not None:
                self._order({"kill": pid}, None)

    def close(self) -> None:
        """End the nursery and every child of it."""
        with self._lock:
            self._end()

    def _order(self, fields: dict[str, Any], fd: socket.socket | None) -> int | None:
        """Have an order followed; None when there is no nursery to follow it."""
        try:
            control = self._control or self._start()
            socket.send_fds(control, [orjson.dumps(fields)], [fd.fileno()] if fd is not None else [])
            answer = control.recv(4096)
            return int(orjson.loads(answer)) if answer else None
        except OSError:
            return None

    def _start(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        ours.settimeout(_FIRST_BIRTH_SECONDS)
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603  our own modules
                [sys.executable, "-P", "-m", "dicomgallery.sandbox.nursery", *self._modules],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                # No setting and no secret of ours reaches a process that reads strangers' files.
                env={
                    "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[2]), *filter(None, sys.path)]),
                    "PYTHONUTF8": "1",
                    "MALLOC_ARENA_MAX": "2",
                    # A picture's buffers are kept for the next picture: giving 10 MB back to the system and
                    # asking for them again costs a third of a large radiograph's time. Idle children end anyway.
                    "MALLOC_MMAP_THRESHOLD_": "30000000",
                    "MALLOC_TRIM_THRESHOLD_": "100000000",
                    # Forking is safe as long as no library has started a thread.
                    "OMP_NUM_THREADS": "1",
                    "OPENBLAS_NUM_THREADS": "1",
                },
            )
        self._control = ours
        return ours

    def _end(self) -> None:
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._process is not None:
            try:
                self._process.wait(2)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None


class Child:
    """One process that does one task at a time."""

    def __init__(self, sock: socket.socket, pid: int, duties: Duties, nursery: NurseryProcess) -> None:
        self._sock = sock
        self._nursery = nursery
        self._poll = select.poll()
        self._poll.register(sock, select.POLLIN)
        self._duties = duties
        self.pid = pid
        self.idle_since = time.monotonic()

    def is_well(self) -> bool:
        """Say whether it waits for a task: what is idle has nothing to say, unless it died."""
        return not self._poll.poll(0)

    def give(self, task: Message) -> None:
        """Hand it a task, or raise WireError."""
        self._sock.settimeout(self._duties.silence_seconds)
        send(self._sock, task)

    def next_word(self, asker: socket.socket | None) -> Envelope:
        """Its next message, or TaskLostError; AbandonedError when `asker` hangs up first."""
        if not self._wait(asker):
            raise TaskLostError(Why.TOO_SLOW)
        try:
            return take(self._sock)
        except TimeoutError:
            raise TaskLostError(Why.TOO_SLOW) from None
        except WireError:
            raise TaskLostError(Why.CRASHED) from None

    def dismiss(self) -> None:
        """Let an idle child go."""
        self._sock.close()

    def end(self) -> None:
        """End it at once, and return when it can write nothing any more."""
        self._nursery.kill(self.pid)
        self._sock.settimeout(_LAST_WORDS_SECONDS)
        try:
            # Its end of the socket closes only when its last thread has let go of its files.
            while self._sock.recv(1 << 16):
                pass
        except OSError:
            pass
        self._sock.close()

    def _wait(self, asker: socket.socket | None) -> bool:
        if asker is None:
            return bool(self._poll.poll(self._duties.silence_seconds * 1000))
        self._poll.register(asker, select.POLLIN)
        try:
            ready = self._poll.poll(self._duties.silence_seconds * 1000)
        finally:
            self._poll.unregister(asker)
        if any(fd == asker.fileno() for fd, _ in ready):
            # It has nothing to say while it waits; so it is gone, or wants no more.
            raise AbandonedError
        return bool(ready)


class Crew:
    """Children of the same duties, as many as are wanted at once, up to `size`."""

    def __init__(self, nursery: NurseryProcess, duties: Duties, size: int) -> None:
        self._nursery = nursery
        self._duties = duties
        self._size = size
        self._changed = threading.Condition()
        self._idle: list[Child] = []
        self._count = 0
        self._is_closed = False

    def warm_up(self) -> None:
        """Have one child ready."""
        self._release(self._acquire(None))

    def do(
        self, task: Message, *, asker: socket.socket | None = None, patience: float | None = None
    ) -> Generator[Envelope]:
        """Have a task done: its messages one by one, the last among them.

        Raises TaskLostError (BUSY after `patience` seconds without a free child) or AbandonedError.
        Leaving the iterator early ends the child.
        """
        with self._lend(patience) as loan:
            loan.child.give(task)
            while True:
                envelope = loan.child.next_word(asker)
                if envelope.kind is Kind.FAILED:
                    raise _loss_told_by(envelope)
                if envelope.kind is Kind.END:
                    loan.is_done, loan.is_leaving = True, envelope.leaving
                    break
                yield envelope
        # The child is free again before its last words are delivered.
        yield envelope

    def shrink(self, idle_seconds: float, *, keep: int) -> None:
        """Let children go that had nothing to do for that long, but for the `keep` last."""
        line = time.monotonic() - idle_seconds
        with self._changed:
            # The most recently used stand last; they keep their memory warm.
            while len(self._idle) > keep and self._idle[0].idle_since <= line:
                self._idle.pop(0).dismiss()
                self._count -= 1
            self._changed.notify_all()

    def close(self) -> None:
        """Let every child go, those at work when they are done."""
        with self._changed:
            self._is_closed = True
        self.shrink(0, keep=0)

    @contextmanager
    def _lend(self, patience: float | None) -> Iterator["_Loan"]:
        loan = _Loan(self._acquire(patience))
        try:
            yield loan
        except WireError:
            raise TaskLostError(Why.CRASHED) from None
        finally:
            if loan.is_done and not loan.is_leaving:
                self._release(loan.child)
            else:
                self._replace(loan)

    def _acquire(self, patience: float | None) -> Child:
        with self._changed:
            while True:
                if not self._changed.wait_for(lambda: self._idle or self._count < self._size, patience):
                    raise TaskLostError(Why.BUSY)
                if not self._idle:
                    self._count += 1
                    break
                child = self._idle.pop()
                if child.is_well():
                    return child
                child.dismiss()
                self._count -= 1
        try:
            return self._nursery.bear(self._duties)
        except BaseException:
            self._forget_one()
            raise

    def _release(self, child: Child) -> None:
        child.idle_since = time.monotonic()
        with self._changed:
            if self._is_closed:
                child.dismiss()
                self._count -= 1
            else:
                self._idle.append(child)
            self._changed.notify()

    def _replace(self, loan: "_Loan") -> None:
        # The next one is born when it is wanted.
        try:
            if loan.is_leaving:
                loan.child.dismiss()
            else:
                loan.child.end()
        finally:
            self._forget_one()

    def _forget_one(self) -> None:
        with self._changed:
            self._count -= 1
            self._changed.notify()


class _Loan:
    __slots__ = ("child", "is_done", "is_leaving")

    def __init__(self, child: Child) -> None:
        self.child = child
        self.is_done = False
        self.is_leaving = False


def _loss_told_by(envelope: Envelope) -> TaskLostError:
    try:
        message = envelope.open()
        why = Why(message.text("why"))
        if why is Why.SURPRISE:
            place = {"what": message.text("what", longest=80), "where": message.text("where", longest=80)}
            log.error("sandbox task failed unexpectedly", extra=place)
    except (WireError, ValueError):
        why = Why.CRASHED
    return TaskLostError(why)
