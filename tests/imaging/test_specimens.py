"""Every codec reads its specimen, and every transfer syntax has one or says why not."""

import pytest

from dicomgallery.dicom.prescan import Prescanned, prescan
from dicomgallery.imaging.refusals import CannotRenderError
from dicomgallery.imaging.specimens import BY_FILE, SPECIMENS, Specimen, examine


@pytest.mark.parametrize("specimen", BY_FILE.values(), ids=lambda specimen: specimen.file)
def test_a_specimen_comes_out_as_it_was_encoded(specimen: Specimen) -> None:
    assert examine(specimen).apart <= specimen.apart


@pytest.mark.parametrize("specimen", BY_FILE.values(), ids=lambda specimen: specimen.file)
def test_a_specimen_is_in_the_syntax_it_stands_for(specimen: Specimen) -> None:
    scanned = prescan(specimen.path.read_bytes())

    assert isinstance(scanned, Prescanned)
    assert scanned.transfer_syntax == specimen.transfer_syntax


def test_a_picture_that_lost_something_is_not_the_original() -> None:
    assert examine(Specimen("1.2.840.10008.1.2.4.51", "gray", "jpeg-12")).apart > 0


def test_every_syntax_without_a_specimen_says_why() -> None:
    without = [specimen for specimen in SPECIMENS if not specimen.file]

    assert without
    assert all(specimen.what.endswith(".") for specimen in without)


def test_a_file_that_is_not_there_is_refused() -> None:
    with pytest.raises(CannotRenderError):
        examine(Specimen("1.2.3", "gray", "not-there"))
