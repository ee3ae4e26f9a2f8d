"""Files come in by button, folder and drop; the page says how far it is, and what became of each."""

import io
import os
import re
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Request, Route, expect

from bench.server import Server
from dicomgallery.dicom import synthetic
from tests.browser.visitor import Meet, Visitor

pytestmark = pytest.mark.browser

BODIES = re.compile(r"/api/v1/uploads(\?|$)")
SMALL = 64
"""Rows and columns of a slice; what is sent is what these tests are about."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of a slice, a folder with two more, a letter and what a Mac leaves behind; nobody else has its bytes."""
    seed = int.from_bytes(os.urandom(4))
    scans = tmp_path / f"scans {seed}"
    (scans / "deeper").mkdir(parents=True)
    places = [scans / "first.dcm", scans / "deeper" / "IM-0002", scans / "deeper" / "IM-0003"]
    for place, dataset in zip(places, synthetic.ct_series(3, SMALL, SMALL, seed=seed), strict=True):
        place.write_bytes(synthetic.as_bytes(dataset))
    (scans / "letter.txt").write_text(f"Dear colleague, {seed}")
    (scans / ".DS_Store").write_bytes(os.urandom(64))
    return scans


def panel_of(visitor: Visitor, title: str) -> str:
    """Wait until the upload's panel has this title; what it says of the outcome."""
    expect(visitor.page.locator("[data-upload-title]")).to_have_text(title)
    return visitor.page.locator("[data-upload-note]").inner_text()


def receipt_of(visitor: Visitor) -> dict[str, str]:
    """Follow the panel to the receipt; the outcome of each file there."""
    visitor.page.locator("[data-upload-receipt]").click()
    visitor.page.wait_for_url("**/receipts/*")
    visitor.ready()
    lines = visitor.page.locator(".receipt-line")
    names = [line.locator(".receipt-name bdi").inner_text() for line in lines.all()]
    return dict(zip(names, [line.locator(".receipt-outcome").inner_text() for line in lines.all()], strict=True))


def sent_bodies(visitor: Visitor) -> list[Request]:
    """The requests that carry files, from now on."""
    found: list[Request] = []
    visitor.page.on("request", lambda asked: found.append(asked) if BODIES.search(asked.url) else None)
    return found


def test_files_chosen_by_the_button_end_in_a_receipt_that_tells_of_each(
    meet: Meet, workshop: Server, folder: Path
) -> None:
    visitor = meet(workshop)
    visitor.go("/upload")

    with visitor.page.expect_file_chooser() as opened:
        visitor.page.get_by_role("button", name="Choose files").click()
    opened.value.set_files([folder / "first.dcm", folder / "letter.txt"])

    assert panel_of(visitor, "Done, 1 not taken") == "1 added · 1 not taken"
    assert receipt_of(visitor) == {"first.dcm": "Added", "letter.txt": "Not taken"}
    why = visitor.page.locator(".receipt-line", has_text="letter.txt").locator(".receipt-why").inner_text()
    assert "DICOM" in why


def test_a_folder_chosen_by_the_button_keeps_its_paths_and_leaves_debris_behind(
    meet: Meet, workshop: Server, folder: Path
) -> None:
    visitor = meet(workshop)
    visitor.go("/upload")

    with visitor.page.expect_file_chooser() as opened:
        visitor.page.get_by_role("button", name="Choose a folder").click()
    opened.value.set_files(folder)

    panel_of(visitor, "Done, 1 not taken")
    name = folder.name
    assert receipt_of(visitor) == {
        f"{name}/first.dcm": "Added",
        f"{name}/deeper/IM-0002": "Added",
        f"{name}/deeper/IM-0003": "Added",
        f"{name}/letter.txt": "Not taken",
    }


@pytest.mark.parametrize("path", ["/collections", "/bin", "/about/patterns"])
def test_files_can_be_dropped_on_any_page(meet: Meet, workshop: Server, folder: Path, path: str) -> None:
    visitor = meet(workshop)
    visitor.go(path)

    visitor.drop(folder / "first.dcm")

    assert panel_of(visitor, "Done") == "1 added"
    assert receipt_of(visitor) == {"first.dcm": "Added"}


