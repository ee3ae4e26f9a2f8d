"""What a page has read of a file, kept for those looked at last: stepping through one asks for it each time."""

from collections.abc import Callable
from threading import Lock
from typing import Final, Generic, TypeVar

MOST_KEPT: Final = 3

T = TypeVar("T")


class Kept(Generic[T]):
    """The last few values by the hash of their file, whose bytes never change."""

    def __init__(self, most: int = MOST_KEPT) -> None:
        self._most = most
        self._values: dict[str, T] = {}
        self._guard = Lock()

    def of(self, blob: str, read: Callable[[], T]) -> T:
        """The value of a file, read now unless it is kept."""
        with self._guard:
            found = self._values.pop(blob, None)
        value = read() if found is None else found
        with self._guard:
            self._values[blob] = value
            while len(self._values) > self._most:
                del self._values[next(iter(self._values))]
        return value
