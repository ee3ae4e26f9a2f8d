"""What varies over many headers."""

from dicomgallery.dicom.differences import Change
from dicomgallery.dicom.spreads import MOST_VALUES, Spreads, apart
from dicomgallery.dicom.told import Model

ROWS, NUMBER, TEXT, ITEMS = "00280010", "00200013", "00081030", "00081140"


def _header(number: int, text: str | None = "same", uids: tuple[str, ...] = ("1.2",)) -> Model:
    header = {
        ROWS: {"vr": "US", "Value": [16]},
        NUMBER: {"vr": "IS", "Value": [number]},
        ITEMS: {"vr": "SQ", "Value": [{"00081155": {"vr": "UI", "Value": [uid]}} for uid in uids]},
    }
    return header if text is None else {**header, TEXT: {"vr": "LO", "Value": [text]}}


def _spreads(*headers: Model) -> Spreads:
    spreads = Spreads()
    for header in headers:
        spreads.add(header)
    return spreads


def test_only_what_varies_is_told_with_how_often_each_value_stands() -> None:
    found = _spreads(_header(1), _header(2), _header(2)).varying()

    assert [one.path for one in found] == [NUMBER]
    assert sorted((said.raw, count) for said, count in found[0].counts.items() if said) == [("1", 1), ("2", 2)]
    assert found[0].words == "2 values, 1 to 2"
    assert found[0].is_number


def test_an_element_that_some_lack_varies() -> None:
    (found,) = _spreads(_header(1), _header(1, text=None), _header(1)).varying()

    assert (found.path, found.present, found.total) == (TEXT, 2, 3)
    assert found.words == "same (in 2 of 3)"
    assert not found.is_number


def test_an_element_that_only_later_headers_have_varies_too() -> None:
    (found,) = _spreads(_header(1, text=None), _header(1)).varying()

    assert (found.name, found.words) == ("Study Description", "same (in 1 of 2)")


def test_items_are_told_apart_by_their_numbers() -> None:
    found = _spreads(_header(1, uids=("1.2",)), _header(1, uids=("1.2", "1.3"))).varying()

    assert [(one.path, one.words) for one in found] == [
        (ITEMS, "2 values"),
        (f"{ITEMS}[1].00081155", "1.3 (in 1 of 2)"),
    ]


def test_very_many_values_are_counted_and_no_longer_told_apart() -> None:
    (found,) = _spreads(*(_header(number) for number in range(MOST_VALUES + 50))).varying()

    assert len(found.counts) == MOST_VALUES + 1
    assert found.uncounted == 49
    assert found.words == f"over {MOST_VALUES + 1:,} values".replace(",", "\u202f")


def test_series_are_the_same_where_their_images_say_the_same_however_often() -> None:
    found = apart(_spreads(_header(1), _header(2)), _spreads(_header(2), _header(2), _header(1, text="other")))

    assert {one.either.path: one.change for one in found if not one.either.within} == {
        TEXT: Change.CHANGED,
        ITEMS: Change.SAME,
        NUMBER: Change.SAME,
        ROWS: Change.SAME,
    }


def test_a_series_without_headers_has_none_of_the_elements() -> None:
    found = apart(_spreads(_header(1)), Spreads())

    assert {one.change for one in found} == {Change.REMOVED}
    assert Spreads().varying() == []
