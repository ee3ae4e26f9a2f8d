"""Encapsulated documents: what they claim, what they are, and where their bytes end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset

from dicomgallery.dicom import reader, synthetic
from dicomgallery.dicom.documents import Document, DocumentKind, document_of
from tests import documents


def read(dataset: Dataset) -> Document:
    """The document of an object that was written to a file and read back."""
    found = document_of(reader.read_header(synthetic.as_bytes(dataset)))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("pdf", documents.pdf(["A"]), DocumentKind.PDF),
        ("cda", documents.CDA, DocumentKind.CDA),
        ("stl", documents.stl(), DocumentKind.STL),
        ("stl", documents.ascii_stl(), DocumentKind.STL),
        ("obj", documents.OBJ, DocumentKind.OBJ),
        ("mtl", documents.MTL, DocumentKind.MTL),
    ],
)
def test_a_document_is_what_its_class_says_when_its_bytes_agree(name: str, data: bytes, kind: DocumentKind) -> None:
    found = read(documents.encapsulated(name, data))

    assert found.kind is kind
    assert found.data == data
    assert found.found == kind.media_type
    assert found.doubts == ()
    assert (found.media_type, found.ending) == (kind.media_type, str(kind))


def test_its_title_date_and_flags_are_read() -> None:
    found = read(documents.encapsulated("stl", documents.stl(), title="Femur", VerificationFlag="VERIFIED"))

    assert (found.title, found.burned_in, found.is_verified, found.unit_mm) == ("Femur", True, True, 1.0)


@pytest.mark.parametrize("length", [None, 7])
def test_the_padding_byte_is_no_part_of_the_document(length: int | None) -> None:
    dataset = documents.encapsulated("obj", b"v 1 2 3", EncapsulatedDocumentLength=length)

    assert read(dataset).data == b"v 1 2 3"


@pytest.mark.parametrize("length", [3, 4_000_000_000])
def test_a_length_that_cannot_be_is_told_and_cuts_nothing(length: int) -> None:
    found = read(documents.encapsulated("obj", b"v 1 2 34", EncapsulatedDocumentLength=length))

    assert found.data == b"v 1 2 34"
    assert "holds 8" in found.doubts[0]


@pytest.mark.parametrize(
    ("name", "data", "doubt"),
    [
        ("pdf", b"PK\3\4 and so on", "first bytes are those of application/zip"),
        ("pdf", b"MZ\x90\0", "first bytes are those of application/vnd.microsoft.portable-executable"),
        ("cda", b"<!DOCTYPE html><script>alert(1)</script>", "first bytes are those of text/html"),
        ("stl", documents.pdf(["A"]), "first bytes are those of application/pdf"),
    ],
)
def test_what_its_bytes_contradict_is_told_and_leaves_as_bytes_only(name: str, data: bytes, doubt: str) -> None:
    found = read(documents.encapsulated(name, data))

    assert doubt in found.doubts[-1]
    assert (found.media_type, found.ending, found.is_text) == ("application/octet-stream", "bin", False)


def test_a_pdf_that_does_not_begin_as_one_is_told() -> None:
    assert "does not begin as one" in read(documents.encapsulated("pdf", b"hello, this is text")).doubts[0]


def test_a_claim_of_another_type_is_told() -> None:
    found = read(documents.encapsulated("pdf", documents.pdf(["A"]), MIMETypeOfEncapsulatedDocument="text/html"))

    assert found.doubts == ("It is filed as application/pdf, but calls itself text/html.",)


def test_an_object_without_a_document_has_none() -> None:
    assert document_of(documents.encapsulated("pdf", b"", EncapsulatedDocument=None)) is None
    assert document_of(Dataset()) is None


def test_only_what_a_person_can_read_is_text() -> None:
    assert read(documents.encapsulated("stl", documents.ascii_stl())).is_text
    assert not read(documents.encapsulated("stl", documents.stl())).is_text
    assert read(documents.encapsulated("cda", "<a>é</a>".encode("utf-16"))).text(100) == "<a>é</a>"
    assert read(documents.encapsulated("obj", b"v 1 2 3")).text(3, "...") == "v 1..."


@given(st.binary(max_size=300), st.sampled_from([*documents.CLASSES]), st.text(max_size=20))
def test_no_bytes_and_no_values_raise(data: bytes, name: str, title: str) -> None:
    dataset = documents.encapsulated(name, data, title=title)

    found = document_of(dataset)

    assert found is None or found.data == data
