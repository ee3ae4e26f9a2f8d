"""The stack on the viewer's stage: played, touched, asked for values, and laid beside others."""

import copy
import os
import re

import pytest
from playwright.sync_api import CDPSession, expect
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid

from bench.server import Server
from dicomgallery import bundle
from dicomgallery.dicom import synthetic
from tests.browser.test_series_health import sent
from tests.browser.visitor import Meet, Visitor

NOT_BUILT = "the stage is not built: python -m dicomgallery.supervisor.bundling"
pytestmark = [pytest.mark.browser, pytest.mark.skipif(not bundle.is_built(), reason=NOT_BUILT)]

Point = tuple[float, float]

# What stands beside the slider for as long as a frame is looked for.
COMES_BY = """
(said) => new Promise((resolve) => {
  const until = performance.now() + 25000;
  const look = () => {
    if (document.querySelector(".stepper output").textContent === said) resolve(true);
    else if (performance.now() > until) resolve(false);
    else requestAnimationFrame(look);
  };
  look();
})
"""


def chest(count: int) -> list[Dataset]:
    return synthetic.ct_series(count, 64, 64, seed=int.from_bytes(os.urandom(4)))


def two_studies() -> list[Dataset]:
    """Axial slices, coronal ones through them, and axial ones of a year later, all in one space."""
    axial, coronal, later = chest(30), chest(8), chest(15)
    space, study = axial[0].FrameOfReferenceUID, axial[0].StudyInstanceUID
    for number, one in enumerate(coronal):
        one.StudyInstanceUID, one.SeriesNumber, one.SeriesDescription = study, 7, "Coronal"
        one.ImageOrientationPatient = [1, 0, 0, 0, 0, -1]
        one.ImagePositionPatient = [axial[0].ImagePositionPatient[0], -70 + 20 * number, 20]
    for number, one in enumerate(later):
        one.StudyInstanceUID, one.StudyDate, one.SeriesDescription = generate_uid(), "20250102", "Later"
        one.ImagePositionPatient = axial[2 * number].ImagePositionPatient
    for one in (*coronal, *later):
        one.FrameOfReferenceUID = space
    for one in later:
        one.StudyInstanceUID = later[0].StudyInstanceUID
    return [*axial, *coronal, *later]


def opened(visitor: Visitor, path: str) -> None:
    visitor.go(path)
    visitor.page.wait_for_selector("[data-stage][data-live]")


def corner(visitor: Visitor, side: str = "bottom-left") -> str:
    return visitor.page.locator(f".stage-words > .viewer-{side}").inner_text()


def pane(cell: int, side: str = "bottom-left") -> str:
    return f'.stage-canvas[data-cell="{cell}"] .viewer-{side}'


def in_rail(visitor: Visitor, title: str) -> str:
    link = visitor.page.locator(".viewer-rail a[data-series]").filter(has=visitor.page.get_by_text(title, exact=True))
    return link.get_attribute("data-series") or ""


def choose(visitor: Visitor, button: str) -> None:
    visitor.page.locator("summary", has_text="Layout").click()
    visitor.page.locator(".tool-group[open]").get_by_role("button", name=button).click()


class Fingers:
    """Fingers on the picture, measured from its middle."""

    def __init__(self, visitor: Visitor) -> None:
        self.session: CDPSession = visitor.context.new_cdp_session(visitor.page)
        box = visitor.page.locator(".stage-canvas").bounding_box()
        assert box is not None
        self.middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def put(self, kind: str, *points: Point) -> None:
        x, y = self.middle
        where = [{"x": x + dx, "y": y + dy, "id": number} for number, (dx, dy) in enumerate(points)]
        self.session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": where})

    def go(self, *ways: tuple[Point, Point]) -> None:
        """Put down a finger for each way, move all along theirs, and lift them."""
        self.put("touchStart", *(begin for begin, _ in ways))
        for step in range(1, 11):
            share = step / 10
            self.put("touchMove", *((a + share * (c - a), b + share * (d - b)) for (a, b), (c, d) in ways))
        self.put("touchEnd")


