"""The directory of a medium: its records found by their offsets, whatever these say."""

from pathlib import Path

import pydicom.data
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomgallery.dicom import directory, synthetic
from dicomgallery.dicom.directory import Directory, directory_of
from dicomgallery.dicom.reader import read_header
from dicomgallery.dicom.records import Record
from dicomgallery.dicom.vocabulary import kind_of
from tests.directories import SYNTAXES, Entry, image, medium, written

PACKAGED = Path(pydicom.data.__file__).parent / "test_files" / "dicomdirtests"
Shape = list[tuple[str, "Shape"]]


def read(content: bytes | Path) -> Directory:
    found = directory_of(read_header(content))
    assert found is not None
    return found


def shape(records: tuple[Record, ...]) -> Shape:
    return [(record.kind, shape(record.below)) for record in records]


@pytest.mark.parametrize("undefined_lengths", [False, True])
@pytest.mark.parametrize("syntax", SYNTAXES)
def test_records_are_found_by_their_offsets_in_every_encoding(syntax: str, undefined_lengths: bool) -> None:
    top = [medium(image(1, "1.2.3"), image(2, "1.2.4")), medium(image(1, "1.2.5"), name="Other^One")]

    found = read(written(top, syntax=syntax, undefined_lengths=undefined_lengths))

    assert found.remarks == ()
    assert found.sentence == "3 images of 2 patients"
    two: Shape = [("PATIENT", [("STUDY", [("SERIES", [("IMAGE", []), ("IMAGE", [])])])])]
    assert shape(found.records) == [*two, ("PATIENT", [("STUDY", [("SERIES", [("IMAGE", [])])])])]


def test_each_record_is_told_by_its_own_keys() -> None:
    report = Entry("SR DOCUMENT", InstanceNumber=4, VerificationFlag="VERIFIED", ContentDate="20240520")
    (patient,) = read(written([medium(image(7, "1.2.3", "A", "B"), report)])).records

    (study,) = patient.below
    (series,) = study.below
    one, other = series.below
    assert (patient.title, patient.identifier, patient.is_person) == ("Hounsfield Ada", "P-1", True)
    assert (study.title, study.identifier, study.details) == ("CT Chest", "S1", ("19 May 2024",))
    assert (series.title, series.details) == ("Series 3", ("CT",))
    assert (one.title, one.file, one.sop_uid, one.is_object) == ("Image 7", "A/B", "1.2.3", True)
    assert (other.title, other.details, other.is_object) == ("Report 4", ("20 May 2024", "verified"), False)


@pytest.mark.parametrize("name", ["DICOMDIR", "DICOMDIR-implicit", "DICOMDIR-bigEnd", "DICOMDIR-reordered"])
def test_the_packaged_directories_tell_the_same_tree(name: str) -> None:
    found = read(PACKAGED / name)

    assert (found.name, found.sentence, found.remarks) == ("PYDICOM_TEST", "31 images of 2 patients", ())
    assert [record.title for record in found.records] == ["Doe Archibald", "Doe Peter"]
    assert shape(found.records) == shape(read(PACKAGED / "DICOMDIR").records)


def test_records_without_offsets_are_nested_by_their_types() -> None:
    found = read(written([medium(image(1, "1.2.3"))], linked=False))

    assert shape(found.records) == [("PATIENT", [("STUDY", [("SERIES", [("IMAGE", [])])])])]
    assert found.remarks == ("No record leads to 4 records; they stand in the order of the file.",)


def test_a_record_that_nothing_leads_to_is_told_after_the_others() -> None:
    top = [medium(image(1, "1.2.3")), medium(image(2, "1.2.4"), name="Lost^One")]
    content = written(top)
    dataset = read_header(content)
    dataset.DirectoryRecordSequence[0].OffsetOfTheNextDirectoryRecord = 0

    found = directory_of(dataset)

    assert found is not None
    assert [record.title for record in found.records] == ["Hounsfield Ada", "Lost One"]
    assert found.remarks == ("No other record leads to 4 records; they stand in the order of the file.",)


def test_a_circle_of_records_ends() -> None:
    dataset = read_header(written([medium(image(1, "1.2.3"))]))
    records = dataset.DirectoryRecordSequence
    records[3].OffsetOfTheNextDirectoryRecord = records[3].seq_item_tell
    records[3].OffsetOfReferencedLowerLevelDirectoryEntity = records[0].seq_item_tell

    found = directory_of(dataset)

    assert found is not None
    assert len(list(found.walk())) == 4
    assert found.remarks == ("2 offsets lead to a record that was told before.",)


def test_offsets_astray_are_said() -> None:
    dataset = read_header(written([medium(image(1, "1.2.3"))]))
    dataset.DirectoryRecordSequence[0].OffsetOfTheNextDirectoryRecord = 77

    found = directory_of(dataset)

    assert found is not None
    assert found.sentence == "1 image of 1 patient"
    assert found.remarks == ("1 offset leads to where no record begins.",)


def test_what_is_no_longer_in_use_is_not_shown_nor_what_hangs_below_it() -> None:
    gone = medium(image(2, "1.2.4"), name="Gone^One")
    gone.dataset.RecordInUseFlag = 0

    found = read(written([gone, medium(image(1, "1.2.3"))]))

    assert [record.title for record in found.records] == ["Hounsfield Ada"]
    assert found.remarks == ("4 records marked as no longer in use are not shown.",)


def test_more_records_than_a_page_bears_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directory, "MOST_RECORDS", 3)

    found = read(written([medium(*(image(number, f"1.2.{number}") for number in range(1, 9)))]))

    assert len(list(found.walk())) == 3
    assert found.remarks == ("8 records more are not shown; the tags list them all.",)


def test_records_deeper_than_any_medium_has_are_told_all_the_same() -> None:
    deep = Entry("PRIVATE")
    for _ in range(29):
        deep = Entry("PRIVATE", deep)

    assert len(list(read(written([deep])).walk())) == 30


@given(st.lists(st.tuples(st.integers(0, 700), st.integers(0, 700), st.sampled_from([0, 0xFFFF, 7])), max_size=9))
def test_whatever_the_offsets_every_record_is_told_once(links: list[tuple[int, int, int]]) -> None:
    dataset = read_header(written([medium(*(image(number, "1.2.3") for number in range(len(links))))]))
    records = dataset.DirectoryRecordSequence
    places = [one.seq_item_tell for one in records]
    for record, (following, lower, in_use) in zip(records, links, strict=False):
        record.OffsetOfTheNextDirectoryRecord = places[following % len(places)] if following % 3 else following
        record.OffsetOfReferencedLowerLevelDirectoryEntity = places[lower % len(places)] if lower % 3 else lower
        record.RecordInUseFlag = in_use

    found = directory_of(dataset)

    assert found is not None
    told = sum(1 for _ in found.walk())
    assert told <= len(records)
    assert told == len(records) or any("no longer in use" in remark for remark in found.remarks)


def test_an_empty_directory_lists_nothing() -> None:
    found = read(PACKAGED / "DICOMDIR-empty.dcm")

    assert (found.sentence, found.records) == ("It lists no files.", ())


def test_what_is_no_directory_has_none() -> None:
    assert directory_of(synthetic.ct_slice(rows=8, columns=8)) is None
    assert kind_of(directory.DIRECTORY_CLASS, has_pixels=False) == "directory"
