"""The page of an image: the picture, its place, its tags, its file."""

import html
import re
from pathlib import Path

import pytest
from pydicom import Dataset, dcmread
from pydicom.data import get_testdata_file

from dicomgallery.catalog.selection import Selection
from dicomgallery.dicom import synthetic
from dicomgallery.ingest.outcome import Accepted
from dicomgallery.services import removal
from dicomgallery.web.tag_table import USUAL_ROWS
from tests.conftest import Gallery
from tests.web.conftest import HOSTILE, Browser

GOLDEN = Path(__file__).resolve().parents[1] / "golden"


def _file(name: str) -> bytes:
    return Path(str(get_testdata_file(name, download=False))).read_bytes()


def _ingest(gallery: Gallery, *files: bytes | synthetic.Dataset) -> list[int]:
    outcomes = gallery.ingest(*files)
    assert all(isinstance(one, Accepted) for one in outcomes)
    return [one.instance_id for one in outcomes if isinstance(one, Accepted)]


def _text_of(page: str) -> str:
    return html.unescape(page)


def test_every_element_stands_under_the_image_as_text(browser: Browser, gallery: Gallery) -> None:
    (one,) = _ingest(gallery, _file("CT_small.dcm"))

    page = _text_of(browser.get(f"/images/{one}/detail").text)

    for line in (
        "(0008, 0005) Specific Character Set              CS: 'ISO_IR 100'",
        "(0008, 0008) Image Type                          CS: ['ORIGINAL', 'PRIMARY', 'AXIAL']",
        "(0008, 0016) SOP Class UID                       UI: CT Image Storage",
        "(0002, 0010) Transfer Syntax UID                 UI: Explicit VR Little Endian",
        "(7fe0, 0010) Pixel Data                          OW: Array of 32768 elements",
    ):
        assert f"\n{line}\n" in page or f">{line}\n" in page, line


def test_the_text_alone_is_plain_text(browser: Browser, gallery: Gallery) -> None:
    (one,) = _ingest(gallery, _file("MR_small.dcm"))

    answer = browser.get(f"/images/{one}/text")

    assert answer.mimetype == "text/plain"
    assert answer.text.count("\n") >= 80
    assert "(0010, 0010) Patient's Name                      PN: 'CompressedSamples^MR1'" in answer.text


def test_one_steps_through_the_series_in_space_by_links_and_by_the_slider(browser: Browser, gallery: Gallery) -> None:
    ids = _ingest(gallery, *synthetic.ct_series(4, 32, 32))
    in_space = list(reversed(ids))  # the table position falls as the number grows

    page = browser.get(f"/images/{in_space[1]}/detail?center=40&width=400").text

    assert "Image 2 of 4" in page
    window = "?center=40&amp;width=400"
    assert re.search(rf'href="/images/{in_space[0]}/detail{re.escape(window)}"[^>]*rel="prev"', page)
    assert re.search(rf'href="/images/{in_space[2]}/detail{re.escape(window)}"[^>]*rel="next"', page)
    answer = browser.get(f"/images/{in_space[1]}/detail?image=4")
    assert answer.location == f"/images/{in_space[3]}/detail"
    assert browser.get(f"/images/{in_space[1]}/detail?image=9").status_code == 404


def test_the_series_beside_this_one_in_the_study_are_links(browser: Browser, gallery: Gallery) -> None:
    scout, chest, lung = (synthetic.ct_slice(1, of=1, rows=32, columns=32, seed=seed) for seed in range(3))
    for number, (one, words) in enumerate([(scout, "Scout"), (chest, HOSTILE), (lung, "Lung")], 1):
        one.StudyInstanceUID, one.PatientID = scout.StudyInstanceUID, scout.PatientID
        one.SeriesNumber, one.SeriesDescription = number, words
    last, first, middle = _ingest(gallery, lung, scout, chest)

    page = browser.get(f"/images/{middle}/detail?tab=text&center=40&width=400").text

    assert "Series 2 / 3" in page
    assert _series_steps(page) == {
        "previous-series": f"/images/{first}/detail?tab=text",
        "next-series": f"/images/{last}/detail?tab=text",
    }
    assert HOSTILE not in page
    assert _series_steps(browser.get(f"/images/{last}/detail").text) == {"previous-series": f"/images/{middle}/detail"}
    removal.to_bin(Selection(images=(middle,)), actor=gallery.actor)
    assert _series_steps(browser.get(f"/images/{last}/detail").text) == {"previous-series": f"/images/{first}/detail"}
    assert "series-steps" not in browser.get(f"/images/{middle}/detail").text


