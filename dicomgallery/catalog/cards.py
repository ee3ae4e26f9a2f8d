"""What one card of the gallery shows, read for a whole page in a fixed number of statements."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, func, select

from dicomgallery.access import Scope
from dicomgallery.catalog.query import Level
from dicomgallery.catalog.scoping import AnyRow, AnySelect, shown, visible, within
from dicomgallery.dicom.values import display_date, person_name
from dicomgallery.models import Instance, Patient, Series, Study, db

PICTURELESS: Final = frozenset({"SR", "PR", "KO", "REG", "RWV", "DOC", "AU", "PLAN", "RTRECORD", "FID", "ASMT"})
"""Modalities (PS3.3 C.7.3.1.1.1) that stand for a study only when it holds nothing else."""


@dataclass(frozen=True, slots=True)
class Card:
    """One card: an image, a series, a study or a patient."""

    level: Level
    id: int
    """Of the row the card stands for, at its level."""
    instance_id: int | None
    """Of its picture; on a card of one image, that image."""
    blob12: str
    """The first 12 digits of the picture's blob, for its URL."""
    title: str
    """The patient's name as a person reads it, else the ID, else empty."""
    subtitle: str
    date: str
    modality: str
    """On studies and patients several, separated by `, `."""
    count: int
    """Images it holds; 1 for an image."""
    frames: int
    kind: str
    """Of its picture: image, document, report and so on."""
    render_state: str
    render_reason: str
    render_detail: str
    file_name: str
    label: str
    series_id: int | None = None
    study_id: int | None = None
    patient_id: int | None = None
    """Row ids above it, for links."""
    patient_code: str = ""
    """The Patient ID."""
    body_part: str = ""
    number: int | None = None
    """Series Number or Instance Number."""
    series_count: int = 0
    study_count: int = 0
    study_uid: str = ""
    """On a card of a study."""
    received_at: datetime | None = None


_COVER: Final = (
    Instance.blob_sha256,
    Instance.kind,
    Instance.render_state,
    Instance.render_reason,
    Instance.render_detail,
    Instance.file_name,
    Instance.label,
    Instance.frames,
)


def of(scope: Scope, level: Level, ids: Sequence[int]) -> list[Card]:
    """The cards of these rows of a level, in the order asked; what the scope may not see is left out."""
    if not ids:
        return []
    make = {
        Level.IMAGE: of_images,
        Level.SERIES: of_series,
        Level.STUDY: of_studies,
        Level.PATIENT: of_patients,
    }[level]
    found = {card.id: card for card in make(scope, ids)}
    return [found[wanted] for wanted in ids if wanted in found]


def of_images(scope: Scope, ids: Collection[int], *, even_hidden: bool = False) -> list[Card]:
    """Cards of instances, in no order; with `even_hidden` those in the bin or replaced too."""
    query = (
        select(Instance.id, Instance.number, Instance.received_at, Instance.series_key, *_COVER)
        .add_columns(Series.modality, Series.description, Series.body_part, Series.study_key)
        .add_columns(Study.patient_key, Study.date, Series.date.label("series_date"))
        .add_columns(Patient.name, Patient.patient_id)
        .join(Series, Instance.series_key == Series.id)
        .join(Study, Series.study_key == Study.id)
        .join(Patient, Study.patient_key == Patient.id)
        .where(Instance.id.in_(ids), within(scope, Instance))
    )
    if not even_hidden:
        query = query.where(shown(Instance))
    return [
        Card(
            level=Level.IMAGE,
            id=row.id,
            instance_id=row.id,
            blob12=row.blob_sha256[:12],
            title=_title(row.name, row.patient_id),
            subtitle=row.description or row.label,
            date=display_date(row.date or row.series_date),
            modality=row.modality,
            count=1,
            frames=max(row.frames, 1),
            kind=row.kind,
            render_state=row.render_state,
            render_reason=row.render_reason,
            render_detail=row.render_detail,
            file_name=row.file_name,
            label=row.label,
            series_id=row.series_key,
            study_id=row.study_key,
            patient_id=row.patient_key,
            patient_code=row.patient_id,
            body_part=row.body_part,
            number=row.number,
            series_count=1,
            study_count=1,
            received_at=row.received_at,
        )
        for row in db.session.execute(query)
    ]


def of_series(scope: Scope, ids: Collection[int]) -> list[Card]:
    """Cards of series, in no order."""
    query = visible(_series_columns().where(Series.id.in_(ids)), Series, scope)
    rows = db.session.execute(query).all()
    covers = _covers(rows)
    return [
        _with_cover(
            Card(
                level=Level.SERIES,
                id=row.id,
                instance_id=None,
                blob12="",
                title=_title(row.name, row.patient_id),
                subtitle=row.description or row.protocol or row.study_description,
                date=display_date(row.date or row.series_date),
                modality=row.modality,
                count=row.instance_count,
                frames=row.frame_count,
                kind="",
                render_state="none",
                render_reason="",
                render_detail="",
                file_name="",
                label="",
                series_id=row.id,
                study_id=row.study_key,
                patient_id=row.patient_key,
                patient_code=row.patient_id,
                body_part=row.body_part,
                number=row.number,
                series_count=1,
                study_count=1,
                received_at=row.received_at,
            ),
            covers.get(row.id),
        )
        for row in rows
    ]


