"""Files of many pictures and of large volumes: what is in memory does not grow with them."""

import os
import tracemalloc
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image

from dicomgallery.imaging.exports import nifti
from dicomgallery.imaging.exports.frames import FOLDER, name_of
from dicomgallery.imaging.exports.weave import RESULT, Form, Weave
from dicomgallery.imaging.exports.weaving import weave
from dicomgallery.imaging.refusals import CannotRenderError
from dicomgallery.imaging.spec import Format
from dicomgallery.jobs.runner import JobContext
from dicomgallery.services.exports import Asked, Kind, archives
from dicomgallery.services.exports.workshop import Workshop
from dicomgallery.services.pictures import NoPicture, Picture
from tests.conftest import Gallery

MIB = 1 << 20


@pytest.fixture
def thousand(tmp_path: Path) -> Path:
    """A folder of a thousand pictures of 256 by 256, each the same file."""
    frames = tmp_path / FOLDER
    frames.mkdir()
    one = tmp_path / "one.png"
    Image.fromarray(np.random.default_rng(1).integers(0, 256, (256, 256), dtype=np.uint8)).save(one)
    for number in range(1, 1001):
        os.link(one, frames / name_of(number))
    return tmp_path


@pytest.mark.parametrize("form", [Form.GIF, Form.WEBP])
def test_a_movie_of_a_thousand_pictures_is_written_one_by_one(thousand: Path, form: Form) -> None:
    process = psutil.Process()
    taken = []
    for done, _ in weave(thousand, Weave(form, 256, 10)):
        if done % 50 == 0:
            taken.append(process.memory_info().rss)

    # All pictures together would be 62 MiB.
    assert max(taken[1:]) - taken[0] < 20 * MIB
    with Image.open(thousand / RESULT) as movie:
        assert movie.n_frames == 1000
        movie.seek(999)
        assert np.array_equal(np.asarray(movie.convert("L")), np.asarray(Image.open(thousand / "one.png")))


def test_a_volume_of_a_thousand_slices_is_read_some_levels_at_a_time(tmp_path: Path) -> None:
    mapped = np.lib.format.open_memmap(tmp_path / "slices.npy", mode="w+", dtype="<i2", shape=(1000, 512, 512))
    tracemalloc.start()
    try:
        total = sum(len(chunk) for chunk in nifti.chunks(mapped))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert total == mapped.nbytes
    assert peak < 16 * MIB


class Thousand:
    """A thousand pictures of 200 kB that nothing needs to be drawn for."""

    count = 1000
    remarks = ()

    def draw(self, number: int, form: Format, longest_side: int | None) -> Picture | NoPicture:
        if number == 500:
            return NoPicture("Damaged", "Its end is missing.", "image", "damaged")
        return Picture("image/png", "", 200_000, data=number.to_bytes(4, "big") * 50_000)


def test_a_zip_of_a_thousand_pictures_holds_a_few_of_them_at_a_time(gallery: Gallery, tmp_path: Path) -> None:
    work = Workshop(JobContext(0), 1, Asked(Kind.PNG), tmp_path)
    tracemalloc.start()
    try:
        entries = archives.entries(work, Thousand(), range(1, 1001))
        written = archives.written(work, entries)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert written.stat().st_size > 199_000_000
    assert peak < 64 * MIB
    assert [one.number for one in work.lacking] == [500]


def test_pictures_that_are_no_png_are_refused(tmp_path: Path) -> None:
    frames = tmp_path / FOLDER
    frames.mkdir()
    (frames / name_of(1)).write_bytes(b"GIF89a" + bytes(40))

    with pytest.raises(CannotRenderError, match="came out damaged"):
        list(weave(tmp_path, Weave(Form.GIF, 64)))
