"""The bell that wakes the workers: huey, whose tasks say nothing but "look at the job table"."""

import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from huey import SqliteHuey
from huey.api import Huey

from dicomgallery.settings import Settings

BREATH_SECONDS = 0.2
"""What a worker waits from the ring until it looks: files that come one by one share a job meanwhile."""


class Bell:
    """One huey queue in the data folder; what is to be done stands in our own table."""

    def __init__(self, chosen: Settings) -> None:
        self._work: Callable[[], None] | None = None
        self._rang_at = -BREATH_SECONDS
        self.huey: Huey = SqliteHuey(
            "gallery", filename=str(chosen.data.resolve() / "jobs.db"), results=False, fsync=False, timeout=5
        )
        self._task: Any = self.huey.task(name="look")(self._look)

    def ring(self) -> None:
        """Wake a worker, unless this process has just done so: a worker takes a breath before it looks."""
        now = time.monotonic()
        if now - self._rang_at > BREATH_SECONDS / 2:
            self._rang_at = now
            self._task()

    def answer_with(self, work: Callable[[], None]) -> None:
        """Say what this process does when the bell rings."""
        self._work = work

    def _look(self) -> None:
        if self._work is not None:
            self._work()


@lru_cache(maxsize=8)
def bell_of(chosen: Settings) -> Bell:
    """The bell of the gallery with these settings."""
    return Bell(chosen)
