"""Presentation states in a real browser: chosen beside the windows, stepped through, read in both themes."""

import io
import os
import time
import zipfile

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from bench.server import Server
from dicomgallery.dicom import synthetic
from tests.browser.conftest import PATIENCE_MS, answer
from tests.browser.looking import look_over
from tests.browser.test_radiotherapy import open_series
from tests.browser.visitor import Meet, Visitor
from tests.presentation import annotation, graphic, sequence, state, text, window

pytestmark = pytest.mark.browser


def send(server: Server) -> None:
    """Send four slices, and a state of three of them that marks a place."""
    images = synthetic.ct_series(4, rows=256, columns=256, seed=int.from_bytes(os.urandom(4)))
    marks = annotation(
        graphic("CIRCLE", [128, 128, 168, 128]),
        graphic("ELLIPSE", [40, 60, 90, 60, 65, 45, 65, 75], filled="Y"),
        text("Follow this one", [20, 200, 140, 220], anchor=[60, 150]),
    )
    marked = state(
        *images[:3],
        SeriesDescription="Marks",
        SoftcopyVOILUTSequence=window(40, 400),
        RescaleSlope="1",
        RescaleIntercept="-1024",
        RescaleType="HU",
        GraphicAnnotationSequence=sequence(marks),
    )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for number, one in enumerate((*images, marked)):
            archive.writestr(f"{number}.dcm", synthetic.as_bytes(one))
    assert answer(server, "POST", "/api/v1/uploads", packed.getvalue())[0] == 201
    # What refers to what is known once all of it is prepared.
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while "data-waiting" in answer(server, "GET", "/?level=images")[1]:
        assert time.monotonic() < deadline, "the images were not prepared in time"
        time.sleep(0.1)


@pytest.fixture(scope="module")
def stated(workshop: Server) -> Server:
    """A gallery with that."""
    send(workshop)
    return workshop


def is_marked(visitor: Visitor, where: str) -> bool:
    """Say whether the yellow of annotations is in a picture on the screen."""
    shown = visitor.page.locator(where)
    expect(shown).to_have_js_property("complete", value=True)
    with Image.open(io.BytesIO(shown.screenshot(animations="disabled"))) as taken:
        pixels = np.asarray(taken.convert("RGB"), int)
    return int((pixels[..., 0] - pixels[..., 2] > 100).sum()) > 40


def test_a_state_is_stepped_through_and_leads_to_its_image_and_back(meet: Meet, stated: Server) -> None:
    visitor = meet(stated)
    page = visitor.page
    open_series(visitor, "Marks")
    stepper = page.locator(".presentation .stepper output")
    expect(stepper).to_have_text("1 / 3")
    assert is_marked(visitor, ".presentation-picture img")
    page.keyboard.press("ArrowDown")
    expect(stepper).to_have_text("2 / 3")

    page.get_by_role("link", name="The image itself").click()
    expect(page.get_by_role("link", name="Where to look")).to_have_attribute("aria-current", "page")
    assert is_marked(visitor, "[data-stage-image]")
    page.keyboard.press("o")
    expect(page.get_by_role("link", name="Show annotations")).to_be_visible()
    assert not is_marked(visitor, "[data-stage-image]")
    page.get_by_role("link", name="As the file is").click()
    expect(page.get_by_role("link", name="As the file is")).to_have_attribute("aria-current", "page")
    assert "state=" not in visitor.path

    page.get_by_role("link", name="Presentation state: Marks").click()
    expect(page.locator(".presentation-texts")).to_contain_text("Follow this one")


@pytest.mark.long
def test_states_can_be_read_in_both_themes(meet: Meet, stated: Server) -> None:
    visitor = meet(stated)
    open_series(visitor, "Marks")
    pages = [visitor.path, str(visitor.page.get_by_role("link", name="The image itself").get_attribute("href"))]
    for name, path in zip(("state", "image"), pages, strict=True):
        if path != visitor.path:
            visitor.go(path)
        look_over(visitor, f"presentation-{name}")
