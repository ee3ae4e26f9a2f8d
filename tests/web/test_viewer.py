"""The viewer without a script: slices, planes and tags of a series, and planes for programs."""

import html
import io
import re

import numpy as np
import pytest
from flask.testing import FlaskClient
from PIL import Image
from pydicom.dataset import Dataset

from dicomgallery.dicom import synthetic
from tests import volumes
from tests.conftest import Gallery
from tests.web.conftest import Browser, Statements


def page(browser: Browser, path: str) -> str:
    return html.unescape(browser.get(path).text).replace("\N{NO-BREAK SPACE}", " ")


def many(count: int = 12) -> list[Dataset]:
    return synthetic.ct_series(count, 32, 32)


def test_the_viewer_opens_in_the_middle_with_what_is_known_in_its_corners(browser: Browser, gallery: Gallery) -> None:
    gallery.ingest(*many())

    text = page(browser, "/series/1/viewer")

    assert "<output>7 / 12</output>" in text
    assert "Image 7 of 12" in text
    assert re.search(r'viewer-top-left" data-identity><span><bdi>Synthetic Clara</bdi>', text)
    assert re.findall(r'<b class="side side-(\w+)">(\w)</b>', text) == [
        ("top", "A"), ("right", "L"), ("bottom", "P"), ("left", "R"),
    ]  # fmt: skip
    assert re.search(r'<img src="/pictures/6-\w+/native\.png" alt="CT, Chest 2\.5 mm soft tissue, image 7 of 12"', text)


def test_the_address_says_what_is_looked_at_and_steps_keep_it(browser: Browser, gallery: Gallery) -> None:
    gallery.ingest(*many())

    text = page(browser, "/series/1/viewer?image=1&center=-600&width=1500&invert=1")

    assert "native-c-600-w1500-invert.png" in text
    assert 'href="/series/1/viewer?center=-600&width=1500&invert=1&image=2"' in text
    assert 'rel="prev" data-step="-1"' in text.replace(' aria-disabled="true"', "")
    assert "image=0" not in text


@pytest.mark.parametrize(("asked", "shown"), [("0", 1), ("99", 12), ("x", 7), ("-3", 7), ("", 7)])
def test_a_number_beyond_the_series_is_brought_back(browser: Browser, gallery: Gallery, asked: str, shown: int) -> None:
    gallery.ingest(*many())

    assert f"<output>{shown} / 12</output>" in page(browser, f"/series/1/viewer?image={asked}")


def test_a_series_is_found_by_its_uid_too(browser: Browser, gallery: Gallery) -> None:
    gallery.ingest(*many(3))
    uid = many(1)[0].SeriesInstanceUID

    assert "<output>2 / 3</output>" in page(browser, f"/series/{uid}/viewer")
    assert browser.get("/series/1.2.3/viewer").status_code == 404


def test_frames_are_stepped_through_like_images(browser: Browser, gallery: Gallery) -> None:
    gallery.ingest(synthetic.us_cine(3, 32, 32))

    text = page(browser, "/series/1/viewer?image=3")

    assert "Image 3 of 3, frame 3 of 3" in text
    assert "/f3-native.png" in text
    stack = browser.client.get("/series/1/viewer/frames.json").get_json()["frames"]
    assert [one["href"] for one in stack] == [f"/series/1/viewer?image={number}" for number in (1, 2, 3)]


def test_the_rail_leads_to_the_other_series_of_the_study(browser: Browser, gallery: Gallery) -> None:
    second = many(3)
    for one in second:
        one.SeriesInstanceUID += ".2"
        one.SOPInstanceUID += ".2"
        one.SeriesNumber = 3
    gallery.ingest(*many(3), *second)

    text = page(browser, "/series/1/viewer")

    assert '<a href="/series/1/viewer" data-series="1" aria-current="page">' in text
    assert '<a href="/series/2/viewer" data-series="2" data-step="next-series">' in text
    assert "viewer-study" not in text


