"""Contract B over a real server with a plain HTTP client: a ZIP in, slices and planes out, all of it JSON."""

import base64
import contextlib
import io
import json
import zipfile
from collections.abc import Mapping

import numpy as np
import pytest
from flask.testing import FlaskClient
from PIL import Image
from pydicom.dataset import Dataset

from bench.server import Server
from dicomgallery.dicom import synthetic
from tests import volumes
from tests.contracts.asking import Answer, ask, upload


def get(server: Server, path: str) -> Answer:
    return ask(server, "GET", path)


def send(server: Server, data: bytes, *, field: str = "file", name: str = "scan.zip") -> Answer:
    return upload(server, {}, [(field, name, data)], "application/zip")


def packed(members: Mapping[str, bytes | Dataset]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, synthetic.as_bytes(content) if isinstance(content, Dataset) else content)
    return held.getvalue()


def picture(data: object) -> np.ndarray:
    prefix = "data:image/png;base64,"
    assert isinstance(data, str)
    assert data.startswith(prefix)
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data.removeprefix(prefix)))))


@pytest.fixture(scope="module")
def opened(server: Server) -> Answer:
    """A body of 22 slices in nested folders, with and without an extension, beside what is no DICOM."""
    slices = volumes.scan(step_mm=4.0, seed=70)
    members: dict[str, bytes | Dataset] = {
        f"study/{number % 3}/IM{number:04}{'.dcm' if number % 2 else ''}": one for number, one in enumerate(slices)
    }
    return send(server, packed({**members, "README.txt": b"hello", "study/one.dcm": synthetic.dx_image(16, 16)}))


def test_a_zip_answers_with_its_largest_series(opened: Answer) -> None:
    assert (opened.status, opened.type) == (200, "application/json")
    assert list(opened.json) == ["success", "session_id", "metadata"]
    assert opened.json["success"] is True
    assert opened.json["session_id"] == volumes.scan(step_mm=44.0, seed=70)[0].SeriesInstanceUID
    assert opened.json["metadata"] == {
        "patient_name": "Synthetic^Clara",
        "patient_id": "SYN-00070CT",
        "study_date": "20240519",
        "modality": "CT",
        "num_slices": 22,
        "rows": 88,
        "columns": 88,
        "window_center": 40.0,
        "window_width": 400.0,
    }


def test_absent_texts_are_unknown_and_an_absent_window_is_left_out(server: Server) -> None:
    bare = synthetic.ct_slice(rows=16, columns=16, seed=71)
    for keyword in ("PatientName", "PatientID", "StudyDate", "Modality", "WindowCenter", "WindowWidth"):
        del bare[keyword]

    answer = send(server, packed({"bare": bare}))

    assert answer.json["metadata"] == {
        "patient_name": "Unknown",
        "patient_id": "Unknown",
        "study_date": "Unknown",
        "modality": "Unknown",
        "num_slices": 1,
        "rows": 16,
        "columns": 16,
    }


def test_slices_come_in_space_counted_from_0(server: Server, opened: Answer) -> None:
    session = opened.json["session_id"]
    answers = [get(server, f"/slice/{session}/{index}") for index in (0, 14, 21)]

    assert [list(answer.json) for answer in answers] == [["image", "slice_idx", "total_slices"]] * 3
    assert [(answer.json["slice_idx"], answer.json["total_slices"]) for answer in answers] == [
        (0, 22),
        (14, 22),
        (21, 22),
    ]
    feet, marked, _head = (picture(answer.json["image"]) for answer in answers)
    assert feet.shape == (88, 88)
    assert feet.max() == 0
    assert marked[44 - 20, 44 + 15] == 255


def test_slices_that_do_not_exist_say_so(server: Server, opened: Answer) -> None:
    session = opened.json["session_id"]

    for index in ("22", "-1", "x", "9" * 40):
        answer = get(server, f"/slice/{session}/{index}")
        assert (answer.status, answer.text) == (400, '{"error": "Slice index out of range"}')
    for path in ("/slice/1.2.3/0", "/views/1.2.3"):
        answer = get(server, path)
        assert (answer.status, answer.text) == (404, '{"error": "Session not found"}')


def test_views_are_the_middle_planes_in_square_millimeters(server: Server, opened: Answer) -> None:
    answer = get(server, f"/views/{opened.json['session_id']}")

    assert answer.status == 200
    assert list(answer.json) == ["axial", "coronal", "sagittal", "volume_shape"]
    assert answer.json["volume_shape"] == [22, 88, 88]
    for view in ("axial", "coronal", "sagittal"):
        assert picture(answer.json[view]).shape == (88, 88)


