"""What multi-frame objects say of each frame."""

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmwrite
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ImplicitVRLittleEndian

from dicomgallery.dicom import synthetic
from dicomgallery.dicom.frames import FrameTable, concatenation_of, declared_frames, frames_of, line_of, lines_of
from dicomgallery.dicom.prescan import Prescanned, prescan
from dicomgallery.dicom.reader import read_at_frame, read_header, read_whole
from tests import enhanced
from tests.conftest import CORPUS
from tests.enhanced import item
from tests.radiotherapy import as_read

ORIENTATION = {"PlaneOrientation": {"ImageOrientationPatient": [1, 0, 0, 0, 1, 0]}}
SYNTAXES = {
    "implicit": ImplicitVRLittleEndian,
    "big endian": ExplicitVRBigEndian,
    "deflated": DeflatedExplicitVRLittleEndian,
    "explicit": "1.2.840.10008.1.2.1",
}


def encoded(dataset: Dataset, syntax: str) -> bytes:
    """The dataset as a file of a transfer syntax."""
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = UID(syntax)
    written = BytesIO()
    dcmwrite(written, dataset, enforce_file_format=True)
    return written.getvalue()


def told(table: FrameTable) -> dict[str, Any]:
    """What differs, by its head, as it is read."""
    return {column.head: [column.shown(number) for number in range(1, table.count + 1)] for column in table.columns}


def shared(table: FrameTable) -> dict[str, str]:
    """What all frames share."""
    return {column.head: column.shown() for column in table.shared}


def test_what_differs_is_a_column_and_what_all_share_is_told_once() -> None:
    table = frames_of(enhanced.diffusion(2))

    assert table.count == 4
    assert told(table) == {
        "Position (mm)": ["−12.5", "−12.5", "−10", "−10"],
        "Position in the stack": ["1", "1", "2", "2"],
        "Time point": ["1", "2", "1", "2"],
        "Image position (mm)": ["0, 0, −12.5", "0, 0, −12.5", "0, 0, −10", "0, 0, −10"],
        "Window center": ["500", "400", "500", "400"],
        "Window width": ["1000", "800", "1000", "800"],
        "b-value (s/mm²)": ["0", "1000", "0", "1000"],
    }
    assert shared(table) == {
        "Plane": "axial",
        "Stack": "1",
        "Orientation": "1, 0, 0, 0, 1, 0",
        "Pixel spacing (mm)": "2, 2",
        "Slice thickness (mm)": "2.5",
        "Echo time (ms)": "85",
    }
    assert table.order == "Ordered by stack, then position in the stack, then b-value."
    assert table.left_out == ()


def test_a_line_says_what_tells_a_frame_from_the_others() -> None:
    table = frames_of(enhanced.diffusion(2, (0, 500, 1000)))

    assert line_of(table, 3) == "Position −12.5 mm · b 1000 s/mm² · time point 3 of 3"
    assert lines_of(table) == [line_of(table, number) for number in range(1, 7)]
    assert line_of(frames_of(enhanced.enhanced([{}, {}])), 1) == ""


@pytest.mark.parametrize(
    ("sop_class", "groups", "head", "values"),
    [
        (enhanced.CT, ("CTXRayDetails", "KVP", [80, 140]), "Tube voltage (kV)", ["80", "140"]),
        (enhanced.CT, ("CTExposure", "XRayTubeCurrentInmA", [200.0, 250.5]), "Tube current (mA)", ["200", "250.5"]),
        (enhanced.MR, ("MREcho", "EffectiveEchoTime", [10.0, 20.0]), "Echo time (ms)", ["10", "20"]),
        (
            enhanced.MR,
            ("MRVelocityEncoding", "VelocityEncodingDirection", [[1.0, 0.0, 0.0], [0.0, -1.0, 0.0]]),
            "Velocity direction",
            ["1, 0, 0", "0, −1, 0"],
        ),
        (
            enhanced.MR,
            ("CardiacSynchronization", "NominalCardiacTriggerDelayTime", [0.0, 35.5]),
            "Trigger delay (ms)",
            ["0", "35.5"],
        ),
        (
            enhanced.US,
            ("TemporalPosition", "TemporalPositionTimeOffset", [0.0, 0.04]),
            "Time (s)",
            ["0", "0.04"],
        ),
        (
            enhanced.XA,
            ("PositionerPosition", "PositionerPrimaryAngle", [-30.0, 30.0]),
            "Primary angle (°)",
            ["−30", "30"],
        ),
        (
            enhanced.PET,
            ("PETFrameCorrectionFactors", "DecayFactor", ["1.01", "1.25"]),
            "Decay factor",
            ["1.01", "1.25"],
        ),
        (
            enhanced.PET,
            ("FrameContent", "FrameReferenceDateTime", ["20260301101500.25", "20260301101530"]),
            "Reference time",
            ["1 Mar 2026, 10:15:00.25", "1 Mar 2026, 10:15:30"],
        ),
    ],
)
def test_each_modality_has_its_own_columns(
    sop_class: str, groups: tuple[str, str, list[Any]], head: str, values: list[str]
) -> None:
    name, keyword, each = groups

    table = frames_of(enhanced.enhanced([{name: {keyword: one}} for one in each], sop_class=sop_class))

    assert told(table) == {head: values}


