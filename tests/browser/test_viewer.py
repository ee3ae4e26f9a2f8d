"""The viewer as it is used: by keys, by wheel and pointer, without script, on a phone."""

import os
import re

import pytest
from playwright.sync_api import expect
from pydicom.dataset import Dataset

from bench.server import Server
from dicomgallery.dicom import synthetic
from tests import volumes
from tests.browser.looking import look_over
from tests.browser.test_series_health import sent
from tests.browser.visitor import NO_WEBGL, Meet, Visitor

pytestmark = pytest.mark.browser


def chest(count: int = 30) -> list[Dataset]:
    return synthetic.ct_series(count, 64, 64, seed=int.from_bytes(os.urandom(4)))


def planes(visitor: Visitor, where: str, query: str = "") -> None:
    """Open the planes, when they are built."""
    visitor.go(f"{where}/viewer?tab=planes{query}")
    expect(visitor.page.locator("[data-plane]")).to_have_count(3)


def number(visitor: Visitor, view: str) -> int:
    return int(visitor.page.locator(f"input[name={view}]").input_value())


@pytest.fixture(scope="module")
def even(workshop: Server) -> str:
    """A series that is a volume."""
    return sent(workshop, chest(12))


@pytest.fixture(scope="module")
def uneven(workshop: Server) -> str:
    """One that is none."""
    datasets = chest(12)
    datasets[3].ImagePositionPatient[2] += 1.2
    return sent(workshop, datasets)


@pytest.mark.parametrize("tab", ["slices", "planes", "3d", "tags", "refused"])
@pytest.mark.long
def test_every_tab_fits_and_can_be_read_wide_and_narrow_dark_and_light(
    workshop: Server, meet: Meet, even: str, uneven: str, tab: str
) -> None:
    visitor = meet(workshop)
    visitor.go(f"{uneven}/viewer?tab=planes" if tab == "refused" else f"{even}/viewer?tab={tab}")
    if tab == "planes":
        expect(visitor.page.locator("[data-plane]")).to_have_count(3)
    if tab == "3d":
        expect(visitor.page.locator("[data-stage3d]")).to_have_count(1)

    look_over(visitor, f"viewer-{tab}")


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

    visitor.page.select_option("select[name=layout]", "four")
    visitor.page.get_by_role("button", name="Show").click()
    visitor.ready()
    expect(visitor.page.locator("[data-plane]")).to_have_count(4)
    visitor.page.get_by_role("link", name="3D", exact=True).click()
    visitor.page.locator("input[name=angle]").fill("120")
    visitor.page.get_by_role("button", name="Show").click()
    visitor.ready()
    assert "angle=120" in (visitor.page.locator("[data-stage3d] img").get_attribute("src") or "")


