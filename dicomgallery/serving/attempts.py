"""A count of wrong attempts that forgets."""

import threading
import time
from collections import deque


class Attempts:
    """Wrong attempts of the last seconds, by address and in all."""

    def __init__(self, *, per_address: int, in_all: int, seconds: float) -> None:
        self._per_address = per_address
        self._in_all = in_all
        self._seconds = seconds
        self._made: deque[tuple[float, str]] = deque()
        self._guard = threading.Lock()

    def spent(self, address: str) -> bool:
        """Say whether this address must wait."""
        with self._guard:
            self._forget()
            made = sum(1 for _, by in self._made if by == address)
            return made >= self._per_address or len(self._made) >= self._in_all

    def count(self, address: str) -> None:
        """Add a wrong attempt."""
        with self._guard:
            self._made.append((time.monotonic(), address))

    def clear(self) -> None:
        """Forget everything."""
        with self._guard:
            self._made.clear()

    def _forget(self) -> None:
        since = time.monotonic() - self._seconds
        while self._made and self._made[0][0] < since:
            self._made.popleft()