def test_a_series_without_places_has_slices_and_no_views(server: Server) -> None:
    session = send(server, packed({"cine": synthetic.us_cine(3, 16, 16, seed=72)})).json["session_id"]

    assert get(server, f"/slice/{session}/2").json["total_slices"] == 3
    answer = get(server, f"/views/{session}")
    assert (answer.status, list(answer.json)) == (422, ["error"])


@pytest.mark.parametrize(
    ("data", "field", "name", "error"),
    [
        (b"", "other", "scan.zip", "No file provided"),
        (b"", "file", "", "No file selected"),
        (packed({"a.txt": b"none", "a/b.pdf": b"%PDF-1.7"}), "file", "scan.zip", "No DICOM files found in the ZIP"),
        (packed({"report": synthetic.basic_report()}), "file", "scan.zip", "Could not load any valid DICOM images"),
    ],
)  # fmt: skip
def test_what_cannot_be_loaded_says_why(server: Server, data: bytes, field: str, name: str, error: str) -> None:
    answer = send(server, data, field=field, name=name)

    assert (answer.status, answer.text) == (400, json.dumps({"error": error}))


def test_a_zip_cut_short_has_no_valid_images(server: Server) -> None:
    answer = send(server, packed({"one": synthetic.as_bytes(synthetic.ct_slice(rows=64, columns=64, seed=73))[:5000]}))

    assert (answer.status, answer.json) == (400, {"error": "Could not load any valid DICOM images"})


def test_over_the_limit_answers_413_in_the_same_shape(client: FlaskClient) -> None:
    """A server may hang up on the rest of so long a body, so this one is only said to be."""
    answer = client.post(
        "/upload",
        data=b"PK\x03\x04",
        content_type="multipart/form-data; boundary=x",
        environ_overrides={"CONTENT_LENGTH": "500000001"},
    )

    assert (answer.status_code, answer.mimetype) == (413, "application/json")
    assert list(answer.json) == ["error"]


def test_data_sets_are_collections_and_their_patients_load_like_an_upload(server: Server) -> None:
    edge, files = "x-x", {"a.dcm": synthetic.ct_slice(1, rows=16, columns=16, seed=74)}
    files["b.dcm"] = synthetic.ct_slice(2, rows=16, columns=16, seed=74)
    files["c.dcm"] = synthetic.mr_series(1, 16, 16, seed=75)[0]
    body = f'--{edge}\r\nContent-Disposition: form-data; name="study"\r\n\r\nteaching\r\n'.encode()
    for name, one in files.items():
        body += f'--{edge}\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n\r\n'.encode()
        body += synthetic.as_bytes(one) + b"\r\n"
    with contextlib.closing(server.connect()) as connection:
        connection.request(
            "POST",
            "/upload",
            body + f"--{edge}--\r\n".encode(),
            {"Content-Type": f"multipart/form-data; boundary={edge}"},
        )
        assert connection.getresponse().status == 201

    (listed,) = [one for one in get(server, "/datasets").json["datasets"] if one["name"] == "teaching"]  # type: ignore[attr-defined]
    assert list(listed) == ["id", "name", "num_patients", "num_files"]
    assert (listed["num_patients"], listed["num_files"]) == (2, 3)

    patients = get(server, f"/datasets/{listed['id']}/patients").json["patients"]
    assert isinstance(patients, list)
    assert patients[0] | {"id": ""} == {
        "id": "",
        "name": "SYN-00074CT",
        "num_files": 2,
        "patient_name": "Synthetic^Clara",
        "patient_id": "SYN-00074CT",
        "study_date": "20240519",
        "modality": "CT",
    }

    loaded = ask(server, "POST", f"/datasets/{listed['id']}/patients/{patients[0]['id']}/load")
    assert loaded.status == 200
    assert loaded.json["metadata"]["num_slices"] == 2  # type: ignore[index]
    assert get(server, f"/slice/{loaded.json['session_id']}/1").status == 200


def test_unknown_data_sets_and_patients_are_404_in_the_same_shape(server: Server) -> None:
    for method, path in (("GET", "/datasets/999/patients"), ("POST", "/datasets/999/patients/1/load")):
        answer = ask(server, method, path)
        assert (answer.status, list(answer.json)) == (404, ["error"])


def test_a_file_that_is_no_zip_is_contract_cs(server: Server) -> None:
    one = synthetic.as_bytes(synthetic.ct_slice(rows=16, columns=16, seed=76))

    answer = send(server, one, name="alone.dcm")

    assert (answer.status, list(answer.json)) == (201, ["failedFiles", "files", "success"])
