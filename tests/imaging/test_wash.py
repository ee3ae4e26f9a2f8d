"""Doses and parametric maps are measurements: their colors say how much, and a bar says what the colors mean."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from dicomgallery.imaging.spec import THUMBNAIL, Fit, Format, RenderSpec, Window
from tests.imaging.making import image, notes, ramp, shown

PLAIN = RenderSpec(format=Format.PNG, plain=True)


def dose(**attributes: Any) -> Dataset:
    return image(ramp(0, 60_000), Modality="RTDOSE", DoseGridScaling=1e-3, DoseUnits="GY", **attributes)


def parametric_map(code: str = "mm2/s") -> Dataset:
    unit, mapping = Dataset(), Dataset()
    unit.CodeValue, unit.CodingSchemeDesignator, unit.CodeMeaning = code, "UCUM", "diffusion"
    mapping.RealWorldValueSlope, mapping.RealWorldValueIntercept = 2.0, 1.0
    mapping.MeasurementUnitsCodeSequence = Sequence([unit])
    group = Dataset()
    group.RealWorldValueMappingSequence = Sequence([mapping])
    dataset = image(np.linspace(0, 1, 4096, dtype=np.float32).reshape(64, 64), Modality="MR")
    dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.30"
    dataset.SharedFunctionalGroupsSequence = Sequence([group])
    return dataset


def test_a_dose_has_colors_from_cold_to_hot_and_its_pixels_alone_are_gray(tmp_path: Path) -> None:
    picture = shown(tmp_path, dose())[:, :256]
    coldest, hottest = picture[4, 4], picture[-4, -4]

    assert picture.shape[2] == 3
    assert coldest.max() <= 2
    assert hottest[0] > 150
    assert hottest[1] < 60
    assert (picture[100:120, 100:120, 2] > picture[100:120, 100:120, 0]).all()
    assert shown(tmp_path, dose(), PLAIN).shape == (32, 32)


def test_the_bar_runs_from_the_last_color_to_the_first_beside_the_picture(tmp_path: Path) -> None:
    picture = shown(tmp_path, dose())
    bar = picture[:, 256 + 10 + 4]
    hottest = np.flatnonzero((bar == [176, 8, 40]).all(axis=1))

    assert picture.shape[0] == 256
    assert 0 < hottest[0] < bar.shape[0] / 4
    assert bar[-40:].max() < bar[hottest[0]].max()
    assert picture[:, 256:].max() > 200
    assert "Values washed with color, from 0 to 60 Gy; Enlarged 8 times" in notes(tmp_path, dose())


def test_a_window_moves_the_colors_and_what_the_bar_says(tmp_path: Path) -> None:
    said = notes(tmp_path, dose(), RenderSpec(window=Window(20, 20), format=Format.PNG))

    assert "Values washed with color, from 10 to 29 Gy" in said


def test_a_parametric_map_tells_its_real_values_in_their_unit(tmp_path: Path) -> None:
    told = notes(tmp_path, parametric_map())

    assert "Stored values × 2 + 1, in mm2/s" in told
    assert "mm2/s" in told.split("washed with color")[1]
    assert "in 1" not in notes(tmp_path, parametric_map("1"))


def test_a_thumbnail_has_the_colors_without_the_bar(tmp_path: Path) -> None:
    assert shown(tmp_path, dose(), THUMBNAIL).shape == (256, 256, 3)


def test_a_picture_too_low_for_words_has_no_bar(tmp_path: Path) -> None:
    spec = RenderSpec(width=160, fit=Fit.CONTAIN, format=Format.PNG)

    assert shown(tmp_path, dose(), spec).shape == (32, 32, 3)


@pytest.mark.parametrize("value", [0, 7])
def test_a_frame_of_one_value_has_no_scale_to_color(tmp_path: Path, value: int) -> None:
    dataset = image(np.full((16, 16), value, np.uint16), Modality="RTDOSE", DoseGridScaling=0.0)

    assert shown(tmp_path, dataset).ndim in (2, 3)


def test_other_images_stay_gray(tmp_path: Path) -> None:
    assert shown(tmp_path, image(ramp(0, 1000), Modality="PT")).ndim == 2
