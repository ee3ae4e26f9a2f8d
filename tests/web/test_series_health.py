"""The health of a series on its page: what is said, and the stack as it is drawn."""

import html
import re
from collections.abc import Sequence

import pytest
from pydicom.dataset import Dataset
from sqlalchemy import update

from dicomgallery.dicom import synthetic
from dicomgallery.dicom.health import judging
from dicomgallery.models import Instance, transaction
from tests.conftest import Gallery
from tests.web.conftest import Browser, Statements


def _ct(count: int, without: Sequence[int] = ()) -> list[Dataset]:
    return [one for number, one in enumerate(synthetic.ct_series(count, 16, 16), 1) if number not in without]


def _health(browser: Browser) -> str:
    """The section of the first series, its unbreakable spaces made plain."""
    page = html.unescape(browser.get("/series/1").text).replace("\N{NO-BREAK SPACE}", " ")
    found = re.search(r'<section class="health".*?</section>', page, re.DOTALL)
    return found[0] if found else ""


def test_a_sound_stack_is_one_calm_line_and_a_tick_a_slice(browser: Browser, gallery: Gallery) -> None:
    gallery.ingest(*_ct(30))

    health = _health(browser)

    assert '<span class="chip chip-good">fine</span><span>30 slices, 2.5 mm apart, all in one orientation' in health
    assert "<li>" not in health
    assert health.count("<line x1=") == 30
    assert "feet \N{MINUS SIGN}72.5 mm" in health


def test_each_tick_names_its_image_and_leads_to_it(browser: Browser, gallery: Gallery) -> None:
    gallery.ingest(*_ct(12))

    health = _health(browser)

    for place, image_id in enumerate(range(12, 0, -1), 1):
        link = re.search(rf'<a class="health-tick" href="/images/{image_id}/detail".*?</a>', health)
        assert link is not None
        assert f"<title>Image {place} of 12, number {image_id}, " in link[0]


def test_missing_slices_are_a_problem_in_words_and_hatched_where_they_are(browser: Browser, gallery: Gallery) -> None:
    gallery.ingest(*_ct(40, without=(11, 12, 30)))

    health = _health(browser)

    assert '<span class="chip chip-bad">problem</span><span>3 slices seem to be missing at 2 places' in health
    assert health.count('fill="url(#health-hatch)"') == 2
    assert "<title>2 slices missing between \N{MINUS SIGN}30 mm and \N{MINUS SIGN}22.5 mm</title>" in health
    assert health.count("health-bad") == 4
    assert 'class="chip chip-good"' not in health


def test_a_leaning_stack_is_drawn_slanted(browser: Browser, gallery: Gallery) -> None:
    datasets = _ct(20)
    for number, one in enumerate(datasets):
        one.ImagePositionPatient[1] += 0.67 * number
    gallery.ingest(*datasets)

    health = _health(browser)

    assert "worth knowing" in health
    assert "The stack leans by 15.0\N{DEGREE SIGN}" in health
    assert "skewX(-15.00)" in health


def test_a_second_image_at_a_position_is_a_second_tick(browser: Browser, gallery: Gallery) -> None:
    twin = synthetic.ct_slice(4, of=20, rows=16, columns=16)
    twin.SOPInstanceUID = "1.2.3.4"
    gallery.ingest(*_ct(20), twin)

    health = _health(browser)

    assert "1 position holds more than one image" in health
    assert health.count('transform="translate(3 0)"') == 1


def test_time_points_are_lanes_and_what_holds_for_all_is_said_once(browser: Browser, gallery: Gallery) -> None:
    datasets = []
    for time in range(4):
        for one in _ct(12, without=(6,)):
            one.SOPInstanceUID = f"1.2.3.{time}.{one.InstanceNumber}"
            one.AcquisitionNumber = time + 1
            datasets.append(one)
    gallery.ingest(*datasets)

    health = _health(browser)

    assert re.findall(r"<b>(acquisition \d)</b> 11", health) == [f"acquisition {number}" for number in range(1, 5)]
    assert health.count('class="health-ends"') == 1
    assert health.count('text-anchor="middle"') == 1
    assert health.count('fill="url(#health-hatch)"') == 4


def test_of_very_many_slices_all_are_drawn_and_some_are_links(browser: Browser, gallery: Gallery) -> None:
    gallery.ingest(*_ct(3))
    with transaction() as session:
        row = {column.key: getattr(session.get(Instance, 1), column.key) for column in Instance.__table__.columns}
        for number in range(4, 1001):
            new = {"id": number, "sop_uid": f"1.2.{number}", "number": number, "position_mm": number * -2.5}
            session.add(Instance(**row | new))

    health = _health(browser)

    assert len(re.findall(r'class="health-tick', health)) == 334
    assert len(re.findall(r"M\d+ 0v26", health)) > 900
    assert "one in 3 leads to its own" in health
    assert len(re.findall(r'class="health-tick[^>]*detail"(?! tabindex)', health)) <= 24


def test_a_series_of_one_image_has_no_strip(browser: Browser, gallery: Gallery) -> None:
    gallery.ingest(synthetic.dx_image(32, 32))

    assert _health(browser) == ""


def test_a_cine_is_told_without_a_strip(browser: Browser, gallery: Gallery) -> None:
    gallery.ingest(synthetic.us_cine(5, 16, 16))

    health = _health(browser)

    assert "One object with 5 frames" in health
    assert "<svg" not in health


def test_the_lean_of_older_rows_is_not_judged_and_that_is_said(browser: Browser, gallery: Gallery) -> None:
    gallery.ingest(*_ct(5))
    with transaction() as session:
        session.execute(update(Instance).values(position=None))

    assert "Whether the stack leans is not judged" in _health(browser)


def test_the_health_of_more_slices_asks_the_database_no_more(
    browser: Browser, gallery: Gallery, statements: Statements
) -> None:
    counts = []
    for number in (2, 40):
        gallery.ingest(*_ct(number))
        browser.get("/series/1")
        with statements() as executed:
            browser.get("/series/1")
        counts.append(len(executed))

    assert counts[0] == counts[1]


def test_the_page_of_an_image_shows_no_strip(browser: Browser, gallery: Gallery) -> None:
    gallery.ingest(*_ct(5))

    assert "health" not in browser.get("/images/1/detail").text.partition("<main")[2]


def test_a_hostile_image_type_is_text_in_the_name_of_its_lane(browser: Browser, gallery: Gallery) -> None:
    datasets = []
    for time, kind in enumerate(("<script>alert(1)</script>", "B")):
        for one in _ct(4):
            one.SOPInstanceUID, one.ImageType = f"1.2.3.{time}.{one.InstanceNumber}", ["ORIGINAL", kind]
            datasets.append(one)
    gallery.ingest(*datasets)

    page = browser.get("/series/1").text

    assert "&lt;script&gt;" in page
    assert "<script>alert" not in page


def test_findings_that_are_not_listed_are_told_by_their_number(
    browser: Browser, gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judging, "MOST_FINDINGS", 1)
    datasets = synthetic.ct_series(40, 16, 16)
    for number, one in enumerate(datasets):
        one.ImagePositionPatient[1] += 0.67 * number
    gallery.ingest(*datasets[:20], *datasets[24:])

    health = _health(browser)

    assert health.count("<li>") == 1
    assert "more findings are not listed, none graver than these." in health
