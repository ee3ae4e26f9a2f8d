"""Encapsulated documents on the page of their image, and on their way out."""

import html
import re

import pytest
from pydicom.dataset import Dataset
from sqlalchemy import select

from dicomgallery.access import Actor, ActorKind, Permission, Scope
from dicomgallery.audit import Event
from dicomgallery.dicom import synthetic
from dicomgallery.errors import ForbiddenError, NotFoundError
from dicomgallery.ingest.outcome import Accepted
from dicomgallery.models import AuditEvent, db
from dicomgallery.services import documents as leaving
from dicomgallery.serving.headers import CONTENT_SECURITY_POLICY, LOCKED_UP
from tests import documents
from tests.conftest import Gallery
from tests.web.conftest import HOSTILE, Browser

LETTER = documents.pdf(["Dear colleague"], ["Second page"], ["Third page"])


def _ingest(gallery: Gallery, dataset: Dataset) -> int:
    (outcome,) = gallery.ingest(dataset)
    assert isinstance(outcome, Accepted)
    return outcome.instance_id


def _page(browser: Browser, image: int, query: str = "") -> str:
    answer = browser.get(f"/images/{image}/detail{query}")
    assert answer.status_code == 200
    return html.unescape(answer.text)


def _picture(page: str) -> str:
    found = re.search(r'class="document-(?:page|model)"[^>]*>(?:<a[^>]*>)?<img src="([^"]+)"', page)
    assert found
    return found[1]


def test_a_pdf_is_looked_at_page_by_page(browser: Browser, gallery: Gallery) -> None:
    letter = _ingest(gallery, documents.encapsulated("pdf", LETTER))

    first = _page(browser, letter)
    second = _page(browser, letter, "?frame=2&tab=history")

    assert "<bdi>Discharge letter</bdi></h2>" in first
    assert "3 pages" in first
    assert "burned in annotation" in first
    assert "Page 1 of 3, 210 × 297 mm" in first
    assert "Page 2 of 3" in second
    assert f'href="/images/{letter}/detail?frame=3&tab=history"' in second
    assert _picture(first) != _picture(second)
    assert browser.get(_picture(second)).mimetype == "image/png"


def test_a_page_that_is_not_there_leads_back_to_the_first(browser: Browser, gallery: Gallery) -> None:
    letter = _ingest(gallery, documents.encapsulated("pdf", LETTER))

    page = _page(browser, letter, "?frame=9")

    assert "It has 3 pages; number 9 is not among them." in page
    assert "To the first page" in page


def test_no_frame_and_no_object_is_let_into_any_page(browser: Browser, gallery: Gallery) -> None:
    """A browser opens no PDF in a sandboxed frame, so there is none, and the policy stays as narrow as elsewhere."""
    letter = _ingest(gallery, documents.encapsulated("pdf", LETTER))

    answer = browser.get(f"/images/{letter}/detail")

    assert answer.headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
    assert "default-src 'none'" in CONTENT_SECURITY_POLICY
    assert not re.search(r"frame-src|object-src|child-src", CONTENT_SECURITY_POLICY)
    assert not re.search(r"<(iframe|object|embed)\b", answer.text)


@pytest.mark.parametrize(
    ("name", "data", "leaves_as"),
    [
        ("pdf", LETTER, ("application/pdf", "pdf")),
        ("cda", documents.CDA, ("text/xml", "xml")),
        ("stl", documents.stl(), ("model/stl", "stl")),
        ("obj", documents.OBJ, ("model/obj", "obj")),
        ("mtl", documents.MTL, ("model/mtl", "mtl")),
        ("pdf", b"<html><script>alert(1)</script></html>", ("application/octet-stream", "bin")),
    ],
)
def test_a_document_leaves_as_an_attachment_that_names_no_one(
    browser: Browser, gallery: Gallery, name: str, data: bytes, leaves_as: tuple[str, str]
) -> None:
    media_type, ending = leaves_as
    image = _ingest(gallery, documents.encapsulated(name, data, title="Mrs Secret"))

    answer = browser.get(f"/images/{image}/document")

    assert answer.data == data
    assert answer.headers["Content-Type"] == media_type
    assert answer.headers["Content-Disposition"] == f'attachment; filename="document-{image}.{ending}"'
    assert answer.headers["Content-Security-Policy"] == LOCKED_UP
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    kept = db.session.scalars(select(AuditEvent.event).order_by(AuditEvent.id.desc())).first()
    assert kept == Event.DOCUMENT_TAKEN


