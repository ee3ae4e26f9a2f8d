"""Segmentations: what their segments are, and where each frame lies."""

import numpy as np
import pytest
from pydicom.dataset import Dataset

from dicomgallery.dicom import reader, synthetic
from dicomgallery.dicom.display_colors import lab_color, own_color
from dicomgallery.dicom.overlaying import Ground, sheets_of
from dicomgallery.dicom.planes import image_plane
from dicomgallery.dicom.segments import MOST_FRAMES, Segmentation, segmentation_of
from tests.radiotherapy import as_read, item
from tests.segmentations import GREEN, block, code, frame, segment, segmentation

CT = synthetic.ct_series(4, rows=16, columns=16)
MASK = block(16, 16, (slice(2, 6), slice(3, 9)))
GROUNDS = [Ground(one.SOPInstanceUID, None, image_plane(one)) for one in CT]


def _read(dataset: Dataset) -> Segmentation:
    found = segmentation_of(reader.read_frames(synthetic.as_bytes(dataset)))
    assert found is not None
    return found


def _two(**values: object) -> Dataset:
    frames = [frame(MASK, number, source=one) for number in (1, 2) for one in CT]
    return segmentation([segment(1, "Liver"), segment(2, "Spleen")], frames, like=CT[0], **values)


def test_a_segment_tells_what_it_is_and_who_drew_it() -> None:
    kind = code("Kidney")
    kind.SegmentedPropertyTypeModifierCodeSequence = [code("Right")]
    described = segment(
        7, "Kidney R", SegmentedPropertyTypeCodeSequence=[kind], SegmentDescription="By hand", TrackingID="K1"
    )

    found = _read(segmentation([described], [frame(MASK, 7)])).segments[0]

    assert (found.number, found.label, found.description, found.tracking_id) == (7, "Kidney R", "By hand", "K1")
    assert (found.category, found.type, found.modifier) == ("Tissue", "Kidney", "Right")
    assert (found.algorithm, found.algorithm_name) == ("automatic", "Threshold")


def test_colors_are_those_recommended_else_ours_and_all_apart() -> None:
    recommended = segment(1, "a", RecommendedDisplayCIELabValue=list(GREEN))
    dark = segment(2, "b", RecommendedDisplayCIELabValue=[0, 32896, 32896])

    colors = [one.color for one in _read(segmentation([recommended, dark, *_plain(3, 7)], [frame(MASK, 1)])).segments]

    assert colors[0][1] > 150 > colors[0][0]
    assert min(colors[1]) >= 50
    assert len(set(colors)) == len(colors)


def _plain(first: int, last: int) -> list[Dataset]:
    return [segment(number, f"Segment {number}") for number in range(first, last + 1)]


@pytest.mark.parametrize(
    ("lab", "color"),
    [
        ((100, 0, 0), (255, 255, 255)),
        ((0, 0, 0), (0, 0, 0)),
        # The primaries of sRGB, as they are for a white of D50.
        ((54.29, 80.81, 69.89), (255, 0, 0)),
        ((87.82, -79.29, 80.99), (0, 255, 0)),
        ((29.57, 68.30, -112.03), (0, 0, 255)),
    ],
)
def test_lab_values_are_the_colors_of_a_screen(lab: tuple[float, ...], color: tuple[int, ...]) -> None:
    written = [round(lab[0] * 655.35), *(round((part + 128) * 257) for part in lab[1:])]

    assert lab_color(written) == pytest.approx(color, abs=3)


@pytest.mark.parametrize("values", [(), (1, 2), (1, 2, -3), (70000, 1, 1)])
def test_what_is_no_lab_value_is_no_color(values: tuple[int, ...]) -> None:
    assert lab_color(values) is None


def test_each_frame_says_its_segment_its_plane_and_its_image() -> None:
    found = _read(_two())

    assert [one.segment for one in found.frames] == [1] * 4 + [2] * 4
    assert [one.plane for one in found.frames] == [image_plane(one) for one in CT] * 2
    assert found.frames[5].sources == ((CT[1].SOPInstanceUID, None),)


def test_what_a_frame_says_of_itself_counts_before_what_all_share() -> None:
    own = frame(MASK, 1, place=(1, 2, 3), PixelMeasuresSequence=[item(PixelSpacing=["3", "4"])])
    shared_only = frame(MASK, 1, place=(1, 2, 6))

    frames = _read(segmentation([segment(1, "a")], [own, shared_only], like=CT[0])).frames

    assert frames[0].plane is not None
    assert frames[1].plane is not None
    assert (frames[0].plane.row_mm, frames[0].plane.column_mm) == (3, 4)
    assert frames[1].plane.row_mm == float(CT[0].PixelSpacing[0])


def test_a_frame_that_names_none_holds_the_only_segment_there_is() -> None:
    assert _read(segmentation([segment(4, "a")], [frame(MASK, None)])).frames[0].segment == 4
    assert _read(segmentation([segment(4, "a"), segment(5, "b")], [frame(MASK, None)])).frames[0].segment is None


def test_a_frame_of_a_label_map_may_hold_any_segment() -> None:
    found = _read(segmentation([segment(4, "a")], [frame(MASK, 4)], kind="LABELMAP"))

    assert (found.type, found.frames[0].segment) == ("LABELMAP", None)


