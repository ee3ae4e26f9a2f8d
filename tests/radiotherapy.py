"""Structure sets and plans made for tests."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag

from dicomgallery.dicom import synthetic

STRUCTURES = "1.2.840.10008.5.1.4.1.1.481.3"
PLAN = "1.2.840.10008.5.1.4.1.1.481.5"
ION_PLAN = "1.2.840.10008.5.1.4.1.1.481.8"

Point = tuple[float, float, float]


def item(**values: Any) -> Dataset:
    """A dataset of these values."""
    one = Dataset()
    for keyword, value in values.items():
        setattr(one, keyword, value)
    return one


def as_read(dataset: Dataset, tag: int, vr: str, value: bytes) -> None:
    """Put an element into a dataset as it comes from a file, whatever its bytes."""
    dataset[tag] = RawDataElement(BaseTag(tag), vr, len(value), value, 0, is_implicit_VR=False, is_little_endian=True)


def square(low: float, high: float, z: float) -> list[Point]:
    """The corners of an axial square."""
    return [(low, low, z), (high, low, z), (high, high, z), (low, high, z)]


def contour(points: Sequence[Point], kind: str = "CLOSED_PLANAR", image: Dataset | None = None) -> Dataset:
    """One contour, on an image if one is given."""
    one = item(
        ContourGeometricType=kind,
        NumberOfContourPoints=len(points),
        ContourData=[f"{part:.6g}" for point in points for part in point],
    )
    if image is not None:
        one.ContourImageSequence = [
            item(ReferencedSOPClassUID=image.SOPClassUID, ReferencedSOPInstanceUID=image.SOPInstanceUID)
        ]
    return one


def structure_set(rois: dict[str, Sequence[Dataset]], images: Sequence[Dataset] = (), **values: Any) -> Dataset:
    """A structure set of regions by name, numbered from 1, each with its contours; drawn on these images."""
    dataset = item(
        SpecificCharacterSet="ISO_IR 192",
        SOPClassUID=STRUCTURES,
        SOPInstanceUID="1.2.826.0.1.3680043.10.1",
        StudyInstanceUID=images[0].StudyInstanceUID if images else "1.2.826.0.1.3680043.10.2",
        SeriesInstanceUID="1.2.826.0.1.3680043.10.3",
        Modality="RTSTRUCT",
        PatientID=images[0].PatientID if images else "P",
        StructureSetLabel="Chest",
    )
    numbered = list(enumerate(rois.items(), start=1))
    colors = (["255", "0", "0"], ["0", "255", "0"], ["0", "0", "255"])
    dataset.StructureSetROISequence = [
        item(ROINumber=number, ROIName=name, ROIGenerationAlgorithm="MANUAL") for number, (name, _) in numbered
    ]
    dataset.ROIContourSequence = [
        item(ReferencedROINumber=number, ROIDisplayColor=colors[(number - 1) % 3], ContourSequence=list(contours))
        for number, (_, contours) in numbered
    ]
    dataset.RTROIObservationsSequence = [
        item(ReferencedROINumber=number, RTROIInterpretedType="ORGAN") for number, _ in numbered
    ]
    if images:
        for keyword in ("PatientName", "PatientBirthDate", "PatientSex"):
            setattr(dataset, keyword, images[0].get(keyword))
        series = item(
            SeriesInstanceUID=images[0].SeriesInstanceUID,
            ContourImageSequence=[
                item(ReferencedSOPClassUID=one.SOPClassUID, ReferencedSOPInstanceUID=one.SOPInstanceUID)
                for one in images
            ],
        )
        study = item(RTReferencedSeriesSequence=[series])
        frame = item(FrameOfReferenceUID=images[0].FrameOfReferenceUID, RTReferencedStudySequence=[study])
        dataset.ReferencedFrameOfReferenceSequence = [frame]
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    return dataset


def bright_block(orientation: Sequence[int], spacing: tuple[float, float], seed: int = 40) -> Dataset:
    """An image of 64 rows and 80 columns, black but for rows 20 to 29 of columns 40 to 59, which are white."""
    dataset = synthetic.ct_slice(1, rows=64, columns=80, seed=seed)
    dataset.ImageOrientationPatient = [str(part) for part in orientation]
    dataset.ImagePositionPatient = ["-31.5", "12.25", "7"]
    dataset.PixelSpacing = [str(part) for part in spacing]
    pixels = np.zeros((64, 80), "<i2")
    pixels[20:30, 40:60] = 1000
    dataset.RescaleIntercept, dataset.RescaleSlope = "0", "1"
    dataset.WindowCenter, dataset.WindowWidth = "500", "1000"
    del dataset.WindowCenterWidthExplanation
    dataset.PixelData = pixels.tobytes()
    return dataset


def around_block(image: Dataset) -> list[Point]:
    """The outline of the white block in the patient, by the equation of PS3.3 C.7.6.2.1.1."""
    across, down = np.array(image.ImageOrientationPatient, float).reshape(2, 3)
    row_mm, column_mm = (float(part) for part in image.PixelSpacing)
    origin = np.array(image.ImagePositionPatient, float)
    corners = [(39.5, 19.5), (59.5, 19.5), (59.5, 29.5), (39.5, 29.5)]
    points = (origin + across * column_mm * column + down * row_mm * row for column, row in corners)
    return [(float(x), float(y), float(z)) for x, y, z in points]


def plan(*beams: Dataset, sop_class: str = PLAN, **values: Any) -> Dataset:
    """A plan of these beams in one group of 25 fractions, each giving 1 Gy with 100 MU."""
    shares = [item(ReferencedBeamNumber=one.BeamNumber, BeamDose="1", BeamMeterset="100") for one in beams]
    dataset = item(
        SpecificCharacterSet="ISO_IR 192",
        SOPClassUID=sop_class,
        SOPInstanceUID="1.2.826.0.1.3680043.10.11",
        StudyInstanceUID="1.2.826.0.1.3680043.10.2",
        SeriesInstanceUID="1.2.826.0.1.3680043.10.13",
        Modality="RTPLAN",
        PatientID="P",
        RTPlanLabel="Boost",
        FractionGroupSequence=[
            item(FractionGroupNumber=1, NumberOfFractionsPlanned=25, ReferencedBeamSequence=shares),
        ],
    )
    if sop_class == ION_PLAN:
        dataset.IonBeamSequence = list(beams)
    else:
        dataset.BeamSequence = list(beams)
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    return dataset


def beam(number: int, name: str, *stands: tuple[float | None, str], ion: bool = False, **values: Any) -> Dataset:
    """A beam by the angles of its control points, each with the way the gantry turns from there."""
    points = []
    for place, (angle, way) in enumerate(stands):
        point = item(ControlPointIndex=place, GantryRotationDirection=way)
        if angle is not None:
            point.GantryAngle = str(angle)
        points.append(point)
    points[0].NominalBeamEnergy, points[0].BeamLimitingDeviceAngle = "6", "7.0867745e-10"
    one = item(BeamNumber=number, BeamName=name, RadiationType="PHOTON", PrimaryDosimeterUnit="MU")
    if ion:
        one.IonControlPointSequence = points
    else:
        one.ControlPointSequence = points
    for keyword, value in values.items():
        setattr(one, keyword, value)
    return one
