"""What every HTTP door shares: who may ask, from where, and what every answer carries."""

import base64
import gzip
import html
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask, Response, jsonify, request, session
from flask.testing import FlaskClient

from dicomgallery import serving
from dicomgallery import settings as settings_room
from dicomgallery.access import Permission
from dicomgallery.errors import ConflictError, GalleryError, NotFoundError, TooLargeError, UnavailableError
from dicomgallery.serving import csrf, errors, identity
from dicomgallery.serving.identity import current_actor, needs, open_to_all
from dicomgallery.settings import Settings
from dicomgallery.storage.staging import StorageFullError

PAGE = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


CLOSED: list[str] = []
"""Which answers have run what they were to run at their end."""


class House:
    """A small application on the real `serving`, whose settings a test may choose."""

    def __init__(self, tmp_path: Path) -> None:
        self.settings = Settings(data=tmp_path)
        (tmp_path / "static/js").mkdir(parents=True)
        (tmp_path / "static/js/main.js").write_text("export const word = 'calm';\n" * 100)
        (tmp_path / "templates/errors").mkdir(parents=True)
        (tmp_path / "templates/errors/error.html").write_text("<h1>{{ title }}</h1><p>{{ sentence }}</p>")
        self.app = Flask("house", root_path=str(tmp_path))
        self.app.config.update(SECRET_KEY="k", SESSION_COOKIE_SAMESITE="Lax", SESSION_COOKIE_NAME="dicomgallery")
        serving.init_app(self.app)
        self.app.before_request(self._enter)
        self.app.before_request_funcs[None].insert(0, self.app.before_request_funcs[None].pop())
        _routes(self.app)

    def _enter(self) -> None:
        settings_room.use(self.settings)

    def client(self) -> FlaskClient:
        return self.app.test_client()


def _routes(app: Flask) -> None:
    @app.get("/page")
    @open_to_all("test")
    def page() -> str:
        return csrf.token()

    @app.post("/write")
    @needs(Permission.EDIT)
    def write() -> str:
        return f"written by {current_actor().id}"

    @app.post("/sign-in")
    @open_to_all("test")
    def sign_in() -> str:
        if identity.password_is_right(request.form.get("password", "")):
            identity.sign_in()
        return str(len(session))

    @app.get("/long")
    @open_to_all("test")
    def long() -> Response:
        return jsonify(words=["calm"] * 1000)

    @app.get("/closing/<kind>")
    @open_to_all("test")
    def closing(kind: str) -> Response:
        body = iter(["one ", "two"]) if kind == "stream" else ["one ", "two"]
        answer = Response(body, 204 if kind == "nothing" else 200)
        answer.call_on_close(lambda: CLOSED.append(kind))
        return answer

    @app.get("/fail/<kind>")
    @app.get("/api/fail/<kind>", endpoint="api_fail")
    @open_to_all("test")
    def fail(kind: str) -> str:
        raise {
            "missing": NotFoundError("There is no such image."),
            "large": TooLargeError("It is too large."),
            "full": StorageFullError(),
            "busy": UnavailableError("Not now."),
            "conflict": ConflictError("It is taken."),
            "plain": GalleryError("Odd."),
            "surprise": ZeroDivisionError("PATIENT^NAME"),
        }[kind]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path)
    token = settings_room.use(house.settings)
    identity.attempts.clear()
    yield house
    settings_room.done_with(token)


# ---------------------------------------------------------------- who may write


def test_a_program_without_a_session_may_write(house: House) -> None:
    assert house.client().post("/write").text == "written by owner"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "http://localhost:8000"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://localhost:8000"},
    ],
)
def test_a_page_of_another_site_may_not_write(house: House, headers: dict[str, str]) -> None:
    answer = house.client().post("/write", headers=headers)

    assert answer.status_code == 403
    assert answer.get_json()["detail"] == csrf.ELSEWHERE


@pytest.mark.parametrize(
    "headers", [{"Origin": "http://localhost"}, {"Sec-Fetch-Site": "same-origin", "Origin": "null"}]
)
def test_our_own_page_without_cookies_may_write(house: House, headers: dict[str, str]) -> None:
    assert house.client().post("/write", headers=headers).status_code == 200


def test_a_browser_with_a_session_needs_the_token(house: House) -> None:
    client = house.client()
    token = client.get("/page").text

    assert client.post("/write").status_code == 403
    assert client.post("/write", headers={"X-CSRFToken": "wrong"}).status_code == 403
    assert client.post("/write", headers={"X-CSRFToken": token}).status_code == 200
    assert client.post("/write", data={"csrf_token": token}).status_code == 200
    multipart = client.post("/write", data={"csrf_token": token}, content_type="multipart/form-data")
    assert multipart.status_code == 200