@pytest.mark.parametrize("data", [documents.CDA, documents.BOMB, b"<html><script>alert(1)</script></html>"])
def test_what_is_written_in_letters_is_seen_as_nothing_but_text(
    browser: Browser, gallery: Gallery, data: bytes
) -> None:
    image = _ingest(gallery, documents.encapsulated("cda", data))

    answer = browser.get(f"/images/{image}/document/view")

    if data.startswith(b"<html"):
        assert answer.status_code == 404
    else:
        assert answer.text == data.decode()
        assert answer.mimetype == "text/plain"
        assert answer.headers["Content-Security-Policy"] == LOCKED_UP
        assert LOCKED_UP.startswith("sandbox; default-src 'none'")


def test_a_pdf_is_never_shown_by_itself(browser: Browser, gallery: Gallery) -> None:
    image = _ingest(gallery, documents.encapsulated("pdf", LETTER))

    assert browser.get(f"/images/{image}/document/view").status_code == 404


def test_what_carries_no_document_has_none_to_give(browser: Browser, gallery: Gallery) -> None:
    image = _ingest(gallery, synthetic.ct_series(1, 32, 32)[0])

    for path in (f"/images/{image}/document", f"/images/{image}/document/view", "/images/999/document"):
        assert browser.get(path).status_code == 404


def test_only_who_may_take_files_away_gets_a_document(gallery: Gallery) -> None:
    image = _ingest(gallery, documents.encapsulated("pdf", LETTER))
    looker = Actor(ActorKind.OWNER, "looker", "Looks only", Scope(), frozenset({Permission.VIEW}))
    stranger = Actor(ActorKind.OWNER, "other", "Elsewhere", Scope(frozenset({77})), frozenset(Permission))

    with pytest.raises(ForbiddenError):
        leaving.taken(image, actor=looker)
    with pytest.raises(NotFoundError):
        leaving.taken(image, actor=stranger)


def test_a_clinical_document_is_read_with_its_lists_and_tables(browser: Browser, gallery: Gallery) -> None:
    image = _ingest(gallery, documents.encapsulated("cda", documents.CDA, title=""))

    page = browser.get(f"/images/{image}/detail").text

    assert "<bdi>Discharge Summary</bdi></h2>" in page
    assert '<h3 class="narrative-1"><bdi>Reason for stay</bdi></h3>' in page
    assert "<bdi>1. Aspirin 100 mg</bdi>" in page
    assert "<th><bdi>Test</bdi></th>" in page
    assert "&lt;b&gt;4.1 mmol/L" in page
    assert "What is written in the file" in page


def test_what_a_document_says_is_text_everywhere(browser: Browser, gallery: Gallery) -> None:
    body = documents.CDA.replace(b"Well so far.", html.escape(HOSTILE).encode())
    image = _ingest(gallery, documents.encapsulated("cda", body, title=HOSTILE))

    page = browser.get(f"/images/{image}/detail").text

    assert HOSTILE not in page
    assert page.count("&lt;script&gt;alert(1)") >= 3


def test_a_bomb_is_told_and_not_opened(browser: Browser, gallery: Gallery) -> None:
    image = _ingest(gallery, documents.encapsulated("cda", documents.BOMB))

    assert "It declares a document type of its own" in _page(browser, image)


def test_a_model_is_shown_with_its_triangles_and_its_size(browser: Browser, gallery: Gallery) -> None:
    image = _ingest(gallery, documents.encapsulated("stl", documents.stl()))

    page = _page(browser, image)

    assert "2\u202f162 triangles, 39.86 × 39.88 × 40 mm" in page
    assert browser.get(_picture(page)).mimetype == "image/png"


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (documents.pdf(["a"], encrypted=True), "This PDF is locked with a password."),
        (LETTER[:150], "This PDF is damaged and cannot be opened."),
        (b"PK\3\4" + bytes(60), "its first bytes are those of application/zip"),
    ],
)
def test_a_pdf_that_cannot_be_shown_says_why_and_can_be_had(
    browser: Browser, gallery: Gallery, data: bytes, sentence: str
) -> None:
    image = _ingest(gallery, documents.encapsulated("pdf", data))

    page = _page(browser, image)

    assert page.count(sentence) == 1
    assert f'href="/images/{image}/document"' in page
    assert "Encapsulated Document" in page


def test_the_card_of_a_document_is_its_first_page(browser: Browser, gallery: Gallery) -> None:
    image = _ingest(gallery, documents.encapsulated("pdf", LETTER))
    gallery.work()

    cards = browser.get("/?level=images").text

    assert f'src="/pictures/{image}-' in cards
    assert 'class="placeholder"' not in cards
