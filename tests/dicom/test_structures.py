"""Structure sets: regions, contours, areas, volumes, planes."""

import math
from pathlib import Path

import pydicom.data
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset

from dicomgallery.dicom import structures, synthetic
from dicomgallery.dicom.cuts import cuts_of, main_normal
from dicomgallery.dicom.display_colors import on_dark
from dicomgallery.dicom.planes import facing, image_plane
from dicomgallery.dicom.reader import read_header
from dicomgallery.dicom.structures import Roi, StructureSet, structure_set_of
from tests.radiotherapy import Point, around_block, as_read, bright_block, contour, item, square, structure_set

PACKAGED = Path(pydicom.data.__file__).parent / "test_files"
CT = synthetic.ct_series(3, rows=32, columns=32)


def read(dataset: Dataset) -> StructureSet:
    found = structure_set_of(dataset)
    assert found is not None
    return found


def only(*contours: Dataset) -> Roi:
    return read(structure_set({"One": contours})).rois[0]


def circle(radius: float, z: float, count: int = 720) -> list[Point]:
    turns = (2 * math.pi * number / count for number in range(count))
    return [(radius * math.cos(turn), radius * math.sin(turn), z) for turn in turns]


def test_the_packaged_structure_set_is_read_with_its_regions() -> None:
    found = read(read_header(PACKAGED / "rtstruct.dcm"))

    assert (found.label, found.date) == ("sep30", "20091223")
    patient, isocenter, _ = found.rois
    assert (patient.name, patient.type, patient.algorithm) == ("patient", "external", "manual")
    assert patient.color == (220, 160, 120)
    assert (len(patient.contours), patient.contours[0].count, patient.stated_cm3) == (3, 5, 49200)
    assert [one.kind for one in isocenter.contours] == ["POINT"]
    assert found.series_uids == ("1.2.826.0.1.3680043.8.498.2010020400001.2.1.1",)


def test_an_area_is_that_of_the_polygon_wherever_it_lies() -> None:
    tilted = [(5000 + x * 0.6, 7000 + y, 9000 + x * 0.8) for x, y, _ in square(0, 30, 0)]

    assert only(contour(square(-10, 20, 5))).contours[0].area_mm2 == pytest.approx(900)
    assert only(contour(tilted)).contours[0].area_mm2 == pytest.approx(900, rel=1e-3)
    assert only(contour(circle(20, 0))).contours[0].area_mm2 == pytest.approx(math.pi * 400, rel=1e-3)


def test_a_keyhole_takes_the_hole_away() -> None:
    outer, inner = square(0, 10, 0), square(3, 7, 0)
    keyhole = [*outer, outer[0], inner[0], *reversed(inner), outer[0]]

    assert only(contour(keyhole)).contours[0].area_mm2 == pytest.approx(100 - 16)


def test_a_volume_is_areas_times_the_distance_of_their_planes() -> None:
    roi = only(*(contour(square(0, 20, 2.5 * number)) for number in (3, 0, 1, 2)))

    assert roi.volume.cm3 == pytest.approx(400 * 2.5 * 4 / 1000)
    assert roi.volume.said == "4 planes, 2.5 mm apart."


@pytest.mark.parametrize(
    ("contours", "said"),
    [
        ([contour(square(0, 9, 0))], "single plane"),
        ([contour(square(0, 9, z)) for z in (0, 2, 6)], "not equally spaced: 2 to 4 mm"),
        ([contour(square(0, 9, 0)), contour([(1, 1, 1)], "POINT")], "Only closed contours"),
        ([contour(square(0, 9, 0)), contour([(0, 0, 2), (9, 0, 5), (9, 9, 8)])], "not lie on parallel planes"),
        (
            [contour(square(*span, z)) for z in (0, 2) for span in ((0, 9), (3, 6))],
            "does not say which of them",
        ),
    ],
)
def test_where_a_volume_cannot_be_told_there_is_none_and_it_is_said_why(contours: list[Dataset], said: str) -> None:
    volume = only(*contours).volume

    assert volume.cm3 is None
    assert said in volume.said


def test_contours_beside_one_another_add_up_and_exclusive_ones_inside_are_taken_away() -> None:
    beside = [contour(square(*span, z)) for z in (0, 2) for span in ((0, 10), (20, 30))]
    inside = [contour(square(*span, z), "CLOSEDPLANAR_XOR") for z in (0, 2) for span in ((0, 10), (3, 7))]

    assert only(*beside).volume.cm3 == pytest.approx(200 * 2 * 2 / 1000)
    assert only(*inside).volume.cm3 == pytest.approx((100 - 16) * 2 * 2 / 1000)