def test_a_token_of_another_session_is_worth_nothing(house: House) -> None:
    stolen = house.client().get("/page").text
    client = house.client()
    client.get("/page")

    assert client.post("/write", headers={"X-CSRFToken": stolen}).status_code == 403


def test_the_token_does_not_help_a_page_of_another_site(house: House) -> None:
    client = house.client()
    token = client.get("/page").text

    answer = client.post("/write", headers={"X-CSRFToken": token, "Origin": "http://evil.example"})

    assert answer.status_code == 403


def test_a_form_over_plain_http_whose_origin_is_hidden_goes_by_its_token(house: House) -> None:
    client = house.client()
    token = client.get("/page").text

    assert client.post("/write", data={"csrf_token": token}, headers={"Origin": "null"}).status_code == 200


# ---------------------------------------------------------------- which host


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:5000", "[::1]:5000", "LocalHost:80"])
def test_the_names_of_this_machine_are_answered(house: House, host: str) -> None:
    assert house.client().get("/page", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "192.168.1.7", "localhost.evil.example", "a b", "localhost:99999"])
def test_another_name_is_refused(house: House, host: str) -> None:
    assert house.client().get("/page", headers={"Host": host}).status_code == 400


def test_a_trusted_name_and_its_addresses_are_answered(house: House, tmp_path: Path) -> None:
    house.settings = Settings(
        data=tmp_path, host="0.0.0.0", owner_password="secret", trusted_hosts=("gallery.ward", ".clinic.example")
    )

    def status(host: str) -> int:
        return house.client().get("/page", headers={"Host": host}).status_code

    assert [status(host) for host in ("gallery.ward:5000", "ct.clinic.example", "10.0.0.7")] == [200, 200, 200]
    assert status("other.ward") == 400


# ---------------------------------------------------------------- who asks


def test_without_a_password_only_this_machine_is_served(house: House) -> None:
    answer = house.client().post("/write", environ_overrides={"REMOTE_ADDR": "192.168.1.7"})

    assert answer.status_code == 403
    assert "DICOMGALLERY_OWNER_PASSWORD" in answer.get_json()["detail"]


@pytest.fixture
def guarded(house: House, tmp_path: Path) -> House:
    house.settings = Settings(data=tmp_path, host="0.0.0.0", owner_password="pässwörd")
    return house


def test_a_guarded_gallery_asks_for_the_password(guarded: House) -> None:
    client = guarded.client()

    assert client.post("/write").status_code == 401
    client.post("/sign-in", data={"password": "wrong"})
    assert client.post("/write").status_code == 401
    client.post("/sign-in", data={"password": "pässwörd"})
    token = client.get("/page").text
    assert client.post("/write", headers={"X-CSRFToken": token}).text == "written by owner"


def test_a_new_password_ends_every_session(guarded: House, tmp_path: Path) -> None:
    client = guarded.client()
    client.post("/sign-in", data={"password": "pässwörd"})
    token = client.get("/page").text

    guarded.settings = Settings(data=tmp_path, host="0.0.0.0", owner_password="another")

    assert client.post("/write", headers={"X-CSRFToken": token}).status_code == 401


def test_a_program_signs_in_with_each_request(guarded: House) -> None:
    def basic(user: str, password: str) -> int:
        pair = base64.b64encode(f"{user}:{password}".encode()).decode()
        return guarded.client().post("/write", headers={"Authorization": f"Basic {pair}"}).status_code

    assert basic("owner", "pässwörd") == 200
    assert basic("owner", "wrong") == 401
    assert basic("other", "pässwörd") == 401


def test_after_five_wrong_passwords_even_the_right_one_must_wait(guarded: House) -> None:
    client = guarded.client()
    for _ in range(5):
        assert client.post("/sign-in", data={"password": "wrong"}).status_code == 200

    answer = client.post("/sign-in", data={"password": "pässwörd"})

    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0


# ---------------------------------------------------------------- failures


@pytest.mark.parametrize(
    ("kind", "status"),
    [("missing", 404), ("large", 413), ("full", 507), ("busy", 503), ("conflict", 409), ("plain", 500)],
)
def test_each_failure_has_one_status_and_its_sentence(house: House, kind: str, status: int) -> None:
    machine = house.client().get(f"/api/fail/{kind}", headers=PAGE)
    person = house.client().get(f"/fail/{kind}", headers=PAGE)

    assert (machine.status_code, person.status_code) == (status, status)
    assert machine.mimetype == "application/problem+json"
    assert machine.get_json()["detail"] in html.unescape(person.text)
    assert machine.get_json()["request_id"] == machine.headers["X-Request-Id"]


