"""Made-up studies: for the sample images, for measuring, for tests. The same arguments give the same bytes."""

from io import BytesIO
from typing import Final

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filewriter import dcmwrite
from pydicom.uid import UID

from dicomgallery.dicom import phantoms
from dicomgallery.dicom.transfer import EXPLICIT_LITTLE_ENDIAN
from dicomgallery.dicom.uids import IMPLEMENTATION_CLASS_UID, stable_uid

__all__ = [
    "Dataset",
    "as_bytes",
    "basic_report",
    "ct_series",
    "ct_slice",
    "dx_image",
    "mr_series",
    "secondary_capture",
    "us_cine",
]

CT: Final = "1.2.840.10008.5.1.4.1.1.2"
MR: Final = "1.2.840.10008.5.1.4.1.1.4"
DX: Final = "1.2.840.10008.5.1.4.1.1.1.1"
US_MULTIFRAME: Final = "1.2.840.10008.5.1.4.1.1.3.1"
SECONDARY_CAPTURE: Final = "1.2.840.10008.5.1.4.1.1.7"
BASIC_TEXT_SR: Final = "1.2.840.10008.5.1.4.1.1.88.11"


def ct_series(count: int, rows: int = 512, columns: int = 512, *, seed: int = 0) -> list[Dataset]:
    """Make a chest CT of `count` slices, 16 bits signed, in Hounsfield units after the rescale."""
    return [ct_slice(number, of=count, rows=rows, columns=columns, seed=seed) for number in range(1, count + 1)]


def ct_slice(number: int = 1, *, of: int = 40, rows: int = 512, columns: int = 512, seed: int = 0) -> Dataset:
    """Make slice `number` of a chest CT; feet last, so the table position falls as the number grows."""
    dataset = _begun(CT, "CT", seed, number)
    _say_patient(dataset, "Synthetic^Clara", "19610412", "F", "063Y")
    dataset.StudyDescription = "CT CHEST WITH CONTRAST"
    dataset.SeriesDescription = "Chest 2.5 mm soft tissue"
    dataset.ProtocolName = "Chest routine"
    dataset.BodyPartExamined = "CHEST"
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    dataset.KVP = "120"
    dataset.XRayTubeCurrent = "210"
    dataset.ExposureTime = "500"
    dataset.ConvolutionKernel = "B31f"
    dataset.ContrastBolusAgent = "IODINE"
    _lay(dataset, number, rows, columns, extent_mm=380.0, thickness_mm=2.5, first_mm=0.0)
    level = (number - 1) / max(of - 1, 1)
    stored = phantoms.chest(rows, columns, level)
    stored += np.where(stored > -950, 14.0, 8.0) * phantoms.noise(rows, columns, seed, number)
    _describe_gray(dataset, bits=16, signed=True)
    dataset.RescaleIntercept = "-1024"
    dataset.RescaleSlope = "1"
    dataset.RescaleType = "HU"
    dataset.WindowCenter = ["40", "-600"]
    dataset.WindowWidth = ["400", "1500"]
    dataset.WindowCenterWidthExplanation = ["SOFT TISSUE", "LUNG"]
    dataset.PixelData = np.clip(stored + 1024, 0, 4095).astype("<i2").tobytes()
    return dataset


def mr_series(count: int, rows: int = 256, columns: int = 256, *, seed: int = 0) -> list[Dataset]:
    """Make a head MR of `count` slices, 12 bits unsigned in 16, without a rescale."""
    return [_mr_slice(number, count, rows, columns, seed) for number in range(1, count + 1)]


def _mr_slice(number: int, of: int, rows: int, columns: int, seed: int) -> Dataset:
    dataset = _begun(MR, "MR", seed, number)
    _say_patient(dataset, "Synthetic^Marek", "19840930", "M", "040Y")
    dataset.StudyDescription = "MR BRAIN"
    dataset.SeriesDescription = "T1 axial"
    dataset.ProtocolName = "Brain routine"
    dataset.BodyPartExamined = "BRAIN"
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "M", "ND"]
    dataset.ScanningSequence = "GR"
    dataset.SequenceVariant = "SP"
    dataset.ScanOptions = ""
    dataset.MRAcquisitionType = "2D"
    dataset.RepetitionTime = "480"
    dataset.EchoTime = "12"
    dataset.FlipAngle = "70"
    dataset.MagneticFieldStrength = "3"
    _lay(dataset, number, rows, columns, extent_mm=230.0, thickness_mm=4.0, first_mm=-60.0, rising=True)
    level = (number - 0.5) / of
    shown = phantoms.head(rows, columns, level) + 14 * phantoms.noise(rows, columns, seed + 1, number)
    _describe_gray(dataset, bits=12, signed=False)
    dataset.WindowCenter = "420"
    dataset.WindowWidth = "860"
    dataset.PixelData = np.clip(np.abs(shown), 0, 4095).astype("<u2").tobytes()
    return dataset


