"""Tags edited over HTTP, as a browser without script does it: form, plan, review, apply, history, undo."""

import base64
import hashlib
import html
import io
import re
from pathlib import Path

import pytest
from pydicom import Dataset, dcmread
from pydicom.datadict import tag_for_keyword
from sqlalchemy import select

from dicomgallery.catalog import instances
from dicomgallery.dicom import synthetic
from dicomgallery.ingest.outcome import Accepted
from dicomgallery.models import EditPlan, Instance, db
from dicomgallery.storage.opening import store
from tests.conftest import Gallery
from tests.dicom.editing.making import dumped
from tests.every_vr import SAMPLES, SIXTEEN, Sample
from tests.web.conftest import Browser


@pytest.fixture
def image(gallery: Gallery) -> int:
    """A CT slice in a series of two."""
    first, _ = gallery.ingest(*synthetic.ct_series(2, 16, 16))
    gallery.work()
    assert isinstance(first, Accepted)
    return first.instance_id


def _begin(browser: Browser, image: int, **fields: object) -> str:
    """The address of a plan with a first change."""
    answer = browser.post(f"/images/{image}/edit", {"deed": "set", **fields})
    assert answer.status_code == 303, html.unescape(answer.text)
    return str(answer.location)


def _apply(gallery: Gallery, browser: Browser, plan: str, **more: str) -> str:
    """The page of a plan that is reviewed and done."""
    review = html.unescape(browser.get(f"{plan}/review").text)
    seen = re.search(r'name="seen" value="([0-9a-f]{64})"', review)
    assert seen is not None, review
    answer = browser.post(f"{plan}/apply", {"seen": seen[1], **more})
    assert answer.status_code == 303, html.unescape(answer.text)
    gallery.work()
    return browser.see(answer)


def _newest(gallery: Gallery, image: int) -> Instance:
    db.session.rollback()
    return next(one for one in instances.history(gallery.scope, image) if one.is_current)


def _bytes(instance: Instance) -> bytes:
    return store().path(instance.blob_sha256).read_bytes()


def _fields(browser: Browser, page: str, sample: Sample) -> dict[str, object]:
    """What a browser sends of the form of an element: its hidden fields, and what is typed into the others."""
    text = browser.get(f"{page}?element={sample.keyword}").text
    form = next(part for part in re.findall(r"<form.*?</form>", text, re.DOTALL) if 'class="edit-form"' in part)
    fields: dict[str, object] = {
        name: html.unescape(value) for name, value in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form)
    }
    fields.setdefault("vr", sample.vr)
    assert fields["vr"] == sample.vr
    if 'name="alphabetic"' in form:
        groups = sample.typed.split("=")
        fields |= dict(zip(("alphabetic", "ideographic", "phonetic"), groups, strict=True))
    elif 'type="file"' in form:
        fields["file"] = (io.BytesIO(SIXTEEN), "value.bin")
    elif 'name="value"' in form:
        fields["value"] = sample.typed
    return fields


def test_every_vr_is_edited_by_its_form_and_read_back_by_pydicom_and_dcmtk(
    gallery: Gallery, browser: Browser, image: int, tmp_path: Path
) -> None:
    plan = ""
    for sample in SAMPLES:
        page = plan or f"/images/{image}/edit"
        fields = {"deed": "set", **_fields(browser, page, sample)}
        answer = browser.post(f"{plan}/changes" if plan else page, fields)
        assert answer.status_code == 303, (sample.vr, html.unescape(answer.text))
        plan = answer.location
    page = _apply(gallery, browser, plan, understood="1", again="1")
    assert "1 changed" in page

    data = _bytes(_newest(gallery, image))
    dataset, lines = dcmread(io.BytesIO(data)), dumped(data, tmp_path).splitlines()
    for sample in SAMPLES:
        element = dataset[sample.keyword]
        assert sample.vr == element.VR
        got = list(element.value) if isinstance(sample.read, list) else element.value
        assert (str(got) if sample.vr == "PN" else got) == sample.read, sample.vr
        tag = tag_for_keyword(sample.keyword) or 0
        line = next(line for line in lines if line.startswith(f"({tag >> 16:04x},{tag & 0xFFFF:04x}) {sample.vr}"))
        assert sample.dumped in line, sample.vr
    old = next(one for one in instances.history(gallery.scope, image) if one.id == image)
    assert dataset.PixelData == dcmread(io.BytesIO(_bytes(old))).PixelData


