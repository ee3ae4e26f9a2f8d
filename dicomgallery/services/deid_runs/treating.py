"""One object of a run on its way: pixels, engine, leak check; whatever is suspected or found stays out."""

import logging
import mmap
import struct
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from dicomgallery import settings
from dicomgallery.catalog.objects import StoredObject
from dicomgallery.deid import regions
from dicomgallery.deid.engine import Deidentified, Engine
from dicomgallery.dicom import reader
from dicomgallery.errors import GalleryError
from dicomgallery.sandbox import opening
from dicomgallery.services.deid_runs.drafts import KEEPS_UIDS
from dicomgallery.services.deid_runs.previewing import MISSING, mapped
from dicomgallery.services.deidentifying import BurnedIn
from dicomgallery.services.deidentifying.burned_in import blanked, suspicion
from dicomgallery.services.deidentifying.proof import objection
from dicomgallery.storage.opening import store
from dicomgallery.storage.staging import StagedFile, StagingFile, StorageFullError

log = logging.getLogger(__name__)

_SURPRISES: Final = (
    ArithmeticError, AttributeError, EOFError, LookupError, NotImplementedError, RecursionError, TypeError, ValueError,
    struct.error,
)  # fmt: skip
"""What a file that nobody foresaw raises: it must not keep the others from being done."""
_UNFORESEEN: Final = (
    "It broke the engine in a way that was not foreseen; the gallery's log has the place, not the file."
)


@dataclass(frozen=True, slots=True)
class Ended:
    """An object of which there is no result, and why."""

    number: int
    state: str
    reason: str
    sha256_before: str = ""


@dataclass(frozen=True, slots=True)
class Made:
    """An object without identity, staged to be taken in."""

    number: int
    name: str
    staged: StagedFile
    sha256_before: str
    boxes: int
    actions: Counter[str] = field(repr=False)


def treat(number: int, source: StoredObject, engine: Engine, burned_in: BurnedIn, folder: Path) -> Made | Ended:
    """Take identity out of an object; StorageFullError when there is no room to."""
    try:
        return _treated(number, source, engine, burned_in, folder)
    except StorageFullError:
        # The next one would meet it too.
        raise
    except GalleryError as error:
        return Ended(number, "failed", error.message, source.blob_sha256)
    except FileNotFoundError:
        return Ended(number, "failed", MISSING, source.blob_sha256)
    except _SURPRISES:
        log.exception("an object was not de-identified", extra={"instance": source.id})
        return Ended(number, "failed", _UNFORESEEN, source.blob_sha256)


def _treated(number: int, source: StoredObject, engine: Engine, burned_in: BurnedIn, folder: Path) -> Made | Ended:
    path = store().path(source.blob_sha256)
    cleaned: Path | None = None
    reason = ""
    if burned_in is BurnedIn.QUARANTINE:
        reason = suspicion(path)
    elif burned_in is BurnedIn.BLANK:
        cleaned, reason = blanked(path, folder / "blanked", opening.sandbox())
    if reason:
        return Ended(number, "quarantined", reason, source.blob_sha256)
    with mapped(source.blob_sha256) as original:
        if cleaned is None:
            done, staged = _written(original, engine, pixels_cleaned=False)
        else:
            with cleaned.open("rb") as file:
                data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            done, staged = _written(data, engine, pixels_cleaned=True)
            with suppress(BufferError):
                data.close()
        try:
            if done.sop_instance_uid == source.sop_uid:
                ended: Ended | None = Ended(number, "failed", KEEPS_UIDS, source.blob_sha256)
            else:
                ended = _objected(number, source, original, staged, done, engine)
        except BaseException:
            staged.discard()
            raise
    if ended is not None:
        staged.discard()
        return ended
    boxes = len(regions.boxes(reader.read_header(path))) if cleaned is not None else 0
    actions = Counter(change.action.name.lower() for change in done.changes)
    return Made(number, f"{done.file_name}.dcm", staged, source.blob_sha256, boxes, actions)


def _written(data: mmap.mmap, engine: Engine, *, pixels_cleaned: bool) -> tuple[Deidentified, StagedFile]:
    chosen = settings.current()
    done = engine.deidentify(data, pixels_cleaned=pixels_cleaned)
    file = StagingFile(chosen.staging, limit=chosen.max_file_bytes)
    try:
        for chunk in done.chunks():
            file.write(chunk)
        return done, file.finish()
    except BaseException:
        file.drop()
        raise


def _objected(  # noqa: PLR0917 - one call site
    number: int, source: StoredObject, original: mmap.mmap, staged: StagedFile, done: Deidentified, engine: Engine
) -> Ended | None:
    with staged.mapped() as made:
        reason = objection(original, made, done, profile=engine.profile, name=done.file_name)
    return Ended(number, "quarantined", reason, source.blob_sha256) if reason else None
