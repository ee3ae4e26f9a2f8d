"""The frames of a multi-frame image in a real browser, and the way from part to part of a concatenation."""

import io
import re
import time
import zipfile

import pytest
from playwright.sync_api import expect
from pydicom.dataset import Dataset

from bench.server import Server
from dicomgallery.dicom import synthetic
from tests import enhanced
from tests.browser.conftest import answer, nobody
from tests.browser.looking import look_over
from tests.browser.visitor import Meet

pytestmark = pytest.mark.browser

READ_SECONDS = 60


def sent(server: Server, *datasets: Dataset) -> list[str]:
    """Send a series and wait until its frames are read; the addresses of its images."""
    name = nobody("Frames")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for place, one in enumerate(datasets):
            one.PatientName = one.PatientID = one.SeriesDescription = name
            one.StudyInstanceUID = f"{datasets[0].SOPInstanceUID[:60]}.1"
            one.SeriesInstanceUID = f"{datasets[0].SOPInstanceUID[:60]}.2"
            archive.writestr(f"{place}.dcm", synthetic.as_bytes(one))
    assert answer(server, "POST", "/api/v1/uploads", packed.getvalue())[0] == 201
    page = answer(server, "GET", f"/?level=images&q={name}")[1]
    found = sorted(set(re.findall(r'href="(/images/\d+/detail)"', page)), key=lambda path: int(path.split("/")[2]))
    assert len(found) == len(datasets)
    until = time.monotonic() + READ_SECONDS
    while any("<tbody>" not in answer(server, "GET", f"{one}?tab=frames")[1] for one in found):
        assert time.monotonic() < until, "the frames have not been read"
        time.sleep(0.2)
    return found


def test_the_line_goes_with_the_frame_at_every_step(workshop: Server, meet: Meet) -> None:
    (where,) = sent(workshop, enhanced.diffusion(3, (0, 1000)))
    visitor = meet(workshop)
    visitor.go(f"{where}?frame=1")
    line, place = visitor.page.locator("[data-frame-line]"), visitor.page.locator(".stepper output")
    expect(line).to_have_text("Position −12.5 mm · b 0 s/mm² · time point 1 of 2")

    said = {}
    for number in range(2, 7):
        visitor.page.keyboard.press("ArrowDown")
        expect(place).to_have_text(f"{number} / 6")
        said[number] = line.inner_text()
    assert said[2] == "Position −12.5 mm · b 1000 s/mm² · time point 2 of 2"
    assert said[6] == "Position −7.5 mm · b 1000 s/mm² · time point 2 of 2"
    visitor.page.wait_for_url("**frame=6*")
    expect(line).to_have_text(said[6])
    visitor.page.keyboard.press("Home")
    expect(line).to_have_text("Position −12.5 mm · b 0 s/mm² · time point 1 of 2")


def test_the_frame_that_is_shown_is_in_sight_and_marked_in_the_table(workshop: Server, meet: Meet) -> None:
    (where,) = sent(workshop, enhanced.diffusion(60, (0, 1000)))
    visitor = meet(workshop)

    visitor.go(f"{where}?tab=frames&frame=90")

    row = visitor.page.locator(".frame-rows tr[aria-current]")
    assert row.inner_text().split()[0] == "90"
    box, table = row.bounding_box(), visitor.page.locator(".frame-rows").bounding_box()
    assert box is not None
    assert table is not None
    assert table["y"] < box["y"] < table["y"] + table["height"]
    visitor.page.locator(".frame-rows a", has_text=re.compile("^88$")).click()
    visitor.page.wait_for_url("**frame=88*")
    expect(visitor.page.locator(".frame-rows tr[aria-current]")).to_contain_text("88")
    expect(visitor.page.locator(".stepper output")).to_have_text("88 / 120")


def test_a_step_past_the_last_frame_leads_to_the_next_part_and_back(workshop: Server, meet: Meet) -> None:
    first, second, _ = sent(workshop, *enhanced.parts(3, 2))
    visitor = meet(workshop)
    visitor.go(f"{first}?frame=1")
    visitor.page.keyboard.press("ArrowDown")
    expect(visitor.page.locator("form.stepper output")).to_have_text("2 / 2")

    visitor.page.keyboard.press("ArrowDown")
    visitor.page.wait_for_url(f"**{second}?frame=1")
    visitor.ready()
    expect(visitor.page.get_by_text("Part 2 of 3 of a concatenation; frames 3 to 4 of 6.")).to_be_visible()
    visitor.page.keyboard.press("ArrowUp")
    visitor.page.wait_for_url(f"**{first}?frame=2")
    visitor.ready()
    visitor.page.locator(".stage").hover()
    visitor.page.locator(".stepper a[data-step='1']").click()
    visitor.page.wait_for_url(f"**{second}?frame=1")


def test_without_script_links_step_through_frames_and_parts(workshop: Server, meet: Meet) -> None:
    first, second = sent(workshop, *enhanced.parts(2, 2))
    visitor = meet(workshop, javascript=False)
    visitor.go(f"{first}?frame=1&tab=frames")
    expect(visitor.page.locator("[data-frame-line]")).to_have_text("Position 0 mm")

    visitor.page.locator(".stepper a[data-step='1']").click()
    expect(visitor.page.locator("[data-frame-line]")).to_have_text("Position 5 mm")
    assert visitor.page.locator(".frame-rows tr[aria-current]").inner_text().split()[0] == "2"
    visitor.page.locator(".stepper a[data-step='1']").click()

    expect(visitor.page.locator("[data-frame-line]")).to_have_text("Position 10 mm")
    assert visitor.page.url.endswith(f"{second}?frame=1&tab=frames")


@pytest.mark.long
def test_the_table_can_be_read_wide_and_narrow_dark_and_light(workshop: Server, meet: Meet) -> None:
    (where,) = sent(workshop, enhanced.pictured(enhanced.diffusion(8, (0, 500, 1000))))
    part, *_ = sent(workshop, *(enhanced.pictured(one) for one in enhanced.parts(3, 4)))
    visitor = meet(workshop)
    for name, path in (("frames", f"{where}?tab=frames"), ("part", f"{part}?tab=frames")):
        visitor.go(path)
        look_over(visitor, name)
