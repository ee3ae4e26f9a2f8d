"""Write the specimens, each with the same picture: `python -m dicomgallery.imaging.specimens.make`."""

import struct
import zlib
from collections.abc import Callable
from typing import Any, Final

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import dcmwrite, write_dataset, write_file_meta_info
from pydicom.uid import UID, SecondaryCaptureImageStorage

from dicomgallery.dicom.transfer import EXPLICIT_BIG_ENDIAN, NATIVE_SYNTAXES
from dicomgallery.imaging.specimens import SPECIMENS, Specimen, original

Encoder = Callable[[NDArray[Any]], bytes | bytearray]
_QUALITY: Final = 95


def write() -> None:
    """Write a file for each specimen that has one."""
    for specimen in SPECIMENS:
        if specimen.file:
            specimen.path.parent.mkdir(exist_ok=True)
            specimen.path.write_bytes(_bytes_of(specimen))


def _bytes_of(specimen: Specimen) -> bytes:
    picture = original(specimen.what)
    dataset = _described(specimen, picture)
    syntax = specimen.transfer_syntax
    if syntax in NATIVE_SYNTAXES:
        ordered = picture.astype(">u2" if syntax == EXPLICIT_BIG_ENDIAN else "<u2")
        dataset.PixelData = ordered.tobytes()
        dataset["PixelData"].VR = "OW"
    else:
        dataset.PixelData = encapsulate([bytes(_ENCODERS[specimen.file](picture))])
        dataset["PixelData"].VR = "OB"
        dataset["PixelData"].is_undefined_length = True
    file = DicomBytesIO()
    if syntax in NATIVE_SYNTAXES:
        dcmwrite(file, dataset, enforce_file_format=True)
    else:
        # Piece by piece: pydicom refuses to write syntaxes that are newer than it.
        file.is_little_endian, file.is_implicit_VR = True, False
        file.write(b"\0" * 128 + b"DICM")
        write_file_meta_info(file, dataset.file_meta)
        write_dataset(file, dataset)
    return file.getvalue()


def _described(specimen: Specimen, picture: NDArray[Any]) -> Dataset:
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = UID(specimen.transfer_syntax)
    dataset.SOPClassUID = SecondaryCaptureImageStorage
    # Below the root for UIDs made from a UUID (PS3.5 B.2); it never changes.
    dataset.SOPInstanceUID = f"2.25.{0xD1C0 << 64 | zlib.crc32(specimen.file.encode())}"
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.Rows, dataset.Columns = picture.shape[:2]
    dataset.PixelRepresentation = 0
    dataset.SamplesPerPixel = 3 if picture.ndim == 3 else 1
    if picture.ndim == 3:
        dataset.PlanarConfiguration = 0
    dataset.PhotometricInterpretation = _PHOTOMETRIC.get(specimen.file, "RGB" if picture.ndim == 3 else "MONOCHROME2")
    dataset.BitsAllocated = picture.dtype.itemsize * 8
    dataset.BitsStored = 12 if picture.dtype == np.uint16 else 8
    dataset.HighBit = dataset.BitsStored - 1
    return dataset


def _rle(picture: NDArray[Any]) -> bytes:
    """PS3.5 G: a segment for each byte of a sample, highest first; each row is written as literal runs."""
    planes = np.atleast_3d(picture)
    segments = []
    for sample in range(planes.shape[2]):
        plane = np.ascontiguousarray(planes[..., sample])
        octets = plane.astype(plane.dtype.newbyteorder(">")).view(np.uint8).reshape(*plane.shape, -1)
        segments += [_literal(octets[..., byte]) for byte in range(octets.shape[2])]
    offsets, at = [], 64
    for segment in segments:
        offsets.append(at)
        at += len(segment)
    return struct.pack("<16L", len(segments), *offsets, *[0] * (15 - len(offsets))) + b"".join(segments)


def _literal(plane: NDArray[np.uint8]) -> bytes:
    runs = b"".join(bytes([row.size - 1]) + row.tobytes() for row in plane)
    return runs + b"\0" * (len(runs) % 2)


def _deflated(picture: NDArray[Any]) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(picture.tobytes()) + packer.flush()
    return packed + b"\0" * (len(packed) % 2)


def _without_spectrum(picture: NDArray[Any]) -> bytes:
    """As some devices write 12-bit JPEG: the scan's end of spectral selection, which should be 63, is 0."""
    frame = bytearray(imagecodecs.jpeg8_encode(picture, _QUALITY, bitspersample=12))
    scan = frame.index(b"\xff\xda")
    frame[scan + 2 + int.from_bytes(frame[scan + 2 : scan + 4], "big") - 2] = 0
    return bytes(frame)


def _recompressed(picture: NDArray[Any]) -> bytes | bytearray:
    return imagecodecs.jpegxl_encode_jpeg(imagecodecs.jpeg8_encode(picture, _QUALITY, subsampling="422"))


_PHOTOMETRIC: Final = {
    "jpeg-rgb": "YBR_FULL_422",
    "jpeg-2000-rgb": "YBR_RCT",
    "jpeg-xl-recompressed": "YBR_FULL_422",
    "jpeg-xl-lossy": "XYB",
}
_ENCODERS: Final[dict[str, Encoder]] = {
    "encapsulated": lambda picture: picture.tobytes(),
    "deflated-frame": _deflated,
    "rle": _rle,
    "rle-rgb": _rle,
    "jpeg": lambda picture: imagecodecs.jpeg8_encode(picture, _QUALITY),
    "jpeg-rgb": lambda picture: imagecodecs.jpeg8_encode(picture, _QUALITY, subsampling="422"),
    "jpeg-12": lambda picture: imagecodecs.jpeg8_encode(picture, _QUALITY, bitspersample=12),
    "jpeg-12-without-spectrum": _without_spectrum,
    "jpeg-lossless": lambda picture: imagecodecs.jpeg8_encode(picture, lossless=True, predictor=6, bitspersample=12),
    "jpeg-lossless-sv1": lambda picture: imagecodecs.jpeg8_encode(
        picture, lossless=True, predictor=1, bitspersample=12
    ),
    "jpeg-lossless-sv1-rgb": lambda picture: imagecodecs.jpeg8_encode(
        picture, lossless=True, predictor=1, colorspace="RGB", outcolorspace="RGB"
    ),
    "jpeg-ls": imagecodecs.jpegls_encode,
    "jpeg-ls-near": lambda picture: imagecodecs.jpegls_encode(picture, 2),
    "jpeg-2000": lambda picture: imagecodecs.jpeg2k_encode(
        picture, codecformat="J2K", reversible=True, bitspersample=12
    ),
    "jpeg-2000-rgb": lambda picture: imagecodecs.jpeg2k_encode(picture, codecformat="J2K", reversible=True),
    "jpeg-2000-lossy": lambda picture: imagecodecs.jpeg2k_encode(picture, 45, codecformat="J2K", reversible=False),
    "htj2k": lambda picture: imagecodecs.htj2k_encode(picture, reversible=True),
    "htj2k-lossy": lambda picture: imagecodecs.htj2k_encode(picture, reversible=False),
    "jpeg-xl": lambda picture: imagecodecs.jpegxl_encode(picture, lossless=True, bitspersample=12),
    "jpeg-xl-recompressed": _recompressed,
    "jpeg-xl-lossy": lambda picture: imagecodecs.jpegxl_encode(picture, distance=1.0),
}

if __name__ == "__main__":
    write()
