"""Each class of objects without pixels has a sentence that says what it is."""

from pydicom._uid_dict import UID_dictionary

from dicomgallery.dicom.classes import sentence_of
from dicomgallery.dicom.vocabulary import kind_of

STORAGE = "1.2.840.10008.5.1.4.1.1."
TOLD_OTHERWISE = {"image", "report", "waveform", "document", "segmentation"}


def test_every_registered_class_that_is_no_image_is_explained() -> None:
    bare = [
        str(known[0])
        for uid, known in UID_dictionary.items()
        if uid.startswith(STORAGE)
        and known[1] == "SOP Class"
        and str(known[0]).endswith("Storage")
        and kind_of(uid, has_pixels=False) not in TOLD_OTHERWISE
        and not sentence_of(uid)
    ]

    assert bare == []


def test_a_sentence_fits_a_card() -> None:
    sentences = [sentence for uid in UID_dictionary if (sentence := sentence_of(uid))]

    assert len(sentences) > 60
    assert all(len(sentence) <= 110 and sentence.endswith(".") for sentence in sentences)


def test_images_and_unknown_classes_have_none() -> None:
    assert sentence_of("1.2.840.10008.5.1.4.1.1.2") == ""
    assert sentence_of("1.2.3") == ""