def _series_steps(page: str) -> dict[str, str]:
    found = re.findall(r'<a class="button button-quiet" href="([^"]+)" data-step="([a-z]+-series)"', page)
    return {which: html.unescape(href) for href, which in found}


def _ahead(page: str) -> list[str]:
    return re.findall(r'<link rel="prefetch" as="image" href="/pictures/(\d+-[0-9a-f]{12}/[^"]+)">', page)


def test_the_pictures_beside_an_open_one_are_fetched_ahead_in_the_same_window(
    browser: Browser, gallery: Gallery
) -> None:
    ids = _ingest(gallery, *synthetic.ct_series(4, 32, 32))
    in_space = list(reversed(ids))

    inside = browser.get(f"/images/{in_space[1]}/detail?center=40&width=400").text
    shown = re.search(r'<img src="/pictures/\d+-[0-9a-f]{12}/([^"]+)"[^>]*data-stage-image', inside)

    assert shown
    assert [re.sub("-.*?/", " ", one, count=1) for one in _ahead(inside)] == [
        f"{in_space[2]} {shown[1]}",
        f"{in_space[0]} {shown[1]}",
    ]
    assert [one.partition("-")[0] for one in _ahead(browser.get(f"/images/{in_space[3]}/detail").text)] == [
        str(in_space[2])
    ]
    assert all(browser.get(f"/pictures/{one}").mimetype == "image/png" for one in _ahead(inside))


def test_the_frames_beside_an_open_one_are_fetched_ahead(browser: Browser, gallery: Gallery) -> None:
    (one,) = _ingest(gallery, synthetic.us_cine(3, 32, 32))

    assert [path.partition("/")[2] for path in _ahead(browser.get(f"/images/{one}/detail").text)] == [
        "f3-native.png",
        "f1-native.png",
    ]
    assert [path.partition("/")[2] for path in _ahead(browser.get(f"/images/{one}/detail?frame=3").text)] == [
        "f2-native.png"
    ]


def test_the_window_is_in_the_url(browser: Browser, gallery: Gallery) -> None:
    (one,) = _ingest(gallery, synthetic.ct_slice(1, of=1, rows=32, columns=32))

    page = browser.get(f"/images/{one}/detail?center=-600&width=1500&invert=1&format=jpg").text

    assert re.search(rf'src="/pictures/{one}-[0-9a-f]{{12}}/native-c-600-w1500-invert-q85.jpg"', page)
    assert "Lung" in page


@pytest.mark.parametrize(
    "query", ["center=x&width=1", "center=1&width=-5", "center=nan&width=1", "width=10", "frame=99"]
)
def test_a_window_that_makes_no_sense_is_said_and_left_out(browser: Browser, gallery: Gallery, query: str) -> None:
    (one,) = _ingest(gallery, synthetic.us_cine(3, 32, 32))

    answer = browser.get(f"/images/{one}/detail?{query}")

    assert answer.status_code == 200
    assert "native.png" in answer.text
    assert "is shown." in answer.text


