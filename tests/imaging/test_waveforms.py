"""Waveforms drawn: their lines, their paper, their cards."""

from pathlib import Path

import numpy as np
import pytest
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset

from dicomgallery.dicom.waveform_notes import Spot
from dicomgallery.dicom.waveforms import Group, waveforms_of
from dicomgallery.imaging import ecg_sheet, trace_sheet
from dicomgallery.imaging.refusals import RenderReason
from dicomgallery.imaging.spec import FULL, THUMBNAIL
from dicomgallery.imaging.traces import Drawing, grid, marks, path, round_steps, runs
from tests.imaging.making import attempt, pixels
from tests.waveforms import AMBULATORY, as_bytes, brain, channel, ecg, group, pressures, recording, voice


def only(dataset: Dataset) -> Group:
    found = waveforms_of(dataset)
    assert found is not None
    return found.groups[0]


def test_few_samples_are_drawn_one_by_one() -> None:
    assert list(runs([1, 5, 2], 10)) == [[(0, 1), (1, 5), (2, 2)]]


def test_of_many_samples_no_peak_is_lost() -> None:
    numbers = [0] * 100_000
    numbers[54_321], numbers[54_400] = 900, -900

    (line,) = runs(numbers, 100)

    assert len(line) == 200
    assert max(value for _, value in line) == 900
    assert min(value for _, value in line) == -900
    assert [value for _, value in line if value] == [900, -900]


def test_a_line_breaks_where_nothing_was_measured() -> None:
    few = list(runs([1, 2, -9, -9, 3], 10, -9))
    many = list(runs([1] * 1000 + [-9] * 1000 + [1] * 1000, 30, -9))

    assert few == [[(0, 1), (1, 2)], [(4, 3)]]
    assert len(many) == 2
    assert list(runs([-9] * 5000, 30, -9)) == []


def test_a_path_is_written_in_whole_steps_and_stays_on_any_sheet() -> None:
    drawn = path(iter([[(0, 0), (1, 1e30)], [(5, 2)]]), lambda at: at * 10, lambda value: -value)

    assert drawn == "M0 0l10 -100000M50 -2h1"
    assert grid(4, 2, 2) == "M0 0v2M2 0v2M4 0v2M0 0h4M0 2h4"


@pytest.mark.parametrize(
    ("low", "high", "steps"),
    [(0, 10, [0, 5, 10]), (-30, 95, [0, 50]), (0.01, 0.019, [0.01, 0.015]), (3, 3, [3]), (0, float("inf"), [0])],
)
def test_a_scale_has_round_numbers(low: float, high: float, steps: list[float]) -> None:
    assert round_steps(low, high, 3) == pytest.approx(steps)


def test_twelve_leads_stand_in_three_rows_of_four_above_a_long_strip() -> None:
    sheet = ecg_sheet.standard(only(ecg()))

    assert sheet is not None
    names = [one.text for one in sheet.drawing.labels]
    assert names == ["I", "aVR", "V1", "V4", "II", "aVL", "V2", "V5", "III", "aVF", "V3", "V6", "II"]
    assert sheet.drawing.width == 260 * ecg_sheet.STEPS
    assert sheet.scale == "25 mm/s · 10 mm/mV"
    assert sheet.is_partial


def test_a_millivolt_is_ten_millimeters_and_a_second_twenty_five() -> None:
    square = [0] * 100 + [1000] * 100 + [0] * 800
    sheet = ecg_sheet.strips(only(recording(AMBULATORY, "ECG", group([channel("Lead I")], [square], 100))))

    assert sheet is not None
    trace = next(line.path for line in sheet.drawing.lines if line.kind == "trace")
    assert f"l5 {-10 * ecg_sheet.STEPS}" in trace
    assert trace.startswith(f"M{10 * ecg_sheet.STEPS} ")
    pulse = next(line.path for line in sheet.drawing.lines if line.kind == "pulse")
    assert f"v{-10 * ecg_sheet.STEPS}h{5 * ecg_sheet.STEPS}" in pulse


def test_leads_that_would_leave_the_paper_are_drawn_smaller_and_it_is_said() -> None:
    large = ecg_sheet.strips(only(recording(AMBULATORY, "ECG", group([channel("I")], [[0, 9000, 0] * 50], 100))))
    absurd = ecg_sheet.strips(only(recording(AMBULATORY, "ECG", group([channel("I", "V")], [[0, 9000, 0] * 50], 100))))

    assert large is not None
    assert large.scale == "25 mm/s · 5 mm/mV"
    assert absurd is None


def test_a_short_beat_is_shown_whole_in_every_lead() -> None:
    sheet = ecg_sheet.standard(only(ecg(1.2)))

    assert sheet is not None
    assert not sheet.is_partial
    assert len(sheet.drawing.labels) == 12


def test_what_measures_no_voltage_is_on_no_paper() -> None:
    assert not ecg_sheet.is_electrocardiogram(only(pressures()))
    assert ecg_sheet.strips(only(pressures())) is None
    assert not ecg_sheet.is_electrocardiogram(only(brain(1)))


def test_traces_have_names_units_scales_and_a_time_axis() -> None:
    drawing = trace_sheet.traces(only(pressures()))

    told = {kind: [one.text for one in drawing.labels if one.kind == kind] for kind in ("name", "scale", "time")}
    assert told["name"] == ["Aortic pressure (mmHg)", "Central venous pressure (mmHg)"]
    assert told["scale"] == ["80", "100", "120", "4", "6", "8"]
    assert told["time"] == ["0 s", "2 s", "4 s", "6 s", "8 s"]
    venous = [line.path for line in drawing.lines if line.kind == "trace"][1]
    assert venous.count("M") == 2


