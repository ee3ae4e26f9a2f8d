"""What says of an object that its identity was removed, and how (PS3.15 E.1.1, PS3.3 C.12.1.1.6)."""

from typing import Final

from dicomgallery.deid.actions import FULL_DATES, MODIFIED_DATES
from dicomgallery.deid.dummies import item
from dicomgallery.deid.profile import CLEAN_PIXEL, OPTIONS, Profile
from dicomgallery.dicom.rewriting import Edits, element

_BASIC: Final = ("113100", "Basic Application Confidentiality Profile")
_CODES: Final = {
    CLEAN_PIXEL: ("113101", "Clean Pixel Data Option"),
    "clean_graph": ("113103", "Clean Graphics Option"),
    "clean_struct": ("113104", "Clean Structured Content Option"),
    "clean_desc": ("113105", "Clean Descriptors Option"),
    FULL_DATES: ("113106", "Retain Longitudinal Temporal Information Full Dates Option"),
    MODIFIED_DATES: ("113107", "Retain Longitudinal Temporal Information Modified Dates Option"),
    "retain_patient_chars": ("113108", "Retain Patient Characteristics Option"),
    "retain_device": ("113109", "Retain Device Identity Option"),
    "retain_uids": ("113110", "Retain UIDs Option"),
    "retain_safe_private": ("113111", "Retain Safe Private Option"),
    "retain_institution": ("113112", "Retain Institution Identity Option"),
}
"""Context group 7050 (PS3.16)."""


def edits(profile: Profile, *, cleaned: bool = False, reviewed: bool = False) -> Edits:
    """The marks as top-level elements; `cleaned` says that burned-in text was taken out of the pixels.

    `reviewed` says that a person has looked at them: nobody else may say that no identity is burned in.
    """
    options = profile.options - {CLEAN_PIXEL} | ({CLEAN_PIXEL} if cleaned else set())
    chosen = [option for option in OPTIONS if option in options]
    codes = [_BASIC, *(_CODES[option] for option in chosen)]
    if MODIFIED_DATES in profile.options:
        dates = b"MODIFIED"
    else:
        dates = b"UNMODIFIED" if FULL_DATES in profile.options else b"REMOVED"
    method = f"PS3.15 E.1-1; profile {profile.name} version {profile.version}"
    seen: Edits = {0x00280301: ("CS", b"NO")} if reviewed else {}
    return {
        **seen,
        0x00120062: ("CS", b"YES"),
        0x00120063: ("LO", method.encode("ascii")),
        0x00120064: ("SQ", b"".join(item(_code(*code)) for code in codes)),
        0x00280303: ("CS", dates),
    }


def _code(value: str, meaning: str) -> bytes:
    return (
        element(0x00080100, "SH", value.encode("ascii"))
        + element(0x00080102, "SH", b"DCM")
        + element(0x00080104, "LO", meaning.encode("ascii"))
    )
