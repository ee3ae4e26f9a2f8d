"""Waveforms as they are read: groups, channels, samples, and what is noted on them."""

from array import array
from pathlib import Path

import numpy as np
import pydicom
import pydicom.data
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as ItemSequence
from pydicom.waveforms import multiplex_array

from dicomgallery.dicom import samples, synthetic, waveforms
from dicomgallery.dicom.leads import TWELVE, in_order, lead_of, millivolts_of, twelve
from dicomgallery.dicom.reader import read_whole
from dicomgallery.dicom.waveform_notes import Notes, notes_of
from dicomgallery.dicom.waveforms import Channel, Group, Waveforms, waveforms_of
from tests.waveforms import AMBULATORY, VOICE, brain, channel, ecg, group, note, pressures, recording, voice

PACKAGED = Path(pydicom.data.__file__).parent / "test_files" / "waveform_ecg.dcm"


def read(dataset: Dataset) -> Waveforms:
    found = waveforms_of(dataset)
    assert found is not None
    return found


def only(one: Dataset, sop_class: str = AMBULATORY) -> Group:
    return read(recording(sop_class, "ECG", one)).groups[0]


def first(one: Dataset) -> Channel:
    return only(group([one], [[0, 1]], 100)).channels[0]


def noted(*notes: Dataset) -> Notes:
    dataset = ecg(2, 100)
    dataset.WaveformAnnotationSequence = ItemSequence(notes)
    return notes_of(dataset, read(dataset))


def test_the_packaged_electrocardiogram_reads_as_pydicom_reads_it() -> None:
    found = read(read_whole(PACKAGED))

    assert found.title == "12-lead ECG"
    assert found.is_ecg
    assert [(one.label, one.count, one.seconds, one.is_derived) for one in found.groups] == [
        ("RHYTHM", 10_000, 10.0, False),
        ("MEDIAN BEAT", 1_200, 1.2, True),
    ]
    raw = pydicom.dcmread(PACKAGED)  # the file is pydicom's own
    for number, one in enumerate(found.groups):
        theirs = multiplex_array(raw, number, as_raw=False)
        for place, lead in enumerate(one.channels):
            assert np.allclose(theirs[:, place], [lead.value(stored) for stored in one.stored(lead)])


def test_what_the_packaged_electrocardiogram_says_of_itself() -> None:
    dataset = read_whole(PACKAGED)

    notes = notes_of(dataset, read(dataset))

    assert [(one.value, one.is_text) for one in notes.statements][:1] == [("RITMO SINUSALE", True)]
    assert len(notes.statements) == 2
    assert [(one.name, one.value) for one in notes.measurements[:2]] == [
        ("RR Interval", "982 ms"),
        ("PP Interval", "0 ms"),
    ]
    assert (notes.measurements[6].name, notes.measurements[6].value) == ("P Axis", "74 °")
    assert (notes.marks[0].name, notes.marks[0].place) == ("P Onset", "0.298 s")


def test_a_channel_says_its_unit_scale_filters_and_state() -> None:
    found = first(
        channel(
            "Aortic pressure",
            "mm[Hg]",
            "0.5",
            ChannelSensitivityCorrectionFactor="2",
            ChannelBaseline="-3",
            ChannelTimeSkew="0.25",
            FilterLowFrequency="0.05",
            NotchFilterFrequency="50",
            ChannelStatus=["OK", "UNCALIBRATED"],
        )
    )

    assert (found.name, found.unit, found.unit_code) == ("Aortic pressure", "mmHg", "mm[Hg]")
    assert found.value(10) == 7.0
    assert (found.skew_seconds, found.low_hz, found.high_hz, found.notch_hz) == (0.25, 0.05, None, 50.0)
    assert found.status == "uncalibrated"


def test_a_channel_without_a_code_goes_by_its_label_and_without_either_by_its_number() -> None:
    labelled = Dataset()
    labelled.ChannelLabel = "Left arm"

    found = only(group([labelled, Dataset()], [[1], [2]], 100)).channels

    assert [one.name for one in found] == ["Left arm", "Channel 2"]
    assert [one.unit for one in found] == ["", ""]
    assert found[1].value(2) == 2.0


