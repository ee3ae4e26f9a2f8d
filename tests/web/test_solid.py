"""A series in color: what the page tells the browser that draws it, and what the server shows until then."""

import html
import re

import pytest
from pydicom.dataset import Dataset

from dicomgallery.dicom import synthetic
from dicomgallery.services import volumes
from dicomgallery.services.volumes import Ready
from tests import volumes as bodies
from tests.conftest import Gallery
from tests.web.conftest import Browser

MR = "1.2.840.10008.5.1.4.1.1.4"


def page(browser: Browser, query: str = "") -> str:
    return html.unescape(browser.get(f"/series/1/viewer?tab=3d{query}").text).replace("\N{NO-BREAK SPACE}", " ")


def told(text: str, name: str) -> str:
    found = re.search(rf'<figure[^>]* data-{name}="([^"]*)"', text)
    assert found is not None
    return found[1]


def without_units(dataset: Dataset) -> Dataset:
    dataset.Modality = "MR"
    dataset.SOPClassUID = MR
    for name in ("RescaleType", "RescaleSlope", "RescaleIntercept"):
        dataset.pop(name, None)
    return dataset


@pytest.fixture
def body(gallery: Gallery) -> Gallery:
    """The marked body, imaged coarsely, its volume built."""
    gallery.ingest(*bodies.scan(step_mm=4.0, pixel_mm=(2.0, 2.0)))
    assert isinstance(volumes.built(1, actor=gallery.actor), Ready)
    return gallery


@pytest.mark.usefixtures("body")
def test_in_color_the_server_shows_the_surface_where_the_color_begins(browser: Browser) -> None:
    text = page(browser, "&mode=vessels&angle=30")

    assert [told(text, name) for name in ("shows", "tint", "threshold")] == ["solid", "vessels", "150"]
    assert told(text, "values") == "/series/1/volume.values?set=1"
    assert re.search(r'<img src="/series/1/mip\.png\?angle=30&tilt=0&mode=surface&threshold=150"', text)
    assert '<option value="vessels" selected>in color: vessels with contrast</option>' in text
    assert re.search(r'href="[^"]*mode=vessels[^"]*" aria-current="true"', text)
    # Whoever looks from another side keeps the colors; another preset lets go of them.
    assert re.search(r'href="[^"]*angle=90&tilt=0&mode=vessels"[^>]*>Left<', text)
    assert told(page(browser, "&mode=vessels&threshold=200"), "threshold") == "200"


@pytest.mark.usefixtures("body")
def test_a_projection_tells_the_values_that_are_black_and_white(browser: Browser) -> None:
    windowed, mean = page(browser, "&mode=mip&center=50&width=101"), page(browser, "&mode=mean")

    assert [told(windowed, name) for name in ("shows", "tint", "black", "white")] == ["mip", "", "-0.5", "99.5"]
    assert [told(mean, name) for name in ("shows", "black", "white")] == ["mean", "", ""]


def test_values_without_a_scale_of_their_own_have_other_colors(browser: Browser, gallery: Gallery) -> None:
    gallery.ingest(*(without_units(one) for one in synthetic.ct_series(6, 16, 16)))
    ready = volumes.built(1, actor=gallery.actor)
    assert isinstance(ready, Ready)
    black, white = ready.volume.black, ready.volume.white

    text = page(browser, "&mode=bright")

    assert re.findall(r'class="tint tint-(\w+)"', text) == ["tissue", "bright"]
    assert float(told(text, "threshold")) == pytest.approx(black + 0.7 * (white - black))
    # What is only there for CT is taken for nothing.
    assert told(page(browser, "&mode=bone"), "shows") == "mip"
