"""Made-up studies are whole, the same every time, and made quickly."""

import time

import numpy as np
from pydicom.dataset import Dataset

from dicomgallery.dicom import synthetic
from dicomgallery.dicom.prescan import Prescanned, prescan
from dicomgallery.dicom.reader import read_whole


def test_every_kind_is_a_file_that_passes_the_gate() -> None:
    made: list[Dataset] = [
        *synthetic.ct_series(2, rows=32, columns=32),
        *synthetic.mr_series(2, rows=32, columns=32),
        synthetic.us_cine(3, rows=32, columns=48),
        synthetic.dx_image(rows=64, columns=48),
        synthetic.secondary_capture(3, 3),
        synthetic.basic_report(),
    ]

    for dataset in made:
        data = synthetic.as_bytes(dataset)
        assert isinstance(prescan(data), Prescanned)
        assert read_whole(data).SOPInstanceUID == dataset.SOPInstanceUID


def test_the_same_arguments_make_the_same_bytes_and_others_do_not() -> None:
    assert synthetic.as_bytes(synthetic.ct_slice(2)) == synthetic.as_bytes(synthetic.ct_slice(2))
    assert synthetic.ct_slice(2).SOPInstanceUID != synthetic.ct_slice(3).SOPInstanceUID
    assert synthetic.ct_slice(seed=1).StudyInstanceUID != synthetic.ct_slice(seed=2).StudyInstanceUID


def test_a_ct_holds_air_bone_and_lung_in_hounsfield_units() -> None:
    slice_ = synthetic.ct_slice(4)
    values = np.frombuffer(slice_.PixelData, "<i2").reshape(512, 512) + int(slice_.RescaleIntercept)

    assert -1024 <= values.min() <= -990
    assert values.max() > 500
    assert ((values > -900) & (values < -780)).mean() > 0.05


def test_a_series_is_one_stack_in_one_study() -> None:
    series = synthetic.ct_series(4, rows=16, columns=16)

    assert len({dataset.SOPInstanceUID for dataset in series}) == 4
    assert len({(dataset.StudyInstanceUID, dataset.SeriesInstanceUID) for dataset in series}) == 1
    assert [int(dataset.InstanceNumber) for dataset in series] == [1, 2, 3, 4]


def test_slices_are_made_in_a_few_milliseconds() -> None:
    synthetic.ct_series(2)
    started = time.perf_counter()
    synthetic.ct_series(10)

    assert (time.perf_counter() - started) / 10 < 0.05
