"""NIfTI-1 (.nii.gz): a header of 348 bytes before the numbers of a volume as they lie on the disk.

Written here: `nibabel` takes half a second to import, and compresses with a deflate many times slower. The tests read
the files back with it. The fields are those of nifti1.h (https://nifti.nimh.nih.gov/pub/dist/src/niftilib/nifti1.h).
"""

import math
from collections.abc import Iterator
from struct import pack
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dicomgallery.imaging.volumes.volume import Volume

_TYPES: Final = {"uint8": 2, "int16": 4, "float32": 16, "int8": 256, "uint16": 512}
_SCANNER: Final = 1
"""NIFTI_XFORM_SCANNER_ANAT: places in the patient as the scanner told them."""
_MILLIMETERS: Final = 2
_HEADER_BYTES: Final = 348
_OFFSET: Final = 352
_MOST: Final = 32767
"""The sides of a NIfTI-1 are 16-bit numbers."""
_HIGHEST: Final = float(np.finfo(np.float32).max)
_LEAST: Final = float(np.finfo(np.float32).tiny)

Affine = NDArray[np.float64]


def affine_of(volume: Volume) -> Affine:
    """From (column, row, level), counted from 0, to mm towards the patient's right, front and head.

    DICOM's x and y run the other way, to the left and the back (PS3.3 C.7.6.2.1.1).
    """
    level, row, column = volume.steps
    affine = np.eye(4)
    for place, vector in enumerate((column, row, level, volume.origin)):
        affine[:3, place] = vector
    affine[:2] *= -1
    return affine + 0.0


def header(volume: Volume, times: int, numbers: str, slope: float, intercept: float) -> bytes:
    """The header of a volume, or of several of one shape, and the four bytes that say that no extension follows.

    ValueError in words when a side is too long, or a number too large or too small for its 32 bits.
    """
    levels, rows, columns = volume.shape
    if max(levels, rows, columns, times) > _MOST:
        raise ValueError(f"A NIfTI holds at most {_MOST} voxels along an axis.")
    affine = affine_of(volume)
    spacing = np.sqrt((affine[:3, :3] ** 2).sum(axis=0))
    told = np.abs([*affine.flat, *spacing, slope, intercept])
    # Written this way round, what is no number at all is refused too.
    if not (told.max() <= _HIGHEST and spacing.min() >= _LEAST):
        raise ValueError("Its places, spacings or values lie beyond what a NIfTI can say.")
    quaternion, handedness = _turn(affine[:3, :3] / spacing)
    made = pack(
        "<i10s18sihcB8h3f4h8f3fhBB4f2i80s24s2h6f4f4f4f16s4s",
        *(_HEADER_BYTES, b"", b"", 0, 0, b"r", 0),
        *(4 if times > 1 else 3, columns, rows, levels, times, 1, 1, 1),
        *(0.0, 0.0, 0.0, 0, _TYPES[numbers], np.dtype(numbers).itemsize * 8, 0),
        *(handedness, *(float(size) for size in spacing), 1.0, 1.0, 1.0, 1.0),
        *(float(_OFFSET), slope, intercept, 0, 0, _MILLIMETERS),
        *(0.0, 0.0, 0.0, 0.0, 0, 0, b"", b"", _SCANNER, _SCANNER),
        *(*quaternion, *(float(part) for part in affine[:3, 3])),
        *(float(part) for line in affine[:3] for part in line),
        *(b"", b"n+1\0"),
    )
    return made + bytes(4)


def chunks(numbers: NDArray[np.generic], most_bytes: int = 4 << 20) -> Iterator[bytes]:
    """The numbers of a mapped volume, little-endian, some levels at a time: columns run fastest, as NIfTI wants it."""
    level_bytes = max(1, numbers[0].nbytes)
    many = max(1, most_bytes // level_bytes)
    for start in range(0, len(numbers), many):
        some = numbers[start : start + many]
        yield np.ascontiguousarray(some, some.dtype.newbyteorder("<")).tobytes()


def _turn(rotation: Affine) -> tuple[tuple[float, float, float], float]:
    """A rotation as the b, c and d of a unit quaternion, and -1 where the third axis runs the other way."""
    handedness = 1.0 if np.linalg.det(rotation) > 0 else -1.0
    proper = rotation * (1.0, 1.0, handedness)
    # The eigenvector of the largest eigenvalue: right also where a is 0, as in many a series (Bar-Itzhack 2000).
    (xx, xy, xz), (yx, yy, yz), (zx, zy, zz) = proper
    matrix = np.array(
        [
            [xx - yy - zz, 0, 0, 0],
            [yx + xy, yy - xx - zz, 0, 0],
            [zx + xz, zy + yz, zz - xx - yy, 0],
            [zy - yz, xz - zx, yx - xy, xx + yy + zz],
        ]
    )
    b, c, d, a = np.linalg.eigh(matrix)[1][:, -1]
    sign = -1.0 if a < 0 else 1.0
    length = math.sqrt(float(a * a + b * b + c * c + d * d))
    return (float(sign * b / length), float(sign * c / length), float(sign * d / length)), handedness
