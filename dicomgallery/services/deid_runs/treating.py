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
from dicomgallery.deid.profile import Profile
from dicomgallery.deid.searching import Given, searched_files, told
from dicomgallery.dicom.boxes import Box
from dicomgallery.errors import GalleryError, UnavailableError
from dicomgallery.imaging.refusals import CannotRenderError
from dicomgallery.sandbox import opening
from dicomgallery.sandbox.client import Sandbox
from dicomgallery.services.deid_runs.drafts import KEEPS_UIDS
from dicomgallery.services.deid_runs.previewing import mapped, path_of
from dicomgallery.services.deidentifying import BurnedIn
from dicomgallery.services.deidentifying.burned_in import Blanked, Seen, as_seen, blanked, suspicion
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

_LARGEST_ASIDE: Final = 128 << 20
"""A file with more bytes may take longer to search than a child of the sandbox may be silent."""


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
class Written:
    """An object without identity, written and staged; whether it may be taken in is not known yet."""

    number: int
    source: StoredObject
    path: Path
    """Of the original."""
    staged: StagedFile
    given: Given
    boxes: Sequence[Box]
    actions: Counter[str] = field(repr=False)
    reviewer: str = ""
    """Who has looked at its pixels."""


@dataclass(frozen=True, slots=True)
class Made:
    """An object without identity that was searched, and may be taken in."""

    number: int
    name: str
    staged: StagedFile
    sha256_before: str
    boxes: Sequence[Box]
    actions: Counter[str] = field(repr=False)
    leaks: Leaks
    reviewer: str = ""
    """Who has looked at its pixels."""


def treat(number: int, source: StoredObject, engine: Engine, pixels: BurnedIn | Seen, folder: Path) -> Written | Ended:
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


def judge(one: Written, profile: Profile, sandbox: Sandbox | None) -> Made | Ended:
    """Search a result for what identified in its original, in the sandbox if given; what is not clean is discarded.

    Any thread may do it.
    """
    before = one.source.blob_sha256
    ended: Ended | None = None
    try:
        leaks = _searched(one, profile, sandbox)
        if reason := told(leaks):
            ended = Ended(one.number, "quarantined", reason, before, leaks)
        elif one.given.sop_instance_uid == one.source.sop_uid:
            ended = Ended(one.number, "failed", KEEPS_UIDS, before, leaks)
    except GalleryError as error:
        ended = Ended(one.number, "failed", error.message, before)
    except SURPRISES:
        log.exception("a result was not searched", extra={"instance": one.source.id})
        ended = Ended(one.number, "failed", _UNFORESEEN, before)
    if ended is not None:
        one.staged.discard()
        return ended
    return Made(one.number, f"{one.given.name}.dcm", one.staged, before, one.boxes, one.actions, leaks, one.reviewer)


def _searched(one: Written, profile: Profile, sandbox: Sandbox | None) -> Leaks:
    """What was found; in this process when the file is too large for the sandbox, or that fails."""
    if sandbox is not None and one.staged.size_bytes <= _LARGEST_ASIDE:
        try:
            return sandbox.leaks(one.path, one.staged.path, profile, one.given)
        except (CannotRenderError, UnavailableError):
            log.warning("a result is searched once more", extra={"instance": one.source.id})
    return searched_files(one.path, one.staged.path, profile, one.given)


def _treated(
    number: int, source: StoredObject, engine: Engine, pixels: BurnedIn | Seen, folder: Path
) -> Written | Ended:
    path = path_of(source.blob_sha256)
    blank = _blanked(path, folder / "blanked", pixels)
    if blank.reason:
        return Ended(number, "quarantined", blank.reason, source.blob_sha256, is_about_pixels=True, found=blank.found)
    reviewer = pixels.reviewer if isinstance(pixels, Seen) else ""
    with mapped(blank.path or path) as data:
        done, staged = _written(data, engine, is_cleaned=blank.path is not None, is_reviewed=bool(reviewer))
    actions = Counter(change.action.name.lower() for change in done.changes)
    given = Given(done.subject, done.sop_instance_uid, done.file_name)
    return Written(number, source, path, staged, given, blank.boxes, actions, reviewer)


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
