"""What leaves the gallery as files: originals, pictures, archives of many."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from sqlalchemy import select

from dicomgallery import audit
from dicomgallery.access import Actor, Permission, demand
from dicomgallery.audit import Event
from dicomgallery.catalog import selection as selecting
from dicomgallery.catalog.batches import batches
from dicomgallery.catalog.scoping import within
from dicomgallery.catalog.selection import Selection
from dicomgallery.dicom.values import grouped
from dicomgallery.errors import NotFoundError, RefusedError, UnavailableError
from dicomgallery.imaging.spec import Format, RenderSpec
from dicomgallery.models import Instance, Patient, Series, Study, db, in_context, transaction
from dicomgallery.sandbox.opening import sandbox
from dicomgallery.services import media, pictures, zipping
from dicomgallery.services.media import Medium
from dicomgallery.services.pictures import NoPicture, Picture
from dicomgallery.services.zipping import Entry
from dicomgallery.storage.blobs import BlobStore
from dicomgallery.storage.opening import store

CHUNK: Final = 1 << 20
_PREAMBLE_BYTES: Final = 128
_LONGEST_PART: Final = 60
_UNFIT: Final = re.compile(r'[\\/:*?"<>|]+')


class Naming(StrEnum):
    """What the files of an archive are called."""

    NEUTRAL = "neutral"
    """By row ids alone: patient-3/study-5/series-7/IM000042.dcm."""
    DESCRIPTIVE = "descriptive"
    """By the patient's name, dates and descriptions, each with its row id."""
    MEDIUM = "medium"
    """As a medium has them, with a DICOMDIR that leads to each (PS3.10 8)."""


