"""OHIF on its own port: its files at the root, DICOMweb beside them, the gallery's rules for both; the ways there."""

import base64
import gzip
import hashlib
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from dicomgallery import ohif
from dicomgallery.dicom import synthetic
from dicomgallery.factory import create_ohif
from dicomgallery.models import db
from dicomgallery.serving import identity
from dicomgallery.settings import Settings
from dicomgallery.supervisor.fetching import unpack
from tests.conftest import Gallery
from tests.ohif_package import FILES, PAGE, SCRIPT, package
from tests.web.conftest import Browser

PORT = 8042
HASHED = "12.bundle.0f6159c501addfe9.js"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, ohif_port=PORT)


def bring(data: Path) -> None:
    ohif.home(data).mkdir(parents=True)
    unpack(io.BytesIO(package()), ohif.place(data))


@pytest.fixture
def there(app: Flask, settings: Settings) -> Iterator[FlaskClient]:
    """A program at OHIF's port, where OHIF has been fetched."""
    bring(settings.data)
    own = create_ohif(settings)
    yield own.test_client()
    with own.app_context():
        db.engine.dispose()


def test_every_address_of_its_parts_is_its_page(there: FlaskClient) -> None:
    for path in ("/", "/viewer?StudyInstanceUIDs=1.2", "/segmentation", "/images/1/detail", "/a/b/c"):
        answer = there.get(path)
        assert (answer.status_code, answer.mimetype, answer.data) == (200, "text/html", PAGE), path


def test_its_files_come_as_they_are_kept_or_unpacked(there: FlaskClient) -> None:
    kinds = {
        "package/dist/app.js": "text/javascript",
        "package/dist/34b1e6b1deb5828e.wasm": "application/wasm",
        "package/dist/assets/mark.svg": "image/svg+xml",
        "package/LICENSE": "application/octet-stream",
    }
    for inside, kind in kinds.items():
        path = "/" + inside.removeprefix("package/").removeprefix("dist/")
        packed = there.get(path, headers={"Accept-Encoding": "gzip"})
        plain = there.get(path)
        assert (packed.mimetype, packed.headers["Content-Encoding"]) == (kind, "gzip")
        assert (plain.mimetype, plain.headers.get("Content-Encoding")) == (kind, None)
        assert gzip.decompress(packed.data) == plain.data == FILES[inside]
        assert "Accept-Encoding" in plain.headers["Vary"]


def test_what_is_named_by_its_content_is_kept_for_ever_the_rest_asked_for_again(there: FlaskClient) -> None:
    packed = {"Accept-Encoding": "gzip"}
    kept, asked = there.get(f"/{HASHED}", headers=packed), there.get("/", headers=packed)

    assert "immutable" in kept.headers["Cache-Control"]
    assert asked.headers["Cache-Control"] == "private, no-cache"
    assert there.get("/", headers={**packed, "If-None-Match": asked.headers["ETag"]}).status_code == 304


def test_it_may_do_no_more_than_it_needs_and_only_here(there: FlaskClient) -> None:
    digest = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
    page, worker = (there.get(path).headers["Content-Security-Policy"] for path in ("/", f"/{HASHED}"))

    assert f"script-src 'self' 'wasm-unsafe-eval' 'sha256-{digest}';" in page
    assert "connect-src 'self';" in page
    assert "'unsafe-eval'" not in page
    assert "'unsafe-eval'" in worker
    for policy in (page, worker):
        assert policy.startswith("default-src 'none';")
        assert not re.search(r"https?:|\*", policy)


def test_its_configuration_names_this_host_alone(there: FlaskClient) -> None:
    answer = there.get("/app-config.js")

    assert answer.mimetype == "text/javascript"
    assert answer.text.startswith("window.config = {")
    assert '"qidoRoot": "/dicom-web"' in answer.text
    assert "//" not in answer.text


def test_there_is_nothing_else_at_its_port(there: FlaskClient) -> None:
    strange = ["/../gallery.db", "/..%2f..%2fgallery.db", "/app%00.js", "/é.js", "/" + "x" * 5000 + ".js"]
    for path in ("/none.js", "/app.js.map", "/index.html.gz", *strange):
        assert there.get(path).status_code == 404, path


