"""Finding one's way in the gallery: search, facets, dates, order, more, and leafing through a stack on its card."""

import re

import pytest
from playwright.sync_api import Request, expect

from bench.server import Server
from tests.browser.visitor import Meet, Visitor

pytestmark = pytest.mark.browser

CT_CARD = "[data-card]:has-text('Synthetic Clara')"


@pytest.fixture
def visitor(meet: Meet, samples: Server) -> Visitor:
    """Somebody in the gallery of sample images."""
    visitor = meet(samples)
    visitor.go("/")
    return visitor


def search(visitor: Visitor, words: str) -> None:
    """Type into the search box and press Enter."""
    box = visitor.page.get_by_label("Search the gallery")
    box.fill(words)
    box.press("Enter")


def test_a_name_is_found_in_any_case_and_its_search_survives_a_reload(visitor: Visitor) -> None:
    search(visitor, "clara")

    visitor.wait_found("1 series")
    assert visitor.titles() == ["Synthetic Clara"]
    assert visitor.path == "/?q=clara"
    visitor.page.reload()
    assert visitor.titles() == ["Synthetic Clara"]
    expect(visitor.page.get_by_label("Search the gallery")).to_have_value("clara")


def test_any_tag_can_be_searched_by_its_keyword(visitor: Visitor) -> None:
    sought = {"KVP=120 ProtocolName=chest": "Synthetic Clara", "ProtocolName=brain": "Synthetic Marek"}
    for words, title in sought.items():
        search(visitor, words)

        visitor.says("() => location.search.startsWith('?q=')")
        expect(visitor.cards().filter(has_text=title)).to_have_count(1)
        expect(visitor.cards()).to_have_count(1)


def test_a_search_in_vain_says_so_and_leads_back(visitor: Visitor) -> None:
    search(visitor, "nobody by this name")

    expect(visitor.page.get_by_role("heading", name="No matches")).to_be_visible()
    visitor.page.get_by_role("link", name="Clear all").click()
    expect(visitor.cards().first).to_be_visible()
    assert visitor.path == "/"


def test_a_facet_narrows_the_grid_at_once_and_its_count_is_what_it_shows(visitor: Visitor) -> None:
    facet = visitor.page.locator("#facet-modality .facet-value", has=visitor.page.locator("input[value=MR]"))
    promised = facet.locator(".facet-count").inner_text().strip()
    visitor.page.evaluate("window.same = true")

    facet.click()

    visitor.wait_found(f"{promised} series")
    assert "modality=MR" in visitor.path
    assert set(visitor.page.locator("[data-grid] .chip-modality").all_inner_texts()) == {"MR"}
    expect(facet.locator("input")).to_be_checked()
    assert visitor.page.evaluate("window.same")
    visitor.page.go_back()
    expect(visitor.page.locator(".active-filters")).to_have_count(0)
    assert visitor.path == "/"


def test_two_values_of_a_facet_add_up_and_a_filter_is_taken_away_by_its_chip(visitor: Visitor) -> None:
    value = visitor.page.locator
    counts = [int(value(f".facet-value:has(input[value={one}]) .facet-count").inner_text()) for one in ("MR", "CT")]
    value("input[type=checkbox][name=modality][value=MR]").check()
    visitor.wait_found(f"{counts[0]} series")

    value("input[type=checkbox][name=modality][value=CT]").check()
    visitor.wait_found(f"{sum(counts)} series")

    value(".active-filters a", has_text="MR").click()
    visitor.wait_found(f"{counts[1]} series")
    assert "modality=CT" in visitor.path
    assert "MR" not in visitor.path


def test_a_range_of_dates_and_a_year_of_the_histogram_narrow_the_grid(visitor: Visitor) -> None:
    visitor.page.get_by_label("From").fill("2024-05-19")
    visitor.page.get_by_label("From").press("Enter")
    visitor.wait_found("4 series")
    assert {title.split()[0] for title in visitor.titles()} == {"Synthetic"}

    visitor.page.locator(".facets-clear a").click()
    visitor.says("() => location.search === ''")
    visitor.page.locator("a[data-year='2024']").click()
    visitor.wait_found("4 series")
    assert "year=2024" in visitor.path


def test_the_order_is_chosen_and_kept_in_the_address(visitor: Visitor) -> None:
    search(visitor, "Synthetic")
    visitor.wait_found("4 series")
    assert visitor.titles()[0] == "Synthetic Clara"

    visitor.page.get_by_label("Sort").select_option(label="Name, Z to A")

    visitor.says("() => document.querySelector('.card-caption b').textContent.includes('Uma')")
    assert "sort=" in visitor.path
    assert "q=Synthetic" in visitor.path


