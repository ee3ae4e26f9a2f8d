"""Which kind of directory record stands for an object, by its SOP class (PS3.3 table F.4-1)."""

from typing import Final

from dicomgallery.dicom.directory import DIRECTORY_CLASS
from dicomgallery.dicom.uids import is_valid

_COMPOSITE: Final = "1.2.840.10008.5.1.4.1.1."
_AT_THE_ROOT: Final = {
    "1.2.840.10008.5.1.4.38.1": "HANGING PROTOCOL",
    "1.2.840.10008.5.1.4.39.1": "PALETTE",
    "1.2.840.10008.5.1.4.43.1": "IMPLANT",
    "1.2.840.10008.5.1.4.44.1": "IMPLANT ASSY",
    "1.2.840.10008.5.1.4.45.1": "IMPLANT GROUP",
}
_KINDS: Final = {
    "481.2": "RT DOSE", "481.3": "RT STRUCTURE SET", "481.5": "RT PLAN", "481.8": "RT PLAN",
    "481.4": "RT TREAT RECORD", "481.6": "RT TREAT RECORD", "481.7": "RT TREAT RECORD", "481.9": "RT TREAT RECORD",
    "131": "PRESENTATION", "88.59": "KEY OBJECT DOC", "78.6": "SR DOCUMENT", "79.1": "SR DOCUMENT",
    "104.1": "ENCAP DOC", "104.2": "ENCAP DOC", "104.3": "ENCAP DOC", "104.4": "ENCAP DOC", "104.5": "ENCAP DOC",
    "4.2": "SPECTROSCOPY", "66": "RAW DATA", "66.1": "REGISTRATION", "66.3": "REGISTRATION", "66.2": "FIDUCIAL",
    "66.5": "SURFACE", "66.6": "TRACT", "67": "VALUE MAP", "68.1": "SURFACE SCAN", "68.2": "SURFACE SCAN",
    "77.1.5.3": "STEREOMETRIC", "90.1": "ASSESSMENT", "91.1": "ANNOTATION",
    "78.1": "MEASUREMENT", "78.2": "MEASUREMENT", "78.3": "MEASUREMENT", "78.4": "MEASUREMENT", "78.5": "MEASUREMENT",
    "78.7": "MEASUREMENT", "78.8": "MEASUREMENT", "80.1": "MEASUREMENT",
}  # fmt: skip
_FAMILIES: Final = {"11.": "PRESENTATION", "9.": "WAVEFORM", "88.": "SR DOCUMENT", "481.1": "RADIOTHERAPY"}
"""Beginnings; what `_KINDS` names goes before."""


def kind_of(sop_class_uid: str) -> str:
    """The Directory Record Type of an object; IMAGE for what is none of the others."""
    if sop_class_uid in _AT_THE_ROOT:
        return _AT_THE_ROOT[sop_class_uid]
    if not sop_class_uid.startswith(_COMPOSITE):
        return "IMAGE"
    own = sop_class_uid.removeprefix(_COMPOSITE)
    family = next((kind for begin, kind in _FAMILIES.items() if own.startswith(begin) and own != "481.1"), "IMAGE")
    return _KINDS.get(own, family)


def is_at_root(sop_class_uid: str) -> bool:
    """Say whether its record stands beside those of patients, not below one."""
    return sop_class_uid in _AT_THE_ROOT


def can_be_listed(sop_class_uid: str, sop_uid: str, transfer_syntax: str) -> bool:
    """Say whether a record may lead to the object: a directory lists none of its kind, and all by their UIDs."""
    return sop_class_uid != DIRECTORY_CLASS and all(map(is_valid, (sop_class_uid, sop_uid, transfer_syntax)))
