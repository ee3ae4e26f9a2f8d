"""Sample images: pydicom's packaged files, and synthetic volumes, a radiograph and an ultrasound cine."""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import pydicom.data

from dicomgallery.access import Actor
from dicomgallery.dicom import synthetic
from dicomgallery.ingest.incoming import IncomingFile, Origin, from_path
from dicomgallery.ingest.outcome import IngestReport
from dicomgallery.services.receiving import receive

COLLECTION = "Samples"
SLICES = 40
LAST = (
    "rtdose",
    "liver_1frame",
    "examples_palette",
    "examples_overlay",
    "MR_small",
    "CT_small",
    "examples_ybr_color",
    "examples_rgb_color",
    "examples_jpeg2k",
)
"""What shows a picture of a patient comes after what tests a codec, and so before it in the gallery."""


def load(actor: Actor, *, slices: int = SLICES) -> IngestReport:
    """Bring the sample images into the collection "Samples"."""
    return receive(samples(slices), actor=actor, origin=Origin.DEMO, collection=COLLECTION)


def samples(slices: int = SLICES) -> Iterator[IncomingFile]:
    """The sample images, the good-looking ones last so that they come first in the gallery."""
    for path in packaged():
        yield from_path(path, f"pydicom/{path.name}")
    for name, dataset in _volumes(slices):
        yield _in_memory(name, synthetic.as_bytes(dataset))


def packaged() -> list[Path]:
    """The DICOM files that come inside the pydicom package; nothing is downloaded."""
    root = Path(pydicom.data.__file__).parent / "test_files"
    return sorted((path for path in root.rglob("*.dcm") if path.is_file()), key=_place)


def _place(path: Path) -> tuple[int, Path]:
    return (LAST.index(path.stem) if path.stem in LAST else -1, path)


def write_zip(target: Path, slices: int) -> int:
    """Write a ZIP of synthetic CT slices; gives the number of files."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for number, dataset in enumerate(synthetic.ct_series(slices), 1):
            archive.writestr(f"CT/IM{number:05}", synthetic.as_bytes(dataset))
    return slices


def _volumes(slices: int) -> Iterator[tuple[str, synthetic.Dataset]]:
    yield "synthetic/US/cine.dcm", synthetic.us_cine(frames=16, rows=288, columns=384)
    yield "synthetic/DX/chest.dcm", synthetic.dx_image(rows=1024, columns=896)
    for number, dataset in enumerate(synthetic.mr_series(slices), 1):
        yield f"synthetic/MR/{number:04}.dcm", dataset
    for number, dataset in enumerate(synthetic.ct_series(slices), 1):
        yield f"synthetic/CT/{number:04}.dcm", dataset


def _in_memory(name: str, data: bytes) -> IncomingFile:
    def open_it() -> BinaryIO:
        return io.BytesIO(data)

    return IncomingFile(name, open_it)
