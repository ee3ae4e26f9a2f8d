"""Rows for a batch of stored files: patients, studies, series, instances, and all that counts them.

Everything here happens inside one transaction, in a fixed number of statements a batch.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, tuple_, update
from sqlalchemy.orm import Session

from dicomgallery.access import Actor
from dicomgallery.catalog import tally, texts
from dicomgallery.dicom.facts import Facts
from dicomgallery.dicom.values import date_key, fold
from dicomgallery.ingest.incoming import Naming, Origin
from dicomgallery.ingest.names import Names
from dicomgallery.ingest.outcome import Accepted, Duplicate, Outcome, Reason, Rejected
from dicomgallery.models import Change, CollectionMember, Instance, Patient, Series, Study, now
from dicomgallery.storage.staging import StagedFile


@dataclass(frozen=True, slots=True)
class Prepared:
    """A file that passed every check; its blob is stored before its row is written."""

    name: str
    staged: StagedFile
    facts: Facts
    uids_made: bool = False


@dataclass(frozen=True, slots=True)
class Arrival:
    """What all files of one arrival have in common."""

    actor: Actor
    origin: Origin
    collection: str = ""
    """The name of the collection the files go to; empty for none."""
    naming: Naming = Naming.LENIENT
    receipt_id: int | None = None
    """None until the first rows are written."""
    collection_id: int | None = None

    @property
    def number(self) -> int:
        """The receipt's number, once it is open."""
        if self.receipt_id is None:
            raise RuntimeError("The receipt is not open yet.")
        return self.receipt_id


# Built once: putting a statement together costs more than SQLite needs to run it.
_KNOWN = select(Instance.blob_sha256, Instance.id).where(
    Instance.blob_sha256.in_(bindparam("hashes", expanding=True)), Instance.workspace_id == bindparam("workspace")
)
_BINNED = select(Instance.id, Instance.series_key, Instance.sop_uid).where(
    Instance.id.in_(bindparam("ids", expanding=True)), Instance.binned_at.is_not(None)
)
_PATIENTS = select(Patient.patient_id, Patient.issuer, Patient.solo_study_uid, Patient.id).where(
    Patient.workspace_id == bindparam("workspace"),
    tuple_(Patient.patient_id, Patient.issuer, Patient.solo_study_uid).in_(bindparam("spots", expanding=True)),
)
_STUDIES = (
    select(Study.study_uid, Study.id, Patient.patient_id, Patient.issuer, Patient.solo_study_uid, Patient.name_key)
    .join(Patient, Study.patient_key == Patient.id)
    .where(Study.workspace_id == bindparam("workspace"), Study.study_uid.in_(bindparam("uids", expanding=True)))
)
_SERIES = select(Series.study_key, Series.series_uid, Series.id).where(
    tuple_(Series.study_key, Series.series_uid).in_(bindparam("spots", expanding=True))
)
_CURRENT = select(Instance.id, Instance.series_key, Instance.sop_uid, Instance.binned_at).where(
    Instance.is_current, tuple_(Instance.series_key, Instance.sop_uid).in_(bindparam("spots", expanding=True))
)
_ADD_PATIENT = insert(Patient).returning(Patient.id, sort_by_parameter_order=True)
_ADD_STUDY = insert(Study).returning(Study.id, sort_by_parameter_order=True)
_ADD_SERIES = insert(Series).returning(Series.id, sort_by_parameter_order=True)
_ADD_INSTANCE = insert(Instance).returning(Instance.id, sort_by_parameter_order=True)
_ADD_CHANGE = insert(Change)


@dataclass
class _Batch:
    session: Session
    arrival: Arrival
    at: datetime = field(default_factory=now)

    @cached_property
    def connection(self) -> Connection:
        """The transaction's connection, for statements that need no objects."""
        return self.session.connection()

    @property
    def workspace_id(self) -> int:
        return self.arrival.actor.workspace_id


