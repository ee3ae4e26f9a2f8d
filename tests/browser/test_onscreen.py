"""What is on the stage leaves as it stands there: saved as a picture, kept in the address, with the words asked for."""

import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import expect
from pydicom.uid import generate_uid

from bench.server import Server
from dicomgallery import bundle
from dicomgallery.supervisor import bundling
from tests.browser.test_stage import PRESENTATION, drag, opened, shown
from tests.browser.visitor import Meet, Visitor
from tests.imaging.making import as_file, image

pytestmark = pytest.mark.browser

Values = NDArray[np.int16]

SIDE = 128


@pytest.fixture(scope="module", autouse=True)
def _built() -> None:
    """Have the stage built, as the first start of the gallery does."""
    bundling.main()
    if not bundle.is_built():
        pytest.skip(f"there is no stage here: {bundle.why_not()}")


def lopsided() -> Values:
    """A square that has no symmetry: dark, with one bright bar and one bright corner."""
    pixels = np.full((SIDE, SIDE), 300, np.int16)
    pixels[16:40, 8:100] = 1900
    pixels[90:, 96:] = 1200
    return pixels


def saved(visitor: Visitor, *, marks: bool, words: bool) -> Values:
    """The picture that the stage leaves as."""
    page = visitor.page
    page.keyboard.press("S")
    page.get_by_label("With marks").set_checked(marks)
    page.get_by_label("With the words").set_checked(words)
    with page.expect_download() as leaving:
        page.get_by_role("button", name="Save", exact=True).click()
    assert leaving.value.suggested_filename == "view.png"
    picture = Image.open(io.BytesIO(Path(leaving.value.path()).read_bytes())).convert("RGB")
    return np.asarray(picture).astype(np.int16)


def bright(picture: Values) -> int:
    """How much of a picture is as bright as the words, and nearly gray."""
    return int(((picture.min(axis=-1) > 150) & (np.ptp(picture, axis=-1) < 60)).sum())


def colored(picture: Values) -> int:
    """How much of a picture of grays is in the color of marks, chosen or not."""
    return int((np.ptp(picture, axis=-1) > 60).sum())


def middle(picture: Values) -> Values:
    """The picture on the stage, brought to the size of the frame: it stands whole in the middle of it."""
    rows, columns = picture.shape[:2]
    side = min(rows, columns)
    top, left = (rows - side) // 2, (columns - side) // 2
    square = picture[top : top + side, left : left + side].astype(np.uint8)
    return np.asarray(Image.fromarray(square).resize((SIDE, SIDE), Image.Resampling.BOX).convert("L")).astype(np.int16)


@pytest.mark.long
def test_what_is_on_the_stage_leaves_as_it_stands_and_comes_back_by_its_address(workshop: Server, meet: Meet) -> None:
    series = generate_uid()
    dataset = image(lopsided(), Modality="CT", RescaleIntercept=-1024, RescaleSlope=1)
    dataset.SeriesInstanceUID, dataset.StudyInstanceUID = series, generate_uid()
    dataset.PatientName, dataset.WindowCenter, dataset.WindowWidth = "Onscreen^Olga", 0, 2000
    visitor = opened(workshop, meet, [as_file(dataset)], series)
    page = visitor.page

    for key in "rhv":
        page.keyboard.press(key)
    page.wait_for_url("**rotate=90&flip=hv*")

    # The stage, what it saves, and the picture of its address are one picture.
    out = page.get_by_role("link", name="This view as PNG")
    expect(out).to_have_attribute("href", re.compile("rotate=90&flip=hv"))
    answered = page.request.get(f"http://127.0.0.1:{workshop.port}{out.get_attribute('href')}")
    theirs = np.asarray(Image.open(io.BytesIO(answered.body()))).astype(np.int16)
    ours = middle(saved(visitor, marks=False, words=False))
    assert np.abs(ours - theirs).mean() < 3
    assert np.abs(ours - theirs[:, ::-1]).mean() > 30

    # It is there again, enlarged and moved as well.
    page.keyboard.press("+")
    page.keyboard.press("m")
    drag(visitor, (64, 64), (70, 60))
    page.wait_for_url("**zoom=1.25&pan=*")
    before = page.evaluate(PRESENTATION)
    page.reload()
    shown(visitor, 1)
    page.wait_for_function(f"{PRESENTATION}.zoom > 1.2")
    after = page.evaluate(PRESENTATION)
    assert (after["rotation"], after["flipHorizontal"], after["flipVertical"]) == (90, True, True)
    assert after["zoom"] == pytest.approx(before["zoom"], rel=0.01)
    assert after["pan"] == pytest.approx(before["pan"], abs=1.5)
    page.keyboard.press("=")
    page.wait_for_url(lambda url: not any(name in url for name in ("rotate", "flip", "zoom", "pan")))

    marks_and_words_leave_when_asked_for(visitor)
    full_screen_leaves_tools_stage_and_slider(visitor)


def marks_and_words_leave_when_asked_for(visitor: Visitor) -> None:
    """Draw a mark, and save the picture with it, with the words, without names."""
    page = visitor.page
    page.keyboard.press("L")
    drag(visitor, (20, 70), (80, 70))
    expect(page.locator("[data-marks] [data-mark]")).to_have_count(1)
    bare, marked = (saved(visitor, marks=marks, words=False) for marks in (False, True))
    assert colored(bare) == 0
    assert colored(marked) > 100
    corner = (slice(0, 60), slice(0, 200))
    assert bright(saved(visitor, marks=False, words=True)[corner]) > bright(bare[corner]) + 60
    assert json.loads(page.evaluate("localStorage.getItem('save-picture')")) == {"marks": False, "words": True}
    names, below = page.locator(".viewer-top-left"), page.locator(".viewer-bottom-left")
    page.keyboard.press("k")
    expect(names).to_be_hidden()
    expect(below).to_be_visible()
    assert bright(saved(visitor, marks=False, words=True)[corner]) == bright(bare[corner])
    page.reload()
    shown(visitor, 1)
    expect(names).to_be_hidden()
    expect(page.get_by_role("button", name="No names")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("k")
    expect(below).to_be_hidden()
    page.get_by_role("button", name="All", exact=True).click()
    expect(names).to_be_visible()


def full_screen_leaves_tools_stage_and_slider(visitor: Visitor) -> None:
    """Fill the screen, and come back."""
    page = visitor.page
    page.keyboard.press("x")
    expect(page.locator(".viewer-panel")).to_be_hidden()
    for kept in (".tools", ".stage-canvas", ".viewer-steps"):
        expect(page.locator(kept)).to_be_in_viewport(ratio=1)
    page.keyboard.press("x")
    expect(page.locator(".viewer-panel")).to_be_visible()