def test_each_window_of_the_file_and_each_other_way_to_look_is_a_link_with_a_small_picture(
    browser: Browser, gallery: Gallery
) -> None:
    dataset = synthetic.ct_slice(1, of=1, rows=32, columns=32)
    dataset.WindowCenter, dataset.WindowWidth = [40, -600], [400, 1500]
    dataset.WindowCenterWidthExplanation = ["BODY", "AIR"]
    (one,) = _ingest(gallery, dataset)

    page = browser.get(f"/images/{one}/detail?window=2").text
    sheet = page[page.index('class="contact-sheet"') : page.index("</ul>", page.index('class="contact-sheet"'))]

    assert re.search(rf'src="/pictures/{one}-[0-9a-f]{{12}}/native-v2.png"', page)
    assert [label.partition("</span>")[0] for label in sheet.split("<span>")[1:]] == [
        "Soft tissue", "Lung", "From its values",
        "Soft tissue", "Lung", "Liver", "Bone", "Brain", "Inverted",
    ]  # fmt: skip
    assert re.findall(r'href="/images/\d+/detail(\?[^"]*)" aria-current', sheet) == ["?window=2"]
    tokens = re.findall(r'src="/pictures/[^/]+/w160-contain-?([^"]*)"', sheet)
    assert [token.partition("-q85")[0] for token in tokens] == [
        "q85.jpg", "v2", "auto", "c40-w400", "c-600-w1500", "c90-w150", "c480-w2500", "c40-w80", "v2-invert",
    ]  # fmt: skip
    assert all(browser.get(src).status_code == 200 for src in re.findall(r'src="(/pictures/[^"]*)"', sheet))


@pytest.mark.parametrize("number", ["0", "1", "-3", "two", "99999", "\u0663"])
def test_a_window_number_that_is_none_shows_the_first(browser: Browser, gallery: Gallery, number: str) -> None:
    (one,) = _ingest(gallery, synthetic.ct_slice(1, of=1, rows=32, columns=32))

    assert "/native.png" in browser.get(f"/images/{one}/detail?window={number}").text


def test_a_window_the_file_does_not_have_is_said_and_its_first_is_shown(browser: Browser, gallery: Gallery) -> None:
    (one,) = _ingest(gallery, synthetic.ct_slice(1, of=1, rows=32, columns=32))

    page = browser.get(f"/images/{one}/detail?window=7").text

    assert re.search("The file names [0-9]+ of its own windows; the first is shown.", page)
    assert "/native.png" in page


def test_overlays_are_shown_until_the_address_says_otherwise(browser: Browser, gallery: Gallery) -> None:
    dataset = synthetic.ct_slice(1, of=1, rows=16, columns=16)
    for element, vr, value in (
        (0x0010, "US", 16), (0x0011, "US", 16), (0x0040, "CS", "G"), (0x0050, "SS", [1, 1]),
        (0x0100, "US", 1), (0x0102, "US", 0), (0x3000, "OB", b"\1" * 32),
    ):  # fmt: skip
        dataset.add_new((0x6000, element), vr, value)
    one, other = _ingest(gallery, dataset, synthetic.secondary_capture())

    page, without = (_text_of(browser.get(f"/images/{one}/detail{query}").text) for query in ("", "?overlays=off"))

    assert "An overlay plane is drawn over it" in page
    assert f'href="/images/{one}/detail?overlays=off"' in page
    assert "/native-plain.png" in without
    assert "Its overlays and shutters are left away" in without
    assert f'href="/images/{one}/detail?"' in without
    assert "overlays=off" not in browser.get(f"/images/{other}/detail").text


def test_frames_are_stepped_through_by_links(browser: Browser, gallery: Gallery) -> None:
    (one,) = _ingest(gallery, synthetic.us_cine(3, 32, 32))

    page = browser.get(f"/images/{one}/detail?frame=2").text

    assert f"/pictures/{one}-" in page
    assert "/f2-native.png" in page
    assert f'href="/images/{one}/detail?frame=1"' in page
    assert f'href="/images/{one}/detail?frame=3"' in page
    stack = browser.get(f"/images/{one}/frames.json?size=full").get_json()["frames"]
    assert [frame["href"][-1] for frame in stack] == ["1", "2", "3"]
    assert browser.get(stack[2]["src"]).mimetype == "image/png"


