"""The examples of docs/client.md, run as they stand there against a gallery that has been started."""

import re
from pathlib import Path

import pytest

from bench.server import serving
from dicomgallery.client import errors
from dicomgallery.dicom import synthetic

DOCUMENT = (Path(__file__).resolve().parents[2] / "docs" / "client.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL)
USUAL = "http://127.0.0.1:5000"


def test_every_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "slices").mkdir()
    for number, one in enumerate(synthetic.ct_series(6, 64, 64)):
        (tmp_path / "slices" / f"{number}.dcm").write_bytes(synthetic.as_bytes(one))
    assert BLOCKS[0].count(USUAL) == 1
    names: dict[str, object] = {}
    with serving() as server:
        for number, block in enumerate(BLOCKS, 1):
            code = block.replace(USUAL, f"http://127.0.0.1:{server.port}")
            exec(compile(code, f"example {number} of docs/client.md", "exec"), names)

    assert {path.name for path in tmp_path.iterdir()} >= {"one.dcm", "study.zip", "volume.nii.gz", "mine.nii.gz"}


def test_every_exception_is_named() -> None:
    told = {
        name
        for row in re.findall(r"^\| (`\w+Error`.*?) \|", DOCUMENT, re.MULTILINE)
        for name in re.findall(r"\w+Error", row)
    }
    roots = {errors.GalleryError, errors.ProblemError}

    assert told == {
        kind.__name__
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.GalleryError) and kind not in roots
    }