@pytest.mark.parametrize(
    ("form", "numbers"),
    [
        ("SS", [-32768, -1, 0, 32767]),
        ("US", [0, 1, 65535]),
        ("SB", [-128, 0, 127]),
        ("UB", [0, 200, 255]),
        ("SL", [-(2**31), 5, 2**31 - 1]),
    ],
)
def test_samples_of_every_linear_form_come_back(form: str, numbers: list[int]) -> None:
    found = only(group([channel("A"), channel("B")], [numbers, numbers[::-1]], 100, form=form))

    assert list(found.stored(found.channels[0])) == numbers
    assert list(found.stored(found.channels[1])) == numbers[::-1]


def test_samples_of_64_bits_and_of_big_endian_files_come_back() -> None:
    wide = array("q", [-(2**40), 2**40]).tobytes()

    assert list(samples.numbers_of(wide, 64, "SV", big_endian=False)) == [-(2**40), 2**40]
    assert list(samples.numbers_of(b"\x01\x02\xff\xfe", 16, "SS", big_endian=True)) == [0x0102, -2]


def test_companded_samples_are_expanded_as_g711_says() -> None:
    mu = samples.numbers_of(bytes([0x00, 0x7F, 0x80, 0xFF, 0x70]), 8, "MB", big_endian=False)
    a = samples.numbers_of(bytes([0x55, 0xD5, 0x2A, 0xAA, 0x00]), 8, "AB", big_endian=False)

    assert list(mu) == [-32124, 0, 32124, 0, -120]
    assert list(a) == [-8, 8, -32256, 32256, -5504]


@pytest.mark.parametrize(
    ("code", "numbers", "expected"),
    [
        ("h", [-2, 300], [-2, 300]),
        ("H", [0, 32768, 65535], [-32768, 0, 32767]),
        ("b", [-128, 1], [-32768, 256]),
        ("B", [0, 128, 255], [-32768, 0, 32512]),
        ("i", [-(2**31), 65536], [-32768, 1]),
    ],
)
def test_samples_of_every_form_become_sound_of_16_bits(code: str, numbers: list[int], expected: list[int]) -> None:
    assert list(array("h", samples.as_pcm16(array(code, numbers)))) == expected


def test_samples_that_are_missing_are_not_made_up() -> None:
    short = group([channel("A"), channel("B")], [[1, 2, 3], [4, 5, 6]], 100)
    short.NumberOfWaveformSamples = 1000

    found = only(short)

    assert (found.declared, found.count) == (1000, 3)
    assert list(found.stored(found.channels[1])) == [4, 5, 6]


def test_samples_of_an_unknown_form_are_none() -> None:
    odd = group([channel("A")], [[1, 2]], 100)
    odd.WaveformSampleInterpretation = "XX"

    assert not only(odd).is_readable


def test_more_channels_than_a_page_bears_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waveforms, "MOST_CHANNELS", 2)

    found = only(group([channel(str(place)) for place in range(5)], [[place] for place in range(5)], 100))

    assert (len(found.channels), found.channels_left_out) == (2, 3)
    assert list(found.stored(found.channels[1])) == [1]


def test_more_samples_than_memory_should_hold_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waveforms, "MOST_BYTES", 10)
    one = [group([channel("A")], [[1, 2, 3, 4]], 100) for _ in range(2)]

    assert [each.count for each in read(recording(AMBULATORY, "ECG", *one)).groups] == [4, 1]


def test_padding_is_known_by_its_stored_number() -> None:
    assert read(pressures()).groups[0].padding == -32768


def test_the_leads_are_known_by_code_and_by_name_and_stand_in_order() -> None:
    coded = channel("Augmented voltage, right")
    coded.ChannelSourceSequence[0].CodeValue = "2:62"
    named = [channel(name) for name in ("Lead V6", "Lead I (Einthoven)", "avl", "V10", "Pressure", "I-V")]

    found = only(group([coded, *named], [[0]] * 7, 100)).channels

    assert [lead_of(one) for one in found] == ["aVR", "V6", "I", "aVL", "", "", ""]
    assert [one.number for one in in_order(found)] == [3, 1, 4, 2, 5, 6, 7]
    assert twelve(found) == ()
    assert [lead_of(one) for one in twelve(read(ecg(1, 50)).groups[0].channels[::-1])] == list(TWELVE)


def test_only_voltages_are_millivolts() -> None:
    assert millivolts_of(first(channel("Lead I", "uV", "5"))) == pytest.approx(0.005)
    assert millivolts_of(first(channel("Lead I", "mm[Hg]"))) is None
    assert millivolts_of(first(channel("Lead I", ""))) is None


