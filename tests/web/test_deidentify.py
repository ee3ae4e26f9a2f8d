"""The pages of de-identification: drafted by a form, previewed, started, told, reported; all without a script."""

import html
import io
import json
import re

import pytest
from flask.testing import FlaskClient
from pydicom import Dataset

from dicomgallery.dicom import synthetic
from tests.conftest import Gallery
from tests.web.conftest import HOSTILE, Browser


def named() -> list[Dataset]:
    made = synthetic.ct_series(3, 16, 16)
    for one in made:
        one.PatientName, one.PatientID = "Qvistgaard^Thora", "QX-7731-05"
    return made


def page(browser: Browser, path: str) -> str:
    return html.unescape(browser.get(path).text)


def told(text: str) -> str:
    """What a page says, without its markup."""
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


@pytest.fixture
def draft(browser: Browser, gallery: Gallery) -> str:
    """The page of a draft."""
    gallery.ingest(*named())
    gallery.work()
    browser.client.get("/series/1/plane.png")
    answer = browser.post("/deidentify", {"series": "1"})
    assert (answer.status_code, answer.location) == (303, "/deidentify/1")
    return answer.location


def test_every_place_that_shows_images_offers_it(browser: Browser, gallery: Gallery) -> None:
    gallery.ingest(*named())
    gallery.work()

    for path, field in (
        ("/images/1/detail", 'name="images" value="1"'),
        ("/series/1", 'name="series" value="1"'),
        ("/studies/1", 'name="studies" value="1"'),
        ("/patients/1", 'name="patients" value="1"'),
    ):
        (form,) = re.findall(r'<form method="post" action="/deidentify">.*?</form>', browser.get(path).text, re.DOTALL)
        assert field in form, path
    for path in ("/", "/?level=images", "/series/1", "/studies/1", "/patients/1"):
        assert 'formaction="/deidentify"' in browser.get(path).text, path
    answer = browser.post("/deidentify", {"all": "1", "query": "q=qvistgaard&level=studies"})
    assert "De-identify 3 objects" in browser.see(answer)
    assert browser.post("/deidentify", {"images": "99"}).status_code == 404
    assert browser.post("/deidentify").status_code == 422


def test_a_draft_shows_each_change_with_its_rule_and_narrows_to_an_action(browser: Browser, draft: str) -> None:
    text = browser.get(draft).text

    row = next(part for part in text.split("<tr") if "(0010,0010)" in part)
    assert '<td class="deid-old" data-identity><bdi>Qvistgaard Thora</bdi>' in row
    assert re.search(r"pseudonym</span> <bdi>SUBJ-\w{10}</bdi>", row)
    assert "E.1-1 Z" in row
    assert "(0028,0010)" not in text
    only = page(browser, f"{draft}?object=2&action=uid")
    assert "Object 2 of 3" in only
    assert "(0010,0010)" not in only.partition("<tbody>")[2]
    assert "(0008,0018)" in only
    assert "(0028,0010)" in page(browser, f"{draft}?action=kept")
    for odd in ("object=0", "object=x", "object=" + "9" * 40, "action=nothing", "from=99999", "tag=" + "x" * 5000):
        assert browser.get(f"{draft}?{odd}").status_code == 200


def test_options_and_overrides_are_chosen_by_forms_and_what_is_wrong_is_said_with_what_was_typed(
    browser: Browser, draft: str
) -> None:
    chosen = {"option": ["clean_desc", "retain_patient_chars"], "burned_in": "blank", "object": "2", "action": "clean"}

    answer = browser.post(f"{draft}/profile", chosen)

    assert answer.location == f"{draft}?object=2&action=clean"
    text = page(browser, draft)
    assert re.findall(r'value="(\w+)" checked', text) == ["retain_patient_chars", "clean_desc", "blank"]
    assert "Basic Profile with 3 options" in text
    override = {"tag": "(0008,0080)", "choice": "keep", "reason": ""}
    refused = browser.post(f"{draft}/override", override)
    assert refused.status_code == 422
    assert 'name="tag" value="(0008,0080)"' in refused.text
    assert "needs a reason in words" in refused.text
    browser.post(f"{draft}/override", {**override, "reason": HOSTILE})
    assert HOSTILE in page(browser, draft)
    assert "<script>alert" not in browser.get(draft).text
    assert "run 1, version 1" in page(browser, draft)
    browser.post(f"{draft}/restore", {"tag": "(0008,0080)"})
    assert HOSTILE not in page(browser, draft)
    for path, data in (
        ("profile", {"burned_in": "frame"}),
        ("profile", {"burned_in": "keep", "option": "retain_uids"}),
        ("profile", {"burned_in": "keep", "option": "x" * 5000}),
        ("override", {"tag": "\0", "choice": "keep", "reason": "x"}),
    ):
        assert browser.post(f"{draft}/{path}", data).status_code == 422, data


