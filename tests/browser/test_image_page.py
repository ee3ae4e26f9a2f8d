"""One image looked at closely: stepping, windows, tags, what they mean, and the text."""

import io
import re
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from bench.server import Server
from tests.browser.conftest import nobody, several_series
from tests.browser.visitor import Meet, Visitor

pytestmark = pytest.mark.browser

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "contract_a"


@pytest.fixture
def visitor(meet: Meet, samples: Server) -> Visitor:
    """Somebody with the sample images."""
    return meet(samples)


def slice_of(visitor: Visitor, number: int, path: str = "") -> None:
    """Open a slice of the synthetic CT of 40."""
    visitor.go(visitor.find("/?q=clara", ".card-link", f"li:nth-child({number}) > .card-link") + path)


def open_file(visitor: Visitor, name: str, path: str = "") -> None:
    """Open the page of one of pydicom's files, by the receipt of the samples."""
    visitor.go(visitor.find("/receipts/1", f".receipt-name a:has(:text-is('pydicom/{name}'))") + path)


def picture(page: Page) -> str:
    """The address of the picture that is shown."""
    return str(page.locator("[data-stage-image]").get_attribute("src"))


def place(visitor: Visitor) -> str:
    """Which image of the series the page says it is."""
    return visitor.page.locator(".stepper output").inner_text()


def wait_place(visitor: Visitor, number: int) -> None:
    """Wait until picture, slider and breadcrumbs all are at this image."""
    expect(visitor.page.locator(".stepper output")).to_have_text(f"{number} / 40")
    expect(visitor.page.locator(".breadcrumbs [aria-current]")).to_have_text(f"Image {number} of 40")
    expect(visitor.page.locator("[data-stage-image]")).to_have_js_property("naturalWidth", 512)


def test_keys_step_through_the_series_and_the_address_follows(visitor: Visitor) -> None:
    slice_of(visitor, 10)
    wait_place(visitor, 10)
    before = picture(visitor.page)
    start = visitor.path
    visitor.says("() => document.querySelector('[data-stepper]').dataset.stack !== undefined")

    for key, number in [("ArrowDown", 11), ("ArrowDown", 12), ("ArrowUp", 11), ("End", 40), ("Home", 1)]:
        visitor.page.keyboard.press(key)
        wait_place(visitor, number)

    assert picture(visitor.page) != before
    assert visitor.path != start
    visitor.page.reload()
    visitor.ready()
    wait_place(visitor, 1)


def test_the_slider_moves_the_picture_at_once_and_then_the_words(visitor: Visitor) -> None:
    slice_of(visitor, 5)
    slider = visitor.page.get_by_role("slider")
    first = picture(visitor.page)

    slider.focus()
    visitor.page.keyboard.press("ArrowRight")
    wait_place(visitor, 6)
    slider.fill("30")
    wait_place(visitor, 30)

    assert picture(visitor.page) != first
    number = visitor.page.locator(".tag", has_text="Instance Number").locator(".tag-value bdi")
    expect(number).not_to_have_text("5")


def test_the_wheel_steps_over_the_picture(visitor: Visitor) -> None:
    slice_of(visitor, 20)
    visitor.page.locator(".stage-picture").hover()

    visitor.page.mouse.wheel(0, 100)
    wait_place(visitor, 21)
    visitor.page.mouse.wheel(0, -100)
    wait_place(visitor, 20)


def test_page_keys_lead_through_the_series_of_the_study_from_the_slider_too(meet: Meet, workshop: Server) -> None:
    visitor = meet(workshop)
    name = nobody("Pager")
    visitor.go(several_series(workshop, name))
    here = visitor.page.locator(".series-steps")
    expect(here).to_contain_text("Series 1 / 3")
    for key, position in [("PageDown", 2), ("PageDown", 3), ("PageDown", 3), ("PageUp", 2)]:
        visitor.page.keyboard.press(key)
        expect(here).to_contain_text(f"Series {position} / 3")
        visitor.ready()

    visitor.page.get_by_role("slider").focus()
    visitor.page.keyboard.press("PageDown")

    expect(here).to_contain_text("Series 3 / 3")
    expect(visitor.page.locator(".breadcrumbs")).to_contain_text("Third")


def test_frames_of_one_image_are_stepped_through_like_slices(visitor: Visitor) -> None:
    open_file(visitor, "examples_ybr_color.dcm")
    output = visitor.page.locator("[data-stepper] output")
    expect(output).to_have_text("16 / 30")
    before = picture(visitor.page)

    visitor.page.keyboard.press("ArrowDown")

    expect(output).to_have_text("17 / 30")
    visitor.says("() => location.search === '?frame=17'")
    assert picture(visitor.page) != before


