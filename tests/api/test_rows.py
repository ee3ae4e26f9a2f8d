"""Patients, studies, series and images for programs: by search and facets, page by page, by id and UID; to the bin."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from pydicom import Dataset

from dicomgallery.access import Scope
from dicomgallery.catalog import rows
from dicomgallery.catalog.query import Level
from dicomgallery.dicom import synthetic
from dicomgallery.errors import NotFoundError
from tests.conftest import Gallery

API = "/api/v1"


def get(client: FlaskClient, path: str, **query: Any) -> Any:
    answer = client.get(API + path, query_string=query)
    assert answer.status_code == 200, answer.text
    return answer.get_json()


@pytest.fixture
def stack(gallery: Gallery) -> list[Dataset]:
    """A patient with one CT series of five, another with a cine."""
    files = synthetic.ct_series(5, 32, 32)
    for dataset in files:
        dataset.PatientName, dataset.PatientID = "Hounsfield^Godfrey", "GH-1"
        dataset.StudyDate, dataset.InstitutionName = "20040119", "EMI"
    cine = synthetic.us_cine(3, 32, 32)
    cine.PatientName, cine.PatientID, cine.StudyDate = "Wild^John", "JW-2", "20200531"
    gallery.receive(*files, cine)
    gallery.work()
    return files


def test_each_level_is_listed_with_what_stands_above(client: FlaskClient, stack: list[Dataset]) -> None:
    (patient,) = get(client, "/patients", patient_id="GH-1")["items"]
    (study,) = get(client, "/studies", patient_name="hounsfield")["items"]
    (series,) = get(client, "/series", modality="CT")["items"]
    images = get(client, "/instances", modality="CT")["items"]

    assert (patient["name"], patient["study_count"]) == ("Hounsfield^Godfrey", 1)
    assert study["study_uid"] == stack[0].StudyInstanceUID
    assert study["patient"] == {"id": patient["id"], "patient_id": "GH-1", "name": "Hounsfield^Godfrey"}
    assert (study["date"], study["modalities"], study["instance_count"]) == ("20040119", ["CT"], 5)
    assert (series["study"]["id"], series["patient"]["id"]) == (study["id"], patient["id"])
    assert len(images) == 5
    assert {image["series"]["series_uid"] for image in images} == {stack[0].SeriesInstanceUID}
    positions = [image["position_mm"] for image in images]
    assert positions == sorted(positions)


def test_what_lies_below_a_row_is_told_as_soon_as_it_is_here(client: FlaskClient, gallery: Gallery) -> None:
    one, other = synthetic.ct_series(1, 32, 32)[0], synthetic.us_cine(2, 32, 32)
    one.PatientID, other.PatientID = "GH-1", "GH-10"
    gallery.receive(one, other)

    for query in ({"patient_id": "GH-1"}, {"study": one.StudyInstanceUID}, {"series": one.SeriesInstanceUID}):
        (found,) = get(client, "/instances", **query)["items"]
        assert found["sop_uid"] == one.SOPInstanceUID
    (series,) = get(client, "/series", study=str(found["study"]["id"]), patient_id="GH-1")["items"]
    assert series["series_uid"] == one.SeriesInstanceUID
    assert get(client, "/series", study=str(found["study"]["id"]), patient_id="GH-10")["items"] == []
    assert get(client, "/series", patient_id="GH")["items"] == get(client, "/series", patient_id="a\0")["items"] == []


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "hounsfield"}, 1),
        ({"q": "PatientID=GH-1"}, 1),
        ({"patient_name": "godfrey"}, 1),
        ({"patient_name": "nobody"}, 0),
        ({"patient_id": "JW-2"}, 1),
        ({"institution": "EMI"}, 1),
        ({"modality": ["CT", "US"]}, 2),
        ({"from": "2004", "to": "2004-01-31"}, 1),
        ({"from": "20200531"}, 1),
        ({"to": "2003"}, 0),
        ({"year": "2020", "modality": "CT"}, 0),
        ({}, 2),
    ],
    ids=str,
)
def test_named_filters_facets_and_the_search_narrow_alike(
    client: FlaskClient, stack: list[Dataset], query: dict[str, Any], found: int
) -> None:
    for level in ("patients", "studies", "series"):
        assert len(get(client, f"/{level}", **query)["items"]) == found


def test_a_study_or_series_named_by_id_or_uid_narrows_to_its_own(client: FlaskClient, stack: list[Dataset]) -> None:
    (study,) = get(client, "/studies", modality="CT")["items"]
    (series,) = get(client, "/series", study=study["id"])["items"]

    for key in (series["id"], series["series_uid"]):
        assert len(get(client, "/instances", series=key)["items"]) == 5
    assert len(get(client, "/instances", study=study["study_uid"])["items"]) == 5
    assert client.get(f"{API}/instances?study=999").status_code == 404


def test_pages_join_without_gap_or_repeat(client: FlaskClient, stack: list[Dataset]) -> None:
    whole = [image["id"] for image in get(client, "/instances")["items"]]
    seen: list[int] = []
    cursor: dict[str, str] = {}
    while True:
        page = get(client, "/instances", limit=2, **cursor)
        seen += [image["id"] for image in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}

    assert seen == whole
    assert len(seen) == 6


def test_a_cursor_of_another_list_is_refused_not_taken_for_the_beginning(
    client: FlaskClient, stack: list[Dataset]
) -> None:
    following = get(client, "/instances", limit=2)["next"]

    assert client.get(f"{API}/series", query_string={"cursor": following}).status_code == 422
    assert client.get(f"{API}/instances", query_string={"cursor": following, "sort": "name"}).status_code == 422


def test_only_the_fields_that_are_asked_for_are_told(client: FlaskClient, stack: list[Dataset]) -> None:
    (patient,) = get(client, "/patients", modality="US", fields="id,name")["items"]

    assert patient.keys() == {"id", "name"}
    assert get(client, f"/patients/{patient['id']}", fields="sex").keys() == {"sex"}


def test_a_row_is_found_by_its_id_and_by_its_uid(client: FlaskClient, stack: list[Dataset]) -> None:
    study = get(client, f"/studies/{stack[0].StudyInstanceUID}")
    series = get(client, f"/series/{stack[0].SeriesInstanceUID}")
    image = get(client, f"/instances/{stack[0].SOPInstanceUID}")

    assert get(client, f"/studies/{study['id']}") == study
    assert get(client, f"/series/{series['id']}") == series
    assert get(client, f"/instances/{image['id']}") == image
    assert image["sop_uid"] == stack[0].SOPInstanceUID
    for path in (
        "/patients/99",
        "/studies/99",
        "/series/1.2.3",
        "/instances/%00",
        "/instances/..%2f",
        "/series/9" * 30,
    ):
        answer = client.get(API + path)
        assert (answer.status_code, answer.mimetype) == (404, "application/problem+json"), path


def test_facets_say_what_a_search_can_be_narrowed_by(client: FlaskClient, stack: list[Dataset]) -> None:
    found = {facet["name"]: facet for facet in get(client, "/facets", q="hounsfield")["facets"]}

    assert [(one["value"], one["count"]) for one in found["modality"]["values"]] == [("CT", 1)]
    assert [one["value"] for one in found["institution"]["values"]] == ["EMI"]


def test_what_is_deleted_lies_in_the_bin_until_it_is_restored(client: FlaskClient, stack: list[Dataset]) -> None:
    image = get(client, f"/instances/{stack[0].SOPInstanceUID}")

    binned = client.delete(f"{API}/instances/{stack[0].SOPInstanceUID}").get_json()

    assert binned["instances"] == 1
    assert client.get(f"{API}/instances/{stack[0].SOPInstanceUID}").status_code == 404
    assert get(client, f"/instances/{image['id']}")["bin_deed_id"] == binned["deed"]
    assert [(deed["id"], deed["instances"]) for deed in get(client, "/bin")["items"]] == [(binned["deed"], 1)]
    restored = client.post(f"{API}/bin/{binned['deed']}/restore")
    assert restored.get_json() == {"instances": 1, "still_replaced": 0}
    assert get(client, f"/instances/{stack[0].SOPInstanceUID}")["binned_at"] is None
    assert client.delete(f"{API}/series/{stack[0].SeriesInstanceUID}").get_json()["instances"] == 5
    assert client.delete(f"{API}/studies/{stack[0].StudyInstanceUID}").status_code == 404


def test_statistics_count_what_is_visible(client: FlaskClient, stack: list[Dataset]) -> None:
    totals = get(client, "/statistics")

    assert (totals["patients"], totals["instances"], totals["frames"]) == (2, 6, 8)
    assert totals["modalities"] == {"CT": 1, "US": 1}


def test_nobody_sees_the_rows_of_another_workspace(gallery: Gallery, stack: list[Dataset]) -> None:
    stranger = Scope(frozenset({2}))

    for level in Level:
        assert rows.of(stranger, level, [1, 2, 3]) == []
        with pytest.raises(NotFoundError):
            rows.one(stranger, level, "1")
    assert len(rows.of(gallery.scope, Level.IMAGE, [3, 1])) == 2
    assert [row.id for row in rows.of(gallery.scope, Level.IMAGE, [3, 1])] == [3, 1]
