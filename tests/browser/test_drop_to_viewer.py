"""The main way through the gallery: files are dropped, and looked at slice by slice and as planes, by keys alone."""

import re
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import expect
from pydicom.uid import generate_uid

from bench.server import Server
from dicomgallery.dicom import synthetic
from tests.browser.conftest import answer
from tests.browser.visitor import Meet, Visitor

pytestmark = pytest.mark.browser

SLICES = 60


def dropped(visitor: Visitor, server: Server, archive: Path, patient: str) -> None:
    """Drop an archive on the gallery, watch it come in, and go to the viewer of its series by keys."""
    visitor.go("/")
    visitor.drop(archive)
    expect(visitor.page.locator("[data-upload-bar]")).to_be_visible()
    expect(visitor.page.locator("[data-upload-title]")).to_have_text("Done")
    found = re.search(r'href="(/series/\d+)/viewer', answer(server, "GET", f"/?q={patient}")[1])
    assert found is not None
    visitor.go(found[1])
    link = visitor.page.get_by_role("link", name="Viewer").first
    link.focus()
    visitor.page.keyboard.press("Enter")
    visitor.page.wait_for_url("**/viewer*")


@pytest.mark.long
@pytest.mark.parametrize("width", [1400, 390])
def test_dropped_slices_are_looked_at_by_keys_alone(workshop: Server, meet: Meet, tmp_path: Path, width: int) -> None:
    name = f"Walk{width}"
    archive = tmp_path / "scan.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for number, one in enumerate(synthetic.ct_series(SLICES, 64, 64, seed=width)):
            one.PatientID = one.PatientName = name
            packed.writestr(f"scan/{number:03}.dcm", synthetic.as_bytes(one))
    visitor = meet(workshop, width=width, height=900)
    page = visitor.page

    dropped(visitor, workshop, archive, name)

    expect(page.locator(".viewer-stage")).to_be_visible()
    where = page.locator("[data-live-line=number]").first
    expect(where).to_contain_text(f"Image {SLICES // 2 + 1} of {SLICES}")
    expect(page.locator("[data-stage][data-live]")).to_be_visible()
    for key, number in (("ArrowDown", SLICES // 2 + 2), ("End", SLICES), ("Home", 1)):
        page.keyboard.press(key)
        expect(where).to_contain_text(f"Image {number} of {SLICES}")
    page.keyboard.press("2")
    expect(page.locator("[data-live-line=window]").first).to_contain_text("W 1500")
    tab = page.get_by_role("link", name="Planes", exact=True)
    tab.focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-plane] img").first).to_be_visible()
    slider = page.locator("input[name=axial]")
    before = slider.input_value()
    slider.focus()
    page.keyboard.press("ArrowRight")
    expect(slider).not_to_have_value(before)


@pytest.mark.long
def test_a_dropped_multi_frame_object_is_looked_at_the_same_way(workshop: Server, meet: Meet, tmp_path: Path) -> None:
    dataset = synthetic.us_cine(24, 96, 128)
    dataset.PatientID = dataset.PatientName = "WalkFrames"
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID, dataset.SOPInstanceUID = (generate_uid() for _ in range(3))
    archive = tmp_path / "cine.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("cine.dcm", synthetic.as_bytes(dataset))
    visitor = meet(workshop, width=1400, height=900)

    dropped(visitor, workshop, archive, "WalkFrames")

    where = visitor.page.locator("[data-live-line=number]").first
    expect(where).to_contain_text("Image 13 of 24")
    expect(visitor.page.locator("[data-stage][data-live]")).to_be_visible()
    visitor.page.keyboard.press("ArrowUp")
    expect(where).to_contain_text("Image 12 of 24")
    visitor.page.keyboard.press("c")
    expect(visitor.page.locator(".cine")).to_be_visible()
