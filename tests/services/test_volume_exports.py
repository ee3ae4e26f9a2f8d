"""Volumes that leave as NIfTI or NumPy: every value where it lies in the patient, read back by other programs."""

import gzip
import io
import json
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import numpy.typing as npt
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from sqlalchemy import select

from dicomgallery.models import Instance, Series, db
from dicomgallery.services.exports import Asked, Kind
from dicomgallery.storage.opening import store
from tests import volumes
from tests.conftest import Gallery
from tests.services.test_exports import made, taken

Values = npt.NDArray[np.float64]


def nifti(gallery: Gallery) -> Any:
    """The series as nibabel reads it."""
    image = nibabel.Nifti1Image.from_bytes(gzip.decompress(taken(gallery, Asked(Kind.NIFTI))))
    # The two ways in which a header tells where it lies agree.
    assert np.allclose(image.get_qform(), image.get_sform(), atol=1e-3)
    assert (int(image.header["qform_code"]), int(image.header["sform_code"])) == (1, 1)
    assert image.header.get_xyzt_units()[0] == "mm"
    return image


def stored_at(image: Any, datasets: Sequence[Dataset]) -> list[tuple[Values, Values]]:
    """For each DICOM image its rescaled values, and what the volume holds at the very places of its pixels."""
    values, back = image.get_fdata(), np.linalg.inv(image.affine)
    found = []
    for one in datasets:
        across, down = np.split(np.array(one.ImageOrientationPatient, float), 2)
        row_mm, column_mm = (float(size) for size in one.PixelSpacing)
        y, x = np.mgrid[0 : one.Rows, 0 : one.Columns]
        corner = np.array(one.ImagePositionPatient, float)
        points = corner + x[..., None] * column_mm * across + y[..., None] * row_mm * down
        # DICOM's x runs to the left and its y to the back, NIfTI's to the right and the front.
        ras = points * (-1, -1, 1)
        places = np.rint(ras @ back[:3, :3].T + back[:3, 3]).astype(int)
        assert np.allclose(places, ras @ back[:3, :3].T + back[:3, 3], atol=2e-2)
        stored = np.frombuffer(one.PixelData, "<i2").reshape(one.Rows, one.Columns)
        found.append((stored * float(one.RescaleSlope) + float(one.RescaleIntercept), values[tuple(places.T)].T))
    return found


@pytest.mark.parametrize("plane", ["axial", "sagittal", "coronal"])
@pytest.mark.parametrize("downwards", [False, True])
def test_every_value_lies_where_its_pixel_lay(gallery: Gallery, plane: str, downwards: bool) -> None:
    scan = volumes.scan(plane, step_mm=4, pixel_mm=(2, 2.5), downwards=downwards, nod_degrees=12)
    gallery.ingest(*scan)

    image = nifti(gallery)

    assert image.get_data_dtype() == np.int16
    assert image.header.get_zooms() == pytest.approx((2.5, 2, 4))
    for stored, held in stored_at(image, scan):
        assert np.array_equal(stored, held)


def test_a_feet_first_scan_with_a_slope_keeps_its_values_exactly(gallery: Gallery) -> None:
    scan = volumes.scan(step_mm=4, pixel_mm=(2, 2), feet_first=True)
    for one in scan:
        one.RescaleSlope, one.RescaleIntercept = "0.5", "-10"
    gallery.ingest(*scan)

    image = nifti(gallery)

    assert (image.dataobj.slope, image.dataobj.inter) == (0.5, -10)
    for stored, held in stored_at(image, scan):
        assert np.array_equal(stored, held)


def test_images_of_different_scales_leave_as_their_values(gallery: Gallery) -> None:
    scan = volumes.scan(step_mm=8, pixel_mm=(4, 4))
    for number, one in enumerate(scan):
        one.RescaleSlope = f"{1 + number / 8:g}"
    gallery.ingest(*scan)

    image = nifti(gallery)

    assert image.get_data_dtype() == np.float32
    for stored, held in stored_at(image, scan):
        assert np.allclose(stored, held, rtol=1e-6)


@pytest.mark.parametrize("scale", [("1e300", "0"), ("1", "-1e300")])
def test_values_beyond_what_a_nifti_can_say_are_refused_in_words(gallery: Gallery, scale: tuple[str, str]) -> None:
    scan = volumes.scan(step_mm=8, pixel_mm=(4, 4))
    for one in scan:
        one.RescaleSlope, one.RescaleIntercept = scale
    gallery.ingest(*scan)

    account = made(gallery, Asked(Kind.NIFTI))

    assert account.stage == "failed"
    assert account.sentence == "Its places, spacings or values lie beyond what a NIfTI can say."


