"""The facts of an image, a series and a study at a glance, as pages list them."""

from flask import url_for

from dicomgallery.catalog.instances import Detail
from dicomgallery.dicom import transfer, uids, values
from dicomgallery.models import Patient, Series, Study
from dicomgallery.serving.filters import count, decimal, moment, size
from dicomgallery.web import crumbs

Fact = dict[str, object]

TIMES = " \N{MULTIPLICATION SIGN} "


def of_image(found: Detail) -> list[Fact]:
    """What a person wants to know of an image before its tags."""
    instance, series, study, patient = found.instance, found.series, found.study, found.patient
    return [
        _fact("Patient", crumbs.patient_name(patient), identity=True, href=_patient(patient.id)),
        _fact("Patient ID", patient.patient_id, identity=True, copy=True),
        _fact("Study", crumbs.study_title(study), href=url_for("studies.show", study_id=study.id)),
        _fact("Series", _numbered(series), href=url_for("series.show", series_id=series.id)),
        _fact("Kind", uids.name_of(instance.sop_class_uid)),
        _fact("Frames", count(instance.frames) if instance.frames > 1 else ""),
        _fact("Position", f"{decimal(instance.position_mm)} mm" if instance.position_mm is not None else ""),
        _fact("Pixel spacing", _spacing(instance.spacing)),
        _fact("File", instance.file_name, identity=True, hint=size(instance.size_bytes)),
        _fact("Received", moment(instance.received_at)),
    ]


def of_series(series: Series) -> list[Fact]:
    """What a person wants to know of a series."""
    return [
        _fact("Modality", series.modality),
        _fact("Body part", _sides(series)),
        _fact("Protocol", series.protocol),
        _fact("Made by", " ".join(part for part in (series.manufacturer, series.model) if part)),
        _fact("Institution", series.institution, identity=True),
        _fact("Date", _date_and_time(series.date, series.time)),
        _fact("Images", count(series.instance_count), hint=size(series.size_bytes)),
        _fact("Frames", count(series.frame_count) if series.frame_count > series.instance_count else ""),
        _fact("Encoding", transfer.short_name(series.transfer_syntax)),
        _fact("De-identified", {"yes": "yes", "profile": "yes, by a named profile"}.get(series.deidentified, "no")),
        _fact("Series UID", series.series_uid, identity=True, copy=True),
    ]


def of_study(study: Study) -> list[Fact]:
    """What a person wants to know of a study."""
    return [
        _fact("Date", _date_and_time(study.date, study.time)),
        _fact("Accession number", study.accession, identity=True, copy=True),
        _fact("Study ID", study.study_id, identity=True),
        _fact("Referring physician", values.person_name(study.referring), identity=True),
        _fact("Institution", study.institution, identity=True),
        _fact("Age then", values.display_age(study.age)),
        _fact("Images", count(study.instance_count), hint=size(study.size_bytes)),
        _fact("Received", moment(study.received_at)),
        _fact("Study UID", study.study_uid, identity=True, copy=True),
    ]


def of_patient(patient: Patient) -> list[Fact]:
    """What a person wants to know of a patient."""
    return [
        _fact("Patient ID", patient.patient_id, identity=True, copy=True, hint=patient.issuer),
        _fact("Born", values.display_date(patient.birth_date), identity=True),
        _fact("Sex", values.display_sex(patient.sex)),
        _fact("Studies", count(patient.study_count)),
        _fact("Series", count(patient.series_count)),
        _fact("Images", count(patient.instance_count)),
        _fact("First received", moment(patient.received_at)),
    ]


def _fact(
    label: str, value: str, *, identity: bool = False, copy: bool = False, hint: str = "", href: str = ""
) -> Fact:
    return {"label": label, "value": value, "identity": identity, "copy": copy, "hint": hint, "href": href}


def _patient(patient_id: int) -> str:
    return url_for("patients.show", patient_id=patient_id)


def _numbered(series: Series) -> str:
    return (f"{series.number} · " if series.number is not None else "") + crumbs.series_title(series)


def _spacing(spacing: str) -> str:
    parts = [part for part in spacing.split("\\") if part]
    return f"{TIMES.join(parts)} mm" if parts else ""


def _sides(series: Series) -> str:
    return " ".join(
        part for part in (series.body_part.capitalize(), {"L": "left", "R": "right"}.get(series.laterality)) if part
    )


def _date_and_time(date: str, time: str) -> str:
    return ", ".join(part for part in (values.display_date(date), values.display_time(time)) if part)
