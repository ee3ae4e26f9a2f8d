"""What the viewer shows, as a picture of its own: windowed, turned, with marks and words where they are asked for."""

import html
import io
import re

import numpy as np
import numpy.typing as npt
import pytest
from flask.testing import FlaskClient
from PIL import Image

from dicomgallery.dicom import synthetic
from dicomgallery.services import volumes
from dicomgallery.services.volumes import Ready
from tests import volumes as bodies
from tests.conftest import Gallery
from tests.marking import ARROW, drawn
from tests.web.conftest import Browser

Values = npt.NDArray[np.uint8]

WIDE, HIGH = 96, 64


def shown(client: FlaskClient, query: str = "") -> Values:
    answer = client.get(f"/series/1/viewer.png?{query}")
    assert (answer.status_code, answer.mimetype) == (200, "image/png"), answer.text
    return np.asarray(Image.open(io.BytesIO(answer.data)))


def inked(picture: Values) -> npt.NDArray[np.bool_]:
    """Where something was drawn in the color of marks, or of the letters at the sides."""
    found: npt.NDArray[np.bool_] = picture[..., 0].astype(int) - picture[..., 2] > 60
    return found


def middle_of_ink(picture: Values) -> tuple[float, float]:
    """The middle of what was drawn: across and down."""
    rows, columns = np.nonzero(inked(picture))
    assert len(rows)
    return float(columns.mean()), float(rows.mean())


def white(picture: Values) -> int:
    """How much of a picture is as bright as words."""
    return int((picture.min(axis=-1) > 200).sum())


@pytest.fixture
def stack(gallery: Gallery) -> Gallery:
    """Three images that are wider than high."""
    gallery.ingest(*synthetic.ct_series(3, HIGH, WIDE))
    return gallery


@pytest.mark.usefixtures("stack")
def test_the_picture_of_an_address_is_what_the_viewer_shows_there(browser: Browser, client: FlaskClient) -> None:
    look = "image=1&center=-600&width=1500&invert=1"
    page = html.unescape(browser.get(f"/series/1/viewer?{look}").text)
    src = re.findall(r'<img src="(/pictures/[^"]+)"[^>]*data-stage-image', page)[0]

    picture = shown(client, look)

    assert np.array_equal(picture, np.asarray(Image.open(io.BytesIO(client.get(src).data))))
    assert 'href="/series/1/viewer.png?center=-600&width=1500&invert=1&image=1"' in page
    assert 'data-copy="/series/1/viewer?center=-600&width=1500&invert=1&image=1" data-address' in page
    assert not np.array_equal(picture, shown(client, look.replace("image=1", "image=2")))


TURNS = {
    "": lambda one: one,
    "rotate=90": lambda one: np.rot90(one, -1),
    "rotate=180": lambda one: np.rot90(one, 2),
    "rotate=270&flip=": lambda one: np.rot90(one, 1),
    "flip=h": lambda one: one[:, ::-1],
    "flip=v&rotate=0": lambda one: one[::-1],
    "flip=hv&rotate=90": lambda one: np.rot90(one[::-1, ::-1], -1),
    "flip=h&rotate=90": lambda one: np.rot90(one[:, ::-1], -1),
}


@pytest.mark.parametrize("query", TURNS)
def test_a_mark_stays_on_its_pixels_however_the_picture_is_turned(
    stack: Gallery, client: FlaskClient, query: str
) -> None:
    points = [[10.0, 8.0], [20.0, 8.0]]
    # The first of the viewer is the last that came.
    drawn(3, {"kind": "length", "points": points})

    bare, marked = (shown(client, f"image=1&size={WIDE * 4}&{marks}&{query}") for marks in ("", "marks=1"))

    assert np.array_equal(bare, TURNS[query](shown(client, f"image=1&size={WIDE * 4}")))
    where = np.zeros((HIGH * 4, WIDE * 4, 3), np.uint8)
    where[8 * 4 + 2, 10 * 4 + 2 : 20 * 4 + 3, 0] = 255
    assert middle_of_ink(marked) == pytest.approx(middle_of_ink(TURNS[query](where)), abs=1.5)
    assert np.array_equal(shown(client, f"image=2&marks=1&{query}"), shown(client, f"image=2&{query}"))
    assert stack.instance_count() == 3


def test_words_leave_only_when_identity_is_asked_for(stack: Gallery, client: FlaskClient) -> None:
    drawn(3, ARROW)

    plain, named = shown(client, "image=1&marks=1&size=800"), shown(client, "image=1&marks=1&size=800&identity=1")

    assert white(named[:80, :300]) > white(plain[:80, :300]) + 100
    assert white(named[-60:, :300]) > white(plain[-60:, :300]) + 100
    # Right of the arrow's tail stands for whom it is.
    assert inked(plain[:100, 200:380]).sum() == 0
    assert inked(named[:100, 200:380]).sum() > 100
    assert max(shown(client, "identity=1").shape) == 6 * WIDE
    assert stack.instance_count() == 3


