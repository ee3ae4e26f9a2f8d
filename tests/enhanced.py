"""Enhanced multi-frame objects made for tests (PS3.3 C.7.6.16)."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from pydicom.dataset import Dataset
from pydicom.tag import Tag
from pydicom.uid import generate_uid

from dicomgallery.dicom import phantoms, synthetic

CT = "1.2.840.10008.5.1.4.1.1.2.1"
MR = "1.2.840.10008.5.1.4.1.1.4.1"
US = "1.2.840.10008.5.1.4.1.1.6.2"
XA = "1.2.840.10008.5.1.4.1.1.12.1.1"
PET = "1.2.840.10008.5.1.4.1.1.130"

Groups = Mapping[str, Mapping[str, Any]]


def item(**values: Any) -> Dataset:
    """A dataset of these values."""
    one = Dataset()
    for keyword, value in values.items():
        setattr(one, keyword, value)
    return one


def groups(found: Groups) -> Dataset:
    """An item of functional groups: the values of each, by the name of its sequence without "Sequence"."""
    return item(**{f"{name}Sequence": [item(**values)] for name, values in found.items()})


def enhanced(
    frames: Sequence[Groups], shared: Groups | None = None, *, side: int = 16, sop_class: str = MR, **values: Any
) -> Dataset:
    """An object with a frame for each of these groups; each frame rises evenly from 0 to 1000."""
    dataset = item(
        SpecificCharacterSet="ISO_IR 192",
        SOPClassUID=sop_class,
        SOPInstanceUID=generate_uid(),
        StudyInstanceUID="1.2.826.0.1.3680043.10.90.1",
        SeriesInstanceUID="1.2.826.0.1.3680043.10.90.2",
        Modality={CT: "CT", MR: "MR", US: "US", XA: "XA", PET: "PT"}.get(sop_class, "OT"),
        PatientName="Synthetic^Enid",
        PatientID="ENHANCED",
        StudyDate="20260301",
        SeriesDescription="Enhanced",
        InstanceNumber=1,
        Rows=side,
        Columns=side,
        SamplesPerPixel=1,
        PhotometricInterpretation="MONOCHROME2",
        BitsAllocated=16,
        BitsStored=16,
        HighBit=15,
        PixelRepresentation=0,
        NumberOfFrames=len(frames),
        SharedFunctionalGroupsSequence=[groups(shared or {})],
        PerFrameFunctionalGroupsSequence=[groups(one) for one in frames],
    )
    ramp = np.linspace(0, 1000, side * side).round().astype("<u2")
    dataset.PixelData = ramp.tobytes() * max(len(frames), 1)
    dataset["PixelData"].VR = "OW"
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    return dataset


def undefined_lengths(dataset: Dataset) -> Dataset:
    """The dataset, the lengths of its functional groups not said, as most scanners write them."""
    for keyword in ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"):
        _without_lengths(dataset[keyword])
    return dataset


def _without_lengths(element: Any) -> None:
    element.is_undefined_length = True
    for one in element.value:
        one.is_undefined_length_sequence_item = True
        for inner in one:
            if inner.VR == "SQ":
                _without_lengths(inner)


def window(center: float, width: float) -> Groups:
    """A frame seen in one window."""
    return {"FrameVOILUT": {"WindowCenter": center, "WindowWidth": width}}


def dimensions(*pointers: str) -> list[Dataset]:
    """A Dimension Index Sequence that points to these attributes."""
    return [item(DimensionIndexPointer=Tag(pointer)) for pointer in pointers]


def diffusion(slices: int = 3, b_values: Sequence[float] = (0, 1000), side: int = 16) -> Dataset:
    """An MR of several slices, each with several b-values, every frame in its own window."""
    frames: list[Groups] = []
    for place in range(slices):
        for number, b_value in enumerate(b_values):
            content = {"StackID": "1", "InStackPositionNumber": place + 1, "TemporalPositionIndex": number + 1}
            frames.append(
                {
                    "FrameContent": {**content, "DimensionIndexValues": [1, place + 1, number + 1]},
                    "PlanePosition": {"ImagePositionPatient": [0, 0, -12.5 + 2.5 * place]},
                    "MRDiffusion": {"DiffusionBValue": float(b_value)},
                    **window(500 - 100 * number, 1000 - 200 * number),
                }
            )
    shared: Groups = {
        "PlaneOrientation": {"ImageOrientationPatient": [1, 0, 0, 0, 1, 0]},
        "PixelMeasures": {"PixelSpacing": [2, 2], "SliceThickness": 2.5},
        "MREcho": {"EffectiveEchoTime": 85.0},
    }
    dataset = enhanced(frames, shared, side=side)
    dataset.DimensionIndexSequence = dimensions("StackID", "InStackPositionNumber", "DiffusionBValue")
    return dataset


def parts(count: int, frames: int = 4, *, uid: str = "1.2.826.0.1.3680043.10.90.7") -> list[Dataset]:
    """A CT in several objects of one concatenation; instance numbers run against the order of the parts."""
    made = []
    for number in range(1, count + 1):
        first = (number - 1) * frames
        content = [{"PlanePosition": {"ImagePositionPatient": [0, 0, 5 * (first + k)]}} for k in range(frames)]
        orientation = {"PlaneOrientation": {"ImageOrientationPatient": [1, 0, 0, 0, 1, 0]}}
        part = enhanced(content, orientation, sop_class=CT, InstanceNumber=count - number + 1, ConcatenationUID=uid)
        part.InConcatenationNumber, part.InConcatenationTotalNumber = number, count
        part.ConcatenationFrameOffsetNumber = first
        made.append(part)
    return made


def pictured(dataset: Dataset, side: int = 128) -> Dataset:
    """The dataset with heads for frames, for eyes."""
    count = int(dataset.NumberOfFrames)
    dataset.Rows = dataset.Columns = side
    volume = [phantoms.chest(side, side, place / max(count - 1, 1)) for place in range(count)]
    dataset.PixelData = b"".join(np.clip(one + 1024, 0, 2000).astype("<u2").tobytes() for one in volume)
    dataset["PixelData"].VR = "OW"
    return dataset


def as_file(dataset: Dataset) -> bytes:
    """The object as a file."""
    return synthetic.as_bytes(dataset)
