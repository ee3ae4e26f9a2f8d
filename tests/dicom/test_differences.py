"""What differs between two headers."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset

from dicomgallery.dicom import dicomjson, synthetic
from dicomgallery.dicom.differences import Change, Difference, differences, side_by_side
from dicomgallery.dicom.told import summed, told


def _between(before: Dataset, after: Dataset) -> list[Difference]:
    return differences(summed(before), summed(after))


def _said(found: list[Difference]) -> list[tuple[str, str, str | None, str | None]]:
    return [
        (one.path, one.change, one.before.words if one.before else None, one.after.words if one.after else None)
        for one in found
    ]


def _reference(uid: str) -> Dataset:
    item = Dataset()
    item.ReferencedSOPInstanceUID = uid
    return item


def test_an_object_does_not_differ_from_itself() -> None:
    one = synthetic.ct_slice(1, of=2)

    assert _between(one, one) == []
    assert {found.change for found in side_by_side(summed(one), summed(one))} == {Change.SAME}


def test_what_is_added_removed_and_changed_is_told_apart_in_the_order_of_tags() -> None:
    before, after = Dataset(), Dataset()
    before.StudyDate, after.StudyDate = "20040119", "20040120"
    before.AccessionNumber = "A1"
    after.PatientSex = "F"

    assert _said(_between(before, after)) == [
        ("00080020", "changed", "19 Jan 2004", "20 Jan 2004"),
        ("00080050", "removed", "A1", None),
        ("00100040", "added", None, "female"),
    ]


def test_another_spelling_of_a_number_is_a_change_and_no_value_is_not_an_absent_one() -> None:
    before, after = Dataset(), Dataset()
    before.add_new(0x00180050, "DS", "1.50")
    after.add_new(0x00180050, "DS", "1.5")
    before.add_new(0x00080050, "SH", "")

    found = _between(before, after)

    assert _said(found) == [("00080050", "removed", "", None), ("00180050", "changed", "1.5 mm", "1.5 mm")]
    assert (found[1].before.raw, found[1].after.raw) == ("1.50", "1.5")  # type: ignore[union-attr] # both have it


def test_a_number_is_its_text_where_one_model_has_either() -> None:
    written = {"00180050": {"vr": "DS", "Value": ["1.50"]}}
    parsed = {"00180050": {"vr": "DS", "Value": [1.5]}}

    assert differences(written, parsed) == []
    assert len(differences(written, {"00180050": {"vr": "DS", "Value": [1.6]}})) == 1


def test_another_vr_of_the_same_value_is_a_change() -> None:
    before, after = Dataset(), Dataset()
    before.add_new(0x00091001, "LO", "A")
    after.add_new(0x00091001, "SH", "A")

    (found,) = _between(before, after)

    assert found.vr_changed
    assert found.change is Change.CHANGED


def test_bytes_are_told_by_length_and_hash_however_long_they_are() -> None:
    before, after = synthetic.ct_slice(1, of=1, rows=16, columns=16), synthetic.ct_slice(1, of=1, rows=16, columns=16)
    after.PixelData = bytes(512)

    (found,) = _between(before, after)

    assert found.name == "Pixel Data"
    assert found.after
    # printf of 512 NULs through sha256sum.
    assert found.after.raw == "076a27c79e5ace2a3d47f9dd2e83e4ff6ea8872b3c2218f66c92b89b55f36560"
    assert found.after.words == "512 bytes, SHA-256 076a27c79e5a…"


def test_short_bytes_of_a_kept_header_are_compared_with_those_of_a_file() -> None:
    one = Dataset()
    one.add_new(0x00020001, "OB", b"\0\1")

    assert differences(dicomjson.to_model(one), summed(one)) == []


def test_an_item_put_in_before_others_is_the_only_thing_that_came() -> None:
    before, after = Dataset(), Dataset()
    before.ReferencedImageSequence = [_reference("1.2.1"), _reference("1.2.2")]
    after.ReferencedImageSequence = [_reference("1.2.9"), _reference("1.2.1"), _reference("1.2.2")]

    found = _between(before, after)

    assert _said(found) == [
        ("00081140", "changed", "2 items", "3 items"),
        ("00081140[0].00081155", "added", None, "1.2.9"),
    ]
    assert found[1].within == ("Referenced Image Sequence, item 1",)


def test_a_change_deep_inside_is_told_with_its_way_and_nothing_around_it() -> None:
    before, after = _reference("1.2.1"), _reference("1.2.2")
    for _ in range(3):
        outer, other = Dataset(), Dataset()
        outer.ContentSequence, other.ContentSequence = [before], [after]
        before, after = outer, other

    (found,) = _between(before, after)

    assert found.path == "0040A730[0].0040A730[0].0040A730[0].00081155"
    assert found.within == ("Content Sequence, item 1",) * 3


def test_a_sequence_that_goes_takes_its_elements_along_one_by_one() -> None:
    before = Dataset()
    before.ReferencedImageSequence = [_reference("1.2.1")]

    assert _said(_between(before, Dataset())) == [
        ("00081140", "removed", "1 item", None),
        ("00081140[0].00081155", "removed", "1.2.1", None),
    ]


def test_a_private_element_is_named_by_the_creator_beside_it() -> None:
    before, after = Dataset(), Dataset()
    for one, value in ((before, 1.0), (after, 2.0)):
        one.add_new(0x00190010, "LO", "SIEMENS MR HEADER")
        one.add_new(0x0019100E, "FD", value)

    (found,) = _between(before, after)

    assert (found.name, found.creator) == ("DiffusionGradientDirection", "SIEMENS MR HEADER")


def test_a_great_many_differences_end_where_they_are_told_to() -> None:
    before = {f"{tag:08X}": {"vr": "LO", "Value": ["x"]} for tag in range(0x00110000, 0x00110100)}

    assert len(differences(before, {}, most=7)) == 7
    assert len(side_by_side(before, before, most=7)) == 7


VALUE: st.SearchStrategy[object] = st.sampled_from(
    [None, True, -1, 2**70, 1.5, "", "x", "NaN", [], {}, {"00080018": {}}, {"Alphabetic": 3}]
)
ELEMENT: st.SearchStrategy[dict[str, object]] = st.fixed_dictionaries(
    {},
    optional={
        "vr": st.sampled_from(["SQ", "PN", "DS", "US", "AT", "OB", "FD", "XX"]),
        "Value": st.lists(VALUE, max_size=3),
        "InlineBinary": st.sampled_from(["", "AAA=", "?"]),
        "BulkDataURI": st.just("bulkdata/7FE00010"),
    },
)
MODEL = st.dictionaries(
    st.sampled_from(["00080018", "00091001", "00090010", "7FE00010", "no tag"]), ELEMENT, max_size=4
)


@settings(deadline=None)
@given(MODEL, MODEL)
def test_no_model_is_too_odd_to_be_compared(before: dict[str, object], after: dict[str, object]) -> None:
    there, back = differences(before, after), differences(after, before)

    assert len([one for one in there if not one.within]) == len([one for one in back if not one.within])
    assert differences(before, before) == []


@pytest.mark.parametrize(("vr", "value"), [("AT", 0x00100010), ("US", 3), ("FD", 2.5), ("PN", "Doe^Jane=山田")])
def test_a_value_is_told_as_the_table_of_tags_tells_it(vr: str, value: object) -> None:
    dataset = Dataset()
    dataset.add(DataElement(0x00091001, vr, value))

    found = told(0x00091001, summed(dataset)["00091001"])

    assert (found.vr, found.words) == (vr, {"AT": "PatientName", "US": "3", "FD": "2.5", "PN": "Doe Jane (山田)"}[vr])
