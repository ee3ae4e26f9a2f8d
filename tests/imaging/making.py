"""Small images made on the spot, and pictures read back as arrays."""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate, encapsulate_extended
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset, write_file_meta_info
from pydicom.uid import (
    UID,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    SecondaryCaptureImageStorage,
    generate_uid,
)

from dicomgallery.imaging.refusals import CannotRenderError
from dicomgallery.imaging.render import Rendered, render
from dicomgallery.imaging.spec import Format, RenderSpec

PNG = RenderSpec(format=Format.PNG)


def image(samples: NDArray[Any], **attributes: Any) -> Dataset:
    """A dataset whose pixels are these samples: (rows, columns[, 3]), with `frames=True` one axis more in front."""
    frames = attributes.pop("frames", False)
    shape = samples.shape[1:] if frames else samples.shape
    dataset = Dataset()
    dataset.SOPClassUID = SecondaryCaptureImageStorage
    dataset.SOPInstanceUID = generate_uid()
    dataset.Rows, dataset.Columns = shape[:2]
    dataset.SamplesPerPixel = 3 if len(shape) == 3 else 1
    dataset.PhotometricInterpretation = "RGB" if len(shape) == 3 else "MONOCHROME2"
    if len(shape) == 3:
        dataset.PlanarConfiguration = 0
    if frames:
        dataset.NumberOfFrames = samples.shape[0]
    if samples.dtype.kind == "f":
        keyword = "FloatPixelData" if samples.dtype.itemsize == 4 else "DoubleFloatPixelData"
        setattr(dataset, keyword, samples.tobytes())
    else:
        bits = samples.dtype.itemsize * 8
        dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = bits, bits, bits - 1
        dataset.PixelRepresentation = int(samples.dtype.kind == "i")
        raw = samples.tobytes()
        dataset.PixelData = raw + b"\0" * (len(raw) % 2)
        dataset["PixelData"].VR = "OB" if bits == 8 else "OW"
    for keyword, value in attributes.items():
        if value is None:
            del dataset[keyword]
        else:
            setattr(dataset, keyword, value)
    return dataset


def compressed(
    dataset: Dataset, frames: Sequence[bytes | bytearray], *, table: bool = True, extended: bool = False
) -> Dataset:
    """The same dataset with its pixels replaced by encoded frames."""
    if extended:
        value, offsets, lengths = encapsulate_extended([bytes(frame) for frame in frames])
        dataset.ExtendedOffsetTable, dataset.ExtendedOffsetTableLengths = offsets, lengths
    else:
        value = encapsulate([bytes(frame) for frame in frames], has_bot=table)
    dataset.PixelData = value
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True
    return dataset


def as_file(dataset: Dataset, syntax: str = ExplicitVRLittleEndian) -> bytes:
    """The bytes of a file of the dataset, of any transfer syntax, those too that are newer than pydicom."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    meta.TransferSyntaxUID = UID(syntax)
    file = DicomBytesIO()
    file.is_little_endian, file.is_implicit_VR = True, False
    file.write(b"\0" * 128 + b"DICM")
    write_file_meta_info(file, meta)
    file.is_little_endian = syntax != ExplicitVRBigEndian
    write_dataset(file, dataset)
    return bytes(file.getvalue())


def saved(folder: Path, dataset: Dataset, syntax: str = ExplicitVRLittleEndian) -> Path:
    """The dataset as a file in a folder."""
    path = folder / "image.dcm"
    path.write_bytes(as_file(dataset, syntax))
    return path


def attempt(path: Path, spec: RenderSpec) -> tuple[Rendered | None, CannotRenderError | None]:
    """A picture, or why there is none."""
    try:
        return render(path, spec), None
    except CannotRenderError as refused:
        return None, refused


def pixels(rendered: Rendered) -> NDArray[np.uint8]:
    """The picture, decoded by Pillow."""
    with Image.open(BytesIO(rendered.data)) as picture:
        assert Image.MIME[picture.format or ""] == rendered.media_type
        assert picture.size == (rendered.width, rendered.height)
        return np.asarray(picture)


def shown(folder: Path, dataset: Dataset, spec: RenderSpec = PNG, syntax: str = ExplicitVRLittleEndian) -> Any:
    """What a person sees of a dataset, as numbers that can be subtracted."""
    return pixels(render(saved(folder, dataset, syntax), spec)).astype(int)


def notes(folder: Path, dataset: Dataset, spec: RenderSpec = PNG, syntax: str = ExplicitVRLittleEndian) -> str:
    """How a picture says it came to look so."""
    return "; ".join(render(saved(folder, dataset, syntax), spec).notes)


def ramp(low: int, high: int, dtype: Any = np.uint16) -> NDArray[Any]:
    """An image of 32 x 32 whose values rise evenly from low to high."""
    return np.linspace(low, high, 1024).round().astype(dtype).reshape(32, 32)
