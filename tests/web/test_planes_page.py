"""The planes of the viewer: oblique ones, layouts, time points, and the marked corner through the door."""

import html
import io
import re

import numpy as np
import pytest
from flask.testing import FlaskClient
from PIL import Image
from pydicom.dataset import Dataset

from dicomgallery.dicom import synthetic
from tests import volumes
from tests.conftest import Gallery
from tests.web.conftest import Browser

WINDOW = "window=1900&level=-50"
EXPECTED = {
    "axial": (("top", "right"), ["A", "R", "P", "L"]),
    "coronal": (("top", "right"), ["H", "R", "F", "L"]),
    "sagittal": (("top", "left"), ["H", "A", "F", "P"]),
}
"""Where the mark must be in each view, and the letters at top, left, bottom and right."""


def page(browser: Browser, query: str) -> str:
    return html.unescape(browser.get(f"/series/1/viewer?tab=planes{query}").text)


def part_of(text: str, plane: str) -> str:
    return text.split(f'data-plane="{plane}"')[1].split("</figure>", maxsplit=1)[0]


def picture(client: FlaskClient, address: str) -> volumes.Picture:
    answer = client.get(address)
    assert answer.mimetype == "image/png", answer.text
    return np.asarray(Image.open(io.BytesIO(answer.data)))


def several(times: int) -> list[Dataset]:
    """A small stack, imaged several times."""
    datasets = []
    for time in range(times):
        for one in synthetic.ct_series(4, 16, 16):
            one.SOPInstanceUID += f".{time}"
            one.TemporalPositionIdentifier = time + 1
            one.NumberOfTemporalPositions = times
            one.AcquisitionNumber = time + 1
            one.InstanceNumber = time * 4 + int(one.InstanceNumber)
            datasets.append(one)
    return datasets


@pytest.mark.parametrize(("plane", "feet_first", "downwards"), volumes.WAYS)
def test_the_marked_corner_is_in_its_corner_on_every_plane_the_server_draws(
    browser: Browser, gallery: Gallery, plane: str, feet_first: bool, downwards: bool
) -> None:
    """However it was imaged: the left, front, head corner, and the letters of the page that stand around it."""
    datasets = volumes.scan(plane, step_mm=4.0, pixel_mm=(2.0, 2.0), feet_first=feet_first, downwards=downwards)
    for one in datasets:
        one.PatientPosition = "FFS" if feet_first else "HFS"
    gallery.ingest(*datasets)
    browser.client.get("/series/1/plane.png")
    text = page(browser, "&center=-50&width=1900")

    for view, (corner, letters) in EXPECTED.items():
        shown = part_of(text, view)
        count = int(re.search(r'max="(\d+)"', shown)[1])  # type: ignore[index]
        # A slab of all planes shows the mark wherever they are counted from.
        address = f"/series/1/plane.png?plane={view}&index={count // 2 + 1}&slab=88&mode=mip&{WINDOW}"
        assert volumes.corner_of_mark(picture(browser.client, address)) == corner, view
        sides = dict(re.findall(r'side side-(\w+)">(\w+)<', shown))
        assert [sides[side] for side in ("top", "left", "bottom", "right")] == letters, view


def test_an_oblique_plane_stands_beside_the_others_with_lines_where_they_cut(
    browser: Browser, gallery: Gallery
) -> None:
    gallery.ingest(*volumes.scan(step_mm=4.0))
    browser.client.get("/series/1/plane.png")

    text = page(browser, "&layout=four&tilt=45&turn=45")

    for view in EXPECTED:
        assert 'class="plane-line plane-oblique"' in part_of(text, view)
    own = part_of(text, "oblique")
    assert re.findall(r'plane-line plane-(\w+)"', own) == ["axial", "coronal", "sagittal"]
    assert dict(re.findall(r'side side-(\w+)">(\w+)<', own)) == {
        "top": "AH", "left": "RF", "bottom": "PF", "right": "LH",
    }  # fmt: skip
    assert re.findall(r'name="(tilt|turn)" min="(-?\d+)" max="(\d+)" value="(\d+)"', own) == [
        ("tilt", "0", "90", "45"), ("turn", "-180", "180", "45"),
    ]  # fmt: skip
    address = re.search(r'<img src="([^"]+plane=oblique[^"]+)"', own)
    assert address is not None
    assert picture(browser.client, address[1]).max() > 0


