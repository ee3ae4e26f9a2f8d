"""What is burned in is reviewed by keyboard: boxes drawn, moved, sized, kept; accepted, rejected, undone, done."""

import os
import re

import pytest
from playwright.sync_api import Page, expect

from bench.server import Server
from tests.browser.looking import look_over
from tests.browser.test_series_health import sent
from tests.browser.visitor import Meet
from tests.burned import burned

pytestmark = pytest.mark.browser


def drag(page: Page) -> None:
    """Draw a box with the pointer, right of the middle and above it."""
    place = page.locator("[data-box-layer]").bounding_box()
    assert place is not None
    page.mouse.move(place["x"] + place["width"] / 2, place["y"] + place["height"] * 0.4)
    page.mouse.down()
    page.mouse.move(place["x"] + place["width"] * 0.75, place["y"] + place["height"] * 0.45, steps=3)
    page.mouse.up()


@pytest.mark.long
def test_two_objects_are_reviewed_by_keys_alone_and_every_page_can_be_read(workshop: Server, meet: Meet) -> None:
    files = [burned((20, 20), (20, 110), number=int.from_bytes(os.urandom(3))) for _ in range(2)]
    files[1].StudyInstanceUID, files[1].SeriesInstanceUID = files[0].StudyInstanceUID, files[0].SeriesInstanceUID
    visitor = meet(workshop)
    page, keys = visitor.page, visitor.page.keyboard
    visitor.go(sent(workshop, files))
    page.get_by_role("button", name="De-identify").first.click()
    page.get_by_role("button", name="Start").click()
    page.get_by_role("link", name="Review burned-in text").click()
    page.get_by_role("link", name="Look one by one").click()
    queue = visitor.path.rpartition("/")[0]
    boxes, rows = page.locator("[data-box-layer] rect"), page.locator("[data-box-row]")
    expect(boxes).to_have_count(2)
    reader = meet(workshop)
    for name, path in (("sheet", queue), ("object", visitor.path)):
        reader.go(path)
        look_over(reader, f"pixel-review-{name}")

    keys.press("n")
    drawn = rows.nth(2)
    expect(boxes.nth(2)).to_be_focused()
    expect(drawn.get_by_label("Box 3, left")).to_have_value("107")
    for press in ("ArrowLeft", "Control+ArrowUp", "Shift+ArrowRight", "Control+Shift+ArrowDown", "Enter"):
        keys.press(press)
    numbers = [drawn.locator(f"[name={name}]").input_value() for name in ("left", "top", "width", "height")]
    assert numbers == ["104", "69", "110", "21"]
    expect(boxes.nth(2)).not_to_be_focused()
    boxes.nth(0).focus()
    keys.press("Delete")
    expect(rows.nth(0).get_by_role("checkbox")).not_to_be_checked()
    keys.press("Delete")
    keys.press("Escape")
    drag(page)
    expect(boxes).to_have_count(4)
    first = visitor.path
    keys.press("a")
    expect(page.get_by_role("heading", name="Object 2")).to_be_visible()
    keys.press("r")
    expect(page.get_by_text("All are decided.")).to_be_visible()
    visitor.go(f"{queue}/2")
    keys.press("Control+z")
    expect(page.get_by_text("to look at")).to_be_visible()
    keys.press("ArrowUp")
    expect(page.get_by_role("heading", name="Object 1")).to_be_visible()
    expect(boxes).to_have_count(4)
    visitor.go(f"{queue}/2")
    keys.press("a")

    page.get_by_role("button", name="De-identify 2 objects").click()

    # However long it takes: the page looks again by itself.
    expect(page.get_by_role("link", name=re.compile("done 2"))).to_be_visible()
    visitor.go(first)
    expect(page.get_by_role("button", name="Paint these boxes black")).to_have_count(0)
