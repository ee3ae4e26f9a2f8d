"""Collections, receipts, exports, jobs and tables for programs."""

import csv
import io
import zipfile
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from dicomgallery.access import Scope
from dicomgallery.audit import Event
from dicomgallery.catalog import jobs
from dicomgallery.dicom import synthetic
from dicomgallery.errors import NotFoundError
from dicomgallery.jobs import queue
from dicomgallery.models import AuditEvent, db, transaction
from tests.conftest import Gallery

API = "/api/v1"


@pytest.fixture
def filled(gallery: Gallery) -> Gallery:
    """Four slices of a series, and what is no image."""
    files = synthetic.ct_series(4, 32, 32)
    for dataset in files:
        dataset.PatientName, dataset.InstitutionName = '=cmd()^"x"', "EMI"
    gallery.receive(*files, ("notes.txt", b"no image"), collection="Came with it")
    gallery.work()
    return gallery


def test_a_collection_is_made_named_filled_emptied_and_forgotten(client: FlaskClient, filled: Gallery) -> None:
    made = client.post(f"{API}/collections", json={"name": "Knees"})
    where = made.headers["Location"]
    assert (made.status_code, made.get_json()["name"]) == (201, "Knees")
    assert client.post(f"{API}/collections", json={"name": "Knees"}).status_code == 409

    assert client.post(f"{where}/files", json={"studies": [1]}).get_json() == {"added": 4, "already_there": 0}
    assert client.post(f"{where}/files", json={"instances": [1]}).get_json() == {"added": 0, "already_there": 1}
    page = client.get(f"{where}/files?limit=3").get_json()
    rest = client.get(f"{where}/files", query_string={"cursor": page["next"]}).get_json()
    assert sorted(one["instance"] for one in page["items"] + rest["items"]) == [1, 2, 3, 4]
    assert client.post(f"{where}/files/take-out", json={"instances": [2, 3]}).get_json() == {"taken_out": 2}

    renamed = client.patch(where, json={"name": "Old knees"}).get_json()
    assert (renamed["name"], renamed["file_count"], renamed["series_count"]) == ("Old knees", 2, 1)
    names = [one["name"] for one in client.get(f"{API}/collections").get_json()["items"]]
    assert names == ["Came with it", "Old knees"]
    assert (client.delete(where).status_code, client.get(where).status_code) == (204, 404)
    assert filled.instance_count() == 4


def test_a_receipt_tells_what_became_of_each_file(client: FlaskClient, filled: Gallery) -> None:
    (receipt,) = client.get(f"{API}/receipts").get_json()["items"]

    told = client.get(f"{API}/receipts/{receipt['id']}").get_json()
    lines = client.get(f"{API}/receipts/{receipt['id']}/files?outcome=rejected").get_json()["items"]

    assert told["outcomes"] == {"accepted": 4, "rejected": 1}
    assert told["reasons"] == {"invalid_type": 1}
    assert [(line["name"], line["reason"]) for line in lines] == [("notes.txt", "invalid_type")]
    assert client.get(f"{API}/receipts/{receipt['id']}/files?outcome=eaten").status_code == 422


def test_an_export_is_asked_for_watched_taken_and_removed(client: FlaskClient, filled: Gallery) -> None:
    asked = client.post(
        f"{API}/series/1/exports", json={"kind": "png", "step": 2, "window": {"center": 40, "width": 400}}
    )
    where = asked.headers["Location"]
    assert (asked.status_code, asked.get_json()["stage"]) == (202, "waiting")
    assert client.get(f"{where}/file").status_code == 404
    job = client.get(f"{API}/jobs/{asked.get_json()['job']}").get_json()
    assert (job["name"], job["state"]) == ("export", "queued")

    filled.work()

    ready = client.get(where).get_json()
    assert (ready["stage"], ready["file_name"]) == ("ready", "series-1-png.zip")
    answer = client.get(f"{where}/file")
    assert len(answer.data) == ready["size_bytes"]
    assert len(zipfile.ZipFile(io.BytesIO(answer.data)).namelist()) == 3
    assert [one["id"] for one in client.get(f"{API}/exports").get_json()["items"]] == [ready["id"]]
    assert (client.delete(where).status_code, client.get(where).status_code) == (204, 404)