def of_studies(scope: Scope, ids: Collection[int]) -> list[Card]:
    """Cards of studies, in no order."""
    query = (
        select(Study.id, Study.date, Study.description, Study.modalities, Study.patient_key, Study.received_at)
        .add_columns(Study.series_count, Study.instance_count, Study.study_uid, Patient.name, Patient.patient_id)
        .join(Patient, Study.patient_key == Patient.id)
        .where(Study.id.in_(ids))
    )
    rows = db.session.execute(visible(query, Study, scope)).all()
    best = _best(scope, Series.study_key.in_(ids), by="study_key")
    covers = _covers(best.values())
    return [
        _with_cover(
            _upper(row, Level.STUDY, best.get(row.id), subtitle=row.description, patient=row.patient_key, study=row.id),
            covers.get(best[row.id].id) if row.id in best else None,
        )
        for row in rows
    ]


def of_patients(scope: Scope, ids: Collection[int]) -> list[Card]:
    """Cards of patients, in no order; date and modalities are those of their studies together."""
    query = select(
        Patient.id, Patient.name, Patient.patient_id, Patient.birth_date, Patient.sex, Patient.received_at
    ).add_columns(Patient.study_count, Patient.series_count, Patient.instance_count)
    rows = db.session.execute(visible(query.where(Patient.id.in_(ids)), Patient, scope)).all()
    studies = visible(
        select(Study.patient_key, Study.date, Study.date_key, Study.modalities).where(Study.patient_key.in_(ids)),
        Study,
        scope,
    ).order_by(Study.date_key.desc(), Study.id.desc())
    theirs: dict[int, list[AnyRow]] = {}
    for study in db.session.execute(studies):
        theirs.setdefault(study.patient_key, []).append(study)
    best = _best(scope, Study.patient_key.in_(ids), by="patient_key")
    covers = _covers(best.values())
    cards = []
    for row in rows:
        card = _upper(row, Level.PATIENT, best.get(row.id), subtitle=_sex_and_birth(row), patient=row.id, study=None)
        mine = theirs.get(row.id, [])
        several = dict.fromkeys(m for study in mine for m in study.modalities.split("\\") if m)
        latest = display_date(mine[0].date) if mine else ""
        card = replace(card, modality=", ".join(several), date=latest, study_count=row.study_count)
        cards.append(_with_cover(card, covers.get(best[row.id].id) if row.id in best else None))
    return cards


def _upper(row: AnyRow, level: Level, best: AnyRow | None, *, subtitle: str, patient: int, study: int | None) -> Card:
    return Card(
        level=level,
        id=row.id,
        instance_id=None,
        blob12="",
        title=_title(row.name, row.patient_id),
        subtitle=subtitle,
        date=display_date(row.date) if level is Level.STUDY else "",
        modality=row.modalities.replace("\\", ", ") if level is Level.STUDY else "",
        count=row.instance_count,
        frames=row.instance_count,
        kind="",
        render_state="none",
        render_reason="",
        render_detail="",
        file_name="",
        label="",
        series_id=best.id if best else None,
        study_id=study,
        patient_id=patient,
        patient_code=row.patient_id,
        body_part=best.body_part if best else "",
        series_count=row.series_count,
        study_count=1,
        study_uid=row.study_uid if level is Level.STUDY else "",
        received_at=row.received_at,
    )


def _series_columns() -> AnySelect:
    return (
        select(Series.id, Series.number, Series.modality, Series.description, Series.protocol, Series.body_part)
        .add_columns(Series.instance_count, Series.frame_count, Series.cover_id, Series.received_at, Series.study_key)
        .add_columns(Series.date.label("series_date"), Study.date, Study.description.label("study_description"))
        .add_columns(Study.patient_key, Patient.name, Patient.patient_id)
        .join(Study, Series.study_key == Study.id)
        .join(Patient, Study.patient_key == Patient.id)
    )


def _best(scope: Scope, which: ColumnElement[bool], *, by: str) -> dict[int, AnyRow]:
    """The series that stands for each study or patient: the largest of those with pictures."""
    query = select(
        Series.id, Series.cover_id, Series.modality, Series.instance_count, Series.body_part, Series.study_key
    )
    query = query.add_columns(Study.patient_key).join(Study, Series.study_key == Study.id).where(which)
    best: dict[int, AnyRow] = {}
    for row in db.session.execute(visible(query, Series, scope)):
        key = getattr(row, by)
        if key not in best or _rank(row) > _rank(best[key]):
            best[key] = row
    return best


def _rank(row: AnyRow) -> tuple[bool, int, int]:
    return row.modality not in PICTURELESS, row.instance_count, -row.id


def _covers(rows: Iterable[AnyRow]) -> dict[int, AnyRow]:
    """The instance whose picture stands for each series (rows of id and cover_id), by the series's id."""
    chosen = {row.id: row.cover_id for row in rows}
    query = select(Instance.id, Instance.series_key, *_COVER).where(shown(Instance))
    found = db.session.execute(query.where(Instance.id.in_([i for i in chosen.values() if i is not None]))).all()
    covers = {row.series_key: row for row in found if row.series_key in chosen}
    # A cover that went to the bin a moment ago: the first that is left stands in.
    if bare := [series_id for series_id in chosen if series_id not in covers]:
        first = select(func.min(Instance.id)).where(Instance.series_key.in_(bare), shown(Instance))
        stand_ins = query.where(Instance.id.in_(first.group_by(Instance.series_key)))
        covers.update({row.series_key: row for row in db.session.execute(stand_ins)})
    return covers


def _with_cover(card: Card, cover: AnyRow | None) -> Card:
    if cover is None:
        return card
    return replace(
        card,
        instance_id=cover.id,
        blob12=cover.blob_sha256[:12],
        kind=cover.kind,
        render_state=cover.render_state,
        render_reason=cover.render_reason,
        render_detail=cover.render_detail,
        file_name=cover.file_name,
        label=cover.label,
    )


def _title(name: str, patient_id: str) -> str:
    return person_name(name) or patient_id


def _sex_and_birth(row: AnyRow) -> str:
    return ", ".join(part for part in (row.sex, display_date(row.birth_date)) if part)
