"""Marks as they are used: drawn over the picture, hidden by keys, left behind by a step, removed and brought back."""

import os
import uuid

import pytest
from playwright.sync_api import expect

from bench.server import Server
from dicomgallery.dicom import synthetic
from tests.browser.looking import READABLE, READING, THEMES, photograph
from tests.browser.test_series_health import sent
from tests.browser.visitor import Meet
from tests.marking import ARROW, ELLIPSE

pytestmark = pytest.mark.browser

DRAW = """
async ([key, body]) => {
  const list = await (await fetch(document.querySelector("[data-stepper]").dataset.stack)).json();
  const image = Number(list.frames[6].src.match(/pictures\\/(\\d+)-/)[1]);
  const token = document.querySelector("meta[name=csrf-token]").content;
  const headers = { "Content-Type": "application/json", "X-CSRFToken": token };
  const where = document.querySelector("[data-marks]").dataset.put + key;
  return (await fetch(where, { method: "PUT", headers, body: JSON.stringify({ image, ...body }) })).status;
}
"""


def test_marks_are_kept_by_a_script_and_used_by_another_browser(workshop: Server, meet: Meet) -> None:
    where = sent(workshop, synthetic.ct_series(12, 64, 64, seed=int.from_bytes(os.urandom(4))))
    one = meet(workshop)
    one.go(f"{where}/viewer?image=7")
    for body in (ELLIPSE, ARROW):
        assert one.page.evaluate(DRAW, [str(uuid.uuid4()), body]) == 201

    # Whose stage cannot be had: the server's pages stand, and their marks.
    other = meet(workshop, width=390, height=1500)
    other.page.route("**/dist/**", lambda route: route.abort())
    other.expected.append("dist/|stage could not start|ERR_FAILED")
    other.go(f"{where}/viewer?image=7")
    drawing, listed = other.page.locator("[data-marks-drawn]"), other.page.locator("[data-mark]")
    expect(drawing.get_by_text("104 mm²")).to_be_visible()
    expect(listed).to_have_count(2)
    for theme in THEMES:
        other.page.emulate_media(color_scheme=theme)
        photograph(other, f"viewer-marks-390-{theme}")
        assert other.page.evaluate(READING) == READABLE, theme

    # Where the picture lies, there lies the drawing.
    boxes = [other.page.locator(selector).bounding_box() for selector in ("[data-stage-image]", ".marks-drawn svg")]
    assert boxes[0] == boxes[1]

    other.page.keyboard.press("p")
    expect(drawing.get_by_text("Dr. Doe")).to_be_hidden()
    expect(drawing.get_by_text("104 mm²")).to_be_visible()
    other.page.keyboard.press("p")
    expect(drawing.get_by_text("Dr. Doe")).to_be_visible()

    other.page.keyboard.press("o")
    expect(drawing).to_have_count(0)
    expect(listed).to_have_count(2)
    other.page.keyboard.press("o")
    expect(drawing).to_be_visible()

    other.page.keyboard.press("ArrowDown")
    expect(drawing).not_to_be_visible()
    expect(other.page.locator(".viewer-bottom-left")).to_contain_text("Image 8 of 12")
    expect(listed.first.get_by_role("link")).to_have_text("Ellipse: 104 mm², mean 41.23 HU, SD 9.8")
    listed.first.get_by_role("link").click()
    expect(drawing).to_be_visible()

    listed.first.get_by_role("button", name="Remove this mark").click()
    expect(listed).to_have_count(1)
    other.page.get_by_role("button", name="Undo").click()
    expect(listed).to_have_count(2)
