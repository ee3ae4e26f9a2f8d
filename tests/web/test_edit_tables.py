"""Many images edited by a CSV over HTTP: form, what is wrong in it, review, apply."""

import html
import io
import re

import pytest
from pydicom import dcmread

from dicomgallery.dicom import synthetic
from dicomgallery.ingest.outcome import Accepted
from dicomgallery.models import Instance, db
from tests.conftest import Gallery
from tests.web.conftest import HOSTILE, Browser


@pytest.fixture
def images(gallery: Gallery) -> list[int]:
    """A series of three."""
    found = [one.instance_id for one in gallery.ingest(*synthetic.ct_series(3, 16, 16)) if isinstance(one, Accepted)]
    gallery.work()
    return found


def _file(text: str) -> dict[str, object]:
    return {"series": "1", "file": (io.BytesIO(text.encode()), "table.csv")}


def test_the_table_of_a_series_leaves_is_changed_and_applied(
    gallery: Gallery, browser: Browser, images: list[int]
) -> None:
    assert "/edits/table?series=1" in browser.get("/series/1/matrix").text
    assert "/series/1/matrix.csv" in browser.get("/edits/table?series=1").text
    table = browser.get("/series/1/matrix.csv").text

    page = html.unescape(browser.post("/edits/table", _file(table)).text)
    assert "there is nothing to change" in page

    lines = table.splitlines()
    changed = "\n".join([f"{lines[0]},StationName", *(f"{line},ROOM {row}" for row, line in enumerate(lines[1:], 1))])
    answer = browser.post("/edits/table", _file(changed))
    plan = answer.location
    page = browser.see(answer)
    assert "3 cells in 3 images" in page
    assert "Station Name" in page

    review = browser.see(browser.post(f"{plan}/settle", {"reach": "table", "identity": "instance"}))
    assert [f"ROOM {row}" in review for row in (1, 2, 3)] == [True] * 3
    seen = re.search(r'name="seen" value="([0-9a-f]{64})"', review)
    assert seen is not None
    browser.see(browser.post(f"{plan}/apply", {"seen": seen[1]}))
    gallery.work()

    assert "3 changed" in browser.get(plan).text
    db.session.rollback()
    replaced = {row.replaces_id for row in db.session.query(Instance) if row.origin == "editor"}
    assert replaced == set(images)


def test_an_edited_image_leaves_as_file_and_as_pictures_from_its_page(
    gallery: Gallery, browser: Browser, images: list[int]
) -> None:
    plan = browser.post("/edits/table", _file(f"instance,StationName\n{images[0]},ROOM 7\n")).location
    review = browser.see(browser.post(f"{plan}/settle", {"reach": "table", "identity": "study"}))
    seen = re.search(r'name="seen" value="([0-9a-f]{64})"', review)
    assert seen is not None
    browser.post(f"{plan}/apply", {"seen": seen[1]})
    gallery.work()
    back = re.search(r'href="(/images/\d+/detail)"', browser.get(plan).text)
    assert back is not None
    page = browser.get(back[1]).text
    links = [link for link in re.findall(r'href="([^"]+)" download', page) if link.startswith("/images/")]

    taken = [browser.get(link) for link in links]
    assert [one.mimetype for one in taken] == ["application/dicom", "image/png", "image/jpeg"]
    assert dcmread(io.BytesIO(taken[0].data)).StationName == "ROOM 7"


def test_what_cannot_be_done_is_told_row_by_row(browser: Browser, images: list[int]) -> None:
    answer = browser.post(
        "/edits/table", _file(f"instance,StudyDate,{HOSTILE}\n{images[0]},yesterday,x\n77,20240101,x")
    )

    assert answer.status_code == 422
    assert "<script>alert" not in answer.text
    assert "1 cell cannot be done" in html.unescape(answer.text)
    answer = browser.post("/edits/table", _file(f"instance,StudyDate\n{images[0]},yesterday\n77,20240101\n"))
    page = html.unescape(answer.text)
    assert "2 cells cannot be done" in page
    assert "day of the calendar" in page
    assert '<td class="number">3</td><td><bdi>instance</bdi></td>' in page


def test_no_file_is_told_and_a_series_that_is_not_here_is_not_found(browser: Browser, images: list[int]) -> None:
    answer = browser.post("/edits/table", {"series": "1"})

    assert (answer.status_code, len(images)) == (422, 3)
    assert "There is no table in this file." in html.unescape(answer.text)
    assert browser.get("/edits/table?series=99").status_code == 404
    assert browser.get("/edits/table?series=x").status_code == 200
