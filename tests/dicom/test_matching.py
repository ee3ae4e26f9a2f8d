"""Attribute matching as PS3.4 C.2.2.2 has it, on values of the DICOM JSON model."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomgallery.dicom import bulk_paths
from dicomgallery.dicom.matching import Universal, glob, matches, reads
from dicomgallery.dicom.paths import Step

YAMADA = {"Alphabetic": "Yamada^Tarou", "Ideographic": "山田^太郎", "Phonetic": "やまだ^たろう"}
MUELLER = {"Alphabetic": "Müller^Jörg^Karl"}


def holds(vr: str, key: str, *values: Any, fuzzy: bool = False) -> bool:
    """Say whether values match a key."""
    matcher = reads(vr, key, fuzzy=fuzzy)
    assert not isinstance(matcher, str), matcher
    return matcher.matches(values)


@pytest.mark.parametrize(
    ("vr", "key", "value", "expected"),
    [
        ("LO", "Chest", "Chest", True),
        ("LO", "chest", "Chest", False),
        ("LO", "Ch*t", "Chest", True),
        ("LO", "Ch?st", "Chest", True),
        ("LO", "Ch?t", "Chest", False),
        ("LO", "*", "Chest", True),
        ("CS", "CT\\MR", "MR", True),
        ("CS", "CT,MR", "MR", True),
        ("UT", "a\\b", "a\\b", True),
        ("UI", "1.2,1.3", "1.3", True),
        ("UI", "1.2\\1.3", "1.4", False),
        ("IS", "007", 7, True),
        ("DS", "2.50", 2.5, True),
        ("DS", "2.5", "2.50", True),
        ("AT", "00181063", "00181063", True),
        ("DA", "20200115", "20200115", True),
        ("DA", "20200115", "2020.01.15", True),
        ("DA", "20200101-20200131", "20200115", True),
        ("DA", "20200101-20200131", "20200201", False),
        ("DA", "-20200131", "19990101", True),
        ("DA", "20200131-", "19990101", False),
        ("TM", "10", "105959", True),
        ("TM", "1000-1030", "103059.9", True),
        ("TM", "1000-1030", "103100", False),
        ("TM", "-0900", "085959", True),
        ("DT", "20200101-2021", "20211231235959", True),
        ("DT", "202001011000+0100-202001011200+0100", "202001010930+0000", True),
        ("DT", "202001011000+0100-202001011200+0100", "202001011130+0000", False),
        ("DT", "20200101-0500", "20200101100000-0500", True),
    ],
)
def test_a_value_matches_its_key_or_not(vr: str, key: str, value: Any, expected: bool) -> None:
    assert holds(vr, key, value) is expected


@pytest.mark.parametrize(
    ("key", "name", "expected"),
    [
        ("yamada^tarou", YAMADA, True),
        ("YAMADA*", YAMADA, True),
        ("山田^太郎", YAMADA, True),
        ("=山田*", YAMADA, True),
        ("山田*=", YAMADA, False),
        ("Yamada*=*=やまだ*", YAMADA, True),
        ("muller^jorg*", MUELLER, True),
        ("Jörg*", MUELLER, False),
        ("*jorg*", MUELLER, True),
    ],
)
def test_names_match_by_any_group_without_case_and_accents(key: str, name: Any, expected: bool) -> None:
    assert holds("PN", key, name) is expected


@pytest.mark.parametrize(
    ("key", "expected"), [("jorg muller", True), ("Karl Jör", True), ("Jörg^Müller", True), ("jorg smith", False)]
)
def test_fuzzy_names_match_in_any_order_by_the_beginnings_of_their_parts(key: str, expected: bool) -> None:
    assert holds("PN", key, MUELLER, fuzzy=True) is expected


def test_an_empty_key_matches_all_and_two_quotes_only_what_is_empty() -> None:
    for vr in ("LO", "DA", "UI", "SQ", "OB", "IS"):
        assert isinstance(reads(vr, ""), Universal)
    assert holds("LO", '""')
    assert holds("LO", '""', None)
    assert not holds("LO", '""', "Chest")


@pytest.mark.parametrize(
    ("vr", "key"),
    [
        ("DA", "2020"), ("DA", "20201399"), ("DA", "20200201-20200101"), ("DA", "-"), ("TM", "25"), ("DT", "soon"),
        ("UI", "1.2.x"), ("UI", "1." * 40), ("IS", "seven"), ("SQ", "x"), ("OB", "x"), ("LO", "*" * 11),
        ("LO", "x" * 1001), ("DA", "\\".join(["20200101-"] * 101)), ("IS", "\\".join("1" * 101)),
        ("UI", ",".join([f"1.{n}" for n in range(1001)])),
    ],
)  # fmt: skip
def test_a_key_that_says_nothing_is_told_so_without_repeating_it(vr: str, key: str) -> None:
    said = reads(vr, key)

    assert isinstance(said, str)
    assert said.endswith(".")
    assert len(key) < 4 or key not in said


def test_keys_in_one_sequence_match_in_the_same_item() -> None:
    model = {
        "00400275": {
            "vr": "SQ",
            "Value": [
                {"00400009": {"vr": "SH", "Value": ["A"]}, "00401001": {"vr": "SH", "Value": ["1"]}},
                {"00400009": {"vr": "SH", "Value": ["B"]}, "00401001": {"vr": "SH", "Value": ["2"]}},
            ],
        }
    }

    def has(step: str, procedure: str) -> bool:
        keys = {0x00400009: reads("SH", step), 0x00401001: reads("SH", procedure)}
        return matches(model, {0x00400275: keys})  # type: ignore[dict-item] # both are matchers

    assert has("A", "1")
    assert has("B", "")
    assert not has("A", "2")


@given(st.text("ab*?", max_size=12), st.text("ab", max_size=12))
def test_a_pattern_matches_as_it_does_one_letter_at_a_time(pattern: str, text: str) -> None:
    def slowly(pattern: str, text: str) -> bool:
        if not pattern:
            return not text
        if pattern[0] == "*":
            return slowly(pattern[1:], text) or (bool(text) and slowly(pattern, text[1:]))
        return bool(text) and pattern[0] in ("?", text[0]) and slowly(pattern[1:], text[1:])

    assert glob(pattern, text) is slowly(pattern, text)


@given(st.sampled_from(["DA", "TM", "DT", "UI", "PN", "LO", "IS", "AT", "CS"]), st.text(max_size=40))
def test_no_key_raises(vr: str, key: str) -> None:
    matcher = reads(vr, key)
    if not isinstance(matcher, str):
        matcher.matches(["x", "20200101", None, 1, {"Alphabetic": "A"}])


def test_an_address_of_bulk_data_is_read_as_it_is_written() -> None:
    path = (Step(0x00089215, 0), Step(0x00720068))

    assert bulk_paths.written(path) == "00089215/0/00720068"
    assert bulk_paths.parse("00089215/0/00720068") == path
    assert bulk_paths.parse("7fe00010") == (Step(0x7FE00010),)
    for wrong in (
        "",
        "7FE0001",
        "7FE00010/",
        "7FE00010/0",
        "../secret",
        "00089215/-1/00720068",
        "x" * 8,
        "/".join("1" * 99),
    ):
        assert bulk_paths.parse(wrong) is None
