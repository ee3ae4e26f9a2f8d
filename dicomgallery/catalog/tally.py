"""The counts that series, studies and patients carry of what is visible below them.

What arrives is added; whatever else changes visibility is counted anew from the instances.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ScalarSelect, bindparam, case, func, select, update
from sqlalchemy.orm import Session

from dicomgallery.catalog import counters
from dicomgallery.models import Direct, Instance, Patient, Series, Study, UtcDateTime


@dataclass
class Gain:
    """What one series gained."""

    cover_id: int
    modality: str
    instances: int = 0
    frames: int = 0
    size_bytes: int = 0


# "No key": whoever has inserted a row below these and not committed yet holds their keys, and two such arrivals
# would else wait for each other.
_ABOVE = Direct(
    select(Series.id, Series.instance_count, Study.id, Study.instance_count, Study.modalities, Study.patient_key)
    .join(Study, Series.study_key == Study.id)
    .where(Series.id == bindparam("key"))
    .with_for_update(key_share=True)
)
_ADD_TO_SERIES = Direct(
    update(Series)
    .where(Series.id == bindparam("key"))
    .values(
        instance_count=Series.instance_count + bindparam("instances"),
        frame_count=Series.frame_count + bindparam("frames"),
        size_bytes=Series.size_bytes + bindparam("size"),
        cover_id=func.coalesce(Series.cover_id, bindparam("cover")),
    )
)
_ADD_TO_STUDY = Direct(
    update(Study)
    .where(Study.id == bindparam("key"))
    .values(
        series_count=Study.series_count + bindparam("series"),
        instance_count=Study.instance_count + bindparam("instances"),
        size_bytes=Study.size_bytes + bindparam("size"),
        modalities=bindparam("modalities_now"),
    )
)
_ADD_TO_PATIENT = Direct(
    update(Patient)
    .where(Patient.id == bindparam("key"))
    .values(
        study_count=Patient.study_count + bindparam("studies"),
        series_count=Patient.series_count + bindparam("series"),
        instance_count=Patient.instance_count + bindparam("instances"),
    )
)
# Apart from the counts, because it is in most indexes: each slice of a series would write all of them anew.
_RENEW_SERIES, _RENEW_STUDY, _RENEW_PATIENT = (
    Direct(update(table).where(table.id == bindparam("key")).values(received_at=bindparam("at", type_=UtcDateTime)))
    for table in (Series, Study, Patient)
)


def add(session: Session, gains: Mapping[int, Gain], at: datetime) -> None:
    """Add new instances to the counts of their series (by its key), studies and patients."""
    if not gains:
        return
    appeared: list[int] = []
    seen_studies: set[int] = set()
    modalities: dict[int, str] = {}
    # In the order of their keys, so that two arrivals hardly ever wait for each other's rows crosswise.
    above = _ABOVE.rows_of_all(session, [{"key": key} for key in sorted(gains)])
    for series_key, had, study_key, study_had, before, patient_key in above:
        gain = gains[series_key]
        new_series, new_study = not had, not study_had and study_key not in seen_studies
        seen_studies.add(study_key)
        modalities[study_key] = _with_modality(modalities.get(study_key, str(before)), gain.modality)
        grown = {
            "instances": gain.instances,
            "frames": gain.frames,
            "size": gain.size_bytes,
            "cover": gain.cover_id,
            "series": int(new_series),
            "studies": int(new_study),
            "modalities_now": modalities[study_key],
        }
        _ADD_TO_SERIES.run(session, grown | {"key": series_key})
        _ADD_TO_STUDY.run(session, grown | {"key": study_key})
        _ADD_TO_PATIENT.run(session, grown | {"key": patient_key})
        if new_series:
            appeared.append(series_key)
            _RENEW_SERIES.run(session, {"key": series_key, "at": at})
            _RENEW_STUDY.run(session, {"key": study_key, "at": at})
            _RENEW_PATIENT.run(session, {"key": patient_key, "at": at})
    if appeared:
        counters.series_appeared(session, appeared)


def recount(session: Session, series_keys: Collection[int]) -> None:
    """Count series and what stands above them anew, after instances were binned, restored, replaced or removed."""
    if not series_keys:
        return
    _hold(session, Series, series_keys)
    before = _visible_among(session, series_keys)
    shown = (Instance.is_current, Instance.binned_at.is_(None))
    for key in series_keys:
        count, frames, size, first, cover_stays = session.execute(
            select(
                func.count(Instance.id),
                func.coalesce(func.sum(case((Instance.frames > 1, Instance.frames), else_=1)), 0),
                func.coalesce(func.sum(Instance.size_bytes), 0),
                func.min(Instance.id),
                func.max(case((Instance.id == _cover_of(key), Instance.id))),
            ).where(Instance.series_key == key, *shown)
        ).one()
        session.execute(
            update(Series)
            .where(Series.id == key)
            .values(instance_count=count, frame_count=frames, size_bytes=size, cover_id=cover_stays or first)
        )
    after = _visible_among(session, series_keys)
    if before - after:
        counters.series_vanished(session, sorted(before - after))
    if after - before:
        counters.series_appeared(session, sorted(after - before))
    studies = set(session.scalars(select(Series.study_key).where(Series.id.in_(series_keys))))
    _hold(session, Study, studies)
    for study_key in sorted(studies):
        _recount_study(session, study_key)
    patients = set(session.scalars(select(Study.patient_key).where(Study.id.in_(studies))))
    _hold(session, Patient, patients)
    for patient_key in sorted(patients):
        recount_patient(session, patient_key)


def _hold(session: Session, table: type[Series | Study | Patient], keys: Collection[int]) -> None:
    """Let nobody else count these meanwhile; SQLite has one writer at a time anyway."""
    session.execute(select(table.id).where(table.id.in_(keys)).order_by(table.id).with_for_update(key_share=True))


def _visible_among(session: Session, series_keys: Collection[int]) -> set[int]:
    query = select(Series.id).where(Series.id.in_(series_keys), Series.instance_count > 0)
    return set(session.scalars(query))


def _cover_of(series_key: int) -> ScalarSelect[int | None]:
    return select(Series.cover_id).where(Series.id == series_key).scalar_subquery()


def _recount_study(session: Session, study_key: int) -> None:
    series = session.execute(
        select(Series.modality, Series.instance_count, Series.size_bytes)
        .where(Series.study_key == study_key, Series.instance_count > 0)
        .order_by(Series.id)
    ).all()
    modalities = ""
    for row in series:
        modalities = _with_modality(modalities, row.modality)
    session.execute(
        update(Study)
        .where(Study.id == study_key)
        .values(
            series_count=len(series),
            instance_count=sum(row.instance_count for row in series),
            size_bytes=sum(row.size_bytes for row in series),
            modalities=modalities,
        )
    )


def recount_patient(session: Session, patient_key: int) -> None:
    """Count a patient anew, from the studies that are left under it."""
    studies = session.execute(
        select(Study.series_count, Study.instance_count).where(
            Study.patient_key == patient_key, Study.instance_count > 0
        )
    ).all()
    session.execute(
        update(Patient)
        .where(Patient.id == patient_key)
        .values(
            study_count=len(studies),
            series_count=sum(row.series_count for row in studies),
            instance_count=sum(row.instance_count for row in studies),
        )
    )


def _with_modality(modalities: str, modality: str) -> str:
    known = modalities.split("\\") if modalities else []
    return modalities if not modality or modality in known else "\\".join([*known, modality])
