"""Codecs tried on their specimens, in real children."""

from dicomgallery.access import LOCAL_OWNER
from dicomgallery.imaging.specimens import BY_FILE, SPECIMENS, Specimen
from dicomgallery.sandbox.opening import sandbox
from dicomgallery.services import decoding
from tests.conftest import Gallery


def test_every_codec_that_has_a_specimen_passes(gallery: Gallery) -> None:
    del gallery
    tried = decoding.try_all(actor=LOCAL_OWNER)

    assert [one.uid for one in tried] == [specimen.transfer_syntax for specimen in SPECIMENS]
    assert [one.name for one in tried if one.passes is False] == []
    assert sum(one.passes is True for one in tried) == len(BY_FILE)
    assert all(one.sentence.endswith(".") for one in tried)


def test_a_picture_that_is_not_the_original_fails_and_so_does_one_that_cannot_be_read(gallery: Gallery) -> None:
    del gallery
    lossy_called_lossless = Specimen("1.2.840.10008.1.2.4.51", "gray", "jpeg-12", apart=0)
    nowhere = Specimen("1.2.840.10008.1.2.1", "gray", "nowhere")

    worse, missing = (decoding.tried(sandbox(), one) for one in (lossy_called_lossless, nowhere))

    assert (worse.passes, missing.passes) == (False, False)
    assert worse.sentence.startswith("Samples differ by ")
