"""The frames of an image on its page, and the parts of a concatenation."""

import csv
import html
import io
import re

import pytest
from sqlalchemy import delete, func, select

from dicomgallery.access import LOCAL_OWNER
from dicomgallery.catalog import frames as catalog_frames
from dicomgallery.catalog import instances
from dicomgallery.catalog.selection import Selection
from dicomgallery.dicom import synthetic
from dicomgallery.ingest.outcome import Accepted
from dicomgallery.models import FrameFacts, db, transaction
from dicomgallery.services import preparing, removal
from dicomgallery.web import stacks
from tests import enhanced
from tests.conftest import Gallery
from tests.web.conftest import HOSTILE, Browser


def _ingest(gallery: Gallery, *files: object) -> list[int]:
    outcomes = gallery.ingest(*files)  # type: ignore[arg-type]
    assert all(isinstance(one, Accepted) for one in outcomes), outcomes
    gallery.work()
    return [one.instance_id for one in outcomes if isinstance(one, Accepted)]


def _page(browser: Browser, image_id: int, query: str = "") -> str:
    answer = browser.get(f"/images/{image_id}/detail{query}")
    assert answer.status_code == 200
    return html.unescape(answer.text)


def _line(page: str) -> str:
    found = re.search(r"data-frame-line[^>]*>([^<]*)<", page)
    assert found is not None
    return found[1]


def _rows(page: str) -> list[str]:
    body = page.partition("<tbody>")[2].partition("</tbody>")[0]
    rows = re.findall(r"<tr.*?</tr>", body, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in rows]


def test_the_tab_has_a_row_for_each_frame_and_tells_once_what_all_share(browser: Browser, gallery: Gallery) -> None:
    (one,) = _ingest(gallery, enhanced.diffusion(2))

    page = _page(browser, one, "?tab=frames&frame=2")

    assert "Ordered by stack, then position in the stack, then b-value." in page
    assert re.search(r"All 4 share.*?<dt>Echo time</dt><dd><bdi>85</bdi> ms</dd>", page, re.DOTALL)
    assert _rows(page)[1] == "2 −12.5 1 2 0, 0, −12.5 400 800 1000"
    assert "b-value <small>s/mm²</small>" in page
    assert page.count('<tr aria-current="true">') == 1
    shown = f'<a href="/images/{one}/detail?frame=2&tab=frames">2</a>'
    assert f'<tr aria-current="true"><th scope="row" class="number">{shown}' in page
    assert f'href="/images/{one}/detail?frame=3&tab=frames"' in page


def test_only_an_image_of_several_frames_has_that_tab(browser: Browser, gallery: Gallery) -> None:
    one, other = _ingest(gallery, synthetic.secondary_capture(), synthetic.us_cine(3, 16, 16))

    alone, several = _page(browser, one, "?tab=frames"), _page(browser, other)

    tabs = re.search('<nav class="tabs".*?</nav>', alone, re.DOTALL)
    assert tabs is not None
    assert re.findall(r">(\w+)", tabs[0])[:1] == ["Tags"]
    assert "Frames" not in tabs[0]
    assert "data-tag-filter" in alone
    assert "?tab=frames" in several


@pytest.mark.parametrize("asked", ["0000000199999999", "00000001" + "9" * 5000, "\u0663", "-1", "1.0", "7"])
def test_a_frame_that_there_is_not_is_complained_of(browser: Browser, gallery: Gallery, asked: str) -> None:
    (found,) = _ingest(gallery, enhanced.diffusion(3))

    assert "There are frames 1 to 6; the middle one is shown." in _page(browser, found, f"?frame={asked}")


