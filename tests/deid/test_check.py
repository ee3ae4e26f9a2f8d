"""What identified in an original is found again wherever it is left, and nothing else is."""

import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset, FileMetaDataset

from dicomgallery.deid.check import Leaks, leaks, leaks_in, whole_header
from dicomgallery.deid.fates import by_table
from dicomgallery.deid.traces import Kind, Traces, traces_of
from dicomgallery.dicom import reader, synthetic
from dicomgallery.dicom.prescan import Prescanned, prescan

SECRET = "Halvorsund"


def original(**more: object) -> Dataset:
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.SpecificCharacterSet = "ISO_IR 100"
    dataset.PatientName, dataset.PatientID, dataset.PatientBirthDate = f"{SECRET}^Mireille", "5518203R", "19610417"
    dataset.StudyDate, dataset.StudyTime, dataset.PatientSex = "20190304", "101533.271", "F"
    dataset.StudyInstanceUID = "1.2.826.0.1.3680043.9.8811.1.44"
    dataset.InstitutionName, dataset.StationName = "Saint Quillon", "CT0417"
    dataset.StudyDescription = "CT of the chest, call 555-0199-40"
    dataset.BodyPartExamined, dataset.ProtocolName = "CHEST", "CHEST"
    for keyword, value in more.items():
        setattr(dataset, keyword, value)
    return dataset


def result(**more: object) -> Dataset:
    """What removal has made, with something put into it."""
    dataset = dcmread(BytesIO(synthetic.as_bytes(synthetic.secondary_capture())))
    for keyword in ("PatientSex", "PatientName", "ReferringPhysicianName", "StudyDate", "StudyTime"):
        if keyword in dataset:
            delattr(dataset, keyword)
    dataset.BodyPartExamined, dataset.StudyDescription = "CHEST", "CT of the chest"
    for keyword, value in more.items():
        setattr(dataset, keyword, value)
    return dataset


def searched(made: Dataset, traces: Traces | None = None, name: str = "") -> Leaks:
    return leaks_in(synthetic.as_bytes(made), traces or traces_of(original()), name=name)


def test_a_result_that_holds_nothing_of_the_original_is_clean() -> None:
    assert searched(result()).is_clean
    assert searched(result(), name="000017.dcm").is_clean


@pytest.mark.parametrize(
    ("left", "kind"),
    [
        ("seen by Dr HALVORSUND", Kind.NAME),
        ("mireille", Kind.NAME),
        ("no. 5518203r", Kind.IDENTIFIER),
        ("born 17.04.1961", Kind.DATE),
        ("born 17-APR-1961", Kind.DATE),
        ("April 17, 1961", Kind.DATE),
        ("2019-03-04", Kind.DATE),
        ("at 101533.271", Kind.TIME),
        ("1.2.826.0.1.3680043.9.8811.1.44", Kind.UID),
        ("saint quillon", Kind.PLACE),
        ("call 555-0199-40", Kind.TEXT),
        ("on CT0417", Kind.TEXT),
    ],
)
def test_a_value_is_found_in_a_text_however_it_is_written_and_is_told_by_its_place(left: str, kind: Kind) -> None:
    found = searched(result(SequenceName=left))
    assert kind in {finding.kind for finding in found.findings}
    assert {finding.where for finding in found.findings} == {"(0018,0024)"}
    assert not any(word.lower() in str(found).lower() for word in (left, SECRET, "5518203"))


def _in_a_sequence(made: Dataset) -> None:
    item = Dataset()
    item.CodeMeaning = f"left of {SECRET}"
    made.AnatomicRegionSequence = [Dataset(), item]


def _in_pixels(made: Dataset) -> None:
    made.PixelData = made.PixelData[:100] + SECRET.upper().encode() + made.PixelData[100 + len(SECRET) :]


def _in_the_preamble(made: Dataset) -> None:
    made.preamble = SECRET.encode("utf-16-le").ljust(128, b"\0")


