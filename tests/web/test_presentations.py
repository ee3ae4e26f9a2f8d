"""Presentation states: a choice on the page of an image, and a page of their own."""

import html
import re
from pathlib import Path

import numpy as np
from PIL import Image

from dicomgallery.catalog import instances, references
from dicomgallery.dicom import synthetic
from dicomgallery.ingest.outcome import Accepted
from dicomgallery.models import db
from tests.conftest import Gallery
from tests.presentation import annotation, graphic, sequence, state, text, window
from tests.web.conftest import HOSTILE, Browser

CT = synthetic.ct_series(4, rows=64, columns=64)
MARKS = sequence(annotation(graphic("CIRCLE", [32, 32, 50, 32]), text("A nodule", [2, 2, 40, 12])))


def _ingest(gallery: Gallery, *files: object) -> list[int]:
    outcomes = gallery.ingest(*files)  # type: ignore[arg-type]
    assert all(isinstance(one, Accepted) for one in outcomes), outcomes
    gallery.work()
    return [one.instance_id for one in outcomes if isinstance(one, Accepted)]


def _page(browser: Browser, path: str) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200
    return html.unescape(answer.text)


def _picture(browser: Browser, page: str, folder: Path) -> np.ndarray:  # type: ignore[type-arg]
    """The large picture of a page."""
    found = re.search(r'src="(/pictures/[^"]+)"[^>]*(?:data-stage-image|fetchpriority)', page)
    assert found
    (folder / "picture").write_bytes(browser.get(found[1]).data)
    with Image.open(folder / "picture") as picture:
        return np.asarray(picture.convert("RGB"))


def test_an_image_offers_its_states_with_the_file_s_own_look_first(browser: Browser, gallery: Gallery) -> None:
    one, _, _, other, asked = _ingest(gallery, *CT, state(CT[0], CT[1], GraphicAnnotationSequence=MARKS))

    page = _page(browser, f"/images/{one}/detail")

    assert page.index("As the file is") < page.index("Where to look")
    assert f'href="/images/{one}/detail?state={asked}"' in page
    assert "<bdi data-identity>Where to look</bdi>" in page
    assert "Presentation states" not in _page(browser, f"/images/{other}/detail")


def test_a_chosen_state_is_seen_and_stays_while_windowing_and_stepping(
    browser: Browser, gallery: Gallery, tmp_path: Path
) -> None:
    one, two, three, _, asked = _ingest(
        gallery, *CT, state(CT[0], CT[1], SoftcopyVOILUTSequence=window(40, 400), GraphicAnnotationSequence=MARKS)
    )

    page = _page(browser, f"/images/{one}/detail?state={asked}")

    assert f"-s{asked}.png" in page
    assert "As the presentation state asks: window 400 / 40" in page
    assert f'href="/images/{one}/detail?center=40&width=80&state={asked}"' in page
    assert f'<input type="hidden" name="state" value="{asked}">' in page
    assert f'href="/images/{two}/detail?state={asked}"' in page
    assert _picture(browser, page, tmp_path).std(axis=2).max() > 20
    plain = _page(browser, f"/images/{one}/detail?state={asked}&overlays=off")
    assert _picture(browser, plain, tmp_path).std(axis=2).max() == 0
    assert f'href="/images/{three}/detail"' in _page(browser, f"/images/{two}/detail?state={asked}")


def test_the_stack_keeps_the_state_where_it_belongs(browser: Browser, gallery: Gallery) -> None:
    *_, asked = _ingest(gallery, *CT, state(CT[0], CT[1]))

    frames = browser.get(f"/series/1/frames.json?size=full&state={asked}").get_json()["frames"]

    assert [f"-s{asked}." in frame["src"] for frame in frames].count(True) == 2
    assert [f"state={asked}" in frame["href"] for frame in frames].count(True) == 2


def test_a_state_that_is_not_for_the_image_is_complained_of(browser: Browser, gallery: Gallery) -> None:
    _, _, _, other, asked = _ingest(gallery, *CT, state(CT[0]))

    for number in (asked, other, 999, 10**25):
        page = _page(browser, f"/images/{other}/detail?state={number}")
        assert "data-stage-image" in page
        assert f"-s{number}" not in page
        assert ("There is no such presentation state of this image" in page) == (number < 10**20)


def test_a_state_of_some_frames_shows_one_of_them(browser: Browser, gallery: Gallery) -> None:
    cine = synthetic.us_cine(8, 32, 32)
    image, asked = _ingest(gallery, cine, state(cine, frames=[2, 3], SOPClassUID="1.2.840.10008.5.1.4.1.1.11.2"))

    page = _page(browser, f"/images/{image}/detail?state={asked}")
    assert "2 / 8" in page
    assert "It is shown" not in page
    page = _page(browser, f"/images/{image}/detail?state={asked}&frame=7")
    assert "does not refer to this frame" in page
    frames = browser.get(f"/images/{image}/frames.json?size=full&state={asked}").get_json()["frames"]
    assert [place for place, frame in enumerate(frames, 1) if f"-s{asked}" in frame["src"]] == [2, 3]


