"""A whole volume drawn in the browser: where the server's picture had it, from every side, in color, cut open."""

import io
import os
import re
from base64 import b64decode

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from bench.server import Server
from tests import volumes
from tests.browser.conftest import PATIENCE_MS
from tests.browser.test_series_health import sent
from tests.browser.visitor import NO_WEBGL, Meet, Visitor
from tests.volumes import Picture

pytestmark = pytest.mark.browser

WINDOW = "&center=-50&width=1900"


def opened(visitor: Visitor, address: str) -> Page:
    """A visit to the volume once the browser draws it."""
    page = visitor.page
    # By reading its pixels.
    visitor.expected.append("GPU stall due to ReadPixels")
    visitor.go(address)
    page.wait_for_selector("[data-stage3d][data-live]", timeout=3 * PATIENCE_MS)
    return page


def fine(page: Page) -> None:
    page.wait_for_selector(".solid[data-fine]", timeout=3 * PATIENCE_MS, state="attached")


def press(page: Page, keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)
    fine(page)


def drag(page: Page, across: int) -> None:
    """Drag so many pixels across the middle of the picture."""
    box = page.locator(".solid canvas").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x - across / 2, y)
    page.mouse.down()
    page.mouse.move(x + across / 2, y, steps=6)
    page.mouse.up()


def square(picture: Image.Image) -> Image.Image:
    """The middle of a picture, as large as the server's."""
    side = min(picture.size)
    left, top = (picture.width - side) // 2, (picture.height - side) // 2
    return picture.crop((left, top, left + side, top + side)).resize((512, 512), Image.Resampling.BOX)


def colors(page: Page) -> Picture:
    data = page.evaluate("document.querySelector('.solid canvas').toDataURL().split(',')[1]")
    return np.asarray(square(Image.open(io.BytesIO(b64decode(data))).convert("RGB")))


def drawn(page: Page) -> Picture:
    return np.asarray(Image.fromarray(colors(page)).convert("L"))


def test_the_browser_draws_a_volume_where_the_server_had_it_and_turns_colors_and_cuts_it(
    workshop: Server, meet: Meet
) -> None:
    """The body's left, front, head corner is marked; it stands where who looks from there expects it."""
    seed = int.from_bytes(os.urandom(4))
    where = sent(workshop, volumes.scan(step_mm=4.0, pixel_mm=(2.0, 2.0), seed=seed))
    visitor = meet(workshop)
    page = opened(visitor, f"{where}/viewer?tab=3d&angle=20&tilt=15&mode=mip{WINDOW}")

    # At hand-over nothing moves, and hardly a gray changes.
    server = page.request.get(page.locator("[data-stage3d] img").evaluate("image => image.src")).body()
    apart = np.abs(np.asarray(Image.open(io.BytesIO(server)), np.int16) - drawn(page).astype(np.int16))
    assert apart.mean() < 3
    assert np.mean(apart > 60) < 0.02

    # From the left, by the link; then by the keys a quarter of a turn on, to the back.
    page.get_by_role("link", name="Left", exact=True).click()
    page.wait_for_url("**angle=90**")
    fine(page)
    assert volumes.corner_of_mark(drawn(page)) == ("top", "left")
    expect(page.locator("[data-stage3d] .side-right")).to_have_text("P")
    page.locator(".solid canvas").click()
    for _ in range(6):
        page.get_by_role("button", name="Turn to the left").click()
    page.wait_for_url("**angle=180**")
    fine(page)
    assert volumes.corner_of_mark(drawn(page)) == ("top", "left")
    expect(page.locator("[data-stage3d] .side-left")).to_have_text("L")

    # Dragged half a turn about, it is seen from the front; the address says so.
    drag(page, 360)
    page.wait_for_url("**angle=0&tilt=0**")
    fine(page)
    assert volumes.corner_of_mark(drawn(page)) == ("top", "right")
    before = drawn(page)

    # Twice as large by the keys, and back again.
    press(page, "+++")
    assert np.count_nonzero(drawn(page) > 60) > 2 * np.count_nonzero(before > 60)
    press(page, "=")
    assert np.array_equal(drawn(page), before)

    # In color; then without its upper half the marked corner is gone.
    page.get_by_role("link", name="Bones", exact=True).last.click()
    page.wait_for_url("**mode=bone**")
    fine(page)
    rows, columns = np.nonzero(drawn(page) > 40)
    assert rows.mean() < 256 < columns.mean()
    red, _, blue = colors(page)[rows, columns].mean(axis=0)
    assert red > blue + 10
    page.locator(".solid-cuts summary").click()
    page.get_by_label("From the head").evaluate("s => { s.value = 55; s.dispatchEvent(new Event('input')); }")
    fine(page)
    assert drawn(page).max() < 40


