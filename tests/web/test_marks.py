"""Marks on the pages: listed in words beside the picture and drawn over it, without any script."""

import html
import re
from typing import Any

import pytest

from dicomgallery.access import Actor, ActorKind, Permission, Scope
from dicomgallery.dicom import synthetic
from tests.conftest import Gallery
from tests.marking import ARROW, ELLIPSE, LENGTH, drawn, new_key
from tests.presentation import state
from tests.web.conftest import HOSTILE, PAGE, Browser
from tests.web.test_marks_api import listed, stack

COLLEAGUE = Actor(ActorKind.OWNER, "colleague", "A colleague", Scope(), frozenset({Permission.ANNOTATE}))
ONLOOKER = Actor(ActorKind.OWNER, "onlooker", "Onlooker", Scope(), frozenset({Permission.VIEW}))


def page(browser: Browser, path: str) -> str:
    return re.sub(r"\s+", " ", browser.get(path).text)


def overlay(text: str) -> str:
    """The drawing over the picture; empty where there is none."""
    found = re.search(r"<div class=\"marks-drawn\".*?</svg>", text)
    return found[0] if found else ""


def items(text: str) -> list[str]:
    return re.findall(r"<li data-mark=.*?</li>", text)


def test_the_viewer_lists_the_marks_of_the_series_those_of_the_image_first(browser: Browser, gallery: Gallery) -> None:
    first, second, third = stack(gallery)
    for image, body in ((third, LENGTH), (first, ARROW), (second, ELLIPSE)):
        drawn(image, body)

    text = page(browser, "/series/1/viewer?image=2")

    here, before, after = items(text)
    assert 'aria-current="true"' in here
    assert "<b>Ellipse: 104 mm², mean 41.23 HU, SD 9.8</b> <small>Pixel Spacing (0028,0030)</small>" in here
    assert '<a href="/series/1/viewer?image=1">Arrow</a> <small>Image 1</small>' in before
    assert '<p class="mark-text" data-identity><bdi>for Dr. Doe</bdi></p>' in before
    assert '<a href="/series/1/viewer?image=3">Length 12.34 mm</a> <small>Image 3</small>' in after
    attributes = re.search(r"<section class=\"marks\"[^>]*>", text)
    assert attributes
    assert 'data-list="/api/v1/series/1/marks"' in attributes[0]
    assert 'data-put="/api/v1/marks/"' in attributes[0]
    assert 'data-csv="/series/1/marks.csv"' in attributes[0]


def test_an_image_without_marks_says_so_in_a_line(browser: Browser, gallery: Gallery) -> None:
    (image,) = stack(gallery, 1)

    for path in (f"/images/{image}/detail", "/series/1/viewer"):
        text = page(browser, path)
        assert '<p class="mark-about">No marks yet.</p>' in text
        assert overlay(text) == ""


def test_marks_lie_over_the_picture_in_its_pixels(browser: Browser, gallery: Gallery) -> None:
    (image,) = stack(gallery, 1)
    drawn(image, LENGTH)
    drawn(image, {"kind": "rectangle", "points": [[0, 0], [31, 31]]})
    drawn(image, {"kind": "probe", "points": [[0, 0]]})

    for path in (f"/images/{image}/detail", "/series/1/viewer"):
        svg = overlay(page(browser, path))
        assert 'viewBox="0 0 32.00 32.00"' in svg
        assert 'points="5.00,6.50 20.50,6.50 "' in svg
        assert 'points="0.50,0.50 31.50,0.50 31.50,31.50 0.50,31.50 "' in svg
        assert 'points="0.00,0.50 1.00,0.50 "' in svg
        assert ">12.34 mm</tspan>" in svg
        assert "style=" not in svg


@pytest.mark.parametrize(
    ("points", "stands"),
    [
        ([[1, 16], [5, 16]], 'x="5.94"'),
        ([[22, 16], [30, 16]], 'x="22.06"'),
        ([[2, 16], [30, 16]], 'x="31.56"'),
    ],
    ids=["right of it", "left of it", "at the edge"],
)
def test_words_stand_where_the_picture_has_room_for_them(
    browser: Browser, gallery: Gallery, points: list[list[int]], stands: str
) -> None:
    (image,) = stack(gallery, 1)
    drawn(image, LENGTH | {"points": points})

    svg = overlay(page(browser, "/series/1/viewer"))

    assert f"<tspan {stands}" in svg
    assert ('text-anchor="start"' in svg) is (points[0] == [1, 16])


def test_pixels_that_are_not_square_are_drawn_as_they_are_shown(browser: Browser, gallery: Gallery) -> None:
    dataset = synthetic.ct_series(1, 32, 32)[0]
    dataset.PixelSpacing = [2.0, 1.0]
    (outcome,) = gallery.ingest(dataset)
    drawn(outcome.instance_id, LENGTH)  # type: ignore[union-attr]

    svg = overlay(page(browser, "/series/1/viewer"))

    assert 'viewBox="0 0 32.00 64.00"' in svg
    assert 'points="5.00,13.00 20.50,13.00 "' in svg


@pytest.mark.parametrize("query", ["?overlays=off", "?overlays=off&image=1"], ids=["image page", "viewer"])
def test_the_key_for_overlays_hides_the_marks_too(browser: Browser, gallery: Gallery, query: str) -> None:
    (image,) = stack(gallery, 1)
    base = "/series/1/viewer" if "image" in query else f"/images/{image}/detail"
    assert "Hide marks" not in page(browser, base)
    drawn(image)

    shown, hidden = page(browser, base), page(browser, base + query)

    assert "<kbd>o</kbd>Hide marks" in shown or re.search(r'data-key="o"><span >Hide marks', shown)
    assert overlay(shown)
    assert overlay(hidden) == ""
    assert "Show marks" in hidden
    assert len(items(hidden)) == 1
    assert "Without marks" not in shown


