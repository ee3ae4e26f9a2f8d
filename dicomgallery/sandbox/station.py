"""The crews of one owner: the sandbox server, or a process that found no server."""

import logging
import socket
import time
from collections.abc import Generator, Sequence
from typing import Final

from dicomgallery.sandbox import duties, tasks
from dicomgallery.sandbox.crew import Crew, NurseryProcess, TaskLostError, Why
from dicomgallery.sandbox.duties import Urgency
from dicomgallery.sandbox.wire import Envelope, Message, WireError
from dicomgallery.settings import Settings

log = logging.getLogger(__name__)

_PATIENCE_OF_A_PERSON_SECONDS: Final = 30
_LONG_TASKS_AT_ONCE: Final = 4
_IDLE_SECONDS: Final = 60


class Station:
    """Gives each task to the crew it belongs to.

    People and background work have crews of their own, so that a person never waits behind a
    background task; the background crew is niced, so that it does not take their processors either.
    """

    def __init__(self, settings: Settings, *, size: int, modules: Sequence[str] = tasks.OURS) -> None:
        self._tasks = tasks.load(modules)
        self._nursery = NurseryProcess(modules)
        self._by_urgency = {
            urgency: Crew(self._nursery, duties.of_pictures(settings, urgency), size) for urgency in Urgency
        }
        self._long = Crew(self._nursery, duties.of_long_tasks(settings), max(size, _LONG_TASKS_AT_ONCE))

    @property
    def nursery_pid(self) -> int | None:
        """The process number of the nursery, once it runs."""
        return self._nursery.pid

    def warm_up(self) -> None:
        """Have a child ready for the first person."""
        self._by_urgency[Urgency.PERSON].warm_up()

    def do(self, task: Message, *, asker: socket.socket | None = None) -> Generator[Envelope]:
        """Have a task done by the crew it belongs to; raises as `Crew.do` does, and WireError for an unknown task."""
        name = task.text("task")
        known = self._tasks.get(name)
        if known is None:
            raise WireError("There is no such task.")
        urgency = Urgency.PERSON if task.text("urgency") == Urgency.PERSON else Urgency.BACKGROUND
        crew = self._long if known.is_long else self._by_urgency[urgency]
        patience = _PATIENCE_OF_A_PERSON_SECONDS if urgency is Urgency.PERSON and not known.is_long else None
        started = time.monotonic()
        try:
            yield from crew.do(task, asker=asker, patience=patience)
        except TaskLostError as loss:
            level = logging.INFO if loss.why is Why.BUSY else logging.WARNING
            seconds = round(time.monotonic() - started, 3)
            log.log(level, "sandbox task lost", extra={"task": name, "why": loss.why.value, "seconds": seconds})
            raise

    def shrink(self) -> None:
        """Let children go that have had nothing to do for a minute."""
        self._by_urgency[Urgency.PERSON].shrink(_IDLE_SECONDS, keep=1)
        self._by_urgency[Urgency.BACKGROUND].shrink(_IDLE_SECONDS, keep=0)
        self._long.shrink(_IDLE_SECONDS, keep=0)

    def close(self) -> None:
        """End every process of this station."""
        for crew in (*self._by_urgency.values(), self._long):
            crew.close()
        self._nursery.close()
