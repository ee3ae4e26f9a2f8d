"""Every VR is set and read back; pixel data stay bit for bit; a file tells where it comes from."""

import io
from pathlib import Path

import pydicom.data
import pytest
from pydicom import Dataset, dcmread
from pydicom._uid_dict import UID_dictionary
from pydicom.datadict import tag_for_keyword
from pydicom.uid import ImplicitVRLittleEndian

from dicomgallery.dicom import iod_types, synthetic
from dicomgallery.dicom.editing import changes, judging, making
from dicomgallery.dicom.editing.applying import apply
from dicomgallery.dicom.editing.edits import Deed, Edit, allows
from dicomgallery.dicom.elements import BINARY_VRS
from dicomgallery.dicom.structure import EXPLICIT_VRS
from dicomgallery.errors import RefusedError
from tests.dicom.editing.making import NEW, dumped, edited, put, read
from tests.every_vr import BY_VR, SAMPLES

DIRECTORY = "1.2.840.10008.1.3.10"
CT = "1.2.840.10008.5.1.4.1.1.2"


def _ct(**changes_of: object) -> bytes:
    dataset = synthetic.ct_series(1, 16, 16)[0]
    for keyword, value in changes_of.items():
        setattr(dataset, keyword, value)
    return synthetic.as_bytes(dataset)


def test_every_vr_is_set_and_read_back_by_pydicom_and_by_dcmtk(tmp_path: Path) -> None:
    assert {vr.encode() for vr in BY_VR} == EXPLICIT_VRS
    data = edited(_ct(), *(put(sample.keyword, sample.typed, sample.vr) for sample in SAMPLES))
    dataset, lines = read(data), dumped(data, tmp_path).splitlines()

    for sample in SAMPLES:
        element = dataset[sample.keyword]
        assert sample.vr == element.VR
        got = list(element.value) if isinstance(sample.read, list) else element.value
        assert (got if sample.vr != "PN" else str(got)) == sample.read, sample.vr
        tag = tag_for_keyword(sample.keyword) or 0
        line = next(line for line in lines if line.startswith(f"({tag >> 16:04x},{tag & 0xFFFF:04x}) {sample.vr}"))
        assert sample.dumped in line, sample.vr


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("PatientAge", "45"), ("BodyPartExamined", "knee"), ("StudyDate", "20230229"), ("PatientWeight", "1,5"),
        ("AcquisitionDateTime", "20241301"), ("InstanceNumber", "2147483648"), ("PatientID", "x" * 65),
        ("StudyTime", "2500"), ("FrameOfReferenceUID", "1.02"), ("CodingSchemeURL", "a b"), ("Rows", "65536"),
        ("TagAngleSecondAxis", "1.5"), ("TimeRange", "nan\\1"), ("RecordKey", "not base64!"),
        ("DataElement", "Nothing"),
        ("PatientName", "a=b=c=d"), ("StationName", "a\tb"), ("RetrieveAETitle", "ÄRZTE"),
        ("RedPaletteColorLookupTableData", "AAAA"), ("ImageOrientationPatient", "1\\0\\0"),
        ("StudyDate", "20200101\\20200102"),
    ],
)  # fmt: skip
def test_a_value_that_its_vr_or_multiplicity_cannot_have_is_refused_in_words(path: str, value: str) -> None:
    with pytest.raises(RefusedError) as refusal:
        put(path, value)

    assert refusal.value.message.endswith(".")


@pytest.mark.parametrize(
    ("path", "vr"),
    [("NoSuchElement", ""), ("PatientName", "LO"), ("00020003", "UI"), ("00091001", ""), ("00091001", "ZZ"),
     ("FFFEE000", "SQ"), ("a" * 500, ""), ("OtherPatientIDsSequence.PatientID", "")],
)  # fmt: skip
def test_an_element_that_cannot_be_edited_is_refused_in_words(path: str, vr: str) -> None:
    with pytest.raises(RefusedError):
        put(path, "1", vr)


def test_half_a_character_is_refused() -> None:
    with pytest.raises(RefusedError, match="half of a character"):
        put("StudyDescription", "a\ud800b")


def test_multiplicities_are_those_of_the_dictionary() -> None:
    assert allows("1", 1)
    assert not allows("1", 2)
    assert allows("1-n", 7)
    assert allows("2-2n", 4)
    assert not allows("2-2n", 3)
    assert not allows("1-3", 4)