def test_a_run_is_told_while_it_goes_on_and_after_with_its_copies_and_its_report(
    browser: Browser, gallery: Gallery, draft: str
) -> None:
    assert browser.post(f"{draft}/start").location == draft
    waiting = browser.get(draft)
    assert (waiting.headers["Refresh"], "Waiting for its turn" in waiting.text) == ("2", True)
    assert browser.post(f"{draft}/start").status_code == 409

    gallery.work()

    text = page(browser, draft)
    assert "Refresh" not in browser.get(draft).headers
    assert "3 de-identified" in told(text)
    assert '<a href="/studies/2">' in text
    assert re.findall(r'<a href="/images/(\d+)/detail">copy</a>', text) == ["4", "5", "6"]
    report = browser.get(f"{draft}/report").text
    assert "Signed." in report
    assert "Qvistgaard" not in report
    sent = browser.get(f"{draft}/report.json")
    assert sent.headers["Content-Disposition"] == 'attachment; filename="de-identification-1.json"'
    assert json.loads(sent.text)["report"]["counts"]["outcomes"]["written"] == 3
    assert browser.get("/images/4/detail").text.count("Qvistgaard") == 0
    assert "done" in browser.get("/deidentify").text
    assert "is removed from the list" in browser.see(browser.post(f"{draft}/remove"))
    assert browser.get(draft).status_code == 404
    assert browser.get("/studies/2").status_code == 200


def test_what_is_set_apart_is_listed_first_with_its_reason(browser: Browser, gallery: Gallery) -> None:
    gallery.ingest(*named(), synthetic.us_cine(2, 48, 64))
    gallery.work()
    answer = browser.post("/deidentify", {"all": "1", "query": ""})
    assert "It waits for a person." in page(browser, f"{answer.location}?object=1")

    browser.post(f"{answer.location}/start")
    gallery.work()

    text = page(browser, answer.location)
    assert "It is an ultrasound image" in text
    assert "3 de-identified 1 set apart" in told(text)
    assert re.findall(r'aria-current="true">([\w ]+) <small>', text) == ["set apart"]


def test_profiles_are_kept_in_versions_and_go_out_as_they_came_in(browser: Browser, draft: str) -> None:
    profile = {
        "name": "Trial 7",
        "options": ["clean_desc"],
        "overrides": {"(0008,0080)": {"action": "keep", "reason": "Sites."}},
    }

    first = browser.post("/deidentify/profiles", {"json": json.dumps(profile)})

    shown = browser.see(first)
    assert "Version 1" in shown
    assert "Institution Name" in shown
    edited = {**profile, "name": "whatever is typed", "options": []}
    second = browser.post(first.location, {"json": json.dumps(edited)})
    assert "Version 2" in browser.see(second)
    same = browser.post(second.location, {"json": json.dumps(edited)})
    assert same.location == second.location
    sent = browser.get(f"{second.location}.json")
    assert json.loads(sent.text) == {**edited, "name": "Trial 7", "version": 2}
    again = browser.post("/deidentify/profiles", {"file": (io.BytesIO(sent.data), "p.json"), "json": ""})
    assert again.location == second.location
    assert "Trial 7" in page(browser, "/deidentify/profiles")
    browser.post(f"{draft}/take", {"profile": second.location.rpartition("/")[2]})
    assert "Trial 7, version 2" in page(browser, draft)
    kept = browser.post("/deidentify/profiles/of-run/1", {"name": "Another"})
    assert "Another" in browser.see(kept)
    for wrong in ("{", "[]", '{"name": "basic"}', '{"name": "x", "colour": 1}', "[" * 100_000):
        refused = browser.post("/deidentify/profiles", {"json": wrong})
        assert refused.status_code == 422, wrong[:40]
        assert "<textarea" in refused.text


def test_programs_get_refusals_in_json(client: FlaskClient, gallery: Gallery) -> None:
    gallery.ingest(*named())
    client.post("/deidentify", data={"series": "1"})

    answer = client.post("/deidentify/1/override", data={"tag": "x", "choice": "keep", "reason": "y"})

    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
    assert client.get("/deidentify/1/report").status_code == 404