def test_an_oblique_line_turns_with_the_plane(browser: Browser, gallery: Gallery) -> None:
    """Turned by 30 degrees its line on the axial plane runs down by 30 degrees, through the point of all planes."""
    gallery.ingest(*volumes.scan(step_mm=4.0))
    browser.client.get("/series/1/plane.png")

    text = page(browser, "&layout=axial-oblique&tilt=60&turn=30&coronal=30&sagittal=60")

    axial = part_of(text, "axial")
    line = re.search(r'plane-oblique" x1="([\d.]+)" y1="([\d.]+)" x2="([\d.]+)" y2="([\d.]+)"', axial)
    assert line is not None
    x1, y1, x2, y2 = (float(end) for end in line.groups())
    assert np.degrees(np.arctan2(y2 - y1, x2 - x1)) == pytest.approx(30, abs=0.1)
    cross_x, cross_y = 512 * 59.5 / 88, 512 * 29.5 / 88
    assert (cross_y - y1) / (cross_x - x1) == pytest.approx(np.tan(np.radians(30)), abs=0.01)
    # What is not shown stays in the address, and in the form.
    assert '<input type="hidden" name="coronal" value="30"' in text
    assert 'href="/series/1/viewer?tab=planes&axial=12&coronal=30&sagittal=60&layout=axial-oblique&tilt=60' in text


@pytest.mark.parametrize(
    ("asked", "planes"),
    [
        ("", ["axial", "sagittal", "coronal"]),
        ("four", ["axial", "sagittal", "coronal", "oblique"]),
        ("axial-sagittal", ["axial", "sagittal"]),
        ("coronal", ["coronal"]),
        ("oblique", ["oblique"]),
        ("nonsense", ["axial", "sagittal", "coronal"]),
    ],
)
def test_a_layout_says_which_planes_stand_there(
    browser: Browser, gallery: Gallery, asked: str, planes: list[str]
) -> None:
    gallery.ingest(*synthetic.ct_series(4, 16, 16))
    browser.client.get("/series/1/plane.png")

    text = page(browser, f"&layout={asked}&tilt=x&turn=999")

    assert re.findall(r'data-plane="(\w+)"', text) == planes
    assert text.count("Every slice is in its place") == 1
    assert sorted(re.findall(r'name="(axial|coronal|sagittal)"', text)) == ["axial", "coronal", "sagittal"]


def test_few_time_points_are_a_list_and_many_a_slider_with_steps(browser: Browser, gallery: Gallery) -> None:
    gallery.ingest(*several(8))
    browser.client.get("/series/1/plane.png")
    browser.client.get("/series/1/plane.png?set=3")

    text = page(browser, "&set=3")

    assert '<input type="range" name="set" min="1" max="8" value="3"' in text
    assert re.search(r'href="[^"]+&set=2" title="Previous time point \(,\)" data-key=","', text)
    assert re.search(r'href="[^"]+&set=4" title="Next time point \(.\)" data-key="."', text)
    assert text.count('name="set"') == 1
    first = page(browser, "")
    assert '<a aria-disabled="true" title="Previous time point (,)"' in first


def test_a_few_time_points_are_chosen_from_a_list(browser: Browser, gallery: Gallery) -> None:
    gallery.ingest(*several(2))
    browser.client.get("/series/1/plane.png")

    text = page(browser, "")

    assert '<select name="set" data-submit>' in text
    assert 'type="range" name="set"' not in text