def test_a_stack_that_leans_is_put_upright_where_it_lies(gallery: Gallery) -> None:
    gallery.ingest(*volumes.scan(step_mm=2, pixel_mm=(1, 1), lean_mm=0.7))

    image = nifti(gallery)

    places = np.stack(np.meshgrid(*(np.arange(side) for side in image.shape), indexing="ij"), axis=-1)
    points = (places @ image.affine[:3, :3].T + image.affine[:3, 3]) * (-1, -1, 1)
    wanted, held = volumes.body(points), image.get_fdata()
    inside = np.all(np.abs(points) < 30, axis=-1)
    # Between two rows values are mixed: at the surfaces alone they differ.
    assert (np.abs(wanted - held) < 1)[inside].mean() > 0.9
    corner = np.all(np.abs(points - (20, -26, 16)) < 2, axis=-1)
    assert held[corner].min() == volumes.MARK


def test_a_missing_slice_leaves_its_level_empty_and_is_told(gallery: Gallery) -> None:
    scan = volumes.scan(step_mm=8, pixel_mm=(8, 8))
    kept = [*scan[:4], *scan[5:]]
    gallery.ingest(*kept)

    account = made(gallery, Asked(Kind.NIFTI))
    image = nifti(gallery)

    assert image.shape == (11, 11, 11)
    assert "1 slice is missing" in account.export.remarks
    assert len(np.unique(image.get_fdata()[..., 4])) == 1
    for stored, held in stored_at(image, kept):
        assert np.array_equal(stored, held)


def test_time_points_make_the_fourth_axis(gallery: Gallery) -> None:
    first, second = volumes.scan(step_mm=8, pixel_mm=(8, 8)), volumes.scan(step_mm=8, pixel_mm=(8, 8))
    for number, one in enumerate((*first, *second)):
        is_second = number >= len(first)
        one.InstanceNumber, one.AcquisitionNumber = number + 1, 1 + is_second
        one.SOPInstanceUID += f".{number}"
        if is_second:
            one.PixelData = (np.frombuffer(one.PixelData, "<i2") + 7).tobytes()
    gallery.ingest(*first, *second)

    image = nifti(gallery)
    archive = zipfile.ZipFile(io.BytesIO(taken(gallery, Asked(Kind.NUMPY))))

    assert image.shape == (11, 11, 11, 2)
    values = image.get_fdata()
    assert np.array_equal(values[..., 1], values[..., 0] + 7)
    assert json.loads(archive.read("header.json"))["axes"] == ["time", "level", "row", "column"]
    assert np.array_equal(np.load(io.BytesIO(archive.read("values.npy"))), values.T)


def test_numpy_leaves_as_values_with_a_header_that_says_where_they_lie(gallery: Gallery) -> None:
    scan = volumes.scan("sagittal", step_mm=8, pixel_mm=(4, 2))
    gallery.ingest(*scan)

    archive = zipfile.ZipFile(io.BytesIO(taken(gallery, Asked(Kind.NUMPY))))

    values, about = np.load(io.BytesIO(archive.read("values.npy"))), json.loads(archive.read("header.json"))
    assert archive.testzip() is None
    assert (about["shape"], about["unit"], about["dtype"]) == (list(values.shape), "HU", "float32")
    assert about["spacing_mm"] == [8, 4, 2]
    level, row, column = np.argwhere(values == volumes.MARK).mean(axis=0)
    x, y, z = (np.array(about["affine"]) @ (level, row, column, 1))[:3]
    # The marked corner is the left, front, head one: x to the left, y to the back, z to the head.
    assert (x > 0, y < 0, z > 0) == (True, True, True)


@pytest.mark.long
def test_the_values_of_real_series_are_those_of_their_files(gallery: Gallery, corpus: list[Path]) -> None:
    found = [path for path in corpus if "dcm_qa_nih" in str(path)]
    if not found:
        pytest.skip("these series are not in the corpus")
    gallery.ingest(*[(path.name, path.read_bytes()) for path in found])
    gallery.work()

    compared = 0
    for series in db.session.scalars(select(Series).order_by(Series.id)).all():
        account = made(gallery, Asked(Kind.NIFTI), series.id)
        if account.stage != "ready":
            # Why is told in a sentence.
            assert account.sentence.endswith("."), account.sentence
            continue
        kept = gallery.settings.exports / str(account.export.id)
        values = nibabel.Nifti1Image.from_bytes(gzip.decompress(kept.read_bytes())).get_fdata()
        levels = values.reshape(*values.shape[:2], -1, order="F").T
        known = {np.ascontiguousarray(level, np.float64).tobytes() for level in levels}
        for sha256 in db.session.scalars(select(Instance.blob_sha256).where(Instance.series_key == series.id)):
            dataset = dcmread(store().path(sha256))
            pixels = dataset.pixel_array * float(dataset.get("RescaleSlope", 1)) + float(
                dataset.get("RescaleIntercept", 0)
            )
            assert pixels.astype(np.float64).tobytes() in known
            compared += 1
    assert compared > 20