def test_frames_come_two_hundred_to_a_page(browser: Browser, gallery: Gallery) -> None:
    (one,) = _ingest(gallery, enhanced.diffusion(225, side=2))

    shown, last = _page(browser, one, "?tab=frames&frame=201"), _page(browser, one, "?tab=frames&from=401")

    assert [_rows(shown)[place].split()[0] for place in (0, -1)] == ["201", "400"]
    assert "201 to 400 of 450" in shown
    assert f'href="/images/{one}/detail?frame=201&tab=frames&from=401"' in shown
    assert f'href="/images/{one}/detail?frame=201&tab=frames&from=1"' in shown
    assert [_rows(last)[place].split()[0] for place in (0, -1)] == ["401", "450"]
    assert "To the frame shown" in last
    for wild, many in (("0", 200), ("-1", 200), ("x", 200), ("%00", 200), ("9999999", 50), ("9" * 30, 200)):
        assert len(_rows(_page(browser, one, f"?tab=frames&from={wild}"))) == many


def test_a_line_under_the_picture_says_what_the_frame_is_and_the_script_gets_every_line(
    browser: Browser, gallery: Gallery
) -> None:
    (one,) = _ingest(gallery, enhanced.diffusion(2))

    stack = browser.get(f"/images/{one}/frames.json?size=full").get_json()["frames"]

    assert _line(_page(browser, one, "?frame=4")) == "Position −10 mm · b 1000 s/mm² · time point 2 of 2"
    assert [frame["says"] for frame in stack] == [_line(_page(browser, one, f"?frame={n}")) for n in (1, 2, 3, 4)]


def test_the_windows_to_choose_from_are_those_of_the_frame(browser: Browser, gallery: Gallery) -> None:
    (one,) = _ingest(gallery, enhanced.enhanced([enhanced.window(40, 400), enhanced.window(600, 1234)]))

    first, second = _page(browser, one, "?frame=1"), _page(browser, one, "?frame=2")

    assert "400 / 40" in first
    assert "1234 / 600" not in first
    assert "1234 / 600" in second
    assert "Window 1234 / 600 from the file, 1 of 1" in second


def test_frames_leave_as_csv(browser: Browser, gallery: Gallery) -> None:
    frames = [{"FrameContent": {"FrameComments": "=1+1", "StackID": 'a "b"'}, **enhanced.window(k, 9)} for k in (1, 2)]
    (one,) = _ingest(gallery, enhanced.enhanced(frames))

    answer = browser.get(f"/images/{one}/frames.csv")

    assert answer.mimetype == "text/csv"
    assert f"image-{one}-frames.csv" in answer.headers["Content-Disposition"]
    assert list(csv.reader(io.StringIO(answer.text))) == [
        ["frame", "Window center", "Stack", "Comments", "Window width"],
        ["1", "1", 'a "b"', "'=1+1", "9"],
        ["2", "2", 'a "b"', "'=1+1", "9"],
    ]
    (single,) = _ingest(gallery, synthetic.secondary_capture())
    assert browser.get(f"/images/{single}/frames.csv").status_code == 404


def test_hostile_texts_are_escaped_and_what_may_name_somebody_can_be_hidden(browser: Browser, gallery: Gallery) -> None:
    frames = [{"FrameContent": {"FrameComments": f"{HOSTILE} {k}", "StackID": "<b>"}} for k in (1, 2)]
    (one,) = _ingest(gallery, enhanced.enhanced(frames))

    page = browser.get(f"/images/{one}/detail?tab=frames").text

    assert "<script>alert" not in page
    assert "<bdi><b>" not in page
    assert page.count("<bdi data-identity>&lt;script&gt;alert(1)&lt;/script&gt;") == 2


def test_an_object_from_before_frames_were_kept_says_so_until_its_pictures_are_made_again(
    browser: Browser, gallery: Gallery
) -> None:
    (one,) = _ingest(gallery, enhanced.diffusion(2))
    with transaction() as session:
        session.execute(delete(FrameFacts))

    before = _page(browser, one, "?tab=frames")
    assert "What the file says of its 4 frames has not been read" in before
    assert _line(before) == ""
    assert "says" not in browser.get(f"/images/{one}/frames.json?size=full").get_json()["frames"][0]
    with transaction() as session:
        preparing.again(session, [one])
    assert "is being read" in _page(browser, one, "?tab=frames")
    gallery.work()

    assert len(_rows(_page(browser, one, "?tab=frames"))) == 4


