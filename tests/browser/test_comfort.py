"""What makes the pages pleasant for everybody: privacy, light and dark, keys alone, a small window."""

import copy
import json
import os
import re

import pytest
from playwright.sync_api import Browser, Page, expect

from bench.server import Server
from dicomgallery.dicom import synthetic
from tests.browser.conftest import answer
from tests.browser.visitor import Meet

pytestmark = pytest.mark.browser

# Whatever a person, or a reader of the screen, can still find of a name: words drawn, titles, labels, fields in sight.
TELLS = """
(name) => {
  const drawn = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.includes(name) || element.closest("script, template, noscript")) continue;
    const box = element.getBoundingClientRect();
    const isSeen = element.checkVisibility() && box.width > 1 && parseFloat(getComputedStyle(element).fontSize) > 0;
    if (isSeen) drawn.push(element.outerHTML.slice(0, 100));
  }
  const said = [...document.querySelectorAll("[title], [aria-label], [alt]")]
    .filter((one) => one.checkVisibility())
    .filter((one) => ["title", "aria-label", "alt"].some((key) => (one.getAttribute(key) ?? "").includes(name)));
  const title = document.title.includes(name) ? [document.title] : [];
  return [...drawn, ...said.map((one) => one.outerHTML.slice(0, 100)), ...title];
}
"""
STICKS_OUT = """
() => {
  if (document.scrollingElement.scrollWidth <= innerWidth) return [];
  const wide = [...document.querySelectorAll("main *")].filter((one) => one.getBoundingClientRect().right > innerWidth);
  return ["the page", ...wide.map((one) => one.className)];
}
"""
FOCUS = """
() => {
  const one = document.activeElement;
  const style = getComputedStyle(one);
  const ring = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1;
  const glow = getComputedStyle(one.closest(".search, label") ?? one).boxShadow !== "none";
  return { is: one.matches("body, main") ? "" : one.outerHTML.slice(0, 120), shows: ring || glow };
}
"""


SLICE = ("/?q=clara", ".card-link", "li:nth-child(3) > .card-link")
"""By which links one comes to the third slice of the synthetic CT."""


def test_privacy_hides_the_patient_on_every_page_and_stays_while_one_goes_on(meet: Meet, samples: Server) -> None:
    visitor = meet(samples)
    image = visitor.find(*SLICE)
    pages = [
        "/?q=clara",
        "/?q=clara&level=images",
        "/?q=clara&level=studies",
        "/?q=clara&level=patients",
        image,
        f"{image}?tab=text",
        f"{image}?tab=history",
        visitor.find("/?q=clara", ".card-link"),
        visitor.find("/?q=clara&level=studies", ".card-link"),
        visitor.find("/?q=clara&level=patients", ".card-link"),
    ]
    visitor.go(image)
    assert visitor.page.evaluate(TELLS, "Clara")

    visitor.page.keyboard.press("p")

    assert visitor.page.evaluate(TELLS, "Clara") == []
    for path in pages:
        visitor.go(path)
        for name in ("Clara", "SYN-00000CT", "Synthetic General"):
            assert visitor.page.evaluate(TELLS, name) == [], path
    visitor.page.keyboard.press("p")
    assert visitor.page.evaluate(TELLS, "Clara")


def test_privacy_moves_no_card_and_no_heading_and_hides_the_names_of_files_too(meet: Meet, samples: Server) -> None:
    visitor = meet(samples)
    tops = "[...document.querySelectorAll('main, h1, .card')].map((one) => one.getBoundingClientRect().top)"
    for path in ("/", visitor.find("/?q=CompressedSamples", ".card-link", ".card-link"), "/receipts/1"):
        visitor.go(path)
        before = visitor.page.evaluate(tops)

        visitor.page.keyboard.press("p")

        assert visitor.page.evaluate(tops) == pytest.approx(before, abs=1)
        assert visitor.page.evaluate(TELLS, "pydicom/") == []
        visitor.page.keyboard.press("p")


def test_privacy_is_there_before_the_page_is_drawn(meet: Meet, samples: Server) -> None:
    visitor = meet(samples)
    visitor.go("/?q=clara")
    visitor.page.get_by_role("button", name="Hide identities").click()
    # The modules come late here; what is hidden must not wait for them.
    visitor.page.route("**/main*.js", lambda _: None)
    visitor.page.goto(f"{visitor.home}/?q=clara", wait_until="commit")

    visitor.page.locator("[data-card]").first.wait_for()

    assert visitor.page.evaluate(TELLS, "Clara") in ([], ["clara · DICOM Gallery"])
    visitor.page.unroute_all(behavior="ignoreErrors")