def test_a_gradient_direction_is_found_in_its_sequence() -> None:
    directions = ([1.0, 0.0, 0.0], [0.0, 0.0, 1.0])
    frames = [
        {"MRDiffusion": {"DiffusionGradientDirectionSequence": [item(DiffusionGradientOrientation=one)]}}
        for one in directions
    ]

    assert told(frames_of(enhanced.enhanced(frames))) == {"Gradient direction": ["1, 0, 0", "0, 0, 1"]}


def test_a_segment_has_its_name() -> None:
    dataset = enhanced.enhanced(
        [{"SegmentIdentification": {"ReferencedSegmentNumber": number}} for number in (1, 2, 3)],
        SegmentSequence=[item(SegmentNumber=1, SegmentLabel="Liver"), item(SegmentNumber=2, SegmentLabel="Spleen")],
    )

    assert told(frames_of(dataset)) == {"Segment": ["1 Liver", "2 Spleen", "3"]}


def test_frames_that_are_not_in_the_order_of_their_indexes_are_not_said_to_be() -> None:
    frames = [{"FrameContent": {"DimensionIndexValues": [1, number]}} for number in (3, 1, 2)]

    table = frames_of(
        enhanced.enhanced(frames, DimensionIndexSequence=enhanced.dimensions("StackID", "TemporalPositionIndex"))
    )

    assert table.order == "Indexed by stack, then time point; they are not stored in that order."
    assert told(table) == {"Index: time point": ["3", "1", "2"]}


def test_a_dimension_without_a_known_attribute_goes_by_its_label_or_number() -> None:
    pointers = [
        item(DimensionIndexPointer=0x00111001, DimensionDescriptionLabel="Shell"),
        item(DimensionIndexPointer=0x00111002),
        Dataset(),
        item(DimensionIndexPointer=0x00181314),
    ]

    table = frames_of(enhanced.enhanced([{}, {}], DimensionIndexSequence=pointers, DimensionOrganizationType="3D"))

    assert table.order == (
        "Ordered by Shell, then (0011,1002), then an unnamed dimension, then flip angle. The frames are one volume."
    )


def test_the_frames_of_a_classic_object_have_their_time() -> None:
    cine = synthetic.us_cine(3, 16, 16)
    cine.FrameTime = "33.3"
    assert told(frames_of(cine)) == {"Time (ms)": ["0", "33.3", "66.6"]}

    del cine.FrameTime
    cine.FrameIncrementPointer, cine.FrameTimeVector = 0x00181065, ["0", "30", "45"]
    assert told(frames_of(cine)) == {"Time (ms)": ["0", "30", "75"]}
    assert line_of(frames_of(cine), 3) == "75 ms"


def test_what_a_frame_increment_pointer_points_to_is_a_column() -> None:
    dataset = enhanced.enhanced([{}, {}, {}], FrameIncrementPointer=[0x00540080, 0x00540020])
    dataset.SliceVector, dataset.DetectorVector = [1, 2, 3], [1, 1]

    assert told(frames_of(dataset)) == {"Slice": ["1", "2", "3"]}


def test_fewer_or_more_descriptions_than_frames_are_said() -> None:
    fewer = enhanced.enhanced([enhanced.window(40, 400)], NumberOfFrames=3)
    more = enhanced.enhanced([enhanced.window(40, 400)] * 3, NumberOfFrames=2)

    assert frames_of(fewer).left_out == ("The file has 3 frames, but describes 1.",)
    assert told(frames_of(fewer))["Window center"] == ["40", "", ""]
    assert frames_of(more).left_out == ("The file has 2 frames, but describes 3.",)
    assert frames_of(more).count == 2


def test_no_more_frames_and_no_longer_texts_are_told_than_a_page_bears() -> None:
    dataset = enhanced.enhanced([{"FrameContent": {"FrameComments": "x" * 5000}}, {}], NumberOfFrames=2_000_000_000)

    table = frames_of(dataset)

    assert table.count == 10_000
    assert table.left_out[0] == "The first 10\u202f000 of its 2\u202f000\u202f000\u202f000 frames are told here."
    comments = table.column("comments")
    assert comments is not None
    assert comments.values[0] == "x" * 80
    assert comments.may_name


def test_hostile_values_are_left_out_and_nothing_is_raised() -> None:
    dataset = enhanced.enhanced([{"MREcho": {"EffectiveEchoTime": 5.0}}] * 2, ORIENTATION)
    groups = dataset.PerFrameFunctionalGroupsSequence
    as_read(groups[0].MREchoSequence[0], 0x00189082, "FD", b"\0\0\0\0\0\0\xf8\x7f")
    as_read(groups[1], 0x00209113, "SQ", b"no sequence")
    as_read(groups[1], 0x00209111, "LO", b"neither")
    as_read(dataset, 0x00280009, "AT", b"\1")
    as_read(dataset, 0x00209222, "SQ", b"\xff" * 30)

    table = frames_of(dataset)

    assert told(table) == {"Echo time (ms)": ["", "5"]}
    assert table.order == ""


