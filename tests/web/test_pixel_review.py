"""The pages of the review of burned-in text, by forms alone: sheets, one object, others like it, undo, done."""

import html
import re

import pytest

from dicomgallery.catalog import deid_review as catalog
from dicomgallery.catalog.deid_review import Stage
from dicomgallery.dicom import synthetic
from dicomgallery.models import db
from dicomgallery.services.deid_runs.review import areas
from tests.burned import burned, waiting
from tests.conftest import Gallery
from tests.web.conftest import Browser

QUEUE = "/deidentify/1/review"


@pytest.fixture
def queue(browser: Browser, gallery: Gallery) -> str:
    """The queue of a run with three objects of one kind, and one of several frames."""
    files = [burned((20, 20), number=number) for number in (1, 2, 3)]
    waiting(gallery, *files, burned((20, 20), rows=200, number=4, frames=12))
    browser.client.get(QUEUE)
    return QUEUE


def stages(gallery: Gallery) -> list[Stage]:
    db.session.rollback()
    return [one.stage for one in catalog.entries(gallery.scope, gallery.actor.id, 1)]


def boxes(gallery: Gallery, number: int) -> list[tuple[int, ...]]:
    db.session.rollback()
    decision = catalog.entry(gallery.scope, gallery.actor.id, 1, number).decision
    return [tuple(area.box) for area in areas.read(decision.boxes)] if decision else []


def form(*rows: tuple[str, str, str, str], keep: tuple[int, ...] = (0, 1, 2), **more: str) -> dict[str, object]:
    """A form with boxes, as browsers send it."""
    names = ("left", "top", "width", "height")
    columns = {name: [row[place] for row in rows] for place, name in enumerate(names)}
    return {**columns, "keep": [str(one) for one in keep], "origin": ["drawn"] * len(rows), **more}


def test_a_contact_sheet_shows_each_object_with_its_boxes_and_names_nobody_in_its_addresses(
    browser: Browser, queue: str
) -> None:
    page = browser.get(queue).text

    assert "set 4 objects apart" in page
    assert page.count("<title>Box 1, found by the detector</title>") == 4
    pictures = re.findall(r'<img src="(/pictures/[^"]+)"', page)
    assert len(pictures) == 4
    assert browser.get(pictures[0]).status_code == 200
    assert "12 frames" in page
    assert not re.search(r"(?i)qvistgaard|7731", page)
    assert "Review burned-in text" in browser.get("/deidentify/1").text
    assert "All are decided" not in page


def test_one_object_is_accepted_with_the_boxes_that_are_ticked_and_the_next_one_follows(
    browser: Browser, queue: str, gallery: Gallery
) -> None:
    page = browser.get(f"{queue}/1").text
    (found,) = re.findall(r'name="left" value="(\d+)"', page)
    assert 'data-place="0"' in page
    assert "Another box" in page

    answer = browser.post(
        f"{queue}/1",
        form((found, "20", "80", "30"), ("5", "5", "9", "9"), ("", "", "", ""), keep=(0, 2), verdict="accept"),
    )

    assert (answer.status_code, answer.location) == (303, f"{queue}/2")
    assert boxes(gallery, 1) == [(int(found), 20, int(found) + 80, 50)]
    again = browser.get(f"{queue}/1").text
    assert "to be painted" in again
    # What was proposed and is not painted is still there to be ticked.
    assert re.findall(r'name="keep" value="(\d)">', again) == ["1"]
    assert browser.post(f"{queue}/2", {"verdict": "reject"}).location == f"{queue}/3"
    assert browser.post(f"{queue}/3", {"verdict": "leave"}).location == f"{queue}/4"
    assert browser.post(f"{queue}/4", form(("0", "0", "300", "60"), verdict="accept")).location == queue
    assert stages(gallery) == [Stage.ACCEPT, Stage.REJECT, Stage.LEAVE, Stage.ACCEPT]


def test_what_was_decided_is_undone_by_a_form_and_then_carried_out(
    browser: Browser, queue: str, gallery: Gallery
) -> None:
    browser.post(f"{queue}/2", {"verdict": "reject"})
    assert browser.post(f"{queue}/undo", {}).location == f"{queue}/2"
    assert stages(gallery)[1] is Stage.OPEN
    assert browser.post(f"{queue}/undo", {}).status_code == 409
    browser.post(f"{queue}/1", form(("10", "10", "290", "50"), verdict="accept"))

    answer = browser.post(f"{queue}/carry-out", {})

    assert answer.location == queue
    going = browser.get(queue)
    assert going.headers["Refresh"] == "2"
    assert "Painting, looking again" in going.text
    gallery.work()
    assert stages(gallery)[0] is Stage.DONE
    assert re.findall(r'x="(\d+)" y="\d+" width="290"', browser.get(f"{queue}/1").text) == ["10"]
    assert "The copy is taken in." in browser.get(f"{queue}/1").text
    report = re.sub(r"<[^>]+>", "", browser.get("/deidentify/1/report").text)
    assert f"1 reviewed by {gallery.actor.id}" in report
    assert "1 area painted black" in report
    assert browser.post(f"{queue}/carry-out", {}).status_code == 422


