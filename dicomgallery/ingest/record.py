"""Rows for a batch of stored files: patients, studies, series, instances, and all that counts them.

Everything here happens inside one transaction, in a fixed number of statements a batch.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from dicomgallery.access import Actor
from dicomgallery.catalog import tally, texts
from dicomgallery.dicom.facts import Facts
from dicomgallery.dicom.values import date_key, fold
from dicomgallery.ingest import replacing
from dicomgallery.ingest.incoming import Naming, Origin
from dicomgallery.ingest.names import Names
from dicomgallery.ingest.outcome import Accepted, Duplicate, Outcome, Reason, Rejected
from dicomgallery.models import Change, CollectionMember, Direct, Instance, Patient, Series, Study, now
from dicomgallery.storage.staging import StagedFile


@dataclass(frozen=True, slots=True)
class Prepared:
    """A file that passed every check; its blob is stored before its row is written."""

    name: str
    staged: StagedFile
    facts: Facts
    uids_made: bool = False
    replaces: int | None = None
    """The instance that it is told to stand in for."""


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


_KNOWN = Direct(
    select(Instance.blob_sha256, Instance.id).where(
        Instance.blob_sha256 == bindparam("sha256"), Instance.workspace_id == bindparam("workspace")
    )
)
_BINNED = Direct(
    select(Instance.id, Instance.series_key, Instance.sop_uid).where(
        Instance.id == bindparam("key"), Instance.binned_at.is_not(None)
    )
)
_PATIENTS = Direct(
    select(Patient.patient_id, Patient.issuer, Patient.solo_study_uid, Patient.id).where(
        Patient.workspace_id == bindparam("workspace"),
        Patient.patient_id == bindparam("patient"),
        Patient.issuer == bindparam("issued_by"),
        Patient.solo_study_uid == bindparam("solo"),
    )
)
_STUDIES = Direct(
    select(Study.study_uid, Study.id, Patient.patient_id, Patient.issuer, Patient.solo_study_uid, Patient.name_key)
    .join(Patient, Study.patient_key == Patient.id)
    .where(Study.workspace_id == bindparam("workspace"), Study.study_uid == bindparam("uid"))
)
_SERIES = Direct(
    select(Series.study_key, Series.series_uid, Series.id).where(
        Series.study_key == bindparam("study"), Series.series_uid == bindparam("uid")
    )
)
_CURRENT = Direct(
    select(Instance.id, Instance.series_key, Instance.sop_uid, Instance.binned_at).where(
        Instance.is_current, Instance.series_key == bindparam("series"), Instance.sop_uid == bindparam("uid")
    )
)
_ADD_PATIENT = Direct(insert(Patient).returning(Patient.id))
_ADD_STUDY = Direct(insert(Study).returning(Study.id))
_ADD_SERIES = Direct(insert(Series).returning(Series.id))
_ADD_INSTANCE = Direct(insert(Instance).returning(Instance.id))
_ADD_CHANGE = Direct(insert(Change))


@dataclass
class _Batch:
    session: Session
    arrival: Arrival
    at: datetime = field(default_factory=now)

    def add(self, statement: Direct, rows: Sequence[Mapping[str, Any]]) -> list[int]:
        """Insert rows; gives their ids in the same order."""
        return [int(made[0][0]) for made in statement.rows_of_each(self.session, rows)]

    @property
    def workspace_id(self) -> int:
        return self.arrival.actor.workspace_id


def write(session: Session, arrival: Arrival, files: Sequence[Prepared]) -> list[Outcome]:
    """Write the rows of a batch; the outcomes stand in the order of the files."""
    batch = _Batch(session, arrival)
    names = Names.of(session, arrival.collection_id, [file.name for file in files], arrival.naming)
    known = _known(batch, {file.staged.sha256 for file in files})
    standing = replacing.standing(session, arrival.actor, [file.replaces for file in files if file.replaces])
    outcomes: list[Outcome | None] = [None] * len(files)
    fresh: list[tuple[int, Prepared]] = []
    for place, file in enumerate(files):
        if names.refuses(file.name):
            outcomes[place] = Rejected(
                file.name, Reason.DUPLICATE, "A file of this name is already in that study of the gallery."
            )
            continue
        if file.replaces and file.replaces not in standing and file.staged.sha256 not in known:
            outcomes[place] = Rejected(file.name, Reason.REPLACED, "What it was to replace is not current any more.")
            continue
        standing.discard(file.replaces or 0)
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
    # PS3.10 8.6: it belongs to no study and no series, so it lacks no UID.
    if file.facts.instance.kind == "directory":
        return "Directory of a medium: its page tells what the medium holds, and what of it is here."
    if file.uids_made:
        return "It lacks a UID that DICOM requires, so the gallery filed it under one derived from its content."
    if file.facts.instance.headerless:
        return "It has no DICOM preamble; it was read all the same."
    return ""


def _known(batch: _Batch, hashes: set[str]) -> dict[str, int]:
    wanted = [{"sha256": sha256, "workspace": batch.workspace_id} for sha256 in hashes]
    return dict(_KNOWN.rows_of_all(batch.session, wanted))


def _insert(batch: _Batch, files: Sequence[Prepared]) -> list[tuple[int, int | None]]:
    """Insert instances and whatever they stand under: their ids, and what each replaced."""
    if not files:
        return []
    studies = _studies(batch, files)
    series = _series(batch, files, studies)
    keys = [series[file.facts.study.study_uid, file.facts.series.series_uid] for file in files]
    replaced = _replaced(batch, files, keys)
    told = {place: file.replaces for place, file in enumerate(files) if file.replaces}
    replacing.retire(batch.session, told.values())
    rows: list[dict[str, Any]] = []
    before: dict[tuple[int, str], int] = {}
    for place, (file, key) in enumerate(zip(files, keys, strict=True)):
        spot = (key, file.facts.instance.sop_uid)
        row = _instance_row(batch, file, key)
        row["replaces_id"] = told.get(place) or replaced.get(spot)
        # Two versions of one object in a single batch: the later one stands.
        if spot in before:
            rows[before[spot]]["is_current"] = False
        before[spot] = place
        rows.append(row)
    ids = batch.add(_ADD_INSTANCE, rows)
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
    replacing.hand_on_marks(batch.session, {file.replaces: made for file, made in zip(files, ids, strict=True)})
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
    spots = [
        {"workspace": batch.workspace_id, "patient": patient_id, "issued_by": issuer, "solo": solo}
        for patient_id, issuer, solo in wanted
    ]
    found = _PATIENTS.rows_of_all(batch.session, spots)
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
        keys.update(zip(missing, batch.add(_ADD_PATIENT, rows), strict=True))
    return keys


def _patient_of(file: Prepared) -> tuple[str, str, str]:
    patient = file.facts.patient
    return patient.patient_id, patient.issuer, "" if patient.patient_id else file.facts.study.study_uid


def _studies(batch: _Batch, files: Sequence[Prepared]) -> dict[str, int]:
    wanted: dict[str, Prepared] = {}
    for file in files:
        wanted.setdefault(file.facts.study.study_uid, file)
    found = _STUDIES.rows_of_all(batch.session, [{"workspace": batch.workspace_id, "uid": uid} for uid in wanted])
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
        keys.update(zip(missing, batch.add(_ADD_STUDY, rows), strict=True))
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
    found = _SERIES.rows_of_all(batch.session, [{"study": study_key, "uid": uid} for study_key, uid in spots])
    keys = {spots[row[0], row[1]]: row[2] for row in found}
    missing = [spot for spot in wanted if spot not in keys]
    if missing:
        rows = [_series_row(batch, wanted[spot], studies[spot[0]]) for spot in missing]
        made = batch.add(_ADD_SERIES, rows)
        keys.update(zip(missing, made, strict=True))
        texts.add(batch.session, made)
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
    old = _CURRENT.rows_of_all(batch.session, [{"series": key, "uid": sop_uid} for key, sop_uid in spots])
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
        "position": facts.position,
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
    _ADD_CHANGE.run(batch.session, *rows)


def _restore(batch: _Batch, instance_ids: set[int]) -> set[int]:
    """Bring instances back from the bin whose bytes arrived once more; gives those that are shown again."""
    if not instance_ids:
        return set()
    binned = _BINNED.rows_of_all(batch.session, [{"key": instance_id} for instance_id in sorted(instance_ids)])
    if not binned:
        return set()
    batch.session.execute(
        update(Instance).where(Instance.id.in_([row[0] for row in binned])).values(binned_at=None, bin_deed_id=None)
    )
    spots = [{"series": series_key, "uid": sop_uid} for _, series_key, sop_uid in binned]
    standing = _CURRENT.rows_of_all(batch.session, spots)
    current = {row[0] for row in standing}
    taken = {(row[1], row[2]) for row in standing}
    # A version that was replaced while it lay in the bin goes to the history, unless nothing stands in its place.
    alone = [row[0] for row in binned if (row[1], row[2]) not in taken]
    if alone:
        batch.session.execute(update(Instance).where(Instance.id.in_(alone)).values(is_current=True))
    series_keys = {row[1] for row in binned}
    tally.recount(batch.session, series_keys)
    rows = [
        {"workspace_id": batch.workspace_id, "series_key": key, "kind": "added", "at": batch.at} for key in series_keys
    ]
    _ADD_CHANGE.run(batch.session, *rows)
    return {row[0] for row in binned} & (current | set(alone))
