"""Sending files: only what the gallery does not have, in stored tars, over a few connections at once.

A connection that drops is no matter: the gallery is asked again what it lacks. The same holds for a whole upload that
was ended: called again, it goes on where it was. Each file has an outcome of its own, and none ends the upload.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from urllib.parse import quote

from dicomgallery.client.connection import CONNECTIONS, Connection, Query, patiently
from dicomgallery.client.outcomes import FileOutcome, Meter, Progress, Uploaded
from dicomgallery.client.sources import FileError, Item, Watch, tar, tar_size

MOST_BYTES: Final = 64 << 20
MOST_FILES: Final = 1000
_LEAST_BYTES: Final = 8 << 20
_TRIES: Final = 8


def upload(
    connection: Connection,
    items: Sequence[Item],
    *,
    collection: str | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Uploaded:
    """Send these; what became of each."""
    done = Uploaded()
    if not items:
        return done
    into: dict[str, str | int] = {"collection": collection} if collection else {}
    # One receipt for all that is sent, however many bodies it takes.
    done.receipt = patiently(lambda: _entered(connection, [], into))["receipt"]
    sender = _Sender(connection, {**into, "receipt": done.receipt}, Meter(items, progress))
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        sent = [pool.submit(sender.send, group) for group in groups(items)]
        try:
            for one in as_completed(sent):
                one.result()
        finally:
            pool.shutdown(cancel_futures=True)
    done.files = [outcome for one in sent for outcome in one.result()]
    return done


def groups(items: Sequence[Item]) -> Iterator[list[Item]]:
    """What travels together: at most so many bytes and files, and of little enough for every connection."""
    most_bytes = min(MOST_BYTES, max(_LEAST_BYTES, sum(item.size_bytes for item in items) // CONNECTIONS))
    group: list[Item] = []
    size = 0
    for item in items:
        if group and (size + item.size_bytes > most_bytes or len(group) == MOST_FILES):
            yield group
            group, size = [], 0
        group.append(item)
        size += item.size_bytes
    if group:
        yield group


@dataclass(frozen=True, slots=True)
class _Sender:
    connection: Connection
    into: Query
    """The receipt, and the collection where one is wanted."""
    meter: Meter

    def send(self, group: Sequence[Item]) -> list[FileOutcome]:
        """Send what is lacking of these; what became of each."""
        outcomes: list[FileOutcome] = []
        waiting: dict[Item, str] = {}
        for item in group:
            try:
                if item.is_archive():
                    outcomes += patiently(partial(self._whole, item), _TRIES)
                else:
                    waiting[item] = item.sha256()
            except FileError as error:
                outcomes.append(self._left_out(error))
        while waiting:
            try:
                patiently(lambda: self._lacking(waiting, outcomes), _TRIES)
            except FileError as error:
                del waiting[error.item]
                outcomes.append(self._left_out(error))
        return outcomes

    def _lacking(self, waiting: dict[Item, str], outcomes: list[FileOutcome]) -> None:
        """Have what is here entered into the receipt, and send the rest; what is done waits no longer."""
        asked = {"sha256": list(waiting.values())}
        lacking = set(self.connection.post("/api/v1/uploads/check", asked)["missing"])
        here = {item: sha256 for item, sha256 in waiting.items() if sha256 not in lacking}
        if here:
            claims = [{"name": one.name, "sha256": sha256, "size": one.size_bytes} for one, sha256 in here.items()]
            entered = _outcomes(_entered(self.connection, claims, self.into))
            outcomes += entered
            # Whatever somebody removed meanwhile is not entered, and has to be sent.
            names = {one.name for one in entered}
            for item in [one for one in here if one.name in names]:
                del waiting[item]
                self.meter.count(item.size_bytes, 1)
        if waiting:
            told = self._sent(partial(tar, waiting), tar_size(waiting), {"Content-Type": "application/x-tar"})
            self.meter.count(0, len(waiting))
            waiting.clear()
            outcomes += told

    def _whole(self, item: Item) -> list[FileOutcome]:
        """Send an archive as it is."""
        named = f"attachment; filename*=UTF-8''{quote(item.name, safe='')}"
        headers = {"Content-Type": "application/octet-stream", "Content-Disposition": named}
        told = self._sent(lambda counted: counted(item.pieces()), item.size_bytes, headers)
        self.meter.count(0, 1)
        return told

    def _sent(
        self, body: Callable[[Watch], Iterator[bytes]], size_bytes: int, headers: Mapping[str, str]
    ) -> list[FileOutcome]:
        """Send a body, counting what goes of the files in it; what does not arrive is counted back."""
        gone = 0

        def counted(pieces: Iterator[bytes]) -> Iterator[bytes]:
            nonlocal gone
            for piece in pieces:
                yield piece
                gone += len(piece)
                self.meter.count(len(piece))

        try:
            return _outcomes(self.connection.send("/api/v1/uploads", body(counted), size_bytes, self.into, headers))
        except BaseException:
            self.meter.count(-gone)
            raise

    def _left_out(self, error: FileError) -> FileOutcome:
        self.meter.count(error.item.size_bytes, 1)
        return FileOutcome(error.item.name, "rejected", reason=error.reason, detail=str(error))


def _entered(connection: Connection, claims: Sequence[Mapping[str, object]], into: Query) -> Any:
    return connection.post("/api/v1/uploads/known", {"files": claims}, into)


def _outcomes(told: Any) -> list[FileOutcome]:
    return [FileOutcome.of(one) for one in told["files"]]
