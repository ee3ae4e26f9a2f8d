"""Bodies that are staged while they arrive."""

import hashlib
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask, Response, request
from flask.testing import FlaskClient

from dicomgallery import settings
from dicomgallery.errors import GalleryError
from dicomgallery.serving import uploads
from dicomgallery.settings import Settings

SENT = [("a.dcm", b"one" * 1000), ("folder/b.dcm", b""), ("研究.dcm", b"\r\n--x\r\n" * 9)]


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    """A small application with nothing but the request class and three routes."""
    app = Flask("uploads")
    app.request_class = uploads.GalleryRequest
    app.config.update(MAX_FORM_PARTS=uploads.MAX_PARTS, MAX_FORM_MEMORY_SIZE=uploads.MAX_FIELD_BYTES)
    token = settings.use(Settings(data=tmp_path, max_form_bytes=300_000, max_file_bytes=100_000))

    @app.post("/form")
    def form() -> dict[str, object]:
        files = uploads.incoming_parts("files", "file")
        return {"study": request.form.get("study"), "files": [_said(file) for file in files], "tmp": _staged(tmp_path)}

    @app.post("/raw")
    def raw() -> Response | dict[str, object]:
        try:
            staged = uploads.staged_body(50_000)
        except GalleryError as error:
            return Response(error.message, 422)
        return {"sha256": staged.sha256, "size": staged.size_bytes, "tmp": _staged(tmp_path)}

    yield app
    settings.done_with(token)


def _said(file: uploads.IncomingFile) -> list[object]:
    if callable(file.source):
        try:
            file.source()
        except GalleryError as error:
            return [file.name, error.message]
    else:
        return [file.name, file.source.sha256]
    raise AssertionError("a part is staged or says why not")


def _staged(folder: Path) -> int:
    return len(list((folder / "tmp").iterdir()))


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def test_each_file_of_a_form_is_staged_and_hashed_and_gone_after_the_request(
    client: FlaskClient, tmp_path: Path
) -> None:
    files = [(io.BytesIO(data), name) for name, data in SENT]

    answer = client.post("/form", data={"study": "knee", "files": files}).get_json()

    assert answer["study"] == "knee"
    assert answer["files"] == [[name, hashlib.sha256(data).hexdigest()] for name, data in SENT]
    assert answer["tmp"] == 3
    assert _staged(tmp_path) == 0


def test_a_file_over_its_limit_says_so_and_the_others_are_kept(client: FlaskClient, tmp_path: Path) -> None:
    files = [(io.BytesIO(b"x" * 100_001), "big"), (io.BytesIO(b"small"), "small")]

    answer = client.post("/form", data={"files": files}).get_json()

    assert answer["files"][0][0] == "big"
    assert "larger than the limit" in answer["files"][0][1]
    assert answer["files"][1] == ["small", hashlib.sha256(b"small").hexdigest()]
    assert _staged(tmp_path) == 0


def test_a_form_may_have_more_than_a_thousand_files(client: FlaskClient) -> None:
    files = [(io.BytesIO(b"%d" % number), f"{number}") for number in range(1500)]

    answer = client.post("/form", data={"files": files}).get_json()

    assert len(answer["files"]) == 1500
    assert [name for name, _ in answer["files"]] == [str(number) for number in range(1500)]


def test_a_form_over_its_limit_is_413(client: FlaskClient, tmp_path: Path) -> None:
    answer = client.post("/form", data={"files": (io.BytesIO(b"x" * 300_000), "big")})

    assert answer.status_code == 413
    assert not (tmp_path / "tmp").exists()


def test_an_empty_choice_of_file_is_no_file(client: FlaskClient) -> None:
    answer = client.post("/form", data={"files": (io.BytesIO(b""), "")}).get_json()

    assert answer["files"] == []


