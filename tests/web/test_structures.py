"""Structure sets on the page of their image: regions, planes, and contours over the images they were drawn on."""

import html
import io
import re

import numpy as np
import pytest
from PIL import Image
from pydicom.dataset import Dataset

from dicomgallery.dicom import synthetic
from dicomgallery.ingest.outcome import Accepted
from tests.conftest import Gallery
from tests.radiotherapy import around_block, bright_block, contour, square, structure_set
from tests.web.conftest import HOSTILE, Browser

CT = synthetic.ct_series(5, rows=32, columns=32)


def _ingest(gallery: Gallery, *files: Dataset | bytes) -> list[int]:
    outcomes = gallery.ingest(*files)
    assert all(isinstance(one, Accepted) for one in outcomes), outcomes
    return [one.instance_id for one in outcomes if isinstance(one, Accepted)]


def _chest(**values: object) -> Dataset:
    """A heart on every slice of the CT, and a lung on the first two."""
    heights = [float(one.ImagePositionPatient[2]) for one in CT]
    heart = [contour(square(-20, 20, z), image=one) for z, one in zip(heights, CT, strict=True)]
    lung = [contour(square(40, 90, z), image=one) for z, one in zip(heights[:2], CT[:2], strict=True)]
    return structure_set({"Heart": heart, "Lung": lung}, CT, **values)


def _shown(browser: Browser, image: int, query: str = "") -> str:
    answer = browser.get(f"/images/{image}/detail{query}")
    assert answer.status_code == 200
    return html.unescape(answer.text)


@pytest.mark.parametrize(
    ("orientation", "spacing"),
    [
        ((1, 0, 0, 0, 1, 0), (1.0, 1.0)),
        ((1, 0, 0, 0, 1, 0), (1.0, 0.5)),
        ((0, 1, 0, 0, 0, -1), (0.5, 1.0)),
        ((-1, 0, 0, 0, 0, -1), (0.7, 0.7)),
    ],
)
def test_a_contour_lies_over_the_pixels_it_was_drawn_around(
    browser: Browser, gallery: Gallery, orientation: tuple[int, ...], spacing: tuple[float, float]
) -> None:
    image = bright_block(orientation, spacing)
    drawn = structure_set({"Block": [contour(around_block(image), image=image)]}, [image])
    _, shown = _ingest(gallery, image, drawn)

    page = _shown(browser, shown)

    src = re.search(r'<div class="contours-picture">\s*<img src="([^"]+)"', page)
    box = re.search(r'viewBox="([^"]+)" role="img"', page)
    points = re.search(r'<polygon points="([^"]+)" stroke="#ff0000"', page)
    assert src
    assert box
    assert points
    with Image.open(io.BytesIO(browser.get(src[1]).data)) as picture:
        pixels = np.asarray(picture.convert("L"))
    left, top, width, height = (float(part) for part in box[1].split())
    corners = np.array([[float(part) for part in pair.split(",")] for pair in points[1].split()])
    columns = (corners[:, 0] - left) / width * pixels.shape[1]
    rows = (corners[:, 1] - top) / height * pixels.shape[0]
    bright_rows, bright_columns = np.nonzero(pixels > 127)
    assert (columns.min(), columns.max()) == pytest.approx((bright_columns.min(), bright_columns.max() + 1), abs=0.51)
    assert (rows.min(), rows.max()) == pytest.approx((bright_rows.min(), bright_rows.max() + 1), abs=0.51)


def test_the_middle_plane_comes_first_and_links_lead_on(browser: Browser, gallery: Gallery) -> None:
    *images, shown = _ingest(gallery, *CT, _chest())

    page = _shown(browser, shown)

    assert "3 / 5" in page
    assert f'href="/images/{shown}/detail?slice=2"' in page
    assert f'href="/images/{shown}/detail?slice=4"' in page
    assert f'src="/pictures/{images[2]}-' in page
    assert f'rel="prefetch" as="image" href="/pictures/{images[1]}-' in page
    assert f'<a href="/images/{images[2]}/detail">The image itself</a>' in page
    assert page.count("<polygon") == 1
    assert "data-stage-image" not in page


def test_every_region_stands_in_the_list_with_its_volume_and_color(browser: Browser, gallery: Gallery) -> None:
    *_, shown = _ingest(gallery, *CT, _chest())

    page = _shown(browser, shown)

    assert "<bdi>Heart</bdi>" in page
    assert "20 cm³" in page
    assert 'title="5 planes, 2.5 mm apart."' in page
    assert 'fill="#00ff00"' in page
    assert "style=" not in page


