"""Tags, files, archives, pictures and planes for programs."""

import io
import json
import zipfile
from typing import Any

import pytest
from flask.testing import FlaskClient
from PIL import Image
from pydicom import Dataset, dcmread

from dicomgallery.dicom import synthetic
from tests.conftest import Gallery

API = "/api/v1"


@pytest.fixture
def stack(gallery: Gallery) -> list[Dataset]:
    """Ten slices, and a report."""
    files = synthetic.ct_series(10, 32, 32)
    gallery.receive(*files, synthetic.basic_report())
    gallery.work()
    return files


def test_the_tags_are_dicom_json_or_the_text_of_the_page_by_what_is_preferred(
    client: FlaskClient, stack: list[Dataset]
) -> None:
    path = f"{API}/instances/{stack[0].SOPInstanceUID}/tags"
    usual, plain, json_too, none = (
        client.get(path, headers={"Accept": accept})
        for accept in ("*/*", "text/plain", "text/plain;q=0.5, application/json", "image/png")
    )

    assert usual.mimetype == "application/dicom+json"
    header = json.loads(usual.data)
    assert Dataset.from_json(header).PatientID == stack[0].PatientID
    assert plain.mimetype == "text/plain"
    assert "(0008, 0016) SOP Class UID                       UI: CT Image Storage" in plain.text.splitlines()
    assert plain.text == client.get("/images/1/text").text
    assert (json_too.mimetype, json.loads(json_too.data)) == ("application/json", header)
    assert (none.status_code, none.mimetype) == (406, "application/problem+json")


def test_the_file_is_as_it_came_whole_or_in_part(client: FlaskClient, stack: list[Dataset]) -> None:
    path = f"{API}/instances/{stack[3].SOPInstanceUID}/file"

    whole = client.get(path)
    part = client.get(path, headers={"Range": "bytes=128-131"})
    beyond = client.get(path, headers={"Range": "bytes=999999999-"})

    assert whole.data == synthetic.as_bytes(stack[3])
    assert dcmread(io.BytesIO(whole.data)).SOPInstanceUID == stack[3].SOPInstanceUID
    assert (part.status_code, part.data) == (206, b"DICM")
    assert beyond.status_code == 416
    assert client.get(path, headers={"If-None-Match": whole.headers["ETag"]}).status_code == 304


@pytest.mark.parametrize(
    ("asked", "size", "kind"),
    [
        ("", (32, 32), "PNG"),
        ("?format=jpg&quality=50", (32, 32), "JPEG"),
        ("?size=16&fit=cover&window=400&level=40&invert=true&overlays=false", (16, 16), "PNG"),
        ("?auto=1&frame=1", (32, 32), "PNG"),
    ],
)
def test_any_picture_can_be_asked_for_by_query(
    client: FlaskClient, stack: list[Dataset], asked: str, size: tuple[int, int], kind: str
) -> None:
    answer = client.get(f"{API}/instances/1/picture{asked}")

    picture = Image.open(io.BytesIO(answer.data))
    assert (picture.size, picture.format) == (size, kind)
    assert answer.headers["Cache-Control"] == "private, no-cache"
    again = client.get(f"{API}/instances/1/picture{asked}", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_a_picture_is_the_one_that_the_pages_show(client: FlaskClient, gallery: Gallery, stack: list[Dataset]) -> None:
    inverted = client.get(f"{API}/instances/1/picture?window=400&level=40&invert=1")
    plain = client.get(f"{API}/instances/1/picture?window=400&level=40")
    token = f"1-{client.get(f'{API}/instances/1').get_json()['sha256'][:12]}"

    assert plain.data == client.get(f"/pictures/{token}/native-c40-w400.png").data
    assert plain.data != inverted.data


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("1/picture?frame=2", "frame"),
        ("1/picture?window=400", "level"),
        ("1/picture?auto=1&voi=1", "only one of them"),
        ("1/picture?format=values", "frame"),
        ("1/picture?layer=1&format=jpg", "PNG"),
        ("11/picture", ""),
    ],
)
def test_why_there_is_no_picture_is_said_in_a_problem(
    client: FlaskClient, stack: list[Dataset], asked: str, words: str
) -> None:
    answer = client.get(f"{API}/instances/{asked}")

    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
    assert words in answer.get_json()["detail"]


def test_planes_are_those_of_the_viewer(client: FlaskClient, stack: list[Dataset]) -> None:
    uid = stack[0].SeriesInstanceUID
    volume = client.get(f"{API}/series/{uid}/planes").get_json()
    views = {view["view"]: view["count"] for view in volume["views"]}

    assert volume["shape"] == [10, 32, 32]
    assert views == {"axial": 10, "coronal": 32, "sagittal": 32}
    ours = client.get(f"{API}/series/{uid}/planes/coronal?index=7&slab=5&mode=mip&window=400&level=40")
    theirs = client.get(f"/series/{uid}/plane.png?plane=coronal&index=7&slab=5&mode=mip&window=400&level=40")
    assert ours.data == theirs.data
    assert client.get(f"{API}/series/{uid}/planes/oblique?normal=0,1,1&point=0,0,0").mimetype == "image/png"


@pytest.mark.parametrize(
    "asked", ["axial?index=11", "oblique", "oblique?normal=0,0,0", "oblique?normal=1,2", "axial?set=9"]
)
def test_a_plane_that_makes_no_sense_is_refused(client: FlaskClient, stack: list[Dataset], asked: str) -> None:
    answer = client.get(f"{API}/series/1/planes/{asked}")

    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json"), answer.text


@pytest.mark.parametrize("way", ["series", "studies", "selection", "compressed"])
def test_files_leave_as_one_archive(client: FlaskClient, stack: list[Dataset], way: str) -> None:
    ways: dict[str, Any] = {
        "series": lambda: client.get(f"{API}/series/{stack[0].SeriesInstanceUID}/archive"),
        "studies": lambda: client.get(f"{API}/studies/{stack[0].StudyInstanceUID}/archive"),
        "selection": lambda: client.post(f"{API}/archives", json={"series": [1], "instances": [1]}),
        "compressed": lambda: client.post(f"{API}/archives?compress=1", json={"series": [1]}),
    }
    answer = ways[way]()

    assert answer.mimetype == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        assert archive.testzip() is None
        assert sum(name.endswith(".dcm") for name in archive.namelist()) == 10


def test_nothing_selected_is_no_archive(client: FlaskClient, stack: list[Dataset]) -> None:
    assert client.post(f"{API}/archives", json={}).status_code == 422
    assert client.post(f"{API}/archives", json={"series": [99]}).status_code == 404
    assert client.post(f"{API}/archives", json={"series": ["1"]}).status_code == 422
