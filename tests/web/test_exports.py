"""The pages of exports: asked for in a form that needs no script, waited for, taken, called off, removed."""

import html
import io
import re
import zipfile

import pytest
from flask.testing import FlaskClient

from dicomgallery.dicom import synthetic
from dicomgallery.imaging.exports import mp4
from dicomgallery.services.exports import Asked, Kind
from dicomgallery.web.exports import asking
from tests.conftest import Gallery
from tests.marking import drawn
from tests.web.conftest import Browser


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """No worker is there to wait for."""
    monkeypatch.setattr("dicomgallery.web.exports.PATIENCE_SECONDS", 0.0)


def page(browser: Browser, path: str) -> str:
    return html.unescape(browser.get(path).text)


def checked(text: str) -> set[tuple[str, str]]:
    """The names and values of what is chosen in a form."""
    radios = re.findall(r'name="(\w+)" value="([^"]*)" checked', text)
    options = [("look", value) for value in re.findall(r'<option value="([^"]*)" selected', text)]
    return {*radios, *options}


def test_the_viewer_leads_to_the_form_and_carries_its_window_over(browser: Browser, gallery: Gallery) -> None:
    gallery.ingest(*synthetic.ct_series(5, 32, 32))
    browser.client.get("/series/1/plane.png")

    slices = page(browser, "/series/1/viewer?image=2&center=-600&width=1500&invert=1")
    planes = page(browser, "/series/1/viewer?tab=planes&center=7&width=80")

    assert '<a href="/series/1/export?center=-600&width=1500&invert=1">Export' in slices
    assert '<a href="/series/1/export?of=axial&center=7&width=80">Export' in planes
    assert 'href="/series/1/export"' in page(browser, "/series/1")
    form = page(browser, "/series/1/export?center=-600&width=1500&invert=1")
    assert {("kind", "png"), ("of", "stack"), ("invert", "1"), ("look", "center=-600&width=1500")} <= checked(form)
    assert "native" not in form
    assert "w512-contain-c-600-w1500-invert.png" in form
    unusual = page(browser, "/series/1/export?of=axial&center=7&width=80")
    assert {("of", "axial"), ("look", "center=7&width=80")} <= checked(unusual)
    assert "As you looked at it (80 / 7)" in unusual


def test_what_is_asked_for_is_waited_for_and_then_leaves_by_itself(browser: Browser, gallery: Gallery) -> None:
    gallery.ingest(*synthetic.ct_series(4, 24, 24))
    gallery.work()

    answer = browser.post("/series/1/exports", {"kind": "png", "first": "2", "last": "3", "look": "window=auto"})

    assert (answer.status_code, answer.location) == (303, "/exports/1?new=1")
    waiting = browser.get("/exports/1?new=1")
    assert waiting.headers["Refresh"] == "2"
    assert "Waiting for its turn" in waiting.text
    gallery.work()
    ready = browser.get("/exports/1?new=1")
    assert ready.headers["Refresh"] == "0; url=/exports/1/file"
    told = html.unescape(ready.text)
    assert "series-1-png.zip" in told
    assert "chosen from the values" in told
    assert "2 to 3" in told
    assert "Refresh" not in browser.get("/exports/1").headers
    file = browser.client.get("/exports/1/file")
    assert file.headers["Content-Disposition"] == 'attachment; filename="series-1-png.zip"'
    assert zipfile.ZipFile(io.BytesIO(file.data)).namelist() == ["0002.png", "0003.png", "READ ME.txt"]