def write(session: Session, arrival: Arrival, files: Sequence[Prepared]) -> list[Outcome]:
    """Write the rows of a batch; the outcomes stand in the order of the files."""
    batch = _Batch(session, arrival)
    names = Names.of(session, arrival.collection_id, [file.name for file in files], arrival.naming)
    known = _known(batch, {file.staged.sha256 for file in files})
    outcomes: list[Outcome | None] = [None] * len(files)
    fresh: list[tuple[int, Prepared]] = []
    for place, file in enumerate(files):
        if names.refuses(file.name):
            outcomes[place] = Rejected(
                file.name, Reason.DUPLICATE, "A file of this name is already in that study of the gallery."
            )
            continue
        names.take(file.name)
        fresh_here = file.staged.sha256 not in known
        if fresh_here:
            known[file.staged.sha256] = 0
            fresh.append((place, file))
    for (place, file), (instance_id, replaced_id) in zip(fresh, _insert(batch, [f for _, f in fresh]), strict=True):
        known[file.staged.sha256] = instance_id
        outcomes[place] = Accepted(file.name, instance_id, replaced_id, _note(file))
    again = [place for place, outcome in enumerate(outcomes) if outcome is None]
    restored = _restore(batch, {known[files[place].staged.sha256] for place in again})
    for place in again:
        instance_id = known[files[place].staged.sha256]
        outcomes[place] = Duplicate(files[place].name, instance_id, restored=instance_id in restored)
    finished = [outcome for outcome in outcomes if outcome is not None]
    names.add_members(session, finished, batch.at)
    return finished


def recognize(session: Session, arrival: Arrival, claims: Sequence[tuple[str, str]]) -> list[Duplicate]:
    """Enter files that a sender has but need not send, as (name, sha256); those that are not here are left out."""
    batch = _Batch(session, arrival)
    known = _known(batch, {sha256 for _, sha256 in claims})
    restored = _restore(batch, set(known.values()))
    found = [
        Duplicate(name, known[sha256], restored=known[sha256] in restored) for name, sha256 in claims if sha256 in known
    ]
    names = Names.of(session, arrival.collection_id, [name for name, _ in claims], arrival.naming)
    names.add_members(session, found, batch.at)
    return found


def _note(file: Prepared) -> str:
    if file.uids_made:
        return "It lacks a UID that DICOM requires, so the gallery filed it under one derived from its content."
    if file.facts.instance.headerless:
        return "It has no DICOM preamble; it was read all the same."
    return ""


def _known(batch: _Batch, hashes: set[str]) -> dict[str, int]:
    found = batch.connection.execute(_KNOWN, {"hashes": list(hashes), "workspace": batch.workspace_id})
    return dict(found.all())


def _insert(batch: _Batch, files: Sequence[Prepared]) -> list[tuple[int, int | None]]:
    """Insert instances and whatever they stand under: their ids, and what each replaced."""
    if not files:
        return []
    studies = _studies(batch, files)
    series = _series(batch, files, studies)
    keys = [series[file.facts.study.study_uid, file.facts.series.series_uid] for file in files]
    replaced = _replaced(batch, files, keys)
    rows: list[dict[str, Any]] = []
    before: dict[tuple[int, str], int] = {}
    for place, (file, key) in enumerate(zip(files, keys, strict=True)):
        spot = (key, file.facts.instance.sop_uid)
        row = _instance_row(batch, file, key)
        row["replaces_id"] = replaced.get(spot)
        # Two versions of one object in a single batch: the later one stands.
        if spot in before:
            rows[before[spot]]["is_current"] = False
        before[spot] = place
        rows.append(row)
    ids = list(batch.connection.scalars(_ADD_INSTANCE, rows).all())
    result: list[tuple[int, int | None]] = []
    latest: dict[tuple[int, str], int] = {}
    for file, key, row, instance_id in zip(files, keys, rows, ids, strict=True):
        spot = (key, file.facts.instance.sop_uid)
        older = latest.get(spot) or row["replaces_id"]
        if spot in latest:
            batch.session.execute(update(Instance).where(Instance.id == instance_id).values(replaces_id=older))
        latest[spot] = instance_id
        result.append((instance_id, older))
    current = [
        (file, key, instance_id)
        for file, key, row, instance_id in zip(files, keys, rows, ids, strict=True)
        if row["is_current"]
    ]
    _grow(batch, current)
    _hand_on(batch, result)
    return result


def _hand_on(batch: _Batch, stored: Sequence[tuple[int, int | None]]) -> None:
    """Let the names that a replaced instance has in collections stand for the one in its place."""
    for instance_id, replaced_id in stored:
        if replaced_id is not None:
            moved = update(CollectionMember).where(CollectionMember.instance_id == replaced_id)
            batch.session.execute(moved.values(instance_id=instance_id))


