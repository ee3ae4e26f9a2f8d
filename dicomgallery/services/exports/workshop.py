"""Where an export is made: its folder, its way to say how far it is, and to hear that nobody wants it any more."""

import contextvars
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from dicomgallery.errors import RefusedError, UnavailableError
from dicomgallery.imaging.spec import Format
from dicomgallery.jobs.runner import JobContext
from dicomgallery.services.exports import shelf
from dicomgallery.services.exports.asked import Asked
from dicomgallery.services.exports.sources import Source
from dicomgallery.services.pictures import BUSY, NoPicture

TELL_SECONDS: Final = 0.4
_LOOK_AT_ROOM_SECONDS: Final = 3.0
_TRIES: Final = 2
_DRAWING: Final = 2
"""Pictures drawn at a time, as thumbnails are."""
MOST_TOLD: Final = 200
"""Pictures that could not be drawn are told one by one up to so many."""


class CancelledError(Exception):
    """Nobody wants the export any more."""


@dataclass(frozen=True, slots=True)
class Made:
    """A file that is finished, and what there is to know of it."""

    path: Path
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lack:
    """A picture that could not be drawn, and why."""

    number: int
    sentence: str


@dataclass(slots=True)
class Workshop:
    """One export in the making."""

    context: JobContext
    series_id: int
    asked: Asked
    folder: Path
    lacking: list[Lack] = field(default_factory=list)
    pass_number: int = 0
    """Which of several passes over all pictures this is, from 0, so that progress runs once from end to end."""
    passes: int = 1
    _told_at: float = 0.0
    _looked_at: float = field(default_factory=time.monotonic)

    def tell(self, done: int, total: int) -> None:
        """Say how far it is, now and then; raises CancelledError, or RefusedError when the room is used up."""
        at = time.monotonic()
        if at - self._told_at < TELL_SECONDS:
            return
        self._told_at = at
        self.context.progress(self.pass_number * total + done, self.passes * total)
        if self.context.cancelled():
            raise CancelledError
        if at - self._looked_at > _LOOK_AT_ROOM_SECONDS:
            self._looked_at = at
            shelf.check_room()

    def write(self, path: Path, chunks: Iterable[bytes]) -> None:
        """Write a file while it is made."""
        with path.open("wb") as file:
            for chunk in chunks:
                file.write(chunk)

    def drawn(
        self, source: Source, numbers: Sequence[int], form: Format, side: int | None
    ) -> Iterator[tuple[int, bytes]]:
        """Pictures with their numbers; those that cannot be drawn are remembered as lacking.

        RefusedError when none can.
        """
        found = 0
        for done, (number, drawn) in enumerate(_ahead(source, numbers, form, side)):
            self.tell(done, len(numbers))
            if isinstance(drawn, Lack):
                self.lacking.append(drawn)
                continue
            found += 1
            yield number, drawn
        if not found:
            raise RefusedError(f"None of these pictures can be drawn. {self.lacking[0].sentence}")


def _ahead(
    source: Source, numbers: Sequence[int], form: Format, side: int | None
) -> Iterator[tuple[int, "bytes | Lack"]]:
    """Pictures in order; the next few are drawn while one is written."""
    waiting: deque[tuple[int, Future[bytes | Lack]]] = deque()
    with ThreadPoolExecutor(_DRAWING, "export") as threads:
        try:
            for number in numbers:
                # The settings are the context's; a context serves one thread at a time.
                context = contextvars.copy_context()
                waiting.append((number, threads.submit(context.run, _draw, source, number, form, side)))
                if len(waiting) > _DRAWING:
                    first, future = waiting.popleft()
                    yield first, future.result()
            yield from ((number, future.result()) for number, future in waiting)
        finally:
            threads.shutdown(cancel_futures=True)


def _draw(source: Source, number: int, form: Format, side: int | None) -> bytes | Lack:
    for _ in range(_TRIES):
        picture = source.draw(number, form, side)
        if isinstance(picture, NoPicture):
            if picture.reason == BUSY:
                raise UnavailableError(picture.sentence)
            return Lack(number, f"{picture.title}. {picture.sentence}")
        try:
            return picture.read()
        except UnavailableError:
            # Cleared away between making and reading.
            continue
    raise UnavailableError("The cache of pictures is too small to export from.")
