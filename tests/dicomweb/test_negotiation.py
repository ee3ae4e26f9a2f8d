"""What Accept says."""

import pytest
from flask import Flask
from werkzeug.exceptions import BadRequest, NotAcceptable

from dicomgallery.dicomweb import negotiation
from dicomgallery.dicomweb.negotiation import LONGEST, Wish

OFFERS = (("application/dicom", True), ("application/dicom", False), ("application/zip", False))


def test_parts_are_read_with_their_type_and_transfer_syntax_quoted_or_not() -> None:
    quoted = negotiation.read('multipart/related; type="application/dicom"; transfer-syntax="1.2.840.10008.1.2.4.80"')
    bare = negotiation.read("Multipart/Related;TYPE=application/dicom;transfer-syntax=1.2.840.10008.1.2.4.80")

    assert quoted == bare == (Wish("application/dicom", True, "1.2.840.10008.1.2.4.80", 1.0),)


def test_the_most_welcome_comes_first_and_a_wildcard_after_what_is_named() -> None:
    found = negotiation.read("image/png;q=0.5, */*, image/jpeg, image/gif;q=0")

    assert [wish.media_type for wish in found] == ["image/jpeg", "*/*", "image/png"]


def test_what_is_refused_is_not_had_by_a_wildcard_either() -> None:
    some, _, anything = negotiation.read("image/*;q=0.5, */*;q=0.1, image/jpeg;q=0, image/png;q=0.2")

    assert (some.covers("image/gif"), some.covers("image/jpeg"), anything.covers("image/jpeg")) == (True, False, False)
    assert anything.covers("image/png")


def test_a_comma_in_quotes_separates_nothing() -> None:
    found = negotiation.read('image/jpeg; note="a, b; c", image/png')

    assert [wish.media_type for wish in found] == ["image/jpeg", "image/png"]


def test_who_says_nothing_takes_anything() -> None:
    assert negotiation.read(" ") == (Wish(),)
    assert negotiation.wanted((Wish(),)).groups == (("1.2.840.10008.1.2.1",),)


@pytest.mark.parametrize(
    "text", ["nonsense", "image/jpeg;q=lots", "image/jpeg; transfer-syntax=../etc", "a b/c", ";;;,"]
)
def test_what_is_no_media_type_is_refused_in_words(text: str) -> None:
    with pytest.raises(BadRequest, match="media types"):
        negotiation.read(text)


def test_an_endless_header_is_refused() -> None:
    with pytest.raises(BadRequest, match="8192"):
        negotiation.read("image/jpeg," * LONGEST)


@pytest.mark.parametrize("text", ['"' * 4000, '\\"' * 3000, "a/b;" * 2000, "," * 8000, 'a/b;x="' + "\\" * 7000])
def test_hostile_headers_take_no_time(text: str) -> None:
    try:
        found = negotiation.read(text)
    except BadRequest:
        found = ()

    assert len(found) <= 64


@pytest.mark.parametrize(
    ("accept", "media_type", "is_multipart"),
    [
        ("*/*", "application/dicom", True),
        ("application/dicom", "application/dicom", False),
        ("application/dicom, multipart/related; type=application/dicom", "application/dicom", True),
        ("application/zip, */*;q=0.1", "application/zip", False),
        ("text/html, application/*;q=0.2", "application/dicom", False),
    ],
)
def test_the_most_welcome_offer_is_taken(app: Flask, accept: str, media_type: str, *, is_multipart: bool) -> None:
    with app.test_request_context(headers={"Accept": accept}):
        assert negotiation.choose(OFFERS)[:2] == (media_type, is_multipart)


def test_the_query_goes_before_the_header(app: Flask) -> None:
    with app.test_request_context("/?accept=application/zip", headers={"Accept": "application/dicom"}):
        assert negotiation.choose(OFFERS)[0] == "application/zip"


def test_what_is_on_offer_is_said_when_nothing_is_welcome(app: Flask) -> None:
    with app.test_request_context(headers={"Accept": "video/mp4"}), pytest.raises(NotAcceptable) as refused:
        negotiation.choose(OFFERS)

    assert 'multipart/related; type="application/dicom"' in str(refused.value.description)


def test_transfer_syntaxes_are_grouped_by_liking_and_stored_ones_preferred_among_equals() -> None:
    text = (
        "application/dicom;transfer-syntax=1.2.840.10008.1.2.4.80, "
        "application/dicom;transfer-syntax=1.2.840.10008.1.2.1, "
        "application/dicom;transfer-syntax=*;q=0.1"
    )
    wanted = negotiation.wanted(negotiation.read(text))

    assert wanted.target("1.2.840.10008.1.2.1") == "1.2.840.10008.1.2.1"
    assert wanted.target("1.2.840.10008.1.2") == "1.2.840.10008.1.2.4.80"
    assert wanted.target("1.2.840.10008.1.2", has_pixels=False) == "1.2.840.10008.1.2.1"
