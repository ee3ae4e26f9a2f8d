"""Copies without identity, for programs."""

import json

import pytest
from flask.testing import FlaskClient

from dicomgallery.dicom import synthetic
from tests.conftest import Gallery

API = "/api/v1"


@pytest.fixture
def series(gallery: Gallery) -> Gallery:
    """A CT series of three images."""
    gallery.receive(*synthetic.ct_series(3, 16, 16))
    gallery.work()
    return gallery


def test_a_series_is_copied_without_identity_and_the_report_says_so(client: FlaskClient, series: Gallery) -> None:
    asked = client.post(f"{API}/deidentifications", json={"series": [1], "options": ["clean_desc"]})
    series.work()

    run = client.get(asked.headers["Location"]).get_json()
    objects = client.get(f"{asked.headers['Location']}/objects?limit=2").get_json()
    report = client.get(f"{asked.headers['Location']}/report").get_json()
    name = client.get(f"{API}/instances/{objects['items'][0]['result']}/tags").get_json()["00100010"]
    assert asked.status_code == 201
    assert (run["stage"], run["counts"], run["profile"]["options"]) == ("done", {"done": 3}, ["clean_desc"])
    assert [one["source"] for one in objects["items"]] == [3, 2] or [one["number"] for one in objects["items"]] == [
        1,
        2,
    ]
    assert objects["next"]
    assert "Clara" not in json.dumps([name, report])
    assert client.delete(asked.headers["Location"]).status_code == 204
    assert client.get(asked.headers["Location"]).status_code == 404


def test_a_draft_waits_until_it_is_started_and_what_makes_no_sense_leaves_none(
    client: FlaskClient, series: Gallery
) -> None:
    refused = client.post(f"{API}/deidentifications", json={"series": [1], "options": ["retain_uids"]})
    unknown = client.post(f"{API}/deidentifications", json={"series": [1], "profile": 99})
    assert (refused.status_code, unknown.status_code) == (422, 404)
    assert client.get(f"{API}/deidentifications").get_json()["items"] == []

    draft = client.post(f"{API}/deidentifications", json={"series": [1], "start": False}).get_json()
    own = f"{API}/deidentifications/{draft['id']}"
    assert (draft["stage"], client.get(f"{own}/report").status_code) == ("draft", 404)
    assert client.post(f"{own}/start").get_json()["stage"] == "waiting"
    assert client.post(f"{own}/cancel").get_json()["stage"] == "cancelled"
    assert client.get(f"{API}/deidentification-profiles").get_json() == {"items": []}
    assert client.get(f"{API}/deidentification-profiles/1").status_code == 404
