"""How much processor one picture takes on one core, from the file's name to the encoded bytes."""

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import imagecodecs
import numpy as np
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import UID, HTJ2KLossless, JPEG2000Lossless, JPEGBaseline8Bit, JPEGLSLossless, RLELossless

from dicomgallery.dicom import synthetic
from dicomgallery.imaging.render import render
from dicomgallery.imaging.spec import FULL, THUMBNAIL, RenderSpec

REPEATS: Final = 60

SPECS: Final = {"png": FULL, "jpeg": RenderSpec(), "thumbnail": THUMBNAIL}

# Milliseconds of processor that a picture may take.
TARGETS: Final = {
    "ct_512": {"png": 2.0, "jpeg": 1.5},
    "dx_2500x2000": {"png": 40.0},
    "ct_512_rle": {"jpeg": 1.7},
    "ct_512_jpeg_ls": {"jpeg": 8.0},
    "ct_512_jpeg_2000": {"jpeg": 33.0, "thumbnail": 8.0},
    "ct_512_htj2k": {"jpeg": 8.0},
    "us_color_frame": {"jpeg": 6.0},
}


def run(repeats: int = REPEATS) -> dict[str, Any]:
    """The median processor time of each picture, the file being in the page cache, beside what it may take."""
    with tempfile.TemporaryDirectory() as folder:
        figures: dict[str, Any] = {}
        for name, data in _objects().items():
            path = Path(folder) / f"{name}.dcm"
            path.write_bytes(data)
            figures[name] = {"bytes": len(data), **_measured(path, repeats)}
            if name in TARGETS:
                figures[name]["target_ms"] = TARGETS[name]
    return figures


def _measured(path: Path, repeats: int) -> dict[str, float]:
    figures = {}
    for name, spec in SPECS.items():
        figures[f"{name}_ms"] = _median_ms(lambda spec=spec: render(path, spec), repeats)  # type: ignore[misc]
        figures[f"{name}_bytes"] = len(render(path, spec).data)
    return figures


def _median_ms(deed: Callable[[], Any], repeats: int) -> float:
    deed()
    spent = []
    for _ in range(repeats):
        began = time.process_time()
        deed()
        spent.append(time.process_time() - began)
    return round(statistics.median(spent) * 1000, 2)


def jpeg_2000_slice(number: int = 20, *, of: int = 40) -> bytes:
    """A CT slice in JPEG 2000, which takes long to decode."""
    dataset = synthetic.ct_slice(number, of=of)
    samples = np.frombuffer(dataset.PixelData, "<i2").reshape(dataset.Rows, dataset.Columns)
    return _compressed(
        dataset, imagecodecs.jpeg2k_encode(samples, reversible=True, codecformat="J2K"), JPEG2000Lossless
    )


def _objects() -> dict[str, bytes]:
    """One file of each kind that is measured."""
    ct, cine = synthetic.ct_slice(20), synthetic.us_cine(3)
    samples = np.frombuffer(ct.PixelData, "<i2").reshape(ct.Rows, ct.Columns)
    color = np.frombuffer(cine.PixelData, np.uint8)[: cine.Rows * cine.Columns * 3].reshape(cine.Rows, cine.Columns, 3)
    return {
        "ct_512": synthetic.as_bytes(ct),
        "dx_2500x2000": synthetic.as_bytes(synthetic.dx_image(2500, 2000)),
        "ct_512_rle": _run_length(synthetic.ct_slice(20)),
        "ct_512_jpeg_ls": _compressed(
            synthetic.ct_slice(20), imagecodecs.jpegls_encode(samples.view("<u2")), JPEGLSLossless
        ),
        "ct_512_jpeg_2000": jpeg_2000_slice(),
        "ct_512_htj2k": _compressed(synthetic.ct_slice(20), imagecodecs.htj2k_encode(samples), HTJ2KLossless),
        "us_color_frame": _compressed(_one_frame(cine), imagecodecs.jpeg8_encode(color, 90), JPEGBaseline8Bit),
    }


def jpeg_ls(dataset: Dataset, frame: bytes | bytearray) -> bytes:
    """A dataset whose picture is this JPEG-LS."""
    return _compressed(dataset, frame, JPEGLSLossless)


def _run_length(dataset: Dataset) -> bytes:
    synthetic.as_bytes(dataset)
    dataset.compress(RLELossless, encoding_plugin="pylibjpeg", generate_instance_uid=False)
    return synthetic.as_bytes(dataset)


def _one_frame(cine: Dataset) -> Dataset:
    cine.NumberOfFrames = 1
    return cine


def _compressed(dataset: Dataset, frame: bytes | bytearray, syntax: UID) -> bytes:
    # Writing it once gives it its file meta, which then names the encoding.
    synthetic.as_bytes(dataset)
    dataset.PixelData = encapsulate([bytes(frame)])
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True
    dataset.file_meta.TransferSyntaxUID = syntax
    return synthetic.as_bytes(dataset)