def test_others_of_the_same_kind_are_looked_at_before_they_are_treated_alike(
    browser: Browser, queue: str, gallery: Gallery
) -> None:
    assert "look at 2 others like it" in browser.get(f"{queue}/1").text
    answer = browser.post(f"{queue}/1", form(("0", "0", "320", "60"), verdict="accept+"))
    assert answer.location == f"{queue}/1/alike"

    page = browser.get(answer.location).text

    assert re.findall(r'name="number" value="(\d)" checked', page) == ["2", "3"]
    assert len(re.findall(r'<rect class="sight-box sight-drawn" x="0" y="0" width="320" height="60"', page)) == 2
    assert browser.post(f"{queue}/1/alike", {"number": ["3", "4", "x", "9" * 30]}).location == f"{queue}/2"
    assert stages(gallery) == [Stage.ACCEPT, Stage.OPEN, Stage.ACCEPT, Stage.OPEN]
    assert boxes(gallery, 3) == [(0, 0, 320, 60)]
    assert browser.post(f"{queue}/1/alike", {}).status_code == 422
    assert "No others like it wait" in browser.get(f"{queue}/4/alike").text


def test_frames_of_an_object_are_shown_and_the_boxes_hold_for_all(browser: Browser, queue: str) -> None:
    page = html.unescape(browser.get(f"{queue}/4?frame=12").text)

    assert "The boxes hold for all 12 frames. 12 were searched." in page
    assert re.findall(r"Frame (\d+)</span>", page) == ["1", "3", "4", "6", "7", "9", "10", "12"]
    (src,) = re.findall(r'<image href="([^"]+)"', page)
    assert browser.get(src).status_code == 200
    for frame in ("0", "99", "x", "-1", "9" * 40):
        assert browser.get(f"{queue}/4?frame={frame}&window=auto&invert=1").status_code == 200


def test_a_form_that_cannot_be_meant_is_refused_in_words_and_keeps_what_was_typed(
    browser: Browser, queue: str, gallery: Gallery
) -> None:
    for sent, words in (
        ({"verdict": "explode"}, "Say what is to become of it"),
        ({}, "Say what is to become of it"),
        ({"verdict": "accept"}, "no box to paint"),
        (form(("1", "2", "3", ""), verdict="accept"), "four whole numbers"),
        (form(("<b>", "2", "3", "4"), verdict="accept"), "four whole numbers"),
        (form(("1", "2", "9999999", "4"), verdict="accept"), "four whole numbers"),
        (form(("900", "2", "3", "4"), verdict="accept"), "no pixel of the picture"),
        (form(("1", "2", "0", "4"), verdict="accept"), "no pixel of the picture"),
        (form(*[(str(n), "1", "2", "2") for n in range(250)], keep=tuple(range(250)), verdict="accept"), "At most 200"),
    ):
        answer = browser.post(f"{queue}/1", sent)
        assert answer.status_code == 422, sent
        assert words in html.unescape(answer.text), sent
    assert 'value="900"' in browser.post(f"{queue}/1", form(("900", "2", "3", "4"), verdict="accept")).text
    assert set(stages(gallery)) == {Stage.OPEN}
    for path in (f"{queue}/9", f"{queue}/99999999999999999999", "/deidentify/9/review", f"{queue}/9/alike"):
        assert browser.get(path).status_code == 404, path
    assert browser.post(f"{queue}/9", {"verdict": "reject"}).status_code == 404
    for args in ("?stage=none&after=x", "?stage=all&after=3", "?stage=open&after=" + "9" * 40):
        assert browser.get(queue + args).status_code == 200, args


def test_a_run_without_suspects_says_that_nothing_waits(browser: Browser, gallery: Gallery) -> None:
    waiting(gallery, *synthetic.ct_series(1, 16, 16))

    assert "Nothing waits here" in browser.get(QUEUE).text
    assert "Review burned-in text" not in browser.get("/deidentify/1").text
