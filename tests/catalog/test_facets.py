"""Facets and their counts."""

import pytest

from dicomgallery.access import Scope
from dicomgallery.catalog import counters, facet_values, facets, search
from dicomgallery.catalog.facets import Facet
from dicomgallery.catalog.query import SearchQuery, parse
from dicomgallery.models import FacetCount, Series, db, transaction
from tests.catalog.cast import EVERYTHING, Cast


def of(query: SearchQuery) -> dict[str, Facet]:
    """The facets of a search by name."""
    db.session.rollback()
    return {facet.name: facet for facet in facets.of(EVERYTHING, query)}


def counts(facet: Facet) -> dict[str, int]:
    """Value to count, in order."""
    return {value.value: value.count for value in facet.values}


@pytest.fixture
def some(cast: Cast) -> Cast:
    """Four series."""
    cast.series(modality="CT", body_part="CHEST", date="20200101", manufacturer="SIEMENS")
    cast.series(modality="CT", body_part="HEAD", date="20210101", manufacturer="Siemens")
    cast.series(modality="MR", body_part="HEAD", date="20210601", manufacturer="GE MEDICAL SYSTEMS")
    cast.series(modality="US", body_part="", date="", deidentified="profile", transfer_syntax="1.2.840.10008.1.2.4.70")
    return cast


def test_every_value_is_offered_with_its_count_most_first(some: Cast) -> None:
    found = of(SearchQuery())

    assert list(found) == list(facets.TITLES)
    assert counts(found["modality"]) == {"CT": 2, "MR": 1, "US": 1}
    assert counts(found["body_part"]) == {"HEAD": 2, "(none)": 1, "CHEST": 1}
    assert counts(found["year"]) == {"2021": 2, "2020": 1, "(none)": 1}
    assert not any(value.capped or value.selected for facet in found.values() for value in facet.values)


def test_labels_read_well_and_never_hide_a_difference(some: Cast) -> None:
    found = of(SearchQuery())
    labels = {value.value: value.label for facet in found.values() for value in facet.values}

    assert labels["CHEST"] == "Chest"
    assert labels["GE MEDICAL SYSTEMS"] == "GE Medical Systems"
    assert {labels["SIEMENS"], labels["Siemens"]} == {"SIEMENS", "Siemens"}
    assert labels["(none)"] == "Not given"
    assert labels["profile"] == "Yes, by a profile"
    assert labels["1.2.840.10008.1.2.4.70"] == "JPEG lossless SV1"
    assert found["modality"].values[0].hint == "Computed tomography"


def test_a_choice_narrows_the_other_facets_but_not_its_own(some: Cast) -> None:
    found = of(parse({"modality": ["CT"]}))

    assert counts(found["modality"]) == {"CT": 2, "MR": 1, "US": 1}
    assert counts(found["body_part"]) == {"CHEST": 1, "HEAD": 1}
    assert [value.value for value in found["modality"].values if value.selected] == ["CT"]


def test_choices_in_two_facets_narrow_each_by_the_other(some: Cast) -> None:
    found = of(parse({"modality": ["CT"], "body_part": ["HEAD"]}))

    assert counts(found["modality"]) == {"CT": 1, "MR": 1}
    assert counts(found["body_part"]) == {"CHEST": 1, "HEAD": 1}
    assert counts(found["year"]) == {"2021": 1}


def test_a_chosen_value_that_nothing_has_any_more_can_still_be_unchosen(some: Cast) -> None:
    found = of(parse({"modality": ["XA"]}))

    assert [(v.value, v.count, v.selected) for v in found["modality"].values if v.selected] == [("XA", 0, True)]


def test_every_count_is_what_choosing_it_shows(some: Cast) -> None:
    for asked in (SearchQuery(), parse({"q": ["doe"]}), parse({"body_part": ["HEAD"]}), parse({"from": ["2020"]})):
        for facet in of(asked).values():
            for value in facet.values:
                alone = asked.without(facet.name).toggled(facet.name, value.value)

                assert search.count(EVERYTHING, alone).number == value.count, (asked, facet.name, value.value)