@pytest.mark.parametrize(("system", "chosen"), [("dark", "light"), ("light", "dark")])
def test_a_chosen_theme_stays_and_no_other_is_seen_on_the_way(
    meet: Meet, samples: Server, system: str, chosen: str
) -> None:
    visitor = meet(samples, theme=system)
    visitor.go("/")
    before = visitor.page.evaluate("getComputedStyle(document.body).backgroundColor")
    visitor.page.get_by_role("button", name="Light or dark").click()
    after = visitor.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert before != after

    # Every ground the body ever has is written down, from its first moment.
    visitor.page.add_init_script(
        """new MutationObserver(() => {
          if (document.body) (window.grounds ??= new Set()).add(getComputedStyle(document.body).backgroundColor);
        }).observe(document, { childList: true, subtree: true, attributes: true });"""
    )
    visitor.go("/receipts")

    assert visitor.page.evaluate("[...window.grounds].filter((one) => one !== 'rgba(0, 0, 0, 0)')") == [after]
    assert visitor.page.evaluate("document.documentElement.dataset.theme") == chosen


def test_every_control_of_the_gallery_is_reached_by_tab_and_shows_its_focus(meet: Meet, samples: Server) -> None:
    visitor = meet(samples)
    visitor.go("/?q=synthetic")
    assert_tab_reaches(
        visitor.page, ["Skip to the content", "search", "data-privacy", "bar-upload", "modality", "card-link"]
    )


def test_every_control_of_an_image_is_reached_by_tab_and_shows_its_focus(meet: Meet, samples: Server) -> None:
    visitor = meet(samples)
    visitor.go(visitor.find(*SLICE))
    assert_tab_reaches(visitor.page, ["range", "summary", "tab=text", "Filter 60 elements", "data-copy"])


def assert_tab_reaches(page: Page, wanted: list[str]) -> None:
    """Press Tab until each of these was focused, and see to it that each stop can be seen."""
    seen: list[str] = []
    for _ in range(120):
        page.keyboard.press("Tab")
        focus = page.evaluate(FOCUS)
        assert focus["shows"], focus["is"]
        seen.append(focus["is"])
        if all(any(word in stop for stop in seen) for word in wanted):
            return
    missing = [word for word in wanted if not any(word in stop for stop in seen)]
    raise AssertionError(f"Tab never came to {missing}, but to {seen}")


def test_an_image_is_found_opened_stepped_and_left_by_keys_alone(meet: Meet, samples: Server) -> None:
    visitor = meet(samples)
    visitor.go("/")
    keys = visitor.page.keyboard
    keys.press("/")
    keys.type("clara")
    keys.press("Enter")
    visitor.wait_found("1 series")
    keys.press("Escape")
    keys.press("ArrowDown")
    keys.press("Enter")
    visitor.page.wait_for_url("**/series/*")
    visitor.ready()
    keys.press("ArrowDown")
    keys.press("ArrowRight")
    keys.press("Enter")
    visitor.page.wait_for_url("**/images/*/detail")
    visitor.ready()
    expect(visitor.page.locator(".stepper output")).to_have_text("2 / 40")
    keys.press("End")
    expect(visitor.page.locator(".breadcrumbs [aria-current]")).to_have_text("Image 40 of 40")
    keys.press("f")
    keys.type("slice thickness")
    expect(visitor.page.locator("tr[data-row]:visible")).to_have_count(1)
    keys.press("ArrowDown")
    keys.press("Enter")
    expect(visitor.page.locator(".tag-more:visible .explanation")).to_contain_text("De-identification")
    for key, page in (("g", "/"), ("r", "/receipts"), ("b", "/bin"), ("c", "/collections")):
        with visitor.page.expect_navigation():
            keys.press("g")
            keys.press(key)
        visitor.ready()
        assert visitor.path == page


def test_the_keys_are_listed_and_the_list_gives_the_focus_back(meet: Meet, samples: Server) -> None:
    visitor = meet(samples)
    visitor.go("/")
    visitor.page.keyboard.press("?")
    expect(visitor.page.get_by_role("dialog")).to_contain_text("Previous, next image")
    visitor.page.keyboard.press("Escape")
    expect(visitor.page.get_by_role("dialog")).to_have_count(0)
    visitor.page.keyboard.press("/")
    expect(visitor.page.get_by_label("Search the gallery")).to_be_focused()


