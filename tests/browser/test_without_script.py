"""With scripts turned off: browsing, searching, uploading, reading tags, stepping, the bin and its undoing."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import expect

from bench.server import Server
from dicomgallery.dicom import synthetic
from tests.browser.visitor import Meet, Visitor

pytestmark = pytest.mark.browser


@pytest.fixture
def reader(meet: Meet, samples: Server) -> Visitor:
    """Somebody with the sample images, and no scripts."""
    visitor = meet(samples, javascript=False)
    visitor.go("/")
    return visitor


def test_the_gallery_is_searched_filtered_and_sorted_by_its_forms(reader: Visitor) -> None:
    reader.page.get_by_label("Search the gallery").fill("Synthetic")
    reader.page.get_by_label("Search the gallery").press("Enter")
    assert reader.found() == "4 series"

    reader.page.locator("input[type=checkbox][value=MR]").check()
    reader.page.get_by_role("button", name="Apply filters").click()
    assert reader.titles() == ["Synthetic Marek"]
    assert "q=Synthetic" in reader.path

    reader.page.get_by_role("link", name="Modality MR Remove").click()
    reader.page.get_by_label("Sort").select_option(label="Name, Z to A")
    reader.page.get_by_role("button", name="Sort").click()
    assert reader.titles() == ["Synthetic Uma", "Synthetic Marek", "Synthetic Dorian", "Synthetic Clara"]


def test_more_is_the_next_page(reader: Visitor) -> None:
    reader.page.locator(".segmented").get_by_role("link", name="Images").click()
    seen = reader.page.evaluate("[...document.querySelectorAll('[data-card]')].map((card) => card.id)")
    while reader.page.locator("[data-more]").count():
        reader.page.locator("[data-more]").click()
        seen += reader.page.evaluate("[...document.querySelectorAll('[data-card]')].map((card) => card.id)")

    assert len(seen) == len(set(seen)) > 120


def test_pictures_of_all_cards_in_sight_come(reader: Visitor) -> None:
    for card in range(8):
        expect(reader.cards().nth(card).locator("img")).to_have_js_property("naturalWidth", 256)


def test_slices_are_stepped_through_by_links_and_the_window_is_a_form(reader: Visitor) -> None:
    reader.go("/?q=clara")
    reader.cards().first.locator(".card-link").click()
    reader.cards().nth(4).locator(".card-link").click()
    here = reader.page.locator(".breadcrumbs [aria-current]")
    expect(here).to_have_text("Image 5 of 40")
    reader.page.locator(".stepper").get_by_role("link", name="Next").click()
    expect(here).to_have_text("Image 6 of 40")
    reader.page.get_by_role("slider").fill("30")
    reader.page.get_by_role("button", name="Go").click()
    expect(here).to_have_text("Image 30 of 40")

    before = reader.page.locator("[data-stage-image]").get_attribute("src")
    reader.page.locator(".window > summary").click()
    reader.page.get_by_label("Width").fill("1500")
    reader.page.get_by_label("Center").fill("-600")
    reader.page.get_by_role("button", name="Show", exact=True).click()
    assert "width=1500" in reader.path
    assert reader.page.locator("[data-stage-image]").get_attribute("src") != before


def test_tags_are_read_explained_and_shown_as_text(reader: Visitor) -> None:
    reader.go("/receipts/1")
    reader.page.locator(".receipt-name a", has_text="CT_small.dcm").click()
    row = reader.page.locator("#tags .tag", has_text="Study Date")
    row.locator("summary").click()
    row.locator("+ .tag-more").get_by_role("link").click()

    explanation = row.locator("+ .tag-more .explanation")
    expect(explanation).to_be_visible()
    expect(explanation).to_contain_text("De-identification")
    reader.page.get_by_role("link", name="Text", exact=True).click()
    expect(reader.page.locator("pre").first).to_contain_text("CompressedSamples^CT1")


def test_files_are_sent_by_the_form_binned_and_brought_back(meet: Meet, workshop: Server, tmp_path: Path) -> None:
    visitor = meet(workshop, javascript=False)
    name = f"Scriptless {int.from_bytes(os.urandom(5))}"
    dataset = synthetic.mr_series(1, 48, 48, seed=int.from_bytes(os.urandom(4)))[0]
    (tmp_path / "slice.dcm").write_bytes(synthetic.as_bytes(dataset))
    (tmp_path / "letter.txt").write_text("Dear colleague")
    visitor.go("/upload")
    visitor.page.get_by_label("Files").set_input_files([tmp_path / "slice.dcm", tmp_path / "letter.txt"])
    visitor.page.get_by_label("Study name or collection").fill(name)
    visitor.page.get_by_role("button", name="Upload").click()

    outcomes = visitor.page.locator(".receipt-outcome").all_inner_texts()
    assert [text.strip() for text in outcomes] == ["Added", "Not taken"]
    visitor.page.get_by_role("link", name=name).click()
    assert visitor.found() == "1 series"
    here = visitor.path
    visitor.cards().first.locator("[data-pick]").check()
    visitor.page.locator("[data-tray]").get_by_role("button", name="Delete").click()
    expect(visitor.page.locator("[data-toast]")).to_contain_text("1 image moved to the bin.")
    visitor.page.get_by_role("button", name="Undo").click()
    expect(visitor.page.locator("[data-toast]")).to_contain_text("1 image restored.")
    visitor.go(here)
    assert visitor.found() == "1 series"


def test_a_collection_is_made_renamed_and_forgotten(meet: Meet, workshop: Server) -> None:
    visitor = meet(workshop, javascript=False)
    name = f"Made by hand {int.from_bytes(os.urandom(5))}"
    visitor.go("/collections")
    visitor.page.get_by_label("Name of a new collection").fill(name)
    visitor.page.get_by_role("button", name="Create").click()
    expect(visitor.page.get_by_role("heading", level=1)).to_have_text(name)

    visitor.page.locator(".menu > summary", has_text="Change").click()
    visitor.page.get_by_label("Name", exact=False).last.fill(f"{name}, better")
    visitor.page.get_by_role("button", name="Rename").click()
    expect(visitor.page.get_by_role("heading", level=1)).to_have_text(f"{name}, better")
    visitor.page.locator(".menu > summary", has_text="Change").click()
    visitor.page.get_by_role("button", name="Delete the collection").click()
    expect(visitor.page.get_by_role("link", name=name)).to_have_count(0)
