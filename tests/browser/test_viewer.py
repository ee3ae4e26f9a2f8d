"""The viewer as it is used: by keys, by wheel and pointer, without script, on a phone."""

import os

import pytest
from playwright.sync_api import expect
from pydicom.dataset import Dataset

from bench.server import Server
from dicomgallery.dicom import synthetic
from tests import volumes
from tests.browser.test_screenshots import NAMELESS, READING, THEMES, photograph
from tests.browser.test_series_health import sent
from tests.browser.visitor import Meet, Visitor

pytestmark = pytest.mark.browser

WIDE, NARROW = (1440, 900), (390, 1500)


def chest(count: int = 30) -> list[Dataset]:
    return synthetic.ct_series(count, 64, 64, seed=int.from_bytes(os.urandom(4)))


def planes(visitor: Visitor, where: str, query: str = "") -> None:
    """Open the planes, when they are built."""
    visitor.go(f"{where}/viewer?tab=planes{query}")
    expect(visitor.page.locator("[data-plane]")).to_have_count(3)


def number(visitor: Visitor, view: str) -> int:
    return int(visitor.page.locator(f"input[name={view}]").input_value())


@pytest.mark.parametrize("tab", ["slices", "planes", "tags", "refused"])
def test_every_tab_fits_and_can_be_read_wide_and_narrow_dark_and_light(workshop: Server, meet: Meet, tab: str) -> None:
    datasets = chest(12)
    if tab == "refused":
        datasets[3].ImagePositionPatient[2] += 1.2
    where = sent(workshop, datasets)
    for width, height in (WIDE, NARROW):
        visitor = meet(workshop, width=width, height=height)
        visitor.go(f"{where}/viewer?tab={'planes' if tab == 'refused' else tab}")
        if tab == "planes":
            expect(visitor.page.locator("[data-plane]")).to_have_count(3)
        for theme in THEMES:
            visitor.page.emulate_media(color_scheme=theme)
            photograph(visitor, f"viewer-{tab}-{width}-{theme}")
            assert visitor.page.evaluate(READING) == {"faint": [], "small": [], "overflows": False}, f"{width} {theme}"
        assert visitor.page.evaluate(NAMELESS) == []


def test_keys_step_through_slices_and_change_the_window(workshop: Server, meet: Meet) -> None:
    visitor = meet(workshop)
    visitor.go(f"{sent(workshop, chest())}/viewer")
    says = visitor.page.locator(".viewer-bottom-left")
    expect(says).to_contain_text("Image 16 of 30")

    visitor.page.keyboard.press("ArrowDown")
    expect(says).to_contain_text("Image 17 of 30")
    visitor.page.keyboard.press("End")
    expect(says).to_contain_text("Image 30 of 30")
    visitor.page.keyboard.press("2")
    expect(visitor.page.locator(".viewer-bottom-right")).to_contain_text("Lung")
    visitor.page.keyboard.press("ArrowUp")
    expect(says).to_contain_text("Image 29 of 30")

    visitor.page.wait_for_url("**/viewer?center=-600&width=1500&image=29")


def test_a_click_on_a_plane_sets_where_the_others_cut(workshop: Server, meet: Meet) -> None:
    """On the mark of the body, at its left, front, head corner: each plane then goes through it."""
    visitor = meet(workshop)
    datasets = volumes.scan(step_mm=4.0, seed=int.from_bytes(os.urandom(4)))
    where = sent(workshop, datasets)
    planes(visitor, where, "&axial=15&coronal=44&sagittal=44&center=-50&width=1900")
    drawing = visitor.page.locator("[data-plane=axial] svg")
    box = drawing.bounding_box()
    assert box is not None
    side = min(box["width"], box["height"])

    # 60 of 88 columns from the right of the patient, 23 of 88 rows from the front.
    visitor.page.mouse.click(
        box["x"] + box["width"] / 2 + side * (60.5 / 88 - 0.5), box["y"] + box["height"] / 2 + side * (23.5 / 88 - 0.5)
    )

    visitor.page.wait_for_url("**sagittal=6*")
    assert number(visitor, "sagittal") == pytest.approx(61, abs=1)
    assert number(visitor, "coronal") == pytest.approx(24, abs=1)
    assert number(visitor, "axial") == 15


def test_sliders_and_wheel_move_a_plane_and_the_lines_follow(workshop: Server, meet: Meet) -> None:
    visitor = meet(workshop)
    planes(visitor, sent(workshop, chest()))
    line = visitor.page.locator("[data-plane=coronal] .plane-line.plane-axial")
    before = float(line.get_attribute("y1") or 0)

    visitor.page.locator("input[name=axial]").focus()
    visitor.page.keyboard.press("ArrowRight")
    visitor.page.wait_for_url("**axial=17**")
    expect(line).not_to_have_attribute("y1", f"{before:g}")
    visitor.page.locator("[data-plane=sagittal] svg").hover()
    visitor.page.mouse.wheel(0, 100)
    visitor.page.wait_for_url("**sagittal=34**")
    visitor.page.select_option("select[name=slab]", "10")
    visitor.page.wait_for_url("**slab=10**")

    assert float(line.get_attribute("y1") or 0) < before
    assert "slab=10" in (visitor.page.locator("[data-plane=axial] img").get_attribute("src") or "")


def test_slices_and_planes_work_without_a_script(workshop: Server, meet: Meet) -> None:
    visitor = meet(workshop, javascript=False)
    where = sent(workshop, chest())
    visitor.go(f"{where}/viewer")
    visitor.page.locator("a[rel=next]").last.click()
    expect(visitor.page.locator(".viewer-bottom-left")).to_contain_text("Image 17 of 30")
    visitor.page.get_by_role("link", name="Lung").last.click()
    expect(visitor.page.locator(".viewer-bottom-right")).to_contain_text("Lung")

    visitor.page.get_by_role("link", name="Planes").click()
    expect(visitor.page.locator("[data-plane]")).to_have_count(3)
    visitor.page.locator("input[name=coronal]").fill("20")
    visitor.page.select_option("select[name=slab]", "20")
    visitor.page.get_by_role("button", name="Show").click()
    visitor.ready()

    assert number(visitor, "coronal") == 20
    assert "slab=20" in visitor.path
    assert "window=1500&level=-600" in (visitor.page.locator("[data-plane=axial] img").get_attribute("src") or "")


def test_from_the_page_of_a_series_to_its_viewer(workshop: Server, meet: Meet) -> None:
    visitor = meet(workshop)
    visitor.go(sent(workshop, chest(5)))

    visitor.page.get_by_role("link", name="Viewer").click()
    visitor.ready()

    assert visitor.path.endswith("/viewer")
    expect(visitor.page.locator(".viewer-bottom-left")).to_contain_text("Image 3 of 5")
