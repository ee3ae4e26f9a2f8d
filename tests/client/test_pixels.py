"""Frames as arrays of measured values."""

import numpy as np
import pytest
from pydicom import Dataset
from pydicom.pixels import apply_rescale

from dicomgallery.client import Gallery, GalleryError, RefusedError
from dicomgallery.dicom import synthetic
from tests.client.making import ct


def test_a_series_is_its_measured_values_in_the_order_of_space(gallery: Gallery) -> None:
    slices = ct(5, side=48)
    gallery.upload(*reversed(slices))
    slices.sort(key=lambda one: float(one.ImagePositionPatient[2]))

    found = gallery.to_numpy(series=slices[0].SeriesInstanceUID)

    assert (found.values.shape, found.values.dtype, found.unit) == ((5, 48, 48), np.float32, "HU")
    assert np.array_equal(found.values, [apply_rescale(one.pixel_array, one) for one in slices])
    assert found.positions_mm is not None
    assert np.array_equal(found.positions_mm, [[float(part) for part in one.ImagePositionPatient] for one in slices])
    row_mm, column_mm = map(float, slices[0].PixelSpacing)
    assert found.spacing_mm == pytest.approx((2.5, row_mm, column_mm))


def test_the_affine_leads_from_the_array_into_the_patient(gallery: Gallery) -> None:
    slices = ct(3)
    for number, one in enumerate(slices):
        # Tilted by a gantry: each lies a little further to the front than the one below.
        one.ImagePositionPatient = [10, 20 - number, 30 + 2 * number]
        one.ImageOrientationPatient = [0, 1, 0, 1, 0, 0]
        one.PixelSpacing = [0.5, 0.25]
    gallery.upload(*slices)

    found = gallery.to_numpy(series=slices[0].SeriesInstanceUID)

    assert found.affine is not None
    assert found.positions_mm is not None
    # Along a row (the column's number grows) by 0.25 mm in y, down a column by 0.5 mm in x.
    corner = found.positions_mm[2]
    assert found.affine @ [2, 4, 8, 1] == pytest.approx([corner[0] + 4 * 0.5, corner[1] + 8 * 0.25, corner[2], 1])
    assert found.spacing_mm == pytest.approx((2, 0.5, 0.25))


def test_slices_that_do_not_lie_evenly_have_places_but_no_spacing(gallery: Gallery) -> None:
    slices = ct(3)
    for one, height in zip(slices, (0, 1, 5), strict=True):
        one.ImagePositionPatient = [0, 0, height]
    gallery.upload(*slices)

    found = gallery.to_numpy(series=slices[0].SeriesInstanceUID)

    assert found.positions_mm is not None
    assert sorted(found.positions_mm[:, 2]) == [0, 1, 5]
    assert (found.spacing_mm, found.affine) == (None, None)


def test_one_image_or_one_frame_has_an_axis_of_frames_too(gallery: Gallery) -> None:
    cine = synthetic.us_cine(4, 24, 32, seed=int.from_bytes(np.random.default_rng().bytes(4)))
    synthetic.as_bytes(cine)
    key = gallery.upload(cine).ids[0]

    whole = gallery.to_numpy(instance=key)
    third = gallery.to_numpy(instance=key, frame=3)

    assert (whole.values.shape, whole.values.dtype) == ((4, 24, 32, 3), np.uint8)
    assert np.array_equal(third.values[0], whole.values[2])
    assert whole.places == tuple((key, number) for number in (1, 2, 3, 4))
    assert (whole.positions_mm, whole.axes, whole.spacing_mm) == (None, None, None)


def test_values_of_32_bits_keep_every_digit(gallery: Gallery) -> None:
    one = ct(1)[0]
    dose = np.array([[0, 2**31 + 1], [2**32 - 1, 7]], np.uint32)
    _put(one, dose, slope="1", intercept="0")

    found = gallery.to_numpy(instance=gallery.upload(one).ids[0])

    assert found.values.dtype == np.float64
    assert np.array_equal(found.values[0], dose)


def test_padding_is_kept_or_becomes_what_is_asked_for(gallery: Gallery) -> None:
    one = ct(1)[0]
    _put(one, np.array([[0, 10], [20, 0]], np.uint16), slope="2", intercept="-5")
    one.add_new("PixelPaddingValue", "US", 0)
    key = gallery.upload(one).ids[0]

    kept = gallery.to_numpy(instance=key).values[0]
    filled = gallery.to_numpy(instance=key, fill=np.nan).values[0]

    assert kept.tolist() == [[-5, 15], [35, -5]]
    assert np.array_equal(filled, [[np.nan, 15], [35, np.nan]], equal_nan=True)


def test_images_that_make_no_array_are_refused_together_and_given_alone(gallery: Gallery) -> None:
    slices = ct(2)
    _put(slices[1], np.zeros((8, 16), np.uint16))
    sent = gallery.upload(*slices)

    with pytest.raises(GalleryError, match="differ in size or kind"):
        gallery.to_numpy(series=slices[0].SeriesInstanceUID)

    assert gallery.to_numpy(instance=sent.ids[1]).values.shape == (1, 8, 16)


def test_what_has_no_frames_says_why(gallery: Gallery) -> None:
    broken = ct(1)[0]
    del broken.Rows
    report = synthetic.basic_report()

    with pytest.raises(RefusedError, match="how many rows and columns"):
        gallery.to_numpy(instance=gallery.upload(broken).ids[0])
    with pytest.raises(GalleryError, match="no such frame"):
        gallery.to_numpy(instance=gallery.upload(report).ids[0])
    with pytest.raises(GalleryError, match="no such frame"):
        gallery.to_numpy(instance=gallery.upload(*ct(1)).ids[0], frame=2)


def test_a_frame_alone_is_of_no_series(gallery: Gallery) -> None:
    for wrong in ({}, {"series": 1, "instance": 1}, {"series": 1, "frame": 1}):
        with pytest.raises(TypeError, match="either a series or an instance"):
            gallery.to_numpy(**wrong)


def _put(dataset: Dataset, pixels: np.ndarray, slope: str = "1", intercept: str = "0") -> None:
    """Give a dataset these pixels, unsigned and with all their bits."""
    bits = pixels.dtype.itemsize * 8
    dataset.Rows, dataset.Columns = pixels.shape
    dataset.BitsAllocated = dataset.BitsStored = bits
    dataset.HighBit, dataset.PixelRepresentation = bits - 1, 0
    dataset.RescaleSlope, dataset.RescaleIntercept = slope, intercept
    dataset.PixelData = pixels.tobytes()