def test_a_file_leaves_in_parts_and_is_not_sent_twice(browser: Browser, gallery: Gallery) -> None:
    gallery.ingest(*synthetic.ct_series(2, 24, 24))
    browser.post("/series/1/exports", {"kind": "nifti"})
    gallery.work()

    whole = browser.client.get("/exports/1/file")
    part = browser.client.get("/exports/1/file", headers={"Range": "bytes=10-19"})

    assert whole.mimetype == "application/gzip"
    assert (part.status_code, part.data) == (206, whole.data[10:20])
    again = browser.client.get("/exports/1/file", headers={"If-None-Match": whole.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"kind": ""}, "Choose what the series is to leave as."),
        ({"kind": "exe"}, "Choose what the series is to leave as."),
        ({"of": "oblique"}, "Pictures are of the slices as they are"),
        ({"first": "5", "last": "2"}, "The range runs backwards, from 5 to 2."),
        ({"first": "0"}, "The first picture must lie between 1 and"),
        ({"first": "1e9"}, "The first picture must be a whole number."),
        ({"last": "--5"}, "The last picture must be a whole number."),
        ({"first": "9"}, "There are 4 pictures; none is left from number 9 on."),
        ({"step": "-1"}, "Every how many must lie between 1 and"),
        ({"fps": "0"}, "The pictures a second must lie between 0.1 and 50."),
        ({"fps": "inf"}, "The pictures a second must lie between 0.1 and 50."),
        ({"fps": "fast"}, "The pictures a second must be a number."),
        ({"side": "1000000000"}, "The longest side must lie between 32 and"),
        ({"side": "9" * 400}, "The longest side must be a whole number."),
        ({"look": "center=1&width=0"}, "A window needs a center and a width above zero"),
        ({"set": "0"}, "The number of a time point must lie between"),
    ],
)
def test_a_form_that_makes_no_sense_comes_back_with_the_sentence(
    browser: Browser, client: FlaskClient, gallery: Gallery, fields: dict[str, object], sentence: str
) -> None:
    gallery.ingest(*synthetic.ct_series(4, 24, 24))

    answer = browser.post("/series/1/exports", {"kind": "gif", "fps": "7", **fields})
    program = client.post("/series/1/exports", data={"kind": "gif", **fields})

    assert answer.status_code == 422
    text = html.unescape(answer.text)
    assert sentence in text
    # What was right still stands there.
    assert "fps" in fields or 'name="fps" min="0.1" max="50" step="any" value="7"' in text
    assert program.status_code == 422
    assert program.get_json()["detail"].startswith(sentence)


def test_the_form_that_asks_again_keeps_long_numbers() -> None:
    wanted = Asked(Kind.PNG, first=1_000_000, step=1_000_000)

    assert asking.asked(asking.fields_of(wanted)) == wanted


def test_a_form_of_another_site_is_not_taken(browser: Browser, gallery: Gallery) -> None:
    gallery.ingest(*synthetic.ct_series(2, 24, 24))

    answer = browser.client.post(
        "/series/1/exports",
        data={"kind": "png"},
        headers={"Sec-Fetch-Site": "cross-site", "Origin": "http://e.example"},
    )

    assert answer.status_code == 403
    assert "No exports yet" in page(browser, "/exports")


def test_the_list_tells_of_each_and_an_empty_one_says_where_they_come_from(browser: Browser, gallery: Gallery) -> None:
    gallery.ingest(*synthetic.ct_series(3, 24, 24))
    assert "Export button" in page(browser, "/exports")
    browser.post("/series/1/exports", {"kind": "webp"})
    gallery.work()
    browser.post("/series/1/exports", {"kind": "jpeg", "of": "stack", "step": "2"})

    text = page(browser, "/exports")

    assert re.findall(r'<a href="/exports/(\d)">([^<]+)</a></td>\s*<td>([^<]+)<', text) == [
        ("2", "JPEG pictures", "Waiting"), ("1", "WebP", "Ready"),
    ]  # fmt: skip
    assert "<bdi data-identity>Chest 2.5 mm soft tissue</bdi>" in text


