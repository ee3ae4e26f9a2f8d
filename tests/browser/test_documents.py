"""Encapsulated documents in a real browser: read, stepped through, taken away, and never run."""

import re

import pytest
from playwright.sync_api import expect

from bench.server import Server
from dicomgallery.dicom import synthetic
from tests import documents
from tests.browser.conftest import answer
from tests.browser.looking import look_over
from tests.browser.visitor import Meet, Visitor

pytestmark = pytest.mark.browser

PAGES = [["Dear colleague,", *(f"line {line} of page {page}" for line in range(20))] for page in (1, 2, 3)]
LETTER = documents.pdf(*PAGES)


def brought(server: Server, name: str, data: bytes) -> str:
    """Send an object that carries a document; the address of its page."""
    sent = synthetic.as_bytes(documents.encapsulated(name, data))
    status, told = answer(server, "POST", "/api/v1/uploads", sent)
    assert status == 201
    found = re.search(r'"id":(\d+)', told)
    assert found
    return f"/images/{found[1]}/detail"


def is_drawn(visitor: Visitor, which: str) -> None:
    """Wait until the large picture is there."""
    expect(visitor.page.locator(f"{which} img").first).to_have_js_property("complete", True)
    assert visitor.page.locator(f"{which} img").first.evaluate("(image) => image.naturalWidth") > 500


def test_the_pages_of_a_pdf_are_stepped_through_by_links_slider_and_keys(meet: Meet, workshop: Server) -> None:
    visitor = meet(workshop)
    visitor.go(brought(workshop, "pdf", LETTER))
    here = visitor.page.locator(".stepper output").first
    expect(here).to_have_text("1 / 3")
    is_drawn(visitor, ".document-page")

    visitor.page.keyboard.press("ArrowDown")
    expect(here).to_have_text("2 / 3")
    visitor.page.keyboard.press("End")
    expect(here).to_have_text("3 / 3")
    visitor.page.locator(".document-pages a").first.click()
    expect(here).to_have_text("1 / 3")
    assert visitor.path.endswith("?frame=1")
    is_drawn(visitor, ".document-page")


def test_without_script_the_pages_are_links(meet: Meet, workshop: Server) -> None:
    visitor = meet(workshop, javascript=False)
    visitor.go(brought(workshop, "pdf", LETTER))

    visitor.page.get_by_role("link", name="Next", exact=True).first.click()

    expect(visitor.page.locator(".stepper output").first).to_have_text("2 / 3")
    is_drawn(visitor, ".document-page")


def test_a_document_is_taken_away_and_not_opened(meet: Meet, workshop: Server) -> None:
    visitor = meet(workshop)
    visitor.go(brought(workshop, "pdf", LETTER))

    with visitor.page.expect_download() as sent:
        visitor.page.locator(".document").get_by_role("link", name="Download").click()

    assert re.fullmatch(r"document-\d+\.pdf", sent.value.suggested_filename)
    assert sent.value.path().read_bytes() == LETTER


def test_the_source_of_a_document_is_text_and_its_markup_does_nothing(meet: Meet, workshop: Server) -> None:
    visitor = meet(workshop)
    script = b'<x xmlns="http://www.w3.org/1999/xhtml"><script>document.title = "ran"</script></x>'
    visitor.go(brought(workshop, "cda", documents.CDA.replace(b"<recordTarget>", script + b"<recordTarget>")))
    expect(visitor.page.get_by_role("heading", name="Medication")).to_be_visible()
    expect(visitor.page.locator(".narrative table")).to_contain_text("Troponin")
    where = str(visitor.page.get_by_role("link", name="Open as text").get_attribute("href"))

    visitor.page.goto(visitor.home + where)

    expect(visitor.page.locator("pre")).to_contain_text("<script>")
    assert visitor.page.title() != "ran"


def test_privacy_hides_what_is_written_in_a_document(meet: Meet, workshop: Server) -> None:
    visitor = meet(workshop)
    for name, data, hidden in (("pdf", LETTER, ".document-page img"), ("cda", documents.CDA, ".narrative h3")):
        visitor.go(brought(workshop, name, data))
        expect(visitor.page.locator(hidden).first).to_be_visible()
        visitor.page.keyboard.press("p")
        expect(visitor.page.locator(hidden).first).to_be_hidden()
        visitor.page.keyboard.press("p")


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "data"),
    [("pdf", LETTER), ("cda", documents.CDA), ("stl", documents.stl()), ("mtl", documents.MTL)],
    ids=["pdf", "cda", "stl", "mtl"],
)
def test_a_document_fits_the_window_in_both_themes(meet: Meet, workshop: Server, name: str, data: bytes) -> None:
    visitor = meet(workshop)
    visitor.go(brought(workshop, name, data))

    look_over(visitor, f"document-{name}")