def test_what_sounds_is_known_by_its_class_or_its_rate() -> None:
    quick = recording(AMBULATORY, "ECG", group([channel("A")], [[1, 2]], 44_100))
    slow = recording(VOICE, "AU", group([channel("A", "")], [[1, 2]], 2))

    assert read(voice()).is_audible(read(voice()).groups[0])
    assert read(quick).is_audible(read(quick).groups[0])
    assert not read(slow).is_audible(read(slow).groups[0])
    assert not read(ecg(1)).is_audible(read(ecg(1)).groups[0])


def test_notes_are_told_with_their_time_and_channel() -> None:
    notes = noted(
        note(name="Comment", text="Seen by Dr. Doe"),
        note(name="Rate", number="60", unit="/min", ReferencedWaveformChannels=[1, 2]),
        note(name="QRS", TemporalRangeType="SEGMENT", ReferencedSamplePositions=[11, 21]),
        note(name="Event", TemporalRangeType="POINT", ReferencedTimeOffsets=["1.5", "2"]),
        note(),
    )

    assert (notes.statements[0].value, notes.statements[0].is_text) == ("Seen by Dr. Doe", True)
    assert (notes.measurements[0].value, notes.measurements[0].place) == ("60 /min", "Lead II")
    assert [one.place for one in notes.marks] == ["0.1 to 0.2 s", "1.5, 2 s"]


def test_what_has_no_waveforms_has_none() -> None:
    assert waveforms_of(synthetic.ct_slice()) is None


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                ["NumberOfWaveformChannels", "NumberOfWaveformSamples", "WaveformBitsAllocated", "SamplingFrequency"]
            ),
            st.one_of(st.integers(0, 65535), st.none()),
        ),
        max_size=4,
    ),
    st.binary(max_size=40),
    st.sampled_from(["SS", "MB", "", "Z", "UV"]),
    st.lists(st.integers(0, 65535), max_size=5),
)
def test_no_values_at_all_bring_a_recording_down(
    values: list[tuple[str, int | None]], data: bytes, form: str, places: list[int]
) -> None:
    one = group([channel("A")], [[1, 2]], 100)
    for keyword, value in values:
        setattr(one, keyword, value)
    one.WaveformData, one.WaveformSampleInterpretation = data, form
    marked = note(name="Odd", ReferencedWaveformChannels=places, ReferencedSamplePositions=places)
    dataset = recording(AMBULATORY, "ECG", one, notes=[marked])

    found = read(dataset)

    assert all(len(found.groups[0].stored(each)) == found.groups[0].count for each in found.groups[0].channels)
    assert len(notes_of(dataset, found).marks) == 1


def test_notes_of_a_moment_are_numbered_in_the_order_of_the_lists() -> None:
    marked = note(name="Spike", ReferencedWaveformChannels=[1, 2, 1, 1], ReferencedSamplePositions=[51])
    spoken = note(text="Eyes open", ReferencedWaveformChannels=[1, 0], ReferencedTimeOffsets=["1", "1.5"])
    bare = note(text="No artifacts")
    dataset = brain(seconds=2, channels=3)
    dataset.WaveformAnnotationSequence = ItemSequence([marked, bare, spoken])
    found = waveforms_of(dataset)
    assert found is not None

    notes = notes_of(dataset, found)

    assert [(one.value, one.number) for one in notes.statements] == [("No artifacts", 0), ("Eyes open", 1)]
    assert [(one.name, one.number) for one in notes.marks] == [("Spike", 2)]
    assert [(spot.number, spot.channels, spot.at) for spot in notes.spots] == [
        (1, (), 200),
        (1, (), 300),
        (2, (2, 1), 50),
    ]


def test_a_moment_outside_the_recording_or_of_another_group_is_no_spot() -> None:
    notes = [
        note(name="Late", ReferencedWaveformChannels=[1, 0], ReferencedTimeOffsets=["99"]),
        note(name="Early", ReferencedWaveformChannels=[1, 0], ReferencedSamplePositions=[0]),
        note(name="Elsewhere", ReferencedWaveformChannels=[7, 0], ReferencedTimeOffsets=["1"]),
        note(name="Not a number", ReferencedWaveformChannels=[1, 0], ReferencedDateTime="20240519"),
    ]
    dataset = brain(seconds=2, channels=3)
    dataset.WaveformAnnotationSequence = ItemSequence(notes)
    found = waveforms_of(dataset)
    assert found is not None

    assert notes_of(dataset, found).spots == []
