"""Names, dates, times and ages as a person reads and searches them."""

import pytest

from dicomgallery.dicom.values import (
    clean,
    date_key,
    display_age,
    display_date,
    display_datetime,
    display_time,
    fold,
    name_groups,
    person_name,
    time_key,
)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Yamada^Tarou=山田^太郎=やまだ^たろう", "Yamada Tarou (山田 太郎)"),
        ("Doe^John^A^Dr^Jr", "Dr Doe John A, Jr"),
        ("Hong^Gildong=洪^吉洞=홍^길동", "Hong Gildong (洪 吉洞)"),
        ("=山田^太郎", "山田 太郎"),
        ("==やまだ", "やまだ"),
        ("Λουκάς", "Λουκάς"),
        ("قباني^لنزار", "قباني لنزار"),
        ("One^A\\Two^B", "One A, Two B"),
        ("", ""),
        ("^^^^", ""),
        ("A^B^C^D^E^F=G=H=I", "D A B C, E F (G)"),
    ],
)
def test_a_name_is_read_in_its_natural_order(written: str, read: str) -> None:
    assert person_name(written) == read


def test_a_name_has_three_groups_whatever_is_written() -> None:
    assert name_groups("a^b") == ("a^b", "", "")
    assert name_groups("a=b=c=d") == ("a", "b", "c=d")


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("20040119", "20040119"),
        ("2004.01.19", "20040119"),
        ("2004-01-19", "20040119"),
        ("20040119 ", "20040119"),
        ("20040231", ""),
        ("2004", ""),
        ("00000000", ""),
        ("", ""),
        ("٢٠٠٤٠١١٩", "20040119"),
        ("not a date", ""),
    ],
)
def test_dates_sort_by_one_form_and_nonsense_by_none(text: str, key: str) -> None:
    assert date_key(text) == key


def test_dates_are_written_short_and_long_and_nonsense_stays() -> None:
    assert display_date("20040119") == "19 Jan 2004"
    assert display_date("20040119", long=True) == "19 January 2004"
    assert display_date("sometime") == "sometime"


def test_times_show_seconds_only_when_the_file_has_them() -> None:
    assert display_time("072730.123") == "07:27:30"
    assert display_time("0727") == "07:27"
    assert display_time("07:27:30") == "07:27:30"
    assert display_time("07") == "07:00"
    assert display_time("996199") == "996199"
    assert time_key("0727") == "072700"


def test_moments_keep_their_offset() -> None:
    assert display_datetime("20070727120000.000000+0100") == "27 Jul 2007, 12:00:00 +01:00"
    assert display_datetime("20070727") == "27 Jul 2007"
    assert display_datetime("later") == "later"


def test_ages_are_words() -> None:
    assert display_age("045Y") == "45 years"
    assert display_age("001M") == "1 month"
    assert display_age("old") == "old"


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("MÜLLER^Jürgen", "muller jurgen"),
        ("Straße", "strasse"),
        ("Łukasz Ørsted", "lukasz orsted"),
        ("ﾔﾏﾀﾞ^ﾀﾛｳ", "ヤマダ タロウ"),
        ("Ἀθῆναι", "αθηναι"),
        ("Yamada^Tarou=山田^太郎", "yamada tarou 山田 太郎"),
        ("홍길동", "홍길동"),
    ],
)
def test_search_sees_no_case_accents_width_or_delimiters(text: str, folded: str) -> None:
    assert fold(text) == folded
    assert fold(folded) == folded


def test_texts_from_files_are_brought_into_one_form() -> None:
    assert clean("  Ju\0\u0308rgen ") == "Jürgen"
    assert len(clean("x" * 5000)) == 1000
    assert clean("\ud800").encode("utf-8") == b"?"