def test_a_new_file_has_a_new_uid_and_says_what_it_was_and_who_changed_it() -> None:
    before = _ct(PatientID="OLD")
    dataset = read(edited(before, put("PatientID", "NEW")))

    assert dataset.SOPInstanceUID == NEW == dataset.file_meta.MediaStorageSOPInstanceUID
    (was,) = dataset.OriginalAttributesSequence
    assert was.ModifiedAttributesSequence[0].PatientID == "OLD"
    assert was.ModifiedAttributesSequence[0].SOPInstanceUID == read(before).SOPInstanceUID
    assert was.ReasonForTheAttributeModification == "CORRECT"
    (equipment,) = dataset.ContributingEquipmentSequence
    assert equipment.PurposeOfReferenceCodeSequence[0].CodeValue == "109103"


def test_items_are_added_filled_and_removed_at_any_depth() -> None:
    path = "ReferencedStudySequence[0].PurposeOfReferenceCodeSequence"
    data = edited(
        _ct(),
        Edit.of(Deed.ADD_ITEM, "ReferencedStudySequence"),
        Edit.of(Deed.ADD_ITEM, "ReferencedStudySequence"),
        put(f"{path}[0].CodeMeaning", "Größe"),
        put("ReferencedStudySequence[1].ReferencedSOPInstanceUID", "1.2"),
    )
    dataset = read(data)
    assert dataset.ReferencedStudySequence[0].PurposeOfReferenceCodeSequence[0].CodeMeaning == "Größe"
    assert dataset.ReferencedStudySequence[1].ReferencedSOPInstanceUID == "1.2"

    fewer = read(edited(data, Edit.of(Deed.REMOVE_ITEM, "ReferencedStudySequence[0]")))
    assert [item.get("ReferencedSOPInstanceUID") for item in fewer.ReferencedStudySequence] == ["1.2"]
    assert len(fewer.OriginalAttributesSequence) == 2


def test_private_elements_lie_in_the_block_of_their_creator() -> None:
    dataset = synthetic.ct_series(1, 16, 16)[0]
    dataset.private_block(0x0009, "SOMEBODY", create=True).add_new(1, "LO", "theirs")
    made = read(edited(synthetic.as_bytes(dataset), put("00091001", "ours", "LO", "GALLERY TEST")))

    assert made.private_block(0x0009, "SOMEBODY")[1].value == "theirs"
    assert made.private_block(0x0009, "GALLERY TEST")[1].value == "ours"
    again = read(edited(synthetic.as_bytes(made), Edit.of(Deed.DELETE, "00091001", creator="GALLERY TEST")))
    assert 1 not in again.private_block(0x0009, "GALLERY TEST")
    assert 1 in again.private_block(0x0009, "SOMEBODY")


def test_a_text_that_does_not_fit_raises_the_character_set_and_every_text_stays_the_same() -> None:
    dataset = synthetic.ct_series(1, 16, 16)[0]
    dataset.SpecificCharacterSet = "ISO_IR 100"
    dataset.StudyDescription = "Schädel"
    item = Dataset()
    item.CodeMeaning = "Größe"
    dataset.ProcedureCodeSequence = [item]
    made = read(edited(synthetic.as_bytes(dataset), put("PatientName", "山田^太郎")))

    assert made.SpecificCharacterSet == "ISO_IR 192"
    assert (made.PatientName, made.StudyDescription) == ("山田^太郎", "Schädel")
    assert made.ProcedureCodeSequence[0].CodeMeaning == "Größe"
    kept = read(edited(synthetic.as_bytes(dataset), put("PatientName", "Müller")))
    assert kept.SpecificCharacterSet == "ISO_IR 100"
    assert kept.PatientName == "Müller"


@pytest.mark.parametrize(
    ("term", "name"),
    [("ISO_IR 100", "Müller^Jürgen"), (["", "ISO 2022 IR 87"], "Yamada^Tarou=山田^太郎=やまだ^たろう")],
)
def test_earlier_values_can_be_read_after_the_character_set_was_raised(term: str | list[str], name: str) -> None:
    dataset = synthetic.ct_series(1, 16, 16)[0]
    dataset.SpecificCharacterSet, dataset.PatientName = term, name
    made = read(edited(synthetic.as_bytes(dataset), put("StudyDescription", "Größe 大小")))
    again = read(edited(synthetic.as_bytes(made), put("StudyDescription", "Größe")))

    assert made.PatientName == again.PatientName == name
    for one in (made, again):
        was = one.OriginalAttributesSequence[0].ModifiedAttributesSequence[0]
        assert was.PatientName == name
        assert was.SpecificCharacterSet == term