def _patients(batch: _Batch, files: Iterable[Prepared]) -> dict[tuple[str, str, str], int]:
    wanted: dict[tuple[str, str, str], Prepared] = {}
    for file in files:
        wanted.setdefault(_patient_of(file), file)
    found = batch.connection.execute(_PATIENTS, {"workspace": batch.workspace_id, "spots": list(wanted)})
    keys = {(row[0], row[1], row[2]): row[3] for row in found}
    missing = [place for place in wanted if place not in keys]
    if missing:
        rows = []
        for place in missing:
            patient = wanted[place].facts.patient
            rows.append(
                {
                    "workspace_id": batch.workspace_id,
                    "patient_id": place[0],
                    "issuer": place[1],
                    "solo_study_uid": place[2],
                    "name": patient.name,
                    "name_key": fold(patient.name),
                    "birth_date": patient.birth_date,
                    "sex": patient.sex,
                    "received_at": batch.at,
                }
            )
        made = batch.connection.scalars(_ADD_PATIENT, rows)
        keys.update(zip(missing, made, strict=True))
    return keys


def _patient_of(file: Prepared) -> tuple[str, str, str]:
    patient = file.facts.patient
    return patient.patient_id, patient.issuer, "" if patient.patient_id else file.facts.study.study_uid


def _studies(batch: _Batch, files: Sequence[Prepared]) -> dict[str, int]:
    wanted: dict[str, Prepared] = {}
    for file in files:
        wanted.setdefault(file.facts.study.study_uid, file)
    found = batch.connection.execute(_STUDIES, {"workspace": batch.workspace_id, "uids": list(wanted)})
    owners: dict[str, tuple[tuple[str, str, str], str]] = {}
    keys: dict[str, int] = {}
    for uid, study_key, patient_id, issuer, solo, name_key in found:
        keys[uid] = study_key
        owners[uid] = ((patient_id, issuer, solo), name_key)
    missing = [uid for uid in wanted if uid not in keys]
    if missing:
        patients = _patients(batch, [wanted[uid] for uid in missing])
        rows = []
        for uid in missing:
            file = wanted[uid]
            study = file.facts.study
            rows.append(
                {
                    "patient_key": patients[_patient_of(file)],
                    "workspace_id": batch.workspace_id,
                    "owner_id": batch.arrival.actor.id,
                    "study_uid": uid,
                    "study_id": study.study_id,
                    "date": study.date,
                    "time": study.time,
                    "date_key": date_key(study.date),
                    "accession": study.accession,
                    "description": study.description,
                    "referring": study.referring,
                    "institution": study.institution,
                    "age": study.age,
                    "modalities": "",
                    "received_at": batch.at,
                }
            )
            owners[uid] = (_patient_of(file), fold(file.facts.patient.name))
        made = batch.connection.scalars(_ADD_STUDY, rows)
        keys.update(zip(missing, made, strict=True))
    # The first file decides whose study it is; one that disagrees is told on the study's page.
    differing = {
        keys[file.facts.study.study_uid]
        for file in files
        if owners[file.facts.study.study_uid] != (_patient_of(file), fold(file.facts.patient.name))
    }
    if differing:
        batch.session.execute(update(Study).where(Study.id.in_(differing)).values(patient_differs=True))
    return keys


def _series(batch: _Batch, files: Sequence[Prepared], studies: dict[str, int]) -> dict[tuple[str, str], int]:
    wanted: dict[tuple[str, str], Prepared] = {}
    for file in files:
        wanted.setdefault((file.facts.study.study_uid, file.facts.series.series_uid), file)
    spots = {(studies[study_uid], series_uid): (study_uid, series_uid) for study_uid, series_uid in wanted}
    found = batch.connection.execute(_SERIES, {"spots": list(spots)})
    keys = {spots[row[0], row[1]]: row[2] for row in found}
    missing = [spot for spot in wanted if spot not in keys]
    if missing:
        rows = [_series_row(batch, wanted[spot], studies[spot[0]]) for spot in missing]
        made = batch.connection.scalars(_ADD_SERIES, rows).all()
        keys.update(zip(missing, made, strict=True))
        texts.add(batch.session, list(made))
    return keys


def _series_row(batch: _Batch, file: Prepared, study_key: int) -> dict[str, Any]:
    series, study = file.facts.series, file.facts.study
    return {
        "study_key": study_key,
        "workspace_id": batch.workspace_id,
        "series_uid": series.series_uid,
        "modality": series.modality,
        "number": series.number,
        "description": series.description,
        "body_part": series.body_part,
        "laterality": series.laterality,
        "protocol": series.protocol,
        "manufacturer": series.manufacturer,
        "model": series.model,
        "station": series.station,
        "institution": study.institution,
        "frame_of_reference_uid": series.frame_of_reference_uid,
        "date": series.date,
        "time": series.time,
        "date_key": date_key(study.date) or date_key(series.date),
        "name_key": fold(file.facts.patient.name),
        "transfer_syntax": file.facts.instance.transfer_syntax,
        "deidentified": series.deidentified,
        "received_at": batch.at,
    }


