"""Series that nothing else of the tests has."""

import os
from pathlib import Path

from pydicom import Dataset

from dicomgallery.dicom import synthetic


def ct(count: int, side: int = 32) -> list[Dataset]:
    """Slices of a new CT series of a new patient, with their file meta."""
    slices = synthetic.ct_series(count, side, side, seed=int.from_bytes(os.urandom(4)))
    for one in slices:
        synthetic.as_bytes(one)
    return slices


def in_folder(slices: list[Dataset], folder: Path) -> Path:
    """The same as files."""
    folder.mkdir(parents=True)
    for number, one in enumerate(slices, 1):
        (folder / f"IM{number:04}").write_bytes(synthetic.as_bytes(one))
    return folder
