"""Frames and single values of stored objects as bytes, for programs that make their own pictures."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dicomgallery.access import Actor, Permission, demand
from dicomgallery.catalog import objects
from dicomgallery.catalog.objects import StoredObject
from dicomgallery.dicom import bulk_paths, paths, reader
from dicomgallery.dicom.rewriting import PIXEL_TAGS
from dicomgallery.errors import NotFoundError, UnavailableError
from dicomgallery.imaging.recoded import RECODER_VERSION
from dicomgallery.imaging.refusals import CannotRenderError, RenderReason
from dicomgallery.sandbox.opening import sandbox
from dicomgallery.services import recoding
from dicomgallery.services.retrieving import MISSING, NotInThatSyntaxError
from dicomgallery.storage.opening import store

_MOST_READ_BYTES: Final = 64 << 20
"""Up to here a file is read whole, for what stands behind its pixel data."""
_GONE = {RenderReason.NO_SUCH_FRAME, RenderReason.NOT_AN_IMAGE}


@dataclass(frozen=True, slots=True)
class Pixels:
    """An object whose frames, or values, can be had."""

    object: StoredObject
    path: Path

    def etag(self, what: str) -> str:
        """What tells an answer about it from every other one."""
        return f"{RECODER_VERSION}-{self.object.blob_sha256[:32]}-{what}"

    def frames(self, numbers: Sequence[int], syntax: str) -> Iterator[tuple[str, bytes]]:
        """Frames, counted from 1, each with the transfer syntax it has; the first is made at once.

        NotFoundError for a frame that is not there, NotInThatSyntaxError where it cannot be made.
        """
        try:
            return recoding.frames(self.path, numbers, syntax, sandbox())
        except CannotRenderError as refusal:
            if refusal.reason in _GONE:
                raise NotFoundError(refusal.detail) from None
            raise NotInThatSyntaxError(refusal.detail) from None

    def value(self, text: str) -> bytes:
        """The bytes of the value that a bulk data path names, little endian; NotFoundError."""
        path = bulk_paths.parse(text)
        if path is None:
            raise NotFoundError("A value is named by its tag, or by tags and items as 00089215/0/00720068.")
        is_behind = path[0].tag > max(PIXEL_TAGS) and self.object.size_bytes <= _MOST_READ_BYTES
        leaf = paths.leaf_at(reader.read_whole(self.path) if is_behind else reader.read_frames(self.path), path)
        # Only what is bytes is ever led to; texts and numbers stand in the metadata themselves.
        if leaf is None or not isinstance(leaf.value, bytes):
            raise NotFoundError("There is no such binary value in this object.")
        return leaf.value


def is_pixel_data(where: str) -> bool:
    """Say whether a bulk data path leads to the pixel data of the object itself."""
    path = bulk_paths.parse(where)
    return path is not None and len(path) == 1 and path[0].tag in PIXEL_TAGS


def of(study_uid: str, series_uid: str, sop_uid: str, *, actor: Actor) -> Pixels:
    """The pixels and values of an object; NotFoundError, or UnavailableError when its bytes are gone."""
    demand(actor, Permission.VIEW)
    found = objects.below(actor.scope, study_uid, series_uid, sop_uid)[0]
    try:
        return Pixels(found, store().path(found.blob_sha256))
    except FileNotFoundError as error:
        raise UnavailableError(MISSING) from error
