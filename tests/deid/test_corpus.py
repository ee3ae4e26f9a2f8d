"""Real files: no exception, the same pixels, the same UIDs again."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pydicom.data
import pytest
from pydicom import FileDataset, dcmread

from dicomgallery.deid.engine import Deidentified, Engine
from dicomgallery.deid.profile import BASIC, OPTIONS
from dicomgallery.deid.pseudonyms import Pseudonyms
from dicomgallery.dicom.reader import UnreadableError

PACKAGED = sorted(path for path in (Path(pydicom.data.__file__).parent / "test_files").rglob("*") if path.is_file())
_PIXELS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")


def treated(path: Path, *options: str) -> Deidentified | None:
    """What the engine makes of a file; None for one that is refused in words."""
    try:
        return Engine(BASIC.with_options(*options), Pseudonyms(b"a secret of the tests")).deidentify(path.read_bytes())
    except UnreadableError:
        return None


def different_pixels(paths: list[Path]) -> Iterator[Path]:
    """Those of which the pixels are not what they were, beyond bits that no pixel uses."""
    for path in paths:
        done = treated(path)
        if done is None:
            continue
        original, made = dcmread(path, force=True), dcmread(BytesIO(b"".join(done.chunks())))
        if any(original.get(keyword) != made.get(keyword) for keyword in _PIXELS) and not shows_the_same(
            original, made
        ):
            yield path


def shows_the_same(original: FileDataset, made: FileDataset) -> bool:
    """Say whether pixels that are written otherwise, such as in another byte order, are the same numbers."""
    return bool((original.pixel_array == made.pixel_array).all())


def test_the_pixels_of_pydicoms_files_stay_as_they_are() -> None:
    assert list(different_pixels([path for path in PACKAGED if path.stat().st_size < 200_000][::3])) == []


@pytest.mark.long
def test_the_pixels_of_real_files_stay_as_they_are(corpus: list[Path]) -> None:
    assert list(different_pixels(PACKAGED + corpus)) == []


@pytest.mark.long
def test_real_files_get_the_same_again_whatever_the_options(corpus: list[Path]) -> None:
    for path in corpus:
        first, again = treated(path, *OPTIONS), treated(path, *OPTIONS)
        assert (first is None) == (again is None)
        if first is not None and again is not None:
            assert b"".join(first.chunks()) == b"".join(again.chunks())
