"""What a person does on pages, and how it is undone."""

import io
import re
import zipfile

from flask.testing import FlaskClient

from dicomgallery.dicom import synthetic
from tests.conftest import Gallery
from tests.web.conftest import PAGE, Browser


def _ct(gallery: Gallery, count: int = 2) -> list[int]:
    return [one.instance_id for one in gallery.ingest(*synthetic.ct_series(count, 32, 32))]  # type: ignore[union-attr]


def test_what_is_selected_goes_to_the_bin_and_comes_back_at_once(browser: Browser, gallery: Gallery) -> None:
    _ct(gallery)

    page = browser.see(browser.post("/selection/bin", {"series": "1"}))

    assert "2 images moved to the bin." in page
    undo = re.search(r'action="(/bin/\d+/restore\?next=/)"', page)
    assert undo
    assert gallery.instance_count() == 0
    assert "2 images restored." in browser.see(browser.post(undo[1]))
    assert gallery.instance_count() == 2


def test_one_image_goes_to_the_bin_and_the_page_goes_on_to_the_next(browser: Browser, gallery: Gallery) -> None:
    first, second = _ct(gallery)

    answer = browser.post("/selection/bin", {"images": str(first), "next": f"/images/{second}/detail"})

    assert answer.location == f"/images/{second}/detail"
    assert "This image is in the bin." in browser.get(f"/images/{first}/detail").text


def test_a_form_leads_to_no_other_site(browser: Browser, gallery: Gallery) -> None:
    for number, there in enumerate(("https://evil.example/", "//evil.example", "/\\evil.example", "/a\nb")):
        gallery.ingest(synthetic.ct_slice(1, of=1, rows=16, columns=16, seed=number))
        answer = browser.post("/selection/bin", {"series": str(number + 1), "next": there})
        assert answer.location == "/", there


def test_everything_that_matches_is_meant_when_all_is_ticked(browser: Browser, gallery: Gallery) -> None:
    gallery.ingest(*synthetic.ct_series(2, 16, 16), *synthetic.mr_series(2, 16, 16))

    page = browser.see(browser.post("/selection/bin", {"all": "1", "query": "modality=MR"}))

    assert "2 images moved" in page
    assert gallery.instance_count() == 2


def test_nothing_selected_is_said_in_words(browser: Browser) -> None:
    for path in ("/selection/bin", "/selection/download", "/selection/collection"):
        answer = browser.post(path, {"series": ["x", "-1", "²"], "collection": "A"})
        assert answer.status_code == 422
        assert "Nothing was selected" in answer.text


def test_the_bin_shows_each_deletion_and_is_emptied_after_a_question(browser: Browser, gallery: Gallery) -> None:
    _ct(gallery)
    browser.post("/selection/bin", {"series": "1"})

    assert "2 images" in browser.get("/bin").text
    assert "/images/1/detail" in browser.get("/bin/1").text
    assert "2 images would be gone for good" in browser.get("/bin/empty").text
    assert "2 images are gone for good." in browser.see(browser.post("/bin/empty"))
    assert "The bin is empty" in browser.get("/bin").text
    assert browser.get("/images/1/detail").status_code == 404


def test_a_selection_becomes_a_collection_whose_page_can_be_searched(browser: Browser, gallery: Gallery) -> None:
    gallery.ingest(*synthetic.ct_series(2, 16, 16), *synthetic.mr_series(2, 16, 16))

    page = browser.see(browser.post("/selection/collection", {"studies": "1", "collection": "Teaching ☕"}))

    assert "2 images added to the collection." in page
    assert "Teaching ☕" in browser.get("/collections").text
    assert 'id="card-series-1"' in browser.get("/collections/1").text
    assert 'id="card-series-2"' not in browser.get("/collections/1").text
    assert "No matches" in browser.get("/collections/1?modality=MR").text
    again = browser.see(browser.post("/selection/collection", {"studies": "1", "collection": "Teaching ☕"}))
    assert "2 were in it already" in again


