"""Contract A's exact text, and the rows of the tag table."""

from pathlib import Path

import pytest
from pydicom.data import get_testdata_file
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag

from dicomgallery.dicom import synthetic
from dicomgallery.dicom.attributes import AttributeRow, as_text, rows
from dicomgallery.dicom.reader import read_header, read_whole

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "contract_a"
CORPUS = Path(__file__).resolve().parents[2] / ".." / "shared" / "corpus"


def packaged(name: str) -> Dataset:
    """Read one of pydicom's own files, pixels included."""
    return read_whole(Path(str(get_testdata_file(name, download=False))))


def row_of(dataset: Dataset, keyword: str) -> AttributeRow:
    """Find the one row of a keyword."""
    (found,) = [row for row in rows(dataset) if row.keyword == keyword]
    return found


@pytest.mark.parametrize("name", ["CT_small", "MR_small", "test-SR", "rtplan"])
def test_the_text_equals_what_pydicom_2_4_4_printed(name: str) -> None:
    dataset = packaged(f"{name}.dcm")

    assert as_text(dataset) == (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")
    assert as_text(dataset.file_meta) == (GOLDEN / f"{name}.meta.txt").read_text(encoding="utf-8")


def test_the_text_has_the_form_of_contract_a() -> None:
    dataset = Dataset()
    dataset.SpecificCharacterSet = "ISO_IR 100"
    dataset.ImageType = ["ORIGINAL", "PRIMARY"]
    dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.77.1.5.1"
    dataset.SOPInstanceUID = "1.2.840.113654.2007.3.101"
    dataset.AcquisitionDateTime = "20070727120000"

    assert as_text(dataset).splitlines() == [
        "(0008, 0005) Specific Character Set              CS: 'ISO_IR 100'",
        "(0008, 0008) Image Type                          CS: ['ORIGINAL', 'PRIMARY']",
        "(0008, 0016) SOP Class UID                       UI: Ophthalmic Photography 8 Bit Image Storage",
        "(0008, 0018) SOP Instance UID                    UI: 1.2.840.113654.2007.3.101",
        "(0008, 002a) Acquisition DateTime                DT: '20070727120000'",
    ]


def test_numbers_and_tags_keep_their_old_spelling() -> None:
    dataset = Dataset()
    dataset.FrameIncrementPointer = 0x0018106A
    dataset.SliceThickness = "2.500"
    dataset.SeriesNumber = "007"

    assert as_text(dataset).splitlines() == [
        "(0018, 0050) Slice Thickness                     DS: '2.5'",
        "(0020, 0011) Series Number                       IS: '7'",
        "(0028, 0009) Frame Increment Pointer             AT: (0018, 106a)",
    ]


def test_a_value_nobody_can_read_is_a_line_all_the_same() -> None:
    dataset = Dataset({BaseTag(0x00080060): RawDataElement(BaseTag(0x00080060), "Q?", 4, b"abcd", 0, False, True)})

    assert as_text(dataset) == "(0008, 0060)                                     UN: Array of 4 elements"


def test_rows_speak_in_words_and_units() -> None:
    dataset = synthetic.ct_slice(rows=8, columns=8)

    assert row_of(dataset, "StudyDate").value == "19 May 2024"
    assert row_of(dataset, "PatientName").value == "Synthetic Clara"
    assert row_of(dataset, "PatientAge").value == "63 years"
    assert row_of(dataset, "PatientSex").value == "female"
    assert row_of(dataset, "KVP").value == "120 kV"
    assert row_of(dataset, "PixelSpacing").value == "47.5 × 47.5 mm"
    assert row_of(dataset, "SOPClassUID").value == "CT Image Storage"
    assert row_of(dataset, "PixelData").value == "128 bytes"
    assert row_of(dataset, "Rows").raw == "8"


def test_rows_of_items_stand_below_their_sequence_with_paths() -> None:
    found = rows(synthetic.basic_report("Nothing."))

    paths = {row.path: row for row in found}
    assert paths["0040A730[0].0040A160"].value == "Nothing."
    assert paths["0040A730[0].0040A160"].depth == 1
    assert paths["0040A730[0].0040A043[0].00080104"].depth == 2
    assert paths["0040A730"].is_sequence
    assert paths["0040A730"].group == paths["0040A730[0].0040A160"].group == "0040 · Procedure and report"
    assert [row.path for row in found] == sorted(paths)


def test_private_elements_stand_with_their_creator_known_or_not() -> None:
    found = {row.path: row for row in rows(packaged("CT_small.dcm"))}

    known = found["00191023"]
    assert (known.private_creator, known.known_private) == ("GEMS_ACQU_01", True)
    assert known.name == "Table Speed [mm/rotation]"
    assert found["00190010"].name == "Private Creator"
    assert not found["00190010"].known_private


def test_long_values_are_cut_and_say_how_long_they_are() -> None:
    dataset = Dataset()
    dataset.PatientComments = "x" * 5000
    dataset.add_new(0x00281101, "US", list(range(300)))

    assert row_of(dataset, "PatientComments").value.endswith("… (5\u202f000 characters)")
    assert row_of(dataset, "PatientComments").vm == 1
    assert row_of(dataset, "RedPaletteColorLookupTableDescriptor").value.endswith("14, 15, … (300 values)")


def test_script_in_a_name_is_text_in_every_form() -> None:
    dataset = Dataset()
    dataset.PatientName = "<script>alert(1)</script>"

    assert row_of(dataset, "PatientName").value == "<script>alert(1)</script>"
    assert "<script>" in as_text(dataset)


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of real files is not beside this checkout")
def test_every_file_of_the_corpus_has_rows_and_text() -> None:
    for file in sorted(CORPUS.rglob("*.dcm")):
        if file.name in {"rtplan_truncated.dcm", "MR_truncated.dcm", "no_meta.dcm"}:
            continue
        dataset = read_header(file)
        found = rows(dataset)
        # An item adds its closing line, an empty one an empty line besides.
        assert len(as_text(dataset).splitlines()) >= len(found) > 0


@pytest.mark.parametrize(
    "text",
    [
        "\\".join(["1.5"] * 17),
        "\\".join(["1.5"] * 16),
        "\\".join(["-1e-3", "+2.", "7E5", "0"] * 5) + " ",
        "\\".join(["1.5"] * 17) + "\\",
        "\\".join(["1.5"] * 17) + "\0",
        "\\".join([" 1.5 "] * 17),
        "\\".join(["1.5", ""] * 17),
        "\\".join(["1.5"] * 17 + ["nothing"]),
        "\\".join(["1-2"] * 17),
        "\\".join(["."] * 17),
        "\\".join(["nan", "inf", "1_0"] * 9),
        "\\" * 17,
    ],
)
@pytest.mark.parametrize("tag", [0x30060050, 0x00291010, 0x00280030])
def test_many_decimals_are_listed_as_pydicom_counts_them(tag: int, text: str) -> None:
    dataset = Dataset()
    for at, vr, value in ((0x00290010, "LO", b"ACME 1"), (tag, "DS", text.encode())):
        dataset[at] = RawDataElement(BaseTag(at), vr, len(value), value, 0, False, True)
    listed = as_text(dataset)

    try:
        converted = dataset[tag]
    except ValueError:
        assert f" UN: Array of {len(text)} elements" in listed
    else:
        assert as_text(dataset) == listed
        assert converted.VM <= 16 or f" DS: Array of {converted.VM} elements" in listed
