"""The bell that wakes the workers: huey, whose tasks say nothing but "look at the job table"."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from huey import SqliteHuey
from huey.api import Huey

from dicomgallery.settings import Settings


class Bell:
    """One huey queue in the data folder; what is to be done stands in our own table."""

    def __init__(self, chosen: Settings) -> None:
        self._work: Callable[[], None] | None = None
        self.huey: Huey = SqliteHuey(
            "gallery", filename=str(chosen.data.resolve() / "jobs.db"), results=False, fsync=False, timeout=5
        )
        self._task: Any = self.huey.task(name="look")(self._look)

    def ring(self) -> None:
        """Wake one worker, unless enough rings are waiting already."""
        if self.huey.pending_count() < 8:
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
