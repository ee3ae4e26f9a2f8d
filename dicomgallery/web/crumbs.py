"""Where a page stands: gallery, patient, study, series, image."""

from collections.abc import Sequence

from flask import url_for

from dicomgallery.dicom import values
from dicomgallery.models import Patient, Series, Study

Crumbs = Sequence[dict[str, object]]


def of_patient(patient: Patient) -> Crumbs:
    """The way to a patient."""
    gallery: dict[str, object] = {"label": "Gallery", "href": url_for("gallery.index")}
    href = url_for("patients.show", patient_id=patient.id)
    return [gallery, {"label": patient_name(patient), "href": href, "identity": True}]


def of_study(study: Study, patient: Patient) -> Crumbs:
    """The way to a study."""
    return [
        *of_patient(patient),
        {"label": study_title(study), "href": url_for("studies.show", study_id=study.id)},
    ]


def of_series(series: Series, study: Study, patient: Patient) -> Crumbs:
    """The way to a series."""
    return [
        *of_study(study, patient),
        {"label": series_title(series), "href": url_for("series.show", series_id=series.id)},
    ]


def of_image(place: str, series: Series, study: Study, patient: Patient) -> Crumbs:
    """The way to an image."""
    return [*of_series(series, study, patient), {"label": place}]


def patient_name(patient: Patient) -> str:
    """What a patient is called on pages."""
    return values.person_name(patient.name) or patient.patient_id or "No name"


def study_title(study: Study) -> str:
    """What a study is called on pages."""
    parts = (values.display_date(study.date), study.description or study.study_id)
    return ", ".join(part for part in parts if part) or "Study without description"


def series_title(series: Series) -> str:
    """What a series is called on pages."""
    return series.description or series.protocol or series.modality or "Series without description"