def test_a_cine_plays_as_its_file_says_until_a_key_stops_it(workshop: Server, meet: Meet) -> None:
    visitor = meet(workshop)
    movies = [synthetic.us_cine(4, 48, 64, seed=int.from_bytes(os.urandom(4)))]
    movies.append(copy.deepcopy(movies[0]))
    for number, movie in enumerate(movies, 1):
        movie.RecommendedDisplayFrameRate, movie.PreferredPlaybackSequencing = 30, 1
        movie.InstanceNumber, movie.SOPInstanceUID = number, generate_uid()
    opened(visitor, f"{sent(workshop, movies)}/viewer?image=2")
    page, panel = visitor.page, visitor.page.locator("[data-cine]")
    expect(panel).to_be_hidden()
    before = page.locator(".stepper").bounding_box()

    page.keyboard.press("c")
    expect(panel).to_contain_text("30 fps")
    expect(panel).to_contain_text(re.compile(r"[1-9]\d* reached"))
    expect(page.locator("[data-cine-sweep]")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("[data-deed=cine]")).to_have_attribute("aria-pressed", "true")
    # All of them come by: every frame has been shown once it was at both ends.
    for number in ("8 / 8", "1 / 8"):
        assert page.evaluate(COMES_BY, number)
    assert page.locator(".stepper").bounding_box() == before
    page.locator("[data-cine-rate]").fill("2")
    expect(panel).to_contain_text("2 fps")
    # The keys of its own slider are not those of the stack.
    page.locator("[data-cine-rate]").press("ArrowRight")
    expect(panel).to_contain_text("3 fps")
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    page.keyboard.press("Home")
    page.wait_for_url("**image=1")
    assert "Image 1 of 8" in corner(visitor)
    page.get_by_role("button", name="Cine").click()
    expect(panel).to_be_visible()
    page.locator(".stage-canvas").hover()
    page.mouse.wheel(0, 100)
    expect(panel).to_be_hidden()


def test_the_pointer_is_told_value_pixel_and_place(workshop: Server, meet: Meet) -> None:
    visitor = meet(workshop)
    datasets = chest(3)
    opened(visitor, f"{sent(workshop, datasets)}/viewer?image=2")
    one = datasets[1]
    spacing, origin = one.PixelSpacing, one.ImagePositionPatient
    box = visitor.page.locator(".stage-canvas").bounding_box()
    assert box is not None
    side = min(box["width"], box["height"]) / 64
    column, row = 20, 40

    visitor.page.mouse.move(
        box["x"] + box["width"] / 2 + (column + 0.5 - 32) * side, box["y"] + box["height"] / 2 + (row + 0.5 - 32) * side
    )

    said = visitor.page.locator(".stage-words > .viewer-bottom-left")
    expect(said).to_contain_text(f"Column {column + 1}, row {row + 1}")
    stored = int(one.pixel_array[row, column])
    value = round(stored * float(one.RescaleSlope) + float(one.RescaleIntercept))
    expect(said).to_contain_text(f"{value} HU, stored {stored}".replace("-", "\N{MINUS SIGN}"))
    x, y = float(origin[0]) + column * float(spacing[1]), float(origin[1]) + row * float(spacing[0])
    found = re.search(r"([RL])([\d.]+) ([AP])([\d.]+) [HF][\d.]+ mm", said.inner_text())
    assert found is not None
    assert float(found[2]) * (1 if found[1] == "L" else -1) == pytest.approx(x, abs=float(spacing[1]) / 2)
    assert float(found[4]) * (1 if found[3] == "P" else -1) == pytest.approx(y, abs=float(spacing[0]) / 2)
    visitor.page.mouse.move(5, 5)
    expect(said).not_to_contain_text("HU")
    # Dragged by the tool that scrolls, half a pane is half a stack of many, or its end.
    visitor.page.keyboard.press("s")
    visitor.page.locator(".stage-canvas").hover()
    visitor.page.mouse.down()
    visitor.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2 + 120, steps=6)
    visitor.page.mouse.up()
    visitor.page.wait_for_url("**image=3")


def test_fingers_step_zoom_and_ask_and_the_page_still_scrolls(workshop: Server, meet: Meet) -> None:
    visitor = meet(workshop, width=390, height=844)
    opened(visitor, f"{sent(workshop, chest(30))}/viewer?image=5")
    page, fingers = visitor.page, Fingers(visitor)
    expect(page.locator("[data-tool=scroll]")).to_have_attribute("aria-pressed", "true")

    fingers.go(((0, -60), (0, 60)))
    expect(page.locator(".stepper output")).not_to_have_text("5 / 30")
    stepped = int(page.locator(".stepper output").inner_text().split(" / ")[0])
    assert stepped > 5
    page.wait_for_url(f"**image={stepped}")
    expect(page.locator(".stage-words > .viewer-bottom-right")).to_contain_text("Zoom")
    zoom = int(re.findall(r"Zoom (\d+)", corner(visitor, "bottom-right"))[0])
    fingers.go(((-30, 0), (-90, 0)), ((30, 0), (90, 0)))
    expect(page.locator(".viewer-bottom-right").first).not_to_contain_text(f"Zoom {zoom} %")
    larger = int(re.findall(r"Zoom (\d+)", corner(visitor, "bottom-right"))[0])
    assert larger == pytest.approx(3 * zoom, rel=0.05)
    assert f"Image {stepped} of 30" in corner(visitor)
    fingers.go(((-30, 60), (-30, -60)), ((30, 60), (30, -60)))
    expect(page.locator(".stage-words > .viewer-bottom-left")).not_to_contain_text(f"Image {stepped} of 30")
    assert f"Zoom {larger} %" in corner(visitor, "bottom-right")
    fingers.put("touchStart", (0, 0))
    expect(page.locator(".under-finger")).to_contain_text("HU")
    fingers.put("touchEnd")
    expect(page.locator(".under-finger")).to_be_hidden()

    # Beside the picture a finger scrolls the page.
    assert page.evaluate("scrollY") == 0
    fingers.go(((0, 400), (0, 100)))
    expect(page.locator(".stage-canvas")).not_to_be_in_viewport(ratio=1)
    assert page.evaluate("scrollY") > 50


