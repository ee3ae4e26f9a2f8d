"""A search as a URL says it."""

from datetime import date

import pytest

from dicomgallery.catalog.query import Level, SearchQuery, Sort, parse


def test_nothing_asked_is_everything_and_needs_no_parameter() -> None:
    assert parse({}) == SearchQuery()
    assert SearchQuery().args() == []
    assert not SearchQuery().is_filtered


def test_a_search_survives_its_url() -> None:
    asked = {
        "q": ["doe \"chest wall\" Manufacturer=siemens ImageComments='two words'"],
        "modality": ["CT", "MR"],
        "body_part": ["(none)"],
        "from": ["2020-01-01"],
        "to": ["2020-12"],
        "collection": ["7"],
        "level": ["studies"],
        "sort": ["name"],
    }
    query = parse(asked)

    assert query.terms == ("doe", "chest wall")
    assert query.words == (("Manufacturer", "siemens"), ("ImageComments", "two words"))
    assert query.chosen("body_part") == ("",)
    assert (query.date_from, query.date_to) == (date(2020, 1, 1), date(2020, 12, 31))
    assert (query.level, query.sort, query.collection_id) == (Level.STUDY, Sort.NAME, 7)
    again: dict[str, list[str]] = {}
    for name, value in query.args():
        again.setdefault(name, []).append(value)
    assert parse(again) == query
    assert hash(parse(again)) == hash(query)


@pytest.mark.parametrize(
    ("asked", "word"),
    [
        ({"level": ["rooms"]}, "level"),
        ({"sort": ["sideways"]}, "sort"),
        ({"from": ["soon"]}, "date"),
        ({"to": ["2020-02-30"]}, "date"),
        ({"to": ["0000"]}, "date"),
        ({"collection": ["x"]}, "collection"),
        ({"collection": ["9" * 40]}, "collection"),
        ({"q": ['KVP=""']}, "keyword"),
        ({"q": ["x" * 500]}, "cut"),
        ({"q": [" ".join(f"w{n}" for n in range(20))]}, "first"),
    ],
)
def test_what_is_not_understood_is_left_out_with_a_plain_word(asked: dict[str, list[str]], word: str) -> None:
    query = parse(asked)

    assert len(query.complaints) == 1
    assert word in query.complaints[0].lower()
    assert query.level is Level.SERIES


def test_dates_the_wrong_way_round_are_turned() -> None:
    query = parse({"from": ["2021"], "to": ["2019-05-05"]})

    assert (query.date_from, query.date_to) == (date(2019, 5, 5), date(2021, 1, 1))


def test_choosing_and_choosing_again_is_not_choosing() -> None:
    query = SearchQuery().toggled("modality", "CT").toggled("modality", "MR").toggled("collection", "3")

    assert query.chosen("modality") == ("CT", "MR")
    assert query.chosen("collection") == ("3",)
    assert query.toggled("modality", "CT").toggled("modality", "MR").toggled("collection", "3") == SearchQuery()
    assert query.without("modality").chosen("modality") == ()
    assert query.cleared() == SearchQuery()


def test_control_characters_and_empty_values_ask_nothing() -> None:
    assert parse({"q": ["\0\n\t "], "modality": ["", "\0"], "from": [""]}) == SearchQuery()


def test_an_equals_sign_without_a_keyword_is_text() -> None:
    query = parse({"q": ["=x 1=2 ab=c"]})

    assert query.terms == ("=x", "1=2")
    assert query.words == (("ab", "c"),)
