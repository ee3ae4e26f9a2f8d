"""The gallery page: what a person finds there."""

import re

from pydicom.dataset import Dataset

from dicomgallery.dicom import synthetic
from dicomgallery.web.results import PAGE_SIZE
from tests.conftest import Gallery
from tests.web.conftest import Browser, Statements

CARD = re.compile(r'<li class="card" id="card-(\w+)-(\d+)"')


def _slices(count: int, **attributes: str) -> list[Dataset]:
    made = synthetic.ct_series(count, 32, 32)
    for dataset in made:
        for keyword, value in attributes.items():
            setattr(dataset, keyword, value)
    return made


def _many_series(count: int) -> list[Dataset]:
    return [synthetic.ct_slice(1, of=1, rows=16, columns=16, seed=seed) for seed in range(count)]


def test_an_empty_gallery_offers_upload_and_samples(browser: Browser) -> None:
    text = browser.get("/").text

    assert 'action="/upload"' in text
    assert 'enctype="multipart/form-data"' in text
    assert 'action="/demo"' in text


def test_the_samples_come_by_a_button(browser: Browser, gallery: Gallery) -> None:
    text = browser.see(browser.post("/demo"))

    assert "The sample images are here." in text
    assert gallery.instance_count() > 100


def test_a_series_of_many_links_to_its_page_and_counts_its_slices(browser: Browser, gallery: Gallery) -> None:
    gallery.ingest(*_slices(3))
    gallery.work()

    text = browser.get("/").text

    assert 'href="/series/1"' in text
    assert "Synthetic Clara" in text
    assert 'data-scrub="/series/1/frames.json"' in text
    assert re.search(r'src="/pictures/\d+-[0-9a-f]{12}/w256-cover-q85.jpg"', text)


def test_a_series_of_one_image_shows_its_label_and_links_straight_to_it(browser: Browser, gallery: Gallery) -> None:
    (one,) = gallery.ingest(("IM1.dcm", synthetic.secondary_capture()))

    text = browser.get("/").text

    assert f'href="/images/{one.instance_id}/detail"' in text  # type: ignore[union-attr]
    assert "#1" in text


def test_the_gallery_carries_the_upload_form_with_a_study_name(browser: Browser, gallery: Gallery) -> None:
    gallery.ingest(*_slices(1))

    text = browser.get("/").text

    assert 'name="files"' in text
    assert 'name="collection"' in text


def test_each_level_has_its_cards(browser: Browser, gallery: Gallery) -> None:
    gallery.ingest(*_slices(3))

    found = {level: CARD.findall(browser.get(f"/?level={level}").text) for level in ("images", "studies", "patients")}

    assert [len(cards) for cards in found.values()] == [3, 1, 1]
    assert {card[0] for cards in found.values() for card in cards} == {"images", "studies", "patients"}


def test_filters_that_find_nothing_are_named_and_can_be_taken_away_one_by_one(
    browser: Browser, gallery: Gallery
) -> None:
    gallery.ingest(*_slices(1))

    text = browser.get("/?q=elephant&modality=MR").text

    assert "No matches" in text
    assert "Without words “elephant”" in text
    assert 'href="/?modality=MR"' in text
    assert 'href="/?q=elephant"' in text
    assert re.search(r'href="/"[^>]*>.*Clear all', text, re.DOTALL)


def test_what_a_url_says_wrong_is_complained_of_and_left_out(browser: Browser, gallery: Gallery) -> None:
    gallery.ingest(*_slices(1))

    answer = browser.get("/?from=yesterday&level=galaxies")

    assert answer.status_code == 200
    assert "not understood" in answer.text
    assert "no such level" in answer.text


def test_show_more_leads_through_everything_once_without_a_script(browser: Browser, gallery: Gallery) -> None:
    gallery.ingest(*_many_series(PAGE_SIZE + 5))
    seen: list[str] = []
    path = "/"
    while path:
        text = browser.get(path).text
        seen += [number for _, number in CARD.findall(text)]
        following = re.search(r'href="([^"]*cursor=[^"]*)"', text)
        path = following[1].replace("&amp;", "&") if following else ""

    assert len(seen) == len(set(seen)) == PAGE_SIZE + 5


def test_a_script_gets_the_cards_alone(browser: Browser, gallery: Gallery) -> None:
    gallery.ingest(*_slices(1))

    part = browser.client.get("/", headers={"X-Partial": "cards", "Accept": "text/html"}).text

    assert len(CARD.findall(part)) == 1
    assert "<html" not in part
    assert "data-grid" in part


def test_the_cards_alone_cost_no_counting_and_are_never_taken_for_the_page(
    browser: Browser, gallery: Gallery, statements: Statements
) -> None:
    gallery.ingest(*_many_series(PAGE_SIZE + 5))
    following = re.search(r'href="([^"]*cursor=[^"]*)"', browser.get("/").text)
    assert following
    path = following[1].replace("&amp;", "&")
    headers = {"Accept": "text/html"}

    with statements() as for_the_page:
        page = browser.client.get(path, headers=headers)
    with statements() as for_the_cards:
        cards = browser.client.get(path, headers={**headers, "X-Partial": "cards"})

    assert CARD.findall(cards.text) == CARD.findall(page.text)
    assert len(CARD.findall(cards.text)) == 5
    assert any("facet_count" in one for one in for_the_page)
    assert len(for_the_cards) < len(for_the_page)
    assert not [one for one in for_the_cards if "facet_count" in one or "count(" in one.lower()]
    assert "X-Partial" in page.headers["Vary"]
    assert "X-Partial" in cards.headers["Vary"]


def test_names_in_every_script_read_right(browser: Browser, gallery: Gallery) -> None:
    names = {
        "ISO 2022 IR 87": "Yamada^Tarou=山田^太郎=やまだ^たろう",
        "GB18030": "Wang^XiaoDong=王^小东",
        "ISO_IR 144": "Люкceмбypг",
        "ISO_IR 126": "Διονυσιος",
        "ISO_IR 138": "שרון^דבורה",
        "ISO_IR 127": "قباني^لنزار",
    }
    for seed, (charset, name) in enumerate(names.items()):
        dataset = synthetic.ct_slice(1, of=1, rows=16, columns=16, seed=seed)
        dataset.SpecificCharacterSet = ["", charset] if "2022" in charset else charset
        dataset.PatientName = name
        gallery.ingest(dataset)

    text = browser.get("/").text

    for word in ("山田", "太郎", "王", "Люкceмбypг", "Διονυσιος", "שרון", "قباني"):
        assert word in text, word