def test_the_rail_offers_the_other_studies_of_the_patient(browser: Browser, gallery: Gallery) -> None:
    later, stranger = synthetic.ct_series(3, 32, 32, seed=1), synthetic.mr_series(2, 32, 32)
    for one in later:
        one.PatientID, one.StudyDate, one.StudyDescription = many(1)[0].PatientID, "20250102", "Follow-up"
    gallery.ingest(*many(3), *later, *stranger)

    text = page(browser, "/series/1/viewer")

    assert re.findall(r'data-series="(\d+)"', text.split("viewer-rail")[1].split("</nav>")[0]) == ["1", "2"]
    assert re.findall(r'viewer-study"><small data-identity>([^<]*)', text) == ["2 Jan 2025, Follow-up"]


def test_other_studies_of_the_patient_cost_the_rail_a_question_each(
    browser: Browser, gallery: Gallery, statements: Statements
) -> None:
    for count in range(4):
        scan = synthetic.ct_series(1, 16, 16)
        for one in scan:
            one.PatientID, one.SOPInstanceUID = "P1", f"1.2.3.{count}"
            one.StudyInstanceUID, one.SeriesInstanceUID = f"1.2.4.{count}", f"1.2.5.{count}"
        gallery.ingest(*scan)
        browser.get("/series/1/viewer")
        with statements() as executed:
            browser.get("/series/1/viewer")
        if count == 1:
            of_two = len(executed)

    assert len(executed) == of_two + 2


def test_panes_beside_each_other_stand_in_the_address_and_every_way_keeps_them(
    browser: Browser, gallery: Gallery
) -> None:
    gallery.ingest(*many(3))

    text = page(browser, "/series/1/viewer?image=2&layout=1x2&with=1,7&link=steps&same=none")

    kept = "layout=1x2&with=1%2C7&link=steps&same=none"
    assert f'href="/series/1/viewer?image=3&{kept}"' in text
    assert f'href="/series/1/viewer?center=40&width=400&image=2&{kept}"' in text
    assert '<input type="hidden" name="with" value="1,7">' in text
    assert re.findall(r'data-stack="([^"]*)"', text) == ["/series/1/viewer/frames.json"]
    for odd in ("layout=9x9&with=1", "with=1,7", "layout=1x2x", "layout="):
        assert "with=" not in page(browser, f"/series/1/viewer?image=2&{odd}")
    assert "with=" not in page(browser, "/series/1/viewer?layout=1x2&with=1;7")


def test_the_tags_of_an_image_stand_on_a_tab(browser: Browser, gallery: Gallery) -> None:
    gallery.ingest(*many(3))

    text = page(browser, "/series/1/viewer?tab=tags&image=2")

    assert "Photometric Interpretation" in text
    assert "/series/1/viewer?image=3&tab=tags" in text


def test_a_series_without_pictures_says_so(browser: Browser, gallery: Gallery) -> None:
    gallery.ingest(synthetic.basic_report())

    assert "There are no pictures in this series" in page(browser, "/series/1/viewer")
    assert "viewer" not in page(browser, "/series/1").split("<main")[1].replace("viewer-", "")