def _replaced(batch: _Batch, files: Sequence[Prepared], keys: Sequence[int]) -> dict[tuple[int, str], int]:
    """Retire the current instances that these files replace: (series key, SOP UID) -> instance id."""
    spots = {(key, file.facts.instance.sop_uid) for file, key in zip(files, keys, strict=True)}
    old = batch.connection.execute(_CURRENT, {"spots": list(spots)}).all()
    if not old:
        return {}
    batch.session.execute(update(Instance).where(Instance.id.in_([row[0] for row in old])).values(is_current=False))
    # What lies in the bin is replaced by nothing: it was to go.
    visible = [row for row in old if row[3] is None]
    tally.recount(batch.session, {row[1] for row in visible})
    return {(row[1], row[2]): row[0] for row in visible}


def _instance_row(batch: _Batch, file: Prepared, series_key: int) -> dict[str, Any]:
    facts = file.facts.instance
    return {
        "series_key": series_key,
        "workspace_id": batch.workspace_id,
        "sop_uid": facts.sop_uid,
        "sop_class_uid": facts.sop_class_uid,
        "blob_sha256": file.staged.sha256,
        "size_bytes": file.staged.size_bytes,
        "transfer_syntax": facts.transfer_syntax,
        "file_name": file.name,
        "label": facts.label,
        "kind": facts.kind,
        "number": facts.number,
        "acquisition_number": facts.acquisition_number,
        "frames": facts.frames,
        "rows": facts.rows,
        "columns": facts.columns,
        "samples": facts.samples,
        "bits_allocated": facts.bits_allocated,
        "bits_stored": facts.bits_stored,
        "photometric": facts.photometric,
        "image_type": facts.image_type,
        "content_date": facts.content_date,
        "content_time": facts.content_time,
        "position_mm": facts.position_mm,
        "orientation": facts.orientation,
        "spacing": facts.spacing,
        "has_pixels": facts.has_pixels,
        "headerless": facts.headerless,
        "uids_made": file.uids_made,
        "is_current": True,
        "replaces_id": None,
        "origin": batch.arrival.origin.value,
        "receipt_id": batch.arrival.receipt_id,
        "received_at": batch.at,
        "render_state": "pending" if facts.has_pixels else "none",
    }


def _grow(batch: _Batch, current: Sequence[tuple[Prepared, int, int]]) -> None:
    """Count what came in on every level above it."""
    gains: dict[int, tally.Gain] = {}
    for file, key, instance_id in current:
        gain = gains.setdefault(key, tally.Gain(cover_id=instance_id, modality=file.facts.series.modality))
        gain.instances += 1
        gain.frames += max(1, file.facts.instance.frames)
        gain.size_bytes += file.staged.size_bytes
    tally.add(batch.session, gains, batch.at)
    rows = [{"workspace_id": batch.workspace_id, "series_key": key, "kind": "added", "at": batch.at} for key in gains]
    if rows:
        batch.connection.execute(_ADD_CHANGE, rows)


def _restore(batch: _Batch, instance_ids: set[int]) -> set[int]:
    """Bring instances back from the bin whose bytes arrived once more; gives those that are shown again."""
    if not instance_ids:
        return set()
    binned = batch.connection.execute(_BINNED, {"ids": list(instance_ids)}).all()
    if not binned:
        return set()
    batch.session.execute(
        update(Instance).where(Instance.id.in_([row.id for row in binned])).values(binned_at=None, bin_deed_id=None)
    )
    spots = [(row.series_key, row.sop_uid) for row in binned]
    standing = batch.connection.execute(_CURRENT, {"spots": spots}).all()
    current = {row.id for row in standing}
    taken = {(row.series_key, row.sop_uid) for row in standing}
    # A version that was replaced while it lay in the bin goes to the history, unless nothing stands in its place.
    alone = [row.id for row in binned if (row.series_key, row.sop_uid) not in taken]
    if alone:
        batch.session.execute(update(Instance).where(Instance.id.in_(alone)).values(is_current=True))
    series_keys = {row.series_key for row in binned}
    tally.recount(batch.session, series_keys)
    rows = [
        {"workspace_id": batch.workspace_id, "series_key": key, "kind": "added", "at": batch.at} for key in series_keys
    ]
    batch.connection.execute(_ADD_CHANGE, rows)
    return {row.id for row in binned} & (current | set(alone))
