"""Segmentations on the page of their image: segments in their colors over the images they were drawn on."""

import html
import io
import re

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from pydicom.dataset import Dataset

from dicomgallery.dicom import synthetic
from dicomgallery.ingest.outcome import Accepted
from tests.conftest import Gallery
from tests.radiotherapy import bright_block, item
from tests.segmentations import GREEN, RED, block, frame, segment, segmentation
from tests.web.conftest import HOSTILE, Browser

CT = synthetic.ct_series(5, rows=32, columns=32)
MASK = block(32, 32, (slice(4, 12), slice(6, 20)))
SEGMENTS = [
    segment(1, "Heart", RecommendedDisplayCIELabValue=list(RED)),
    segment(2, "Lung", RecommendedDisplayCIELabValue=list(GREEN)),
]
LAYER = re.compile(
    r'<image href="([^"]+-layer\d+\.png)" width="(\d+)" height="(\d+)"[^>]*transform="matrix\(([^)]+)\)"'
)


def _ingest(gallery: Gallery, *files: Dataset | bytes) -> list[int]:
    outcomes = gallery.ingest(*files)
    assert all(isinstance(one, Accepted) for one in outcomes), outcomes
    return [one.instance_id for one in outcomes if isinstance(one, Accepted)]


def _chest(**values: object) -> Dataset:
    """A heart on every slice of the CT, and a lung on the first two."""
    frames = [frame(MASK, 1, source=one) for one in CT] + [frame(MASK, 2, source=one) for one in CT[:2]]
    return segmentation(SEGMENTS, frames, like=CT[0], **values)


def _shown(browser: Browser, image: int, query: str = "") -> str:
    answer = browser.get(f"/images/{image}/detail{query}")
    assert answer.status_code == 200
    return html.unescape(answer.text)


def _pixels(browser: Browser, src: str) -> NDArray[np.uint8]:
    with Image.open(io.BytesIO(browser.get(src).data)) as picture:
        return np.asarray(picture)


def _grid(image: Dataset, orientation: tuple[int, ...], finer: int, margin: int) -> tuple[Dataset, NDArray[np.uint8]]:
    """A segmentation of the white block on a grid of its own: turned, finer, and larger by some pixels all around.

    Each of its pixels is decided by which pixel of the image its center lies in, by the equation of PS3.3 C.7.6.2.1.1.
    """
    row_mm, column_mm = (float(part) for part in image.PixelSpacing)
    across, down = np.array(image.ImageOrientationPatient, float).reshape(2, 3)
    origin = np.array(image.ImagePositionPatient, float)
    right, below = np.array(orientation, float).reshape(2, 3)
    # How long a pixel is along each of the directions of the new grid.
    along = [column_mm if abs(way @ across) > 0.5 else row_mm for way in (right, below)]
    corners = [
        origin + across * column_mm * (column - 0.5) + down * row_mm * (row - 0.5)
        for column in (-margin, image.Columns + margin)
        for row in (-margin, image.Rows + margin)
    ]
    first = min(corners, key=lambda corner: corner @ right + corner @ below)
    spans = [max(abs((corner - first) @ way) for corner in corners) for way in (right, below)]
    steps = [size / finer for size in along]
    columns, rows = (round(span / step) for span, step in zip(spans, steps, strict=True))
    first = first + right * steps[0] / 2 + below * steps[1] / 2
    mask = np.zeros((rows, columns), np.uint8)
    for row in range(rows):
        centers = first + np.outer(np.arange(columns) * steps[0], right) + below * steps[1] * row - origin
        column_at, row_at = centers @ across / column_mm, centers @ down / row_mm
        mask[row] = (abs(column_at - 49.5) < 10) & (abs(row_at - 24.5) < 5)
    spacing = steps[1], steps[0]
    one = frame(mask, 1, source=image, place=first)
    return segmentation(SEGMENTS[:1], [one], like=image, spacing=spacing, orientation=orientation), mask


AXIAL = (1, 0, 0, 0, 1, 0)


