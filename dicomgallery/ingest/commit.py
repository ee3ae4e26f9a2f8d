"""Group commit: whoever comes while a transaction is being committed shares the next one."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from dicomgallery.ingest.outcome import Outcome, Rejected
from dicomgallery.ingest.record import Arrival, Prepared
from dicomgallery.models import apart, retried

MOST_ROWS = 200

Items = Sequence[tuple[Prepared | Rejected, int]]
"""Files of one sender, stored or rejected, each with its size in bytes."""


@dataclass(frozen=True, slots=True)
class Written:
    """What a commit made of a sender's files."""

    arrival: Arrival
    """As before, with its receipt and collection opened."""
    outcomes: list[Outcome]


def _at_once() -> None:
    """Nothing has to be waited for."""


Writer = Callable[[Session, Arrival, Items], Written]


@dataclass
class _Ticket:
    arrival: Arrival
    items: Items
    settled: Callable[[], object]
    written: Written | None = None
    error: BaseException | None = None

    @property
    def is_done(self) -> bool:
        return self.written is not None or self.error is not None


@dataclass
class GroupCommit:
    """Writes what several threads bring, as few transactions as their arrival allows.

    A thread that finds nobody at work commits at once, so a lone sender never waits; those that
    come meanwhile queue up, and the first of them commits for all.
    """

    write: Writer
    _waiting: deque[_Ticket] = field(default_factory=deque)
    _guard: threading.Lock = field(default_factory=threading.Lock)
    _leading: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, arrival: Arrival, items: Items, settled: Callable[[], object] = _at_once) -> Written:
        """Commit the rows of these files; gives their outcomes in order, or raises what went wrong.

        `settled` is called when the rows are written and before they are committed: it waits for the blobs, or raises.
        """
        ticket = _Ticket(arrival, items, settled)
        with self._guard:
            self._waiting.append(ticket)
        with self._leading:
            while not ticket.is_done:
                self._commit(self._next())
        if ticket.written is None:
            raise ticket.error or RuntimeError("A commit ended without a result.")
        return ticket.written

    def _next(self) -> list[_Ticket]:
        with self._guard:
            batch = [self._waiting.popleft()]
            rows = len(batch[0].items)
            while self._waiting and rows + len(self._waiting[0].items) <= MOST_ROWS:
                rows += len(self._waiting[0].items)
                batch.append(self._waiting.popleft())
        return batch

    def _commit(self, batch: list[_Ticket]) -> None:
        def work(session: Session) -> list[Written]:
            written = [self.write(session, ticket.arrival, ticket.items) for ticket in batch]
            for ticket in batch:
                ticket.settled()
            return written

        try:
            written = retried(work, apart)
        except BaseException as error:  # noqa: BLE001  it is raised again in the thread whose files these are
            if len(batch) == 1:
                batch[0].error = error
                return
            # One sender's trouble must not be another's: each by itself.
            for ticket in batch:
                self._commit([ticket])
            return
        for ticket, result in zip(batch, written, strict=True):
            ticket.written = result
