"""The page of patterns, in every theme and width: it can be read, hit, and runs nothing that the policy forbids."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server

pytestmark = pytest.mark.browser

READING = (Path(__file__).parent / "reading.js").read_text()


@pytest.fixture
def patterns(app: Flask) -> Iterator[str]:
    """The address of the page."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/about/patterns"
    server.shutdown()
    server.server_close()
    thread.join(5)


def opened(chromium: Browser, address: str, *, width: int, theme: str, complaints: list[str]) -> Page:
    """The page in a fresh window; `complaints` hears what the browser has to say."""
    context = chromium.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="light" if theme == "light" else "dark",
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.on("console", lambda said: complaints.append(said.text) if said.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(address)
    page.wait_for_selector("html[data-ready]", state="attached")
    return page


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("width", [360, 768, 1440, 3840])
def test_every_pattern_can_be_read_and_hit(chromium: Browser, patterns: str, width: int, theme: str) -> None:
    complaints: list[str] = []
    page = opened(chromium, patterns, width=width, theme=theme, complaints=complaints)

    found = page.evaluate(READING)
    page.context.close()

    assert found == {"faint": [], "small": [], "overflows": False}
    assert complaints == []


def test_privacy_hides_every_identity_and_is_there_before_the_next_page_is_painted(
    chromium: Browser, patterns: str
) -> None:
    page = opened(chromium, patterns, width=1440, theme="dark", complaints=[])
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
    page.context.close()


def test_the_theme_follows_the_system_until_one_is_chosen_and_then_stays(chromium: Browser, patterns: str) -> None:
    page = opened(chromium, patterns, width=1440, theme="light", complaints=[])
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)

    page.keyboard.press("t")
    dark = page.evaluate(ground)
    page.reload()

    assert light != dark
    assert page.evaluate(ground) == dark
    page.context.close()


def test_keys_are_explained_and_a_typed_letter_is_no_key(chromium: Browser, patterns: str) -> None:
    page = opened(chromium, patterns, width=1440, theme="dark", complaints=[])

    page.keyboard.press("/")
    page.keyboard.type("p?t")
    assert page.evaluate("document.activeElement.value") == "p?t"
    assert page.evaluate("document.documentElement.dataset.privacy ?? 'off'") == "off"

    page.keyboard.press("Escape")
    page.keyboard.press("?")
    assert page.locator("#keys").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator("#keys").is_visible()
    page.context.close()


def test_tags_are_filtered_with_the_parents_of_a_nested_hit(chromium: Browser, patterns: str) -> None:
    page = opened(chromium, patterns, width=1440, theme="dark", complaints=[])

    page.locator("[data-tag-filter] input").fill("5962 instance")
    page.locator("[data-tag-filter] output:not(:empty)").wait_for()

    rows = page.locator("#patterns-tags tr[data-row]:visible .tag-name").all_inner_texts()
    groups = page.locator("#patterns-tags tr[data-group]:visible").all_inner_texts()
    assert [row.strip() for row in rows] == ["Referenced Image Sequence", "Item 1", "Referenced SOP Instance UID"]
    assert groups == ["0008 · Identifying"]
    page.context.close()


def test_cards_are_walked_and_picked_with_keys_alone(chromium: Browser, patterns: str) -> None:
    page = opened(chromium, patterns, width=1440, theme="dark", complaints=[])
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
    page.context.close()