def test_the_row_of_frames_goes_with_its_instance(gallery: Gallery) -> None:
    (one,) = _ingest(gallery, enhanced.diffusion(2))
    assert db.session.scalar(select(func.count()).select_from(FrameFacts)) == 1

    removal.to_bin(Selection(images=(one,)), actor=LOCAL_OWNER)
    removal.empty_bin(actor=LOCAL_OWNER)
    gallery.work()

    db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(FrameFacts)) == 0


def test_only_what_has_several_frames_or_is_a_part_has_a_row(gallery: Gallery) -> None:
    ids = _ingest(gallery, synthetic.secondary_capture(), enhanced.diffusion(1, (0, 5)), *enhanced.parts(1, 1))

    assert sorted(db.session.scalars(select(FrameFacts.instance_id))) == ids[1:]


# ---------------------------------------------------------------- concatenations


def test_the_parts_of_a_concatenation_are_in_order_and_lead_to_each_other(browser: Browser, gallery: Gallery) -> None:
    third, first, second = _ingest(gallery, *(enhanced.parts(3, 4)[place] for place in (2, 0, 1)))

    page, last = _page(browser, second), _page(browser, second, "?frame=4")

    assert "Part 2 of 3 of a concatenation; frames 5 to 8 of 12." in page
    for place, one in enumerate((first, second, third), start=1):
        current = ' aria-current="page"' if one == second else ""
        assert f'href="/images/{one}/detail"{current}>Part {place}<' in page
    assert f'data-before="/images/{first}/detail?frame=4"' in page
    assert f'data-after="/images/{third}/detail?frame=1"' in page
    assert re.search(rf'href="/images/{third}/detail\?frame=1" rel="next" data-step="1"', last)
    assert re.search(rf'href="/images/{first}/detail\?frame=4" rel="prev"', _page(browser, second, "?frame=1"))
    series = instances.by_id(LOCAL_OWNER.scope, first).series_key
    assert instances.ordered(LOCAL_OWNER.scope, [series])[series] == [first, second, third]
    assert [one.id for one in instances.in_order(LOCAL_OWNER.scope, series)] == [first, second, third]


def test_missing_parts_are_named_and_not_skipped(browser: Browser, gallery: Gallery) -> None:
    parts = enhanced.parts(5, 2)
    first, fourth = _ingest(gallery, parts[0], parts[3])

    page = _page(browser, fourth, "?frame=2")

    assert "Part 4 of 5 of a concatenation; frames 7 to 8." in page
    assert "Parts 2, 3, 5 are not here." in page
    assert "data-after" not in page
    assert "data-before" not in page
    assert "Part 1 of 5 of a concatenation; frames 1 to 2." in _page(browser, first)


def test_of_very_many_parts_those_around_are_led_to(browser: Browser, gallery: Gallery) -> None:
    ids = _ingest(gallery, *enhanced.parts(30, 1))

    page = _page(browser, ids[14])

    assert "Part 15 of 30 of a concatenation; frame 15 of 30." in page
    series = instances.by_id(LOCAL_OWNER.scope, ids[0]).series_key
    assert instances.ordered(LOCAL_OWNER.scope, [series])[series] == ids
    assert [number for number in range(1, 31) if f">Part {number}<" in page] == list(range(5, 26))
    assert "and 9 more here" in page


def test_parts_that_do_not_say_how_many_or_where_they_begin_are_told_as_far_as_they_go(
    browser: Browser, gallery: Gallery
) -> None:
    parts = enhanced.parts(2, 3)
    for part in parts:
        del part.ConcatenationFrameOffsetNumber, part.InConcatenationTotalNumber
    lone = enhanced.parts(1, 3, uid="1.2.3.4")[0]
    lone.SeriesInstanceUID = "1.2.3.4.5"
    lone.InConcatenationNumber, lone.InConcatenationTotalNumber = 60_000, 65_000
    del lone.ConcatenationFrameOffsetNumber
    _, second, wild = _ingest(gallery, *parts, lone)

    assert "Part 2 of 2 of a concatenation; frames 4 to 6 of 6." in _page(browser, second)
    page = _page(browser, wild)
    assert "Part 60000 of 65000 of a concatenation." in page
    assert "Parts 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 and 64\u202f987 more are not here." in page