@pytest.mark.parametrize("spacing", [(1.0, 1.0), (1.0, 0.5), (0.7, 0.7)])
@pytest.mark.parametrize(
    ("image_turned", "turned"),
    [
        (AXIAL, AXIAL),
        (AXIAL, (-1, 0, 0, 0, 1, 0)),
        (AXIAL, (0, 1, 0, 1, 0, 0)),
        (AXIAL, (0, -1, 0, 1, 0, 0)),
        ((0, 1, 0, 0, 0, -1), (0, -1, 0, 0, 0, -1)),
    ],
)
@pytest.mark.parametrize(("finer", "margin"), [(1, 0), (2, 3)])
def test_a_segment_lies_over_the_very_pixels_it_was_drawn_on(  # noqa: PLR0917  a case has as many sides
    browser: Browser,
    gallery: Gallery,
    image_turned: tuple[int, ...],
    turned: tuple[int, ...],
    spacing: tuple[float, float],
    finer: int,
    margin: int,
) -> None:
    image = bright_block(image_turned, spacing)
    drawn, mask = _grid(image, turned, finer, margin)
    assert mask.sum() == 200 * finer**2
    _, shown = _ingest(gallery, image, drawn)

    page = _shown(browser, shown)

    source = re.search(r'<image href="([^"]+native\.png)" width="([\d.]+)" height="([\d.]+)"', page)
    layer = LAYER.search(page)
    assert source
    assert layer
    a, b, c, d, e, f = (float(part) for part in layer[4].split())
    share = _pixels(browser, layer[1])[..., 3]
    assert (share == mask * 255).all()
    assert (int(layer[3]), int(layer[2])) == mask.shape
    rows, columns = np.nonzero(share)
    corners = [(column + x, row + y) for column, row in zip(columns, rows, strict=True) for x in (0, 1) for y in (0, 1)]
    xs, ys = np.array([(a * x + c * y + e, b * x + d * y + f) for x, y in corners]).T
    # Where the image shows the white block: columns 40 to 59 of 80, rows 20 to 29 of 64.
    width, height = float(source[2]), float(source[3])
    assert (xs.min(), xs.max()) == pytest.approx((width * 40 / 80, width * 60 / 80), abs=1e-3)
    assert (ys.min(), ys.max()) == pytest.approx((height * 20 / 64, height * 30 / 64), abs=1e-3)
    assert width / height == pytest.approx(80 * spacing[1] / (64 * spacing[0]))
    bright = np.nonzero(_pixels(browser, source[1]) > 127)
    assert (bright[0].min(), bright[1].min()) == (
        pytest.approx(20 * max(spacing[0] / spacing[1], 1), abs=1),
        pytest.approx(40 * max(spacing[1] / spacing[0], 1), abs=1),
    )


def test_the_middle_plane_comes_first_and_links_lead_on(browser: Browser, gallery: Gallery) -> None:
    *images, shown = _ingest(gallery, *CT, _chest())

    page = _shown(browser, shown)

    assert "3 / 5" in page
    assert f'href="/images/{shown}/detail?slice=2"' in page
    assert f'href="/images/{shown}/detail?slice=4"' in page
    assert f'<image href="/pictures/{images[2]}-' in page
    assert f'rel="prefetch" as="image" href="/pictures/{images[1]}-' in page
    assert f'<a href="/images/{images[2]}/detail">The image itself</a>' in page
    assert f'<a href="/images/{shown}/detail?frame=3">Frame by frame</a>' in page
    assert len(LAYER.findall(page)) == 1
    assert "data-stage-image" not in page
    assert "style=" not in page


def test_every_segment_stands_in_the_list_with_its_color_and_frames(browser: Browser, gallery: Gallery) -> None:
    *_, shown = _ingest(gallery, *CT, _chest())

    page = _shown(browser, shown)

    rows = re.findall(r"<tr[^>]*>\s*<td>(.+?)</tr>", page.partition("<tbody>")[2], re.DOTALL)
    assert [("Heart" in row, "Lung" in row) for row in rows[:2]] == [(True, False), (False, True)]
    assert 'fill="#ff' in rows[0]
    assert ">5</td>" in rows[0]
    assert ">2</td>" in rows[1]
    assert "Lung type" in rows[1]
    assert "automatic" in rows[1]


def test_a_segment_is_shown_alone_on_a_plane_where_it_is(browser: Browser, gallery: Gallery) -> None:
    *_, shown = _ingest(gallery, *CT, _chest())

    # Seen from the feet the two slices with a lung come last.
    assert f'href="/images/{shown}/detail?slice=5&segment=2"' in _shown(browser, shown)
    assert len(LAYER.findall(_shown(browser, shown, "?slice=5"))) == 2
    page = _shown(browser, shown, "?slice=5&segment=2")

    ((src, *_),) = LAYER.findall(page)
    assert "/f6-" in src
    assert f'href="/images/{shown}/detail?slice=4&segment=2"' in page
    assert '<input type="hidden" name="segment" value="2">' in page
    assert f'href="/images/{shown}/detail?slice=5"' in page


