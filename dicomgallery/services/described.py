"""Instances whose metadata and bulk data arrive apart (PS3.18 10.5.2), kept on the disk until all of it is there."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final, cast

from dicomgallery import settings
from dicomgallery.dicom import models
from dicomgallery.dicom.composing import Bulk, NotComposedError, compose
from dicomgallery.dicom.models import MalformedError, read_json
from dicomgallery.dicom.native_reading import read_xml
from dicomgallery.dicom.pieces import Stretch
from dicomgallery.ingest.incoming import IncomingFile
from dicomgallery.ingest.outcome import Reason, Rejected
from dicomgallery.storage.staging import StorageFullError, is_full

JSON: Final = frozenset({"application/dicom+json", "application/json"})
XML: Final = frozenset({"application/dicom+xml", "application/xml", "text/xml"})
METADATA: Final = JSON | XML
_ALWAYS: Final = frozenset({"application/dicom+json", "application/dicom+xml"})
"""Metadata even where it has a location; a clinical document, a value, may be text/xml."""
LONGEST_LOCATION: Final = 1024
_BITE: Final = 1 << 16
_TOO_LONG: Final = f"A part of metadata is longer than {models.MOST_BYTES >> 20} MiB."


@dataclass(frozen=True, slots=True)
class _Metadata:
    number: int
    media_type: str
    content: Stretch


class Described:
    """What has come so far of some instances; closed, it leaves nothing behind."""

    def __init__(self) -> None:
        self._spool = _room()
        self._metadata: list[_Metadata] = []
        self._bulk: dict[str, list[Bulk]] = {}

    def add(self, stream: BinaryIO, number: int, media_type: str, transfer_syntax: str, location: str) -> None:
        """Take a part: metadata by its media type, else the value that the metadata calls by this location.

        StorageFullError when the disk is full; what the stream raises.
        """
        offset = self._spool.seek(0, 2)
        try:
            while bite := stream.read(_BITE):
                self._spool.write(bite)
            self._spool.flush()
        except OSError as error:
            if is_full(error):
                raise StorageFullError from error
            raise
        stretch = Stretch(self._spool, offset, self._spool.tell() - offset)
        if media_type in _ALWAYS or (media_type in METADATA and not location):
            self._metadata.append(_Metadata(number, media_type, stretch))
        elif 0 < len(location) <= LONGEST_LOCATION:
            self._bulk.setdefault(location, []).append(Bulk(media_type, transfer_syntax, stretch))

    def files(self) -> Iterator[IncomingFile | Rejected]:
        """The instances as files, made one by one."""
        most = left = settings.current().max_archive_entries
        for part in self._metadata:
            name = f"part {part.number}"
            if part.content.size_bytes > models.MOST_BYTES:
                yield Rejected(name, Reason.TOO_LARGE, _TOO_LONG)
                continue
            text = part.content.read(0, part.content.size_bytes)
            try:
                found = read_json(text) if part.media_type in JSON else [read_xml(text)]
            except MalformedError as error:
                yield Rejected(name, Reason.UNREADABLE, error.message)
                continue
            left -= len(found)
            if left < 0:
                yield Rejected(name, Reason.TOO_LARGE, f"One request may have at most {most} instances.")
                return
            for number, model in enumerate(found, 1):
                yield self._file(f"{name}, instance {number}" if len(found) > 1 else name, model)

    def close(self) -> None:
        """Give the room back."""
        self._spool.close()

    def _file(self, name: str, model: object) -> IncomingFile | Rejected:
        made = _room()
        try:
            compose(model, self._taken, made)
        except NotComposedError as error:
            made.close()
            return Rejected(name, Reason.UNREADABLE, error.message, error.sop_uids)
        except OSError as error:
            made.close()
            if is_full(error):
                return Rejected(name, Reason.STORAGE_FULL, StorageFullError().message)
            raise
        made.seek(0)
        return IncomingFile(name, lambda: made)

    def _taken(self, uri: str) -> list[Bulk]:
        """All parts of this address, or of its frames, once: what few bytes arrive can not become many."""
        if uri in self._bulk:
            return self._bulk.pop(uri)
        # PS3.18 10.4.3: a frame by itself lies below its pixel data.
        frames: list[Bulk] = []
        while (frame := f"{uri}/frames/{len(frames) + 1}") in self._bulk:
            frames += self._bulk.pop(frame)
        return frames


def _room() -> BinaryIO:
    """A file without a name, which is gone when it is closed."""
    folder = settings.current().staging
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return cast("BinaryIO", tempfile.TemporaryFile(dir=folder))
