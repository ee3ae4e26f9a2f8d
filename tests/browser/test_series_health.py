"""The health of a series as it is seen: a stack that leans, and one that lacks slices."""

import io
import os
import re
import zipfile
from collections.abc import Callable

import pytest
from playwright.sync_api import expect
from pydicom.dataset import Dataset

from bench.server import Server
from dicomgallery.dicom import synthetic
from tests.browser.conftest import answer, nobody
from tests.browser.looking import WINDOWS, look_over
from tests.browser.visitor import Meet

pytestmark = pytest.mark.browser


def tilted() -> list[Dataset]:
    """A stack of 40 slices that leans by 15 degrees."""
    datasets = synthetic.ct_series(40, 48, 48, seed=int.from_bytes(os.urandom(4)))
    for number, one in enumerate(datasets):
        one.ImagePositionPatient[1] += 0.67 * number
    return datasets


def gapped() -> list[Dataset]:
    """A stack of 60 slices of which 8 are missing at two places."""
    datasets = synthetic.ct_series(60, 48, 48, seed=int.from_bytes(os.urandom(4)))
    return [one for number, one in enumerate(datasets, 1) if number not in (11, 40, 41, 42, 43, 44, 45, 46)]


def sent(server: Server, datasets: list[Dataset]) -> str:
    """Send a series; the address of its page."""
    packed, name = io.BytesIO(), nobody("Stack")
    with zipfile.ZipFile(packed, "w") as archive:
        for place, one in enumerate(datasets):
            one.PatientID = one.PatientName = name
            archive.writestr(f"{place}.dcm", synthetic.as_bytes(one))
    assert answer(server, "POST", "/api/v1/uploads", packed.getvalue())[0] == 201
    found = re.search(r'href="(/series/\d+)"', answer(server, "GET", f"/?q={name}")[1])
    assert found is not None
    return found[1]


@pytest.mark.long
@pytest.mark.parametrize("stack", [tilted, gapped])
def test_the_strip_fits_and_can_be_read_wide_and_narrow_dark_and_light(
    workshop: Server, meet: Meet, stack: Callable[[], list[Dataset]]
) -> None:
    visitor = meet(workshop)
    visitor.go(sent(workshop, stack()))

    look_over(visitor, f"series-{stack.__name__}")

    for width, height in WINDOWS:
        visitor.page.set_viewport_size({"width": width, "height": height})
        strip = visitor.page.locator(".health-strip").bounding_box()
        assert strip is not None
        assert strip["width"] > width * 0.6


def test_a_tick_leads_to_its_image_by_pointer_and_by_key(workshop: Server, meet: Meet) -> None:
    visitor = meet(workshop)
    where = sent(workshop, gapped())
    visitor.go(where)
    strip = visitor.page.locator(".health-strip").bounding_box()
    assert strip is not None

    # The slice at the feet end, a little beside its tick: the whole part of the lane around it leads there.
    visitor.page.mouse.click(strip["x"] + 4, strip["y"] + strip["height"] - 8)
    visitor.page.wait_for_url("**/detail")
    visitor.ready()
    expect(visitor.page.locator(".stepper output")).to_have_text("1 / 52")

    visitor.go(where)
    stops = visitor.page.locator(".health-tick:not([tabindex])")
    assert 10 < stops.count() <= 24
    stops.last.focus()
    visitor.page.keyboard.press("Enter")
    visitor.page.wait_for_url("**/detail")
    visitor.ready()
    assert visitor.page.locator(".stepper output").inner_text() != "1 / 52"


def test_what_is_missing_is_told_where_no_script_runs(workshop: Server, meet: Meet) -> None:
    visitor = meet(workshop, javascript=False)
    visitor.go(sent(workshop, gapped()))

    expect(visitor.page.get_by_text("8 slices seem to be missing at 2 places")).to_be_visible()
    assert visitor.page.locator(".health-hole text").all_text_contents() == ["7", "1"]
