"""Keeps the parts running, and ends them all together."""

import contextlib
import os
import select
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType

from dicomgallery import lifeline
from dicomgallery.supervisor.logfile import LogFile
from dicomgallery.supervisor.parts import Part

FIRST_DELAY_SECONDS = 0.5
LONGEST_DELAY_SECONDS = 30.0
HEALTHY_SECONDS = 60.0
PATIENCE_SECONDS = 10.0
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Child:
    """A part and the process that is it now, if any."""

    def __init__(self, part: Part) -> None:
        self.part = part
        self.process: subprocess.Popen[bytes] | None = None
        self.started_at = 0.0
        self.start_at = 0.0
        self.delay = FIRST_DELAY_SECONDS
        self.deaths = 0
        self.log_offset = 0

    def died(self, now: float) -> None:
        """Plan the next start: sooner after a long life, later after each short one."""
        if now - self.started_at >= HEALTHY_SECONDS:
            self.delay = FIRST_DELAY_SECONDS
        self.process = None
        self.deaths += 1
        self.start_at = now + self.delay
        self.delay = min(self.delay * 2, LONGEST_DELAY_SECONDS)


class Keeper:
    """Starts processes in groups of their own, starts them again when they die, ends them all."""

    def __init__(self, env: Mapping[str, str], home: Path, log: LogFile, *, verbose: bool) -> None:
        self._env = dict(env)
        self._home = home
        self._log = log
        self._verbose = verbose
        self._signals = 0
        self._heeding = False
        self.children: list[Child] = []
        self._awake, self._waker = socket.socketpair()
        self._awake.settimeout(0)
        self._waker.settimeout(0)

    def asked_to_end(self) -> bool:
        """Say whether a signal to end has arrived."""
        return self._signals > 0

    def heed_signals(self) -> None:
        """From now on Ctrl-C and kill end the parts first; a second one ends them at once."""
        self._heeding = True
        signal.set_wakeup_fd(self._waker.fileno(), warn_on_full_buffer=False)
        for number in ENDING:
            signal.signal(number, self._heed)
        # Only to be woken when a child ends.
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)

    def keep(self, part: Part) -> Child:
        """Start a part, and start it again whenever it dies, unless once is enough."""
        child = Child(part)
        self.children.append(child)
        self._start(child)
        return child

    def run_once(self, part: Part) -> tuple[int, list[str]]:
        """Run a part to its end; return its exit code and, if it failed, its last words."""
        child = Child(part)
        self.children.append(child)
        process = self._start(child)
        while process.poll() is None and not self.asked_to_end():
            self.wait(1.0)
        code = process.poll()
        if code is None:
            return 0, []
        self.children.remove(child)
        return code, self._log.words_since(child.log_offset) if code else []

    def tend(self) -> list[Child]:
        """Start what is due to start again; return the children that died since the last time."""
        now = time.monotonic()
        dead = []
        for child in list(self.children):
            if child.process is not None and child.process.poll() is not None:
                # What it started must not outlive it: a server's orphaned workers would keep the port.
                _signal_group(child.process.pid, signal.SIGKILL)
                if child.part.is_once:
                    self.children.remove(child)
                    continue
                child.died(now)
                dead.append(child)
            elif child.process is None and now >= child.start_at:
                self._start(child)
        return dead

    def seconds_to_next_start(self) -> float:
        """Return how long nothing is due."""
        due = [child.start_at for child in self.children if child.process is None]
        return max(0.01, min(due, default=float("inf")) - time.monotonic())

    def wait(self, seconds: float) -> None:
        """Sleep until a signal comes, a child dies, or the time is over."""
        select.select([self._awake], [], [], seconds)
        with contextlib.suppress(BlockingIOError):
            while self._awake.recv(4096):
                pass

    def end(self) -> None:
        """End every part: ask, and after 10 s or a second signal, insist."""
        running = [child.process for child in self.children if child.process is not None]
        for process in running:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
        asked = self._signals
        until = time.monotonic() + PATIENCE_SECONDS
        while any(process.poll() is None for process in running):
            if time.monotonic() > until or self._signals > asked:
                break
            self.wait(min(0.5, max(0.01, until - time.monotonic())))
        for process in running:
            _signal_group(process.pid, signal.SIGKILL)
        for process in running:
            process.wait()
        self.children.clear()

    def close(self) -> None:
        """Let go of what the keeper holds itself; to be called after `end`."""
        if self._heeding:
            signal.set_wakeup_fd(-1)
        self._awake.close()
        self._waker.close()

    def _heed(self, _number: int, _frame: FrameType | None) -> None:
        self._signals += 1

    def _start(self, child: Child) -> subprocess.Popen[bytes]:
        child.log_offset = self._log.size()
        child.started_at = time.monotonic()
        with contextlib.ExitStack() as stack:
            output = None if self._verbose else stack.enter_context(self._log.open())
            process = subprocess.Popen(  # noqa: S603  our own commands
                child.part.command,
                cwd=self._home,
                env=self._env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                # A group of its own: Ctrl-C reaches the supervisor alone, which ends the parts in order.
                start_new_session=True,
                preexec_fn=_prepared(child.part.niceness, os.getpid()),  # noqa: PLW1509  one thread
            )
        child.process = process
        return process


def _prepared(niceness: int, parent: int) -> Callable[[], None]:
    def in_child() -> None:
        lifeline.die_with(parent)
        os.umask(0o077)
        if niceness:
            os.nice(niceness)

    return in_child


def _signal_group(leader: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, number)
