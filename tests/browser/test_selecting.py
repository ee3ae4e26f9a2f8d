"""Many at once: selected, put into the bin, brought back, collected, taken away as a ZIP."""

import io
import os
import re
import zipfile
from dataclasses import dataclass
from urllib.parse import quote_plus

import pytest
from playwright.sync_api import expect

from bench.server import Server
from dicomgallery.dicom import synthetic
from tests.browser.conftest import nobody
from tests.browser.looking import look_over
from tests.browser.visitor import Meet, Visitor

pytestmark = pytest.mark.browser

SERIES = 5


@dataclass
class Ward:
    """A visitor, and series of two slices each that share an institution nobody else has."""

    visitor: Visitor
    name: str

    @property
    def path(self) -> str:
        """The gallery of just these."""
        return f"/?institution={quote_plus(self.name)}"

    def pick(self, number: int, *, shift: bool = False) -> None:
        """Tick the card with this number."""
        card = self.visitor.cards().nth(number)
        card.hover()
        card.locator(".card-pick").click(modifiers=["Shift"] if shift else [])

    def count(self) -> str:
        """What the tray says."""
        return self.visitor.page.locator("[data-tray-count]").inner_text()

    def press(self, label: str) -> None:
        """Press a button of the tray, and wait for the page that follows."""
        with self.visitor.page.expect_navigation():
            self.visitor.page.locator("[data-tray]").get_by_role("button", name=label).click()
        self.visitor.ready()

    def says(self, words: str) -> None:
        """Wait for a message that says this."""
        self.visitor.page.locator("[data-toast]", has_text=words).wait_for()


@pytest.fixture
def ward(meet: Meet, workshop: Server) -> Ward:
    """Five series in the gallery, and somebody looking at them."""
    found = Ward(meet(workshop), nobody("Ward "))
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        for number in range(SERIES):
            for dataset in synthetic.mr_series(2, 48, 48, seed=int.from_bytes(os.urandom(4))):
                dataset.InstitutionName = found.name
                archive.writestr(f"{number}-{dataset.InstanceNumber}.dcm", synthetic.as_bytes(dataset))
    connection = workshop.connect()
    connection.request("POST", "/api/v1/uploads", body.getvalue(), {"Content-Type": "application/zip"})
    assert connection.getresponse().status == 201
    connection.close()
    found.visitor.go(found.path)
    return found


def picked(ward: Ward) -> list[int]:
    """The numbers of the cards that are ticked."""
    boxes = ward.visitor.page.locator("[data-card] [data-pick]")
    return [number for number in range(boxes.count()) if boxes.nth(number).is_checked()]


def test_shift_takes_all_between_two_clicks_and_escape_lets_go(ward: Ward) -> None:
    assert ward.visitor.found() == "5 series"
    expect(ward.visitor.page.locator("[data-tray]")).to_be_hidden()

    ward.pick(1)
    ward.pick(3, shift=True)

    assert picked(ward) == [1, 2, 3]
    assert ward.count() == "3 selected"
    ward.visitor.page.keyboard.press("Escape")
    assert picked(ward) == []
    expect(ward.visitor.page.locator("[data-tray]")).to_be_hidden()


def test_cards_are_picked_and_binned_by_keys_alone(ward: Ward) -> None:
    keys = ward.visitor.page.keyboard
    ward.visitor.cards().first.locator(".card-link").focus()
    keys.press("Space")
    keys.press("ArrowRight")
    keys.press("ArrowRight")
    keys.press("Shift+Space")
    assert picked(ward) == [0, 1, 2]

    with ward.visitor.page.expect_navigation():
        keys.press("Delete")

    ward.visitor.ready()
    ward.says("6 images moved to the bin.")


def test_what_was_moved_to_the_bin_is_back_by_one_press_of_undo(ward: Ward) -> None:
    before = ward.visitor.page.evaluate("[...document.querySelectorAll('[data-card]')].map((card) => card.id)")
    ward.pick(0)
    ward.pick(1)

    ward.press("Delete")

    ward.says("4 images moved to the bin.")
    assert ward.visitor.path == ward.path
    assert ward.visitor.found() == "3 series"
    with ward.visitor.page.expect_navigation():
        ward.visitor.page.get_by_role("button", name="Undo").click()
    ward.visitor.ready()
    ward.says("4 images restored.")
    ward.visitor.go(ward.path)
    after = ward.visitor.page.evaluate("[...document.querySelectorAll('[data-card]')].map((card) => card.id)")
    assert after == before


