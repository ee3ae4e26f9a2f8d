"""Many inputs over all cores, in processes that may neither hang, nor grow, nor die."""

import os
import resource
import signal
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from types import FrameType
from typing import Any

HANG_SECONDS = 5
MEMORY_BYTES = 1 << 30
_BLOCK = 500

Try = Callable[[int], object]


def try_all(attempt: Try, numbers: Sequence[int]) -> list[Any]:
    """What `attempt` (a function of a module) gives for each number; any failure is raised with its number.

    A process that dies is a BrokenProcessPool, one that wants more than a gigabyte meets a MemoryError.
    """
    blocks = [numbers[start : start + _BLOCK] for start in range(0, len(numbers), _BLOCK)]
    with ProcessPoolExecutor(os.cpu_count() or 1, mp_context=get_context("spawn"), initializer=_limit) as pool:
        results = [pool.submit(_block, attempt, block) for block in blocks]
        return [result for block in results for result in block.result()]


def _limit() -> None:
    signal.signal(signal.SIGALRM, _too_long)
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _block(attempt: Try, numbers: Sequence[int]) -> list[object]:
    found = []
    for number in numbers:
        # The clock of the process: what the other tests of this machine take is not the input's doing.
        began = time.process_time()
        signal.setitimer(signal.ITIMER_REAL, 12 * HANG_SECONDS)
        try:
            found.append(attempt(number))
        except BaseException as error:
            error.add_note(f"input {number}")
            raise
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        assert time.process_time() - began < HANG_SECONDS, f"input {number} took too long"
    peak_bytes = _peak_bytes()
    assert peak_bytes < MEMORY_BYTES, f"{peak_bytes} bytes among inputs {numbers[0]} to {numbers[-1]}"
    return found


def _peak_bytes() -> int:
    # Not ru_maxrss, which begins at what the process had that started this one.
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM")) * 1024


def _too_long(_number: int, _frame: FrameType | None) -> None:
    raise TimeoutError("An input hangs.")
