"""Structure sets over their images and plans as sheets, in a real browser."""

import io
import zipfile

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from bench.server import Server
from dicomgallery.dicom import synthetic
from dicomgallery.dicom.uids import stable_uid
from tests.browser.conftest import answer
from tests.browser.looking import look_over
from tests.browser.visitor import Meet, Visitor
from tests.radiotherapy import around_block, beam, bright_block, contour, plan, structure_set

pytestmark = pytest.mark.browser

SLICES = 5


def uids(number: int) -> dict[str, str]:
    """The UIDs of an object that nobody else sends."""
    made = stable_uid(f"radiotherapy in a browser {number}".encode())
    return {"SOPInstanceUID": made, "SeriesInstanceUID": f"{made[:60]}.1"}


def send(server: Server) -> None:
    """Send five slices with a white block each, a structure set around the blocks, and a plan."""
    images = []
    for number in range(1, SLICES + 1):
        one = bright_block((1, 0, 0, 0, 1, 0), (1.0, 0.5))
        one.SOPInstanceUID = f"{one.SOPInstanceUID}.{number}"[-64:]
        one.InstanceNumber, one.ImagePositionPatient = number, ["-31.5", "12.25", str(3 * number)]
        images.append(one)
    block = [contour(around_block(one), image=one) for one in images]
    corner = [contour([(-30, 14, 9), (-20, 14, 9), (-20, 30, 9)], image=images[2])]
    drawn = structure_set({"Corner": corner, "Block": block}, images, SeriesDescription="Blocks", **uids(1))
    arc = beam(1, "Arc", (181, "CW"), (0, "CW"), (170, "NONE"))
    sheet = plan(arc, beam(2, "Field", (90, "NONE")), SeriesDescription="Sheet", **uids(2))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for number, one in enumerate((*images, drawn, sheet)):
            archive.writestr(f"{number}.dcm", synthetic.as_bytes(one))
    assert answer(server, "POST", "/api/v1/uploads", packed.getvalue())[0] == 201


@pytest.fixture(scope="module")
def treated(workshop: Server) -> Server:
    """A gallery with that."""
    send(workshop)
    return workshop


def open_series(visitor: Visitor, words: str, query: str = "") -> None:
    """Open the one object of a series by what describes it."""
    visitor.go(f"/?q={words}")
    visitor.go(str(visitor.page.locator(".card-link").first.get_attribute("href")) + query)


def edges(mask: np.ndarray) -> list[int]:  # type: ignore[type-arg]
    """The first and last row and column that hold anything."""
    rows, columns = np.nonzero(mask)
    return [int(edge) for edge in (rows.min(), rows.max(), columns.min(), columns.max())]


def test_contours_lie_on_their_image_and_keys_step_through_the_planes(meet: Meet, treated: Server) -> None:
    visitor = meet(treated)
    open_series(visitor, "Blocks")
    page = visitor.page
    stage = page.locator(".contours-picture")
    expect(page.locator(".structure .stepper output")).to_have_text("3 / 5")
    expect(stage.locator("img")).to_have_js_property("complete", value=True)

    with Image.open(io.BytesIO(stage.screenshot(animations="disabled"))) as taken:
        pixels = np.asarray(taken.convert("RGB"), int)
    white = pixels.min(axis=2) > 200
    green = (pixels[..., 1] - pixels[..., 0] > 80) & (pixels[..., 1] - pixels[..., 2] > 80)
    assert max(abs(one - other) for one, other in zip(edges(white), edges(green), strict=True)) <= 3
    assert edges(green)[1] - edges(green)[0] > 40

    page.keyboard.press("ArrowDown")
    expect(page.locator(".structure .stepper output")).to_have_text("4 / 5")
    visitor.says("() => location.search === '?slice=4'")
    expect(stage.locator("polygon")).to_have_count(1)
    page.keyboard.press("Home")
    expect(page.locator(".structure .stepper output")).to_have_text("1 / 5")
    page.locator(".structure-name", has_text="Corner").click()
    visitor.says("() => location.search === '?slice=3&roi=1'")
    expect(stage.locator("polygon")).to_have_count(1)


def test_the_planes_are_stepped_through_without_a_script(meet: Meet, treated: Server) -> None:
    visitor = meet(treated, javascript=False)
    open_series(visitor, "Blocks", "?slice=2&roi=2")

    visitor.page.locator(".structure .stepper a[rel=next]").click()

    assert visitor.path.endswith("?slice=3&roi=2")
    visitor.page.locator(".structure .stepper button").click()
    assert "roi=2" in visitor.path


@pytest.mark.long
@pytest.mark.parametrize("words", ["Blocks", "Sheet"])
def test_structure_sets_and_plans_can_be_read_in_both_themes(meet: Meet, treated: Server, words: str) -> None:
    visitor = meet(treated)
    open_series(visitor, words)

    look_over(visitor, f"radiotherapy-{words.lower()}")