@pytest.mark.usefixtures("stack")
def test_the_letters_of_the_sides_turn_with_the_picture(client: FlaskClient) -> None:
    def letter(query: str) -> npt.NDArray[np.bool_]:
        picture = shown(client, f"size=600&identity=1&{query}")
        middle = picture.shape[1] // 2
        return inked(picture[:40, middle - 20 : middle + 20])

    front, right = letter(""), letter("rotate=90")

    assert front.any()
    assert right.any()
    assert not np.array_equal(front, right)
    assert np.array_equal(letter("rotate=180&flip=hv"), front)


def test_a_picture_is_sent_once_until_something_on_it_changes(stack: Gallery, client: FlaskClient) -> None:
    drawn(3)
    address = "/series/1/viewer.png?image=1&marks=1&rotate=90"
    first = client.get(address)
    tag = {"If-None-Match": first.headers["ETag"]}

    assert first.headers["Cache-Control"] == "private, no-cache"
    assert client.get(address, headers=tag).status_code == 304
    for other in ("&size=100", "&flip=h", "&identity=1", "&invert=1"):
        assert client.get(address + other, headers=tag).status_code == 200, other
    drawn(3, ARROW)
    assert client.get(address, headers=tag).status_code == 200
    assert stack.instance_count() == 3


@pytest.mark.usefixtures("stack")
@pytest.mark.parametrize(
    "query", ["rotate=45", "flip=x", "size=9", "size=99999", "size=x", "size=-1", f"size=0000000064{'0' * 5000}"]
)
def test_what_makes_no_sense_is_refused_in_words(client: FlaskClient, query: str) -> None:
    answer = client.get(f"/series/1/viewer.png?{query}")

    assert answer.status_code == 422
    assert answer.get_json()["detail"].startswith("This picture cannot be drawn.")


def test_what_is_not_here_has_no_picture(client: FlaskClient, gallery: Gallery) -> None:
    gallery.ingest(synthetic.basic_report())

    assert client.get("/series/9/viewer.png").status_code == 404
    answer = client.get("/series/1/viewer.png")
    assert answer.status_code == 404
    assert answer.get_json()["detail"] == "There are no pictures in this series."


def test_planes_and_turns_have_their_pictures_too(browser: Browser, client: FlaskClient, gallery: Gallery) -> None:
    gallery.ingest(*bodies.scan(step_mm=4.0, pixel_mm=(2.0, 2.0)))
    assert isinstance(volumes.built(1, actor=gallery.actor), Ready)

    for query, source in (
        ("tab=planes&layout=coronal&coronal=9", "plane.png"),
        ("tab=planes&axial=5&center=40&width=400", "plane.png"),
        ("tab=3d&angle=90&mode=mip&center=500&width=1400", "mip.png"),
    ):
        page = html.unescape(browser.get(f"/series/1/viewer?{query}").text)
        src = re.findall(rf'<img src="(/series/1/{source}[^"]+)"', page)[0]
        out = re.findall(r'href="/series/1/viewer\.png\?([^"]+)">This view as PNG', page)[0]
        plain = np.asarray(Image.open(io.BytesIO(client.get(src).data)))
        assert np.array_equal(shown(client, query), plain), query
        assert np.array_equal(shown(client, out), plain), query
        assert np.array_equal(shown(client, f"{query}&rotate=90"), np.rot90(plain, -1)), query
        named = shown(client, f"{query}&identity=1&size=700")
        assert white(named) > 300, query


@pytest.mark.usefixtures("stack")
def test_turns_and_zoom_in_the_address_stay_in_every_link_and_reach_the_stage(browser: Browser) -> None:
    page = html.unescape(browser.get("/series/1/viewer?image=2&rotate=270&flip=hv&zoom=2.5&pan=0.1,-0.2").text)

    assert 'href="/series/1/viewer?image=3&rotate=270&flip=hv&zoom=2.5&pan=0.1%2C-0.2"' in page
    assert (
        '"view": {"flipHorizontal": true, "flipVertical": true, "pan": [0.1, -0.2], "rotation": 270, "zoom": 2.5}'
        in (page)
    )
    usual = html.unescape(browser.get("/series/1/viewer?image=2&rotate=1&flip=z&zoom=nan&pan=9e9,x").text)
    assert '"pan": [0.0, 0.0], "rotation": 0, "zoom": 1.0}' in usual
    assert 'href="/series/1/viewer?image=3"' in usual
