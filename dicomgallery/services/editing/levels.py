"""What series, studies and patients say after their files changed: what the first file that is shown says.

Whoever arrives first decides what a level says; an edited file has a later row, so that a level changes when no
older file is left in it that says otherwise.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from functools import partial
from mmap import ACCESS_READ, mmap
from typing import Final

from sqlalchemy import ColumnElement, delete, insert, select, update
from sqlalchemy.orm import Session

from dicomgallery.catalog import counters, tally, texts
from dicomgallery.catalog.batches import batches
from dicomgallery.dicom.facts import Facts, PatientFacts, facts_in
from dicomgallery.dicom.prescan import Flawed, prescan
from dicomgallery.dicom.reader import UnreadableError
from dicomgallery.dicom.values import date_key, fold
from dicomgallery.ingest.pipeline import PREPARE_AT_ONCE
from dicomgallery.jobs import queue
from dicomgallery.models import Instance, Patient, Series, SeriesWord, Study, db, now, retried
from dicomgallery.storage.opening import store

MOST_ASKED: Final = 5000
"""Files of a study that are asked whether they agree about the patient."""
MOST_STUDIES: Final = 200


def refresh(series_keys: Collection[int]) -> None:
    """Write anew what these series and all above them say, and what they are found by."""
    below: defaultdict[int, list[int]] = defaultdict(list)
    db.session.rollback()
    for some in batches(sorted(series_keys)):
        for row in db.session.execute(select(Series.id, Series.study_key).where(Series.id.in_(some))):
            below[row.study_key].append(row.id)
    for study_key, keys in below.items():
        session = db.session()
        first = _first_facts(session, _in_study(study_key))
        differs = first is not None and _patients_differ(session, study_key, first.patient)
        said = {key: _first_facts(session, Instance.series_key == key) for key in keys}
        retried(partial(_write, study_key=study_key, first=first, said=said, differs=differs))
    queue.wake()


def _write(
    session: Session, study_key: int, first: Facts | None, said: Mapping[int, Facts | None], *, differs: bool
) -> None:
    affected = set(said)
    if first is not None:
        _write_study(session, study_key, first, differs=differs)
        patient_key = session.scalar(select(Study.patient_key).where(Study.id == study_key))
        of_patient = select(Series.id).join(Study, Series.study_key == Study.id)
        affected.update(session.scalars(of_patient.where(Study.patient_key == patient_key)))
    for key, facts in said.items():
        if facts is not None:
            with counters.series_changed(session, [key]):
                session.execute(update(Series).where(Series.id == key).values(**_series_columns(facts)))
        session.execute(delete(SeriesWord).where(SeriesWord.series_key == key, SeriesWord.token < texts.SHORT))
        shown = select(Instance.id).where(Instance.series_key == key, Instance.is_current, Instance.binned_at.is_(None))
        ids = list(session.scalars(shown.order_by(Instance.id)))
        queue.enqueue_each(session, "prepare", ids, most=PREPARE_AT_ONCE, priority=queue.SOON)
    texts.refresh(session, affected)


def _write_study(session: Session, study_key: int, facts: Facts, *, differs: bool) -> None:
    study = facts.study
    row = session.get_one(Study, study_key)
    before = row.patient_key
    wanted = _patient_key(session, row.workspace_id, facts)
    session.execute(
        update(Study)
        .where(Study.id == study_key)
        .values(
            patient_key=wanted,
            study_id=study.study_id,
            date=study.date,
            time=study.time,
            date_key=date_key(study.date),
            accession=study.accession,
            description=study.description,
            referring=study.referring,
            institution=study.institution,
            age=study.age,
            patient_differs=differs,
        )
    )
    keys = list(session.scalars(select(Series.id).where(Series.study_key == study_key)))
    tally.recount(session, keys)
    if before != wanted:
        tally.recount_patient(session, before)
        alone = delete(Patient).where(
            Patient.id == before, ~select(Study.id).where(Study.patient_key == before).exists()
        )
        session.execute(alone)
    _write_patient(session, wanted, facts.patient)


def _write_patient(session: Session, patient_key: int, patient: PatientFacts) -> None:
    """Let a patient be called as the files say, when all studies of theirs agree."""
    query = select(Study.id).where(Study.patient_key == patient_key, Study.instance_count > 0)
    for study_key in session.scalars(query.limit(MOST_STUDIES)):
        said = _first_facts(session, _in_study(study_key))
        if said is not None and said.patient.name != patient.name:
            return
    columns = {"name": patient.name, "name_key": fold(patient.name), "birth_date": patient.birth_date}
    session.execute(update(Patient).where(Patient.id == patient_key).values(**columns, sex=patient.sex))
    below = select(Series.id).join(Study, Series.study_key == Study.id).where(Study.patient_key == patient_key)
    session.execute(update(Series).where(Series.id.in_(below)).values(name_key=fold(patient.name)))


def _patient_key(session: Session, workspace_id: int, facts: Facts) -> int:
    patient = facts.patient
    place = {
        "workspace_id": workspace_id,
        "patient_id": patient.patient_id,
        "issuer": patient.issuer,
        "solo_study_uid": "" if patient.patient_id else facts.study.study_uid,
    }
    found = session.scalar(select(Patient.id).filter_by(**place))
    if found is not None:
        return found
    row = {**place, "name": patient.name, "name_key": fold(patient.name), "birth_date": patient.birth_date}
    row |= {"sex": patient.sex, "received_at": now()}
    return int(session.execute(insert(Patient).returning(Patient.id), [row]).scalar_one())


def _series_columns(facts: Facts) -> dict[str, object]:
    series = facts.series
    return {
        "modality": series.modality,
        "number": series.number,
        "description": series.description,
        "body_part": series.body_part,
        "laterality": series.laterality,
        "protocol": series.protocol,
        "manufacturer": series.manufacturer,
        "model": series.model,
        "station": series.station,
        "institution": facts.study.institution,
        "frame_of_reference_uid": series.frame_of_reference_uid,
        "date": series.date,
        "time": series.time,
        "date_key": date_key(facts.study.date) or date_key(series.date),
        "name_key": fold(facts.patient.name),
        "transfer_syntax": facts.instance.transfer_syntax,
        "deidentified": series.deidentified,
    }


def _first_facts(session: Session, which: ColumnElement[bool]) -> Facts | None:
    query = select(Instance.blob_sha256).where(which, Instance.is_current, Instance.binned_at.is_(None))
    sha256 = session.scalar(query.order_by(Instance.id).limit(1))
    return _facts(sha256) if sha256 is not None else None


def _patients_differ(session: Session, study_key: int, first: PatientFacts) -> bool:
    query = select(Instance.blob_sha256).where(_in_study(study_key), Instance.is_current, Instance.binned_at.is_(None))
    for sha256 in session.scalars(query.limit(MOST_ASKED)).all():
        facts = _facts(sha256)
        if facts is not None and _who(facts.patient) != _who(first):
            return True
    return False


def _in_study(study_key: int) -> ColumnElement[bool]:
    return Instance.series_key.in_(select(Series.id).where(Series.study_key == study_key))


def _who(patient: PatientFacts) -> tuple[str, str, str]:
    return patient.patient_id, patient.issuer, fold(patient.name)


def _facts(sha256: str) -> Facts | None:
    try:
        with store().path(sha256).open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
            scanned = prescan(data)
            return None if isinstance(scanned, Flawed) else facts_in(data, scanned)
    except (OSError, ValueError, UnreadableError):
        return None
