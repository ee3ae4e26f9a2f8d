"""Directory records: which kind an object has, and what of its header they repeat."""

import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.filereader import read_dataset

from dicomgallery.dicom.media import keys, kinds
from dicomgallery.dicom.media.writing import DirectoryWriter, FileRef
from dicomgallery.dicom.reader import read_header

SCALARS = st.none() | st.integers() | st.floats() | st.text(max_size=20)
ITEMS = st.dictionaries(st.sampled_from(["Alphabetic", "0040A010", "0040A030"]), SCALARS, max_size=2)
VALUES = SCALARS | ITEMS | st.lists(SCALARS | ITEMS, max_size=3)
ELEMENTS = st.fixed_dictionaries(
    {"vr": st.sampled_from(["SQ", "PN", "DA", "IS", "US", "OB", "UN", "LO", "AT", "FD", "??"])},
    optional={"Value": VALUES, "InlineBinary": st.text(max_size=8), "BulkDataURI": st.text(max_size=8)},
)


@pytest.mark.parametrize(
    ("own", "kind"),
    [
        ("2", "IMAGE"),
        ("66.4", "IMAGE"),
        ("481.1", "IMAGE"),
        ("481.2", "RT DOSE"),
        ("481.12", "RADIOTHERAPY"),
        ("88.33", "SR DOCUMENT"),
        ("88.59", "KEY OBJECT DOC"),
        ("9.1.1", "WAVEFORM"),
        ("11.1", "PRESENTATION"),
        ("104.1", "ENCAP DOC"),
    ],
)
def test_the_kind_of_a_record_follows_from_the_class(own: str, kind: str) -> None:
    assert kinds.kind_of(f"1.2.840.10008.5.1.4.1.1.{own}") == kind


def test_a_report_is_told_by_its_title_its_modifiers_and_when_it_was_verified() -> None:
    def coded(meaning: str) -> dict[str, Any]:
        return {"00080104": {"vr": "LO", "Value": [meaning]}}

    modifier = {
        "0040A010": {"vr": "CS", "Value": ["HAS CONCEPT MOD"]},
        "0040A043": {"vr": "SQ", "Value": [coded("Language")]},
    }
    text = {"0040A010": {"vr": "CS", "Value": ["CONTAINS"]}, "0040A160": {"vr": "UT", "Value": ["Long text"]}}
    observer = {"0040A030": {"vr": "DT", "Value": ["20240519101500"]}}
    header = {
        "0040A043": {"vr": "SQ", "Value": [coded("Befund Ä")]},
        "0040A073": {"vr": "SQ", "Value": [observer]},
        "0040A730": {"vr": "SQ", "Value": [modifier, text]},
    }

    said = keys.of_header("SR DOCUMENT", header)
    whole = b"".join(said[tag] for tag in sorted(said))
    dataset = read_dataset(io.BytesIO(whole), is_implicit_VR=False, is_little_endian=True)

    assert dataset.VerificationDateTime == "20240519101500"
    assert dataset.ConceptNameCodeSequence[0].get_item(0x00080104).value.rstrip() == "Befund Ä".encode()  # type: ignore[union-attr]
    assert len(dataset.ContentSequence) == 1
    assert dataset.ContentSequence[0].ConceptNameCodeSequence[0].CodeMeaning == "Language"


@given(st.sampled_from(sorted(keys._KEYS)), st.data())
def test_whatever_a_header_says_a_record_can_be_written_and_read(kind: str, data: st.DataObject) -> None:
    tags = st.sampled_from([*(f"{tag:08X}" for tag in keys._KEYS[kind]), "0040A073"])
    header = data.draw(st.dictionaries(tags, ELEMENTS | VALUES, max_size=4))
    held = io.BytesIO()
    writer = DirectoryWriter(held, "1.2.3")
    writer.add(0, kind, keys.of_header(kind, header), ("A", "B"), FileRef("1.2.3", "1.2.4", "1.2.840.10008.1.2.1"))

    assert writer.finish() == len(held.getvalue())
    (record,) = read_header(held.getvalue()).DirectoryRecordSequence
    assert (record.DirectoryRecordType, list(record.ReferencedFileID)) == (kind, ["A", "B"])
