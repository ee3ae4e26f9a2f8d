"""One object of a run on its way: pixels, engine, leak check; whatever is suspected or found stays out."""

import logging
import mmap
import struct
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from dicomgallery import settings
from dicomgallery.catalog.objects import StoredObject
from dicomgallery.deid.check import Leaks
from dicomgallery.deid.engine import Deidentified, Engine
from dicomgallery.dicom.boxes import Box
from dicomgallery.errors import GalleryError
from dicomgallery.sandbox import opening
from dicomgallery.services.deid_runs.drafts import KEEPS_UIDS
from dicomgallery.services.deid_runs.previewing import mapped, path_of
from dicomgallery.services.deidentifying import BurnedIn
from dicomgallery.services.deidentifying.burned_in import Blanked, Seen, as_seen, blanked, suspicion
from dicomgallery.services.deidentifying.proof import searched, told
from dicomgallery.storage.staging import StagedFile, StagingFile, StorageFullError

log = logging.getLogger(__name__)

SURPRISES: Final = (
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
    leaks: Leaks | None = None
    """None where nothing was searched."""
    is_about_pixels: bool = False
    """It waits for a person to look at its pixels."""
    found: Sequence[Box] = ()
    """Writing that was found after painting."""


@dataclass(frozen=True, slots=True)
class Made:
    """An object without identity, staged to be taken in."""

    number: int
    name: str
    staged: StagedFile
    sha256_before: str
    boxes: Sequence[Box]
    actions: Counter[str] = field(repr=False)
    leaks: Leaks
    reviewer: str = ""
    """Who has looked at its pixels."""


def treat(number: int, source: StoredObject, engine: Engine, pixels: BurnedIn | Seen, folder: Path) -> Made | Ended:
    """Take identity out of an object; StorageFullError when there is no room to.

    Of its pixels becomes what the run does by itself, or what a person has decided.
    """
    try:
        return _treated(number, source, engine, pixels, folder)
    except StorageFullError:
        # The next one would meet it too.
        raise
    except GalleryError as error:
        return Ended(number, "failed", error.message, source.blob_sha256)
    except SURPRISES:
        log.exception("an object was not de-identified", extra={"instance": source.id})
        return Ended(number, "failed", _UNFORESEEN, source.blob_sha256)


def _treated(number: int, source: StoredObject, engine: Engine, pixels: BurnedIn | Seen, folder: Path) -> Made | Ended:
    path = path_of(source.blob_sha256)
    before = source.blob_sha256
    blank = _blanked(path, folder / "blanked", pixels)
    if blank.reason:
        return Ended(number, "quarantined", blank.reason, before, is_about_pixels=True, found=blank.found)
    is_reviewed = isinstance(pixels, Seen)
    with mapped(path) as original:
        if blank.path is None:
            done, staged = _written(original, engine, is_cleaned=False, is_reviewed=is_reviewed)
        else:
            with mapped(blank.path) as painted:
                done, staged = _written(painted, engine, is_cleaned=True, is_reviewed=is_reviewed)
        try:
            with staged.mapped() as made:
                leaks = searched(original, made, done, profile=engine.profile, name=done.file_name)
        except BaseException:
            staged.discard()
            raise
    reason = told(leaks)
    if reason or done.sop_instance_uid == source.sop_uid:
        staged.discard()
        return Ended(number, "quarantined" if reason else "failed", reason or KEEPS_UIDS, before, leaks)
    actions = Counter(change.action.name.lower() for change in done.changes)
    reviewer = pixels.reviewer if isinstance(pixels, Seen) else ""
    return Made(number, f"{done.file_name}.dcm", staged, before, blank.boxes, actions, leaks, reviewer)


def _blanked(path: Path, target: Path, pixels: BurnedIn | Seen) -> Blanked:
    if isinstance(pixels, Seen):
        return as_seen(path, target, pixels, opening.sandbox())
    if pixels is BurnedIn.QUARANTINE:
        return Blanked(reason=suspicion(path))
    return blanked(path, target, opening.sandbox()) if pixels is BurnedIn.BLANK else Blanked()


def _written(
    data: mmap.mmap, engine: Engine, *, is_cleaned: bool, is_reviewed: bool
) -> tuple[Deidentified, StagedFile]:
    chosen = settings.current()
    done = engine.deidentify(data, pixels_cleaned=is_cleaned, pixels_reviewed=is_reviewed)
    file = StagingFile(chosen.staging, limit=chosen.max_file_bytes)
    try:
        for chunk in done.chunks():
            file.write(chunk)
        return done, file.finish()
    except BaseException:
        file.drop()
        raise
