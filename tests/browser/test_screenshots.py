"""Every page as a picture, wide and narrow, dark and light: to be looked at, and proof that none is blank.

They lie in test-results/screens. With DICOMGALLERY_WRITE_PICTURES=1 the two of the README are made anew.
"""

import io
import os
from pathlib import Path
from typing import Literal

import pytest
from PIL import Image

from bench.server import Server
from tests.browser.visitor import Meet, Visitor

pytestmark = pytest.mark.browser

HOME = Path(__file__).resolve().parents[2]
SCREENS = HOME / "test-results" / "screens"
PICTURES = HOME / "docs" / "pictures"
READING = (Path(__file__).parent / "reading.js").read_text()
THEMES: tuple[Literal["dark", "light"], ...] = ("dark", "light")
LARGEST_PICTURE = 400_000

# What people with a reader of the screen need: a word for each picture, field, button and link.
NAMELESS = """
() => {
  const words = (one) => (one.getAttribute("aria-label") ?? one.textContent ?? "").trim() || one.title
    || one.querySelector("svg[aria-label]")?.getAttribute("aria-label")
    || document.getElementById(one.getAttribute("aria-labelledby"))?.textContent;
  const isThere = (one) => one.checkVisibility();
  const tell = (one) => one.outerHTML.slice(0, 120);
  const PRESSED = "a[href], button, summary";
  const fields = [...document.querySelectorAll("input:not([type=hidden]), select, textarea")].filter(isThere);
  return [
    ...[...document.images].filter((one) => one.getAttribute("alt") === null).map(tell),
    ...fields.filter((one) => !words(one) && ![...one.labels].some((label) => label.textContent.trim())).map(tell),
    ...[...document.querySelectorAll(PRESSED)].filter((one) => isThere(one) && !words(one)).map(tell),
    ...(document.querySelectorAll("h1, h2").length ? [] : ["no heading"]),
  ];
}
"""


IN_VIEW_HAS_COME = """
() => [...document.images].filter((one) => one.checkVisibility() && one.getBoundingClientRect().top < innerHeight)
  .every((one) => one.complete && getComputedStyle(one).opacity !== "0")
"""

PAGES = {
    "gallery": ["/"],
    "gallery-filtered": ["/?modality=MR&modality=CT&level=images&sort=name"],
    "no-match": ["/?q=nobody&modality=MR"],
    "image": ["/?q=clara", ".card-link", "li:nth-child(18) > .card-link"],
    "image-report": ["/receipts/1", ".receipt-name a:has-text('test-SR.dcm')"],
    "image-waveform": ["/receipts/1", ".receipt-name a:has-text('waveform_ecg.dcm')"],
    "image-history": ["/receipts/1", ".receipt-name a:has-text('CT_small.dcm')", "?tab=history"],
    "image-text": ["/receipts/1", ".receipt-name a:has-text('CT_small.dcm')", "?tab=text"],
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
    "not-found": ["/no/such/page"],
}
"""Where each page is: where to begin, then the links to follow, or what to ask the last page for."""


def address(visitor: Visitor, name: str) -> str:
    """The address of a page, found as a person finds it."""
    here, *ways = PAGES[name]
    for way in ways:
        if way.startswith("?"):
            return here + way
        visitor.go(here)
        here = str(visitor.page.locator(way).first.get_attribute("href"))
    return here


def photograph(visitor: Visitor, name: str) -> None:
    """Write the page as it stands, and fail when there is nothing on it."""
    in_view = (
        "[...document.images].filter((one) => one.getBoundingClientRect().top < innerHeight && one.checkVisibility())"
    )
    visitor.says(f"() => {in_view}.every((one) => one.complete && getComputedStyle(one).opacity !== '0')")
    data = visitor.page.screenshot(animations="disabled", caret="hide")
    SCREENS.mkdir(parents=True, exist_ok=True)
    (SCREENS / f"{name}.png").write_bytes(data)
    with Image.open(io.BytesIO(data)) as picture:
        colors = picture.convert("RGB").resize((180, 180), Image.Resampling.NEAREST).getcolors(1 << 24)
    assert len(colors) > 30
    assert len(data) > 8_000


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_the_window_and_can_be_read_in_both_themes(meet: Meet, samples: Server, name: str) -> None:
    where = ""
    for width, height in ((1440, 900), (390, 1500)):
        visitor = meet(samples, width=width, height=height)
        visitor.expected = [r"^answer: 404 GET /no/such/page$"]
        where = where or address(visitor, name)
        visitor.go(where)
        for theme in THEMES:
            visitor.page.emulate_media(color_scheme=theme)
            photograph(visitor, f"{name}-{width}-{theme}")
            found = visitor.page.evaluate(READING)
            assert found == {"faint": [], "small": [], "overflows": False}, f"{width} {theme}"
        assert visitor.page.evaluate(NAMELESS) == []


def test_an_empty_gallery_is_no_empty_page(empty: Server, meet: Meet) -> None:
    for width, height in ((1440, 900), (390, 1500)):
        for theme in ("dark", "light"):
            visitor = meet(empty, width=width, height=height, theme=theme)
            visitor.go("/")
            photograph(visitor, f"gallery-empty-{width}-{theme}")
            assert visitor.page.evaluate(READING)["overflows"] is False


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
