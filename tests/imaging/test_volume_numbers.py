"""A volume as numbers: smaller, in cubes, each where it lies in the patient."""

from pathlib import Path

import numpy as np
import orjson
import pytest
from numpy.typing import NDArray

from dicomgallery.imaging.packing import is_packed, unpacked
from dicomgallery.imaging.refusals import CannotRenderError
from dicomgallery.imaging.volumes.numbers import write
from dicomgallery.imaging.volumes.small import numbers_path
from dicomgallery.imaging.volumes.volume import ABOUT, Volume
from tests.volumes import AIR, MARK, SIZE_MM, WAYS, body, built, scan


def read(folder: Path, longest: int) -> tuple[dict[str, object], NDArray[np.int16]]:
    write(folder, longest)
    data = numbers_path(folder, longest).read_bytes()
    data = b"".join(unpacked(data)) if is_packed(data) else data
    length = int.from_bytes(data[:4], "little")
    told = orjson.loads(data[4 : 4 + length])
    shape = (told["levels"], told["rows"], told["columns"])
    return told, np.frombuffer(data, told["type"], offset=4 + length).reshape(shape)


@pytest.mark.parametrize(("plane", "feet_first", "downwards"), WAYS)
def test_every_cube_says_what_lies_at_its_place_in_the_patient(
    tmp_path: Path, plane: str, feet_first: bool, downwards: bool
) -> None:
    built(scan(plane, feet_first=feet_first, downwards=downwards, pixel_mm=(2.0, 1.0)), tmp_path)

    told, numbers = read(tmp_path, 64)

    places = np.asarray(told["origin"]) + np.moveaxis(np.indices(numbers.shape), 0, -1) @ np.asarray(told["steps"])
    values = numbers * float(str(told["slope"])) + float(str(told["intercept"]))
    wrong = np.abs(values - body(places)) > (MARK - AIR) / 2
    # Where a cube holds an edge of the body its mean may lie on either side.
    assert max(numbers.shape) <= 64
    assert wrong.mean() < 0.02
    assert (values.max(), told["most"]) == (MARK, numbers.max())


def test_smaller_ones_cover_the_same_ground_and_look_as_large(tmp_path: Path) -> None:
    built(scan(step_mm=2.0), tmp_path)

    (few, _), (many, numbers) = read(tmp_path, 32), read(tmp_path, 256)

    assert numbers.shape == (88, 88, 88)
    assert few["reach_mm"] == many["reach_mm"]
    middles = [np.asarray(told["origin"]) + np.asarray(told["steps"]).sum(axis=0) * half for told, half in
               ((few, 15.5), (many, 43.5))]  # fmt: skip
    assert np.allclose(*middles)
    assert np.all(np.abs(middles[0]) < max(SIZE_MM))


def test_numbers_of_a_volume_that_is_gone_are_refused_in_words(tmp_path: Path) -> None:
    built(scan(step_mm=4.0), tmp_path)
    assert Volume.read(tmp_path)
    (tmp_path / ABOUT).unlink()

    with pytest.raises(CannotRenderError, match="gone or damaged"):
        write(tmp_path, 64)
