"""Documents are opened in children, and nowhere else."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dicomgallery.dicom import synthetic
from dicomgallery.imaging.refusals import CannotRenderError, RenderReason
from dicomgallery.imaging.spec import FULL, THUMBNAIL, RenderSpec
from dicomgallery.sandbox.client import Sandbox, open_sandbox
from dicomgallery.settings import MIB, Settings
from tests import documents


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with open_sandbox(Settings(data=tmp_path / "data", sandbox_seconds=4, sandbox_memory_bytes=600 * MIB)) as sandbox:
        yield sandbox


def saved(folder: Path, name: str, data: bytes) -> Path:
    path = folder / "document.dcm"
    path.write_bytes(synthetic.as_bytes(documents.encapsulated(name, data)))
    return path


def spinning() -> bytes:
    """A PDF whose page draws a form that draws ten forms that draw ten forms, and so on."""
    many = documents.pdf(["x"])
    forms = []
    for level in range(12):
        draws = " ".join(["/X Do"] * 10).encode() if level < 11 else b"0 0 500 500 re f"
        inner = b"/Resources<</XObject<</X %d 0 R>>>>" % (21 + level)
        forms.append(
            b"%d 0 obj<</Type/XObject/Subtype/Form/BBox[0 0 600 900]%s/Length %d>>stream\n%s\nendstream\nendobj\n"
            % (20 + level, inner, len(draws), draws)
        )
    page = many.replace(b"/Resources<<", b"/Resources<</XObject<</X 20 0 R>>")
    page = page.replace(b"(x) Tj T* ET", b"ET /X Do    ")
    body = page[: page.rindex(b"xref\n0")]
    return body + b"".join(forms) + b"trailer<</Size 40/Root 1 0 R>>\n%%EOF\n"


def test_pages_models_and_texts_come_out_of_children(sandbox: Sandbox, tmp_path: Path) -> None:
    pdf = sandbox.render(saved(tmp_path, "pdf", documents.pdf(["a"], ["b"])), RenderSpec(frame=2))
    stl = sandbox.render(saved(tmp_path, "stl", documents.stl()), FULL)
    cda = sandbox.render(saved(tmp_path, "cda", documents.CDA), THUMBNAIL)

    assert pdf.notes == ("Page 2 of 2, 210 × 297 mm",)
    assert stl.width == 768
    assert cda.width == 256


def test_a_page_that_never_ends_is_stopped_and_the_next_one_is_drawn(sandbox: Sandbox, tmp_path: Path) -> None:
    with pytest.raises(CannotRenderError) as refused:
        sandbox.render(saved(tmp_path, "pdf", spinning()), FULL)

    # PDFium ends its process when it gets no more memory.
    assert refused.value.reason in {RenderReason.TOO_SLOW, RenderReason.OUT_OF_MEMORY, RenderReason.CRASHED}
    assert sandbox.render(saved(tmp_path, "pdf", documents.pdf(["a"])), THUMBNAIL).width == 256


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("cda", documents.BOMB),
        ("pdf", documents.pdf(["a"])[:200]),
        ("pdf", documents.pdf(["a"], encrypted=True)),
        ("stl", documents.stl([], claimed=4_000_000_000)),
    ],
)
def test_hostile_documents_are_refused_in_a_sentence(sandbox: Sandbox, tmp_path: Path, name: str, data: bytes) -> None:
    with pytest.raises(CannotRenderError) as refused:
        sandbox.render(saved(tmp_path, name, data), THUMBNAIL)

    assert refused.value.reason in {RenderReason.UNREADABLE, RenderReason.DAMAGED, RenderReason.UNSUPPORTED}
    assert refused.value.detail.endswith(".")


def test_the_process_that_answers_people_never_loads_what_opens_pdfs() -> None:
    program = (
        "import sys, dicomgallery.factory, dicomgallery.web.images, dicomgallery.imaging.render;"
        "sys.exit(any(name.startswith('pypdfium2') for name in sys.modules))"
    )

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