def test_panes_go_together_and_the_address_keeps_them(workshop: Server, meet: Meet) -> None:
    visitor = meet(workshop)
    where = sent(workshop, two_studies())
    opened(visitor, f"{where}/viewer")
    page = visitor.page
    axial, coronal, later = (in_rail(visitor, title) for title in ("Chest 2.5 mm soft tissue", "Coronal", "Later"))
    opened(visitor, f"/series/{axial}/viewer?image=15")

    choose(visitor, "Two panes")
    page.wait_for_url(f"**layout=1x2&with={axial}%2C{coronal}")
    expect(page.locator(pane(0))).to_contain_text("Image 15 of 30")
    expect(page.locator(pane(1))).to_contain_text("of 8")
    line = page.locator('.stage-canvas[data-cell="1"] [data-lines] line')
    expect(line).to_have_attribute("y1", re.compile(r"\d"))
    first = float(line.get_attribute("y1") or 0)
    page.keyboard.press("ArrowDown")
    expect(line).not_to_have_attribute("y1", f"{first:.1f}")
    # Towards the head, which is up in a coronal image.
    assert float(line.get_attribute("y1") or 0) < first

    # The other pane is chosen by a key, and takes the next series.
    page.keyboard.press(".")
    page.wait_for_url(f"**/series/{coronal}/viewer?**")
    expect(page.locator(".stepper output")).to_contain_text("/ 8")
    page.locator(f'.viewer-rail a[data-series="{later}"]').click()
    page.wait_for_url(f"**/series/{later}/viewer?**with={axial}%2C{later}**")
    expect(page.locator(pane(1))).to_contain_text("Image 8 of 15")
    expect(page.locator(f'.viewer-rail a[data-series="{later}"]')).to_have_attribute("aria-current", "page")
    expect(page.locator(".stepper output")).to_have_text("8 / 15")
    page.keyboard.press("ArrowDown")
    expect(page.locator(pane(1))).to_contain_text("Image 9 of 15")
    expect(page.locator(pane(0))).to_contain_text("Image 18 of 30")
    choose(visitor, "Window")
    page.wait_for_url("**same=window**")
    page.keyboard.press("2")
    page.wait_for_url("**center=-600**")
    for cell in (0, 1):
        expect(page.locator(pane(cell, "bottom-right"))).to_contain_text("W 1500 L \N{MINUS SIGN}600")

    visitor.page.wait_for_url("**image=9**")
    page.reload()
    visitor.ready()
    expect(page.locator(pane(1))).to_contain_text("Image 9 of 15")
    expect(page.locator(pane(0))).to_contain_text("Image 18 of 30")
    page.drag_and_drop(f'.viewer-rail a[data-series="{coronal}"]', '.stage-canvas[data-cell="0"]')
    page.wait_for_url(f"**/series/{coronal}/viewer?**with={coronal}%2C{later}**")
    page.keyboard.press("c")
    expect(page.locator("[data-cine]")).to_be_visible()
    page.keyboard.press("Escape")
    choose(visitor, "One pane")
    page.wait_for_url(lambda url: "layout" not in url)
    expect(page.locator(".stage-canvas")).to_have_count(1)
    expect(page.locator(".stage-words > .viewer-bottom-left")).to_contain_text("of 8")


@pytest.mark.long
def test_a_long_series_holds_a_bounded_number_of_frames(workshop: Server, meet: Meet) -> None:
    visitor = meet(workshop)
    opened(visitor, f"{sent(workshop, chest(60))}/viewer?image=1")
    cache = "document.querySelector('.stage-canvas').stage.cornerstone.cache"
    visitor.page.evaluate(f"{cache}.setMaxCacheSize(20 * 64 * 64 * 2)")

    visitor.page.keyboard.press("c")
    assert visitor.page.evaluate(COMES_BY, "45 / 60")
    visitor.page.keyboard.press("End")

    expect(visitor.page.locator(".stage-words > .viewer-bottom-left")).to_contain_text("Image 60 of 60")
    assert 0 < visitor.page.evaluate(f"{cache}.getCacheSize()") <= 20 * 64 * 64 * 2
