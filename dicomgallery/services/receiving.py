"""Taking files in, for any door."""

import re
from collections.abc import Iterable, Sequence

from dicomgallery.access import Actor, Permission, demand
from dicomgallery.catalog import arrivals
from dicomgallery.errors import RefusedError
from dicomgallery.ingest.incoming import IncomingFile, Naming, Origin
from dicomgallery.ingest.outcome import IngestReport, Rejected
from dicomgallery.ingest.pipeline import ingest, recognize

MOST_HASHES = 5000
_SHA256 = re.compile(r"[0-9a-f]{64}")


def receive(
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

    With `study_uid`, files of another study are refused.
    """
    return ingest(
        files,
        actor=actor,
        origin=origin,
        receipt_id=receipt_id,
        collection=collection,
        naming=naming,
        study_uid=study_uid,
    )


def missing(hashes: Sequence[str], *, actor: Actor) -> list[str]:
    """Which of these SHA-256s this actor's gallery does not hold, in the order asked."""
    demand(actor, Permission.UPLOAD)
    _check(hashes)
    held = arrivals.held(actor.scope, hashes)
    return [sha256 for sha256 in hashes if sha256 not in held]


def enter_known(
    claims: Sequence[tuple[str, str, int]],
    *,
    actor: Actor,
    origin: Origin,
    receipt_id: int | None = None,
    collection: str | None = None,
) -> IngestReport:
    """Enter files as (name, sha256, size in bytes) whose bytes are here already; those that are not are left out."""
    _check([sha256 for _, sha256, _ in claims])
    return recognize(claims, actor=actor, origin=origin, receipt_id=receipt_id, collection=collection)


def _check(hashes: Sequence[str]) -> None:
    if len(hashes) > MOST_HASHES:
        raise RefusedError(f"Ask for at most {MOST_HASHES} files at a time.")
    if not all(_SHA256.fullmatch(sha256) for sha256 in hashes):
        raise RefusedError("A SHA-256 is written as 64 lower-case hexadecimal digits.")
