"""Headers beside each other: two images, two series, and what varies within one."""

import csv
import html
import io

from pydicom.dataset import Dataset

from dicomgallery.dicom import synthetic
from tests.conftest import Gallery
from tests.web.conftest import HOSTILE, Browser, Statements


def _one(seed: int = 0, **said: object) -> Dataset:
    dataset = synthetic.ct_slice(1, of=1, rows=16, columns=16, seed=seed)
    for keyword, value in said.items():
        setattr(dataset, keyword, value)
    return dataset


def _ids(gallery: Gallery, *datasets: Dataset) -> list[int]:
    found = [one.instance_id for one in gallery.ingest(*datasets)]  # type: ignore[union-attr] # all are accepted
    gallery.work()
    return found


def _table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_two_images_tell_what_differs_and_on_request_all_else(browser: Browser, gallery: Gallery) -> None:
    first, second = _ids(gallery, _one(), _one(SliceThickness="7.5", SOPInstanceUID="1.2.3.4"))

    page = html.unescape(browser.get(f"/images/{first}/diff/{second}").text)
    everything = html.unescape(browser.get(f"/images/{first}/diff/{second}?show=all").text)

    assert "Slice Thickness" in page
    assert "7.5 mm" in page
    assert "The pixel data are the same, byte for byte." in page
    assert "Modality" not in page.split('id="differences"')[1]
    assert "Modality" in everything.split('id="differences"')[1]
    assert f"/images/{second}/diff/{first}" in page


def test_an_image_beside_itself_differs_in_nothing(browser: Browser, gallery: Gallery) -> None:
    (one,) = _ids(gallery, _one())

    assert "Nothing differs" in browser.get(f"/images/{one}/diff/{one}").text


def test_what_a_file_says_is_escaped_and_what_may_tell_a_person_is_marked(browser: Browser, gallery: Gallery) -> None:
    first, second = _ids(gallery, _one(), _one(PatientName=HOSTILE, SOPInstanceUID="1.2.3.4"))

    page = browser.get(f"/images/{first}/diff/{second}").text
    row = page.split('id="diff-00100010"')[1].split("</tr>")[0]

    assert "<script>alert" not in page
    assert row.count("data-identity") == 2


def test_a_table_of_two_images_holds_both_values_and_is_no_formula(browser: Browser, gallery: Gallery) -> None:
    first, second = _ids(gallery, _one(), _one(StudyDescription="=1+1", SOPInstanceUID="1.2.3.4"))

    answer = browser.get(f"/images/{first}/diff/{second}.csv")
    rows = {row["name"]: row for row in _table(answer.text)}

    assert answer.mimetype == "text/csv"
    assert rows["Study Description"]["after"] == "'=1+1"
    assert rows["Study Description"]["change"] == "changed"
    assert rows["SOP Instance UID"]["after"] == "1.2.3.4"


def test_a_version_tells_what_the_one_before_it_said(browser: Browser, gallery: Gallery) -> None:
    first, second = _ids(gallery, _one(), _one(SliceThickness="7.5"))

    history = browser.get(f"/images/{second}/detail?tab=history").text

    assert f"/images/{first}/diff/{second}" in history
    assert "With the version before" in history
    assert "replaced by a newer file" in browser.get(f"/images/{first}/diff/{second}").text


def test_two_series_tell_what_one_says_and_the_other_does_not(browser: Browser, gallery: Gallery) -> None:
    _ids(gallery, *synthetic.ct_series(3, 16, 16), *synthetic.mr_series(2, 16, 16))

    page = html.unescape(browser.get("/series/1/diff/2").text)
    fixed = browser.get("/series/1/diff/2?show=whole").text
    rows = {row["name"]: row for row in _table(browser.get("/series/1/diff/2.csv").text)}

    assert "3 values, 1 to 3" in page
    assert "Instance Number" not in fixed
    assert "Modality" in fixed
    assert (rows["Modality"]["before"], rows["Modality"]["after"]) == ("CT", "MR")
    assert rows["KVP"]["change"] == "removed"
    assert "Samples per Pixel" not in rows


def test_what_varies_in_a_series_is_a_table_and_numbers_stand_right(browser: Browser, gallery: Gallery) -> None:
    ids = _ids(gallery, *synthetic.ct_series(3, 16, 16))

    page = browser.get("/series/1/matrix").text
    rows = _table(browser.get("/series/1/matrix.csv").text)

    assert '<th scope="col" class="number" title="">Instance Number' in page
    assert "Modality" not in page.split("<table")[1]
    assert {int(row["instance"]) for row in rows} == set(ids)
    assert {row["Instance Number (00200013)"] for row in rows} == {"1", "2", "3"}
    assert list(rows[0])[:2] == ["instance", "Instance Number (00200013)"]


def test_a_long_series_is_paged_and_read_in_few_statements(
    browser: Browser, gallery: Gallery, statements: Statements
) -> None:
    _ids(gallery, *synthetic.ct_series(130, 16, 16))

    with statements() as asked:
        page = browser.get("/series/1/matrix").text

    assert len(asked) < 15
    assert "1 to 100 of 130" in page
    assert "101 to 130 of 130" in browser.get("/series/1/matrix?from=100").text
    assert browser.get("/series/1/matrix?from=99999999").status_code == 200


def test_what_came_a_moment_ago_is_read_from_its_files(browser: Browser, gallery: Gallery) -> None:
    gallery.ingest(*synthetic.ct_series(2, 16, 16))

    page = browser.get("/series/1/matrix").text

    assert "Instance Number" in page
    assert "not read" not in page


def test_a_header_that_cannot_be_had_is_told(browser: Browser, gallery: Gallery) -> None:
    gallery.ingest(*synthetic.ct_series(2, 16, 16))
    for blob in (gallery.settings.data / "blobs").rglob("*"):
        if blob.is_file():
            blob.unlink()

    assert "The headers of 2 images are not read yet, or cannot be." in browser.get("/series/1/matrix").text
    assert browser.get("/images/1/diff/2").status_code == 503


def test_two_cards_that_are_ticked_are_compared_and_three_are_not(browser: Browser, gallery: Gallery) -> None:
    first, second, third = _ids(gallery, *synthetic.ct_series(3, 16, 16))
    _ids(gallery, *synthetic.mr_series(2, 16, 16), _one(seed=5), _one(seed=6))

    def compared(**chosen: list[int]) -> str:
        return str(
            browser.post("/selection/compare", {name: list(map(str, ids)) for name, ids in chosen.items()}).location
        )

    assert compared(images=[first, third]) == f"/images/{first}/diff/{third}"
    assert compared(series=[1, 2]) == "/series/1/diff/2"
    assert compared(series=[3, 4]) == "/images/6/diff/7"
    answer = browser.post("/selection/compare", {"images": [str(first), str(second), str(third)]})
    assert answer.status_code == 422
    assert "Two are compared at a time" in answer.text


def test_an_image_leads_to_those_beside_it(browser: Browser, gallery: Gallery) -> None:
    first, second, third = sorted(_ids(gallery, *synthetic.ct_series(3, 16, 16)))

    page = browser.get(f"/images/{second}/detail").text

    assert f"/images/{first}/diff/{second}" in page
    assert f"/images/{third}/diff/{second}" in page