def _in_bytes(made: Dataset) -> None:
    made.ICCProfile = b"\0\1" * 20 + SECRET.encode() + b"\0\1"


def _in_a_document(made: Dataset) -> None:
    packed = zlib.compress(f"BT ({SECRET}) Tj ET".encode())
    made.EncapsulatedDocument = b"%PDF-1.4\n<<>>\nstream\r\n" + packed + b"\r\nendstream\n"


@pytest.mark.parametrize(
    ("put", "where"),
    [
        (_in_a_sequence, "(0008,2218)[1].(0008,0104)"),
        (_in_pixels, "the pixel data, byte "),
        (_in_the_preamble, "the preamble"),
        (_in_bytes, "(0028,2000)"),
        (_in_a_document, "a document inside"),
    ],
)
def test_a_value_is_found_wherever_it_lies(put: Callable[[Dataset], None], where: str) -> None:
    made = result()
    put(made)
    found = searched(made).findings
    assert [finding.where for finding in found if finding.where.startswith(where)]
    assert all(finding.kind is Kind.NAME for finding in found)


def test_a_value_is_found_behind_the_data_set_in_the_file_and_in_its_name(tmp_path: Path) -> None:
    path = tmp_path / "made.dcm"
    path.write_bytes(synthetic.as_bytes(result()) + b"\0" * 40 + SECRET.encode())
    found = leaks(path, traces_of(original()), name="HALVORSUND_1.dcm").findings
    assert any("name" in finding.where for finding in found)
    assert len(found) == 2


def test_a_value_is_found_where_two_stretches_of_a_search_meet() -> None:
    traces, made = traces_of(original()), result(Rows=1500, Columns=1500, SamplesPerPixel=1)
    begin = synthetic.as_bytes(made).index(b"\xe0\x7f\x10\x00")
    for at in range((1 << 20) - len(SECRET) - 13, (1 << 20) + 2):
        pixels = bytearray(1500 * 1500)
        pixels[at : at + len(SECRET)] = SECRET.encode()
        made.PixelData = bytes(pixels)
        found = searched(made, traces).findings
        assert [each.where for each in found] == [f"the pixel data, byte {begin + 12 + at}"]


def test_what_is_lawful_in_one_place_does_not_hide_a_leak_among_bytes() -> None:
    named = traces_of(original(InstitutionName=f"Clinic {SECRET}"), by_table({"retain_institution"}))
    made = result(InstitutionName=f"Clinic {SECRET}")
    made.preamble = SECRET.encode().ljust(128, b"\0")
    assert [each.where for each in searched(made, named).findings] == ["the preamble"]


def test_what_stands_behind_the_pixels_is_taken_for_the_original_too() -> None:
    signature = Dataset()
    signature.CertificateOfSigner = b"QUILLONBERG 0815"
    held = synthetic.as_bytes(result(DigitalSignaturesSequence=[signature]))
    scanned = prescan(held)
    assert isinstance(scanned, Prescanned)
    assert searched(result(SequenceName="QUILLONBERG 0815"), traces_of(whole_header(held, scanned))).findings


def test_a_short_value_counts_where_it_stood_before_and_nowhere_else() -> None:
    assert [str(each) for each in searched(result(PatientSex="F")).findings] == ["text of (0010,0040) in (0010,0040)"]
    assert searched(result(PatientSex="O", Laterality="F")).is_clean


def test_names_in_other_scripts_are_found_in_other_encodings() -> None:
    name = original(SpecificCharacterSet="ISO_IR 192", PatientName="Yamada^Tarou=山田^太郎=やまだ^たろう")
    stored = dcmread(BytesIO(_file(name)))
    made = result(SpecificCharacterSet="ISO_IR 192", SequenceName="山田")
    assert Kind.NAME in {each.kind for each in searched(made, traces_of(stored)).findings}
    assert Kind.NAME not in {each.kind for each in searched(result(), traces_of(stored)).findings}
    german = traces_of(original(PatientName="Überwänger^Jörg"))
    for left in ("überwänger", "ÜBERWÄNGER"):
        assert searched(result(SpecificCharacterSet="ISO_IR 100", SequenceName=left), german).findings


