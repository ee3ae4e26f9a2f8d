"""The new file of one instance: read, edited, and on its way to ingest in pieces."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from mmap import ACCESS_READ, mmap
from typing import BinaryIO, cast

from dicomgallery import settings
from dicomgallery.catalog.edit_plans import Target
from dicomgallery.dicom.editing import making
from dicomgallery.dicom.editing.applying import Edited
from dicomgallery.dicom.editing.making import Source, new_uid
from dicomgallery.dicom.pieces import Pieces, Stretch
from dicomgallery.dicom.transfer import EXPLICIT_LITTLE_ENDIAN
from dicomgallery.errors import RefusedError, UnavailableError
from dicomgallery.imaging.refusals import CannotRenderError
from dicomgallery.sandbox.opening import sandbox
from dicomgallery.services.editing.plans import Identity, Plan
from dicomgallery.services.recoding import Rewritten
from dicomgallery.storage.opening import store


@dataclass(frozen=True, slots=True)
class Opened:
    """The file of an instance, ready to be edited."""

    file: BinaryIO
    source: Source

    def edited(self, plan: Plan, target: Target, renamed: Mapping[str, str]) -> Edited | None:
        """What a plan makes of it; None when that changes nothing."""
        uid = plan.own_uid() or renamed.get(target.sop_uid) or new_uid(target.sop_uid, plan.row.key)
        return making.edit(self.source, plan.edits_of(target.id), renamed, sop_uid=uid, at=plan.row.created_at)

    def stream(self, edited: Edited) -> BinaryIO:
        """The new file, whose pixel data are read from the old one."""
        made = making.make(self.source, edited)
        begin, end = made.copied
        pieces = Pieces([made.before, Stretch(self.file, begin, end - begin), made.after])
        return cast("BinaryIO", pieces)


@contextmanager
def opened(target: Target) -> Iterator[Opened]:
    """Open the file of an instance; GalleryError in a sentence when it cannot be edited."""
    with _bytes_of(target) as file:
        try:
            data = mmap(file.fileno(), 0, access=ACCESS_READ)
        except (OSError, ValueError) as error:
            raise UnavailableError("The file of this image cannot be read.") from error
        with data:
            yield Opened(file, making.open_source(data))


def new_uids(plan: Plan, targets: Sequence[Target]) -> dict[str, str]:
    """Which UID takes the place of which, when these instances are changed."""
    renamed: dict[str, str] = {}
    own = plan.own_uid()
    for target in targets:
        renamed[target.sop_uid] = own or new_uid(target.sop_uid, plan.row.key)
        if plan.identity is not Identity.INSTANCE:
            renamed[target.series_uid] = new_uid(target.series_uid, plan.row.key)
        if plan.identity is Identity.STUDY:
            renamed[target.study_uid] = new_uid(target.study_uid, plan.row.key)
    return renamed


def _bytes_of(target: Target) -> BinaryIO:
    try:
        path = store().path(target.blob_sha256)
    except FileNotFoundError as error:
        raise UnavailableError("The file of this image is missing from the store. Run `flask verify`.") from error
    if not making.needs_plain(target.transfer_syntax):
        return path.open("rb")
    # What is deflated, or big endian, is first written plainly: its pixels keep their values.
    try:
        plain = Rewritten.begun(path, EXPLICIT_LITTLE_ENDIAN, sandbox())
        file = tempfile.TemporaryFile(dir=settings.current().staging)  # noqa: SIM115 - whoever edits closes it
        file.writelines(plain.chunks())
        file.flush()
    except CannotRenderError as refusal:
        raise RefusedError(refusal.detail) from None
    return cast("BinaryIO", file)