def test_the_filter_of_tags_keeps_the_parents_of_a_nested_hit(visitor: Visitor) -> None:
    open_file(visitor, "rtplan.dcm")
    rows = visitor.page.locator("#tags tr[data-row]:visible")
    everything = rows.count()

    visitor.page.keyboard.press("f")
    visitor.page.keyboard.type("Cumulative Dose Reference Coefficient")

    visitor.says("() => document.querySelector('[data-tag-filter] output').textContent !== ''")
    names = [
        " ".join(name.split()) for name in visitor.page.locator("tr[data-row]:visible .tag-name").all_inner_texts()
    ]
    assert 0 < len(names) < everything
    assert any(name.startswith("Cumulative Dose Reference Coefficient") for name in names)
    assert any(name.startswith("Beam Sequence") for name in names)
    assert any(name.startswith("Control Point Sequence") for name in names)
    assert not any(name.startswith("Patient") for name in names)
    visitor.page.keyboard.press("Escape")
    expect(rows).to_have_count(everything)


def test_a_tag_is_found_by_number_keyword_and_name(visitor: Visitor) -> None:
    open_file(visitor, "CT_small.dcm")
    box, rows = visitor.page.get_by_label("Filter elements"), visitor.page.locator("tr[data-row]:visible")
    everything = rows.count()

    for words in ("0028,0010", "(0028, 0010)", "00280010", "rows", "ROWS"):
        box.fill(words)

        visitor.says("() => document.querySelector('[data-tag-filter] output').textContent !== ''")
        expect(rows).not_to_have_count(everything)
        expect(rows.filter(has_text="0028,0010")).to_have_count(1)
        box.fill("")
        expect(rows).to_have_count(everything)


def test_what_a_tag_means_opens_in_place_and_needs_no_other_page(visitor: Visitor) -> None:
    open_file(visitor, "CT_small.dcm")
    row = visitor.page.locator("#tags .tag", has_text="Study Date")
    path = visitor.path

    row.locator("summary").click()

    explanation = row.locator("+ .tag-more .explanation")
    expect(explanation).to_be_visible()
    expect(explanation).to_contain_text("General Study")
    expect(explanation).to_contain_text("De-identification")
    expect(explanation.get_by_role("link")).to_have_attribute("href", re.compile("^https://dicom.nema.org/"))
    assert visitor.path == path
    row.locator("summary").press("Enter")
    expect(explanation).to_be_hidden()


def test_a_value_is_copied_as_it_is_stored(visitor: Visitor) -> None:
    visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    open_file(visitor, "CT_small.dcm")
    row = visitor.page.locator("#tags .tag", has_text="Study Date")
    row.hover()

    row.locator("[data-copy]").click()

    expect(visitor.page.locator("[data-toast]")).to_contain_text("Copied.")
    assert visitor.page.evaluate("navigator.clipboard.readText()") == "20040119"