def test_only_the_marks_of_the_frame_are_drawn_and_all_are_listed(browser: Browser, gallery: Gallery) -> None:
    (cine,) = (outcome.instance_id for outcome in gallery.ingest(synthetic.us_cine(3, 32, 32)))  # type: ignore[union-attr]
    drawn(cine, LENGTH, frame=1)
    drawn(cine, ARROW, frame=3)

    text = page(browser, f"/images/{cine}/detail?frame=1")

    assert "12.34 mm" in overlay(text)
    assert "Dr. Doe" not in overlay(text)
    assert len(items(text)) == 2
    assert f'<a href="/images/{cine}/detail?frame=3">Arrow</a> <small>Frame 3</small>' in items(text)[1]
    assert "Dr. Doe" in overlay(page(browser, "/series/1/viewer?image=3"))
    assert overlay(page(browser, "/series/1/viewer?image=2")) == ""


def test_a_picture_that_a_state_turns_has_no_marks_over_it(browser: Browser, gallery: Gallery) -> None:
    dataset = synthetic.ct_series(1, 32, 32)[0]
    image, other = (
        outcome.instance_id  # type: ignore[union-attr]
        for outcome in gallery.ingest(dataset, state(dataset))
    )
    drawn(image)

    assert overlay(page(browser, f"/images/{image}/detail"))
    assert overlay(page(browser, f"/images/{image}/detail?state={other}")) == ""


def test_a_text_may_name_a_person_and_is_nothing_but_text(browser: Browser, gallery: Gallery) -> None:
    (image,) = stack(gallery, 1)
    drawn(image, ARROW, text=HOSTILE)

    for path in (f"/images/{image}/detail", "/series/1/viewer"):
        text = page(browser, path)
        assert "<script>alert" not in text
        assert text.count("data-identity>&lt;script&gt;alert(1)") == 2, "in the drawing and in the form"
        assert '<p class="mark-text" data-identity><bdi>&lt;script&gt;' in text


def test_a_mark_is_removed_and_brought_back_by_form(browser: Browser, gallery: Gallery) -> None:
    (image,) = stack(gallery, 1)
    mark = drawn(image)
    browser.get("/series/1/viewer?image=1")

    answer = browser.post(f"/marks/{mark.key}/remove", {"next": "/series/1/viewer?image=1"})
    assert answer.location == "/series/1/viewer?image=1"
    seen = browser.see(answer)
    undo = re.search(rf'action="(/marks/{mark.key}/restore[^"]*)"', seen)
    assert "The mark is removed." in seen
    assert "No marks yet." in seen
    assert undo

    assert "Length 12.34 mm" in browser.see(browser.post(html.unescape(undo[1])))


def test_a_text_is_written_by_form_and_never_over_another(browser: Browser, gallery: Gallery) -> None:
    (image,) = stack(gallery, 1)
    mark = drawn(image)

    def write(text: str, version: int) -> str:
        data: dict[str, object] = {"text": text, "version": version, "next": f"/images/{image}/detail"}
        return browser.see(browser.post(f"/marks/{mark.key}/text", data))

    assert "first</bdi>" in write("first", 1)
    late = write("second", 1)
    assert "Somebody changed this mark meanwhile" in late
    assert "second" not in late
    assert 'name="version" value="2"' in late
    too_long = browser.post(f"/marks/{mark.key}/text", {"text": "x" * 1001, "version": 2})
    assert (too_long.status_code, "at most 1000 characters" in too_long.text) == (422, True)


def test_anothers_mark_names_its_maker_and_has_no_forms(
    browser: Browser, gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    (image,) = stack(gallery, 1)
    drawn(image, actor=COLLEAGUE)
    monkeypatch.setattr("dicomgallery.serving.identity.LOCAL_OWNER", ONLOOKER)

    (item,) = items(page(browser, "/series/1/viewer"))

    assert "by <bdi>A colleague</bdi>" in item
    assert "<form" not in item


def test_a_second_browser_sees_and_changes_what_the_first_has_drawn(gallery: Gallery) -> None:
    (image,) = stack(gallery, 1)
    one, other = (Browser(gallery.app.test_client()) for _ in range(2))
    one.get("/upload")
    other.get("/upload")
    key = new_key()

    def put(browser: Browser, **body: Any) -> int:
        headers = PAGE | {"X-CSRFToken": browser.token}
        return browser.client.put(f"/api/v1/marks/{key}", json=body, headers=headers).status_code

    assert put(one, image=image, **LENGTH) == 201
    assert "Length 12.34 mm" in other.get("/series/1/viewer").text
    assert put(other, text="seen", version=1) == 200
    assert put(one, text="mine", version=1) == 409
    assert [mark["text"] for mark in listed(one.client)] == ["seen"]


def test_of_very_many_marks_the_first_are_listed_and_the_rest_counted(
    browser: Browser, gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    (image,) = stack(gallery, 1)
    for _ in range(3):
        drawn(image)
    monkeypatch.setattr("dicomgallery.web.marking.MOST_LISTED", 2)

    text = page(browser, "/series/1/viewer")

    assert len(items(text)) == 2
    assert "1 more are in the table." in text
    assert "Marks <small>3</small>" in text


def test_what_is_no_picture_has_no_list_of_marks(browser: Browser, gallery: Gallery) -> None:
    (report,) = gallery.ingest(synthetic.basic_report())

    assert "data-marks" not in page(browser, f"/images/{report.instance_id}/detail")  # type: ignore[union-attr]
