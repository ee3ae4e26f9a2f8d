"""Encoding and sizing, read back with another library."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from dicomgallery.imaging.encode import encode, png, resized, target_size, zlib_runs
from dicomgallery.imaging.spec import Fit, Format

NOISE = np.random.default_rng(7).integers(0, 256, (37, 53), np.uint8)
COLORED = np.random.default_rng(8).integers(0, 256, (37, 53, 3), np.uint8)


@pytest.mark.parametrize("picture", [NOISE, COLORED, NOISE[::2, ::3], NOISE[:1, :1]])
@pytest.mark.parametrize("compress", [None, zlib_runs])
def test_a_png_reads_back_as_the_same_pixels_with_isal_and_without(picture: np.ndarray, compress: object) -> None:
    data = png(picture, compress)  # type: ignore[arg-type]

    with Image.open(BytesIO(data)) as read:
        read.verify()
    with Image.open(BytesIO(data)) as read:
        assert np.array_equal(np.asarray(read), picture)


def test_a_jpeg_of_higher_quality_is_larger_and_closer() -> None:
    smooth = np.add.outer(np.arange(64), np.arange(64)).astype(np.uint8)
    small, large = (encode(smooth, Format.JPEG, quality) for quality in (30, 95))

    assert len(small) < len(large)
    with Image.open(BytesIO(large)) as read:
        assert np.abs(np.asarray(read).astype(int) - smooth).max() <= 4


@pytest.mark.parametrize(
    ("frame", "ratio", "width", "fit", "size"),
    [
        ((512, 512), 1.0, None, Fit.CONTAIN, (512, 512)),
        ((2000, 2500), 1.0, 256, Fit.COVER, (256, 256)),
        ((2000, 2500), 1.0, 500, Fit.CONTAIN, (400, 500)),
        ((100, 50), 1.0, 500, Fit.CONTAIN, (100, 50)),
        ((100, 50), 2.0, None, Fit.CONTAIN, (100, 100)),
        ((100, 50), 0.5, None, Fit.CONTAIN, (200, 50)),
        ((5000, 1), 1.0, 256, Fit.CONTAIN, (256, 1)),
    ],
)
def test_a_picture_has_the_size_its_spec_and_its_pixels_ask_for(
    frame: tuple[int, int], ratio: float, width: int | None, fit: Fit, size: tuple[int, int]
) -> None:
    assert target_size(*frame, ratio, width, fit) == size


def test_a_smaller_picture_keeps_the_mean_of_the_larger() -> None:
    assert abs(resized(NOISE, 17, 11).mean() - NOISE.mean()) < 3
