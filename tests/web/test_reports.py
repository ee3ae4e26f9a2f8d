"""Reports and key object selections on the page of their image."""

import html
from pathlib import Path

import pytest
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as ItemSequence

from dicomgallery.dicom import synthetic
from dicomgallery.ingest.outcome import Accepted
from tests.conftest import Gallery
from tests.web.conftest import HOSTILE, Browser

CT = synthetic.ct_series(2, rows=64, columns=64)
COMPREHENSIVE, SELECTION = "1.2.840.10008.5.1.4.1.1.88.33", "1.2.840.10008.5.1.4.1.1.88.59"


def _report(*, sop_class: str = COMPREHENSIVE, text: str = "A mass.", frames: bool = False) -> Dataset:
    """A report on the first slice of the synthetic CT and on an image that is nowhere."""
    dataset = synthetic.basic_report()
    dataset.SOPClassUID, dataset.CompletionFlag = sop_class, "PARTIAL"
    dataset.ConceptNameCodeSequence = _code("Chest CT Report")
    seen = _item("IMAGE", "Seen on", ReferencedSOPSequence=_object(CT[0].SOPInstanceUID, frames=frames))
    elsewhere = _item("IMAGE", "Compared with", ReferencedSOPSequence=_object("1.2.3.4.5"))
    finding = _item("TEXT", "Finding", TextValue=text, ContentSequence=ItemSequence([seen, elsewhere]))
    dataset.ContentSequence = ItemSequence([_item("CONTAINER", "Findings", ContentSequence=ItemSequence([finding]))])
    return dataset


def _code(meaning: str) -> ItemSequence:
    one = Dataset()
    one.CodeValue, one.CodingSchemeDesignator, one.CodeMeaning = "1", "99TEST", meaning
    return ItemSequence([one])


def _item(kind: str, name: str, **values: object) -> Dataset:
    one = Dataset()
    one.ValueType, one.RelationshipType, one.ConceptNameCodeSequence = kind, "CONTAINS", _code(name)
    for keyword, value in values.items():
        setattr(one, keyword, value)
    return one


def _object(uid: str, *, frames: bool = False) -> ItemSequence:
    one = Dataset()
    one.ReferencedSOPClassUID, one.ReferencedSOPInstanceUID = "1.2.840.10008.5.1.4.1.1.2", uid
    if frames:
        one.ReferencedFrameNumber = 1
    return ItemSequence([one])


def _ingest(gallery: Gallery, *files: Dataset | bytes) -> list[int]:
    outcomes = gallery.ingest(*files)
    assert all(isinstance(one, Accepted) for one in outcomes), outcomes
    return [one.instance_id for one in outcomes if isinstance(one, Accepted)]


def test_a_report_is_read_as_a_document_in_place_of_a_picture(browser: Browser, gallery: Gallery) -> None:
    ct, _, report = _ingest(gallery, *CT, _report())

    page = html.unescape(browser.get(f"/images/{report}/detail").text)

    assert "Chest CT Report</bdi></h2>" in page
    assert "Findings" in page
    assert "A mass." in page
    assert "partial" in page
    assert "not verified" in page
    assert f'class="report-object" href="/images/{ct}/detail"' in page
    assert "Not in this gallery" in page
    assert "1.2.3.4.5" in page
    assert "data-stage-image" not in page


def test_an_object_s_frame_is_where_its_link_leads(browser: Browser, gallery: Gallery) -> None:
    ct, report = _ingest(gallery, CT[0], _report(frames=True))

    page = html.unescape(browser.get(f"/images/{report}/detail").text)

    assert f'href="/images/{ct}/detail?frame=1"' in page
    assert f"/pictures/{ct}-" in page
    assert "/f1-w256-cover-" in page


def test_a_frame_that_its_image_has_not_is_not_asked_for(browser: Browser, gallery: Gallery) -> None:
    report = _report()
    seen = report.ContentSequence[0].ContentSequence[0].ContentSequence[0]
    seen.ReferencedSOPSequence[0].ReferencedFrameNumber = 5_000_000
    ct, shown = _ingest(gallery, CT[0], report)

    answer = browser.get(f"/images/{shown}/detail")

    assert answer.status_code == 200
    assert f'class="report-object" href="/images/{ct}/detail"' in answer.text


def test_the_objects_of_a_selection_stand_first_as_small_pictures(browser: Browser, gallery: Gallery) -> None:
    _, report = _ingest(gallery, CT[0], _report(sop_class=SELECTION))

    page = browser.get(f"/images/{report}/detail").text

    assert page.index('class="report-keys"') < page.index('class="report-items"')


def test_an_image_in_the_bin_is_not_linked(browser: Browser, gallery: Gallery) -> None:
    ct, report = _ingest(gallery, CT[0], _report())
    browser.post("/selection/bin", {"images": str(ct), "next": "/"})

    page = browser.get(f"/images/{report}/detail").text

    assert "report-object" in page
    assert f"/images/{ct}/detail" not in page.partition("report-items")[2]


def test_a_report_is_had_as_text_and_as_json(browser: Browser, gallery: Gallery) -> None:
    (report,) = _ingest(gallery, _report())

    text = browser.get(f"/images/{report}/report.txt")
    told = browser.get(f"/images/{report}/report.json").get_json()

    assert text.mimetype == "text/plain"
    assert text.text.splitlines()[:4] == ["Chest CT Report", "=" * 15, "Findings", "  Finding: A mass."]
    assert told["content"][0]["content"][0]["value"] == "A mass."
    assert told["completion"] == "partial"


def test_what_is_no_report_has_no_text_of_one(browser: Browser, gallery: Gallery) -> None:
    (ct,) = _ingest(gallery, CT[0])

    assert browser.get(f"/images/{ct}/report.txt").status_code == 404
    assert browser.get(f"/images/{ct}/report.xml").status_code == 404
    assert browser.get("/images/999/report.json").status_code == 404


def test_what_a_report_says_is_text_everywhere(browser: Browser, gallery: Gallery) -> None:
    (report,) = _ingest(gallery, _report(text=HOSTILE))

    page = browser.get(f"/images/{report}/detail").text

    assert HOSTILE not in page
    assert html.escape(HOSTILE, quote=False) in page.replace("&#34;", '"').replace("&#39;", "'")


def test_the_tags_of_a_report_stand_beside_it(browser: Browser, gallery: Gallery) -> None:
    data = Path(str(get_testdata_file("test-SR.dcm", download=False))).read_bytes()
    (report,) = _ingest(gallery, data)

    page = html.unescape(browser.get(f"/images/{report}/detail").text)

    assert 'class="story report"' in page
    assert "Content Sequence" in page


@pytest.mark.parametrize("tab", ["text", "history"])
def test_the_report_stands_beside_every_tab(browser: Browser, gallery: Gallery, tab: str) -> None:
    (report,) = _ingest(gallery, _report())

    assert 'class="story report"' in browser.get(f"/images/{report}/detail?tab={tab}").text
