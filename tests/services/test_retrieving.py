"""Who may take which objects away, and what it leads to."""

import pytest

from dicomgallery.access import Actor
from dicomgallery.dicom import synthetic
from dicomgallery.dicom.transfer import EXPLICIT_LITTLE_ENDIAN
from dicomgallery.errors import ForbiddenError, NotFoundError
from dicomgallery.services import pixels, retrieving
from dicomgallery.services.recoding import STORED, Wanted
from tests.conftest import Gallery

PLAIN = Wanted(((EXPLICIT_LITTLE_ENDIAN,),))
JPEG_LS = "1.2.840.10008.1.2.4.80"
VIDEO = "1.2.840.10008.1.2.4.102"


@pytest.fixture
def uids(gallery: Gallery) -> tuple[str, str, str]:
    dataset = synthetic.ct_slice(rows=32, columns=32)
    gallery.ingest(dataset)
    return dataset.StudyInstanceUID, dataset.SeriesInstanceUID, dataset.SOPInstanceUID


def test_who_may_only_look_takes_no_files_and_sees_every_pixel(uids: tuple[str, str, str], onlooker: Actor) -> None:
    with pytest.raises(ForbiddenError):
        retrieving.find(*uids, PLAIN, actor=onlooker)
    with pytest.raises(ForbiddenError):
        retrieving.archive(*uids, actor=onlooker)

    assert len(next(pixels.of(*uids, actor=onlooker).frames([1], STORED))[1]) == 32 * 32 * 2


def test_nothing_is_found_in_another_workspace(uids: tuple[str, str, str], stranger: Actor) -> None:
    for ask in (
        lambda: retrieving.find(*uids, PLAIN, actor=stranger),
        lambda: retrieving.find(uids[0], None, None, PLAIN, actor=stranger),
        lambda: pixels.of(*uids, actor=stranger),
    ):
        with pytest.raises(NotFoundError):
            ask()


def test_what_is_stored_as_wanted_is_not_touched_and_what_is_not_is_made() -> None:
    wanted = Wanted(((JPEG_LS, EXPLICIT_LITTLE_ENDIAN), (STORED,)))

    assert wanted.target(EXPLICIT_LITTLE_ENDIAN) == EXPLICIT_LITTLE_ENDIAN
    assert wanted.target("1.2.840.10008.1.2") == JPEG_LS
    assert Wanted(((VIDEO,),)).target("1.2.840.10008.1.2") is None
    assert Wanted(((VIDEO,), (STORED,))).target("1.2.840.10008.1.2") == "1.2.840.10008.1.2"
    assert Wanted(((VIDEO,),), or_stored=True).target("1.2.840.10008.1.2") == "1.2.840.10008.1.2"
    assert Wanted(((JPEG_LS,),)).target("1.2.840.10008.1.2", has_pixels=False) == EXPLICIT_LITTLE_ENDIAN