def test_private_elements_stand_under_their_creator_and_their_absence_is_said(
    browser: Browser, gallery: Gallery
) -> None:
    with_private, without = _ingest(gallery, _file("CT_small.dcm"), synthetic.secondary_capture())

    page = browser.get(f"/images/{with_private}/detail").text

    assert re.search(r"0019 · <bdi>GEMS_ACQU_01</bdi>.*?private, known", page)
    assert "no private data elements" not in page
    assert "no private data elements" in browser.get(f"/images/{without}/detail").text


def test_private_elements_are_counted_by_maker_known_safe_and_unknown(browser: Browser, gallery: Gallery) -> None:
    dataset, item = synthetic.secondary_capture(), Dataset()
    for one in (dataset, item):
        one.add_new(0x00190010, "LO", "SIEMENS MR HEADER")
        one.add_new(0x0019100E, "FD", [0.0, 0.0, 1.0])
    dataset.add_new(0x00191001, "LO", "of no dictionary")
    item.add_new(0x00211001, "LO", "of nobody")
    dataset.ReferencedImageSequence = [item]
    (one_id,) = _ingest(gallery, dataset)

    page = browser.get(f"/images/{one_id}/detail").text
    makers = page.split('id="private-elements"')[1].split("</table>")[0]
    found = [re.sub(r"<[^>]+>", " ", row).split() for row in makers.split("<tr>")[2:]]

    assert found == [
        ["SIEMENS", "MR", "HEADER", "0019", "3", "2", "1", "2"],
        ["No", "creator", "0021", "1", "0", "1", "0"],
    ]
    assert page.count(">safe</span>") == 2
    assert 'id="tag-00081140-0-00190010"' in page
    assert 'href="#tag-00081140-0-00190010"' in makers


def test_a_tag_is_explained_in_place_with_and_without_a_script(browser: Browser, gallery: Gallery) -> None:
    (one,) = _ingest(gallery, _file("CT_small.dcm"))
    gallery.work()

    part = browser.client.get(f"/images/{one}/explain/00080060", headers={"X-Part": "explanation"})
    whole = browser.get(f"/images/{one}/explain/00080060")

    assert part.status_code == 200
    assert "<html" not in part.text
    assert "The kind of machine" in part.text
    assert "1 of 1 series have it" in part.text
    assert whole.location == f"/images/{one}/detail?explain=00080060#tag-00080060"
    page = browser.get(whole.location.partition("#")[0]).text
    assert page.count('class="explain-facts"') == 1
    unknown = browser.client.get(f"/images/{one}/explain/00100021", headers={"X-Part": "explanation"})
    assert unknown.status_code == 404


def test_a_file_that_replaced_another_says_so_and_so_does_the_other(browser: Browser, gallery: Gallery) -> None:
    first = synthetic.ct_slice(1, of=1, rows=32, columns=32)
    (old,) = _ingest(gallery, first)
    first.ImageComments = "corrected"
    (new,) = _ingest(gallery, first)

    assert "replaced an earlier one" in browser.get(f"/images/{new}/detail").text
    assert "has replaced this one" in browser.get(f"/images/{old}/detail").text
    history = browser.get(f"/images/{new}/detail?tab=history").text
    assert f"/images/{old}/detail" in history
    assert "replaced" in history


def test_a_file_without_header_and_a_study_of_two_patients_are_flagged(browser: Browser, gallery: Gallery) -> None:
    one, other = synthetic.ct_series(2, 32, 32)
    other.PatientID = "SOMEBODY ELSE"
    ids = _ingest(gallery, one, other, _file("ExplVR_LitEndNoMeta.dcm"))

    assert "disagree about the patient" in browser.get(f"/images/{ids[0]}/detail").text
    assert "without the DICOM header" in browser.get(f"/images/{ids[2]}/detail").text
    assert "disagree about the patient" in browser.get("/studies/1").text