def test_a_region_is_shown_alone_on_a_plane_where_it_is(browser: Browser, gallery: Gallery) -> None:
    *_, shown = _ingest(gallery, *CT, _chest())

    # Seen from the feet the two slices with a lung come last.
    assert f'href="/images/{shown}/detail?slice=5&roi=2"' in _shown(browser, shown)
    page = _shown(browser, shown, "?slice=5&roi=2")

    assert page.count("<polygon") == 1
    assert 'stroke="#00ff00"' in page
    assert f'href="/images/{shown}/detail?slice=4&roi=2"' in page
    assert '<input type="hidden" name="roi" value="2">' in page
    assert f'href="/images/{shown}/detail?slice=5"' in page


def test_the_plane_and_the_tab_keep_one_another(browser: Browser, gallery: Gallery) -> None:
    *_, shown = _ingest(gallery, *CT, _chest())

    page = _shown(browser, shown, "?slice=2&tab=history")

    assert f'href="/images/{shown}/detail?slice=3&tab=history"' in page
    assert f'href="/images/{shown}/detail?slice=2"' in page


@pytest.mark.parametrize("query", ["?slice=0", "?slice=99", "?slice=x", "?slice=" + "9" * 50, "?roi=77", "?roi=²"])
def test_what_is_not_there_is_said_and_another_shown(browser: Browser, gallery: Gallery, query: str) -> None:
    *_, shown = _ingest(gallery, *CT, _chest())

    page = _shown(browser, shown, query)

    assert "3 / 5" in page
    assert "There are planes 1 to 5" in page or "There is no such region" in page


def test_contours_whose_images_are_elsewhere_stand_alone(browser: Browser, gallery: Gallery) -> None:
    (shown,) = _ingest(gallery, _chest())

    page = _shown(browser, shown)

    assert "are not in this gallery" in page
    assert page.count("<polygon") == 1
    assert "<img" not in page.partition('class="contours-picture"')[2].partition("<svg")[0]
    assert "3 / 5" in page


def test_contours_that_name_no_image_are_laid_on_the_nearest(browser: Browser, gallery: Gallery) -> None:
    height = float(CT[1].ImagePositionPatient[2]) + 0.4
    *images, shown = _ingest(gallery, *CT, structure_set({"Heart": [contour(square(-20, 20, height))]}, CT))

    assert f'src="/pictures/{images[1]}-' in _shown(browser, shown)


def test_an_image_in_the_bin_does_not_lie_under_contours(browser: Browser, gallery: Gallery) -> None:
    *images, shown = _ingest(gallery, *CT, _chest())
    browser.post("/selection/bin", {"images": str(images[2]), "next": "/"})

    page = _shown(browser, shown, "?slice=3")

    assert f"/pictures/{images[2]}-" not in page
    assert "The image of this plane is not in this gallery." in page


def test_contours_off_the_plane_of_their_image_and_other_frames_of_reference_are_told(
    browser: Browser, gallery: Gallery
) -> None:
    height = float(CT[0].ImagePositionPatient[2]) + 1.8
    drawn = structure_set({"Heart": [contour(square(-20, 20, height), image=CT[0])]}, CT)
    drawn.StructureSetROISequence[0].ReferencedFrameOfReferenceUID = "1.2.3"
    *_, shown = _ingest(gallery, *CT, drawn)

    page = _shown(browser, shown)

    assert "up to 1.8 mm from the plane" in page
    assert "different frames of reference" in page


def test_what_a_structure_set_says_is_text_everywhere(browser: Browser, gallery: Gallery) -> None:
    drawn = structure_set(
        {HOSTILE[:60]: [contour(square(0, 9, 0))]}, StructureSetLabel=HOSTILE[:16], StructureSetDescription=HOSTILE
    )
    drawn.StructureSetROISequence[0].ROIDescription = HOSTILE
    (shown,) = _ingest(gallery, drawn)

    assert "<script>alert" not in browser.get(f"/images/{shown}/detail").text


def test_a_structure_set_without_contours_still_lists_its_regions(browser: Browser, gallery: Gallery) -> None:
    (shown,) = _ingest(gallery, structure_set({"Heart": []}))

    page = _shown(browser, shown)

    assert "draws none of them" in page
    assert "<bdi>Heart</bdi>" in page


def test_its_card_shows_its_contours(browser: Browser, gallery: Gallery) -> None:
    *_, shown = _ingest(gallery, _chest())
    gallery.work()

    src = re.search(rf'src="(/pictures/{shown}-[^"]+)"', browser.get("/").text)

    assert src
    with Image.open(io.BytesIO(browser.get(src[1]).data)) as picture:
        assert picture.size == (256, 256)
        red, green, _ = (np.asarray(part, int) for part in picture.convert("RGB").split())
    assert (red - green > 120).any()