def test_a_collection_is_made_renamed_emptied_and_forgotten(browser: Browser, gallery: Gallery) -> None:
    _ct(gallery)
    made = browser.post("/collections", {"name": "A"})
    assert made.location == "/collections/1"
    assert browser.post("/collections", {"name": "A"}).status_code == 409
    assert "Give the collection a name." in browser.see(browser.post("/collections", {"name": ""}))
    browser.post("/selection/collection", {"series": "1", "collection": "A"})

    assert "The collection has its new name." in browser.see(browser.post("/collections/1/rename", {"name": "B"}))
    assert "2 files taken out" in browser.see(browser.post("/collections/1/take-out", {"series": "1"}))
    assert "Nothing in this collection" in browser.get("/collections/1").text
    assert "No collections yet" in browser.see(browser.post("/collections/1/delete"))
    assert gallery.instance_count() == 2


def test_a_zip_of_a_selection_series_study_or_patient(browser: Browser, gallery: Gallery) -> None:
    _ct(gallery, 3)

    answers = [
        browser.post("/selection/download", {"images": ["1", "2"], "compress": "1"}),
        *(browser.get(f"/{level}/1/archive") for level in ("series", "studies", "patients")),
        browser.get("/series/1/archive?compress=1"),
    ]

    counts = []
    for answer in answers:
        assert answer.mimetype == "application/zip"
        assert re.fullmatch(r'attachment; filename="[a-z]+(-1)?\.zip"', answer.headers["Content-Disposition"])
        with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
            assert archive.testzip() is None
            assert "Clara" not in str(archive.namelist())
            counts.append(len(archive.namelist()))
    assert counts == [2, 3, 3, 3, 3]
    assert len(answers[4].data) < len(answers[1].data)


def test_a_form_without_script_brings_files_in_and_shows_the_receipt(browser: Browser) -> None:
    browser.get("/upload")
    files = [
        (io.BytesIO(synthetic.as_bytes(synthetic.secondary_capture())), "folder/IM1"),
        (io.BytesIO(b"hello"), "notes.txt"),
    ]

    answer = browser.client.post(
        "/upload", data={"csrf_token": browser.token, "files": files, "collection": "Mine"}, headers=PAGE
    )
    receipt = browser.see(answer)

    assert answer.location == "/receipts/1"
    assert "folder/IM1" in receipt
    assert "notes.txt" in receipt
    assert "Not DICOM." in receipt
    assert "Nothing to do if it is not meant to be a DICOM file" in receipt
    assert "Mine" in receipt


def test_a_receipt_is_filtered_by_outcome_and_paged(browser: Browser, gallery: Gallery) -> None:
    good = synthetic.as_bytes(synthetic.secondary_capture())
    report = gallery.receive(("a", good), ("b", good), *((f"junk {n:03}", b"junk") for n in range(201)))

    page = browser.get(f"/receipts/{report.receipt_id}?outcome=rejected").text
    following = re.search(r'href="(/receipts/1\?[^"]*cursor=[^"]*)"', page)

    assert page.count("receipt-line receipt-rejected") == 200
    assert following
    assert browser.get(following[1].replace("&amp;", "&")).text.count("receipt-line receipt-rejected") == 1
    assert browser.get("/receipts/1?outcome=duplicate").text.count("receipt-line receipt-duplicate") == 1
    assert "201" in browser.get("/receipts").text


def test_a_pinned_study_stays(browser: Browser, gallery: Gallery) -> None:
    _ct(gallery)

    assert "This study is kept, however old it gets." in browser.see(browser.post("/studies/1/pin"))
    assert "moves to the bin when it is old" in browser.see(browser.post("/studies/1/unpin"))
    assert "however old" not in browser.get("/studies/1").text


def test_the_stack_of_a_series_is_its_pictures_in_space(client: FlaskClient, gallery: Gallery) -> None:
    ids = _ct(gallery, 3)
    gallery.work()

    answer = client.get("/series/1/frames.json")
    frames = answer.get_json()["frames"]

    assert [frame["href"] for frame in frames] == [f"/images/{one}/detail" for one in reversed(ids)]
    assert all(client.get(frame["src"]).mimetype == "image/jpeg" for frame in frames)
    whole = client.get("/series/1/frames.json?center=40&width=400&size=full").get_json()["frames"]
    assert all("native-c40-w400.png" in frame["src"] for frame in whole)
    assert whole[0]["href"].endswith("?center=40&width=400")
    again = client.get("/series/1/frames.json", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_health_is_told_to_anyone_and_tells_nothing_else(client: FlaskClient) -> None:
    answer = client.get("/healthz", environ_overrides={"REMOTE_ADDR": "10.0.0.7"})

    assert answer.status_code == 200
    assert set(answer.get_json()) == {"status", "version"}