def us_cine(frames: int = 24, rows: int = 384, columns: int = 512, *, seed: int = 0) -> Dataset:
    """Make a color ultrasound cine of a beating chamber, RGB."""
    dataset = _begun(US_MULTIFRAME, "US", seed, 1)
    _say_patient(dataset, "Synthetic^Uma", "19900101", "F", "035Y")
    dataset.StudyDescription = "ECHOCARDIOGRAPHY"
    dataset.SeriesDescription = "Apical view, color flow"
    dataset.BodyPartExamined = "HEART"
    dataset.ImageType = ["ORIGINAL", "PRIMARY"]
    dataset.NumberOfFrames = str(frames)
    dataset.FrameTime = "41.7"
    dataset.FrameIncrementPointer = 0x00181063
    movie = np.zeros((frames, rows, columns, 3), np.uint8)
    for number in range(frames):
        tissue, flow = phantoms.fan(rows, columns, number / frames, seed + 2)
        gray = np.clip(tissue * 330, 0, 255)
        movie[number, ..., 0] = np.where(flow > 0.08, 120 + 135 * flow, gray)
        movie[number, ..., 1] = np.where(np.abs(flow) > 0.08, 60 * np.abs(flow), gray)
        movie[number, ..., 2] = np.where(flow < -0.08, 120 - 135 * flow, np.where(flow > 0.08, 20, gray))
    _describe_color(dataset, rows, columns)
    dataset.PixelData = movie.tobytes()
    return dataset


def dx_image(rows: int = 2048, columns: int = 1792, *, seed: int = 0) -> Dataset:
    """Make a chest radiograph, MONOCHROME1, 14 bits."""
    dataset = _begun(DX, "DX", seed, 1)
    _say_patient(dataset, "Synthetic^Dorian", "19550623", "M", "070Y")
    dataset.StudyDescription = "CHEST PA"
    dataset.SeriesDescription = "Chest PA"
    dataset.BodyPartExamined = "CHEST"
    dataset.ViewPosition = "PA"
    dataset.ImageType = ["ORIGINAL", "PRIMARY", ""]
    dataset.ImagerPixelSpacing = ["0.2", "0.2"]
    dataset.KVP = "125"
    dataset.Rows, dataset.Columns = rows, columns
    dataset.PresentationIntentType = "FOR PRESENTATION"
    _describe_gray(dataset, bits=14, signed=False)
    dataset.PhotometricInterpretation = "MONOCHROME1"
    dataset.WindowCenter = "8192"
    dataset.WindowWidth = "14000"
    density = phantoms.radiograph(rows, columns, seed + 3)
    dataset.PixelData = np.clip((1 - density) * 16383, 0, 16383).astype("<u2").tobytes()
    return dataset


def secondary_capture(rows: int = 64, columns: int = 96, *, seed: int = 0) -> Dataset:
    """Make a small RGB picture of smooth color."""
    dataset = _begun(SECONDARY_CAPTURE, "OT", seed, 1)
    _say_patient(dataset, "Synthetic^Otto")
    dataset.ConversionType = "SYN"
    down, across = phantoms.grid(rows, columns)
    colors = np.stack([(down + 1) * 127, (across + 1) * 127, np.full_like(down, 90)], axis=-1)
    _describe_color(dataset, rows, columns)
    dataset.PixelData = colors.astype(np.uint8).tobytes() + b"\0" * (rows * columns * 3 % 2)
    return dataset


def basic_report(text: str = "No abnormality.", *, seed: int = 0) -> Dataset:
    """Make a structured report with one text, and no pixels."""
    dataset = _begun(BASIC_TEXT_SR, "SR", seed, 1)
    _say_patient(dataset, "Synthetic^Clara", "19610412", "F", "063Y")
    dataset.SeriesDescription = "Report"
    dataset.CompletionFlag = "COMPLETE"
    dataset.VerificationFlag = "UNVERIFIED"
    dataset.ValueType = "CONTAINER"
    dataset.ContinuityOfContent = "SEPARATE"
    dataset.ConceptNameCodeSequence = [_code("18748-4", "LN", "Diagnostic Imaging Report")]
    finding = Dataset()
    finding.RelationshipType = "CONTAINS"
    finding.ValueType = "TEXT"
    finding.ConceptNameCodeSequence = [_code("121071", "DCM", "Finding")]
    finding.TextValue = text
    dataset.ContentSequence = [finding]
    return dataset


