"""Mending what a look over the gallery found, as far as anything but the lost bytes themselves can."""

import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from dicomgallery import audit, settings
from dicomgallery.access import Actor, Permission, demand
from dicomgallery.audit import Event
from dicomgallery.catalog.batches import batches
from dicomgallery.jobs import queue
from dicomgallery.models import transaction
from dicomgallery.services import pictures, preparing
from dicomgallery.services.upkeep import counting
from dicomgallery.services.upkeep.findings import Findings, Kind
from dicomgallery.services.upkeep.sweeping import AGE_SECONDS, sweep
from dicomgallery.services.upkeep.verifying import is_changed
from dicomgallery.storage.opening import store

_AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True)
class Mended:
    """What was done about the findings."""

    counters: int
    """Series, studies and patients counted anew."""
    pictures: int
    """Instances whose thumbnail will be made again."""
    blobs_removed: int
    blobs_set_aside: int
    """Changed files that were moved to the folder `damaged`, so that the right bytes can be sent again."""

    def as_fields(self) -> dict[str, Any]:
        """What a program reads."""
        return asdict(self)


def repair(findings: Findings, *, actor: Actor, older_than_seconds: float = AGE_SECONDS) -> Mended:
    """Mend what can be; a file that is lost or changed comes back only by being sent again."""
    demand(actor, Permission.ADMIN)
    wrong = findings.wrong
    set_aside = _set_aside(wrong[Kind.WRONG_HASHES])
    for some in batches(wrong[Kind.WRONG_COUNTERS], _AT_ONCE):
        with transaction() as session:
            counting.mend(session, some)
    again = [int(text.partition(":")[2]) for text in wrong[Kind.MISSING_PICTURES]]
    if again:
        with transaction() as session:
            preparing.again(session, again)
        queue.wake()
    removed = 0
    if wrong[Kind.BLOBS_WITHOUT_ROWS]:
        removed = sweep(actor=actor, older_than_seconds=older_than_seconds).blobs
    mended = Mended(len(wrong[Kind.WRONG_COUNTERS]), len(again), removed, set_aside)
    with transaction() as session:
        audit.record(
            session,
            actor,
            Event.GALLERY_REPAIRED,
            counters=mended.counters,
            pictures=mended.pictures,
            blobs_removed=mended.blobs_removed,
            blobs_set_aside=mended.blobs_set_aside,
        )
    return mended


def _set_aside(changed: Sequence[str]) -> int:
    """Move changed blobs out of the way, where they can be looked at; nothing else may be taken for the file."""
    blobs = store()
    folder = settings.current().data.resolve() / "damaged"
    count = 0
    for sha256 in changed:
        with blobs.sweeping():
            if not is_changed(blobs, sha256):
                continue
            folder.mkdir(mode=0o700, exist_ok=True)
            shutil.copyfile(blobs.path(sha256), folder / sha256)
            blobs.remove(sha256)
            pictures.cache().forget(sha256)
            count += 1
    return count