def test_the_form_sent_back_as_it_is_changes_nothing(gallery: Gallery, browser: Browser, image: int) -> None:
    before = dcmread(io.BytesIO(_bytes(_newest(gallery, image))))
    asked = 0
    for element in before:
        if element.VR == "SQ" or element.tag.group == 0x7FE0:
            continue
        text = browser.get(f"/images/{image}/edit?path={int(element.tag):08X}").text
        value = re.search(r'name="value"[^>]*?value="([^"]*)"', text) or re.search(
            r'name="value"[^>]*>([^<]*)</textarea>', text
        )
        if value is None:
            continue
        asked += 1
        vr = re.search(r'name="vr" value="(\w\w)"', text)
        plan = _begin(
            browser,
            image,
            path=f"{int(element.tag):08X}",
            vr=vr[1] if vr else element.VR,
            value=html.unescape(value[1]),
        )
        assert "alter nothing" in browser.get(f"{plan}/review").text, element.keyword
    assert asked > 20


def test_the_review_shows_every_image_before_and_after_and_what_is_mandatory(
    gallery: Gallery, browser: Browser, image: int
) -> None:
    plan = _begin(browser, image, path="SeriesDescription", vr="LO", value="After <b>")
    browser.post(f"{plan}/changes", {"deed": "delete", "path": "Modality"})
    answer = browser.post(f"{plan}/settle", {"reach": "series", "identity": "instance"})
    text = browser.see(answer)

    assert text.count("After <b>") == 2
    assert "Type 1" in text
    assert "in 2 images" in text
    assert "<b>After" not in browser.get(f"{plan}/review").text
    assert gallery.instance_count() == 2
    assert all(one.replaces_id is None for one in db.session.scalars(select(Instance)))


def test_what_makes_pixels_unreadable_is_confirmed_on_two_pages(gallery: Gallery, browser: Browser, image: int) -> None:
    plan = _begin(browser, image, path="Rows", vr="US", value="8")
    seen = re.search(r'name="seen" value="(\w+)"', browser.get(f"{plan}/review").text)
    assert seen is not None

    assert browser.post(f"{plan}/apply", {"seen": seen[1]}).status_code == 422
    asked = browser.post(f"{plan}/apply", {"seen": seen[1], "understood": "1"})
    assert "Are you sure" in asked.text
    gallery.work()
    assert _newest(gallery, image).id == image
    browser.post(f"{plan}/apply", {"seen": seen[1], "understood": "1", "again": "1"})
    gallery.work()
    assert _newest(gallery, image).rows == 8


def test_history_tells_what_changed_and_restore_brings_back_the_same_bytes(
    gallery: Gallery, browser: Browser, image: int
) -> None:
    before = hashlib.sha256(_bytes(_newest(gallery, image))).hexdigest()
    plan = _begin(browser, image, path="PatientName", vr="PN", alphabetic="New^Name", ideographic="", phonetic="")
    _apply(gallery, browser, plan)
    edited = _newest(gallery, image)

    page = browser.get(f"/images/{edited.id}/history").text
    assert "New^Name" in page
    assert "Restore" in page
    assert "What changed, and restore" in browser.get(f"/images/{edited.id}/detail?tab=history").text
    pair = browser.get(f"/images/{edited.id}/history?older={image}&newer={edited.id}").text
    assert "From version 1 to version 2" in pair
    assert "This version is back" in browser.see(browser.post(f"/images/{image}/restore"))
    assert hashlib.sha256(_bytes(_newest(gallery, image))).hexdigest() == before