def test_channels_that_measure_alike_share_their_scale() -> None:
    drawing = trace_sheet.traces(only(brain(2, channels=19)))

    levels = [one.text for one in drawing.labels if one.kind == "scale"]
    assert set(levels) == {"−50", "0", "50"}


def test_a_long_recording_keeps_its_drawing_small() -> None:
    numbers = [(at * 7919) % 2000 for at in range(200_000)]
    drawing = trace_sheet.traces(only(recording(AMBULATORY, "ECG", group([channel("A")], [numbers], 100))))

    assert drawing.fit == "wide"
    assert sum(len(line.path) for line in drawing.lines) < 120_000


@pytest.mark.parametrize(
    ("dataset", "words", "ground"),
    [
        (ecg(4), "4 of 12 leads", (255, 250, 245)),
        (pressures(), "2 of 2 channels of Hemodynamic", (13, 17, 22)),
        (brain(2), "6 of 19 channels", (13, 17, 22)),
        (voice(), "1 s of sound", (13, 17, 22)),
    ],
    ids=["ecg", "pressures", "brain", "voice"],
)
def test_a_card_shows_what_was_recorded(
    tmp_path: Path, dataset: Dataset, words: str, ground: tuple[int, int, int]
) -> None:
    file = tmp_path / "one.dcm"
    file.write_bytes(as_bytes(dataset))

    rendered, _ = attempt(file, FULL)
    small, _ = attempt(file, THUMBNAIL)

    assert rendered is not None
    assert small is not None
    assert (rendered.width, small.width) == (512, 256)
    assert words in " ".join(rendered.notes)
    picture = pixels(rendered)
    assert picture.shape == (512, 512, 3)
    assert (picture == ground).all(axis=-1).mean() > 0.3
    # Something is drawn from edge to edge.
    assert all(
        (np.abs(piece.astype(int) - ground).max(axis=-1) > 60).any() for piece in np.array_split(picture, 8, axis=1)
    )


def test_the_packaged_electrocardiogram_has_a_card() -> None:
    rendered, refused = attempt(Path(str(get_testdata_file("waveform_ecg.dcm", download=False))), THUMBNAIL)

    assert refused is None
    assert rendered is not None


def test_a_recording_without_samples_still_says_why_it_has_no_picture(tmp_path: Path) -> None:
    empty = ecg(1)
    del empty.WaveformSequence[0].WaveformData
    file = tmp_path / "empty.dcm"
    file.write_bytes(as_bytes(empty))

    _, refused = attempt(file, THUMBNAIL)

    assert refused is not None
    assert refused.reason is RenderReason.NOT_AN_IMAGE


def _numbers(drawing: Drawing) -> list[tuple[str, int]]:
    return [(one.text, one.x) for one in drawing.labels if one.kind == "mark"]


def _marks(drawing: Drawing) -> list[str]:
    return [one.path for one in drawing.lines if one.kind == "mark"]


def test_a_moment_of_every_channel_is_one_line_over_the_traces_at_its_time() -> None:
    found = waveforms_of(brain(seconds=10, channels=3))
    assert found is not None
    drawing = trace_sheet.traces(found.groups[0], [Spot(7, 1, (), 1000)])

    # Half of ten seconds: in the middle between the gutter and the right end.
    middle = (64 + 700 / 2) * trace_sheet.STEPS
    assert _marks(drawing) == [f"M{middle:.0f} 0V{3 * 110 * trace_sheet.STEPS}"]
    assert [(text, abs(x - middle) < 30) for text, x in _numbers(drawing)] == [("7", True)]


def test_a_moment_of_one_channel_is_marked_in_its_row_alone() -> None:
    found = waveforms_of(brain(seconds=10, channels=3))
    assert found is not None
    drawing = trace_sheet.traces(found.groups[0], [Spot(1, 1, (2,), 1000)])

    assert [mark.partition(" ")[2] for mark in _marks(drawing)] == [
        f"{110 * trace_sheet.STEPS}V{220 * trace_sheet.STEPS}"
    ]


def test_on_paper_a_moment_stands_in_the_column_of_its_time() -> None:
    found = waveforms_of(ecg())
    assert found is not None
    sheet = ecg_sheet.standard(found.groups[0], [Spot(1, 1, (), 750), Spot(2, 1, (8,), 1300)])
    assert sheet is not None

    # 3 s is half a second into the second column, and 75 mm from where lead II below begins.
    at = (10 + 75) * ecg_sheet.STEPS
    assert [mark.startswith(f"M{at} ") for mark in _marks(sheet.drawing)] == [True] * 4
    assert [f"M{(10 + 130) * ecg_sheet.STEPS} " in mark for mark in _marks(sheet.drawing)] == [
        False,
        True,
        False,
        False,
    ]
    # The second is at 5.2 s of V2, in the second row; the first has its number once, below.
    assert sorted(text for text, _ in _numbers(sheet.drawing)) == ["1", "2"]


def test_numbers_of_marks_do_not_cover_one_another() -> None:
    _, labels = marks([(x, number) for number, x in enumerate(range(0, 60, 10), 1)], 0, 1000, 50)

    places = [(one.x, one.y) for one in labels]
    assert len(places) == len(set(places)) == 3
    assert len({y for _, y in places}) == 3


def test_marks_need_a_place() -> None:
    assert marks([], 0, 100, 10) == ((), ())
