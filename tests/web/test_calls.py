"""Show me the call: every call on every page does what it says, and gives what the page shows."""

import ast
import contextlib
import html
import re
import shlex
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from dicomgallery.dicom import synthetic
from dicomgallery.models import db
from dicomgallery.settings import Settings
from tests.conftest import Gallery
from tests.web.conftest import Browser

CALLS = re.compile(r'<details class="calls".*?</details>', re.DOTALL)
COPIED = re.compile(r'data-copy="([^"]*)" title="Copy (REST|DICOMweb|Python)"')
CARDS = re.compile(r'<li class="card"')
VOLUMES = ("/series/1/viewer?tab=3d", "/series/1/viewer?tab=planes&layout=oblique&window=auto&slab=5")
TAKES_ONE = {"-u": "user", "-H": "header", "-o": "to", "-d": "data", "--data-binary": "data"}


def shown(text: str) -> dict[str, str]:
    """The calls of a page by their dialects."""
    (part,) = CALLS.findall(text) or [""]
    return {dialect: html.unescape(call) for call, dialect in COPIED.findall(part)}


def perform(client: FlaskClient, line: str, **more: str) -> TestResponse:
    """Do what a command of curl does, as a shell reads it."""
    command, *words, url = shlex.split(line)
    headers, data = dict(more), b""
    while words:
        option = words.pop(0)
        value = words.pop(0) if option in TAKES_ONE else ""
        match TAKES_ONE.get(option, option):
            case "header":
                name, _, said = value.partition(": ")
                headers[name] = said
            case "data":
                data = synthetic.as_bytes(synthetic.dx_image(32, 32)) if value == "@image.dcm" else value.encode()
            case "user":
                assert value == "owner"
            case other:
                assert other in {"to", "-OJ"}
    assert command == "curl"
    parts = urlsplit(url)
    assert f"{parts.scheme}://{parts.netloc}" == "http://localhost"
    return client.open(
        f"{parts.path}?{parts.query}", method="POST" if data else "GET", headers=headers, data=data or None
    )


def real(pages: list[str]) -> list[str]:
    """Those whose calls are their own; one shows examples."""
    return [path for path in pages if path != "/about/patterns"]


def lines(text: str, dialect: str) -> list[str]:
    return shown(text)[dialect].split("\n")


def test_every_command_on_every_page_is_answered(
    gallery: Gallery, client: FlaskClient, browser: Browser, every_page: list[str]
) -> None:
    browser.get(VOLUMES[0])
    gallery.work()
    done, without = {"REST": 0, "DICOMweb": 0}, []
    for path in (
        *real(every_page),
        "/series/1/viewer?tab=3d",
        "/series/1/viewer?tab=planes&layout=oblique&window=auto",
    ):
        calls = shown(browser.get(path).text)
        if not calls:
            without.append(path)
        for dialect in done.keys() & calls.keys():
            for line in calls[dialect].split("\n"):
                answer = perform(client, line)
                assert 200 <= answer.status_code < 300, (path, line, answer.text)
                assert answer.data, (path, line)
                done[dialect] += 1

    assert without == ["/bin/empty", "/api/docs"]
    assert done["REST"] > 40
    assert done["DICOMweb"] > 20


@pytest.mark.parametrize("level", ["", "&level=images", "&level=studies"])
def test_a_search_finds_by_every_dialect_what_the_page_shows(
    gallery: Gallery, client: FlaskClient, browser: Browser, level: str
) -> None:
    gallery.ingest(*synthetic.ct_series(3, 32, 32), *synthetic.mr_series(2, 32, 32), synthetic.us_cine(3, 32, 32))
    gallery.work()
    page = browser.get(f"/?modality=CT&from=2020{level}").text

    (rest,), (dicomweb,) = lines(page, "REST"), lines(page, "DICOMweb")
    assert "modality='CT', date_from='2020-01-01'" in lines(page, "Python")[-2]

    count = len(CARDS.findall(page))
    assert count == (3 if "images" in level else 1)
    assert len((perform(client, rest).json or {})["items"]) == count
    assert len(perform(client, dicomweb).json or []) == count


def test_a_picture_is_the_same_by_every_dialect(gallery: Gallery, client: FlaskClient, browser: Browser) -> None:
    gallery.ingest(synthetic.us_cine(3, 32, 32), synthetic.ct_slice())
    gallery.work()
    for path in ("/images/1/detail?frame=2", "/images/2/detail?center=60&width=350.5"):
        page = browser.get(path).text
        src = re.search(r'src="(/pictures/[^"]+)"[^>]*data-stage-image', page)
        assert src is not None

        seen = client.get(html.unescape(src[1])).data
        assert perform(client, lines(page, "REST")[1]).data == seen, path
        assert perform(client, lines(page, "DICOMweb")[1]).data == seen, path


