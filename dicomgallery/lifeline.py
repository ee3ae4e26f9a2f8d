"""Processes that end when their parent does, however it ends."""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with(parent: int) -> None:
    """Have the kernel kill this process when `parent` ends; does nothing outside Linux.

    Call it in a new process, with the id its parent had before the fork: a parent that ended
    in between is noticed too. The kernel watches the *thread* that forked, so children are
    started from the main thread.
    """
    if _libc is None:
        return
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def forks_die_with_me() -> None:
    """Let every process that this one forks from now on end with it."""
    me = [os.getpid()]

    def in_child() -> None:
        parent, me[0] = me[0], os.getpid()
        die_with(parent)

    os.register_at_fork(after_in_child=in_child)
