"""The page of patterns, in every theme and width: it can be read, hit, and runs nothing that the policy forbids."""

import pytest

from bench.server import Server
from tests.browser.looking import READABLE, READING, THEMES
from tests.browser.visitor import Meet, Visitor

pytestmark = pytest.mark.browser


@pytest.fixture
def visitor(meet: Meet, workshop: Server) -> Visitor:
    """Somebody at the page."""
    visitor = meet(workshop, width=1440)
    visitor.go("/about/patterns")
    return visitor


@pytest.mark.parametrize("widths", [(360,), (768, 1440, 3840)], ids=["touch", "pointer"])
def test_every_pattern_can_be_read_and_hit(meet: Meet, workshop: Server, widths: tuple[int, ...]) -> None:
    visitor = meet(workshop, width=widths[0])
    visitor.go("/about/patterns")

    for width in widths:
        visitor.page.set_viewport_size({"width": width, "height": 900})
        for theme in THEMES:
            visitor.page.emulate_media(color_scheme=theme)
            assert visitor.page.evaluate(READING) == READABLE, f"{width} {theme}"


def test_privacy_hides_every_identity_and_is_there_before_the_next_page_is_painted(visitor: Visitor) -> None:
    page = visitor.page
    shown = (
        "() => [...document.querySelectorAll('main [data-identity]:not(input, tspan)')].map(e => e.innerText.trim())"
    )
    drawn = "() => [...document.querySelectorAll('tspan[data-identity]')].map((e) => getComputedStyle(e).visibility)"
    assert set(page.evaluate(drawn)) == {"visible"}
    assert any("Hounsfield" in text for text in page.evaluate(shown))

    page.keyboard.press("p")

    assert set(page.evaluate(shown)) == {""}
    assert set(page.evaluate(drawn)) == {"hidden"}
    page.reload(wait_until="commit")
    page.wait_for_selector("main", state="attached")
    assert page.evaluate("document.documentElement.dataset.privacy") == ""


def test_the_theme_follows_the_system_until_one_is_chosen_and_then_stays(visitor: Visitor) -> None:
    page = visitor.page
    page.emulate_media(color_scheme="light")
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)

    page.keyboard.press("t")
    dark = page.evaluate(ground)
    page.reload()

    assert light != dark
    assert page.evaluate(ground) == dark


def test_keys_are_explained_and_a_typed_letter_is_no_key(visitor: Visitor) -> None:
    page = visitor.page

    page.keyboard.press("/")
    page.keyboard.type("p?t")
    assert page.evaluate("document.activeElement.value") == "p?t"
    assert page.evaluate("document.documentElement.dataset.privacy ?? 'off'") == "off"

    page.keyboard.press("Escape")
    page.keyboard.press("?")
    assert page.locator("#keys").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator("#keys").is_visible()


def test_tags_are_filtered_with_the_parents_of_a_nested_hit(visitor: Visitor) -> None:
    page = visitor.page

    page.locator("[data-tag-filter] input").fill("5962 instance")
    page.locator("[data-tag-filter] output:not(:empty)").wait_for()

    rows = page.locator("#patterns-tags tr[data-row]:visible .tag-name").all_inner_texts()
    groups = page.locator("#patterns-tags tr[data-group]:visible").all_inner_texts()
    assert [row.strip() for row in rows] == ["Referenced Image Sequence", "Item 1", "Referenced SOP Instance UID"]
    assert groups == ["0008 · Identifying"]


def test_cards_are_walked_and_picked_with_keys_alone(visitor: Visitor) -> None:
    page = visitor.page
    counts = page.locator("[data-tray-count]")
    assert counts.inner_text() == "1 selected"

    page.locator(".card-link").nth(2).focus()
    page.keyboard.press("Space")
    assert counts.inner_text() == "2 selected"
    page.locator(".card-link").nth(5).focus()
    page.keyboard.press("Shift+Space")
    assert counts.inner_text() == "5 selected"
    page.keyboard.press("Escape")
    assert not page.locator(".tray").is_visible()