def test_files_dropped_by_a_page_that_has_no_folders_come_in_too(meet: Meet, workshop: Server, folder: Path) -> None:
    visitor = meet(workshop)
    visitor.go("/")

    visitor.page.evaluate(
        """async (bytes) => {
          const transfer = new DataTransfer();
          transfer.items.add(new File([new Uint8Array(bytes)], "made by a script.dcm"));
          for (const kind of ["dragenter", "dragover", "drop"]) {
            const about = { bubbles: true, cancelable: true, dataTransfer: transfer };
            document.body.dispatchEvent(new DragEvent(kind, about));
          }
        }""",
        list((folder / "first.dcm").read_bytes()),
    )

    assert panel_of(visitor, "Done") == "1 added"
    assert receipt_of(visitor) == {"made by a script.dcm": "Added"}


def test_a_dropped_folder_is_walked_through_and_shows_where_it_may_fall(
    meet: Meet, workshop: Server, folder: Path
) -> None:
    visitor = meet(workshop)
    visitor.go("/")
    overlay = visitor.page.locator("[data-drop-overlay]")
    session = visitor.context.new_cdp_session(visitor.page)
    dragged = {"items": [], "files": [str(folder)], "dragOperationsMask": 1}

    session.send("Input.dispatchDragEvent", {"type": "dragEnter", "x": 300, "y": 300, "data": dragged})
    expect(overlay).to_be_visible()
    session.send("Input.dispatchDragEvent", {"type": "drop", "x": 300, "y": 300, "data": dragged})

    assert panel_of(visitor, "Done, 1 not taken") == "3 added · 1 not taken"
    expect(overlay).to_be_hidden()
    assert set(receipt_of(visitor)) == {
        f"{folder.name}/{name}" for name in ("first.dcm", "deeper/IM-0002", "deeper/IM-0003", "letter.txt")
    }


def test_an_archive_is_opened_and_its_members_told_of_one_by_one(
    meet: Meet, workshop: Server, folder: Path, tmp_path: Path
) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as nested:
        nested.write(folder / "deeper" / "IM-0003", "IM-0003")
    with zipfile.ZipFile(tmp_path / "study 研究.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(folder / "first.dcm", "a/first.dcm")
        archive.write(folder / "letter.txt", "a/letter.txt")
        archive.writestr("b/nested.zip", inner.getvalue())
    visitor = meet(workshop)
    visitor.go("/")

    visitor.drop(tmp_path / "study 研究.zip")

    assert panel_of(visitor, "Done, 1 not taken") == "2 added · 1 not taken"
    outcomes = receipt_of(visitor)
    assert sorted(name.rpartition("/")[2] for name in outcomes) == ["IM-0003", "first.dcm", "letter.txt"]
    assert sorted(outcomes.values()) == ["Added", "Added", "Not taken"]


def test_dropping_the_same_folder_again_sends_none_of_its_files(meet: Meet, workshop: Server, folder: Path) -> None:
    (folder / "letter.txt").unlink()
    visitor = meet(workshop)
    visitor.go("/")
    visitor.drop(folder)
    panel_of(visitor, "Done")
    bodies = sent_bodies(visitor)
    asked: list[Request] = []
    visitor.page.on("requestfinished", lambda done: asked.append(done) if "/api/v1/uploads/" in done.url else None)

    visitor.drop(folder)

    expect(visitor.page.locator("[data-upload-note]")).to_have_text("3 already here")
    assert bodies == []
    assert sum(request.sizes()["requestBodySize"] for request in asked) < 3 * 300 < 3 * SMALL * SMALL * 2
    assert set(receipt_of(visitor).values()) == {"Already here"}


def test_a_bar_shows_how_far_and_how_fast_an_upload_is(meet: Meet, workshop: Server, tmp_path: Path) -> None:
    (slice_,) = synthetic.ct_series(1, 1024, 1024, seed=int.from_bytes(os.urandom(4)))
    (tmp_path / "large.dcm").write_bytes(synthetic.as_bytes(slice_))
    visitor = meet(workshop)
    visitor.go("/")
    network = visitor.context.new_cdp_session(visitor.page)
    network.send("Network.enable")
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 1_000_000}
    network.send("Network.emulateNetworkConditions", slow)

    visitor.drop(tmp_path / "large.dcm")

    visitor.says("() => ((bar) => 0 < bar.value && bar.value < bar.max)(document.querySelector('[data-upload-bar]'))")
    expect(visitor.page.locator("[data-upload-title]")).to_have_text("Uploading 1 file")
    expect(visitor.page.locator("[data-upload-figures]")).to_contain_text(re.compile(r"of 2\.1\sMB.*0 of 1 files.*/s"))
    panel_of(visitor, "Done")


