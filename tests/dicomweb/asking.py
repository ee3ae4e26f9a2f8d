"""Galleries asked over DICOMweb, and multipart answers taken apart by the standard library."""

import email
import email.policy
import io
from dataclasses import dataclass
from pathlib import Path

import imagecodecs
import numpy as np
from flask.testing import FlaskClient
from pydicom import Dataset, dcmread
from pydicom.data import get_testdata_file
from pydicom.uid import generate_uid
from werkzeug.test import TestResponse

from dicomgallery.dicom import synthetic
from tests.imaging.making import as_file, compressed, image

EXPLICIT = "1.2.840.10008.1.2.1"
JPEG_LS = "1.2.840.10008.1.2.4.80"
RLE = "1.2.840.10008.1.2.5"
ANY_DICOM = 'multipart/related; type="application/dicom"; transfer-syntax=*'


@dataclass(frozen=True)
class Part:
    """One part of an answer."""

    media_type: str
    syntax: str
    location: str
    data: bytes


def address(dataset: Dataset, level: str = "instance") -> str:
    """The address of what a dataset belongs to."""
    path = f"/dicom-web/studies/{dataset.StudyInstanceUID}"
    if level != "study":
        path += f"/series/{dataset.SeriesInstanceUID}"
    return f"{path}/instances/{dataset.SOPInstanceUID}" if level == "instance" else path


def get(client: FlaskClient, path: str, accept: str = "", **headers: str) -> TestResponse:
    """Ask as a program does."""
    asked = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.get(path, headers={"Accept": accept, **asked} if accept else asked)


def parts(answer: TestResponse) -> list[Part]:
    """The parts of a multipart answer."""
    head = f"Content-Type: {answer.headers['Content-Type']}\r\n\r\n".encode()
    message = email.message_from_bytes(head + answer.data, policy=email.policy.HTTP)
    assert message.is_multipart()
    found = []
    for part in message.iter_parts():
        data = part.get_payload(decode=True)
        assert isinstance(data, bytes)
        found.append(
            Part(part.get_content_type(), str(part.get_param("transfer-syntax")), str(part["Content-Location"]), data)
        )
    return found


def read(data: bytes) -> Dataset:
    """A file as an independent reader sees it."""
    return dcmread(io.BytesIO(data))


def packaged(name: str) -> bytes:
    """One of pydicom's own files."""
    path = get_testdata_file(name, download=False)
    assert path is not None, name
    return Path(path).read_bytes()


def with_blank_preamble(data: bytes) -> bytes:
    """What leaves of a file that is kept as it came."""
    return b"\0" * 128 + data[128:]


def filed(dataset: Dataset) -> Dataset:
    """A dataset with all that it is filed under."""
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = generate_uid(), generate_uid()
    dataset.PatientID, dataset.PatientName = "", ""
    return dataset


def gray_frames(count: int = 3) -> np.ndarray[tuple[int, ...], np.dtype[np.uint16]]:
    """Frames of noise over a ramp, 12 bits in 16."""
    noise = np.random.default_rng(4).integers(0, 400, (count, 24, 20))
    return (noise + np.arange(count)[:, None, None] * 1000).astype(np.uint16)


def jpeg_ls(frames: np.ndarray[tuple[int, ...], np.dtype[np.uint16]]) -> tuple[Dataset, bytes]:
    """A multi-frame object in JPEG-LS, and its file."""
    dataset = filed(image(frames, frames=True))
    compressed(dataset, [imagecodecs.jpegls_encode(frame) for frame in frames])
    return dataset, as_file(dataset, JPEG_LS)


def ct(count: int = 3) -> list[tuple[Dataset, bytes]]:
    """A small series."""
    return [(one, synthetic.as_bytes(one)) for one in synthetic.ct_series(count, rows=32, columns=32)]
