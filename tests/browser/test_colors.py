"""Palettes, doses and parametric maps in a real browser: their colors, their bar, and their pixels alone."""

import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import expect
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset

from bench.server import Server
from dicomgallery.dicom import synthetic
from tests.browser.conftest import answer
from tests.browser.looking import READABLE, READING, photograph
from tests.browser.visitor import Meet, Visitor
from tests.imaging.test_wash import dose, parametric_map

pytestmark = pytest.mark.browser

PALETTE = Path(str(get_testdata_file("examples_palette.dcm", download=False)))


def send(server: Server, data: bytes) -> str:
    """Send one object; the address of its page."""
    status, told = answer(server, "POST", "/api/v1/uploads", data)
    assert status == 201
    return f"/images/{json.loads(told)['files'][0]['id']}/detail"


def seen(visitor: Visitor) -> NDArray[np.int_]:
    """The picture as it stands on the screen."""
    image = visitor.page.locator("[data-stage-image]")
    expect(image).to_have_js_property("complete", value=True)
    with Image.open(io.BytesIO(image.screenshot(animations="disabled"))) as taken:
        return np.asarray(taken.convert("RGB"), int)


def colored_share(pixels: NDArray[np.int_]) -> float:
    """How much of the picture is in color."""
    return float(np.mean(np.ptp(pixels, axis=2) > 60))


@pytest.mark.parametrize(("dataset", "unit"), [(dose(), "Gy"), (parametric_map(), "mm2/s")], ids=["dose", "map"])
def test_measurements_are_washed_with_color_and_o_shows_them_gray(
    meet: Meet, workshop: Server, dataset: Dataset, unit: str
) -> None:
    visitor = meet(workshop)
    visitor.go(send(workshop, synthetic.as_bytes(dataset)))
    page = visitor.page

    assert colored_share(seen(visitor)) > 0.1
    page.locator(".why summary").click()
    expect(page.locator(".why")).to_contain_text(re.compile(f"Values washed with color, from .* {unit}"))
    photograph(visitor, f"colors-{unit.partition('/')[0].lower()}")
    assert visitor.page.evaluate(READING) == READABLE

    page.keyboard.press("o")
    expect(page).to_have_url(re.compile("overlays=off"))
    assert colored_share(seen(visitor)) == 0
    page.keyboard.press("o")
    expect(page).not_to_have_url(re.compile("overlays=off"))
    assert colored_share(seen(visitor)) > 0.1


def test_a_palette_gives_a_picture_its_colors(meet: Meet, workshop: Server) -> None:
    visitor = meet(workshop, theme="light")
    visitor.go(send(workshop, PALETTE.read_bytes()))

    expect(visitor.page.locator(".why")).to_contain_text("PALETTE COLOR")
    # An ultrasound: gray, under a band of blue.
    assert 0.001 < colored_share(seen(visitor)) < 0.1
    photograph(visitor, "colors-palette-light")
    assert visitor.page.evaluate(READING) == READABLE
