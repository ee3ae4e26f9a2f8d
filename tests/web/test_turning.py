"""The viewer's tab that shows a series from any side, its pictures, and the way there from the cards."""

import html
import io
import re

import numpy as np
import pytest
from flask.testing import FlaskClient
from PIL import Image

from dicomgallery.dicom import synthetic
from dicomgallery.imaging.volumes.turn import Shows, Turn
from dicomgallery.services import rotations, volumes
from dicomgallery.services.pictures import Picture
from dicomgallery.services.volumes import Ready
from tests import volumes as bodies
from tests.conftest import Gallery
from tests.web.conftest import Browser


def page(browser: Browser, query: str = "") -> str:
    return html.unescape(browser.get(f"/series/1/viewer?tab=3d{query}").text).replace("\N{NO-BREAK SPACE}", " ")


def shown(data: bytes) -> bodies.Picture:
    return np.asarray(Image.open(io.BytesIO(data)))


@pytest.fixture
def body(gallery: Gallery) -> Gallery:
    """The marked body, imaged coarsely, its volume built."""
    gallery.ingest(*bodies.scan(step_mm=4.0, pixel_mm=(2.0, 2.0)))
    assert isinstance(volumes.built(1, actor=gallery.actor), Ready)
    return gallery


@pytest.mark.usefixtures("body")
def test_a_picture_from_any_side_is_png_with_a_name_that_saves_asking_again(client: FlaskClient) -> None:
    address = "/series/1/mip.png?angle=90&tilt=0&window=1900&level=-50"

    answer = client.get(address)

    assert (answer.status_code, answer.mimetype) == (200, "image/png")
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert bodies.corner_of_mark(shown(answer.data)) == ("top", "left")
    tag = {"If-None-Match": answer.headers["ETag"]}
    assert client.get(address, headers=tag).status_code == 304
    assert client.get(address.replace("angle=90", "angle=95"), headers=tag).status_code == 200
    assert client.get(address.replace("angle=90", "angle=450"), headers=tag).status_code == 304


@pytest.mark.parametrize("query", ["angle=x", "tilt=91", "mode=sum", "window=40", "threshold=nan", "voi=0"])
def test_a_picture_that_makes_no_sense_is_refused_in_words(client: FlaskClient, gallery: Gallery, query: str) -> None:
    gallery.ingest(*synthetic.ct_series(3, 16, 16))

    answer = client.get(f"/series/1/mip.png?{query}")

    assert answer.status_code == 422
    assert "convert" not in answer.get_json()["detail"]
    assert answer.get_json()["detail"].startswith("This picture cannot be drawn.")


def test_what_makes_no_volume_is_said_in_words(browser: Browser, gallery: Gallery) -> None:
    gallery.ingest(synthetic.us_cine(3, 32, 32))

    assert browser.client.get("/series/1/mip.png").mimetype == "image/svg+xml"
    text = page(browser)
    assert "No volume of this series" in text
    assert "The files do not say where the images lie in the patient." in text


@pytest.mark.usefixtures("body")
def test_the_page_shows_bones_from_the_front_and_says_where_the_sides_are(browser: Browser) -> None:
    text = page(browser)

    assert 'src="/series/1/mip.png?angle=0&tilt=0&mode=mip&window=1400&level=500"' in text
    assert dict(re.findall(r'side side-(\w+)">(\w+)<', text)) == {"top": "H", "left": "R", "bottom": "F", "right": "L"}
    assert re.search(r'aria-current="true" data-key="1"><kbd>1</kbd>Bones<', text)
    assert "Drawn from 44 × 44 × 44 cubes of 2 mm" in text
    stage = re.search(r"<figure [^>]*data-stage3d[^>]*>", text)
    assert stage is not None
    assert re.findall(r'data-(\w+)="([^"]*)"', stage[0]) == [
        ("values", "/series/1/volume.values?set=1"), ("shows", "mip"), ("tint", ""), ("threshold", "250"),
        ("black", "-200"), ("white", "1199"),
    ]  # fmt: skip


@pytest.mark.usefixtures("body")
def test_the_address_says_what_is_seen_and_every_choice_keeps_the_side(browser: Browser) -> None:
    text = page(browser, "&angle=390&tilt=-20&mode=surface&threshold=-300")

    assert 'src="/series/1/mip.png?angle=30&tilt=-20&mode=surface&threshold=-300"' in text
    assert re.search(r'aria-current="true" data-key="3"><kbd>3</kbd>Skin, lit<small>from −300<', text)
    assert 'name="threshold" step="any" value="-300"' in text
    assert 'name="width"' not in text
    assert "tab=3d&angle=30&tilt=-20&mode=mip&center=250&width=600" in text
    assert "tab=3d&angle=90&tilt=0&mode=surface&threshold=-300" in text
    assert dict(re.findall(r'side side-(\w+)">(\w+)<', text))["right"] == "LP"


@pytest.mark.usefixtures("body")
def test_what_an_address_asks_wrongly_is_brought_back(browser: Browser) -> None:
    text = page(browser, "&angle=x&tilt=500&mode=nonsense&threshold=x&set=7")

    assert 'src="/series/1/mip.png?angle=0&tilt=90&mode=mip"' in text


def test_values_without_a_scale_of_their_own_have_presets_of_their_own(browser: Browser, gallery: Gallery) -> None:
    datasets = synthetic.ct_series(4, 16, 16)
    for one in datasets:
        one.Modality, one.SOPClassUID = "MR", "1.2.840.10008.5.1.4.1.1.4"
        del one.RescaleIntercept, one.RescaleSlope
        if "RescaleType" in one:
            del one.RescaleType
    gallery.ingest(*datasets)
    browser.client.get("/series/1/mip.png")

    text = page(browser)

    assert re.findall(r"data-key=\"[1-9]\"><kbd>\d</kbd>([^<]+)<", text) == [
        "Highest values (MIP)", "Surface, lit", "Mean", "Lowest values (MinIP)",
    ]  # fmt: skip


def test_a_turn_is_as_many_pictures_as_asked_each_from_its_side(body: Gallery) -> None:
    ready = volumes.built(1, actor=body.actor)
    assert isinstance(ready, Ready)
    turn = Turn(90, 0, Shows.MIP)

    turns = [rotations.turned_on(turn, number, 4) for number in range(1, 5)]

    assert [one.angle for one in turns] == [90, 180, 270, 0]
    pictures = [rotations.picture(ready, one) for one in turns]
    drawn = [one.read() for one in pictures if isinstance(one, Picture)]
    assert [shown(one).shape for one in drawn] == [(512, 512)] * 4
    assert len(set(drawn)) == 4


def test_a_card_of_a_series_with_pictures_leads_to_its_viewer(browser: Browser, gallery: Gallery) -> None:
    gallery.ingest(*synthetic.ct_series(3, 16, 16), synthetic.basic_report())

    for path in ("/", "/studies/1"):
        text = browser.get(path).text
        assert '<a class="card-view" href="/series/1/viewer" title="Viewer">' in text, path
        assert text.count("card-view") == 1, path
    assert "card-view" not in browser.get("/?level=studies").text
    assert 'href="/series/1/viewer"' in browser.get("/series/1").text