def test_items_and_private_elements_are_reached_by_the_form(gallery: Gallery, browser: Browser, image: int) -> None:
    plan = _begin(browser, image, deed="add_item", path="ProcedureCodeSequence")
    form = browser.get(f"{plan}?inside=00081032[0]&element=CodeMeaning").text
    assert "Procedure Code Sequence, item 1" in form
    path = re.search(r'name="path" value="([^"]+)"', form)
    assert path is not None
    browser.post(f"{plan}/changes", {"deed": "set", "path": path[1], "vr": "LO", "value": "Chest"})
    browser.post(
        f"{plan}/changes", {"deed": "set", "path": "00111001", "vr": "UN", "creator": "ACME", "base64": _typed(b"ab")}
    )
    _apply(gallery, browser, plan)

    made = dcmread(io.BytesIO(_bytes(_newest(gallery, image))))
    assert made.ProcedureCodeSequence[0].CodeMeaning == "Chest"
    assert made.private_block(0x11, "ACME")[1].value == b"ab"


def _typed(data: bytes) -> str:
    return base64.b64encode(data).decode()


@pytest.mark.parametrize(
    "fields",
    [
        {"path": "PatientAge", "vr": "AS", "value": "old"}, {"path": "../../etc", "value": "x"}, {"path": ""},
        {"path": "PatientName", "vr": "LO", "value": "x"}, {"deed": "explode", "path": "PatientID"},
        {"path": "00020010", "vr": "UI", "value": "1.2.840.10008.1.2.4.50\0"}, {"path": "a" * 100_000},
        {"deed": "remove_item:-1", "path": "ProcedureCodeSequence"}, {"path": "PatientID", "value": "\0" * 10},
        {"path": "RecordKey", "vr": "OB", "base64": "?"}, {"path": "00110001", "vr": "LO", "value": "x"},
    ],
)  # fmt: skip
def test_a_form_that_makes_no_sense_is_told_so_and_keeps_nothing(
    browser: Browser, image: int, fields: dict[str, str]
) -> None:
    answer = browser.post(f"/images/{image}/edit", {"deed": "set", **fields})

    assert answer.status_code == 422
    assert "notice-bad" in answer.text
    assert db.session.scalars(select(EditPlan)).all() == []


def test_a_selection_and_a_series_and_a_study_lead_into_the_editor(
    gallery: Gallery, browser: Browser, image: int
) -> None:
    (other,) = gallery.ingest(_named("Second^Patient"))
    gallery.work()
    assert isinstance(other, Accepted)
    answer = browser.post("/selection/edit", {"images": [str(image), str(other.instance_id)]})
    assert "What was selected" not in browser.see(answer)
    browser.post(f"{answer.location}/changes", {"deed": "set", "path": "ImageComments", "vr": "LT", "value": "both"})
    assert "What was selected" in html.unescape(browser.get(answer.location).text)
    page = _apply(gallery, browser, answer.location)
    assert "2 changed" in page

    found = _newest(gallery, image)
    assert "Edit tags" in browser.get("/series/1").text
    assert browser.get("/series/1/edit").location.endswith("reach=series")
    assert browser.get("/studies/1/edit").location.endswith("reach=study")
    assert f"/images/{found.id}/edit" in browser.get(f"/images/{found.id}/detail").text


def test_all_that_a_search_finds_is_edited(gallery: Gallery, browser: Browser, image: int) -> None:
    answer = browser.post("/selection/edit", {"all": "1", "query": "level=images"})
    browser.post(f"{answer.location}/changes", {"deed": "set", "path": "ImageComments", "vr": "LT", "value": "all"})

    assert "2 changed" in _apply(gallery, browser, answer.location)
    assert _newest(gallery, image).replaces_id == image


def test_a_plan_is_gone_when_it_is_discarded(browser: Browser, image: int) -> None:
    plan = _begin(browser, image, path="PatientID", vr="LO", value="X")
    assert browser.post(f"{plan}/changes/0/remove").status_code == 303
    assert browser.post(f"{plan}/changes/7/remove").status_code == 404
    assert "no file was touched" in browser.see(browser.post(f"{plan}/discard"))
    assert browser.get(plan).status_code == 404


def _named(name: str) -> Dataset:
    dataset = synthetic.dx_image(16, 16)
    dataset.PatientName = name
    return dataset