def test_more_contours_than_a_page_bears_are_said_and_make_no_volume(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(structures, "MOST_CONTOURS", 2)

    found = read(structure_set({"One": [contour(square(0, 9, z)) for z in range(5)]}))

    assert (len(found.rois[0].contours), found.rois[0].left_out, found.rois[0].volume.cm3) == (2, 3, None)
    assert found.left_out == ("3 contours are not shown: there are more than a page can bear.",)


def test_more_regions_than_a_page_bears_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(structures, "MOST_ROIS", 2)

    found = read(structure_set({name: [contour(square(0, 9, 0))] for name in "abc"}))

    assert [roi.name for roi in found.rois] == ["a", "b"]
    assert "Of 3 regions the first 2 are shown." in found.left_out


def test_contours_without_points_are_counted_and_a_region_without_a_name_is_kept() -> None:
    broken = item(ContourGeometricType="CLOSED_PLANAR", ContourData=["1", "2"])
    far = contour([(9e9, 0, 0)])
    dataset = structure_set({"One": [broken, far, contour(square(0, 9, 0))]})
    del dataset.StructureSetROISequence

    found = read(dataset)

    assert [(roi.number, roi.name, len(roi.contours)) for roi in found.rois] == [(1, "", 1)]
    assert found.left_out == ("2 contours are not shown: without points that could be read.",)


@pytest.mark.parametrize("orientation", [(1, 0, 0, 0, 1, 0), (0, 1, 0, 0, 0, -1), (-1, 0, 0, 0, 0, -1)])
@pytest.mark.parametrize("spacing", [(1.0, 1.0), (0.8, 0.4)])
def test_a_point_lies_on_the_pixel_that_the_standard_says(
    orientation: tuple[int, ...], spacing: tuple[float, float]
) -> None:
    image = bright_block(orientation, spacing)

    plane = image_plane(image)

    assert plane is not None
    places = [plane.place(point) for point in around_block(image)]
    corners = [(39.5, 19.5), (59.5, 19.5), (59.5, 29.5), (39.5, 29.5)]
    assert [place for pair in places for place in pair] == pytest.approx([part for pair in corners for part in pair])
    assert max(plane.distance_mm(point) for point in around_block(image)) < 1e-6


def test_a_frame_lies_where_its_own_group_says() -> None:
    image = bright_block((1, 0, 0, 0, 1, 0), (1, 1))
    shared = item(
        PlaneOrientationSequence=[item(ImageOrientationPatient=image.ImageOrientationPatient)],
        PixelMeasuresSequence=[item(PixelSpacing=image.PixelSpacing)],
    )
    del image.ImagePositionPatient, image.ImageOrientationPatient, image.PixelSpacing
    image.SharedFunctionalGroupsSequence = [shared]
    image.PerFrameFunctionalGroupsSequence = [
        item(PlanePositionSequence=[item(ImagePositionPatient=["0", "0", str(z)])]) for z in (5, 8)
    ]

    planes = [image_plane(image, frame) for frame in (1, 2, 3)]

    assert [plane.origin[2] if plane else None for plane in planes] == [5, 8, None]


@pytest.mark.parametrize(
    ("normal", "across", "down"),
    [
        ((0, 0, 1), (1, 0, 0), (0, 1, 0)),
        ((0, 0, -1), (1, 0, 0), (0, 1, 0)),
        ((0, 1, 0), (1, 0, 0), (0, 0, -1)),
        ((0, -1, 0), (1, 0, 0), (0, 0, -1)),
        ((1, 0, 0), (0, 1, 0), (0, 0, -1)),
        ((-1, 0, 0), (0, 1, 0), (0, 0, -1)),
    ],
)
def test_a_plane_without_an_image_is_turned_as_images_are(normal: Point, across: Point, down: Point) -> None:
    plane = facing(normal)

    assert plane.across == pytest.approx(across)
    assert plane.down == pytest.approx(down)


def test_contours_lie_on_the_image_they_name_else_on_the_nearest_else_on_their_own_plane() -> None:
    heights = {str(one.SOPInstanceUID): float(one.ImagePositionPatient[2]) for one in CT}
    near, far = heights[CT[1].SOPInstanceUID] + 0.9, 400.0
    found = read(
        structure_set(
            {
                "Named": [contour(square(0, 9, heights[CT[0].SOPInstanceUID]), image=CT[0])],
                "Near": [contour(square(0, 9, near))],
                "Far": [contour(square(0, 9, far)), contour(square(0, 9, -1.0), image=synthetic.ct_slice(9, seed=3))],
                "Wandering": [contour([(0, 0, 0), (5, 5, 30)], "OPEN_NONPLANAR")],
            },
            CT,
        )
    )

    cuts = cuts_of(found, (0, 0, 1), heights)

    assert [(cut.sop_uid, [roi.name for roi, _ in cut.drawn]) for cut in cuts.planes] == [
        (CT[1].SOPInstanceUID, ["Near"]),
        ("", ["Far"]),
        (CT[0].SOPInstanceUID, ["Named"]),
        ("", ["Far"]),
    ]
    assert cuts.astray == 1


def test_the_planes_of_a_sagittal_structure_set_are_sagittal() -> None:
    turned = [contour([(z, x, y) for x, y, z in square(0, 9, height)]) for height in (0, 3)]
    found = read(structure_set({"One": turned}))

    cuts = cuts_of(found, main_normal(found), {})

    assert main_normal(found) == pytest.approx((1, 0, 0))
    assert [cut.position_mm for cut in cuts.planes] == [0, 3]


def test_a_color_too_dark_for_a_dark_ground_is_lightened_and_others_stay() -> None:
    assert on_dark((255, 0, 0)) == (255, 0, 0)
    assert on_dark((0, 0, 0)) == (50, 50, 50)


def test_what_is_no_structure_set_has_none() -> None:
    assert structure_set_of(synthetic.ct_slice(rows=8, columns=8)) is None


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.text("0123456789.-eE \\", max_size=40), max_size=6),
    st.sampled_from(["CLOSED_PLANAR", "POINT", "OPEN_NONPLANAR", "", "CLOSEDPLANAR_XOR"]),
)
def test_no_contour_data_at_all_bring_a_structure_set_down(written: list[str], kind: str) -> None:
    contours = []
    for text in written:
        one = item(ContourGeometricType=kind)
        as_read(one, 0x30060050, "DS", text.encode())
        contours.append(one)

    found = read(structure_set({"One": contours}))

    assert len(cuts_of(found, main_normal(found), {}).planes) <= len(written)