def test_the_text_of_a_surprise_never_leaves(house: House, caplog: pytest.LogCaptureFixture) -> None:
    answer = house.client().get("/fail/surprise", headers=PAGE)

    assert answer.status_code == 500
    assert "PATIENT" not in answer.text
    assert errors.SENTENCES[500] in html.unescape(answer.text)
    assert any(record.exc_info for record in caplog.records)


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/nowhere", 404), ("POST", "/page", 405)])
def test_an_address_that_does_not_answer_says_so(house: House, method: str, path: str, status: int) -> None:
    answer = house.client().open(path, method=method, headers=PAGE)

    assert answer.status_code == status
    assert errors.SENTENCES[status] in answer.text
    if status == 405:
        assert "GET" in answer.headers["Allow"]


# ---------------------------------------------------------------- what every answer carries


@pytest.mark.parametrize(
    "path", ["/page", "/long", "/nowhere", "/api/fail/missing", "/fail/surprise", "/static/js/main.js"]
)
def test_every_answer_carries_the_headers(house: House, path: str) -> None:
    headers = house.client().get(path).headers

    assert "script-src 'self'" in headers["Content-Security-Policy"]
    assert "media-src 'self'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Opener-Policy"] == headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["X-Request-Id"]
    assert headers["Cache-Control"]
    if "static" not in path:
        assert "private" in headers["Cache-Control"]


def test_long_text_is_compressed_for_who_can_read_it(house: House) -> None:
    plain = house.client().get("/long")
    packed = house.client().get("/long", headers={"Accept-Encoding": "gzip, br"})

    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert len(packed.data) < len(plain.data) / 10
    assert json.loads(gzip.decompress(packed.data)) == plain.get_json()
    assert packed.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"


def test_a_static_file_is_kept_for_ever_under_the_address_of_its_version(house: House) -> None:
    with house.app.test_request_context():
        address = house.app.url_for("static", filename="js/main.js")

    kept = house.client().get(address)
    bare = house.client().get("/static/js/main.js")

    assert address != "/static/js/main.js"
    assert "immutable" in kept.headers["Cache-Control"]
    assert bare.headers["Cache-Control"] == "no-cache"
    assert kept.data == bare.data
    again = house.client().get("/static/js/main.js", headers={"If-None-Match": bare.headers["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize(
    "path", ["/static/../templates/errors/error.html", "/static/js/none.js", "/static/v0/js/main.js"]
)
def test_nothing_but_the_static_folder_is_served(house: House, path: str) -> None:
    assert house.client().get(path).status_code == 404


def test_the_log_has_the_route_and_never_the_path_or_the_query(house: House, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "dicomgallery.serving.requests")

    answer = house.client().get("/fail/missing?q=SMITH")

    (record,) = [record for record in caplog.records if record.getMessage() == "request"]
    assert vars(record)["route"] == "/fail/<kind>"
    assert vars(record)["status"] == 404
    assert answer.headers["X-Request-Id"]
    assert "SMITH" not in str(vars(record))
    assert "missing" not in str(vars(record))


@pytest.mark.parametrize(
    ("kind", "method", "text"),
    [
        ("list", "GET", "one two"),
        ("list", "HEAD", ""),
        ("stream", "GET", "one two"),
        ("stream", "HEAD", ""),
        ("nothing", "GET", ""),
    ],
)
def test_an_answer_closes_once_however_it_goes_out(house: House, kind: str, method: str, text: str) -> None:
    CLOSED.clear()
    answer = house.client().open(f"/closing/{kind}", method=method)

    assert answer.text == text
    answer.close()
    assert [kind] == CLOSED


def test_an_answer_that_is_at_hand_is_one_list(house: House) -> None:
    environ = house.client().get("/page").request.environ

    with house.app.app_context():
        assert isinstance(house.app.response_class(["one ", "two"]).get_app_iter(environ), list)
        assert not isinstance(house.app.response_class(iter(["one"])).get_app_iter(environ), list)


def test_an_answer_that_breaks_off_leaves_a_line_in_the_log(house: House, caplog: pytest.LogCaptureFixture) -> None:
    environ = house.client().get("/page").request.environ

    def made() -> Iterator[bytes]:
        yield b"one"
        raise ValueError("secret")

    with house.app.app_context():
        pieces = iter(house.app.response_class(made()).get_app_iter(environ))
        assert next(pieces) == b"one"
        with pytest.raises(ValueError, match="secret"):
            next(pieces)

    assert [record.message for record in caplog.records if record.exc_info] == ["an answer broke off"]


def test_a_session_with_a_wrong_signature_is_an_empty_one(house: House) -> None:
    client = house.client()
    client.set_cookie("dicomgallery", "eyJvd25lciI6MX0.forged")

    assert client.post("/sign-in", headers={"Sec-Fetch-Site": "same-origin"}).status_code == 403