@pytest.mark.parametrize(
    "body",
    [{}, {"kind": "tiff"}, {"kind": "png", "first": 9}, {"kind": "png", "first": "1"}, {"kind": "gif", "fps": 1e9},
     {"kind": "png", "window": {"center": 1, "width": -1}}, {"kind": "png", "more": 1}],
    ids=str,
)  # fmt: skip
def test_an_export_that_makes_no_sense_is_refused(client: FlaskClient, filled: Gallery, body: dict[str, Any]) -> None:
    assert client.post(f"{API}/series/1/exports", json=body).status_code == 422


def test_a_job_is_called_off_when_somebody_asked_for_it(client: FlaskClient, filled: Gallery) -> None:
    export = client.post(f"{API}/series/1/exports", json={"kind": "gif"}).get_json()

    called_off = client.post(f"{API}/jobs/{export['job']}/cancel").get_json()

    assert called_off["state"] == "cancelled"
    assert client.get(f"{API}/exports/{export['id']}").get_json()["stage"] == "cancelled"
    assert client.post(f"{API}/jobs/{export['job']}/cancel").status_code == 409
    assert [one["id"] for one in client.get(f"{API}/jobs?state=cancelled").get_json()["items"]] == [export["job"]]


def test_the_gallerys_own_work_is_not_called_off(client: FlaskClient, filled: Gallery) -> None:
    with transaction() as session:
        job = queue.enqueue(session, "sweep", {})

    answer = client.post(f"{API}/jobs/{job}/cancel")

    assert (answer.status_code, client.get(f"{API}/jobs/{job}").get_json()["state"]) == (409, "queued")


def test_whoever_sees_one_workspace_sees_the_jobs_of_its_exports_alone(client: FlaskClient, filled: Gallery) -> None:
    export = client.post(f"{API}/series/1/exports", json={"kind": "gif"}).get_json()
    mine, theirs = Scope(frozenset({1})), Scope(frozenset({2}))

    assert [job.id for job in jobs.listing(mine).items] == [export["job"]]
    assert jobs.listing(theirs).items == []
    assert len(jobs.listing(Scope()).items) > 1
    assert jobs.export_of(theirs, export["job"]) is None
    with pytest.raises(NotFoundError):
        jobs.by_id(theirs, export["job"])


def test_chosen_elements_of_all_that_a_search_finds_leave_as_a_table(client: FlaskClient, filled: Gallery) -> None:
    query = {"tag": ["PatientName", "InstanceNumber", "(0028,0010)", "ImageType", "PatientComments"]}

    answer = client.get(f"{API}/table.csv", query_string={**query, "institution": "EMI"})

    assert answer.mimetype == "text/csv"
    head, *lines = csv.reader(io.StringIO(answer.text))
    assert head == ["instance", *query["tag"]]
    assert len(lines) == 4
    # What a spreadsheet would run stands behind an apostrophe.
    assert {line[1] for line in lines} == {'\'=cmd()^"x"'}
    assert sorted(int(line[2]) for line in lines) == [1, 2, 3, 4]
    assert [line[3:] for line in lines] == [["32", "ORIGINAL\\PRIMARY\\AXIAL", ""]] * 4
    assert db.session.scalars(select(AuditEvent.event).where(AuditEvent.event == Event.TABLE_TAKEN)).all()
    assert client.get(f"{API}/table.csv?tag=Rows&modality=MR").text == '"instance","Rows"\n'
    assert client.get(f"{API}/table.csv").status_code == 422
    assert "number 2" in client.get(f"{API}/table.csv?tag=Rows&tag=NoSuchWord").get_json()["detail"]