def test_a_label_alone_is_a_layer_of_its_own(browser: Browser, gallery: Gallery) -> None:
    labels = MASK.copy()
    labels[20:24, 20:24] = 2
    *_, shown = _ingest(gallery, *CT, segmentation(SEGMENTS, [frame(labels, None, source=CT[0])], kind="LABELMAP"))

    ((src, *_),) = LAYER.findall(_shown(browser, shown, "?segment=2"))

    assert (_pixels(browser, src)[..., 3] == np.where(labels == 2, 255, 0)).all()


def test_the_opacity_is_chosen_by_links_that_keep_the_rest(browser: Browser, gallery: Gallery) -> None:
    *_, shown = _ingest(gallery, *CT, _chest())

    assert 'opacity="0.5"' in _shown(browser, shown)
    page = _shown(browser, shown, "?slice=2&opacity=100&tab=history")

    assert 'opacity="1"' in page
    assert f'href="/images/{shown}/detail?slice=2&opacity=25&tab=history"' in page
    assert f'href="/images/{shown}/detail?slice=3&opacity=100&tab=history"' in page
    assert f'href="/images/{shown}/detail?slice=2&opacity=100"' in page


@pytest.mark.parametrize(
    "query", ["?slice=0", "?slice=99", "?slice=x", "?slice=" + "9" * 50, "?segment=77", "?segment=²", "?opacity=7"]
)
def test_what_is_not_there_is_said_and_another_shown(browser: Browser, gallery: Gallery, query: str) -> None:
    *_, shown = _ingest(gallery, *CT, _chest())

    page = _shown(browser, shown, query)

    assert "3 / 5" in page
    assert "There are planes 1 to 5" in page or "There is no such segment" in page or "The opacities are" in page


def test_frame_by_frame_it_is_a_picture_that_leads_back(browser: Browser, gallery: Gallery) -> None:
    *_, shown = _ingest(gallery, *CT, _chest())

    page = _shown(browser, shown, "?frame=3")

    assert "data-stage-image" in page
    assert "3 / 7" in page
    assert f'<a href="/images/{shown}/detail">Over its images</a>' in page
    assert "Hide colors" in page
    assert "From its values" not in page
    assert "From its values" in _shown(browser, shown, "?frame=3&overlays=off")


def test_segments_whose_images_are_elsewhere_stand_alone(browser: Browser, gallery: Gallery) -> None:
    (shown,) = _ingest(gallery, _chest())

    page = _shown(browser, shown)

    assert "are not in this gallery: the segments stand alone" in page
    assert len(LAYER.findall(page)) == 1
    assert "native.png" not in page.partition('class="segments"')[2].partition("</svg>")[0]
    assert 'opacity="1"' in page
    assert "3 / 5" in page


def test_an_image_in_the_bin_does_not_lie_under_segments(browser: Browser, gallery: Gallery) -> None:
    *images, shown = _ingest(gallery, *CT, _chest())
    browser.post("/selection/bin", {"images": str(images[2]), "next": "/"})

    page = _shown(browser, shown, "?slice=3")

    assert f"/pictures/{images[2]}-" not in page
    assert "The image of this plane is not in this gallery" in page


def test_segments_that_name_no_image_are_laid_by_their_place(browser: Browser, gallery: Gallery) -> None:
    place = [float(part) for part in CT[1].ImagePositionPatient]
    made = segmentation(SEGMENTS[:1], [frame(MASK, 1, place=place)], like=CT[0])
    del made.ReferencedSeriesSequence
    *images, shown = _ingest(gallery, *CT, made)

    page = _shown(browser, shown)

    assert f'<image href="/pictures/{images[1]}-' in page
    assert "does not name this image" in page


def test_segments_across_the_image_are_not_laid_over_it(browser: Browser, gallery: Gallery) -> None:
    made = segmentation(SEGMENTS[:1], [frame(MASK, 1, source=CT[1])], like=CT[0], orientation=(1, 0, 0, 0, 0, -1))
    *images, shown = _ingest(gallery, *CT, made)

    page = _shown(browser, shown)

    assert f'<image href="/pictures/{images[1]}-' not in page
    assert "run across the plane of the image" in page