def test_without_webgl_the_server_goes_on_drawing_and_says_so(workshop: Server, meet: Meet) -> None:
    where = sent(workshop, volumes.scan(step_mm=4.0, pixel_mm=(2.0, 2.0), seed=int.from_bytes(os.urandom(4))))
    visitor = meet(workshop)
    visitor.page.add_init_script(NO_WEBGL)
    visitor.go(f"{where}/viewer?tab=3d&mode=bone")

    expect(visitor.page.locator("[data-solid-why]")).to_contain_text("no WebGL 2: the server draws this")
    visitor.page.locator("input[name=angle]").focus()
    visitor.page.keyboard.press("End")
    visitor.page.wait_for_url("**angle=359**mode=bone**")
    assert "mode=surface" in (visitor.page.locator("[data-stage3d] img").get_attribute("src") or "")


def test_dragging_on_a_plane_moves_where_the_others_cut_windows_and_zooms(workshop: Server, meet: Meet) -> None:
    """Dragged to the mark of the body the other planes show it before the pointer is let go, and after."""
    where = sent(workshop, volumes.scan(step_mm=4.0, seed=int.from_bytes(os.urandom(4))))
    visitor = meet(workshop)
    page = visitor.page
    visitor.go(f"{where}/viewer?tab=planes&axial=15&coronal=70&sagittal=20&center=-50&width=1900")
    expect(page.locator("[data-plane-tool=cross]")).to_be_enabled()
    drawing, sagittal = page.locator("[data-plane=axial] svg"), page.locator("[data-plane=sagittal] img")
    line = page.locator("[data-plane=axial] .plane-line.plane-sagittal")
    box = drawing.bounding_box()
    assert box is not None
    side = min(box["width"], box["height"])
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    mark = (middle[0] + side * (60.5 / 88 - 0.5), middle[1] + side * (23.5 / 88 - 0.5))

    page.mouse.move(*middle)
    page.mouse.down()
    page.mouse.move(*mark, steps=4)
    expect(sagittal).to_have_attribute("src", re.compile("index=6[012]"))
    assert "sagittal=20" in visitor.path
    x = float(line.get_attribute("x1") or 0) / float((drawing.get_attribute("viewBox") or "0 0 1").split()[2])
    assert x == pytest.approx(60.5 / 88, abs=0.02)
    page.mouse.up()
    page.wait_for_url("**sagittal=6*")
    assert int(page.locator("input[name=coronal]").input_value()) == pytest.approx(24, abs=1)
    expect(line).to_have_attribute("x1", re.compile(r"^\d"))
    assert float(line.get_attribute("x1") or 0) / 512 == pytest.approx(x, abs=0.01)

    # Windowed by dragging, the address and the fields say so, and the point stays.
    page.keyboard.press("w")
    page.mouse.move(*middle)
    page.mouse.down()
    page.mouse.move(middle[0] + 60, middle[1] - 40, steps=4)
    expect(sagittal).to_have_attribute("src", re.compile("window=2[0-9]{3}&level=-2[0-9]{2}$"))
    page.mouse.up()
    page.wait_for_url("**width=2*")
    assert "sagittal=6" in visitor.path
    expect(page.locator("[data-plane-tool=window]")).to_have_attribute("aria-pressed", "true")

    # Zoomed with the right button, the drawing stays over the picture; a key brings it back.
    page.mouse.move(*middle)
    page.mouse.down(button="right")
    page.mouse.move(middle[0], middle[1] - 160, steps=4)
    page.mouse.up(button="right")
    image = page.locator("[data-plane=axial] img")
    sizes = [one.evaluate("one => one.getBoundingClientRect().width") for one in (image, drawing)]
    assert sizes[0] == sizes[1] == pytest.approx(box["width"] * np.e, rel=0.02)
    page.keyboard.press("=")
    assert image.evaluate("one => one.getBoundingClientRect().width") == pytest.approx(box["width"], abs=1)
