"""Pages of the gallery: what matches, in which order, and that nothing is lost between pages."""

from dataclasses import replace

import pytest

from dicomgallery.access import Scope
from dicomgallery.catalog import cursors, search
from dicomgallery.catalog.cards import Card
from dicomgallery.catalog.query import Level, SearchQuery, Sort, parse
from tests.catalog.cast import EVERYTHING, Cast


def found(text: str, *, scope: Scope = EVERYTHING, level: Level = Level.SERIES) -> list[int]:
    """The row ids of one page."""
    return [card.id for card in search.page(scope, replace(parse({"q": [text]}), level=level)).items]


def walked(query: SearchQuery, limit: int) -> list[Card]:
    """All cards, page by page."""
    cards: list[Card] = []
    cursor: str | None = None
    for _ in range(200):
        page = search.page(EVERYTHING, query, cursor=cursor, limit=limit)
        cards += page.items
        cursor = page.next_cursor
        if cursor is None:
            return cards
    raise AssertionError("the pages never end")


def test_the_newest_series_come_first_each_with_all_that_its_card_shows(cast: Cast) -> None:
    first = cast.series(patient="Doe^Jane", patient_id="P1", description="Thorax", images=3)
    second = cast.series(patient="Roe^Rick", modality="MR")

    cards = search.page(EVERYTHING, SearchQuery()).items

    assert [card.id for card in cards] == [second, first]
    assert (cards[1].title, cards[1].subtitle, cards[1].count) == ("Doe Jane", "Thorax", 3)
    assert (cards[1].date, cards[1].modality, cards[1].patient_code) == ("15 Jan 2020", "CT", "P1")
    assert cards[1].instance_id == cast.images_of(first)[0]
    assert len(cards[1].blob12) == 12


@pytest.mark.parametrize("level", list(Level))
@pytest.mark.parametrize("sort", list(Sort))
def test_small_pages_show_the_same_as_one_great_page_at_every_level_in_every_order(
    cast: Cast, level: Level, sort: Sort
) -> None:
    for n in range(11):
        patient = f"Name {n % 4}"
        cast.series(
            patient=patient, study_uid=f"1.2.3.{n % 6}{n % 4}", date=["20200101", "", "20191231"][n % 3], images=2
        )
    for query in (
        SearchQuery(level=level, sort=sort),
        SearchQuery(level=level, sort=sort, facets=(("modality", ("CT",)),)),
        SearchQuery(level=level, sort=sort, text="name"),
    ):
        whole = [card.id for card in search.page(EVERYTHING, query, limit=500).items]

        assert [card.id for card in walked(query, 3)] == whole
        assert len(set(whole)) == len(whole) == search.count(EVERYTHING, query).number


@pytest.mark.parametrize("sort", [Sort.NAME, Sort.NAME_REVERSED, Sort.STUDY_DATE, Sort.STUDY_DATE_OLDEST])
def test_an_order_is_the_one_it_says(cast: Cast, sort: Sort) -> None:
    for name, date in (("Berg", "20200101"), ("Adam", "20220101"), ("Çelik", "20210101")):
        cast.series(patient=name, date=date)
    wanted = {
        Sort.NAME: ["Adam", "Berg", "Çelik"],
        Sort.NAME_REVERSED: ["Çelik", "Berg", "Adam"],
        Sort.STUDY_DATE: ["Adam", "Çelik", "Berg"],
        Sort.STUDY_DATE_OLDEST: ["Berg", "Çelik", "Adam"],
    }[sort]

    for level in Level:
        page = search.page(EVERYTHING, SearchQuery(level=level, sort=sort))

        assert [card.title for card in page.items] == wanted, level


def test_a_patient_stands_at_their_latest_study_once(cast: Cast) -> None:
    cast.series(patient="Old", date="20100101")
    cast.series(patient="Both", date="20050101")
    cast.series(patient="Both", date="20200101")

    page = search.page(EVERYTHING, SearchQuery(level=Level.PATIENT, sort=Sort.STUDY_DATE))

    assert [card.title for card in page.items] == ["Both", "Old"]
    assert page.items[0].date == "1 Jan 2020"
    assert page.items[0].study_count == 2


