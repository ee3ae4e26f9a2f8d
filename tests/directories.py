"""Directories of media made for tests."""

import io
from collections.abc import Sequence
from itertools import zip_longest
from typing import Any, Final

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filewriter import dcmwrite
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from dicomgallery.dicom.directory import DIRECTORY_CLASS
from dicomgallery.dicom.reader import read_header
from tests.radiotherapy import item

SYNTAXES: Final = (ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian)


class Entry:
    """A record to be written: what it says, and what hangs below it."""

    def __init__(self, kind: str, *below: "Entry", in_use: int = 0xFFFF, **values: Any) -> None:
        self.below = below
        self.dataset = item(
            OffsetOfTheNextDirectoryRecord=0,
            RecordInUseFlag=in_use,
            OffsetOfReferencedLowerLevelDirectoryEntity=0,
            DirectoryRecordType=kind,
            **values,
        )


def image(number: int, sop_uid: str, *path: str) -> Entry:
    """The record of an image."""
    return Entry(
        "IMAGE",
        InstanceNumber=number,
        ReferencedFileID=list(path or ("IMAGES", f"IM{number:06}")),
        ReferencedSOPClassUIDInFile="1.2.840.10008.5.1.4.1.1.2",
        ReferencedSOPInstanceUIDInFile=sop_uid,
        ReferencedTransferSyntaxUIDInFile=str(ExplicitVRLittleEndian),
    )


def medium(*images: Entry, name: str = "Hounsfield^Ada") -> Entry:
    """A patient with one study of one series of these images."""
    series = Entry("SERIES", *images, Modality="CT", SeriesNumber=3)
    study = Entry("STUDY", series, StudyDate="20240519", StudyDescription="CT Chest", StudyID="S1")
    return Entry("PATIENT", study, PatientName=name, PatientID="P-1")


def written(
    top: Sequence[Entry], *, syntax: str = ExplicitVRLittleEndian, undefined_lengths: bool = False, linked: bool = True
) -> bytes:
    """The file of a directory, its offsets true; all of them 0 where it is not `linked`."""
    flat = _flat(top)
    dataset = _directory([entry.dataset for entry in flat], syntax, undefined_lengths=undefined_lengths)
    if linked:
        # The offsets have a fixed length, so that the places of a first writing hold for the second.
        places = [int(one.seq_item_tell) for one in read_header(_bytes(dataset)).DirectoryRecordSequence]
        offset_of = dict(zip(flat, places, strict=True))
        _link(top, offset_of)
        dataset.OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity = offset_of[top[0]] if top else 0
    return _bytes(dataset)


def _flat(entries: Sequence[Entry]) -> list[Entry]:
    return [one for entry in entries for one in (entry, *_flat(entry.below))]


def _link(entries: Sequence[Entry], offset_of: dict[Entry, int]) -> None:
    for entry, following in zip_longest(entries, entries[1:]):
        entry.dataset.OffsetOfTheNextDirectoryRecord = offset_of[following] if following else 0
        entry.dataset.OffsetOfReferencedLowerLevelDirectoryEntity = offset_of[entry.below[0]] if entry.below else 0
        _link(entry.below, offset_of)


def _directory(records: Sequence[Dataset], syntax: str, *, undefined_lengths: bool) -> Dataset:
    dataset = item(
        FileSetID="ARCHIVE 7",
        OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity=0,
        OffsetOfTheLastDirectoryRecordOfTheRootDirectoryEntity=0,
        FileSetConsistencyFlag=0,
        DirectoryRecordSequence=list(records),
    )
    dataset["DirectoryRecordSequence"].is_undefined_length = undefined_lengths
    for record in records:
        record.is_undefined_length_sequence_item = undefined_lengths
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.MediaStorageSOPClassUID = DIRECTORY_CLASS
    dataset.file_meta.MediaStorageSOPInstanceUID = "1.2.826.0.1.3680043.10.77"
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.file_meta.ImplementationClassUID = "1.2.826.0.1.3680043.10"
    return dataset


def _bytes(dataset: Dataset) -> bytes:
    held = io.BytesIO()
    dcmwrite(held, dataset, enforce_file_format=True)
    return held.getvalue()
