"""What a presentation state says, whatever stands in it."""

import pytest
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset

from dicomgallery.dicom import synthetic
from dicomgallery.dicom.presentation import presentation_of
from dicomgallery.dicom.presentation_words import deeds_of
from dicomgallery.dicom.reader import read_header
from dicomgallery.dicom.references import MOST_REFERENCES, referred_to
from tests.presentation import about, annotation, area, graphic, item, layer, sequence, state, text, window

ONE, TWO = synthetic.ct_series(2, rows=64, columns=64)
UID = ONE.SOPInstanceUID


def test_a_state_tells_its_name_its_maker_and_its_images() -> None:
    said = presentation_of(state(ONE, TWO))

    assert (said.name, said.label, said.creator) == ("Where to look", "MARKS", "Reader Rita")
    assert [one.sop_uid for one in said.images] == [UID, TWO.SOPInstanceUID]
    assert said.kind == "Grayscale Softcopy Presentation State"
    assert said.is_applied


def test_an_image_named_twice_is_one_image_with_the_frames_of_both() -> None:
    made = state(ONE)
    series = made.ReferencedSeriesSequence[0]
    series.ReferencedImageSequence = sequence(*about(ONE, frames=[2, 3]), *about(ONE, frames=[3, 5]))

    (target,) = presentation_of(made).images

    assert target.frames == (2, 3, 5)
    assert target.holds_for(UID, 5)
    assert not target.holds_for(UID, 4)


def test_the_frame_to_begin_with_is_one_that_the_state_refers_to() -> None:
    assert presentation_of(state(ONE)).frame_for(UID, 9) == 5
    assert presentation_of(state(ONE, frames=[2, 3])).frame_for(UID, 9) == 2
    assert presentation_of(state(ONE, frames=[2, 5])).frame_for(UID, 9) == 5


def test_annotations_are_read_with_their_units_and_boxes() -> None:
    circle, words = (
        graphic("CIRCLE", [10, 10, 20, 10], units="DISPLAY", filled="Y"),
        text("A\r\nB", [1, 2, 3, 4], anchor=[9, 8]),
    )
    said = presentation_of(state(ONE, GraphicAnnotationSequence=sequence(annotation(circle, words))))

    (one,) = said.annotations
    (drawn,), (written,) = one.graphics, one.texts
    assert (drawn.form, drawn.points, drawn.units, drawn.is_filled) == ("CIRCLE", ((10, 10), (20, 10)), "DISPLAY", True)
    assert (written.text, written.box, written.anchor) == ("A\nB", ((1, 2), (3, 4)), (9, 8))
    assert written.is_anchored


def test_an_annotation_of_one_image_is_not_drawn_on_another_and_layers_keep_their_order() -> None:
    low = annotation(graphic("POINT", [1, 1]), layer="LOW")
    high = annotation(graphic("POINT", [2, 2]), layer="HIGH")
    only = annotation(graphic("POINT", [3, 3]), layer="LOW", ReferencedImageSequence=about(TWO))
    layers = sequence(layer("HIGH", 7), layer("LOW", 2))
    said = presentation_of(
        state(ONE, TWO, GraphicAnnotationSequence=sequence(high, low, only), GraphicLayerSequence=layers)
    )

    assert [one.layer for one in said.annotations_on(UID, 1)] == ["LOW", "HIGH"]
    assert [one.layer for one in said.annotations_on(TWO.SOPInstanceUID, 1)] == ["LOW", "LOW", "HIGH"]


def test_what_is_no_annotation_is_counted_as_left_out() -> None:
    bad = [graphic("BEZIER", [1, 1, 2, 2]), graphic("ELLIPSE", [1, 1, 2, 2]), graphic("POLYLINE", [1e9, 1, 2, 2])]
    said = presentation_of(state(ONE, GraphicAnnotationSequence=sequence(annotation(*bad, graphic("POINT", [1, 1])))))

    assert len(said.annotations[0].graphics) == 1
    assert said.left_out == ("3 annotation objects are left out.",)


def test_more_annotations_than_a_picture_bears_are_counted() -> None:
    many = sequence(*(annotation(graphic("POINT", [1, 1])) for _ in range(600)))

    said = presentation_of(state(ONE, GraphicAnnotationSequence=many))

    assert len(said.annotations) == 500
    assert said.left_out == ("100 annotation objects are left out.",)


def test_the_corners_of_a_turned_area_are_put_in_order() -> None:
    (found,) = presentation_of(state(ONE, DisplayedAreaSelectionSequence=sequence(area(40, 8, 5, 60)))).areas

    assert (found.left, found.top, found.right, found.bottom, found.ratio) == (5, 8, 40, 60, 1.0)


@pytest.mark.parametrize("far", ["1e308", "-1e30", "2147483648"])
def test_an_area_whose_corners_no_image_could_have_is_none(far: str) -> None:
    asked = area(1, 1, 60, 60)
    asked.add_new(0x00700053, "DS", [far, "60"])

    assert presentation_of(state(ONE, DisplayedAreaSelectionSequence=sequence(asked))).areas == ()


