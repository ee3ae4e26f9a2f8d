"""A series leaves: asked for without a script, taken as it is ready, told on pages that can be read."""

import io
import os
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import expect

from bench.server import Server
from dicomgallery.dicom import synthetic
from tests.browser.looking import look_over
from tests.browser.test_series_health import sent
from tests.browser.visitor import Meet

pytestmark = pytest.mark.browser


@pytest.mark.long
def test_a_movie_leaves_by_a_form_without_script_and_every_page_can_be_read(workshop: Server, meet: Meet) -> None:
    where = sent(workshop, synthetic.ct_series(6, 48, 64, seed=int.from_bytes(os.urandom(4))))
    visitor = meet(workshop, width=390, javascript=False)
    page = visitor.page
    visitor.go(f"{where}/viewer?center=-600&width=1500")
    page.get_by_role("link", name="Export the series").click()
    speed = page.get_by_label("Pictures a second")
    expect(speed).to_be_hidden()
    page.get_by_label("WebP").check()
    speed.fill("4")
    page.get_by_label("Every", exact=True).fill("2")

    # However long it takes to be made: the page looks again, and the file leaves by itself.
    with page.expect_download() as leaving:
        page.get_by_role("button", name="Export", exact=True).click(no_wait_after=True)

    assert leaving.value.suggested_filename.endswith(".webp")
    movie = Image.open(io.BytesIO(Path(leaving.value.path()).read_bytes()))
    assert (movie.size, movie.n_frames) == ((64, 48), 3)
    expect(page.get_by_text("width 1500, center −600")).to_be_visible()
    here = visitor.path.split("?")[0]
    reader = meet(workshop)
    for name, path in (("form", f"{where}/export?kind=mp4"), ("one", here), ("all", "/exports")):
        reader.go(path)
        look_over(reader, f"export-{name}")