def test_hostile_values_are_as_good_as_none() -> None:
    dataset = _two(NumberOfFrames=2_000_000_000)
    dataset.SegmentSequence.append(segment(1, "again"))
    dataset.SegmentSequence[1].SegmentLabel = "x" * 64
    as_read(dataset.SegmentSequence[0], 0x0062000D, "US", b"\1\2\3")
    as_read(dataset, 0x00620001, "CS", b"\xff\xfe\\WRONG")
    as_read(dataset.PerFrameFunctionalGroupsSequence[0], 0x0062000A, "LO", b"no sequence ")
    as_read(dataset.PerFrameFunctionalGroupsSequence[1], 0x00209113, "DS", b"1\\nan\\2 ")

    found = segmentation_of(dataset)

    assert found is not None
    assert (found.type, len(found.segments), len(found.frames)) == ("BINARY", 2, MOST_FRAMES)
    assert found.frames[1].plane is None
    assert found.left_out == (
        "Of 3 segments 2 are shown: the others have no number of their own.",
        f"Of 2000000000 frames the first {MOST_FRAMES} are shown.",
    )


@pytest.mark.parametrize("bits", [8, 16])
def test_a_label_map_with_a_palette_has_its_colors(bits: int) -> None:
    made = segmentation([segment(2, "a"), segment(9, "past the end")], [frame(MASK, None)], kind="LABELMAP")
    made.PhotometricInterpretation = "PALETTE COLOR"
    for color, entries in {"Red": (0, 10, 200), "Green": (0, 20, 100), "Blue": (0, 30, 50)}.items():
        setattr(made, f"{color}PaletteColorLookupTableDescriptor", [3, 0, bits])
        data = bytes(entries) if bits == 8 else b"".join(bytes((entry, entry)) for entry in entries)
        setattr(made, f"{color}PaletteColorLookupTableData", data + b"\0" * (len(data) % 2))

    described, past = _read(made).segments

    assert described.color == (200, 100, 50)
    assert past.color == own_color(1)


def test_without_segments_it_is_no_segmentation() -> None:
    assert segmentation_of(CT[0]) is None


# ---------------------------------------------------------------- planes


def test_frames_lie_on_the_images_they_name() -> None:
    sheets = sheets_of(_read(_two()), GROUNDS)

    assert [sheet.ground for sheet in sheets] == sorted(GROUNDS, key=lambda one: one.plane.origin[2])  # type: ignore[union-attr]
    assert [[one.segment for one in sheet.frames] for sheet in sheets] == [[1, 2]] * 4
    assert all(sheet.is_named for sheet in sheets)


def test_of_several_named_images_the_nearest_is_taken() -> None:
    mask, groups = frame(MASK, 1, source=CT[2])
    images = [item(ReferencedSOPInstanceUID=one.SOPInstanceUID) for one in CT]
    groups.DerivationImageSequence[0].SourceImageSequence = images

    (sheet,) = sheets_of(_read(segmentation([segment(1, "a")], [(mask, groups)], like=CT[0])), GROUNDS)

    assert sheet.ground == GROUNDS[2]


def test_a_frame_may_name_several_frames_of_an_image() -> None:
    mask, groups = frame(MASK, 1, source=CT[2])
    named = item(ReferencedSOPInstanceUID=CT[2].SOPInstanceUID, ReferencedFrameNumber=["2", "3"])
    groups.DerivationImageSequence[0].SourceImageSequence = [named]

    (only,) = _read(segmentation([segment(1, "a")], [(mask, groups)], like=CT[0])).frames

    assert only.sources == ((CT[2].SOPInstanceUID, 2), (CT[2].SOPInstanceUID, 3))


@pytest.mark.parametrize(("off_mm", "is_on"), [(0.0, True), (1.2, True), (1.3, False)])
def test_a_frame_that_names_no_image_lies_on_one_half_a_gap_away_at_most(off_mm: float, is_on: bool) -> None:
    x, y, z = (float(part) for part in CT[0].ImagePositionPatient)
    made = segmentation([segment(1, "a")], [frame(MASK, 1, place=(x, y, z + off_mm))], like=CT[0])

    (sheet,) = sheets_of(_read(made), GROUNDS)

    assert (sheet.ground == GROUNDS[0]) is is_on
    assert not sheet.is_named


def test_a_frame_of_another_frame_of_reference_or_across_lies_on_no_image() -> None:
    place = [float(part) for part in CT[0].ImagePositionPatient]
    elsewhere = segmentation([segment(1, "a")], [frame(MASK, 1, place=place)], like=CT[0], FrameOfReferenceUID="1.2")
    across = segmentation([segment(1, "a")], [frame(MASK, 1, place=place)], like=CT[0], orientation=(1, 0, 0, 0, 0, -1))

    assert [sheet.ground for one in (elsewhere, across) for sheet in sheets_of(_read(one), GROUNDS)] == [None, None]


def test_frames_without_images_share_the_plane_of_their_place() -> None:
    assert [len(sheet.frames) for sheet in sheets_of(_read(_two()), ())] == [2] * 4


def test_tiles_of_a_slide_stay_alone() -> None:
    tiled = sheets_of(_read(_two(TotalPixelMatrixColumns=160, TotalPixelMatrixRows=160)), GROUNDS)

    assert [(sheet.ground, len(sheet.frames)) for sheet in tiled] == [(None, 1)] * 8


def test_a_frame_of_a_multi_frame_image_is_found_by_its_number() -> None:
    made = segmentation([segment(1, "a")], [frame(np.ones((4, 4), np.uint8), 1, source=CT[0], source_frame=3)])
    grounds = [Ground(CT[0].SOPInstanceUID, number, None) for number in range(1, 6)]

    (sheet,) = sheets_of(_read(made), grounds)

    assert sheet.ground == grounds[2]