@pytest.mark.parametrize(("rows", "is_over"), [(64, True), (32, False)])
def test_an_image_without_a_place_lies_under_a_segmentation_of_its_size(
    browser: Browser,
    gallery: Gallery,
    rows: int,
    is_over: bool,
) -> None:
    image = synthetic.secondary_capture(rows=64, columns=64)
    made = segmentation(SEGMENTS[:1], [frame(block(rows, rows, (slice(1, 3), slice(1, 3))), 1, source=image)])
    under, shown = _ingest(gallery, image, made)

    page = _shown(browser, shown)

    assert (f'<image href="/pictures/{under}-' in page) is is_over
    assert ("the sizes differ" in page) is not is_over


def test_segments_lie_on_the_frames_of_a_multi_frame_image(browser: Browser, gallery: Gallery) -> None:
    cine = synthetic.us_cine(frames=4, rows=32, columns=32)
    made = segmentation(SEGMENTS[:1], [frame(MASK, 1, source=cine, source_frame=number) for number in (2, 3)])
    under, shown = _ingest(gallery, cine, made)

    page = _shown(browser, shown, "?slice=2")

    assert re.search(rf'<image href="/pictures/{under}-[0-9a-f]+/f3-native\.png"', page)
    assert f'<a href="/images/{under}/detail?frame=3">The image itself</a>' in page


def test_of_an_enhanced_image_the_frame_in_the_same_place_is_taken(browser: Browser, gallery: Gallery) -> None:
    enhanced = synthetic.ct_slice(1, rows=32, columns=32, seed=7)
    place = [float(part) for part in enhanced.ImagePositionPatient]
    orientation, spacing = enhanced.ImageOrientationPatient, enhanced.PixelSpacing
    del enhanced.ImagePositionPatient, enhanced.ImageOrientationPatient, enhanced.PixelSpacing
    enhanced.SOPClassUID = "1.2.840.10008.5.1.4.1.1.2.1"
    enhanced.NumberOfFrames, enhanced.PixelData = 3, enhanced.PixelData * 3
    planes = [(place[0], place[1], place[2] + 4 * number) for number in range(3)]
    turned = item(ImageOrientationPatient=orientation)
    enhanced.SharedFunctionalGroupsSequence = [
        item(PlaneOrientationSequence=[turned], PixelMeasuresSequence=[item(PixelSpacing=spacing)])
    ]
    enhanced.PerFrameFunctionalGroupsSequence = [
        item(PlanePositionSequence=[item(ImagePositionPatient=list(one))]) for one in planes
    ]
    made = segmentation(
        SEGMENTS[:1],
        [frame(MASK, 1, source=enhanced, place=planes[2])],
        like=enhanced,
        spacing=spacing,
        orientation=orientation,
    )
    under, shown = _ingest(gallery, enhanced, made)

    page = _shown(browser, shown)

    assert re.search(rf'<image href="/pictures/{under}-[0-9a-f]+/f3-native\.png"', page)
    assert [float(part) for part in LAYER.findall(page)[0][3].split()] == pytest.approx(
        [float(spacing[1]), 0, 0, float(spacing[0]), 0, 0], abs=1e-5
    )


def test_tiles_of_a_slide_are_said_to_be_alone(browser: Browser, gallery: Gallery) -> None:
    *_, shown = _ingest(gallery, *CT, _chest(TotalPixelMatrixColumns=64, TotalPixelMatrixRows=64))

    page = _shown(browser, shown)

    assert "tiles of a slide" in page
    assert "4 / 7" in page


def test_what_a_segmentation_says_is_text_everywhere(browser: Browser, gallery: Gallery) -> None:
    hostile = segment(1, HOSTILE[:60], SegmentDescription=HOSTILE, SegmentAlgorithmName=HOSTILE, TrackingID=HOSTILE)
    made = segmentation([hostile], [frame(MASK, 1)], ContentLabel=HOSTILE[:16], ContentDescription=HOSTILE)
    (shown,) = _ingest(gallery, made)

    assert "<script>alert" not in browser.get(f"/images/{shown}/detail").text


def test_without_segments_its_pixels_are_shown(browser: Browser, gallery: Gallery) -> None:
    (shown,) = _ingest(gallery, segmentation([], [frame(MASK, 1)]))

    assert "data-stage-image" in _shown(browser, shown)


def test_no_picture_that_is_no_segmentation_has_layers(browser: Browser, gallery: Gallery) -> None:
    *images, _ = _ingest(gallery, *CT, _chest())
    src = re.search(rf"/pictures/{images[0]}-[0-9a-f]+/", _shown(browser, images[0]))
    assert src

    answer = browser.get(f"{src[0]}native-layer0.png")

    assert answer.mimetype == "image/svg+xml"
    assert "Only a segmentation" in answer.text.replace("</text>", " ").replace("\n", " ")
