"""Segmentations over their images, in a real browser."""

import io
import zipfile

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import expect

from bench.server import Server
from dicomgallery.dicom import synthetic
from tests.browser.conftest import answer
from tests.browser.looking import look_over
from tests.browser.test_radiotherapy import edges, open_series
from tests.browser.visitor import Meet, Visitor
from tests.radiotherapy import bright_block
from tests.segmentations import GREEN, RED, block, frame, segment, segmentation

pytestmark = pytest.mark.browser

SLICES = 5
WHERE = (slice(20, 30), slice(40, 60))


def send(server: Server) -> None:
    """Send five slices with a white block each, and a segmentation: the block on each, a corner on the third."""
    images = []
    for number in range(1, SLICES + 1):
        one = bright_block((1, 0, 0, 0, 1, 0), (1.0, 0.5), seed=60)
        one.SOPInstanceUID = f"{one.SOPInstanceUID}.{number}"[-64:]
        one.InstanceNumber, one.ImagePositionPatient = number, ["-31.5", "12.25", str(3 * number)]
        images.append(one)
    frames = [frame(block(64, 80, WHERE), 1, source=one) for one in images]
    frames.append(frame(block(64, 80, (slice(2, 8), slice(2, 12))), 2, source=images[2]))
    segments = [
        segment(1, "Block", RecommendedDisplayCIELabValue=list(RED)),
        segment(2, "Corner", RecommendedDisplayCIELabValue=list(GREEN)),
    ]
    drawn = segmentation(segments, frames, like=images[0], SeriesDescription="Segmented")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for number, one in enumerate((*images, drawn)):
            archive.writestr(f"{number}.dcm", synthetic.as_bytes(one))
    assert answer(server, "POST", "/api/v1/uploads", packed.getvalue())[0] == 201


@pytest.fixture(scope="module")
def segmented(workshop: Server) -> Server:
    """A gallery with that."""
    send(workshop)
    return workshop


def seen(visitor: Visitor) -> NDArray[np.int_]:
    """The pixels of the stage as they are on the screen, once every picture of it has come."""
    stage = visitor.page.locator(".contours-picture")
    visitor.page.wait_for_load_state("networkidle")
    with Image.open(io.BytesIO(stage.screenshot(animations="disabled"))) as taken:
        return np.asarray(taken.convert("RGB"), int)


def test_segments_lie_on_their_image_and_keys_step_through_the_planes(meet: Meet, segmented: Server) -> None:
    visitor = meet(segmented)
    open_series(visitor, "Segmented", "?slice=3&opacity=25")
    page = visitor.page
    expect(page.locator(".structure .stepper output")).to_have_text("3 / 5")

    faint = seen(visitor)
    page.get_by_role("link", name="100 %").click()
    expect(page.locator(".segments-layers")).to_have_attribute("opacity", "1")
    full = seen(visitor)

    # At a quarter the block is white with a breath of red; at full it is red, and of the same size.
    white = faint[..., 0] > 200
    red = (full[..., 0] > 200) & (full[..., 1] < 60)
    assert max(abs(one - other) for one, other in zip(edges(white), edges(red), strict=True)) <= 1
    green = (full[..., 1] > 200) & (full[..., 0] < 60)
    assert edges(green)[1] < edges(red)[0]
    assert edges(green)[3] < edges(red)[2]

    page.keyboard.press("ArrowDown")
    expect(page.locator(".structure .stepper output")).to_have_text("4 / 5")
    expect(page.locator(".segments-layers image")).to_have_count(1)
    page.get_by_role("link", name="Corner").click()
    expect(page.locator(".structure .stepper output")).to_have_text("3 / 5")
    expect(page.locator(".segments-layers image")).to_have_count(1)
    assert not ((seen(visitor)[..., 1] < 60) & (seen(visitor)[..., 0] > 200)).any()

    page.get_by_role("link", name="Frame by frame").click()
    expect(page.locator("[data-stage-image]")).to_be_visible()
    page.get_by_role("link", name="Over its images").click()
    expect(page.locator(".segments-layers")).to_be_visible()


def test_the_planes_are_stepped_through_without_a_script(meet: Meet, segmented: Server) -> None:
    visitor = meet(segmented, javascript=False)
    open_series(visitor, "Segmented", "?slice=2&segment=1&opacity=25")

    visitor.page.locator(".structure .stepper a[rel=next]").click()

    assert visitor.path.endswith("?slice=3&segment=1&opacity=25")
    visitor.page.locator(".structure .stepper button").click()
    assert "segment=1&opacity=25" in visitor.path


@pytest.mark.long
def test_segmentations_can_be_read_in_both_themes(meet: Meet, segmented: Server) -> None:
    visitor = meet(segmented)
    open_series(visitor, "Segmented")

    look_over(visitor, "segmentation")