@dataclass(frozen=True, slots=True)
class Download:
    """A file on its way out; its name says nothing of whom it shows."""

    path: Path
    file_name: str
    size_bytes: int
    etag: str
    media_type: str = "application/dicom"

    def chunks(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The bytes from `start` up to `stop`, the preamble as zeros.

        PS3.10 7.1 leaves the preamble to anybody; a program hidden in it must not leave with the file.
        """
        stop = self.size_bytes if stop is None else min(stop, self.size_bytes)
        with self.path.open("rb") as file:
            head = file.read(_PREAMBLE_BYTES + 4)
            if start < _PREAMBLE_BYTES and head.endswith(b"DICM") and len(head) == _PREAMBLE_BYTES + 4:
                blank = bytes(min(stop, _PREAMBLE_BYTES) - start)
                yield blank
                start += len(blank)
            file.seek(start)
            while start < stop and (chunk := file.read(min(CHUNK, stop - start))):
                start += len(chunk)
                yield chunk


def original(instance_id: int, *, actor: Actor) -> Download:
    """The file as it was received, but for its preamble; NotFoundError when the actor may not see it."""
    demand(actor, Permission.EXPORT)
    with transaction() as session:
        query = select(Instance).where(within(actor.scope, Instance), Instance.id == instance_id)
        instance = session.scalars(query).first()
        if instance is None:
            raise NotFoundError("There is no such image.")
        audit.record(session, actor, Event.ORIGINAL_TAKEN, f"instance:{instance_id}")
    try:
        path = store().path(instance.blob_sha256)
    except FileNotFoundError as error:
        raise UnavailableError("The gallery no longer holds this file's bytes.") from error
    return Download(path, f"image-{instance_id}.dcm", instance.size_bytes, f"original-{instance.blob_sha256}")


def picture(instance_id: int, format: Format, *, actor: Actor) -> Picture | NoPicture:
    """A whole picture of an instance to take away, in its own size."""
    demand(actor, Permission.EXPORT)
    found = pictures.of(instance_id, RenderSpec(format=format), actor=actor)
    if isinstance(found, Picture):
        with transaction() as session:
            audit.record(session, actor, Event.PICTURE_TAKEN, f"instance:{instance_id}")
    return found


def archive(
    selection: Selection, *, actor: Actor, deflate: bool = False, naming: Naming = Naming.NEUTRAL
) -> Iterator[bytes]:
    """The bytes of a ZIP of what is selected; NotFoundError, before the first byte, when that is nothing."""
    demand(actor, Permission.EXPORT)
    ids = selecting.instance_ids(actor.scope, selection)
    if not ids:
        raise NotFoundError("Nothing of what was selected is in the gallery any more.")
    if naming is Naming.MEDIUM and len(ids) > media.MOST_FILES:
        raise RefusedError(f"A medium takes at most {grouped(media.MOST_FILES)} files here; choose fewer.")
    with transaction() as session:
        audit.record(session, actor, Event.ARCHIVE_TAKEN, instances=len(ids))
    if naming is Naming.MEDIUM:
        return _medium(ids, actor, deflate=deflate)
    return zipping.stream(_entries(ids, naming), deflate=deflate, left_out=_left_out)


def _medium(ids: Sequence[int], actor: Actor, *, deflate: bool) -> Iterator[bytes]:
    blobs = store()

    def read(instance: Instance) -> Iterator[bytes]:
        return Download(blobs.path(instance.blob_sha256), "", instance.size_bytes, "").chunks()

    held = media.room()
    entries = Medium(blobs, sandbox(), read, held).entries(actor.scope, ids)

    def flow() -> Iterator[bytes]:
        with held:
            yield from zipping.stream(entries, deflate=deflate, left_out=_left_out)

    return flow()


def _entries(ids: Sequence[int], naming: Naming) -> Iterator[Entry]:
    """An entry for each instance that still is here, some rows at a time."""
    blobs = store()
    pieces = batches(ids)
    # The archive is read long after the request that asked for it may be over.
    next_batch = in_context(lambda: _batch(next(pieces, ()), blobs, naming))

    def flow() -> Iterator[Entry]:
        while entries := next_batch():
            yield from entries

    return flow()


def _batch(ids: Sequence[int], blobs: BlobStore, naming: Naming) -> list[Entry]:
    query = (
        select(Instance, Series, Study, Patient)
        .join(Series, Instance.series_key == Series.id)
        .join(Study, Series.study_key == Study.id)
        .join(Patient, Study.patient_key == Patient.id)
        .where(Instance.id.in_(ids))
        .order_by(Series.id, Instance.id)
    )
    name = _neutral if naming is Naming.NEUTRAL else _descriptive
    return [
        _entry(name(instance, series, study, patient), instance, blobs)
        for instance, series, study, patient in db.session.execute(query)
    ]


def _entry(name: str, instance: Instance, blobs: BlobStore) -> Entry:
    sha256, size_bytes = instance.blob_sha256, instance.size_bytes

    def read() -> Iterator[bytes]:
        return Download(blobs.path(sha256), name, size_bytes, "").chunks()

    return Entry(name, size_bytes, read)


def _neutral(instance: Instance, series: Series, study: Study, patient: Patient) -> str:
    return f"patient-{patient.id}/study-{study.id}/series-{series.id}/IM{instance.id:06}.dcm"


def _descriptive(instance: Instance, series: Series, study: Study, patient: Patient) -> str:
    parts = (
        _part(" ".join(dict.fromkeys((patient.name, patient.patient_id))), f"patient-{patient.id}"),
        _part(f"{study.date} {study.description}", f"study-{study.id}"),
        _part(f"{series.modality} {series.description}", f"series-{series.id}"),
    )
    return "/".join((*parts, f"IM{instance.id:06}.dcm"))


def _part(text: str, row: str) -> str:
    """Text made fit to be a folder on any system, with the row it stands for behind it."""
    shown = unicodedata.normalize("NFC", text.replace("^", " "))
    shown = "".join(letter if unicodedata.category(letter)[0] != "C" else " " for letter in shown)
    shown = " ".join(_UNFIT.sub(" ", shown).split())[:_LONGEST_PART].strip(" .")
    return f"{shown} {row}" if shown else row


def _left_out(names: list[str]) -> Entry:
    lines = "\n".join(names)
    text = f"The gallery no longer holds the bytes of these files:\n\n{lines}\n".encode()
    return Entry("NOT-INCLUDED.txt", len(text), lambda: iter([text]))
