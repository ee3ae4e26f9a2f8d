"""The one way in: every door hands its files to `ingest`.

unpack -> pre-scan -> parse -> checks -> blob -> rows + receipt + audit + jobs -> answer.
Blob first, row second, answer last: a crash may leave a blob without a row, which the sweeper
takes, but never a row without its blob nor an answer without both.
"""

import logging
import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from sqlalchemy.orm import Session

from dicomgallery import audit, settings
from dicomgallery.access import Actor, Permission, demand
from dicomgallery.audit import Event
from dicomgallery.errors import TooLargeError
from dicomgallery.ingest import checks, receipts, record
from dicomgallery.ingest.commit import GroupCommit, Items, Written
from dicomgallery.ingest.incoming import IncomingFile, Naming, Origin
from dicomgallery.ingest.names import plain
from dicomgallery.ingest.outcome import Accepted, IngestReport, Outcome, Reason, Rejected
from dicomgallery.ingest.record import Arrival, Prepared
from dicomgallery.ingest.unpack import members
from dicomgallery.jobs import queue
from dicomgallery.models import retried
from dicomgallery.settings import Settings
from dicomgallery.storage.blobs import Placed
from dicomgallery.storage.opening import store
from dicomgallery.storage.staging import StagedFile, StorageFullError, begun, is_full, stage

log = logging.getLogger(__name__)

_REFUSED = "The gallery's disk refused the file, so it was not stored. See to the disk, then send it again."
BATCH_FILES = 200
BATCH_SECONDS = 0.05
SMALL_BYTES = 4 << 20
PREPARE_AT_ONCE = 50
"""How many instances one job makes pictures of."""


def ingest(
    files: Iterable[IncomingFile | Rejected],
    *,
    actor: Actor,
    origin: Origin,
    receipt_id: int | None = None,
    collection: str | None = None,
    naming: Naming = Naming.LENIENT,
    study_uid: str | None = None,
) -> IngestReport:
    """Take files in; each has its own outcome, and those kept are durable when this returns.

    What a door could not even receive it hands over as Rejected. With `study_uid`, files of another study are refused.
    """
    demand(actor, Permission.UPLOAD)
    if receipt_id is not None:
        receipts.check(actor, receipt_id)
    arrival = Arrival(actor, origin, _named(collection), naming, receipt_id)
    outcomes: list[Outcome] = []
    # What was made here is here already: a batch that ends early would only ask the disk to sync more often.
    seconds = math.inf if origin is Origin.DEIDENTIFIED else BATCH_SECONDS
    for batch in _batches(_staged(files, settings.current()), study_uid, seconds):
        written = _store(arrival, batch)
        arrival = written.arrival
        outcomes.extend(written.outcomes)
    if arrival.receipt_id is None:
        # Nothing at all came: that too is told.
        arrival = _commit(arrival, []).arrival
    return IngestReport(arrival.number, outcomes)


def recognize(
    claims: Sequence[tuple[str, str, int]],
    *,
    actor: Actor,
    origin: Origin,
    receipt_id: int | None = None,
    collection: str | None = None,
) -> IngestReport:
    """Enter files as (name, sha256, size in bytes) that need not be sent because their bytes are here.

    What is not here is left out of the report, so that the sender knows to send it.
    """
    demand(actor, Permission.UPLOAD)
    if receipt_id is not None:
        receipts.check(actor, receipt_id)
    sizes = {plain(name): size for name, _, size in claims}
    coming = Arrival(actor, origin, _named(collection), Naming.LENIENT, receipt_id)

    def enter(session: Session) -> IngestReport:
        arrival = receipts.opened(session, coming)
        found = record.recognize(session, arrival, [(plain(name), sha256) for name, sha256, _ in claims])
        receipts.add_lines(session, arrival.number, [(outcome, sizes[outcome.name]) for outcome in found])
        return IngestReport(arrival.number, list(found))

    return retried(enter)


@dataclass(frozen=True, slots=True)
class _Arrived:
    """A file in the data folder."""

    name: str
    staged: StagedFile
    replaces: int | None = None


@dataclass
class _Batch:
    """What is stored together: in the order of arrival, each either staged or rejected."""

    items: list[tuple[Prepared | Rejected, int]] = field(default_factory=list)

    @property
    def prepared(self) -> list[Prepared]:
        return [item for item, _ in self.items if isinstance(item, Prepared)]

    @property
    def is_small(self) -> bool:
        """It is a single file that the disk takes in a moment: others who write may wait for it."""
        return len(self.items) == 1 and self.items[0][1] <= SMALL_BYTES

    def change(self, judge: Callable[[Prepared], Prepared | Rejected]) -> None:
        """Put in the place of each file that was to be stored what is made of it now."""
        self.items = [(judge(item) if isinstance(item, Prepared) else item, size) for item, size in self.items]


def _named(collection: str | None) -> str:
    return plain(collection.strip()) if collection and collection.strip() else ""