@pytest.mark.parametrize("cut", [40, 150, 400])
def test_a_form_that_breaks_off_is_refused_and_leaves_nothing(client: FlaskClient, tmp_path: Path, cut: int) -> None:
    body = b"--x\r\nContent-Disposition: form-data; name=files; filename=a\r\n\r\n" + b"data" * 100 + b"\r\n--x--\r\n"

    answer = client.post(
        "/form",
        input_stream=io.BytesIO(body[:cut]),
        content_length=len(body),
        content_type="multipart/form-data; boundary=x",
    )

    assert answer.status_code == 400
    assert not (tmp_path / "tmp").exists() or _staged(tmp_path) == 0


def test_a_form_without_boundary_is_refused(client: FlaskClient) -> None:
    assert client.post("/form", data=b"abc", content_type="multipart/form-data").status_code == 400


def test_a_raw_body_is_one_staged_file(client: FlaskClient, tmp_path: Path) -> None:
    answer = client.post("/raw", data=b"y" * 50_000, content_type="application/dicom").get_json()

    assert answer == {"sha256": hashlib.sha256(b"y" * 50_000).hexdigest(), "size": 50_000, "tmp": 1}
    assert _staged(tmp_path) == 0


def test_a_raw_body_sent_as_curl_does_is_not_mistaken_for_a_form(client: FlaskClient) -> None:
    answer = client.post("/raw", data=b"a=b&c=d", content_type="application/x-www-form-urlencoded").get_json()

    assert answer["size"] == 7


def test_a_raw_body_over_its_limit_is_refused_in_words(client: FlaskClient, tmp_path: Path) -> None:
    answer = client.post("/raw", data=b"y" * 50_001)

    assert answer.status_code == 422
    assert "limit of 50\u202f000 bytes" in answer.text
    assert _staged(tmp_path) == 0


@pytest.mark.parametrize("terminated", [True, False])
def test_a_raw_body_that_breaks_off_is_refused(client: FlaskClient, tmp_path: Path, terminated: bool) -> None:
    environ: dict[str, object] = {"CONTENT_LENGTH": "20"} | ({"wsgi.input_terminated": True} if terminated else {})

    answer = client.post("/raw", input_stream=io.BytesIO(b"y" * 10), environ_overrides=environ)

    assert answer.status_code == 422
    assert answer.text == "The connection ended before the whole body arrived."
    assert _staged(tmp_path) == 0


def test_a_form_that_breaks_off_says_so_on_a_server_that_ends_the_stream(client: FlaskClient) -> None:
    answer = client.post(
        "/form",
        input_stream=io.BytesIO(b"--x\r\nContent-Disposition: form-data; name=files; filename=a\r\n\r\ndata"),
        content_type="multipart/form-data; boundary=x",
        environ_overrides={"CONTENT_LENGTH": "500", "wsgi.input_terminated": True},
    )

    assert answer.status_code == 400
    assert "did not arrive whole" in answer.text


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="open files are listed on Linux alone")
def test_a_form_of_many_files_keeps_few_of_them_open(app: Flask, client: FlaskClient) -> None:
    @app.post("/count")
    def count() -> dict[str, int]:
        uploads.incoming_parts("files")
        return {"open": len(list(Path("/proc/self/fd").iterdir()))}

    files = [(io.BytesIO(b"%d" % number), f"{number}") for number in range(500)]

    assert client.post("/count", data={"files": files}).get_json()["open"] < 250


def test_a_body_is_read_up_to_its_length_in_any_bites(app: Flask) -> None:
    @app.post("/bites")
    def bites() -> list[str]:
        stream = request.stream
        some = [stream.read(3), stream.read(0), stream.read(100), stream.read(100), stream.read()]
        return [bite.decode() for bite in some]

    answer = app.test_client().post(
        "/bites",
        input_stream=io.BytesIO(b"0123456789 of the next request"),
        environ_overrides={"CONTENT_LENGTH": "10"},
    )

    assert answer.get_json() == ["012", "", "3456789", "", ""]


def test_a_chunked_body_without_a_length_is_measured_while_it_arrives(client: FlaskClient) -> None:
    answer = client.post(
        "/raw", input_stream=io.BytesIO(b"y" * 60_000), environ_overrides={"wsgi.input_terminated": True}
    )

    assert answer.status_code == 422
