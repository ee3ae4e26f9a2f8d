"""Files edited as the gallery edits them, and read back by others."""

import io
import shutil
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydicom import Dataset, dcmread

from dicomgallery.dicom.editing import making
from dicomgallery.dicom.editing.edits import Deed, Edit

AT = datetime(2026, 5, 4, 12, 30, tzinfo=UTC)
NEW = "2.25.77"


def put(path: str, value: str, vr: str = "", creator: str = "") -> Edit:
    """An edit that sets a value."""
    return Edit.of(Deed.SET, path, vr, value, creator)


def edited(data: bytes, *edits: Edit, renamed: Mapping[str, str] | None = None) -> bytes:
    """The new file."""
    source = making.open_source(data)
    made = making.edit(source, edits, renamed or {}, sop_uid=NEW, at=AT)
    assert made is not None, "nothing changed"
    assert made.problems == []
    pieces = making.make(source, made)
    return pieces.before + data[slice(*pieces.copied)] + pieces.after


def read(data: bytes) -> Dataset:
    """The same read by pydicom."""
    return dcmread(io.BytesIO(data))


def dumped(data: bytes, folder: Path) -> str:
    """The same read by dcmtk."""
    if shutil.which("dcmdump") is None:
        pytest.skip("dcmtk is not here")
    path = folder / "edited.dcm"
    path.write_bytes(data)
    done = subprocess.run(["dcmdump", "+L", "+Un", str(path)], capture_output=True, check=True)
    return done.stdout.decode("utf-8", "replace")
