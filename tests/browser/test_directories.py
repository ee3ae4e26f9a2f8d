"""The directory of a medium and treatment records in a real browser: opened, hidden, read on a phone."""

import io
import json
import os
import zipfile

import pytest
from playwright.sync_api import expect
from pydicom.dataset import Dataset

from bench.server import Server
from dicomgallery.dicom import synthetic
from tests.browser.conftest import answer
from tests.browser.looking import look_over
from tests.browser.visitor import Meet
from tests.directories import image, medium, written
from tests.radiotherapy import beam, plan
from tests.treatments import brachy_session, given, session, summary

pytestmark = pytest.mark.browser


def sent(server: Server, *files: Dataset | bytes) -> list[str]:
    """Send files; the addresses of their pages."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for place, one in enumerate(files):
            archive.writestr(f"{place}", one if isinstance(one, bytes) else synthetic.as_bytes(one))
    status, received = answer(server, "POST", "/api/v1/uploads", packed.getvalue())
    assert status == 201
    return [f"/images/{one['id']}/detail" for one in json.loads(received)["files"]]


def a_medium(server: Server) -> list[str]:
    """Send two of the three images of a medium and its directory; the addresses of all three."""
    images = synthetic.ct_series(2, 48, 48, seed=int.from_bytes(os.urandom(4)))
    entries = [image(number, one.SOPInstanceUID) for number, one in enumerate(images, 1)]
    return sent(server, *images, written([medium(*entries, image(3, "1.2.3.4", "MILLER", "IM3"))]))


@pytest.mark.parametrize("javascript", [True, False])
def test_a_directory_is_opened_record_by_record_down_to_its_images(
    meet: Meet, workshop: Server, javascript: bool
) -> None:
    first, _, directory = a_medium(workshop)
    visitor = meet(workshop, javascript=javascript)
    visitor.go(directory)
    series = visitor.page.locator("summary", has_text="Series 3")
    link = visitor.page.get_by_role("link", name="Image 1")
    expect(link).to_be_hidden()

    series.focus()
    visitor.page.keyboard.press("Enter")

    expect(visitor.page.get_by_text("MILLER/IM3")).to_be_visible()
    link.click()
    visitor.page.wait_for_url(f"**{first}")


def test_privacy_hides_who_and_where_in_a_directory(meet: Meet, workshop: Server) -> None:
    _, _, directory = a_medium(workshop)
    visitor = meet(workshop)
    visitor.go(directory)
    visitor.page.locator("summary", has_text="Series 3").click()
    story = visitor.page.locator(".medium")
    assert "Hounsfield Ada" in story.inner_text()

    visitor.page.keyboard.press("p")

    for words in ("Hounsfield", "P-1", "MILLER"):
        expect(story.get_by_text(words)).to_be_hidden()
    expect(story.get_by_text("CT Chest")).to_be_visible()


@pytest.mark.long
def test_a_directory_fits_the_window(meet: Meet, workshop: Server) -> None:
    _, _, directory = a_medium(workshop)
    visitor = meet(workshop)
    visitor.go(directory)
    visitor.page.locator("summary", has_text="Series 3").click()

    look_over(visitor, "directory")


@pytest.mark.long
def test_treatment_records_fit_the_window(meet: Meet, workshop: Server) -> None:
    planned = plan(beam(1, "Field 1", (0, "NONE")))
    halted = session(given(1, "116", "116"), given(2, "90", "41.5", "MACHINE"), plan_uid=planned.SOPInstanceUID)
    pages = sent(workshop, planned, halted, brachy_session(), summary())[1:]
    visitor = meet(workshop)

    for name, page in zip(("session", "brachytherapy", "summary"), pages, strict=True):
        visitor.go(page)
        look_over(visitor, f"treatment-{name}")
