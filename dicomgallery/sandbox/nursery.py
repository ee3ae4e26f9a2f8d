"""The process that children are forked from: it has imported what they need, and does nothing else.

It is single-threaded, so forking it is safe, and what it imported stays shared memory. It reaps
and, when asked, kills; since only it does both, no stranger's process is ever hit by a reused number.
It ends, and its children with it, when the socket on its standard input closes.
"""

import argparse
import contextlib
import gc
import importlib
import os
import select
import signal
import socket
from collections.abc import Mapping
from typing import Final, NoReturn

import orjson

from dicomgallery.sandbox import child, tasks
from dicomgallery.sandbox.duties import Duties

ORDER_BYTES: Final = 4096


def main() -> None:
    """Serve the socket on standard input."""
    parser = argparse.ArgumentParser(prog="dicomgallery.sandbox.nursery")
    parser.add_argument("modules", nargs="+", help="modules with a table of tasks")
    known = tasks.load(parser.parse_args().modules)
    # Ctrl-C reaches the whole group; whoever owns this process ends it in order.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    control = socket.socket(fileno=os.dup(0))
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.close(nowhere)
    for task in known.values():
        for module in task.preload:
            importlib.import_module(module)
    gc.collect()
    gc.freeze()
    Nursery(control, known).serve()


class Nursery:
    """Bears, reaps and kills children."""

    def __init__(self, control: socket.socket, known: Mapping[str, tasks.Task]) -> None:
        self._control = control
        self._tasks = known
        self._living: set[int] = set()
        self._pid = os.getpid()

    def serve(self) -> None:
        """Follow orders until the control socket closes."""
        woken, wake = socket.socketpair()
        woken.settimeout(0)
        wake.settimeout(0)
        signal.set_wakeup_fd(wake.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        poll = select.poll()
        poll.register(self._control, select.POLLIN)
        poll.register(woken, select.POLLIN)
        try:
            while True:
                ready = {fd for fd, _ in poll.poll()}
                if woken.fileno() in ready:
                    with contextlib.suppress(BlockingIOError):
                        woken.recv(4096)
                self._reap()
                if self._control.fileno() in ready and not self._follow_order():
                    return
        finally:
            signal.set_wakeup_fd(-1)
            for pid in self._living:
                os.kill(pid, signal.SIGKILL)

    def _follow_order(self) -> bool:
        """Do what the owner asks; False when the owner is gone."""
        try:
            order, fds, _, _ = socket.recv_fds(self._control, ORDER_BYTES, 1)
            if not order:
                return False
            fields = orjson.loads(order)
            answer = self._bear(fds[0], Duties.from_fields(fields)) if fds else self._kill(fields["kill"])
            self._control.sendall(orjson.dumps(answer))
        except ConnectionError:
            return False
        return True

    def _bear(self, fd: int, duties: Duties) -> int:
        pid = os.fork()
        if pid == 0:
            self._become_child(fd, duties)
        os.close(fd)
        self._living.add(pid)
        return pid

    def _become_child(self, fd: int, duties: Duties) -> NoReturn:
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            self._control.close()
            child.live(socket.socket(fileno=fd), duties, self._tasks, self._pid)
        finally:
            # Whatever happens, a child must never come back into the loop of its parent.
            os._exit(1)

    def _kill(self, pid: int) -> int:
        if pid in self._living:
            os.kill(pid, signal.SIGKILL)
        return pid

    def _reap(self) -> None:
        while self._living:
            try:
                pid, _ = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            self._living.discard(pid)


if __name__ == "__main__":
    main()