def _staged(files: Iterable[IncomingFile | Rejected], chosen: Settings) -> Iterator[_Arrived | Rejected]:
    """Bring every file, and the members of every archive, into the data folder."""
    for file in files:
        name = plain(file.name)
        if isinstance(file, Rejected):
            yield replace(file, name=name)
            continue
        staged = _stage(name, file, chosen)
        if isinstance(staged, Rejected):
            yield staged
            continue
        inside = members(file, staged, chosen)
        if inside is None:
            yield _of_fair_size(name, staged, chosen, file.replaces)
            continue
        for member in inside:
            yield member if isinstance(member, Rejected) else _of_fair_size(plain(member[0]), member[1], chosen)


def _of_fair_size(name: str, staged: StagedFile, chosen: Settings, replaces: int | None = None) -> _Arrived | Rejected:
    """Hold what came in a body or an archive, which have limits of their own, to the one of a file."""
    if staged.size_bytes <= chosen.max_file_bytes:
        return _Arrived(name, staged, replaces)
    staged.discard()
    return Rejected(name, Reason.TOO_LARGE, TooLargeError.over(chosen.max_file_bytes).message)


def _stage(name: str, file: IncomingFile, chosen: Settings) -> StagedFile | Rejected:
    if isinstance(file.source, StagedFile):
        return file.source
    try:
        with file.source() as stream:
            return stage(stream, chosen.staging, limit=chosen.max_file_bytes)
    except TooLargeError as error:
        return Rejected(name, Reason.TOO_LARGE, error.message)
    except StorageFullError as error:
        return Rejected(name, Reason.STORAGE_FULL, error.message)
    except OSError as error:
        if is_full(error):
            return Rejected(name, Reason.STORAGE_FULL, StorageFullError().message)
        return Rejected(name, Reason.UNREADABLE, "The file could not be read from where it is.")


def _batches(arriving: Iterable[_Arrived | Rejected], study_uid: str | None, seconds: float) -> Iterator[_Batch]:
    """Prepare what arrives and cut it into batches of at most 200 files or so many seconds."""
    batch, began = _Batch(), time.monotonic()
    for item in arriving:
        if isinstance(item, Rejected):
            batch.items.append((item, 0))
        else:
            batch.items.append((_prepare(item, study_uid), item.staged.size_bytes))
        if len(batch.items) >= BATCH_FILES or time.monotonic() - began > seconds:
            yield batch
            batch, began = _Batch(), time.monotonic()
    if batch.items:
        yield batch


def _prepare(arrived: _Arrived, study_uid: str | None) -> Prepared | Rejected:
    prepared = checks.prepare(arrived.name, arrived.staged, study_uid=study_uid)
    if isinstance(prepared, Rejected):
        arrived.staged.discard()
        return prepared
    return prepared if arrived.replaces is None else replace(prepared, replaces=arrived.replaces)


def _store(arrival: Arrival, batch: _Batch) -> Written:
    """Blobs, then rows, for one batch; the outcomes stand in its order."""
    with store().arriving():
        placed = store().put([file.staged for file in batch.prepared])
        written = (_beside if batch.is_small else _behind)(placed, arrival, batch)
    if any(isinstance(outcome, Accepted) for outcome in written.outcomes):
        queue.wake()
    return written


def _beside(placed: Placed, arrival: Arrival, batch: _Batch) -> Written:
    """Write the rows while the disk takes the blob, and commit them when it has it."""
    try:
        return _commit(arrival, batch.items, begun(placed.settle))
    except (OSError, StorageFullError):
        return _behind(placed, arrival, batch)


def _behind(placed: Placed, arrival: Arrival, batch: _Batch) -> Written:
    """Write the rows of what the disk has taken."""
    try:
        placed.settle()
    except (OSError, StorageFullError):
        # The disk may have taken the others, smaller ones perhaps.
        batch.change(partial(_stored, placed))
    return _commit(arrival, batch.items)


def _stored(placed: Placed, file: Prepared) -> Prepared | Rejected:
    try:
        placed.settle_one(file.staged.sha256)
    except (OSError, StorageFullError) as error:
        return _unstored(file, error)
    return file


def _unstored(file: Prepared, error: Exception) -> Rejected:
    file.staged.discard()
    log.warning("a blob was not stored", extra={"error_type": type(error).__name__})
    full = isinstance(error, StorageFullError) or (isinstance(error, OSError) and is_full(error))
    told = StorageFullError().message if full else _REFUSED
    return Rejected(file.name, Reason.STORAGE_FULL, told, file.facts.instance.sop_uids)


def _write(session: Session, arrival: Arrival, items: Items) -> Written:
    """Everything a batch leaves in the database, in one transaction."""
    arrival = receipts.opened(session, arrival)
    written = iter(record.write(session, arrival, [item for item, _ in items if isinstance(item, Prepared)]))
    outcomes = [next(written) if isinstance(item, Prepared) else item for item, _ in items]
    receipts.add_lines(session, arrival.number, list(zip(outcomes, (size for _, size in items), strict=True)))
    new = [outcome.instance_id for outcome in outcomes if isinstance(outcome, Accepted)]
    if new:
        audit.record(session, arrival.actor, Event.FILES_RECEIVED, f"receipt:{arrival.number}", instances=len(new))
        queue.enqueue_each(session, "prepare", new, most=PREPARE_AT_ONCE, priority=queue.SOON)
    return Written(arrival, outcomes)


_commit = GroupCommit(_write)
