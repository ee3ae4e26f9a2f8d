"""OHIF itself, as npm has it, on a port of a running gallery: a study is found, opened and reformatted."""

import io
import re
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pydicom import Dataset, dcmread
from pydicom.uid import JPEGLSLossless

from bench.server import Server, serving
from dicomgallery.dicom import synthetic
from dicomgallery.supervisor.fetching import CannotFetchError, fetch
from tests.browser.conftest import answer
from tests.browser.looking import SCREENS
from tests.browser.visitor import Meet
from tests.running.test_supervisor import free_port, until

pytestmark = [pytest.mark.browser, pytest.mark.long]

SLICES = 24
PATIENT = "Vexler^Wim"
PANES = "[data-cy=viewport-pane] canvas"


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def gallery(port: int) -> Iterator[Server]:
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        try:
            fetch(data)
        except CannotFetchError as error:
            pytest.skip(f"OHIF cannot be had here: {error}")
        with serving(data, DICOMGALLERY_OHIF_PORT=str(port)) as server:
            for one in synthetic.ct_series(SLICES, 96, 96):
                one.PatientName = PATIENT
                assert answer(server, "POST", "/api/v1/uploads", compressed(one))[0] == 201
            # Its port opens after the gallery's own.
            until(lambda: listens(port), 60)
            yield server


def listens(port: int) -> bool:
    with socket.socket() as attempt:
        return attempt.connect_ex(("127.0.0.1", port)) == 0


def compressed(dataset: Dataset) -> bytes:
    """A file whose pixels OHIF decodes by WebAssembly in a worker."""
    whole = dcmread(io.BytesIO(synthetic.as_bytes(dataset)))
    whole.compress(JPEGLSLossless, generate_instance_uid=False)
    return synthetic.as_bytes(whole)


def test_a_study_is_found_opened_scrolled_windowed_and_reformatted(gallery: Server, port: int, meet: Meet) -> None:
    visitor = meet(gallery, fresh=True)
    page = visitor.page
    forbidden: list[str] = []
    page.on("request", lambda request: forbidden.append(request.url) if not is_here(request.url) else None)
    visitor.go("/studies/1")
    way = page.get_by_role("link", name="Open in OHIF", exact=True).get_attribute("href")

    page.goto(f"http://127.0.0.1:{port}/")
    page.get_by_text("Vexler, Wim", exact=True).wait_for()
    keep(page, "list")

    page.goto(f"http:{way}")
    dismiss(page)
    expect(page.locator(PANES)).to_have_count(1)
    corner = page.locator("[data-cy=viewport-overlay-bottom-right]")
    expect(corner).to_contain_text(re.compile(rf"\(1/{SLICES}\)"))
    page.locator(PANES).hover()
    page.mouse.wheel(0, 100)
    expect(corner).to_contain_text(re.compile(rf"\(2/{SLICES}\)"))

    window = page.locator("[data-cy=viewport-overlay-bottom-left]")
    before = window.inner_text()
    drag(page)
    expect(window).not_to_have_text(before)
    keep(page, "opened")

    page.locator("[data-cy=Layout]").click()
    page.locator("[data-cy=MPR]").click()
    expect(page.locator(PANES)).to_have_count(3)
    corners = page.locator("[data-cy=viewport-overlay-bottom-right]")
    expect(corners).to_have_text([re.compile(rf"/{SLICES}\)"), re.compile("/96"), re.compile("/96")])
    keep(page, "planes")

    assert forbidden == []
    assert not [one for one in visitor.complaints if "forbidden by the policy" in one or "Content Security" in one]
    # What else OHIF says to itself is not ours to mend.
    visitor.expected.append(".*")


def is_here(url: str) -> bool:
    return url.startswith(("http://127.0.0.1:", "blob:", "data:"))


def dismiss(page: Page) -> None:
    """OHIF's tour for newcomers, and its word that it is no medical device."""
    page.get_by_text("Skip all", exact=True).click()
    page.get_by_text("Confirm and hide", exact=True).click()


def drag(page: Page) -> None:
    box = page.locator(PANES).bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 200, box["y"] + 200)
    page.mouse.down()
    page.mouse.move(box["x"] + 260, box["y"] + 300, steps=5)
    page.mouse.up()


def keep(page: Page, name: str) -> None:
    """A photograph, to be looked at."""
    SCREENS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENS / f"ohif-{name}.png")
