"""The tables of `docs/encodings.md` are what the gallery does, and nothing in them is wrong."""

import shutil
from pathlib import Path

import pytest

from tests.imaging.encodings import CORPUS, DOCUMENT, PACKAGED, files_of, table


def committed(title: str) -> list[str]:
    """The lines of one table of the document."""
    part = DOCUMENT.read_text(encoding="utf-8").split(f"## {title}\n")[1].split("\n## ")[0]
    return [line for line in part.splitlines() if line.startswith("|")]


@pytest.mark.parametrize(("title", "folder"), [("Files that come with pydicom", PACKAGED), ("The corpus", CORPUS)])
def test_every_encoding_of_real_files_is_read_right_and_told_in_the_documents(title: str, folder: Path) -> None:
    if not folder.is_dir():
        pytest.skip("the corpus is not beside this checkout")
    if not shutil.which("dcmdjpeg"):
        pytest.skip("dcmtk is not here to compare with")

    found = table(files_of(folder))

    assert not [line for line in found if "DIFFERENT" in line]
    assert found == committed(title), "python -m tests.imaging.encodings prints the tables"