PIXELS = ["CT_small.dcm", "MR_small_implicit.dcm", "JPEG2000.dcm", "MR_small_RLE.dcm", "JPGExtended.dcm",
          "rtdose.dcm", "SC_rgb_small_odd.dcm", "CT_small.dcm"]  # fmt: skip


@pytest.mark.parametrize("name", PIXELS)
def test_pixel_data_are_copied_bit_for_bit(name: str) -> None:
    path = pydicom.data.get_testdata_file(name, download=False)
    if path is None:
        pytest.skip("not packaged with this pydicom")
    before = Path(str(path)).read_bytes()
    data = edited(before, put("PatientName", "Somebody^Else"), put("FFFCFFFC", "AAA=", "OB"))
    old, new = dcmread(io.BytesIO(before)), read(data)

    assert new.PixelData == old.PixelData
    assert new.PatientName == "Somebody^Else"
    assert new[0xFFFCFFFC].value == b"\0\0"
    is_implicit = old.file_meta.TransferSyntaxUID == ImplicitVRLittleEndian
    assert is_implicit or new.file_meta.TransferSyntaxUID == old.file_meta.TransferSyntaxUID
    left = {one.keyword for one in _differences(before, data) if not one.path.startswith(("04000561", "0018A001"))}
    assert left == {"PatientName", "SOPInstanceUID", "DataSetTrailingPadding"}


def _differences(before: bytes, after: bytes) -> list[changes.Change]:
    return changes.between(making.open_source(before).level, making.open_source(after).level)


def test_references_follow_to_the_new_uids() -> None:
    dataset = synthetic.ct_series(1, 16, 16)[0]
    item = Dataset()
    item.ReferencedSOPInstanceUID = "1.2.3.4"
    dataset.ReferencedImageSequence = [item]
    made = read(edited(synthetic.as_bytes(dataset), renamed={"1.2.3.4": "2.25.5"}))

    assert made.ReferencedImageSequence[0].ReferencedSOPInstanceUID == "2.25.5"
    was = made.OriginalAttributesSequence[0].ModifiedAttributesSequence[0]
    assert was.ReferencedImageSequence[0].ReferencedSOPInstanceUID == "1.2.3.4"


def test_an_edit_that_has_no_place_in_a_file_is_told_and_the_others_are_done() -> None:
    source = making.open_source(_ct())
    done = apply(source.level, [Edit.of(Deed.DELETE, "ReferencedStudySequence[3].CodeValue"), put("PatientID", "X")])

    assert len(done.problems) == 1
    assert done.level.text(0x00100020) == "X"
    assert source.level.text(0x00100020) != "X"


def test_every_deletion_of_a_mandatory_element_warns_with_its_type() -> None:
    asked = 0
    for sop_class in (uid for uid in UID_dictionary if iod_types.is_known_class(uid) and uid != DIRECTORY):
        for tag, type_ in iod_types.required_tags(sop_class).items():
            warned = judging.warnings([Edit.of(Deed.DELETE, f"{tag:08X}")], [sop_class])
            assert type_ in {one.type for one in warned}, (sop_class, f"{tag:08X}")
            asked += 1
    assert asked > 1000


def test_emptying_warns_where_a_value_is_needed_and_not_where_none_is() -> None:
    assert [one.type for one in judging.warnings([put("Modality", "")], [CT])] == ["1"]
    assert judging.warnings([put("PatientName", "")], [CT]) == []


@pytest.mark.parametrize("path", ["Rows", "BitsAllocated", "PixelData", "TransferSyntaxUID"])
def test_what_makes_pixels_unreadable_is_a_danger(path: str) -> None:
    edits = [Edit.of(Deed.DELETE, path)]

    assert judging.is_dangerous(edits)
    assert any(one.is_danger for one in judging.warnings(edits, [CT]))


def test_binary_values_are_told_by_their_length() -> None:
    before = _ct()
    told = _differences(before, edited(before, put("RecordKey", BY_VR["OB"].typed)))

    assert next(one.after for one in told if one.keyword == "RecordKey").startswith("16 bytes: 00 01")
    assert "OB" in BINARY_VRS