def test_one_that_is_called_off_says_so_and_can_be_asked_for_again_and_removed(
    browser: Browser, gallery: Gallery
) -> None:
    gallery.ingest(*synthetic.ct_series(3, 24, 24))
    gallery.work()
    browser.post("/series/1/exports", {"kind": "gif", "fps": "4", "last": "2", "look": "center=40&width=80"})

    told = browser.see(browser.post("/exports/1/cancel"))

    assert "Cancelled." in told
    again = re.search(r'href="(/series/1/export\?[^"]+)"', told)
    assert again is not None
    form = page(browser, again[1])
    assert {("kind", "gif"), ("look", "center=40&width=80")} <= checked(form)
    assert 'name="last" min="1" value="2"' in form
    assert browser.get("/exports/1/file").status_code == 404
    assert "The export and its file are removed." in browser.see(browser.post("/exports/1/remove"))
    assert browser.get("/exports/1").status_code == 404


def test_one_that_cannot_be_made_says_why(browser: Browser, gallery: Gallery) -> None:
    gallery.ingest(synthetic.us_cine(3, 24, 24))
    browser.post("/series/1/exports", {"kind": "nifti"})
    gallery.work()

    text = page(browser, "/exports/1?new=1")

    assert "It was not made." in text
    assert "The files do not say where the images lie in the patient." in text


def test_where_pyav_is_missing_mp4_is_shown_with_the_way_to_get_it(
    browser: Browser, gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    gallery.ingest(*synthetic.ct_series(2, 24, 24))
    monkeypatch.setattr(mp4, "find_spec", lambda _name: None)

    text = page(browser, "/series/1/export")

    assert 'value="mp4" disabled' in text
    assert "`pip install -r requirements-video.txt`" in text


def test_a_series_without_pictures_has_nothing_to_choose(browser: Browser, gallery: Gallery) -> None:
    gallery.ingest(synthetic.basic_report())

    assert "There are no pictures in this series" in page(browser, "/series/1/export")
    assert "/export" not in page(browser, "/series/1").split("<main")[1].split("</main")[0]
    assert browser.get("/series/1.2.3/export").status_code == 404


def test_marks_and_turns_are_asked_for_in_the_form_and_told_on_the_page(browser: Browser, gallery: Gallery) -> None:
    gallery.ingest(*synthetic.ct_series(3, 32, 32))
    drawn(1)

    form = page(browser, "/series/1/export?marks=1&of=stack")
    assert ("marks", "1") in checked(form)
    assert ("names", "1") not in checked(form)
    assert "1 mark on this series." in form
    marked = browser.post("/series/1/exports", {"kind": "png", "marks": "1", "names": "1"}).location
    turning = browser.post(
        "/series/1/exports", {"kind": "gif", "of": "surface", "degrees": "30", "tilt": "-20", "threshold": "250"}
    ).location
    gallery.work()

    told = page(browser, marked)
    assert "drawn over, with what people wrote there" in told
    assert "may name somebody" in told
    assert "marks=1&names=1" in told
    told = page(browser, turning)
    assert "12 pictures around, tilted by −20°, beginning at 250" in told
    assert "may name somebody" not in told
    assert "degrees=30&tilt=-20&threshold=250" in told
    file = browser.client.get(turning.split("?")[0] + "/file")
    assert file.headers["Content-Disposition"] == 'attachment; filename="series-1-surface.gif"'
    # Marks are of images: a volume that turns has none.
    again = browser.post("/series/1/exports", {"kind": "gif", "of": "mip", "marks": "1"}).location
    assert "drawn over" not in page(browser, again)


def test_the_turning_view_leads_to_its_export(browser: Browser, gallery: Gallery) -> None:
    gallery.ingest(*synthetic.ct_series(3, 32, 32))
    browser.client.get("/series/1/mip.png")

    surface = page(browser, "/series/1/viewer?tab=3d&mode=surface&threshold=-300&tilt=15")
    projected = page(browser, "/series/1/viewer?tab=3d&mode=minip&center=7&width=80")

    assert 'href="/series/1/export?kind=gif&of=surface&tilt=15&threshold=-300"' in surface
    assert 'href="/series/1/export?kind=gif&of=minip&tilt=0&center=7&width=80"' in projected