def _file(dataset: Dataset) -> bytes:
    whole = result()
    whole.update({tag: dataset[tag] for tag in dataset.keys()})  # noqa: SIM118 - a Dataset yields elements
    return synthetic.as_bytes(whole)


def test_what_an_option_retains_is_lawful_where_it_is_and_a_leak_elsewhere() -> None:
    traces = traces_of(original(), by_table({"retain_institution"}))
    assert searched(result(InstitutionName="Saint Quillon"), traces).is_clean
    named = traces_of(original(InstitutionName=f"Clinic {SECRET}"), by_table({"retain_institution"}))
    assert searched(result(InstitutionName=f"Clinic {SECRET}"), named).is_clean
    both = result(InstitutionName=f"Clinic {SECRET}", SequenceName=SECRET)
    assert [each.where for each in searched(both, named).findings] == ["(0018,0024)"]


def test_retained_dates_and_uids_are_no_leaks() -> None:
    traces = traces_of(original(), by_table({"retain_long_full_dates", "retain_uids"}))
    made = result(StudyDate="20190304", StudyTime="101533.271", StudyInstanceUID="1.2.826.0.1.3680043.9.8811.1.44")
    assert searched(made, traces).is_clean


def test_a_cleaned_text_may_stay_without_the_name_in_it() -> None:
    described = original(StudyDescription=f"Chest of {SECRET}")
    traces = traces_of(described, by_table({"clean_desc"}))
    assert searched(result(StudyDescription="Chest of"), traces).is_clean
    assert searched(result(StudyDescription=f"Chest of {SECRET}"), traces).findings


def test_words_of_the_standard_and_values_that_removal_writes_are_no_leaks() -> None:
    phantom = traces_of(original(PatientName="Chest^Phantom", PatientID="ANON-0001"), harmless=["ANON-0001"])
    assert searched(result(PatientID="ANON-0001", SequenceName="chest phantom"), phantom).is_clean
    white = traces_of(original(PatientName="White^Henrietta"))
    assert searched(result(SequenceName="gray and white"), white).is_clean
    assert searched(result(SequenceName="Henrietta White"), white).findings


def test_digits_inside_longer_numbers_are_no_identifier() -> None:
    traces = traces_of(original(PatientID="123456"))
    assert searched(result(SequenceName="9123456.0"), traces).is_clean
    assert searched(result(SequenceName="no 123456"), traces).findings


def test_what_cannot_be_read_is_searched_as_bytes_and_is_not_clean() -> None:
    traces = traces_of(original())
    assert not leaks_in(b"nothing of DICOM" * 20, traces).is_clean
    assert leaks_in(b"nothing of DICOM" * 20 + SECRET.encode(), traces).findings


def test_an_original_gives_itself_away_everywhere() -> None:
    held = synthetic.as_bytes(synthetic.ct_slice(rows=32, columns=32))
    found = leaks_in(held, traces_of(reader.read_frames(held)))
    assert {Kind.NAME, Kind.IDENTIFIER, Kind.UID, Kind.DATE} <= {each.kind for each in found.findings}


def test_words_beside_numbers_and_measures_in_a_cleaned_text_are_no_identifiers() -> None:
    dataset = original(DerivationDescription="irreversible lossy 2097:1, compression ratio 20.833")
    told = traces_of(dataset, by_table({"clean_desc"})).needles

    assert not {b"irreversible", b"compression", b"20.833"} & set(told)
    dataset = original(DerivationDescription="call 020-7946-0958 about AB-1234567")
    assert {b"020-7946-0958", b"ab-1234567"} <= set(traces_of(dataset, by_table({"clean_desc"})).needles)