def test_the_oblique_plane_follows_its_sliders_and_turns_by_its_line(workshop: Server, meet: Meet) -> None:
    visitor = meet(workshop)
    where = sent(workshop, volumes.scan(step_mm=4.0, seed=int.from_bytes(os.urandom(4))))
    visitor.go(f"{where}/viewer?tab=planes&layout=four&tilt=90&turn=0")
    expect(visitor.page.locator("[data-plane]")).to_have_count(4)
    tilt, turn = (visitor.page.locator(f"input[name={name}]") for name in ("tilt", "turn"))
    picture = visitor.page.locator("[data-plane=oblique] img")
    before = picture.get_attribute("src") or ""

    # The slider alone, not yet let go of: picture and line follow at once.
    turn.evaluate("slider => { slider.value = 45; slider.dispatchEvent(new Event('input', { bubbles: true })); }")
    line = visitor.page.locator("[data-plane=axial] line.plane-oblique")
    expect(line).to_have_attribute("y1", "0.0")
    expect(picture).not_to_have_attribute("src", before)
    assert "turn=45" not in visitor.path

    # Its line on the axial plane, dragged from the right end upright: the plane is then the sagittal one.
    turn.evaluate("slider => { slider.value = 0; slider.dispatchEvent(new Event('input', { bubbles: true })); }")
    box = visitor.page.locator("[data-plane=axial] svg").bounding_box()
    assert box is not None
    x, y, side = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, min(box["width"], box["height"])
    visitor.page.mouse.move(x + side / 4, y + 1)
    visitor.page.mouse.down()
    visitor.page.mouse.move(x + side / 8, y + side / 8)
    visitor.page.mouse.move(x + 1, y + side / 4)
    visitor.page.mouse.up()
    visitor.page.wait_for_url("**turn=*")

    assert abs(abs(int(turn.input_value())) - 90) <= 3
    assert int(tilt.input_value()) >= 87
    sides = visitor.page.locator("[data-plane=oblique] .side")
    expect(sides.nth(0)).to_have_text("H")
    expect(sides.nth(1)).to_have_text("P")
    # A click on the oblique plane sets the three others: high up and far in front.
    oblique = visitor.page.locator("[data-plane=oblique] svg").bounding_box()
    assert oblique is not None
    visitor.page.mouse.click(oblique["x"] + oblique["width"] / 2 - 40, oblique["y"] + oblique["height"] / 2 - 40)
    visitor.page.wait_for_function("document.querySelector('input[name=axial]').value > 12")
    assert number(visitor, "coronal") < 40


def test_a_volume_turns_by_slider_by_drag_and_by_itself(workshop: Server, meet: Meet) -> None:
    """Drawn by the server, for a browser without WebGL."""
    visitor = meet(workshop)
    visitor.page.add_init_script(NO_WEBGL)
    where = sent(workshop, chest(12))
    visitor.go(f"{where}/viewer?tab=3d")
    expect(visitor.page.locator("[data-stage3d]")).to_have_count(1)
    picture, angle = visitor.page.locator("[data-stage3d] img"), visitor.page.locator("input[name=angle]")

    angle.focus()
    visitor.page.keyboard.press("End")
    visitor.page.wait_for_url("**angle=359**")
    visitor.page.get_by_role("link", name="Left", exact=True).click()
    visitor.page.wait_for_url("**angle=90**")
    expect(visitor.page.locator("[data-stage3d] .side-right")).to_have_text("P")
    visitor.page.keyboard.press("2")
    visitor.page.wait_for_url("**mode=surface**")

    box = picture.bounding_box()
    assert box is not None
    visitor.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    visitor.page.mouse.down()
    visitor.page.mouse.move(box["x"] + box["width"] / 2 - 60, box["y"] + box["height"] / 2 + 20)
    expect(visitor.page.locator("[data-stage3d] .side-right")).to_have_text("PR")
    visitor.page.mouse.up()
    visitor.page.wait_for_url("**angle=120&tilt=10**")

    expect(picture).to_have_attribute("src", re.compile(r"angle=120\b"))
    visitor.page.emulate_media(reduced_motion="no-preference")
    visitor.page.get_by_role("button", name="Turn by itself").click()
    expect(picture).to_have_attribute("src", re.compile(r"angle=(?!120\b)"))
    visitor.page.get_by_role("button", name="Stand still").click()
    visitor.page.wait_for_url(re.compile(r"angle=(?!120\b)"))
    visitor.page.emulate_media(reduced_motion="reduce")
    expect(visitor.page.get_by_role("button", name="Turn by itself")).to_be_hidden()


def test_from_the_page_of_a_series_to_its_viewer(workshop: Server, meet: Meet) -> None:
    visitor = meet(workshop)
    visitor.go(sent(workshop, chest(5)))

    visitor.page.get_by_role("link", name="Viewer").click()
    visitor.ready()

    assert visitor.path.endswith("/viewer")
    expect(visitor.page.locator(".viewer-bottom-left")).to_contain_text("Image 3 of 5")
