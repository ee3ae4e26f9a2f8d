"""Files as a medium has them: short names, and a DICOMDIR that leads to each (PS3.10 8)."""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import IO, Any, Final

from dicomgallery.access import Scope
from dicomgallery.catalog import headers, media
from dicomgallery.catalog.batches import batches
from dicomgallery.catalog.media import Held
from dicomgallery.dicom.media import keys, kinds
from dicomgallery.dicom.media.writing import FILE_NAME, DirectoryWriter, FileRef
from dicomgallery.dicom.told import values_of
from dicomgallery.dicom.uids import new_uid
from dicomgallery.errors import UnavailableError
from dicomgallery.imaging.refusals import CannotRenderError
from dicomgallery.models import Instance, Patient, Series, Study, in_context
from dicomgallery.sandbox.client import Sandbox
from dicomgallery.services.recoding import STORED, Rewritten
from dicomgallery.services.zipping import Entry
from dicomgallery.storage.blobs import BlobStore

UNLISTED: Final = "NOT-IN-DICOMDIR.txt"
_AT_ONCE: Final = 100
_SHORT: Final = 1_000_000
_IN_MEMORY: Final = 1 << 20
_CHUNK: Final = 1 << 16
MOST_FILES: Final = 1_000_000
"""Their records stay far from the 4 GiB that an offset can tell."""
_NUMBER: Final = 0x00200013

Read = Callable[[Instance], Iterator[bytes]]


def room() -> IO[bytes]:
    """Where a directory is held while it is written: in memory while it is small."""
    return tempfile.SpooledTemporaryFile(_IN_MEMORY)


class Medium:
    """Files and records, one for each."""

    def __init__(self, blobs: BlobStore, sandbox: Sandbox, read: Read, held: IO[bytes]) -> None:
        self._blobs = blobs
        self._sandbox = sandbox
        self._read = read
        self._held = held
        self._directory = DirectoryWriter(held, new_uid())
        self._unlisted: list[str] = []
        self._here: list[int] = [0, 0, 0]
        """The patient, study and series that records are written of now."""
        self._counts = [0, 0, 0, 0]
        """How many of each there were below the one above."""
        self._begun = 0
        """Of these three, how many have a record."""

    def entries(self, scope: Scope, instance_ids: Sequence[int]) -> Iterator[Entry]:
        """The files, then the directory, which is written into `held` meanwhile."""
        pieces = batches(media.in_tree(scope, instance_ids), _AT_ONCE)
        # The archive is read long after the request that asked for it may be over.
        next_batch = in_context(lambda: self._batch(scope, next(pieces, ())))

        def flow() -> Iterator[Entry]:
            while some := next_batch():
                yield from some
            if self._unlisted:
                yield _text(UNLISTED, "No directory can lead to these files:", self._unlisted)
            yield Entry(FILE_NAME, self._directory.finish(), partial(_whole, self._held))

        return flow()

    def _batch(self, scope: Scope, ids: Sequence[int]) -> list[Entry]:
        found = media.rows(scope, ids)
        told = headers.of(scope, [row[0].id for row in found if kinds.kind_of(row[0].sop_class_uid) != "IMAGE"])
        return [self._entry(row, told.get(row[0].id, {})) for row in found]

    def _entry(self, row: Held, header: Mapping[str, Any]) -> Entry:
        instance, series, study, patient = row
        self._enter((patient, study, series))
        self._counts[3] += 1
        path = ("DICOM", *map(_name, ("PA", "ST", "SE", "IM"), self._counts))
        name = "/".join(path)
        as_it_came = Entry(name, instance.size_bytes, partial(self._read, instance))
        try:
            stored = self._blobs.path(instance.blob_sha256)
        except FileNotFoundError:
            # The archive tells of it by itself, and no record may lead to nothing.
            return as_it_came
        whole: Rewritten | None = None
        if instance.headerless:
            with suppress(CannotRenderError, UnavailableError):
                whole = Rewritten.begun(stored, STORED, self._sandbox)
        stands_for = FileRef(instance.sop_class_uid, instance.sop_uid, instance.transfer_syntax)
        is_whole = _has_own_uids(instance, header) and (whole is not None or not instance.headerless)
        if is_whole and kinds.can_be_listed(*stands_for):
            self._record(row, header, path, stands_for)
        else:
            self._unlisted.append(name)
        return as_it_came if whole is None else Entry(name, whole.size_bytes, whole.chunks)

    def _enter(self, above: Sequence[Patient | Study | Series]) -> None:
        """Count on where a new patient, study or series begins."""
        for level, row in enumerate(above):
            if self._here[level] != row.id:
                self._here[level:] = [one.id for one in above[level:]]
                self._counts[level:] = [self._counts[level] + 1, *[1] * (2 - level), 0]
                self._begun = min(self._begun, level)
                return

    def _record(self, row: Held, header: Mapping[str, Any], path: Sequence[str], stands_for: FileRef) -> None:
        instance, series, study, patient = row
        kind = kinds.kind_of(instance.sop_class_uid)
        says = keys.of_header(kind, header)
        if kinds.is_at_root(instance.sop_class_uid):
            self._directory.add(0, kind, says, path, stands_for)
            self._begun = 0
            return
        above = (("PATIENT", _of_patient(patient, path)), ("STUDY", _of_study(study, self._counts)))
        for level, (name, told) in enumerate((*above, ("SERIES", _of_series(series, self._counts)))):
            if level >= self._begun:
                self._directory.add(level, name, told)
        self._begun = 3
        says[_NUMBER] = keys.element(_NUMBER, "IS", _number(instance.number, self._counts[3]))
        self._directory.add(3, kind, says, path, stands_for)