def as_bytes(dataset: Dataset) -> bytes:
    """Write a dataset as a DICOM file (PS3.10), explicit little endian unless its file meta says otherwise."""
    meta = getattr(dataset, "file_meta", None)
    if not meta:
        dataset.file_meta = _meta(dataset)
    written = BytesIO()
    dcmwrite(written, dataset, enforce_file_format=True)
    return written.getvalue()


def _begun(sop_class: str, modality: str, seed: int, number: int) -> Dataset:
    """Begin an instance with what every object says of its study, series and itself."""
    dataset = Dataset()
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.SOPClassUID = sop_class
    dataset.SOPInstanceUID = stable_uid(f"synthetic {modality} {seed} instance {number}".encode())
    dataset.StudyInstanceUID = stable_uid(f"synthetic {modality} {seed} study".encode())
    dataset.SeriesInstanceUID = stable_uid(f"synthetic {modality} {seed} series".encode())
    dataset.FrameOfReferenceUID = stable_uid(f"synthetic {modality} {seed} frame".encode())
    dataset.PositionReferenceIndicator = ""
    dataset.StudyDate = dataset.SeriesDate = dataset.ContentDate = "20240519"
    dataset.StudyTime = "091500"
    dataset.SeriesTime = "091742"
    dataset.ContentTime = f"0918{number % 60:02}"
    dataset.AccessionNumber = f"SYN{seed:05}{modality}"
    dataset.StudyID = f"{seed + 1}"
    dataset.ReferringPhysicianName = "Referrer^Rita"
    dataset.InstitutionName = "Synthetic General"
    dataset.Modality = modality
    dataset.Manufacturer = "DICOM Gallery"
    dataset.ManufacturerModelName = "Phantom"
    dataset.StationName = f"SYN{modality}1"
    dataset.SeriesNumber = "2"
    dataset.InstanceNumber = str(number)
    return dataset


def _say_patient(dataset: Dataset, name: str, born: str = "", sex: str = "", age: str = "") -> None:
    dataset.PatientName = name
    dataset.PatientID = f"SYN-{dataset.AccessionNumber.removeprefix('SYN')}"
    dataset.PatientBirthDate = born
    dataset.PatientSex = sex
    if age:
        dataset.PatientAge = age


def _lay(
    dataset: Dataset,
    number: int,
    rows: int,
    columns: int,
    *,
    extent_mm: float,
    thickness_mm: float,
    first_mm: float,
    rising: bool = False,
) -> None:
    """Place a transverse slice in the patient (PS3.3 C.7.6.2)."""
    spacing_mm = extent_mm / columns
    along_mm = first_mm + (number - 1) * thickness_mm * (1 if rising else -1)
    dataset.Rows, dataset.Columns = rows, columns
    dataset.PixelSpacing = [f"{spacing_mm:.6g}"] * 2
    dataset.SliceThickness = f"{thickness_mm:g}"
    dataset.ImageOrientationPatient = ["1", "0", "0", "0", "1", "0"]
    dataset.ImagePositionPatient = [f"{-extent_mm / 2:g}", f"{-extent_mm * rows / columns / 2:g}", f"{along_mm:g}"]
    dataset.SliceLocation = f"{along_mm:g}"
    dataset.PatientPosition = "HFS"
    dataset.AcquisitionNumber = "1"


def _describe_gray(dataset: Dataset, *, bits: int, signed: bool) -> None:
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.BitsAllocated = 16
    dataset.BitsStored = bits
    dataset.HighBit = bits - 1
    dataset.PixelRepresentation = int(signed)


def _describe_color(dataset: Dataset, rows: int, columns: int) -> None:
    dataset.Rows, dataset.Columns = rows, columns
    dataset.SamplesPerPixel = 3
    dataset.PhotometricInterpretation = "RGB"
    dataset.PlanarConfiguration = 0
    dataset.BitsAllocated = dataset.BitsStored = 8
    dataset.HighBit = 7
    dataset.PixelRepresentation = 0


def _code(value: str, scheme: str, meaning: str) -> Dataset:
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = value, scheme, meaning
    return code


def _meta(dataset: Dataset) -> FileMetaDataset:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    meta.TransferSyntaxUID = UID(EXPLICIT_LITTLE_ENDIAN)
    meta.ImplementationClassUID = UID(IMPLEMENTATION_CLASS_UID)
    meta.ImplementationVersionName = "DICOMGALLERY"
    return meta