def test_a_connection_that_drops_is_tried_again(meet: Meet, workshop: Server, folder: Path) -> None:
    visitor = meet(workshop)
    visitor.expected = [r"^request: net::ERR_CONNECTION_RESET POST /api/v1/uploads$"]
    visitor.go("/")
    visitor.page.route(BODIES, lambda route: route.abort("connectionreset"), times=1)

    visitor.drop(folder / "first.dcm")

    expect(visitor.page.locator("[data-upload-note]")).to_contain_text("The connection dropped. Trying again")
    assert panel_of(visitor, "Done") == "1 added"
    assert receipt_of(visitor) == {"first.dcm": "Added"}


def test_what_arrived_before_the_answer_was_lost_is_not_sent_twice(meet: Meet, workshop: Server, folder: Path) -> None:
    visitor = meet(workshop)
    visitor.expected = [r"^request: net::ERR_CONNECTION_RESET POST /api/v1/uploads$"]
    visitor.go("/")
    bodies = sent_bodies(visitor)

    def lose_the_answer(route: Route) -> None:
        assert route.fetch().status == 201
        route.abort("connectionreset")

    visitor.page.route(BODIES, lose_the_answer, times=1)
    visitor.drop(folder / "first.dcm")

    panel_of(visitor, "Done")
    assert len(bodies) == 1
    assert list(receipt_of(visitor)) == ["first.dcm"]


def test_an_upload_can_be_cancelled_and_taken_up_again(meet: Meet, workshop: Server, folder: Path) -> None:
    visitor = meet(workshop)
    visitor.go("/")
    held: list[Route] = []
    visitor.page.route(BODIES, lambda route: held.append(route), times=1)  # noqa: PLW0108 - it looks inside
    visitor.drop(folder / "first.dcm")
    expect(visitor.page.locator("[data-upload-title]")).to_have_text("Uploading 1 file")

    visitor.page.locator("[data-upload-cancel]").click()
    assert panel_of(visitor, "The upload stopped") == "Cancelled. What had arrived is kept."
    visitor.page.locator("[data-upload-retry]").click()

    assert panel_of(visitor, "Done") == "1 added"
    visitor.page.locator("[data-upload-close]").click()
    expect(visitor.page.locator("[data-upload-panel]")).to_be_hidden()


def test_a_drop_during_an_upload_waits_its_turn(meet: Meet, workshop: Server, folder: Path) -> None:
    visitor = meet(workshop)
    visitor.go("/")
    held: list[Route] = []
    visitor.page.route(BODIES, lambda route: held.append(route), times=1)  # noqa: PLW0108 - it looks inside
    visitor.drop(folder / "first.dcm")
    expect(visitor.page.locator("[data-upload-title]")).to_have_text("Uploading 1 file")

    visitor.drop(folder / "deeper")
    expect(visitor.page.locator("[data-toast]")).to_contain_text("It goes next")
    held[0].continue_()

    expect(visitor.page.locator("[data-upload-note]")).to_have_text("2 added")
    assert set(receipt_of(visitor)) == {"deeper/IM-0002", "deeper/IM-0003"}


def test_files_uploaded_under_a_name_are_a_collection(meet: Meet, workshop: Server, folder: Path) -> None:
    name = f"Knees & 膝 {folder.name}"
    visitor = meet(workshop)
    visitor.go("/upload")
    visitor.page.get_by_label("Study name or collection").fill(name)

    visitor.page.get_by_label("A folder").set_input_files(folder / "deeper")

    panel_of(visitor, "Done")
    receipt_of(visitor)
    visitor.page.get_by_role("link", name=name).click()
    expect(visitor.page.get_by_role("heading", level=1)).to_have_text(name)
    assert visitor.found() == "1 series"


def test_the_gallery_behind_the_panel_shows_what_came(meet: Meet, workshop: Server, folder: Path) -> None:
    visitor = meet(workshop)
    (folder / "letter.txt").unlink()
    visitor.go("/")
    before = visitor.page.evaluate("document.querySelector('[data-card]')?.dataset.id ?? ''")
    visitor.drop(folder)
    panel_of(visitor, "Done")

    # The first card, not their count: a page that is full stays as long as it is.
    visitor.says(f"() => (document.querySelector('[data-card]')?.dataset.id ?? '') !== '{before}'")
    expect(visitor.cards().first.locator("img:visible")).to_have_js_property("naturalWidth", 256)
    assert visitor.titles()[0] == "Synthetic Clara"