def test_an_overlay_whose_layer_is_left_empty_is_not_shown() -> None:
    made = state(ONE)
    made.add_new(0x60001001, "CS", "LAYER1")
    made.add_new(0x60021001, "CS", "")
    made.add_new(0x60040010, "US", 8)
    made.add_new(0x60060010, "US", 8)
    made.add_new(0x60061001, "CS", "")

    assert [(one.group, one.is_own) for one in presentation_of(made).overlays] == [
        (0x60000000, False),
        (0x60040000, True),
    ]


def test_the_cielab_value_of_a_layer_goes_before_its_retired_color() -> None:
    made = layer(
        GraphicLayerRecommendedDisplayCIELabValue=[0x8AFB, 0xD19B, 0xC6AB],
        GraphicLayerRecommendedDisplayRGBValue=[0, 0, 0xFFFF],
    )

    (found,) = presentation_of(state(ONE, GraphicLayerSequence=sequence(made))).layers

    assert found.color == pytest.approx((255, 0, 0), abs=6)


def test_a_retired_color_and_a_gray_are_read_too() -> None:
    layers = sequence(
        layer("A", 1, GraphicLayerRecommendedDisplayGrayscaleValue=0x8000),
        layer("B", 2, GraphicLayerRecommendedDisplayRGBValue=[0xFFFF, 0, 0x8000]),
        layer("C", 3),
    )

    assert [one.color for one in presentation_of(state(ONE, GraphicLayerSequence=layers)).layers] == [
        (128, 128, 128),
        (255, 0, 128),
        None,
    ]


def test_deeds_are_told_in_the_order_they_are_done() -> None:
    made = state(
        ONE,
        RescaleSlope="1",
        RescaleIntercept="-1024",
        SoftcopyVOILUTSequence=window(-600, 1500),
        PresentationLUTShape="INVERSE",
        ShutterShape="CIRCULAR",
        ImageRotation=90,
        ImageHorizontalFlip="Y",
        GraphicAnnotationSequence=sequence(annotation(graphic("POINT", [1, 1]), text("A", [1, 2, 3, 4]))),
    )

    assert deeds_of(made, presentation_of(made), UID, 1) == [
        "Rescales stored values: slope 1, intercept \N{MINUS SIGN}1024",
        "Window 1500 / \N{MINUS SIGN}600",
        "Shows low values white",
        "Hides what lies outside a circle",
        "Shows columns 1 to 64 and rows 1 to 64",
        "Turns it by 90° clockwise",
        "Exchanges left and right",
        "Draws 1 text and 1 line or shape in 1 layer",
    ]


def test_a_window_for_one_image_holds_for_no_other() -> None:
    made = state(ONE, TWO, SoftcopyVOILUTSequence=window(40, 400, ReferencedImageSequence=about(TWO)))
    said = presentation_of(made)

    assert deeds_of(made, said, UID, 1)[0] == "Spreads every value from black to white, since it names no window"
    assert deeds_of(made, said, TWO.SOPInstanceUID, 1)[0] == "Window 400 / 40"


@pytest.mark.parametrize("rotation", [45, -90, 99_999])
def test_a_rotation_is_by_quarters_or_none(rotation: int) -> None:
    made = state(ONE)
    made.add_new(0x00700042, "SL", rotation)

    assert presentation_of(made).rotation == {-90: 270}.get(rotation, 0)


def test_an_empty_dataset_and_one_full_of_nonsense_are_read() -> None:
    nonsense = Dataset()
    nonsense.add_new(0x00700001, "OB", b"\xff" * 40)
    nonsense.add_new(0x00081115, "LO", "no sequence")
    nonsense.add_new(0x0070005A, "SQ", [item(DisplayedAreaTopLeftHandCorner=[1, 1])])
    nonsense.add_new(0x00181600, "OB", b"\0\1")

    for dataset in (Dataset(), nonsense):
        said = presentation_of(dataset)
        assert said.images == said.annotations == said.areas == ()
        assert not said.is_applied


def test_references_are_found_at_any_depth_but_not_of_the_study_or_of_itself() -> None:
    made = state(ONE, TWO)
    made.GraphicAnnotationSequence = sequence(annotation(ReferencedImageSequence=about(TWO)))
    made.ReferencedStudySequence = sequence(item(ReferencedSOPInstanceUID="1.2.3"))
    made.ReferencedPerformedProcedureStepSequence = sequence(item(ReferencedSOPInstanceUID="1.2.4"))
    made.SourceImageSequence = sequence(item(ReferencedSOPInstanceUID=made.SOPInstanceUID))

    assert referred_to(made) == {UID, TWO.SOPInstanceUID}


def test_looking_for_references_converts_nothing_that_is_no_sequence() -> None:
    """A structure set has a million numbers, each of which pydicom would make an object of."""
    made = state(ONE)
    made.SoftcopyVOILUTSequence = window(40, 400, ReferencedImageSequence=about(TWO))
    read = read_header(synthetic.as_bytes(made))

    assert TWO.SOPInstanceUID in referred_to(read)
    assert isinstance(read.SoftcopyVOILUTSequence[0].get_item("WindowCenter"), RawDataElement)


def test_no_object_refers_to_more_than_are_kept() -> None:
    many = sequence(*(item(ReferencedSOPInstanceUID=f"1.2.{number}") for number in range(MOST_REFERENCES + 10)))

    assert len(referred_to(item(SourceImageSequence=many))) == MOST_REFERENCES
