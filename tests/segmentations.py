"""Segmentations made for tests."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.pixels import pack_bits

from tests.radiotherapy import item

SEGMENTATION = "1.2.840.10008.5.1.4.1.1.66.4"
LABEL_MAP = "1.2.840.10008.5.1.4.1.1.66.7"

RED, GREEN = (35579, 53664, 50858), (57553, 12518, 53710)
"""As Recommended Display CIELab Value."""

Mask = NDArray[Any]


def code(meaning: str, value: str = "1", scheme: str = "99TEST") -> Dataset:
    """A coded concept."""
    return item(CodeValue=value, CodingSchemeDesignator=scheme, CodeMeaning=meaning)


def segment(number: int, label: str, **values: Any) -> Dataset:
    """The description of a segment."""
    one = item(
        SegmentNumber=number,
        SegmentLabel=label,
        SegmentAlgorithmType="AUTOMATIC",
        SegmentAlgorithmName="Threshold",
        SegmentedPropertyCategoryCodeSequence=[code("Tissue")],
        SegmentedPropertyTypeCodeSequence=[code(f"{label} type")],
    )
    for keyword, value in values.items():
        setattr(one, keyword, value)
    return one


def frame(
    mask: Mask, number: int | None = 1, *, source: Dataset | None = None, place: Sequence[float] = (), **values: Any
) -> tuple[Mask, Dataset]:
    """A frame: its samples, and its functional groups."""
    groups = Dataset()
    if number is not None:
        groups.SegmentIdentificationSequence = [item(ReferencedSegmentNumber=number)]
    if source is not None:
        image = item(ReferencedSOPClassUID=source.SOPClassUID, ReferencedSOPInstanceUID=source.SOPInstanceUID)
        if (named := values.pop("source_frame", None)) is not None:
            image.ReferencedFrameNumber = named
        groups.DerivationImageSequence = [item(SourceImageSequence=[image])]
    position = list(place) or (source is not None and source.get("ImagePositionPatient"))
    if position:
        groups.PlanePositionSequence = [item(ImagePositionPatient=[f"{float(part):.8g}" for part in position])]
    for keyword, value in values.items():
        setattr(groups, keyword, value)
    return mask, groups


def segmentation(
    segments: Sequence[Dataset],
    frames: Sequence[tuple[Mask, Dataset]],
    *,
    like: Dataset | None = None,
    spacing: Sequence[float] = (),
    orientation: Sequence[float] = (),
    kind: str = "BINARY",
    **values: Any,
) -> Dataset:
    """A segmentation of these frames, in the study and on the grid of an image unless told otherwise."""
    pixels = np.stack([mask for mask, _ in frames])
    dataset = item(
        SpecificCharacterSet="ISO_IR 192",
        SOPClassUID=LABEL_MAP if kind == "LABELMAP" else SEGMENTATION,
        SOPInstanceUID="1.2.826.0.1.3680043.10.21",
        StudyInstanceUID="1.2.826.0.1.3680043.10.22" if like is None else like.StudyInstanceUID,
        SeriesInstanceUID="1.2.826.0.1.3680043.10.23",
        Modality="SEG",
        PatientID="P" if like is None else like.PatientID,
        ContentLabel="ORGANS",
        SegmentationType=kind,
        SegmentSequence=list(segments),
        Rows=pixels.shape[1],
        Columns=pixels.shape[2],
        NumberOfFrames=len(frames),
        SamplesPerPixel=1,
        PhotometricInterpretation="MONOCHROME2",
        PixelRepresentation=0,
        PerFrameFunctionalGroupsSequence=[groups for _, groups in frames],
    )
    bits = 1 if kind == "BINARY" else pixels.dtype.itemsize * 8
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = bits, bits, bits - 1
    if kind == "FRACTIONAL":
        dataset.SegmentationFractionalType, dataset.MaximumFractionalValue = "PROBABILITY", 200
    if like is not None:
        for keyword in ("PatientName", "PatientBirthDate", "PatientSex", "FrameOfReferenceUID"):
            if keyword in like:
                setattr(dataset, keyword, like[keyword].value)
        spacing = spacing or like.get("PixelSpacing") or ()
        orientation = orientation or like.get("ImageOrientationPatient") or ()
        series = item(SeriesInstanceUID=like.SeriesInstanceUID)
        dataset.ReferencedSeriesSequence = [series]
    shared = Dataset()
    if len(spacing):
        shared.PixelMeasuresSequence = [item(PixelSpacing=[f"{float(part):.8g}" for part in spacing])]
    if len(orientation):
        shared.PlaneOrientationSequence = [item(ImageOrientationPatient=[f"{float(part):.8g}" for part in orientation])]
    dataset.SharedFunctionalGroupsSequence = [shared]
    raw = pack_bits(pixels.astype(np.uint8).ravel()) if kind == "BINARY" else pixels.tobytes()
    dataset.PixelData = raw + b"\0" * (len(raw) % 2)
    dataset["PixelData"].VR = "OB" if bits <= 8 else "OW"
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    return dataset


def block(rows: int, columns: int, where: tuple[slice, slice], value: int = 1) -> Mask:
    """A mask that holds a value in these rows and columns, and nothing elsewhere."""
    mask = np.zeros((rows, columns), np.uint8)
    mask[where] = value
    return mask
