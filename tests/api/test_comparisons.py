"""Headers beside each other, for programs."""

import pytest
from flask.testing import FlaskClient
from pydicom import Dataset

from dicomgallery.dicom import synthetic
from tests.conftest import Gallery

API = "/api/v1"


@pytest.fixture
def two(gallery: Gallery) -> list[Dataset]:
    """A CT series of three images and an MR series of two."""
    files = [*synthetic.ct_series(3, 16, 16), *synthetic.mr_series(2, 16, 16)]
    gallery.receive(*files)
    gallery.work()
    return files


def test_two_images_are_compared_by_id_or_uid(client: FlaskClient, two: list[Dataset]) -> None:
    found = client.get(f"{API}/instances/1/differences/{two[1].SOPInstanceUID}").get_json()
    everything = client.get(f"{API}/instances/1/differences/2?everything=true").get_json()

    said = {one["name"]: one for one in found["elements"]}
    assert said["Instance Number"]["before"] == {"vr": "IS", "words": "1", "raw": "1"}
    assert said["Instance Number"]["after"]["raw"] == "2"
    assert (found["pixels"], found["cut"]) == ("differ", False)
    assert "Modality" not in said
    assert {"path": "00080060", "change": "same"}.items() <= next(
        one for one in everything["elements"] if one["name"] == "Modality"
    ).items()


def test_two_series_are_compared_over_all_their_images(client: FlaskClient, two: list[Dataset]) -> None:
    found = client.get(f"{API}/series/1/differences/2").get_json()

    said = {one["name"]: one for one in found["elements"]}
    assert said["Instance Number"]["before"]["words"] == "3 values, 1 to 3"
    assert said["KVP"]["after"] is None
    assert said["KVP"]["change"] == "removed"


def test_what_varies_in_a_series_comes_in_pages(client: FlaskClient, two: list[Dataset]) -> None:
    found = client.get(f"{API}/series/1/varying?first=2&limit=1").get_json()

    assert found["images"] == 3
    assert found["columns"][0]["name"] == "Instance Number"
    assert [one["instance"] for one in found["rows"]] == [2]
    assert found["rows"][0]["values"][0] == "2"


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ("instances/1/differences/99", 404),
        ("instances/%00/differences/1", 404),
        ("series/1/differences/9", 404),
        ("series/1/varying?first=0", 422),
        ("series/1/varying?limit=100000", 422),
    ],
)
def test_what_is_not_there_or_makes_no_sense_is_told(
    client: FlaskClient, two: list[Dataset], asked: str, status: int
) -> None:
    assert client.get(f"{API}/{asked}").status_code == status