def test_a_cursor_that_means_nothing_shows_the_first_page(cast: Cast) -> None:
    cast.series()
    for cursor in (
        "",
        "!",
        "AAAA",
        "bnVsbA",
        "W10",
        "eyJhIjoxfQ",
        "\N{SNOWMAN}",
        "WyJzZXJpZXM6bmV3ZXN0IiwxLDJd",
        "A" * 9000,
    ):
        for level in Level:
            assert len(search.page(EVERYTHING, SearchQuery(level=level), cursor=cursor).items) == 1


@pytest.mark.parametrize(
    "key", [[1, 2], [["@", "soon"], 1], [["@", "2020-01-01"], 1 << 80], [["@"], 1], [None, True], ["\0", 1], [[], {}]]
)
def test_a_forged_cursor_shows_the_first_page(cast: Cast, key: list[object]) -> None:
    cast.series()
    for sort in Sort:
        cursor = cursors.encode(f"{Level.SERIES}:{sort}", key)

        assert len(search.page(EVERYTHING, SearchQuery(sort=sort), cursor=cursor).items) == 1


def test_a_cursor_of_another_list_shows_the_first_page(cast: Cast) -> None:
    for _ in range(3):
        cast.series()
    cursor = search.page(EVERYTHING, SearchQuery(), limit=1).next_cursor
    assert cursor is not None

    page = search.page(EVERYTHING, SearchQuery(sort=Sort.NAME), cursor=cursor)

    assert len(page.items) == 3


def test_what_arrives_while_someone_pages_on_moves_nothing(cast: Cast) -> None:
    early = [cast.series() for _ in range(4)]
    first = search.page(EVERYTHING, SearchQuery(), limit=2)
    cast.series()

    second = search.page(EVERYTHING, SearchQuery(), cursor=first.next_cursor, limit=2)

    assert [card.id for card in first.items + second.items] == early[::-1]


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("Buc^Jérôme", "jerome"),
        ("Buc^Jérôme", "BUC Jér"),
        ("Äneas^Rüdiger", "rudiger aneas"),
        ("Yamada^Tarou=山田^太郎=やまだ^たろう", "山田"),
        ("Yamada^Tarou=山田^太郎=やまだ^たろう", "太郎"),
        ("Yamada^Tarou=山田^太郎=やまだ^たろう", "山"),
        ("Yamada^Tarou=山田^太郎=やまだ^たろう", "やまだ"),
        ("Yamada^Tarou=山田^太郎=やまだ^たろう", "yama"),
        ("Hong^Gildong=洪^吉洞=홍^길동", "길동"),
        ("Hong^Gildong=洪^吉洞=홍^길동", "홍"),
        ("Wang^XiaoDong=王^小东", "小东"),
        ("قباني^لنزار", "لنزار"),
        ("Люкceмбypг", "люк"),
        ("Διονυσιος", "ΔΙΟΝ"),
        ("שרון^דבורה", "דבורה"),
        ("Ng^A", "ng"),
        ("Ng^A", "a ng"),
        ("O'Brien^Sean", "o'brien"),
    ],
)
def test_a_name_is_found_in_its_own_script_and_without_its_accents(cast: Cast, name: str, typed: str) -> None:
    wanted = cast.series(patient=name)
    cast.series(patient="Someone^Else")

    assert found(typed) == [wanted]


@pytest.mark.parametrize(
    ("column", "value", "typed"),
    [
        ("patient_id", "PAT-00042", "00042"),
        ("accession", "ACC77123", "acc77"),
        ("description", "T2 FLAIR axial", "flair"),
        ("description", "T2 FLAIR axial", "t2"),
        ("study_description", "Knee left", "knee"),
        ("manufacturer", "Acme Imaging", "acme"),
        ("station", "ROOM-12", "room-12"),
        ("series_uid", "1.2.276.0.7230010.3.1.3.99", "7230010.3.1.3.99"),
    ],
)
def test_the_search_box_finds_a_series_by_what_it_says(cast: Cast, column: str, value: str, typed: str) -> None:
    wanted = cast.series(**{column: value})
    cast.series(patient="Someone^Else", description="DWI")

    assert found(typed) == [wanted]