def test_everything_that_refers_to_an_image_is_told_on_its_page(browser: Browser, gallery: Gallery) -> None:
    image, asked = _ingest(gallery, CT[0], state(CT[0], SeriesDescription="Marks"))

    page = _page(browser, f"/images/{image}/detail")

    assert f'<a href="/images/{asked}/detail">Presentation state: <bdi>Marks</bdi></a>' in page
    assert "Also about this image" not in _page(browser, f"/images/{asked}/detail")
    browser.post("/selection/bin", {"images": str(asked), "next": "/"})
    assert "Also about this image" not in _page(browser, f"/images/{image}/detail")


def test_a_state_shows_its_images_as_it_wants_them_and_tells_what_it_does(
    browser: Browser, gallery: Gallery, tmp_path: Path
) -> None:
    gone = synthetic.ct_slice(30)
    one, two, asked = _ingest(
        gallery, CT[0], CT[1], state(CT[0], CT[1], gone, GraphicAnnotationSequence=MARKS, ImageRotation=90)
    )

    page = _page(browser, f"/images/{asked}/detail?slice=2")

    assert f"/pictures/{two}-" in page
    assert f"native-s{asked}.png" in page
    assert "2 / 2" in page
    assert f'href="/images/{two}/detail?state={asked}">The image itself' in page
    assert f'href="/images/{asked}/detail?slice=1"' in page
    assert "1 of the images that it refers to is not in this gallery." in page
    assert "Turns it by 90° clockwise" in page
    assert "<bdi data-identity>A nodule</bdi>" in page
    assert "<bdi data-identity>Reader Rita</bdi>" in page
    assert _picture(browser, page, tmp_path).std(axis=2).max() > 20
    assert f"/pictures/{one}-" in _page(browser, f"/images/{asked}/detail?slice=77")


def test_a_state_of_a_kind_that_is_not_applied_says_so(browser: Browser, gallery: Gallery) -> None:
    image, asked = _ingest(gallery, CT[0], state(CT[0], SOPClassUID="1.2.840.10008.5.1.4.1.1.11.4"))

    page = _page(browser, f"/images/{asked}/detail")

    assert "This kind of presentation state is not applied yet: Blending Softcopy Presentation State." in page
    assert f"/pictures/{image}-" in page
    assert f"-s{asked}" not in page
    assert "Presentation states" not in _page(browser, f"/images/{image}/detail")


def test_a_state_without_any_of_its_images_is_told_all_the_same(browser: Browser, gallery: Gallery) -> None:
    (asked,) = _ingest(gallery, state(CT[0], GraphicAnnotationSequence=MARKS))

    page = _page(browser, f"/images/{asked}/detail")

    assert "The image that it refers to is not in this gallery." in page
    assert "A nodule" in page


def test_hostile_words_of_a_state_stay_words(browser: Browser, gallery: Gallery) -> None:
    marks = sequence(annotation(text(HOSTILE, [1, 1, 30, 10]), layer="A"))
    made = state(CT[0], ContentDescription=HOSTILE, SeriesDescription=HOSTILE, GraphicAnnotationSequence=marks)
    image, asked = _ingest(gallery, CT[0], made)

    for path in (f"/images/{asked}/detail", f"/images/{image}/detail?state={asked}"):
        answer = browser.get(path)
        assert answer.status_code == 200
        assert "<script>alert" not in answer.text


def test_the_picture_of_a_state_that_is_gone_is_no_longer_given(browser: Browser, gallery: Gallery) -> None:
    image, asked = _ingest(gallery, CT[0], state(CT[0], GraphicAnnotationSequence=MARKS))
    row = instances.by_id(gallery.scope, image)
    path = f"/pictures/{image}-{row.blob_sha256[:12]}/native-s{asked}.png"
    assert browser.get(path).mimetype == "image/png"
    assert browser.get(path.replace(f"-s{asked}", f"-s{image}")).status_code == 404
    assert [one.id for one in references.of(gallery.scope, CT[0].SOPInstanceUID)] == [asked]

    browser.post("/selection/bin", {"images": str(asked), "next": "/"})
    browser.post("/bin/empty", {})
    gallery.work()
    db.session.rollback()

    assert browser.get(path).status_code == 404
    assert references.of(gallery.scope, CT[0].SOPInstanceUID) == []


def test_the_card_of_a_state_shows_its_lines_and_not_its_words(browser: Browser, gallery: Gallery) -> None:
    _, asked, other = _ingest(
        gallery,
        CT[0],
        state(CT[0], GraphicAnnotationSequence=MARKS, ContentLabel="A"),
        state(
            CT[0],
            GraphicAnnotationSequence=sequence(
                annotation(graphic("CIRCLE", [32, 32, 50, 32]), text("Other words", [2, 2, 40, 12]))
            ),
        ),
    )

    rows = [instances.by_id(gallery.scope, one) for one in (asked, other)]
    cards = [browser.get(f"/pictures/{one.id}-{one.blob_sha256[:12]}/w256-cover-q85.jpg") for one in rows]

    assert [one.render_state for one in rows] == ["ready", "ready"]
    assert [card.mimetype for card in cards] == ["image/jpeg", "image/jpeg"]
    assert cards[0].data == cards[1].data


def test_a_state_that_has_just_come_can_be_chosen_before_its_references_are_kept(
    browser: Browser, gallery: Gallery
) -> None:
    image, asked = (one.instance_id for one in gallery.ingest(CT[0], state(CT[0])))  # type: ignore[union-attr]

    assert f"-s{asked}.png" in _page(browser, f"/images/{image}/detail?state={asked}")
