"""The calls of a patient, a study and a series."""

from typing import Final

from dicomgallery.catalog.patients import PatientPage
from dicomgallery.catalog.series import SeriesPage
from dicomgallery.models import Study
from dicomgallery.web.calls.writing import Calls, below, called, curl, dicomweb, python, rest

MOST_STUDIES: Final = 5
"""Of a patient, each with a call of its own."""


def of_patient(page: PatientPage) -> Calls:
    """A patient, and their newest studies by row ids: a Patient ID would name somebody."""
    patient, some = page.patient.id, [card.id for card in page.studies[:MOST_STUDIES]]
    left = len(page.studies) - len(some)
    rows = [("patients", patient), *(("studies", study) for study in some)]
    return [
        rest(
            *(curl(f"/api/v1/{level}/{row}") for level, row in rows),
            remark=f"And so on for {left} more." if left else "",
        ),
        dicomweb(remark="DICOMweb finds a patient by the Patient ID, which is not written down here."),
        python(*(f"print({called('row', level, row)})" for level, row in rows)),
    ]


def of_study(study: Study) -> Calls:
    """A study and its series."""
    path = below(study.study_uid)
    return [
        rest(curl(f"/api/v1/studies/{study.id}"), curl("/api/v1/series", [("study", str(study.id))])),
        dicomweb(curl(f"{path}/series")),
        python(
            f"print({called('row', 'studies', study.id)})",
            f"for series in {called('series', study=study.id)}:",
            "    print(series)",
        ),
    ]


def of_series(page: SeriesPage) -> Calls:
    """A series and its images."""
    series = page.series
    path = below(page.study.study_uid, series.series_uid)
    return [
        rest(curl(f"/api/v1/series/{series.id}"), curl("/api/v1/instances", [("series", str(series.id))])),
        dicomweb(curl(f"{path}/instances")),
        python(
            f"print({called('row', 'series', series.id)})",
            f"for image in {called('instances', series=series.id)}:",
            "    print(image)",
        ),
    ]