def test_all_words_must_be_found_in_any_order(cast: Cast) -> None:
    wanted = cast.series(patient="Doe^Jane", description="Thorax venous")
    cast.series(patient="Doe^John", description="Abdomen")

    assert found("venous doe") == [wanted]
    assert found("venous abdomen") == []


def test_a_quoted_phrase_is_found_as_it_stands(cast: Cast) -> None:
    wanted = cast.series(description="chest wall")
    cast.series(description="wall of chest")

    assert found('"chest wall"') == [wanted]


@pytest.mark.parametrize(
    "typed", ['"', '""', "'", "%", "100%", "_", "*", "NEAR(a b)", 'a" OR "b', "AND", "=x", "(", "\\"]
)
def test_signs_of_the_database_are_only_text(cast: Cast, typed: str) -> None:
    cast.series(patient="Doe^Jane")

    assert found(typed) in ([], [1]) if typed in {'"', '""'} else found(typed) == []


def test_a_percent_sign_is_found_as_itself(cast: Cast) -> None:
    wanted = cast.series(description="phase 70% retro")
    cast.series(description="phase 700 retro")

    assert found("70%") == [wanted]


def test_a_pasted_uid_finds_its_study_series_or_instance(cast: Cast) -> None:
    wanted = cast.series(study_uid="1.2.840.1.11", series_uid="1.2.840.1.22", images=3)
    cast.series(study_uid="1.2.840.1.111", series_uid="1.2.840.1.222", images=1)
    image = cast.rows()[1]

    assert found("1.2.840.1.11") == [wanted]
    assert found("1.2.840.1.22") == [wanted]
    assert found(image.sop_uid) == [wanted]
    assert found(image.sop_uid, level=Level.IMAGE) == [image.id]
    assert found("1.2.840.1.1") == [2, wanted]


def test_a_keyword_finds_whole_words_of_one_attribute(cast: Cast) -> None:
    wanted = cast.series(words_of=["manufacturer:siemens", "convolutionkernel:b30f"])
    cast.series(words_of=["convolutionkernel:b30"])

    assert found("ConvolutionKernel=B30f") == [wanted]
    assert found("convolutionkernel=b30f Manufacturer=siemens") == [wanted]
    assert found("ConvolutionKernel=B30f Manufacturer=GE") == []
    assert found("Manufacturer=siem") == []


def test_only_what_is_current_and_not_in_the_bin_is_shown(cast: Cast) -> None:
    gone = cast.series(images=1)
    kept = cast.series(images=2)
    cast.put_in_bin(*cast.images_of(gone), cast.images_of(kept)[0])

    assert found("") == [kept]
    assert found("", level=Level.IMAGE) == [cast.images_of(kept)[1]]
    card = search.page(EVERYTHING, SearchQuery()).items[0]
    assert (card.count, card.instance_id) == (1, cast.images_of(kept)[1])


def test_a_replaced_image_gives_way_to_the_one_that_replaces_it(cast: Cast) -> None:
    series = cast.series(images=1)
    new = cast.replace(cast.images_of(series)[0])

    assert found("", level=Level.IMAGE) == [new]
    assert search.page(EVERYTHING, SearchQuery()).items[0].instance_id == new


def test_images_stand_in_space_within_their_series(cast: Cast) -> None:
    older = cast.series(images=3)
    newer = cast.series(images=2)

    assert found("", level=Level.IMAGE) == cast.images_of(newer) + cast.images_of(older)


def test_image_pages_go_on_when_the_last_image_seen_went_to_the_bin(cast: Cast) -> None:
    images = cast.images_of(cast.series(images=6))
    query = SearchQuery(level=Level.IMAGE)
    first = search.page(EVERYTHING, query, limit=3)
    cast.put_in_bin(images[2])

    second = search.page(EVERYTHING, query, cursor=first.next_cursor, limit=3)

    assert [card.id for card in second.items] == images[3:]


def test_image_pages_go_on_when_the_last_series_seen_went_to_the_bin(cast: Cast) -> None:
    older = cast.series(images=2)
    newer = cast.images_of(cast.series(images=6))
    query = SearchQuery(level=Level.IMAGE)
    first = search.page(EVERYTHING, query, limit=3)
    cast.put_in_bin(*newer)

    second = search.page(EVERYTHING, query, cursor=first.next_cursor, limit=3)

    assert [card.id for card in second.items] == cast.images_of(older)


