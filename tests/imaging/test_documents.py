"""Encapsulated documents as pictures: pages, models, and the shape of a text."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomgallery.dicom import synthetic
from dicomgallery.imaging import meshes, shading
from dicomgallery.imaging.paging import Page
from dicomgallery.imaging.refusals import CannotRenderError, RenderReason
from dicomgallery.imaging.render import Rendered, render
from dicomgallery.imaging.spec import THUMBNAIL, Fit, Format, RenderSpec
from tests import documents
from tests.imaging.making import pixels

CARD = RenderSpec(width=256, fit=Fit.COVER, format=Format.PNG)
WHOLE = RenderSpec(format=Format.PNG)


def drawn(folder: Path, name: str, data: bytes, spec: RenderSpec = WHOLE, **values: object) -> Rendered:
    """The picture of an object that carries these bytes."""
    path = folder / "document.dcm"
    path.write_bytes(synthetic.as_bytes(documents.encapsulated(name, data, **values)))
    return render(path, spec)


def refusal(folder: Path, name: str, data: bytes, spec: RenderSpec = WHOLE) -> CannotRenderError:
    """Why there is no such picture."""
    with pytest.raises(CannotRenderError) as refused:
        drawn(folder, name, data, spec)
    return refused.value


def test_a_pdf_is_drawn_page_by_page_and_tells_which(tmp_path: Path) -> None:
    data = documents.pdf(["first " * 9] * 30, ["second"])

    first, second = (drawn(tmp_path, "pdf", data, RenderSpec(frame=frame, format=Format.PNG)) for frame in (None, 2))

    assert Page.told_by(first.notes) == Page(1, 2, 210, 297)
    assert Page.told_by(second.notes) == Page(2, 2, 210, 297)
    assert (first.width, first.height) == (1414, 2000)
    assert pixels(first).mean() < pixels(second).mean() < 255
    assert pixels(first)[0, 0].tolist() == [255, 255, 255]


def test_a_wide_page_keeps_its_shape_on_page_and_card(tmp_path: Path) -> None:
    data = documents.pdf(["x"], size=(800, 200))

    whole = drawn(tmp_path, "pdf", data, RenderSpec(width=400, format=Format.PNG))
    card = pixels(drawn(tmp_path, "pdf", data, CARD))

    assert (whole.width, whole.height) == (400, 100)
    white = (card > 240).all(axis=2)
    assert np.ptp(np.flatnonzero(white.any(axis=0))) > 3 * np.ptp(np.flatnonzero(white.any(axis=1)))


def test_a_page_that_is_not_there_is_refused(tmp_path: Path) -> None:
    refused = refusal(tmp_path, "pdf", documents.pdf(["a"], ["b"]), RenderSpec(frame=3))

    assert (refused.reason, refused.detail) == (
        RenderReason.NO_SUCH_FRAME,
        "It has 2 pages; number 3 is not among them.",
    )
    assert refusal(tmp_path, "stl", documents.stl(), RenderSpec(frame=2)).reason is RenderReason.NO_SUCH_FRAME


@pytest.mark.parametrize(
    ("data", "reason", "sentence"),
    [
        (documents.pdf(["a"], encrypted=True), RenderReason.UNSUPPORTED, "locked with a password"),
        (documents.pdf(["a"])[:200], RenderReason.DAMAGED, "damaged"),
        (b"%PDF-1.7 and nothing", RenderReason.DAMAGED, "damaged"),
        (documents.pdf(), RenderReason.DAMAGED, "damaged"),
        (b"PK\3\4" + bytes(40), RenderReason.MISMATCH, "application/zip"),
    ],
    ids=["locked", "truncated", "head alone", "without pages", "an archive"],
)
def test_what_is_no_pdf_or_none_to_open_is_refused_in_a_sentence(
    tmp_path: Path, data: bytes, reason: RenderReason, sentence: str
) -> None:
    refused = refusal(tmp_path, "pdf", data)

    assert refused.reason is reason
    assert sentence in refused.detail


@pytest.mark.parametrize(
    ("name", "data", "note"),
    [
        ("stl", documents.stl(), "2\u202f162 triangles, 39.86 × 39.88 × 40 mm"),
        ("stl", documents.ascii_stl(), "1 triangle, 10 × 0 × 20 mm"),
        ("obj", documents.OBJ, "12 triangles, 10 × 20 × 30 mm"),
    ],
)
def test_a_model_is_drawn_and_tells_its_size(tmp_path: Path, name: str, data: bytes, note: str) -> None:
    card, whole = drawn(tmp_path, name, data, CARD), drawn(tmp_path, name, data)

    assert card.notes == whole.notes == (note,)
    assert (whole.width, whole.height) == (768, 768)
    assert len(np.unique(pixels(card)[..., 0])) > 20


def test_a_model_without_a_unit_does_not_claim_millimeters(tmp_path: Path) -> None:
    rendered = drawn(tmp_path, "obj", documents.OBJ, MeasurementUnitsCodeSequence=None)

    assert rendered.notes == ("12 triangles, 10 × 20 × 30 units, whose length the file does not say",)


def test_a_model_that_claims_four_billion_triangles_is_drawn_with_those_it_has(tmp_path: Path) -> None:
    rendered = drawn(tmp_path, "stl", documents.stl(claimed=4_000_000_000), CARD)

    assert "It claims 4\u202f000\u202f000\u202f000 triangles and holds 2\u202f162" in rendered.notes[0]


def test_corners_that_are_nowhere_are_left_out() -> None:
    nowhere = [[np.nan, 0, 0], [1e30, 1, 1], [np.inf, 0, 1]]

    mesh = meshes.read_stl(documents.stl([nowhere, [[0, 0, 0], [1, 0, 0], [0, 1, 0]]]))

    assert (len(mesh.triangles), mesh.count, mesh.size) == (1, 2, (1.0, 1.0, 0.0))
    assert "nowhere" in mesh.notes[0]


@pytest.mark.parametrize("data", [b"", b"x" * 84, b"solid a\nfacet", documents.stl([])])
def test_a_model_without_triangles_is_refused(data: bytes) -> None:
    with pytest.raises(CannotRenderError, match="no triangle"):
        meshes.read_stl(data)


@pytest.mark.parametrize("data", [b"v 1 2 3", b"v a b c\nf 1 1 1", b"v 1\nf 1 2 3", b"f 1 2 3", b"v 1 2 3\nf 9 -9 0"])
def test_faces_of_points_that_are_not_there_are_refused(data: bytes) -> None:
    with pytest.raises(CannotRenderError, match="no triangle"):
        meshes.read_obj(data)


def test_more_triangles_than_can_be_drawn_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meshes, "MOST_TRIANGLES", 10)

    mesh = meshes.read_stl(documents.stl())

    assert (len(mesh.triangles), mesh.count) == (10, 2162)
    assert mesh.notes == ("The first 10 are drawn",)


def test_of_two_walls_the_nearer_one_is_seen() -> None:
    far = np.array([[[-1, 5, -1], [1, 5, -1], [0, 5, 1]]], np.float32)
    near = np.array([[[-1, -5, -1], [1, -5, 1], [1, -5, -1]], [[-1, -5, -1], [-1, -5, 1], [1, -5, 1]]], np.float32)

    for order in ([far, near], [near, far]):
        both, _ = shading.draw(np.concatenate(order), 64)
        assert both.max() > 100
    first, second = (shading.draw(np.concatenate(order), 64)[0] for order in ([far, near], [near, far]))
    np.testing.assert_array_equal(first, second)


def test_more_work_than_one_drawing_may_be_stops_and_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shading, "MOST_WORK", 100_000)

    assert "left out" in drawn(tmp_path, "stl", documents.stl(), CARD).notes[0]


def test_the_card_of_a_clinical_document_shows_lines_and_no_letters(tmp_path: Path) -> None:
    rendered = drawn(tmp_path, "cda", documents.CDA, CARD)

    assert rendered.notes == ("A text of 4 sections, to read on its page",)
    assert np.unique(pixels(rendered)[..., 0]).size > 3


def test_a_clinical_document_with_entities_is_refused(tmp_path: Path) -> None:
    assert "declares a document type" in refusal(tmp_path, "cda", documents.BOMB, CARD).detail


def test_what_has_no_picture_still_says_so(tmp_path: Path) -> None:
    assert refusal(tmp_path, "mtl", documents.MTL, THUMBNAIL).reason is RenderReason.NOT_AN_IMAGE


@given(st.integers(1, 10**6), st.integers(1, 10**6), st.integers(1, 99_999), st.integers(1, 99_999))
def test_a_page_is_read_as_it_was_told(number: int, count: int, width: int, height: int) -> None:
    page = Page(number, count, width, height)

    assert Page.told_by(["Something else", str(page)]) == page
    assert Page.told_by([f"{page}."]) is None


@given(st.binary(max_size=400))
def test_no_model_raises_anything_but_a_refusal(data: bytes) -> None:
    for read in (meshes.read_stl, meshes.read_obj):
        try:
            mesh = read(data)
        except CannotRenderError:
            continue
        assert np.isfinite(mesh.triangles).all()