@pytest.mark.parametrize("name", ["CT_small", "test-SR"])
def test_the_text_tab_is_the_text_of_contract_a(visitor: Visitor, name: str) -> None:
    open_file(visitor, f"{name}.dcm")

    visitor.page.get_by_role("link", name="Text", exact=True).click()

    text = visitor.page.locator("[data-swap=side] > .plain-text pre")
    expect(text).to_be_visible()
    visitor.says("() => location.search === '?tab=text'")
    lines = str(text.text_content()).splitlines()
    expected = (GOLDEN / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    assert lines[-len(expected) :] == expected


def test_a_window_is_part_of_the_address_and_stays_while_one_steps(visitor: Visitor) -> None:
    slice_of(visitor, 12)
    before = picture(visitor.page)
    visitor.page.locator(".window > summary").click()
    visitor.page.get_by_label("Width").fill("1500")
    visitor.page.get_by_label("Center").fill("-600")

    visitor.page.get_by_role("button", name="Show", exact=True).click()

    visitor.says("() => location.search.includes('width=1500')")
    assert "center=-600" in visitor.path
    lung = picture(visitor.page)
    assert lung != before
    visitor.page.reload()
    visitor.ready()
    assert picture(visitor.page) == lung
    expect(visitor.page.get_by_label("Width")).to_have_value("1500")
    visitor.page.locator(".breadcrumbs").click()
    visitor.page.keyboard.press("ArrowDown")
    wait_place(visitor, 13)
    visitor.says("() => location.search.includes('center=-600')")


def test_keys_choose_the_window_and_the_contact_sheet_shows_the_others(visitor: Visitor) -> None:
    slice_of(visitor, 12)
    usual = picture(visitor.page)
    visitor.page.keyboard.press("2")
    visitor.says("() => location.search === '?center=-600&width=1500'")
    lung = picture(visitor.page)

    visitor.page.locator(".why > summary").click()
    sheet = visitor.page.locator(".contact-sheet a")
    expect(sheet.locator("img").last).to_have_js_property("complete", True)
    expect(visitor.page.locator(".contact-sheet [aria-current] span")).to_have_text("Lung")
    sheet.filter(has_text="Bone").click()
    visitor.says("() => location.search === '?center=480&width=2500'")
    expect(visitor.page.locator(".why")).to_have_attribute("open", "")

    visitor.page.keyboard.press("d")
    visitor.says("() => location.search === ''")
    assert lung != picture(visitor.page) == usual


def test_an_inverted_picture_is_the_negative_of_the_usual_one(visitor: Visitor) -> None:
    slice_of(visitor, 20)
    mean = """() => {
      const image = document.querySelector("[data-stage-image]");
      const pen = new OffscreenCanvas(image.naturalWidth, image.naturalHeight).getContext("2d");
      pen.drawImage(image, 0, 0);
      const { data } = pen.getImageData(0, 0, image.naturalWidth, image.naturalHeight);
      let sum = 0;
      for (let at = 0; at < data.length; at += 4) sum += data[at];
      return sum / (data.length / 4);
    }"""
    usual = visitor.page.evaluate(mean)
    visitor.page.locator(".window > summary").click()

    visitor.page.get_by_role("link", name="Invert", exact=True).click()

    visitor.says("() => location.search === '?invert=1'")
    visitor.says("() => document.querySelector('[data-stage-image]').complete")
    assert visitor.page.evaluate(mean) == pytest.approx(255 - usual, abs=0.5)


def test_the_image_is_downloaded_in_three_forms(visitor: Visitor) -> None:
    open_file(visitor, "CT_small.dcm")
    menu, forms = visitor.page.locator(".menu", has_text="Download"), visitor.page.locator(".menu-body")
    for ending, magic in (("PNG", b"\x89PNG"), ("JPEG", b"\xff\xd8\xff"), ("DICOM", b"DICM")):
        if menu.get_attribute("open") is None:
            menu.locator("summary").click()

        with visitor.page.expect_download() as sent:
            forms.get_by_role("link", name=ending if ending != "DICOM" else "The file, DICOM").click()

        data = sent.value.path().read_bytes()
        assert (data[128:132] if ending == "DICOM" else data).startswith(magic), ending


def test_what_has_no_picture_says_why_and_still_shows_its_tags(visitor: Visitor) -> None:
    open_file(visitor, "ExplVR_LitEndNoMeta.dcm")

    expect(visitor.page.locator("[data-stage] figcaption b")).not_to_be_empty()
    assert visitor.page.locator("[data-stage-image]").evaluate("(image) => image.naturalWidth > 0")
    assert visitor.page.locator("tr[data-row]").count() > 20


def test_a_report_is_read_in_place_of_a_picture_and_fits_a_phone(visitor: Visitor) -> None:
    open_file(visitor, "test-SR.dcm")
    page = visitor.page

    expect(page.get_by_role("heading", name="Diagnosis")).to_be_visible()
    expect(page.locator(".report")).to_contain_text("Diameter")
    assert page.locator("[data-stage-image]").count() == 0
    assert page.locator("tr[data-row]").count() > 20
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    expect(page.locator(".report")).to_contain_text("Diagnosis")
    with visitor.page.expect_navigation():
        page.get_by_role("link", name="As text").click()
    expect(page.locator("body")).to_contain_text("Diameter: 3 Length Unit")


def test_an_electrocardiogram_is_seen_on_its_paper_and_scrolls_by_itself_on_a_phone(visitor: Visitor) -> None:
    open_file(visitor, "waveform_ecg.dcm")
    page = visitor.page
    expect(page.locator(".sheet").first).to_contain_text("aVR")
    expect(page.locator(".waveform")).to_contain_text("25 mm/s")
    assert page.locator(".sheet path.line-trace").count() >= 13
    paper = "getComputedStyle(document.querySelector('.sheet')).backgroundColor"
    assert page.evaluate(paper) == "rgb(255, 250, 245)"
    photograph = page.locator(".sheet").first.screenshot()
    with Image.open(io.BytesIO(photograph)) as picture:
        colors = {color for _, color in picture.convert("RGB").getcolors(1 << 24) or []}
    assert any(max(color) < 80 for color in colors)
    assert any(red > blue + 30 for red, _, blue in colors)

    page.set_viewport_size({"width": 390, "height": 844})

    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.locator(".sheet").first.evaluate("(sheet) => sheet.scrollWidth > sheet.clientWidth")
    page.emulate_media(color_scheme="light")
    assert page.evaluate(paper) == "rgb(255, 250, 245)"
