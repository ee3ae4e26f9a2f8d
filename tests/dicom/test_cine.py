"""How fast a stack is played, from what its file says."""

import pytest
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag

from dicomgallery.dicom.cine import Cine, cine_of


def told(**values: object) -> Dataset:
    dataset = Dataset()
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    return dataset


def test_the_rate_to_display_at_goes_before_all_others() -> None:
    both = told(RecommendedDisplayFrameRate=12, CineRate=30, FrameTime="40")

    assert cine_of(both) == Cine(12.0, "Recommended Display Frame Rate", sweeps=False)
    del both.RecommendedDisplayFrameRate
    assert cine_of(both) == Cine(30.0, "Cine Rate", sweeps=False)
    del both.CineRate
    assert cine_of(both) == Cine(25.0, "Frame Time", sweeps=False)


def test_uneven_frames_are_played_at_the_rate_of_most_of_them() -> None:
    assert cine_of(told(FrameTimeVector=[0, 50, 50, 900, 50])).rate == 20.0


def test_a_file_may_ask_to_be_played_back_and_forth() -> None:
    assert cine_of(told(PreferredPlaybackSequencing=1)) == Cine(None, "", sweeps=True)


@pytest.mark.parametrize("rate", [b"0", b"-5", b"fast", b"1e300", b"nan", b"inf", b"", b"1e-300"])
def test_a_rate_that_makes_no_sense_is_passed_over(rate: bytes) -> None:
    dataset = told(FrameTime="40")
    for tag in (0x00082144, 0x00180040):
        dataset[tag] = RawDataElement(BaseTag(tag), "IS", len(rate), rate, 0, False, True)

    assert cine_of(dataset).origin == "Frame Time"


def test_a_file_that_says_nothing_says_nothing() -> None:
    assert cine_of(Dataset()) == Cine(None, "", sweeps=False)
    assert cine_of(told(FrameTime="0", FrameTimeVector=[0])).rate is None
