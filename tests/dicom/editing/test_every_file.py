"""Every file that can be read is edited: nothing but the edit changes, and no bit of its pixel data."""

import io
from pathlib import Path

import pydicom.data
import pytest
from pydicom import dcmread

from dicomgallery.dicom.editing import changes, making
from dicomgallery.dicom.editing.applying import CannotApplyError
from dicomgallery.dicom.editing.edits import Deed, Edit
from dicomgallery.dicom.prescan import Flawed, prescan
from tests.dicom.editing.making import AT, NEW, put

EDITS = (put("PatientName", "Müller^山田"), Edit.of(Deed.DELETE, "PatientComments"))
LARGEST = 40_000_000
PIXELS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")
OURS = ("04000561", "0018A001")
EXPECTED = {"PatientName", "PatientComments", "SOPInstanceUID", "SpecificCharacterSet"}


def test_packaged_files() -> None:
    folder = Path(pydicom.data.__file__).parent / "test_files"

    assert sum(_is_edited(path) for path in sorted(folder.rglob("*")) if path.is_file()) > 60


@pytest.mark.long
def test_real_files(corpus: list[Path]) -> None:
    assert sum(_is_edited(path) for path in corpus if path.stat().st_size < LARGEST) > 300


def _is_edited(path: Path) -> bool:
    """Edit a file and say whether that could be done; False where it is refused in words."""
    data = path.read_bytes()
    scanned = prescan(data)
    if isinstance(scanned, Flawed) or making.needs_plain(scanned.transfer_syntax):
        return False
    try:
        source = making.open_source(data)
    except CannotApplyError:
        return False
    edited = making.edit(source, EDITS, {}, sop_uid=NEW, at=AT)
    assert edited is not None
    assert edited.problems == [], path.name
    made = making.make(source, edited)
    new = made.before + data[slice(*made.copied)] + made.after
    told = changes.between(source.level, making.open_source(new).level)
    # Group 0001 is no group of DICOM; a value of odd length in it is padded as every other.
    left = {one.keyword for one in told if not one.path.startswith((*OURS, "0001"))}
    assert left <= EXPECTED, path.name
    if scanned.pixel_offset is not None:
        before, after = dcmread(io.BytesIO(data), force=True), dcmread(io.BytesIO(new))
        keyword = next(one for one in PIXELS if one in before)
        assert after[keyword].value == before[keyword].value, path.name
    return True