def test_what_has_no_picture_says_why_and_shows_its_tags(browser: Browser, gallery: Gallery) -> None:
    (one,) = _ingest(gallery, _file("ExplVR_LitEndNoMeta.dcm"))
    gallery.work()

    page = browser.get(f"/images/{one}/detail").text
    picture = browser.get(re.search(r'src="(/pictures/[^"]+)"', page)[1])  # type: ignore[index]

    assert "A plan of a radiotherapy with ions" in page
    assert "0008,0016" in page
    assert picture.status_code == 200
    assert picture.mimetype == "image/svg+xml"
    assert "immutable" not in picture.headers["Cache-Control"]


def test_a_picture_is_kept_by_the_browser_and_asked_for_again_by_its_tag(browser: Browser, gallery: Gallery) -> None:
    _ingest(gallery, synthetic.ct_slice(1, of=1, rows=32, columns=32))
    gallery.work()
    src = re.search(r'src="(/pictures/[^"]+)"', browser.get("/").text)[1]  # type: ignore[index]

    first = browser.client.get(src)
    again = browser.client.get(src, headers={"If-None-Match": first.headers["ETag"]})

    assert first.mimetype == "image/jpeg"
    assert first.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    assert again.status_code == 304
    assert again.data == b""
    assert browser.client.get(src.replace("q85", "q101")).status_code == 404
    assert browser.client.get(re.sub(r"-[0-9a-f]{12}/", "-000000000000/", src)).status_code == 404


def test_the_file_leaves_as_it_came_under_a_name_that_says_nothing(browser: Browser, gallery: Gallery) -> None:
    data = _file("CT_small.dcm")
    (one,) = _ingest(gallery, data)

    answer = browser.client.get(f"/images/{one}/original")
    part = browser.client.get(f"/images/{one}/original", headers={"Range": "bytes=128-131"})

    assert answer.headers["Content-Disposition"] == f'attachment; filename="image-{one}.dcm"'
    assert answer.data[128:] == data[128:]
    assert answer.data[:128] == bytes(128)
    assert (part.status_code, part.data) == (206, b"DICM")
    assert browser.client.get(f"/images/{one}/original", headers={"Range": "bytes=9999999-"}).status_code == 416


@pytest.mark.parametrize(("ending", "media_type"), [("png", "image/png"), ("jpg", "image/jpeg")])
def test_the_picture_leaves_as_png_or_jpeg(browser: Browser, gallery: Gallery, ending: str, media_type: str) -> None:
    (one,) = _ingest(gallery, synthetic.ct_slice(1, of=1, rows=32, columns=32))

    answer = browser.client.get(f"/images/{one}/picture.{ending}")

    assert answer.mimetype == media_type
    assert answer.headers["Content-Disposition"] == f'attachment; filename="image-{one}.{ending}"'


def test_a_very_long_table_shows_its_beginning_and_the_rest_when_asked(browser: Browser, gallery: Gallery) -> None:
    dataset = synthetic.secondary_capture()
    dataset.ReferencedImageSequence = [Dataset() for _ in range(USUAL_ROWS)]
    for number, item in enumerate(dataset.ReferencedImageSequence):
        item.ReferencedFrameNumber = number + 1
    (one,) = _ingest(gallery, dataset)

    short = browser.get(f"/images/{one}/detail").text
    whole = browser.get(f"/images/{one}/detail?rows=all").text

    assert short.count("Referenced Frame Number") < whole.count("Referenced Frame Number")
    assert "more elements are not in this table" in short
    assert "more elements are not in this table" not in whole
    assert re.search(rf"Item {USUAL_ROWS}\s*<", whole)


def test_every_packaged_file_has_its_page(browser: Browser, gallery: Gallery) -> None:
    folder = Path(str(get_testdata_file("CT_small.dcm", download=False))).parent
    seen = 0
    for path in sorted(folder.glob("*.dcm")):
        for outcome in gallery.ingest(path.read_bytes()):
            if isinstance(outcome, Accepted):
                answer = browser.get(f"/images/{outcome.instance_id}/detail")
                assert answer.status_code == 200, path.name
                assert 'class="tag ' in answer.text or not len(dcmread(path, force=True)), path.name
                seen += 1

    assert seen > 40