def test_nothing_is_written_through_its_pages(there: FlaskClient) -> None:
    answers = [there.open("/selection/bin", method=method) for method in ("POST", "PUT", "DELETE")]

    assert [answer.status_code for answer in answers] == [405, 405, 405]


def test_the_gallery_answers_there_where_ohif_asks_it(there: FlaskClient) -> None:
    assert there.get("/healthz").json == {"status": "ok", "version": there.get("/healthz").json["version"]}
    assert there.get("/dicom-web/nothing/of/this/name").mimetype == "application/problem+json"
    assert there.get("/login").status_code == 303


def test_a_name_that_is_not_ours_is_not_answered(there: FlaskClient) -> None:
    assert there.get("/", headers={"Host": "evil.example"}).status_code == 400


def test_until_it_is_there_its_port_says_why_not(app: Flask, settings: Settings) -> None:
    own = create_ohif(settings)
    ohif.home(settings.data).mkdir(parents=True)
    waiting = own.test_client().get("/", headers={"Accept": "text/html"})
    ohif.tell_why_not(settings.data, "The npm registry could not be reached.")
    failed = own.test_client().get("/viewer", headers={"Accept": "text/html"})
    unpack(io.BytesIO(package()), ohif.place(settings.data))

    assert (waiting.status_code, failed.status_code) == (503, 503)
    assert "OHIF is being fetched" in waiting.text
    assert "The npm registry could not be reached." in failed.text
    assert own.test_client().get("/viewer").data == PAGE
    with own.app_context():
        db.engine.dispose()


class TestWithAPassword:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        identity.attempts.clear()
        return replace(settings, host="0.0.0.0", owner_password="open sesame")

    def test_who_has_not_signed_in_is_led_to_it_and_back(self, there: FlaskClient) -> None:
        browser = Browser(there)
        asked = browser.get("/viewer?StudyInstanceUIDs=1.2")
        browser.get(asked.location)
        done = browser.post("/login", {"password": "open sesame", "next": "/viewer?StudyInstanceUIDs=1.2"})

        assert asked.location.startswith("/login?next=/viewer")
        assert done.location == "/viewer?StudyInstanceUIDs=1.2"
        assert browser.get(done.location).data == PAGE

    def test_programs_and_files_need_the_password_too(self, there: FlaskClient) -> None:
        assert there.get("/app.js").status_code == 401
        assert there.get("/app.js", auth=("owner", "open sesame")).status_code == 200


class TestWaysThere:
    @pytest.fixture
    def study_uid(self, gallery: Gallery) -> str:
        (one,) = synthetic.ct_series(1, 32, 32)
        gallery.ingest(one)
        gallery.work()
        return str(one.StudyInstanceUID)

    def test_a_study_and_its_card_lead_to_it(self, study_uid: str, browser: Browser, settings: Settings) -> None:
        bring(settings.data)
        way = f'href="//localhost:{PORT}/viewer?StudyInstanceUIDs={study_uid}"'

        assert f"{way}>" in browser.get("/studies/1").text
        for path in ("/patients/1", "/?level=studies"):
            assert f'{way} title="Open in OHIF">' in browser.get(path).text

    def test_while_it_is_fetched_the_pages_say_so(self, study_uid: str, browser: Browser) -> None:
        for path in ("/studies/1", "/patients/1"):
            page = browser.get(path).text
            assert "OHIF is being fetched" in page
            assert study_uid not in re.findall(r'href="([^"]*)"', page)


class TestWithoutTheSetting:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return replace(settings, ohif_port=0)

    def test_no_page_speaks_of_it(self, gallery: Gallery, browser: Browser, settings: Settings) -> None:
        gallery.ingest(*synthetic.ct_series(1, 32, 32))
        bring(settings.data)

        for path in ("/studies/1", "/patients/1", "/?level=studies"):
            answer = browser.get(path)
            assert answer.status_code == 200
            assert "OHIF" not in answer.text