def test_what_somebody_typed_stays_one_word_of_the_shell_and_one_text_of_python(browser: Browser) -> None:
    typed = 'O\'Brien "a b" $(touch x) `id`; & | > y \\ %27 研究'
    page = browser.get("/", query_string={"q": typed, "institution": "a'; rm -rf ~"}).text

    (line,) = lines(page, "REST")
    assert len(shlex.split(line)) == 2
    assert dict(parse_qsl(urlsplit(shlex.split(line)[1]).query))["institution"] == "a'; rm -rf ~"
    said = ast.parse(shown(page)["Python"]).body[-1]
    assert isinstance(said, ast.For)
    assert isinstance(said.iter, ast.Call)
    values = {one.arg: ast.literal_eval(one.value) for one in said.iter.keywords}
    assert values["q"] == typed
    assert values["institution"] == "a'; rm -rf ~"


def test_what_dicomweb_cannot_say_is_told_in_words(browser: Browser) -> None:
    page = browser.get("/?q=head&modality=CT&modality=MR").text

    assert "DICOMweb" not in shown(page)
    assert "DICOMweb cannot ask for free words and this choice of modality" in page


def test_a_search_that_programs_are_refused_has_no_call(client: FlaskClient, browser: Browser) -> None:
    words = " ".join("abcdefghijklmnop")
    page = browser.get("/", query_string={"q": words}).text

    assert client.get("/api/v1/series", query_string={"q": words}).status_code == 422
    assert shown(page) == {}
    assert "for which a program would be refused" in page


def test_a_name_that_was_typed_is_hidden_with_the_others(browser: Browser) -> None:
    typed = "".join(CALLS.findall(browser.get("/?q=hounsfield").text))
    not_typed = "".join(CALLS.findall(browser.get("/?modality=CT").text))

    assert typed.count("<pre") == typed.count("data-identity") == 2
    assert "data-identity" not in not_typed


def test_calls_name_nobody(gallery: Gallery, browser: Browser) -> None:
    dataset = synthetic.ct_slice()
    dataset.PatientName, dataset.PatientID, dataset.SeriesDescription = "Hounsfield^Ada", "HA-77", "Of Ada"
    gallery.ingest(dataset)
    gallery.work()

    for path in ("/", "/patients/1", "/studies/1", "/series/1", "/images/1/detail", "/series/1/viewer"):
        calls = "".join(CALLS.findall(browser.get(path).text))
        assert "<pre" in calls
        assert not re.search("Hounsfield|Ada|HA-77", calls), path


def test_a_uid_that_is_none_stands_in_no_command(gallery: Gallery, client: FlaskClient, browser: Browser) -> None:
    dataset = synthetic.ct_slice()
    dataset.StudyInstanceUID = "../'$(id)"
    gallery.ingest(dataset)
    gallery.work()

    for path in ("/studies/1", "/series/1", "/images/1/detail"):
        line = lines(browser.get(path).text, "DICOMweb")[0]
        assert "$(id)" not in line
        assert perform(client, line).status_code == 200


def test_of_what_was_replaced_dicomweb_has_nothing(gallery: Gallery, browser: Browser) -> None:
    dataset = synthetic.ct_slice()
    gallery.ingest(dataset)
    dataset.PatientComments = "Read again"
    gallery.ingest(dataset)
    gallery.work()

    assert "DICOMweb" not in shown(browser.get("/images/1/detail").text)
    assert "DICOMweb" in shown(browser.get("/images/2/detail").text)


class TestWithAPassword:
    @pytest.fixture
    def settings(self, tmp_path: Path) -> Settings:
        return Settings(data=tmp_path / "gallery", owner_password="correct horse")

    def test_calls_ask_for_it_and_do_not_hold_it(self, app: Flask) -> None:
        as_owner = {"Authorization": "Basic b3duZXI6Y29ycmVjdCBob3JzZQ=="}
        page = app.test_client().get("/upload", headers={**as_owner, "Accept": "text/html"}).text

        for dialect in ("REST", "DICOMweb"):
            (line,) = lines(page, dialect)
            assert "-u owner" in line
            assert perform(app.test_client(), line).status_code == 401
            assert perform(app.test_client(), line, **as_owner).status_code < 300
        assert "auth=('owner', getpass())" in shown(page)["Python"]
        assert "correct horse" not in page


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """The gallery, where a client of HTTP finds it."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


def test_every_program_on_every_page_runs(
    gallery: Gallery, browser: Browser, every_page: list[str], address: str, tmp_path: Path
) -> None:
    pytest.importorskip("dicomgallery.client", reason="the Python client is not here")
    (tmp_path / "image.dcm").write_bytes(synthetic.as_bytes(synthetic.dx_image(32, 32, seed=3)))
    pages = [browser.get(path, base_url=address).text for path in real(every_page)]
    programs = [calls["Python"] for calls in map(shown, pages) if "Python" in calls]

    with contextlib.chdir(tmp_path), ThreadPoolExecutor(1) as pool:
        for program in programs:
            running = pool.submit(exec, compile(program, "page", "exec"), {})
            while not running.done():
                # What the server's threads wrote meanwhile is seen by a transaction that begins now.
                db.session.rollback()
                gallery.work()
                wait([running], timeout=0.05)
            running.result()

    assert len(programs) > 15
    assert (tmp_path / "series-1.export").stat().st_size > 0
