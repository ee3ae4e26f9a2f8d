"""Searches of DICOMweb over a catalog of invented rows, on either database."""

import pytest

from dicomgallery.access import Scope
from dicomgallery.catalog.dicomweb import members
from dicomgallery.catalog.dicomweb.asking import Asked, parse
from dicomgallery.catalog.dicomweb.columns import Resource
from dicomgallery.catalog.dicomweb.search import search
from dicomgallery.errors import NotFoundError
from tests.catalog.cast import EVERYTHING, HOME, OTHER, Cast


def found(resource: Resource, scope: Scope = EVERYTHING, study_uid: str = "", **keys: str) -> list[str]:
    """The UIDs of what a search finds, in its order."""
    asked = parse(resource, keys.items(), study_uid=study_uid)
    assert isinstance(asked, Asked), asked
    tag = ("0020000D", "0020000E", "00080018")[resource - 1]
    return [str(model[tag]["Value"][0]) for model in search(scope, asked).models]


@pytest.fixture
def rows(cast: Cast) -> list[int]:
    """Three series in two studies of two people, one of them in another workspace as well."""
    first = cast.series(
        patient="Dvořák^Jan=洪^吉洞", patient_id="A_1", study_uid="1.2.1", series_uid="1.2.1.1", images=2,
        number=2, description="T1 100% [axial]",
    )  # fmt: skip
    second = cast.series(
        patient="Dvořák^Jan=洪^吉洞", patient_id="A_1", study_uid="1.2.1", series_uid="1.2.1.2", modality="MR", number=1
    )
    third = cast.series(
        patient="Smith^Eve", patient_id="AX1", study_uid="1.2.2", series_uid="1.2.2.1", date="20210203",
        accession="ACC", number=None,
    )  # fmt: skip
    cast.workspace()
    cast.series(patient="Smith^Eve", patient_id="AX1", study_uid="1.2.3", workspace_id=2, date="")
    return [first, second, third]


def test_every_kind_of_key_finds_its_studies(rows: list[int]) -> None:
    studies = {
        ("PatientName", "dvorak*"): ["1.2.1"],
        ("PatientName", "洪*"): ["1.2.1"],
        ("PatientName", "=洪*"): ["1.2.1"],
        ("PatientName", "*eve"): ["1.2.2"],
        ("PatientName", "dvorak^jan"): ["1.2.1"],
        ("PatientID", "A_1"): ["1.2.1"],
        ("PatientID", "A?1"): ["1.2.2", "1.2.1"],
        ("PatientID", "a?1"): [],
        ("PatientID", "A_*"): ["1.2.1"],
        ("StudyDate", "20210101-"): ["1.2.2"],
        ("StudyDate", "-20210101"): ["1.2.1"],
        ("StudyInstanceUID", "1.2.1,1.2.2,1.2.9"): ["1.2.2", "1.2.1"],
        ("SeriesInstanceUID", "1.2.1.2"): ["1.2.1"],
        ("Modality", "M*"): ["1.2.1"],
        ("NumberOfStudyRelatedInstances", "3"): ["1.2.1"],
        ("AccessionNumber", "ACC"): ["1.2.2"],
        ("AccessionNumber", '""'): ["1.2.1"],
        ("AccessionNumber", ""): ["1.2.2", "1.2.1"],
    }
    for (name, key), expected in studies.items():
        assert found(Resource.STUDIES, HOME, **{name: key}) == expected, (name, key)
    assert len(rows) == 3


def test_lower_resources_are_found_by_what_stands_above(rows: list[int], cast: Cast) -> None:
    assert found(Resource.SERIES, HOME, PatientName="DVORAK*") == ["1.2.1.2", "1.2.1.1"]
    assert found(Resource.SERIES, HOME, study_uid="1.2.1") == ["1.2.1.2", "1.2.1.1"]
    assert found(Resource.SERIES, HOME, SeriesDescription="T1 100% [*") == ["1.2.1.1"]
    assert found(Resource.SERIES, HOME, SeriesNumber="1") == ["1.2.1.2"]
    uids = [row.sop_uid for row in cast.rows() if row.series_key == rows[0]]
    assert found(Resource.INSTANCES, HOME, study_uid="1.2.1", SeriesInstanceUID="1.2.1.1") == uids
    assert found(Resource.INSTANCES, HOME, PatientID="A_1", Rows="512", InstanceNumber="2") == uids[1:]
    assert found(Resource.SERIES, HOME, SOPInstanceUID=uids[0]) == ["1.2.1.1"]


def test_headers_are_looked_at_where_no_column_is(rows: list[int], cast: Cast) -> None:
    for series_id, kernel in zip(rows, ("B30f", "B70f", "B30f"), strict=True):
        for image in cast.images_of(series_id):
            cast.header(image, {"ConvolutionKernel": ("00181210", "SH", kernel)})

    assert found(Resource.SERIES, HOME, ConvolutionKernel="B70f") == ["1.2.1.2"]
    assert found(Resource.STUDIES, HOME, ConvolutionKernel="B7*") == ["1.2.1"]
    assert found(Resource.STUDIES, HOME, ConvolutionKernel="B30f", Modality="CT") == ["1.2.2", "1.2.1"]
    assert found(Resource.STUDIES, HOME, ConvolutionKernel="B70f", Modality="CT") == ["1.2.1"]
    assert len(found(Resource.INSTANCES, HOME, ConvolutionKernel="B30f")) == 3


def test_a_scope_sees_its_own_and_nothing_else(rows: list[int]) -> None:
    assert found(Resource.STUDIES, OTHER) == ["1.2.3"]
    assert found(Resource.STUDIES, OTHER, StudyInstanceUID="1.2.1") == []
    assert found(Resource.INSTANCES, OTHER, study_uid="1.2.1") == []
    assert found(Resource.STUDIES, OTHER, Modality="MR") == []
    assert len(found(Resource.STUDIES)) == 3
    with pytest.raises(NotFoundError):
        members.places(OTHER, "1.2.1")
    assert members.members(OTHER, rows[0]) == []
    assert [place.series_uid for place in members.places(HOME, "1.2.1")] == ["1.2.1.2", "1.2.1.1"]


ODD = (
    "\0", "\0*", "*\0", "a\0b", "*\\*", "!%_[*", "\U0001f600*", "\ufffd?", "'--", "=", "==\0", "^^*", "\x1f", "a" * 900,
)  # fmt: skip


def test_odd_texts_find_nothing_and_break_nothing(rows: list[int]) -> None:
    assert rows
    for key in ("PatientID", "PatientName", "Modality", "ImageType", "PatientAge", "ReferringPhysicianName"):
        for value in ODD:
            for fuzzy in ("true", "false"):
                asked = parse(Resource.INSTANCES, {key: value, "fuzzymatching": fuzzy, "offset": "9" * 30}.items())
                if isinstance(asked, Asked):
                    assert list(search(EVERYTHING, asked).models) == []
    for key in ("InstanceNumber", "Rows", "NumberOfFrames", "NumberOfStudyRelatedInstances"):
        for value in ("9" * 18, "-" + "9" * 18, "1.5", "9" * 400, "1e18", "1e300", "2147483648"):
            asked = parse(Resource.INSTANCES, {key: value}.items())
            if isinstance(asked, Asked):
                assert list(search(EVERYTHING, asked).models) == []