def test_two_that_are_ticked_are_compared_and_what_varies_in_one_is_a_table(ward: Ward) -> None:
    ward.pick(0)
    compare = ward.visitor.page.get_by_role("button", name="Compare")
    expect(compare).to_be_hidden()
    ward.pick(1)

    ward.press("Compare")

    assert re.fullmatch(r"/series/\d+/diff/\d+", ward.visitor.path)
    expect(ward.visitor.page.get_by_role("row", name="Series Instance UID")).to_be_visible()
    look_over(ward.visitor, "compared")
    ward.visitor.go(ward.visitor.path.split("/diff/")[0] + "/matrix")
    expect(ward.visitor.page.get_by_role("columnheader", name="Slice Location")).to_be_visible()
    look_over(ward.visitor, "varies")


def test_all_that_match_can_be_meant_and_nothing_else_goes(ward: Ward) -> None:
    ward.visitor.go("/")
    everything = int(ward.visitor.found().split()[0])
    ward.visitor.go(ward.path)
    ward.pick(0)
    ward.visitor.page.get_by_label("All 5 that match").check()
    assert ward.count() == "All that match"

    ward.press("Delete")

    ward.says("10 images moved to the bin.")
    expect(ward.visitor.page.get_by_role("heading", name="No matches")).to_be_visible()
    ward.visitor.go("/")
    assert int(ward.visitor.found().split()[0]) == everything - SERIES


def test_a_selection_becomes_a_collection_that_shows_just_it(ward: Ward) -> None:
    ward.pick(0)
    ward.pick(2)
    tray = ward.visitor.page.locator("[data-tray]")
    tray.get_by_text("Add to collection").click()
    tray.get_by_label("Collection").fill(f"Knees of {ward.name}")

    ward.press("Add")

    ward.says("4 images added to the collection.")
    ward.visitor.page.locator("[data-toast] a").click()
    ward.visitor.page.wait_for_url("**/collections/*")
    expect(ward.visitor.page.get_by_role("heading", level=1)).to_have_text(f"Knees of {ward.name}")
    assert ward.visitor.found() == "2 series"
    ward.visitor.ready()
    ward.pick(0)
    ward.press("Take out of collection")
    assert ward.visitor.found() == "1 series"


@pytest.mark.parametrize(("choice", "method"), [("stored", zipfile.ZIP_STORED), ("compressed", zipfile.ZIP_DEFLATED)])
def test_a_selection_is_downloaded_as_a_zip_of_its_files(ward: Ward, choice: str, method: int) -> None:
    ward.pick(0)
    ward.pick(1)
    tray = ward.visitor.page.locator("[data-tray]")
    tray.get_by_text("Download").click()

    with ward.visitor.page.expect_download() as sent:
        tray.get_by_role("button", name=f"ZIP, {choice}").click()

    with zipfile.ZipFile(sent.value.path()) as archive:
        assert archive.testzip() is None
        assert len(archive.namelist()) == 4
        assert {member.compress_type for member in archive.infolist()} == {method}
        assert {archive.read(name)[128:132] for name in archive.namelist()} == {b"DICM"}


def test_the_bin_shows_what_was_deleted_and_restores_it(ward: Ward) -> None:
    ward.pick(4)
    ward.press("Delete")
    ward.visitor.go("/bin")
    deed = ward.visitor.page.locator("section", has_text="2 images").first
    expect(deed.locator("img:visible").first).to_be_visible()
    deed.get_by_role("link", name="2 images").click()
    ward.visitor.page.wait_for_url("**/bin/*")
    assert ward.visitor.cards().count() == 2

    with ward.visitor.page.expect_navigation():
        ward.visitor.page.get_by_role("button", name="Restore all").click()

    ward.visitor.ready()
    ward.says("2 images restored.")
    ward.visitor.go(ward.path)
    assert ward.visitor.found() == "5 series"


def test_emptying_the_bin_asks_first_and_then_nothing_is_left_in_it(ward: Ward) -> None:
    ward.pick(0)
    ward.press("Delete")
    ward.visitor.go("/bin")
    ward.visitor.page.get_by_role("link", name="Empty the bin").click()
    expect(ward.visitor.page.get_by_role("heading", name="Empty the bin?")).to_be_visible()
    ward.visitor.page.get_by_role("link", name="Keep them").click()
    ward.visitor.page.get_by_role("link", name="Empty the bin").click()

    ward.visitor.page.get_by_role("button", name="for good").click()

    ward.says("gone for good.")
    expect(ward.visitor.page.get_by_text("The bin is empty")).to_be_visible()
    ward.visitor.go(ward.path)
    assert ward.visitor.found() == "4 series"
