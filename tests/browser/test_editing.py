"""Tags edited by forms without script: from the pencil beside a tag over the review to the undo."""

import os
import re

import pytest
from playwright.sync_api import expect

from bench.server import Server
from dicomgallery.dicom import synthetic
from tests.browser.looking import look_over
from tests.browser.test_series_health import sent
from tests.browser.visitor import Meet

pytestmark = pytest.mark.browser


def test_a_series_is_renamed_looked_at_and_restored_and_every_page_can_be_read(workshop: Server, meet: Meet) -> None:
    where = sent(workshop, synthetic.ct_series(2, 32, 32, seed=int.from_bytes(os.urandom(4))))
    visitor = meet(workshop, width=390, javascript=False)
    page = visitor.page
    visitor.go(where)
    page.get_by_role("link", name="Edit tags").first.click()
    page.get_by_role("link", name="Edit Series Description").click()
    expect(page).to_have_url(re.compile("path=0008103E"))
    page.get_by_label("Value, LO").fill("Edited here")
    page.get_by_role("button", name="Set the value").click()
    editor = visitor.path
    page.get_by_role("button", name="Review every change").click()
    expect(page.locator("ins", has_text="Edited here")).to_have_count(2)
    review = visitor.path
    reader = meet(workshop)
    for name, path in (("editor", f"{editor}?element=PatientName"), ("review", review)):
        reader.go(path)
        look_over(reader, f"edit-{name}")

    page.get_by_role("button", name="Apply to 2 images").click()
    # The page looks again by itself.
    expect(page.get_by_role("heading", name="The changes are made")).to_be_visible()
    page.get_by_role("link", name="History", exact=True).first.click()
    expect(page.locator("ins", has_text="Edited here")).to_be_visible()
    reader.go(visitor.path)
    look_over(reader, "edit-history")
    page.get_by_role("button", name="Restore").click()
    expect(page.get_by_text("This version is back, byte for byte.")).to_be_visible()
    expect(page.locator("li", has_text="Version 2").first.get_by_text("current")).to_be_visible()