def test_planes_that_are_not_there_yet_are_waited_for_on_a_page_that_looks_again(
    browser: Browser, gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dicomgallery.web.viewer.PATIENCE_SECONDS", 0.0)
    gallery.ingest(*many())
    gallery.work()

    answer = browser.get("/series/1/viewer?tab=planes")

    assert answer.headers["Refresh"] == "2"
    assert "Building the volume" in answer.text
    assert "0 of 12" in answer.text
    gallery.work()
    assert "Refresh" not in browser.get("/series/1/viewer?tab=planes").headers


@pytest.fixture
def seen(browser: Browser, gallery: Gallery) -> str:
    """The planes of a small series, at some place."""
    gallery.ingest(*many())
    browser.client.get("/series/1/plane.png")
    return page(
        browser, "/series/1/viewer?tab=planes&axial=3&coronal=8&sagittal=32&slab=5&mode=minip&center=40&width=80"
    )


def test_planes_stand_beside_each_other_with_lines_where_they_cut(seen: str) -> None:
    assert re.findall(r'<b class="plane-name plane-(\w+)">', seen) == ["axial", "sagittal", "coronal"]
    assert re.findall(r'name="(\w+)" min="1" max="(\d+)" value="(\d+)"', seen) == [
        ("axial", "12", "3"), ("sagittal", "32", "32"), ("coronal", "32", "8"),
    ]  # fmt: skip
    axial = seen.split('data-plane="axial"')[1].split("</figure>", maxsplit=1)[0]
    lines = re.findall(r'plane-line plane-(\w+)" x1="([\d.]+)" y1="([\d.]+)" x2="([\d.]+)" y2="([\d.]+)"', axial)
    assert lines == [("coronal", "0", "120", "512", "120"), ("sagittal", "504", "0", "504", "512")]


def test_the_axial_line_on_an_upright_plane_counts_from_the_feet(seen: str) -> None:
    coronal = seen.split('data-plane="coronal"')[1].split("</figure>", maxsplit=1)[0]
    line = re.search(r'plane-line plane-axial".*?y1="([\d.]+)"', coronal)
    height = re.search(r'viewBox="0 0 512 ([\d.]+)"', coronal)

    assert line is not None
    assert height is not None
    assert float(line[1]) == pytest.approx(float(height[1]) * (1 - 2.5 / 12), abs=0.1)


def test_the_pictures_of_planes_are_asked_for_as_the_page_says(seen: str) -> None:
    query = "index=3&slab=5&mode=minip&window=80&level=40"

    assert f'src="/series/1/plane.png?plane=axial&{query}"' in seen
    assert '<option value="minip" selected>' in seen
    assert '<option value="5" selected>' in seen


def test_refused_planes_say_why_and_lead_to_the_health_of_the_series(browser: Browser, gallery: Gallery) -> None:
    slices = many(6)
    for one, height in zip(slices, (0, 2, 4, 7, 9, 12.5), strict=True):
        one.ImagePositionPatient[2] = height
    gallery.ingest(*slices)

    text = page(browser, "/series/1/viewer?tab=planes")

    assert "The steps from slice to slice are uneven, 2 mm to 3.5 mm" in text
    assert "again=1" not in text
    assert '<a href="/series/1">The health of the series</a>' in text


def test_a_plane_is_png_with_a_name_that_saves_asking_again(client: FlaskClient, gallery: Gallery) -> None:
    gallery.ingest(*volumes.scan(step_mm=4.0))

    answer = client.get("/series/1/plane.png?plane=coronal&index=30&slab=10&mode=mip&window=1900&level=-50")

    assert (answer.status_code, answer.mimetype) == (200, "image/png")
    assert answer.headers["Cache-Control"] == "private, no-cache"
    shown = np.asarray(Image.open(io.BytesIO(answer.data)))
    assert shown.shape == (88, 88)
    assert volumes.corner_of_mark(shown) == ("top", "right")
    again = client.get(answer.request.full_path, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    other = client.get("/series/1/plane.png?plane=coronal&index=31", headers={"If-None-Match": answer.headers["ETag"]})
    assert other.status_code == 200


def test_another_image_in_the_series_makes_another_plane(client: FlaskClient, gallery: Gallery) -> None:
    slices = volumes.scan(step_mm=4.0)
    gallery.ingest(*slices[:20])
    before = client.get("/series/1/plane.png?plane=sagittal")

    gallery.ingest(*slices[20:])

    after = client.get("/series/1/plane.png?plane=sagittal", headers={"If-None-Match": before.headers["ETag"]})
    assert after.status_code == 200
    assert after.headers["ETag"] != before.headers["ETag"]


def test_a_plane_of_what_has_none_is_a_drawing_in_words(client: FlaskClient, gallery: Gallery) -> None:
    gallery.ingest(synthetic.us_cine(3, 32, 32))

    answer = client.get("/series/1/plane.png")

    assert (answer.status_code, answer.mimetype) == (200, "image/svg+xml")
    assert "The files do not say where the images" in answer.text.replace("</text>", " ").replace("\n", "")


@pytest.mark.parametrize(
    "query",
    [
        "plane=other",
        "index=0",
        "index=x",
        "slab=-1",
        "slab=nan",
        "mode=sum",
        "window=40",
        "window=x&level=1",
        "voi=0",
        "plane=oblique",
        "plane=oblique&normal=0,0,0",
        "plane=oblique&normal=1,x,0",
    ],
)
def test_a_plane_that_makes_no_sense_is_refused_in_words(client: FlaskClient, gallery: Gallery, query: str) -> None:
    gallery.ingest(*many(3))

    answer = client.get(f"/series/1/plane.png?{query}")

    assert answer.status_code == 422
    assert answer.get_json()["detail"].startswith("This plane cannot be drawn.")