def test_a_card_stands_for_what_one_chooses(visitor: Visitor) -> None:
    for level, noun in (("Images", "images"), ("Studies", "studies"), ("Patients", "patients")):
        visitor.page.locator(".segmented").get_by_role("link", name=level).click()

        expect(visitor.page.locator(".found")).to_contain_text(noun)
        expect(visitor.cards().first).to_have_attribute("data-level", noun)


def test_more_is_appended_until_all_are_shown_once(visitor: Visitor) -> None:
    visitor.page.locator(".segmented").get_by_role("link", name="Images").click()
    expect(visitor.page.locator(".found")).to_contain_text("images")
    total = int(re.sub(r"\D", "", visitor.found()))
    assert total > 120

    shown = visitor.cards().count()
    asked: list[Request] = []
    visitor.page.on("request", lambda request: asked.append(request) if "cursor=" in request.url else None)
    while visitor.page.locator("[data-more]").count():
        visitor.page.locator("[data-more]").click()
        visitor.says(f"() => document.querySelectorAll('[data-card]').length > {shown}")
        shown = visitor.cards().count()
        if shown < total:
            expect(visitor.page.locator("[data-pager] small")).to_have_text(f"{shown} of {total}")

    ids = visitor.page.evaluate("[...document.querySelectorAll('[data-card]')].map((card) => card.id)")
    assert len(ids) == len(set(ids)) == total
    parts = [response.text() for request in asked if (response := request.response())]
    assert parts
    assert not any("<html" in part for part in parts), "the cards come alone"


def test_who_goes_back_to_a_page_sees_the_page_and_not_the_cards_that_were_appended(visitor: Visitor) -> None:
    visitor.page.locator(".segmented").get_by_role("link", name="Images").click()
    expect(visitor.page.locator(".found")).to_contain_text("images")
    first = visitor.path
    second = str(visitor.page.locator("[data-more]").get_attribute("href"))
    visitor.go(second)
    visitor.go(first)
    visitor.page.locator("[data-more]").click()
    visitor.says("() => document.querySelectorAll('[data-card]').length > 60")

    visitor.page.go_back()
    visitor.ready()

    assert visitor.path == second
    expect(visitor.page.locator(".bar")).to_be_visible()
    expect(visitor.cards()).to_have_count(60)


def test_a_stack_is_leafed_through_under_the_pointer(visitor: Visitor) -> None:
    card = visitor.page.locator(CT_CARD)
    box = card.locator(".card-picture").bounding_box()
    assert box is not None

    def at(share: float) -> None:
        visitor.page.mouse.move(box["x"] + box["width"] * share, box["y"] + box["height"] / 2)

    at(0.02)
    expect(card.locator("[data-scrub-at]")).to_have_text("1")
    first = card.locator(".scrub-frame").get_attribute("src")
    at(0.98)
    expect(card.locator("[data-scrub-at]")).to_have_text("40")
    expect(card.locator(".scrub-frame")).not_to_have_attribute("src", str(first))
    visitor.page.mouse.move(0, 0)
    expect(card.locator(".scrub-frame")).to_have_count(0)
    expect(card.locator("[data-scrub-at]")).to_have_text("")


def test_a_stack_is_leafed_through_by_keys(visitor: Visitor) -> None:
    card = visitor.page.locator(CT_CARD)
    card.locator(".card-link").focus()
    says = card.locator("[data-scrub-at]")

    visitor.page.keyboard.press("Shift+ArrowRight")
    expect(says).not_to_have_text("")
    before = int(says.inner_text())
    visitor.page.keyboard.press("Shift+ArrowRight")
    expect(says).to_have_text(str(before + 1))
    visitor.page.keyboard.press("Shift+ArrowLeft")
    expect(says).to_have_text(str(before))
    expect(card.locator(".scrub-frame")).to_be_visible()


def test_a_series_of_many_leads_to_its_page_and_one_of_a_single_image_to_that_image(visitor: Visitor) -> None:
    visitor.page.locator(CT_CARD).locator(".card-link").click()
    visitor.page.wait_for_url("**/series/*")
    visitor.ready()
    assert visitor.cards().count() == 40
    positions = [
        float(text.split()[0].replace("−", "-")) for text in visitor.page.locator(".card-meta").all_inner_texts()
    ]
    assert positions == sorted(positions)

    visitor.go("/?q=CompressedSamples^MR1")
    visitor.cards().first.locator(".card-link").click()
    visitor.page.wait_for_url("**/images/*/detail")
