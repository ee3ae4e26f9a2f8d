"""With scripts turned off: browsing, searching, uploading, reading tags, stepping, the bin and its undoing."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from bench.server import Server
from dicomgallery.dicom import synthetic
from tests.browser.conftest import nobody, several_series
from tests.browser.visitor import Meet, Visitor

pytestmark = pytest.mark.browser


# Whether what a person sees at the upper edge of a row is the row.
UPPERMOST = """
(row) => {
  const { left, top } = row.getBoundingClientRect();
  return row.contains(document.elementFromPoint(left + 20, top + 2));
}
"""


@pytest.fixture
def reader(meet: Meet, samples: Server) -> Visitor:
    """Somebody with the sample images, and no scripts."""
    visitor = meet(samples, javascript=False)
    visitor.go("/")
    return visitor


def follow(visitor: Visitor, way: Locator) -> None:
    """Press what leads to another page, and wait until that is there."""
    with visitor.page.expect_navigation():
        way.click()


def test_the_gallery_is_searched_filtered_and_sorted_by_its_forms(reader: Visitor) -> None:
    reader.page.get_by_label("Search the gallery").fill("Synthetic")
    with reader.page.expect_navigation():
        reader.page.get_by_label("Search the gallery").press("Enter")
    assert reader.found() == "4 series"

    reader.page.locator("input[type=checkbox][value=MR]").check()
    follow(reader, reader.page.get_by_role("button", name="Apply filters"))
    assert reader.titles() == ["Synthetic Marek"]
    assert "q=Synthetic" in reader.path

    follow(reader, reader.page.get_by_role("link", name="Modality MR Remove"))
    reader.page.get_by_label("Sort").select_option(label="Name, Z to A")
    follow(reader, reader.page.get_by_role("button", name="Sort"))
    assert reader.titles() == ["Synthetic Uma", "Synthetic Marek", "Synthetic Dorian", "Synthetic Clara"]


def test_more_is_the_next_page(reader: Visitor) -> None:
    follow(reader, reader.page.locator(".segmented").get_by_role("link", name="Images"))
    seen = reader.page.evaluate("[...document.querySelectorAll('[data-card]')].map((card) => card.id)")
    while reader.page.locator("[data-more]").count():
        follow(reader, reader.page.locator("[data-more]"))
        seen += reader.page.evaluate("[...document.querySelectorAll('[data-card]')].map((card) => card.id)")

    assert len(seen) == len(set(seen)) > 120


def test_pictures_of_all_cards_in_sight_come(reader: Visitor) -> None:
    for card in range(8):
        expect(reader.cards().nth(card).locator("img")).to_have_js_property("naturalWidth", 256)


def test_slices_are_stepped_through_by_links_and_the_window_is_a_form(reader: Visitor) -> None:
    reader.go("/?q=clara")
    follow(reader, reader.cards().first.locator(".card-link"))
    follow(reader, reader.cards().nth(4).locator(".card-link"))
    here = reader.page.locator(".breadcrumbs [aria-current]")
    expect(here).to_have_text("Image 5 of 40")
    follow(reader, reader.page.locator(".stepper").get_by_role("link", name="Next"))
    expect(here).to_have_text("Image 6 of 40")
    reader.page.get_by_role("slider").fill("30")
    follow(reader, reader.page.get_by_role("button", name="Go"))
    expect(here).to_have_text("Image 30 of 40")

    before = reader.page.locator("[data-stage-image]").get_attribute("src")
    reader.page.locator(".window > summary").click()
    reader.page.get_by_label("Width").fill("1500")
    reader.page.get_by_label("Center").fill("-600")
    follow(reader, reader.page.get_by_role("button", name="Show", exact=True))
    assert "width=1500" in reader.path
    assert reader.page.locator("[data-stage-image]").get_attribute("src") != before


def test_the_next_slice_is_there_before_one_steps(meet: Meet, samples: Server) -> None:
    reader = meet(samples, javascript=False, fresh=True)
    reader.go("/?q=clara")
    follow(reader, reader.cards().first.locator(".card-link"))
    came: list[str] = []
    reader.page.on("requestfinished", lambda request: came.append(request.url))
    follow(reader, reader.cards().nth(8).locator(".card-link"))
    ahead = reader.page.locator("link[rel=prefetch]").evaluate_all("(links) => links.map((link) => link.href)")
    assert len(ahead) == 2
    for _ in range(100):
        if set(ahead) <= set(came):
            break
        reader.page.wait_for_timeout(100)

    follow(reader, reader.page.locator(".stepper").get_by_role("link", name="Next"))
    shown = reader.page.locator("[data-stage-image]")
    expect(shown).to_have_js_property("naturalWidth", 512)

    assert shown.evaluate("(image) => image.src") == ahead[0]
    sent = reader.page.evaluate("(src) => performance.getEntriesByName(src)[0].transferSize", ahead[0])
    assert sent == 0, "the browser had it"


def test_the_series_of_a_study_are_links_beside_the_picture(meet: Meet, workshop: Server) -> None:
    visitor = meet(workshop, javascript=False)
    visitor.go(several_series(workshop, nobody("Leafer")))
    expect(visitor.page.locator(".series-steps")).to_contain_text("Series 1 / 3")

    follow(visitor, visitor.page.get_by_role("link", name="Next series CT Second"))

    expect(visitor.page.locator(".series-steps")).to_contain_text("Series 2 / 3")
    expect(visitor.page.get_by_role("link", name="Previous series CT First")).to_be_visible()


def test_tags_are_read_explained_and_shown_as_text(reader: Visitor) -> None:
    reader.go("/receipts/1")
    follow(reader, reader.page.locator(".receipt-name a", has_text="CT_small.dcm"))
    row = reader.page.locator("#tags .tag", has_text="Study Date")
    row.locator("summary").click()
    row.locator("+ .tag-more").get_by_role("link").click()

    explanation = row.locator("+ .tag-more .explanation")
    expect(explanation).to_be_visible()
    expect(explanation).to_contain_text("De-identification")
    follow(reader, reader.page.get_by_role("link", name="Text", exact=True))
    expect(reader.page.locator("pre").first).to_contain_text("CompressedSamples^CT1")


@pytest.mark.parametrize("width", [1280, 900, 390])
def test_a_tag_that_is_jumped_to_lies_below_what_sticks_to_the_top(meet: Meet, samples: Server, width: int) -> None:
    reader = meet(samples, javascript=False, width=width)
    reader.go("/?q=clara")
    follow(reader, reader.cards().first.locator(".card-link"))
    follow(reader, reader.cards().first.locator(".card-link"))

    for key in ("00080060", "00280010"):
        row = reader.page.locator(f"#tag-{key}")
        row.locator("summary").click()
        follow(reader, row.locator("+ .tag-more").get_by_role("link"))

        assert reader.page.url.endswith(f"#tag-{key}")
        expect(row).to_be_in_viewport(ratio=1)
        assert row.evaluate(UPPERMOST), "nothing lies over its first line"


def test_files_are_sent_by_the_form_binned_and_brought_back(meet: Meet, workshop: Server, tmp_path: Path) -> None:
    visitor = meet(workshop, javascript=False)
    name = nobody("Scriptless ")
    dataset = synthetic.mr_series(1, 48, 48, seed=int.from_bytes(os.urandom(4)))[0]
    (tmp_path / "slice.dcm").write_bytes(synthetic.as_bytes(dataset))
    (tmp_path / "letter.txt").write_text("Dear colleague")
    visitor.go("/upload")
    visitor.page.get_by_label("Files").set_input_files([tmp_path / "slice.dcm", tmp_path / "letter.txt"])
    visitor.page.get_by_label("Study name or collection").fill(name)
    follow(visitor, visitor.page.get_by_role("button", name="Upload"))

    outcomes = visitor.page.locator(".receipt-outcome").all_inner_texts()
    assert [text.strip() for text in outcomes] == ["Added", "Not taken"]
    follow(visitor, visitor.page.get_by_role("link", name=name))
    assert visitor.found() == "1 series"
    here = visitor.path
    visitor.cards().first.locator("[data-pick]").check()
    follow(visitor, visitor.page.locator("[data-tray]").get_by_role("button", name="Delete"))
    expect(visitor.page.locator("[data-toast]")).to_contain_text("1 image moved to the bin.")
    follow(visitor, visitor.page.get_by_role("button", name="Undo"))
    expect(visitor.page.locator("[data-toast]")).to_contain_text("1 image restored.")
    visitor.go(here)
    assert visitor.found() == "1 series"


def test_a_collection_is_made_renamed_and_forgotten(meet: Meet, workshop: Server) -> None:
    visitor = meet(workshop, javascript=False)
    name = nobody("Made by hand ")
    visitor.go("/collections")
    visitor.page.get_by_label("Name of a new collection").fill(name)
    follow(visitor, visitor.page.get_by_role("button", name="Create"))
    expect(visitor.page.get_by_role("heading", level=1)).to_have_text(name)

    visitor.page.locator(".menu > summary", has_text="Change").click()
    visitor.page.get_by_label("Name", exact=False).last.fill(f"{name}, better")
    follow(visitor, visitor.page.get_by_role("button", name="Rename"))
    expect(visitor.page.get_by_role("heading", level=1)).to_have_text(f"{name}, better")
    visitor.page.locator(".menu > summary", has_text="Change").click()
    follow(visitor, visitor.page.get_by_role("button", name="Delete the collection"))
    expect(visitor.page.get_by_role("link", name=name)).to_have_count(0)
