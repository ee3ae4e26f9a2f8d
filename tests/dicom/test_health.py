"""What a person should know of a stack, from what the catalog keeps of its images."""

import copy
import math
import random
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset

from dicomgallery.dicom import synthetic
from dicomgallery.dicom.facts import InstanceFacts, facts_of
from dicomgallery.dicom.health import Finding, FindingKind, Gravity, Health, health_of, judging

STEP_MM = 2.5


def ct(count: int) -> list[Dataset]:
    return synthetic.ct_series(count, rows=16, columns=16)


def facts(datasets: Sequence[Dataset]) -> list[InstanceFacts]:
    """The facts in the order of the catalog: by position, then number."""
    found = [facts_of(one, transfer_syntax="1.2.840.10008.1.2.1").instance for one in datasets]
    return sorted(found, key=lambda one: (one.position_mm is not None, one.position_mm or 0, one.number or 0))


def health(datasets: Sequence[Dataset]) -> Health:
    found = health_of(facts(datasets))
    assert found is not None
    return found


def only(found: Health) -> Finding:
    assert len(found.findings) == 1, [one.sentence for one in found.findings]
    return found.findings[0]


def said(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ")


def move(dataset: Dataset, x: float = 0, y: float = 0, z: float = 0) -> None:
    position = [float(part) for part in dataset.ImagePositionPatient]
    dataset.ImagePositionPatient = [f"{a + b:.6g}" for a, b in zip(position, (x, y, z), strict=True)]


def turn(dataset: Dataset, cosines: Sequence[float], along: float) -> None:
    dataset.ImageOrientationPatient = list(cosines)
    dataset.ImagePositionPatient = [along, along, along]


def test_a_regular_stack_is_told_in_one_calm_line() -> None:
    found = health(ct(120))

    assert said(found.summary) == (
        "120 slices, 2.5 mm apart, all in one orientation (axial), numbered from head to feet."
    )
    assert found.findings == ()
    assert found.gravity is Gravity.FINE
    assert [(lane.name, len(lane.marks), lane.ends) for lane in found.lanes] == [("axial", 120, ("feet", "head"))]


def test_the_order_in_which_images_are_given_changes_no_word() -> None:
    datasets = [one for number, one in enumerate(ct(40)) if number not in (10, 11)]
    straight = health(datasets)
    random.Random(4).shuffle(datasets)

    shuffled = health_of([facts_of(one, transfer_syntax="").instance for one in datasets])

    assert shuffled is not None
    assert shuffled.summary == straight.summary
    assert [one.sentence for one in shuffled.findings] == [one.sentence for one in straight.findings]


def test_numbers_that_rise_with_the_position_are_told_from_feet_to_head() -> None:
    assert health(synthetic.mr_series(10, 16, 16)).summary.endswith("numbered from feet to head.")


def test_dropped_slices_are_gaps_with_how_many_are_missing_and_where() -> None:
    found = health([one for number, one in enumerate(ct(60), 1) if number not in (11, 12, 40)])

    gap = next(one for one in found.findings if one.kind is FindingKind.GAP)
    assert gap.gravity is Gravity.PROBLEM
    assert said(gap.sentence) == (
        "3 slices seem to be missing at 2 places: 1 between \N{MINUS SIGN}100 mm and \N{MINUS SIGN}95 mm"
        " and 2 between \N{MINUS SIGN}30 mm and \N{MINUS SIGN}22.5 mm."
    )
    assert gap.where == (19, 20, 46, 47)
    assert [one.missing for one in found.lanes[0].gaps] == [1, 2]
    assert "2.5\N{NO-BREAK SPACE}mm apart but for 2 gaps" in found.summary
    numbers = next(one for one in found.findings if one.kind is FindingKind.NUMBERS)
    assert numbers.sentence == "3 image numbers are missing between 1 and 60: 11\N{EN DASH}12 and 40."


def test_one_gap_is_told_with_its_step() -> None:
    found = health([one for number, one in enumerate(ct(20), 1) if number != 5])

    assert said(found.findings[0].sentence) == (
        "1 slice seems to be missing between \N{MINUS SIGN}12.5 mm and \N{MINUS SIGN}7.5 mm: "
        "the step there is 5 mm, 2.5 mm is usual."
    )


def test_a_part_scanned_with_wider_steps_is_no_row_of_gaps() -> None:
    datasets = ct(40)
    for number, one in enumerate(datasets[30:], 1):
        move(one, z=-STEP_MM * number)

    found = only(health(datasets))

    assert found.kind is FindingKind.SPACING
    assert found.gravity is Gravity.PROBLEM
    assert said(found.sentence) == "The steps from slice to slice vary from 2.5 mm to 5 mm; 2.5 mm is usual."


@pytest.mark.parametrize(("off_mm", "gravity"), [(0.01, None), (0.1, Gravity.WORTH_KNOWING), (0.4, Gravity.PROBLEM)])
def test_a_slice_out_of_step_matters_by_how_far_it_is(off_mm: float, gravity: Gravity | None) -> None:
    datasets = ct(20)
    move(datasets[7], z=off_mm)

    found = health(datasets)

    assert [one.gravity for one in found.findings] == ([gravity] if gravity is not None else [])
    if gravity is not None:
        assert only(found).kind is FindingKind.SPACING
        assert only(found).where == (11, 12, 12, 13)


def test_positions_without_a_pattern_have_no_usual_step() -> None:
    datasets = ct(6)
    for one, at in zip(datasets, (0, -3, -10, -40, -41, -90), strict=True):
        one.ImagePositionPatient[2] = at

    assert said(only(health(datasets)).sentence) == "The steps from slice to slice are uneven: 1 mm to 49 mm."


def test_a_position_with_a_second_image_is_a_problem() -> None:
    datasets = ct(20)
    twin = copy.deepcopy(datasets[3])
    twin.InstanceNumber = 21

    found = only(health([*datasets, twin]))

    assert (found.kind, found.gravity) == (FindingKind.DUPLICATE, Gravity.PROBLEM)
    assert said(found.sentence) == "1 position holds more than one image: 2 at \N{MINUS SIGN}7.5 mm."
    assert found.where == (16, 17)


def _repeated(times: int, positions: int = 10) -> list[Dataset]:
    """A stack imaged several times, all of one acquisition at one moment."""
    found = []
    for time in range(times):
        for number, one in enumerate(ct(positions), 1):
            one.InstanceNumber = time * positions + number
            one.ContentTime = "091800"
            found.append(one)
    return found


def test_acquisitions_of_the_same_positions_are_lanes_of_one_stack() -> None:
    datasets = _repeated(5)
    for place, one in enumerate(datasets):
        one.AcquisitionNumber = place // 10 + 1

    found = health(datasets)

    assert (only(found).kind, only(found).gravity) == (FindingKind.REPEATED, Gravity.WORTH_KNOWING)
    assert only(found).sentence == (
        "Each of the 10 positions was imaged 5 times (50 images); the sets differ in acquisition number, 1 to 5."
    )
    assert [lane.name for lane in found.lanes] == [f"acquisition {number}" for number in range(1, 6)]
    assert {len(lane.marks) for lane in found.lanes} == {10}


def test_echoes_told_apart_by_their_image_type_are_named_by_it() -> None:
    datasets = _repeated(2)
    for place, one in enumerate(datasets):
        one.ImageType = ["ORIGINAL", "PRIMARY", "M" if place < 10 else "P"]

    found = health(datasets)

    assert only(found).sentence.endswith("; the sets differ in image type: M and P.")
    assert [lane.name for lane in found.lanes] == ["M", "P"]


def test_time_points_one_after_the_other_are_told_by_the_clock() -> None:
    datasets = _repeated(3)
    for place, one in enumerate(datasets):
        one.ContentTime = f"0918{place:02}"

    assert only(health(datasets)).sentence.endswith("(30 images), one after the other by the clock.")


def test_images_that_nothing_tells_apart_are_perhaps_copies() -> None:
    datasets = [*ct(10), *ct(10)]

    found = only(health([one for one in datasets if setattr(one, "ContentTime", "") is None]))

    assert found.sentence.endswith("and has the same number each time: perhaps copies.")


def test_a_time_point_that_lacks_slices_is_a_problem() -> None:
    datasets = _repeated(4)
    del datasets[17], datasets[3]

    found = next(one for one in health(datasets).findings if one.kind is FindingKind.REPEATED)

    assert found.gravity is Gravity.PROBLEM
    assert said(found.sentence) == (
        "Most of the 10 positions were imaged 4 times, but 3 at \N{MINUS SIGN}17.5 mm and 3 at \N{MINUS SIGN}7.5 mm."
    )


def test_one_place_at_many_times_is_told_as_that() -> None:
    datasets = ct(30)
    for one in datasets:
        one.ImagePositionPatient[2] = 0

    found = health(datasets)

    assert only(found).sentence == "All 30 images lie at one position, one after the other by the clock."
    assert len(found.lanes) == 1


@pytest.mark.parametrize("degrees", [-22.0, 0.5, 15.0])
def test_a_tilted_gantry_is_told_in_degrees(degrees: float) -> None:
    datasets = ct(40)
    for number, one in enumerate(datasets):
        move(one, y=number * STEP_MM * math.tan(math.radians(degrees)))

    found = health(datasets)

    assert (only(found).kind, only(found).gravity) == (FindingKind.TILT, Gravity.WORTH_KNOWING)
    assert f"leans by {abs(degrees):.1f}\N{DEGREE SIGN}" in only(found).sentence
    assert found.lanes[0].lean_degrees == pytest.approx(abs(degrees), abs=0.01)


def test_an_oblique_stack_that_runs_along_its_normal_does_not_lean() -> None:
    datasets = ct(20)
    for number, one in enumerate(datasets):
        one.ImageOrientationPatient = [1, 0, 0, 0, 0.8, 0.6]
        one.ImagePositionPatient = [-190, -0.6 * number * STEP_MM, 0.8 * number * STEP_MM]

    assert health(datasets).findings == ()


def test_images_beside_the_line_of_the_others_are_no_lean() -> None:
    datasets = ct(20)
    for one in datasets[5:8]:
        move(one, x=12)

    found = only(health(datasets))

    assert (found.kind, found.gravity) == (FindingKind.SIDEWAYS, Gravity.PROBLEM)
    assert "by up to 12\N{NO-BREAK SPACE}mm" in found.sentence
    assert found.where == (12, 13, 14)


def test_the_lean_of_images_whose_position_nobody_has_read_is_not_judged() -> None:
    found = health_of([replace(one, position=None) for one in facts(ct(10))])  # type: ignore[arg-type]

    assert found is not None
    assert (only(found).kind, only(found).gravity) == (FindingKind.TILT_UNKNOWN, Gravity.FINE)


def test_a_localizer_is_told_by_its_planes_each_in_a_lane() -> None:
    datasets = ct(18)
    for number, one in enumerate(datasets):
        if number % 3 == 1:
            turn(one, (1, 0, 0, 0, 0, -1), number)
        elif number % 3 == 2 or number == 0:
            turn(one, (0, 1, 0, 0, 0, -1), number)

    found = health(datasets)
    mixture = next(one for one in found.findings if one.kind is FindingKind.ORIENTATIONS)

    assert found.summary == "18 images in 3 orientations."
    assert mixture.sentence == (
        "The images lie in 3 orientations: 7 sagittal, 6 coronal and 5 axial. They are not one stack."
    )
    assert [(lane.name, len(lane.marks)) for lane in found.lanes] == [("sagittal", 7), ("coronal", 6), ("axial", 5)]
    assert len(mixture.where) == 11


def test_what_is_found_in_one_of_several_stacks_says_in_which() -> None:
    datasets = ct(30)
    for number, one in enumerate(datasets[20:]):
        turn(one, (1, 0, 0, 0, 0, -1), number * 4)
    del datasets[7]

    gap = next(one for one in health(datasets).findings if one.kind is FindingKind.GAP)

    assert gap.sentence.startswith("Axial: 1 slice seems to be missing")


def test_cosines_off_by_rounding_are_one_orientation_and_one_regular_stack() -> None:
    datasets = ct(30)
    for number, one in enumerate(datasets):
        one.ImageOrientationPatient = ["1", "0", "0", "0", "1", f"{0.001 * (number % 3):g}"]

    found = health(datasets)

    assert found.findings == ()
    assert "2.5\N{NO-BREAK SPACE}mm apart" in found.summary


def test_orientations_without_end_are_counted_and_not_all_drawn() -> None:
    datasets = ct(60)
    for number, one in enumerate(datasets):
        angle = math.radians(3 * number)
        turn(one, (math.cos(angle), math.sin(angle), 0, 0, 0, -1), number)

    found = health(datasets)

    assert "and 36 in others" in found.findings[0].sentence
    assert (len(found.lanes), found.lanes_left_out) == (8, 17)


def test_another_matrix_or_pixel_spacing_within_a_stack_is_a_problem() -> None:
    datasets = ct(20)
    datasets[4].Rows = datasets[4].Columns = 32
    datasets[5].PixelSpacing = ["1", "1"]

    found = {one.kind: one for one in health(datasets).findings}

    assert {one.gravity for one in found.values()} == {Gravity.PROBLEM}
    matrix, spacing = found[FindingKind.MATRIX], found[FindingKind.PIXEL_SPACING]
    assert matrix.sentence.endswith("16 \N{MULTIPLICATION SIGN} 16 in 19 and 32 \N{MULTIPLICATION SIGN} 32 in 1.")
    assert said(spacing.sentence).endswith("in 19 and 1 \N{MULTIPLICATION SIGN} 1 mm in 1.")
    assert (matrix.where, spacing.where) == ((15,), (14,))


def test_a_pixel_spacing_that_differs_by_rounding_is_the_same() -> None:
    datasets = ct(10)
    datasets[2].PixelSpacing = ["23.7501", "23.75"]

    assert health(datasets).findings == ()


def test_numbers_used_twice_and_images_without_one_are_worth_knowing() -> None:
    datasets = ct(10)
    datasets[2].InstanceNumber = datasets[1].InstanceNumber
    datasets[8].InstanceNumber = None

    sentences = [one.sentence for one in health(datasets).findings if one.kind is FindingKind.NUMBERS]

    assert sentences == [
        "1 image has no number.",
        "2 image numbers are missing between 1 and 10: 3 and 9.",
        "1 image number is used more than once: 2.",
    ]


def test_numbers_in_equal_steps_are_not_missing() -> None:
    datasets = ct(10)
    for one in datasets:
        one.InstanceNumber = 3 * int(one.InstanceNumber)

    assert health(datasets).findings == ()


def test_a_few_images_of_many_are_told_by_their_numbers() -> None:
    datasets = ct(4)
    for one, number in zip(datasets, (18, 180, 181, 182), strict=True):
        one.InstanceNumber = number

    assert only(health(datasets)).sentence == "The image numbers run from 18 to 182, yet only 4 of them occur."


def test_numbers_that_do_not_follow_the_position_are_told() -> None:
    datasets = ct(10)
    for place, one in enumerate(datasets):
        one.InstanceNumber = place * 2 + 1 if place < 5 else (place - 5) * 2 + 2

    found = health(datasets)

    assert only(found).kind is FindingKind.NUMBER_ORDER
    assert "at 1 of 9 steps" in only(found).sentence
    assert "numbered" not in found.summary


def test_images_without_a_position_have_a_lane_of_their_own() -> None:
    datasets = ct(10)
    del datasets[3].ImagePositionPatient, datasets[4].ImagePositionPatient

    found = health(datasets)
    unplaced = next(one for one in found.findings if one.kind is FindingKind.NO_POSITION)

    assert unplaced.sentence == "2 images do not say where they lie in the patient."
    assert unplaced.where == (0, 1)
    assert [(lane.name, lane.is_placed) for lane in found.lanes] == [("axial", True), ("no position", False)]


def test_pictures_that_are_no_stack_are_told_calmly() -> None:
    found = health([synthetic.secondary_capture(seed=7), synthetic.secondary_capture(32, 32, seed=8)])

    assert found.summary == "2 images, none of which says where it lies in the patient."
    assert found.gravity is Gravity.FINE


def test_one_object_of_many_frames_is_not_judged_and_not_drawn() -> None:
    found = health([synthetic.us_cine(12, 16, 16)])

    assert found.summary == "One object with 12 frames; where each frame lies is not judged here."
    assert found.lanes == ()


def test_there_is_nothing_to_judge_in_a_single_image_or_none() -> None:
    assert health_of(facts([synthetic.ct_slice(rows=16, columns=16), synthetic.basic_report()])) is None
    assert health_of(facts([synthetic.basic_report()])) is None
    assert health_of([]) is None


_NUMBERS = st.one_of(st.none(), st.integers(-(2**31), 2**31))
_TEXTS = st.sampled_from(
    [
        "",
        "1\\0\\0\\0\\1\\0",
        "0\\1\\0\\0\\0\\-1",
        "1\\0\\0\\1\\0\\0",
        "x\\y",
        "\\\\",
        "nan\\0\\0\\0\\1\\0",
        "1e308\\1e308",
    ]
)
_PLAIN = facts([synthetic.ct_slice(rows=16, columns=16)])[0]
_IMAGES = st.builds(
    lambda **values: replace(_PLAIN, **values),
    frames=st.integers(0, 3),
    number=_NUMBERS,
    acquisition_number=_NUMBERS,
    position_mm=st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False)),
    position=st.one_of(_TEXTS, st.sampled_from(["0\\0\\0", "1e300\\-1e300\\0", "inf\\0\\0"])),
    orientation=_TEXTS,
    spacing=_TEXTS,
    rows=st.integers(0, 3),
    image_type=_TEXTS,
    content_time=_TEXTS,
)


@given(st.lists(_IMAGES, max_size=12))
@settings(max_examples=300, deadline=None)
def test_whatever_the_values_something_is_told_and_nothing_raised(images: list[InstanceFacts]) -> None:
    found = health_of(images)

    if found is not None:
        places = [index for lane in found.lanes for index, _ in lane.marks]
        assert len(places) == len(set(places))
        assert all(one.sentence.endswith(".") for one in found.findings)
        assert all(0 <= index < len(images) for one in found.findings for index in one.where)


def test_findings_beyond_the_most_a_page_shows_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    datasets = ct(40)
    for number, one in enumerate(datasets):
        move(one, y=0.67 * number)
    all_of_it = health(datasets[:20] + datasets[24:])
    monkeypatch.setattr(judging, "MOST_FINDINGS", 1)

    found = health(datasets[:20] + datasets[24:])

    assert len(all_of_it.findings) > 1
    assert all_of_it.findings_left_out == 0
    assert found.findings == all_of_it.findings[:1]
    assert found.findings_left_out == len(all_of_it.findings) - 1