def _has_own_uids(instance: Instance, header: Mapping[str, Any]) -> bool:
    """Say whether the file itself has the UIDs that its record needs: what belongs to no study, its own alone."""
    if not instance.uids_made:
        return True
    return kinds.is_at_root(instance.sop_class_uid) and instance.sop_uid in values_of(header.get("00080018", {}))


def _of_patient(patient: Patient, path: Sequence[str]) -> dict[int, bytes]:
    # A record must name its patient (PS3.3 F.5.1); whoever has no ID is named by the folder.
    return _said(("PN", 0x00100010, patient.name), ("LO", 0x00100020, patient.patient_id or path[1]))


def _of_study(study: Study, counts: Sequence[int]) -> dict[int, bytes]:
    return _said(
        ("DA", 0x00080020, study.date),
        ("TM", 0x00080030, study.time),
        ("SH", 0x00080050, study.accession),
        ("LO", 0x00081030, study.description),
        ("UI", 0x0020000D, study.study_uid),
        ("SH", 0x00200010, study.study_id or str(counts[1])),
    )


def _of_series(series: Series, counts: Sequence[int]) -> dict[int, bytes]:
    return _said(
        ("CS", 0x00080060, series.modality or "OT"),
        ("UI", 0x0020000E, series.series_uid),
        ("IS", 0x00200011, _number(series.number, counts[2])),
    )


def _said(*told: tuple[str, int, str]) -> dict[int, bytes]:
    return {tag: keys.element(tag, vr, text) for vr, tag, text in told}


def _number(number: int | None, place: int) -> str:
    return str(place if number is None else number)


def _name(letters: str, number: int) -> str:
    """A component of a File ID: at most eight capital letters and digits (PS3.10 8.2)."""
    return f"{letters}{number:06}" if number < _SHORT else f"{number:08}"


def _text(name: str, words: str, lines: Sequence[str]) -> Entry:
    data = "\n".join([words, "", *lines, ""]).encode()
    return Entry(name, len(data), lambda: iter([data]))


def _whole(held: IO[bytes]) -> Iterator[bytes]:
    held.seek(0)
    while chunk := held.read(_CHUNK):
        yield chunk