def test_a_part_that_is_here_twice_makes_no_part_missing(browser: Browser, gallery: Gallery) -> None:
    parts = enhanced.parts(2, 2)
    (copy,) = enhanced.parts(1, 2)
    first, *_ = _ingest(gallery, *parts, copy)

    page = _page(browser, first)

    assert "Part 1 of 2 of a concatenation" in page
    assert "not here" not in page.partition("concatenation")[2].partition("</p>")[0]


def test_the_same_concatenation_in_two_series_is_ordered_in_each(gallery: Gallery) -> None:
    here, elsewhere = enhanced.parts(2, 2), enhanced.parts(2, 2)
    for number, part in enumerate(elsewhere):
        part.SeriesInstanceUID, part.InstanceNumber = "1.2.3.4.5.9", 20 - number
    alone = enhanced.enhanced([{}, {}], SeriesInstanceUID="1.2.3.4.5.9", InstanceNumber=10)
    ids = _ingest(gallery, *here, *elsewhere, alone)
    keys = [instances.by_id(LOCAL_OWNER.scope, one).series_key for one in ids]

    found = instances.ordered(LOCAL_OWNER.scope, [keys[0], keys[2]])

    assert found == {keys[0]: ids[:2], keys[2]: [ids[4], *ids[2:4]]}


@pytest.mark.long
def test_more_frames_than_there_can_be_are_neither_asked_for_nor_counted_through(
    browser: Browser, gallery: Gallery
) -> None:
    (one,) = synthetic.ct_series(1, 16, 16)
    one.NumberOfFrames = 2_000_000_000
    (found,) = _ingest(gallery, one)

    for tab in ("tags", "frames"):
        assert "1\u202f000\u202f000" in _page(browser, found, f"?tab={tab}")
    assert len(browser.get(f"/images/{found}/frames.json?size=full").get_json()["frames"]) == stacks.MOST_FRAMES


def test_a_part_in_another_series_or_in_the_bin_is_no_part(browser: Browser, gallery: Gallery) -> None:
    parts = enhanced.parts(3, 2)
    parts[1].SeriesInstanceUID = "1.2.3.4.5.9"
    first, _, third = _ingest(gallery, *parts)
    removal.to_bin(Selection(images=(third,)), actor=LOCAL_OWNER)

    assert "Parts 2, 3 are not here." in _page(browser, first)


def test_frames_and_parts_are_for_those_who_may_see_them(gallery: Gallery) -> None:
    first, _ = _ingest(gallery, *enhanced.parts(2, 2))
    nobody = type(LOCAL_OWNER.scope)(frozenset())
    instance = instances.by_id(LOCAL_OWNER.scope, first)

    assert catalog_frames.table_of(LOCAL_OWNER.scope, first) is not None
    assert len(catalog_frames.parts_of(LOCAL_OWNER.scope, instance)) == 2
    assert catalog_frames.table_of(nobody, first) is None
    assert catalog_frames.parts_of(nobody, instance) == []


@pytest.mark.parametrize("count", [0, 3])
def test_frames_that_contradict_their_description_are_still_told(
    browser: Browser, gallery: Gallery, count: int
) -> None:
    dataset = enhanced.diffusion(1, (0, 1000))
    dataset.PerFrameFunctionalGroupsSequence = list(dataset.PerFrameFunctionalGroupsSequence)[:1] * count
    (one,) = _ingest(gallery, dataset)

    page = _page(browser, one, "?tab=frames")

    assert ("The file has 2 frames, but describes 3." in page) == (count == 3)
    assert len(_rows(page)) == 2