def test_what_is_kept_is_read_back_as_it_was() -> None:
    table = frames_of(enhanced.diffusion())

    assert FrameTable.from_json(table.as_json()) == table


def test_an_object_says_what_part_of_a_concatenation_it_is() -> None:
    part = concatenation_of(enhanced.parts(3, 4)[1])

    assert part is not None
    assert (part.number, part.total, part.frame_offset) == (2, 3, 4)
    assert concatenation_of(enhanced.diffusion()) is None


def test_absurd_numbers_of_a_part_count_as_unsaid() -> None:
    dataset = enhanced.parts(1)[0]
    as_read(dataset, 0x00209162, "US", b"\0\0")
    as_read(dataset, 0x00209163, "US", b"")
    part = concatenation_of(dataset)

    assert part is not None
    assert (part.number, part.total) == (None, None)
    dataset.ConcatenationUID = "not a UID"
    assert concatenation_of(dataset) is None


@pytest.mark.parametrize("syntax", SYNTAXES.values(), ids=SYNTAXES)
@pytest.mark.parametrize("undefined", [False, True], ids=["defined", "undefined"])
def test_the_groups_of_one_frame_are_read_alone_in_every_encoding(syntax: str, undefined: bool) -> None:
    dataset = enhanced.enhanced([enhanced.window(100 * number, 50) for number in (1, 2, 3)])
    data = encoded(enhanced.undefined_lengths(dataset) if undefined else dataset, syntax)

    headers = [read_at_frame(data, number) for number in (1, 2, 3)]

    for number, header in enumerate(headers, start=1):
        (group,) = header.PerFrameFunctionalGroupsSequence
        assert group.FrameVOILUTSequence[0].WindowCenter == 100 * number
    assert "PerFrameFunctionalGroupsSequence" not in read_at_frame(data, 4)
    assert "PerFrameFunctionalGroupsSequence" not in read_header(data)


def test_an_empty_item_keeps_its_place_among_the_frames() -> None:
    data = synthetic.as_bytes(enhanced.enhanced([{}, enhanced.window(70, 50)]))
    scanned = prescan(data)

    assert isinstance(scanned, Prescanned)
    assert len(scanned.frame_items) == 4
    assert len(read_at_frame(data, 1).PerFrameFunctionalGroupsSequence[0]) == 0
    assert read_at_frame(data, 2).PerFrameFunctionalGroupsSequence[0].FrameVOILUTSequence[0].WindowCenter == 70


def test_a_file_without_frames_notes_nothing() -> None:
    scanned = prescan(synthetic.as_bytes(synthetic.ct_slice(1, of=1, rows=16, columns=16)))

    assert isinstance(scanned, Prescanned)
    assert len(scanned.frame_items) == 0
    assert scanned.item_of_frame(1) is None


def test_a_nested_sequence_of_that_name_is_no_frame() -> None:
    dataset = synthetic.ct_slice(1, of=1, rows=16, columns=16)
    dataset.RequestAttributesSequence = [item(PerFrameFunctionalGroupsSequence=[enhanced.groups({})] * 3)]
    scanned = prescan(synthetic.as_bytes(dataset))

    assert isinstance(scanned, Prescanned)
    assert len(scanned.frame_items) == 0


def _with_frames() -> list[Path]:
    """Real files that say something of each frame: one of pydicom's own, and those of the corpus where it is."""
    listed = (
        "neurolabusc+dcm_qa_enh/In/Siemens/XA10/6_1.dcm",
        "icometrix+dicom2nifti/tests/data/philips_enhanced/fmri/001/IM-0001-9600-0001.dcm",
        "icometrix+dicom2nifti/tests/data/philips_enhanced/fmri/001_implicit/IM-0001-9600-0001.dcm",
        "pydicom+pydicom-data/data_store/data/eCT_Supplemental.dcm",
        "pydicom+pydicom-data/data_store/data/liver_deflate.dcm",
    )
    packaged = Path(str(get_testdata_file("liver_1frame.dcm", download=False)))
    return [packaged, *(CORPUS / name for name in listed if (CORPUS / name).is_file())]


@pytest.mark.parametrize("path", _with_frames(), ids=lambda path: path.parent.name + "-" + path.stem)
def test_a_real_file_says_the_same_frame_by_frame_as_read_whole(path: Path) -> None:
    whole = read_whole(path)

    groups = whole.PerFrameFunctionalGroupsSequence
    assert frames_of(whole).count == declared_frames(whole)
    for number in {1, (len(groups) + 1) // 2, len(groups)}:
        assert read_at_frame(path, number).PerFrameFunctionalGroupsSequence[0] == groups[number - 1]