def test_a_keyword_at_the_image_level_means_the_images_that_have_it(cast: Cast) -> None:
    series = cast.series(
        images=5, words_of=["instancenumber:3", "instancenumber:5", "imagecomments:good", "imagecomments:bad"]
    )
    images = cast.images_of(series)
    for place, image in enumerate(images):
        cast.header(image, {"ImageComments": ("00204000", "LT", "good" if place in {1, 4} else "bad")})

    assert found("InstanceNumber=3", level=Level.IMAGE) == [images[2]]
    assert found("ImageComments=good", level=Level.IMAGE) == [images[1], images[4]]
    assert found("ImageComments=good InstanceNumber=5", level=Level.IMAGE) == [images[4]]


def test_headers_are_looked_at_a_bounded_number_a_page_and_none_is_lost(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = []
    for n in range(4):
        images = cast.images_of(cast.series(images=6, words_of=["imagecomments:good"]))
        for image in images:
            cast.header(image, {"ImageComments": ("00204000", "LT", "good" if image == images[n] else "bad")})
        wanted.insert(0, images[n])
    query = replace(parse({"q": ["ImageComments=good"]}), level=Level.IMAGE)
    monkeypatch.setattr("dicomgallery.catalog.images.MOST_HEADERS", 4)

    first = search.page(EVERYTHING, query, limit=2)

    assert len(first.items) <= 1
    assert first.next_cursor is not None
    assert [card.id for card in walked(query, 2)] == wanted
    assert search.count(EVERYTHING, query).upper_bound


def test_facets_a_date_range_and_a_collection_narrow_together(cast: Cast) -> None:
    wanted = cast.series(modality="MR", date="20210505", manufacturer="Acme")
    others = [
        cast.series(modality="CT", date="20210505", manufacturer="Acme"),
        cast.series(modality="MR", date="20200505", manufacturer="Acme"),
        cast.series(modality="MR", date="20210505", manufacturer="Other"),
    ]
    members = [image for series in [wanted, *others] for image in cast.images_of(series)]
    collection = cast.collection("Teaching", *members)
    cast.series(modality="MR", date="20210505", manufacturer="Acme")
    asked = {
        "modality": ["MR", "US"],
        "manufacturer": ["Acme"],
        "from": ["2021"],
        "to": ["2021-05"],
        "collection": [str(collection)],
    }

    for level in Level:
        query = replace(parse(asked), level=level)

        assert len(search.page(EVERYTHING, query).items) == 1
        assert search.count(EVERYTHING, query).number == 1
    assert [card.id for card in search.page(EVERYTHING, parse(asked)).items] == [wanted]


def test_a_collection_at_the_image_level_holds_its_own_files_only(cast: Cast) -> None:
    images = cast.images_of(cast.series(images=4))
    collection = cast.collection("Some", images[2], images[0])
    query = SearchQuery(level=Level.IMAGE, collection_id=collection)

    assert [card.id for card in search.page(EVERYTHING, query).items] == [images[0], images[2]]
    assert search.count(EVERYTHING, query).number == 2


def test_series_without_a_value_can_be_asked_for(cast: Cast) -> None:
    wanted = cast.series(body_part="", date="")
    cast.series(body_part="CHEST")

    assert [c.id for c in search.page(EVERYTHING, parse({"body_part": ["(none)"]})).items] == [wanted]
    assert [c.id for c in search.page(EVERYTHING, parse({"year": ["(none)"]})).items] == [wanted]


def test_a_study_matches_when_any_of_its_series_does(cast: Cast) -> None:
    cast.series(study_uid="1.2.3.4.5", modality="CT")
    cast.series(study_uid="1.2.3.4.5", modality="SR", images=4)
    cast.series(modality="MR")

    cards = search.page(EVERYTHING, replace(parse({"modality": ["SR"]}), level=Level.STUDY)).items

    assert [(card.modality, card.series_count, card.count) for card in cards] == [("CT, SR", 2, 5)]
    assert cards[0].series_id == 1, "the pictures stand for a study, not its report"
