"""Identity is taken out of a series: drafted, seen, treated otherwise, started and reported, without a script."""

import os

import pytest
from playwright.sync_api import expect

from bench.server import Server
from dicomgallery.dicom import synthetic
from tests.browser.looking import look_over
from tests.browser.test_series_health import sent
from tests.browser.visitor import Meet

pytestmark = pytest.mark.browser


def test_the_whole_way_from_a_series_to_its_signed_report(workshop: Server, meet: Meet) -> None:
    files = synthetic.ct_series(3, 32, 32, seed=int.from_bytes(os.urandom(4)))
    for one in files:
        one.InstitutionName = "Zuckerhut Klinik"
    where = sent(workshop, files)
    visitor = meet(workshop, width=390, javascript=False)
    page = visitor.page
    visitor.go(where)
    page.get_by_role("button", name="De-identify").first.click()
    expect(page.get_by_role("heading", name="De-identify 3 objects")).to_be_visible()
    draft = visitor.path
    row = page.locator("tr", has_text="Institution Name")
    expect(row).to_contain_text("removed")
    row.get_by_role("link", name="otherwise").click()
    page.get_by_label("What to do").select_option("keep it")
    page.get_by_label("Why").fill("Sites are compared.")
    page.get_by_role("button", name="Treat it so").click()
    page.get_by_role("link", name="kept").click()
    expect(page.locator("tr", has_text="Institution Name")).to_contain_text("override: Sites are compared.")
    reader = meet(workshop)
    reader.go(draft)
    look_over(reader, "deidentify-draft")

    page.get_by_role("button", name="Start").click()

    # However long it takes: the page looks again by itself.
    page.get_by_role("link", name="The signed report").click()
    expect(page.get_by_text("The signature fits every word")).to_be_visible()
    expect(page.locator("main")).to_contain_text("Sites are compared.")
    expect(page.locator("body")).not_to_contain_text("Zuckerhut")
    for name, path in (("run", draft), ("report", f"{draft}/report")):
        reader.go(path)
        look_over(reader, f"deidentify-{name}")