def test_years_stand_without_gaps_and_know_which_are_chosen(cast: Cast) -> None:
    for date in ("20180101", "20210101", "20210201", "", "bad"):
        cast.series(date=date)

    found = facets.years(EVERYTHING, parse({"year": ["2021"]}))

    assert [(one.year, one.count, one.selected) for one in found] == [
        (2018, 1, False),
        (2019, 0, False),
        (2020, 0, False),
        (2021, 2, True),
    ]


def test_counting_under_a_filter_stops_at_the_cap_and_says_so(some: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("facets", "matching", "search"):
        monkeypatch.setattr(f"dicomgallery.catalog.{module}.CAP", 2)
    monkeypatch.setattr("dicomgallery.catalog.count.CAP", 2)
    query = parse({"q": ["doe"]})

    counted = search.count(EVERYTHING, query)
    found = of(query)

    assert (counted.number, counted.capped, str(counted)) == (2, True, "2+")
    assert all(value.capped for value in found["modality"].values)


def test_collections_are_counted_by_the_series_that_have_a_visible_file_in_them(cast: Cast) -> None:
    first, second = cast.series(images=2), cast.series(modality="MR", images=2)
    images = cast.images_of(first) + cast.images_of(second)
    made = cast.collection("Teaching", *images)
    assert counts(of(SearchQuery())["collection"]) == {str(made): 2}

    deed = cast.put_in_bin(*cast.images_of(second))
    assert counts(of(SearchQuery())["collection"]) == {str(made): 1}
    assert counts(of(parse({"modality": ["MR"]}))["collection"]) == {}
    cast.bring_back(deed)
    assert counts(of(parse({"modality": ["MR"]}))["collection"]) == {str(made): 1}
    cast.put_in_bin(images[0])
    assert counts(of(SearchQuery())["collection"]) == {str(made): 2}


def test_counters_stay_in_step_and_counting_anew_changes_nothing(some: Cast) -> None:
    deed = some.put_in_bin(*some.images_of(1))
    some.put_in_bin(*some.images_of(4))
    some.bring_back(deed)
    with transaction() as session, counters.series_changed(session, [2]):
        session.get_one(Series, 2).modality = "PT"
    kept = _kept()

    with transaction() as session:
        counters.recount(session)

    assert kept == _kept()
    assert ("modality", "PT", 1) in kept
    assert ("modality", "US", 0) not in kept


def test_what_is_hidden_is_not_counted_when_it_changes(some: Cast) -> None:
    some.put_in_bin(*some.images_of(2))
    before = _kept()

    with transaction() as session, counters.series_changed(session, [2]):
        session.get_one(Series, 2).modality = "PT"

    assert _kept() == before


def test_what_is_kept_of_a_series_holds_as_long_as_one_instance_stands_for_it(some: Cast) -> None:
    asked = parse({"body_part": ["HEAD"]})
    assert counts(of(asked)["manufacturer"]) == {"Siemens": 1, "GE MEDICAL SYSTEMS": 1}
    stands_now = some.images_of(1)[0]
    with transaction() as session, counters.series_changed(session, [2]):
        other = session.get_one(Series, 2)
        other.manufacturer, other.cover_id = "Philips", stands_now

    assert counts(of(asked)["manufacturer"]) == {"Philips": 1, "GE MEDICAL SYSTEMS": 1}


def test_counts_are_the_same_when_little_can_be_kept(some: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = parse({"modality": ["CT", "MR"]})
    before = counts(of(asked)["body_part"])
    monkeypatch.setattr(facet_values, "MOST_KEPT", 2)

    db.session.rollback()
    kept = facet_values._kept[db.engine]
    kept.clear()
    assert counts(of(asked)["body_part"]) == before == {"HEAD": 2, "CHEST": 1}
    some.series(modality="CT", body_part="HEAD")
    assert counts(of(asked)["body_part"]) == {"HEAD": 3, "CHEST": 1}
    assert len(kept) <= 4


def test_one_workspace_is_told_nothing_of_another_s_series(some: Cast) -> None:
    assert facet_values.of(Scope(frozenset({999})), [(1, None), (2, None)]) == []
    assert len(facet_values.of(EVERYTHING, [(1, None), (2, None)])) == 2


def _kept() -> set[tuple[str, str, int]]:
    with transaction() as session:
        return {(row.facet, row.value, row.count) for row in session.scalars(db.select(FacetCount))}
