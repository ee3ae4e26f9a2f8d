"""Every page, wide and narrow, dark and light: looked over by axe-core, and without a complaint of the browser.

The pages of stories are looked over where their objects are made. With DICOMGALLERY_WRITE_PICTURES=1 the two pictures
of the README are made anew.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import expect

from bench.server import Server, serving
from tests.browser.looking import SCREENS, look_over, photograph
from tests.browser.visitor import Meet, Visitor

pytestmark = pytest.mark.browser

PICTURES = Path(__file__).resolve().parents[2] / "docs" / "pictures"
LARGEST_PICTURE = 400_000
PASSWORD = "a word of the owner"

PAGES = {
    "gallery": ["/"],
    "gallery-filtered": ["/?modality=MR&modality=CT&level=images&sort=name"],
    "no-match": ["/?q=nobody&modality=MR"],
    "image": ["/?q=clara", ".card-link", "li:nth-child(18) > .card-link"],
    "image-report": ["/receipts/1", ".receipt-name a:has-text('test-SR.dcm')", "?tab=text"],
    "image-waveform": ["/receipts/1", ".receipt-name a:has-text('waveform_ecg.dcm')", "?tab=history"],
    "series": ["/?q=clara", ".card-link"],
    "study": ["/?q=marek&level=studies", ".card-link"],
    "patient": ["/?q=CompressedSamples&level=patients", ".card-link"],
    "collections": ["/collections"],
    "collection": ["/collections", ".card-link"],
    "receipts": ["/receipts"],
    "receipt": ["/receipts/2"],
    "bin": ["/bin"],
    "bin-deed": ["/bin", "section h2 a"],
    "bin-empty": ["/bin/empty"],
    "upload": ["/upload"],
    "patterns": ["/about/patterns"],
    "codecs": ["/about/codecs"],
    "not-found": ["/no/such/page"],
}
"""Where each page is: where to begin, then the links to follow, or what to ask the last page for."""
RARER = {"no-match", "image-report", "image-waveform", "patient", "collections", "receipts", "bin-deed", "bin-empty"}
"""Made of the same parts as the others: looked over with the long tests."""


def address(visitor: Visitor, name: str) -> str:
    """The address of a page, found as a person finds it."""
    *ways, last = PAGES[name]
    return visitor.find(*ways) + last if last.startswith("?") else visitor.find(*PAGES[name])


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.long if name in RARER else ())
        for name in PAGES
        if name != "gallery-filtered"
    ],
)
def test_a_page_fits_the_window_and_can_be_read_in_both_themes(meet: Meet, samples: Server, name: str) -> None:
    visitor = meet(samples, width=1440)
    visitor.expected = [r"^answer: 404 GET /no/such/page$"]
    visitor.go(address(visitor, name))

    look_over(visitor, name)


@pytest.mark.parametrize(
    ("name", "closed"), [("gallery-filtered", [".drawer"]), ("image", [".window", ".why"])], ids=["filters", "image"]
)
@pytest.mark.long
def test_what_opens_on_a_page_can_be_read_too(meet: Meet, samples: Server, name: str, closed: list[str]) -> None:
    visitor = meet(samples, width=390)
    visitor.go(address(visitor, name))
    for details in closed:
        visitor.page.locator(f"{details} > summary").click()
        expect(visitor.page.locator(details)).to_have_attribute("open", "")

    look_over(visitor, f"{name}-opened")


@pytest.fixture
def guarded() -> Iterator[Server]:
    """A gallery that asks for a password, and that nothing has come into."""
    with serving(DICOMGALLERY_OWNER_PASSWORD=PASSWORD) as server:
        yield server


@pytest.mark.long
def test_who_signs_in_to_an_empty_gallery_is_invited_to_drop_files_or_load_samples_which_then_fill_it(
    guarded: Server, meet: Meet
) -> None:
    visitor = meet(guarded, width=1440)
    visitor.expected = [r"^answer: 40[13] (GET|POST) /(login)?$"]
    visitor.go("/")
    for name, word in (("sign-in", "another word"), ("sign-in-wrong", PASSWORD)):
        look_over(visitor, name)
        visitor.page.get_by_label("Password").fill(word)
        with visitor.page.expect_navigation():
            visitor.page.get_by_role("button", name="Sign in").click()
        visitor.ready()

    expect(visitor.page.get_by_role("heading", level=1)).to_have_text("Nothing here yet")
    expect(visitor.page.get_by_text("Drop files or folders here")).to_be_visible()
    look_over(visitor, "gallery-empty")

    visitor.page.get_by_role("button", name="Load sample images").click()

    visitor.page.locator("[data-toast]", has_text="The sample images are here.").wait_for()
    assert visitor.found() == f"{visitor.cards().count()} series"
    assert visitor.titles()[0] == "Synthetic Clara"
    # The pictures come while one looks on; the page is not loaded again.
    visitor.page.evaluate("window.same = true")
    expect(visitor.page.locator("[data-waiting]:nth-child(-n+12)")).to_have_count(0)
    assert visitor.page.evaluate("window.same")


@pytest.mark.skipif(os.environ.get("DICOMGALLERY_WRITE_PICTURES") != "1", reason="DICOMGALLERY_WRITE_PICTURES is not 1")
def test_the_pictures_of_the_readme_are_made_anew(meet: Meet, samples: Server) -> None:
    visitor = meet(samples, width=1440, height=900)
    PICTURES.mkdir(parents=True, exist_ok=True)
    for name, page in (("gallery", "gallery"), ("image", "image")):
        visitor.go(address(visitor, page))
        photograph(visitor, f"readme-{name}")
        with Image.open(SCREENS / f"readme-{name}.png") as picture:
            # 256 colors would turn the chips gray, and the noise of a CT makes a PNG large.
            picture.convert("RGB").save(PICTURES / f"{name}.jpg", quality=88, subsampling=0, optimize=True)
        assert (PICTURES / f"{name}.jpg").stat().st_size < LARGEST_PICTURE
