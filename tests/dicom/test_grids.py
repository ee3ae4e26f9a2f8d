"""Laying images into one grid: what is taken, what is corrected, and what is refused in words."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as Items

from dicomgallery.dicom import reader, synthetic
from dicomgallery.dicom.facts import facts_of
from dicomgallery.dicom.grids import Grid, Unlaid, View, frames_of, lay, letters, sight_of
from dicomgallery.dicom.grids.frames import PlacedFrame
from dicomgallery.dicom.health import Placed
from tests.volumes import placed, turned


def ct(count: int = 10, **changes: object) -> list[PlacedFrame]:
    """Axial images 2 mm apart, head last."""
    usual = PlacedFrame(
        number=1, position_mm=0.0, position="", orientation="1\\0\\0\\0\\1\\0", spacing="0.5\\0.5", rows=8, columns=6
    )
    return [replace(at(usual, 2.0 * number), number=number + 1, **changes) for number in range(count)]  # type: ignore[arg-type]


def at(one: PlacedFrame, z: float, *, y: float = 0.0) -> PlacedFrame:
    return replace(one, position_mm=z, position=f"0\\{y:.6f}\\{z:.6f}")


def laid(slices: Sequence[Placed], wanted_set: int = 1) -> Grid:
    grid = lay(slices, wanted_set)
    assert isinstance(grid, Grid), grid
    return grid


def refused(slices: Sequence[Placed]) -> str:
    found = lay(slices)
    assert isinstance(found, Unlaid)
    return found.sentence.replace("\N{NO-BREAK SPACE}", " ")


def notes(grid: Grid) -> list[str]:
    return [note.replace("\N{NO-BREAK SPACE}", " ") for note in grid.notes]


def test_an_even_stack_is_a_grid_without_a_remark() -> None:
    grid = laid(ct())

    assert grid.shape == (10, 8, 6)
    assert grid.spacing_mm == pytest.approx((2.0, 0.5, 0.5))
    assert grid.origin == pytest.approx((0, 0, 0))
    assert grid.steps == (pytest.approx((0, 0, 2)), pytest.approx((0, 0.5, 0)), pytest.approx((0.5, 0, 0)))
    assert grid.notes == ()


def test_the_order_of_the_images_means_nothing() -> None:
    slices = ct()

    grid = laid(slices[::-1])

    assert [layer.index for layer in grid.layers] == list(range(9, -1, -1))
    assert replace(grid, layers=()) == replace(laid(slices), layers=())


def test_gaps_stay_empty_and_are_told() -> None:
    grid = laid([one for one in ct() if one.number not in (4, 5)])

    assert grid.shape[0] == 10
    assert grid.missing == (3, 4)
    assert notes(grid) == ["2 slices are missing between 4 mm and 10 mm: left empty."]


def test_more_missing_than_present_is_refused() -> None:
    slices = [at(one, z) for one, z in zip(ct(4), (0, 2, 4, 60), strict=True)]

    assert refused(slices) == "More slices are missing, 27, than are here, 4."


@pytest.mark.parametrize(
    ("heights", "sentence"),
    [
        ((0, 2, 4, 7, 9), "The steps from slice to slice are uneven, 2 mm to 3 mm, where 2 mm is usual."),
        ((0, 1, 3, 8, 9), "The steps from slice to slice are uneven, 1 mm to 5 mm."),
    ],
)
def test_uneven_steps_are_refused_with_their_figures(heights: Sequence[float], sentence: str) -> None:
    assert refused([at(one, z) for one, z in zip(ct(5), heights, strict=True)]) == sentence


def test_steps_that_waver_are_taken_and_told() -> None:
    grid = laid([at(one, z) for one, z in zip(ct(7), (0, 2, 4, 6.15, 8, 10, 12), strict=True)])

    assert grid.spacing_mm[0] == pytest.approx(2.0)
    assert notes(grid) == ["The steps vary from 1.85 mm to 2.15 mm; 2 mm is used for all."]


def test_a_stack_that_leans_is_moved_back_image_by_image() -> None:
    grid = laid([at(one, 2.0 * place, y=0.2 * place) for place, one in enumerate(ct())])

    assert [layer.down for layer in grid.layers] == pytest.approx([0.4 * place for place in range(10)])
    assert (grid.rows, grid.columns) == (8 + 4, 6)
    assert notes(grid) == [
        (
            "The stack leans by 5.7\N{DEGREE SIGN}: each image is moved back by its share, "
            "1.8 mm from first to last at most."
        )
    ]


def test_images_that_hardly_lie_over_each_other_are_refused() -> None:
    slices = [at(one, 2.0 * place, y=2.0 * place) for place, one in enumerate(ct())]

    assert refused(slices).startswith("The images shift sideways by up to 18 mm")


def test_time_points_are_taken_one_at_a_time() -> None:
    slices = [*ct(acquisition_number=1), *ct(acquisition_number=2)]

    first, second, beyond = (laid(slices, number) for number in (1, 2, 99))

    assert first.sets == ("acquisition 1", "acquisition 2")
    assert [layer.index for layer in first.layers] == list(range(10))
    assert [layer.index for layer in second.layers] == list(range(10, 20))
    assert beyond == second
    assert notes(second) == ["Each position was imaged 2 times; number 2 is shown: acquisition 2."]


def test_the_largest_of_several_stacks_and_sizes_is_taken() -> None:
    coronal = [
        replace(one, orientation="1\\0\\0\\0\\0\\-1", position=f"0\\{2 * place}\\0", position_mm=2.0 * place)
        for place, one in enumerate(ct(4))
    ]
    slices = [*coronal, *ct(9), *(replace(one, rows=4) for one in (at(ct(1)[0], 18), at(ct(1)[0], 20)))]

    grid = laid(slices)

    assert [layer.index for layer in grid.layers] == list(range(4, 13))
    assert notes(grid) == [
        "The images lie in 2 orientations; the largest stack is taken: axial, 11 images.",
        "The images differ in size; 9 images of 6 \N{MULTIPLICATION SIGN} 8 pixels are taken, 2 left out.",
    ]


NOWHERE = "The files do not say where the images lie in the patient."
ONE_PLACE = "All of its images lie at one position; a volume needs two or more."
NO_SIZE = "The images do not say how large their pixels are in the patient."
HUGE = "10 \N{MULTIPLICATION SIGN} 60000 \N{MULTIPLICATION SIGN} 60000"


@pytest.mark.parametrize(
    ("slices", "sentence"),
    [
        ([], NOWHERE),
        ([replace(one, position="", position_mm=None) for one in ct()], NOWHERE),
        ([at(one, 5.0) for one in ct()], ONE_PLACE),
        (ct(1), ONE_PLACE),
        (ct(spacing=""), NO_SIZE),
        (ct(spacing="0\\1"), NO_SIZE),
        (ct(spacing="1e-300\\1e-300"), NO_SIZE),
        (ct(orientation="1\\0\\0\\0.5\\1\\0"), "Rows and columns of the images do not stand at right angles."),
        (ct(rows=60000, columns=60000), f"It would have {HUGE} voxels; over 512 million are not reformatted."),
    ],
)
def test_what_makes_no_grid_is_told_why(slices: Sequence[Placed], sentence: str) -> None:
    assert refused(slices) == sentence


def test_images_whose_position_nobody_has_read_say_how_to_have_it_read() -> None:
    slices = [facts_of(one, transfer_syntax="").instance for one in synthetic.ct_series(3, 8, 8)]

    sentence = refused([replace(one, position=None) for one in slices])

    assert sentence.startswith("These images came in before the gallery kept their full position")


@pytest.mark.parametrize(
    ("direction", "sides"),
    [
        ((1, 0, 0), "L"),
        ((0, -1, 0), "A"),
        ((0, 0, -1), "F"),
        (turned((0, 1, 0), 10), "P"),
        (turned((0, 1, 0), 30), "PH"),
        (turned((0, 1, 0), 70), "HP"),
        ((-0.6, -0.58, 0.5), "RA"),
    ],
)
def test_a_direction_is_named_by_the_sides_it_leads_to(direction: Sequence[float], sides: str) -> None:
    assert letters(direction) == sides


def test_frames_lie_where_their_functional_groups_say() -> None:
    dataset = enhanced([0.0, 3.0, 6.0, 9.0])

    grid = laid(frames_of(dataset))

    assert grid.shape == (4, 16, 16)
    assert grid.spacing_mm == pytest.approx((3.0, 0.7, 0.7))


def test_frames_of_a_dose_lie_by_their_offsets() -> None:
    dataset = synthetic.ct_slice(rows=16, columns=16)
    dataset.NumberOfFrames = 3
    dataset.GridFrameOffsetVector = [0, 2.5, 5]

    grid = laid(frames_of(dataset))

    assert grid.shape == (3, 16, 16)
    assert grid.spacing_mm[0] == pytest.approx(2.5)


def test_frames_of_a_cine_lie_nowhere() -> None:
    assert refused(frames_of(synthetic.us_cine(3, 16, 16))).startswith("The files do not say")


def enhanced(heights: Sequence[float]) -> Dataset:
    """An object whose frames say in functional groups where they lie."""
    dataset = synthetic.ct_slice(rows=16, columns=16)
    for keyword in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing"):
        del dataset[keyword]
    dataset.NumberOfFrames = len(heights)
    measures, plane = Dataset(), Dataset()
    measures.PixelSpacing = [0.7, 0.7]
    plane.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    shared = Dataset()
    shared.PixelMeasuresSequence = Items([measures])
    shared.PlaneOrientationSequence = Items([plane])
    dataset.SharedFunctionalGroupsSequence = Items([shared])
    groups = []
    for height in heights:
        group, position = Dataset(), Dataset()
        position.ImagePositionPatient = [0, 0, height]
        group.PlanePositionSequence = Items([position])
        groups.append(group)
    dataset.PerFrameFunctionalGroupsSequence = Items(groups)
    return dataset


def test_real_series_that_lean_or_are_even_are_laid(corpus: list[Path]) -> None:
    def of(part: str) -> Grid | Unlaid:
        paths = [path for path in corpus if part in path.as_posix() and path.name not in ("DICOMDIR", "DIRFILE")]
        return lay(placed([reader.read_header(path) for path in paths]))

    leaning, even = of("failing/gantrytilting/001"), of("dcm_qa_ct/In/Philips/S21570/S2010")

    assert isinstance(leaning, Grid)
    assert leaning.notes[0].startswith("The stack leans by 14.0\N{DEGREE SIGN}")
    assert sight_of(leaning.shape, leaning.origin, leaning.steps, View.AXIAL).name == "Oblique, nearly axial"
    assert isinstance(even, Grid)
    assert (even.shape, even.notes) == ((28, 512, 512), ())


def test_a_real_series_with_slices_taken_out_has_gaps_and_with_most_gone_is_refused(corpus: list[Path]) -> None:
    folder = "dcm_qa_ct/In/Philips/S21570/S2010/I"
    paths = [path for path in corpus if folder in path.as_posix()]
    slices = sorted(placed([reader.read_header(path) for path in paths]), key=lambda one: one.position_mm or 0)

    gapped = lay(slices[:10] + slices[13:])
    few = lay([*slices[:3], slices[-1]])

    assert isinstance(gapped, Grid)
    assert gapped.missing == (10, 11, 12)
    assert few == Unlaid("More slices are missing, 24, than are here, 4.")