def test_facets_are_a_drawer_in_a_small_window_and_narrow_the_grid_there_too(meet: Meet, samples: Server) -> None:
    visitor = meet(samples, width=390, height=844)
    visitor.go("/")
    value = visitor.page.locator("input[type=checkbox][name=modality][value=MR]")
    expect(value).to_be_hidden()

    visitor.page.locator(".drawer > summary").click()
    value.check()

    expect(visitor.page.locator(".active-filters")).to_contain_text("MR")
    expect(value).to_be_visible()
    assert visitor.page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("widths", [(320, 390), (600, 768, 1024)], ids=["touch", "pointer"])
def test_nothing_sticks_out_of_a_window_of_any_width(meet: Meet, samples: Server, widths: tuple[int, ...]) -> None:
    visitor = meet(samples, width=widths[0], height=800)
    image = visitor.find(*SLICE)
    for path in ("/", image, f"{image}?tab=text", "/receipts/2", "/bin", "/collections", "/upload"):
        visitor.go(path)
        if path == "/":
            visitor.cards().first.locator("[data-pick]").check(force=True)
            expect(visitor.page.locator("[data-tray]")).to_be_visible()
        for width in widths:
            visitor.page.set_viewport_size({"width": width, "height": 800})
            assert visitor.page.evaluate(STICKS_OUT) == [], f"{path} {width}"


def test_one_touch_opens_a_card_and_its_box_is_always_there(chromium: Browser, samples: Server) -> None:
    context = chromium.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{samples.port}/?q=clara")
    page.wait_for_selector("html[data-ready]", state="attached")
    expect(page.locator(".card-pick").first).to_have_css("opacity", "1")

    page.locator(".card-link").first.tap()

    page.wait_for_url(re.compile(r"/series/\d+$"))
    context.close()


def test_a_link_in_a_notice_can_be_hit_on_a_phone(meet: Meet, workshop: Server) -> None:
    first = synthetic.ct_slice(rows=48, columns=48, seed=int.from_bytes(os.urandom(4)))
    changed = copy.deepcopy(first)
    changed.SeriesDescription = "Sent again"
    for one in (first, changed):
        status, received = answer(workshop, "POST", "/api/v1/uploads", synthetic.as_bytes(one))
        assert status == 201
    visitor = meet(workshop, width=390, height=844)

    visitor.go(f"/images/{json.loads(received)['files'][0]['id']}/detail")

    link = visitor.page.locator(".notice a").first
    assert link.inner_text() == "See the earlier one"
    assert (link.bounding_box() or {})["height"] >= 24


def test_privacy_hides_what_an_image_is_called_also_in_the_title_of_the_window(meet: Meet, workshop: Server) -> None:
    one = synthetic.ct_slice(rows=48, columns=48, seed=int.from_bytes(os.urandom(4)))
    one.SeriesDescription = "Chest of Miller"
    status, received = answer(workshop, "POST", "/api/v1/uploads", synthetic.as_bytes(one))
    assert status == 201
    visitor = meet(workshop)
    visitor.go(f"/images/{json.loads(received)['files'][0]['id']}/detail")
    heading = visitor.page.locator("h1")
    assert "Miller" in heading.inner_text()

    visitor.page.keyboard.press("p")

    assert heading.inner_text().strip() == ""
    assert visitor.page.title() == "DICOM Gallery"
    # Another tab of the page is exchanged in place; its title must not come back with it.
    visitor.page.get_by_role("link", name="Text", exact=True).click()
    expect(visitor.page.locator(".plain-text")).to_be_visible()
    assert visitor.page.title() == "DICOM Gallery"
    visitor.page.keyboard.press("p")
    assert "Miller" in visitor.page.title()


def test_a_title_hidden_by_privacy_comes_back_as_that_of_the_image_one_has_stepped_to(
    meet: Meet, samples: Server
) -> None:
    visitor = meet(samples)
    visitor.go(visitor.find(*SLICE))
    before = visitor.page.title()
    visitor.page.keyboard.press("p")

    visitor.page.keyboard.press("ArrowDown")
    expect(visitor.page.locator(".breadcrumbs [aria-current]")).to_have_text("Image 4 of 40")
    visitor.page.keyboard.press("p")

    assert visitor.page.title() not in (before, "DICOM Gallery")
