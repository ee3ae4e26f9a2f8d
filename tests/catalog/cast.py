"""Invented patients with their studies, series and images, written through the room's own writers."""

import hashlib
import itertools
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from dicomgallery.access import Scope
from dicomgallery.catalog import counters, texts, words
from dicomgallery.catalog.scoping import shown
from dicomgallery.dicom.values import date_key, fold
from dicomgallery.models import (
    BinDeed,
    Collection,
    CollectionMember,
    Header,
    Instance,
    Patient,
    Series,
    Study,
    Workspace,
    now,
    transaction,
)

EVERYTHING = Scope()
HOME = Scope(frozenset({1}))
OTHER = Scope(frozenset({2}))
START = datetime(2024, 1, 1, tzinfo=UTC)


@dataclass
class Cast:
    """Writes rows; everything made later is newer."""

    number: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def at(self) -> datetime:
        """The next instant."""
        return START + timedelta(seconds=next(self.number))

    def workspace(self, name: str = "Other") -> int:
        """A second workspace."""
        with transaction() as session:
            workspace = Workspace(id=2, name=name, created_at=now())
            session.add(workspace)
        return 2

    def series(
        self,
        *,
        patient: str = "Doe^Jane",
        patient_id: str = "",
        images: int = 1,
        workspace_id: int = 1,
        study_uid: str = "",
        date: str = "20200115",
        accession: str = "",
        study_description: str = "",
        words_of: Sequence[str] = (),
        **columns: Any,
    ) -> int:
        """A series with its images; its study and patient are made or found. Gives its row id."""
        at, n = self.at(), next(self.number)
        with transaction() as session:
            owner = self._patient(session, patient, patient_id or patient, workspace_id, at)
            study = self._study(session, owner, study_uid or f"1.2.826.0.1.{n}", at)
            study.date, study.date_key, study.accession = date, date_key(date), accession
            study.description = study_description
            series = Series(
                study_key=study.id,
                workspace_id=workspace_id,
                **{
                    "series_uid": f"1.2.826.0.2.{n}",
                    "modality": "CT",
                    "date_key": date_key(date),
                    "name_key": fold(patient),
                    "received_at": at,
                    **columns,
                },
            )
            session.add(series)
            session.flush()
            texts.add(session, [series.id])
            words.index_words(session, series.id, words_of)
            self._images(session, series, images)
        self.recount(series.id)
        return series.id

    def _patient(self, session: Session, name: str, patient_id: str, workspace_id: int, at: datetime) -> Patient:
        query = select(Patient).where(Patient.patient_id == patient_id, Patient.workspace_id == workspace_id)
        found = session.scalars(query).one_or_none()
        if found is None:
            found = Patient(
                workspace_id=workspace_id, patient_id=patient_id, name=name, name_key=fold(name), received_at=at
            )
            session.add(found)
            session.flush()
        return found

    def _study(self, session: Session, patient: Patient, uid: str, at: datetime) -> Study:
        query = select(Study).where(Study.study_uid == uid, Study.workspace_id == patient.workspace_id)
        found = session.scalars(query).one_or_none()
        if found is None:
            found = Study(
                patient_key=patient.id,
                workspace_id=patient.workspace_id,
                owner_id="owner",
                study_uid=uid,
                received_at=at,
            )
            session.add(found)
            session.flush()
        return found

    def _images(self, session: Session, series: Series, count: int) -> None:
        for place in range(count):
            n = next(self.number)
            image = Instance(
                series_key=series.id,
                workspace_id=series.workspace_id,
                sop_uid=f"1.2.826.0.3.{n}",
                blob_sha256=hashlib.sha256(str(n).encode()).hexdigest(),
                size_bytes=1000,
                file_name=f"IM{n:04}",
                label=f"Image {n}",
                number=place + 1,
                position_mm=float(place),
                frames=1,
                rows=512,
                columns=512,
                has_pixels=True,
                received_at=series.received_at,
            )
            session.add(image)
            session.flush()
            series.cover_id = series.cover_id or image.id

    def images_of(self, series_id: int) -> list[int]:
        """The row ids of the images of a series, in order of arrival."""
        return [row.id for row in self.rows(Instance.series_key == series_id)]

    def rows(self, *which: Any) -> list[Instance]:
        """Instances by id."""
        with transaction() as session:
            return list(session.scalars(select(Instance).where(*which).order_by(Instance.id)))

    def header(self, instance_id: int, keyword_values: dict[str, tuple[str, str, str]]) -> None:
        """Give an instance a header of (tag, VR, value) by keyword."""
        json = {tag: {"vr": vr, "Value": [value]} for tag, vr, value in keyword_values.values()}
        with transaction() as session:
            session.execute(insert(Header).values(instance_id=instance_id, json_zlib=zlib.compress(orjson.dumps(json))))

    def put_in_bin(self, *instance_ids: int, workspace_id: int = 1) -> int:
        """Delete instances as one deed."""
        with transaction() as session:
            deed = BinDeed(
                workspace_id=workspace_id, actor_id="owner", instance_count=len(instance_ids), created_at=self.at()
            )
            session.add(deed)
            session.flush()
            session.execute(
                update(Instance).where(Instance.id.in_(instance_ids)).values(binned_at=now(), bin_deed_id=deed.id)
            )
            deed_id = deed.id
        self._recount_all(instance_ids)
        return deed_id

    def bring_back(self, deed_id: int) -> None:
        """Undo a deletion."""
        ids = [row.id for row in self.rows(Instance.bin_deed_id == deed_id)]
        with transaction() as session:
            session.execute(
                update(Instance).where(Instance.bin_deed_id == deed_id).values(binned_at=None, bin_deed_id=None)
            )
        self._recount_all(ids)

    def replace(self, instance_id: int) -> int:
        """Let a new version replace an instance; gives its row id."""
        with transaction() as session:
            old = session.get_one(Instance, instance_id)
            old.is_current = False
            session.flush()
            n = next(self.number)
            columns = {c.name: getattr(old, c.name) for c in Instance.__table__.columns if c.name != "id"}
            sha256 = hashlib.sha256(str(n).encode()).hexdigest()
            new = Instance(**{**columns, "is_current": True, "replaces_id": old.id, "blob_sha256": sha256})
            session.add(new)
            session.flush()
            new_id = new.id
        self._recount_all([instance_id])
        return new_id

    def collection(self, name: str, *instance_ids: int, workspace_id: int = 1, file_names: Sequence[str] = ()) -> int:
        """A collection of these instances under their own names, or under those given."""
        with transaction() as session:
            made = Collection(workspace_id=workspace_id, name=name, created_at=now())
            session.add(made)
            session.flush()
            for place, instance_id in enumerate(instance_ids):
                file_name = file_names[place] if file_names else f"file-{place:03}"
                session.add(
                    CollectionMember(
                        collection_id=made.id, file_name=file_name, instance_id=instance_id, added_at=now()
                    )
                )
            return made.id

    def _recount_all(self, instance_ids: Sequence[int]) -> None:
        for series_id in {row.series_key for row in self.rows(Instance.id.in_(instance_ids))}:
            self.recount(series_id)

    def recount(self, series_id: int) -> None:
        """Bring the counts of a series and of all above it up to date."""
        with transaction() as session:
            series = session.get_one(Series, series_id)
            had = series.instance_count > 0
            query = select(Instance).where(Instance.series_key == series_id, shown(Instance))
            images = session.scalars(query.order_by(Instance.id)).all()
            series.instance_count = series.frame_count = len(images)
            session.flush()
            if had and not images:
                counters.series_vanished(session, [series_id])
            if images and not had:
                counters.series_appeared(session, [series_id])
            study = session.get_one(Study, series.study_key)
            of_study = session.scalars(
                select(Series).where(Series.study_key == study.id, Series.instance_count > 0).order_by(Series.id)
            ).all()
            study.instance_count = sum(one.instance_count for one in of_study)
            study.series_count = len(of_study)
            study.modalities = "\\".join(dict.fromkeys(one.modality for one in of_study))
            session.flush()
            patient = session.get_one(Patient, study.patient_key)
            studies = session.scalars(
                select(Study).where(Study.patient_key == patient.id, Study.instance_count > 0)
            ).all()
            patient.instance_count = sum(one.instance_count for one in studies)
            patient.series_count = sum(one.series_count for one in studies)
            patient.study_count = len(studies)
