"""The directory of a medium on its page, on its card and in a receipt."""

import html
from pathlib import Path

import pydicom.data
from pydicom.dataset import Dataset

from dicomgallery.dicom import synthetic
from dicomgallery.ingest.outcome import Accepted
from tests.conftest import Gallery
from tests.directories import Entry, image, medium, written
from tests.web.conftest import HOSTILE, Browser

CT = synthetic.ct_series(2, rows=64, columns=64)
PACKAGED = Path(pydicom.data.__file__).parent / "test_files" / "dicomdirtests" / "DICOMDIR"


def _ingest(gallery: Gallery, *files: Dataset | bytes | tuple[str, bytes]) -> list[int]:
    outcomes = gallery.ingest(*files)
    assert all(isinstance(one, Accepted) for one in outcomes), outcomes
    return [one.instance_id for one in outcomes if isinstance(one, Accepted)]


def _shown(browser: Browser, image_id: int) -> str:
    answer = browser.get(f"/images/{image_id}/detail")
    assert answer.status_code == 200
    return " ".join(html.unescape(answer.text).split())


def test_a_directory_tells_what_of_it_is_here(browser: Browser, gallery: Gallery) -> None:
    entries = [image(number, one.SOPInstanceUID) for number, one in enumerate(CT, 1)]
    first, second, shown = _ingest(gallery, *CT, written([medium(*entries, image(9, "1.2.3.4", "ELSEWHERE", "IM9"))]))

    page = _shown(browser, shown)

    assert "3 images of 1 patient; 2 are in this gallery." in page
    assert f'class="medium-object" href="/images/{first}/detail"' in page
    assert f'class="medium-object" href="/images/{second}/detail"' in page
    assert "<small>not in this gallery</small> <code data-identity>ELSEWHERE/IM9</code>" in page
    assert "<bdi data-identity>Hounsfield Ada</bdi>" in page
    assert '<small class="medium-held">2 of 3 here</small>' in page
    assert "lacked a UID" not in page
    assert "style=" not in page


def test_thumbnails_stand_beside_what_is_here_once_they_are_made(browser: Browser, gallery: Gallery) -> None:
    first, shown = _ingest(gallery, CT[0], written([medium(image(1, CT[0].SOPInstanceUID))]))

    before = _shown(browser, shown)
    gallery.work()

    assert f'<img src="/pictures/{first}-' not in before
    assert f'<img src="/pictures/{first}-' in _shown(browser, shown)


def test_nobody_is_told_of_objects_in_the_bin(browser: Browser, gallery: Gallery) -> None:
    first, shown = _ingest(gallery, CT[0], written([medium(image(1, CT[0].SOPInstanceUID))]))

    browser.post("/selection/bin", {"images": str(first)})

    assert "1 image of 1 patient; none is in this gallery." in _shown(browser, shown)


def test_the_card_of_a_directory_says_what_it_is(browser: Browser, gallery: Gallery) -> None:
    _ingest(gallery, written([medium(image(1, "1.2.3"), image(2, "1.2.4"))]))
    gallery.work()

    page = browser.get("/").text

    assert "<b>Directory</b><span>It lists 2 images of 1 patient.</span>" in page
    assert "Directory of a medium" in page


def test_a_receipt_calls_a_directory_by_its_name(browser: Browser, gallery: Gallery) -> None:
    browser.post("/upload", {"files": (PACKAGED.open("rb"), "DICOMDIR")})

    receipt = browser.get("/receipts/1").text

    assert "Directory of a medium: its page tells what the medium holds" in receipt
    assert "lacks a UID" not in receipt


def test_what_a_directory_says_is_text_everywhere(browser: Browser, gallery: Gallery) -> None:
    hostile = medium(image(1, "1.2.3", HOSTILE[:8], HOSTILE[:8]), Entry(HOSTILE[:16]), name=HOSTILE)
    hostile.below[0].dataset.StudyDescription = HOSTILE
    (shown,) = _ingest(gallery, written([hostile]))

    assert "<script>alert" not in browser.get(f"/images/{shown}/detail").text


def test_the_packaged_directory_has_its_page(browser: Browser, gallery: Gallery) -> None:
    (shown,) = _ingest(gallery, PACKAGED.read_bytes())

    assert "31 images of 2 patients; none is in this gallery." in _shown(browser, shown)
