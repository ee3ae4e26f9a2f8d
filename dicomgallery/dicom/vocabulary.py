"""What kinds of object and modality there are, in the words of the gallery (PS3.4 B.5, PS3.3 C.7.3.1.1.1)."""

from typing import Final, Literal

Kind = Literal[
    "image", "report", "document", "waveform", "plan", "structure", "presentation", "segmentation",
    "treatment", "directory", "other",
]  # fmt: skip

_STORAGE: Final = "1.2.840.10008.5.1.4.1.1."
_DIRECTORY: Final = "1.2.840.10008.1.3.10"

_KINDS: Final[dict[str, Kind]] = {
    "9": "waveform",
    "11": "presentation",
    "66.4": "segmentation",
    "66.7": "segmentation",
    "66": "other",
    "67": "other",
    "68": "other",
    "8": "other",
    "10": "other",
    "4.2": "other",
    "77.1.5.3": "other",
    "78": "report",
    "79": "report",
    "80": "report",
    "88": "report",
    "90": "report",
    "91": "other",
    "104": "document",
    "129": "other",
    "131": "presentation",
    "200": "plan",
    "201": "other",
    "481": "plan",
    "481.1": "image",
    "481.2": "image",
    "481.3": "structure",
    "481.4": "treatment",
    "481.6": "treatment",
    "481.7": "treatment",
    "481.9": "treatment",
    "481.11": "structure",
    "481.16": "treatment",
    "481.17": "treatment",
    "481.18": "treatment",
    "481.19": "treatment",
    "481.20": "treatment",
    "481.23": "image",
    "481.24": "image",
}
"""By the longest prefix of the UID after PS3.4's storage root; every other class under that root is an image."""

_KIND_NAMES: Final[dict[str, str]] = {
    "report": "Report",
    "document": "Document",
    "waveform": "Waveform",
    "plan": "Treatment plan",
    "structure": "Structure set",
    "presentation": "Presentation state",
    "segmentation": "Segmentation",
    "treatment": "Treatment record",
    "directory": "Directory",
}
MODALITY_NAMES: Final = {
    "AU": "Audio",
    "BI": "Biomagnetic imaging",
    "BMD": "Bone densitometry",
    "CR": "Computed radiography",
    "CT": "Computed tomography",
    "DOC": "Document",
    "DX": "Digital radiography",
    "ECG": "Electrocardiography",
    "ES": "Endoscopy",
    "FID": "Fiducials",
    "GM": "General microscopy",
    "HD": "Hemodynamic waveform",
    "IO": "Intra-oral radiography",
    "IVOCT": "Intravascular OCT",
    "IVUS": "Intravascular ultrasound",
    "KO": "Key objects",
    "LS": "Laser surface scan",
    "M3D": "Model for 3D printing",
    "MG": "Mammography",
    "MR": "Magnetic resonance",
    "NM": "Nuclear medicine",
    "OCT": "Optical coherence tomography",
    "OP": "Ophthalmic photography",
    "OPT": "Ophthalmic tomography",
    "OT": "Other",
    "PR": "Presentation state",
    "PT": "Positron emission tomography",
    "PX": "Panoramic radiography",
    "REG": "Registration",
    "RF": "Fluoroscopy",
    "RG": "Radiography on film",
    "RTDOSE": "Radiotherapy dose",
    "RTIMAGE": "Radiotherapy image",
    "RTPLAN": "Radiotherapy plan",
    "RTRECORD": "Radiotherapy record",
    "RTSTRUCT": "Radiotherapy structures",
    "SEG": "Segmentation",
    "SM": "Slide microscopy",
    "SMR": "Stereometric relationship",
    "SR": "Structured report",
    "STAIN": "Stained slide",
    "US": "Ultrasound",
    "XA": "X-ray angiography",
    "XC": "Photography",
}


def kind_of(sop_class_uid: str, *, has_pixels: bool) -> Kind:
    """Say what kind of thing an object of this class is; an unknown class goes by its pixels."""
    if sop_class_uid.startswith(_STORAGE):
        parts = sop_class_uid.removeprefix(_STORAGE).split(".")
        for length in range(len(parts), 0, -1):
            if found := _KINDS.get(".".join(parts[:length])):
                return found
        return "image"
    if sop_class_uid == _DIRECTORY:
        return "directory"
    return "image" if has_pixels else "other"


def modality_name(modality: str) -> str:
    """Name a modality in words; an unknown code stays as it is."""
    return MODALITY_NAMES.get(modality, modality)


def kind_name(kind: str) -> str:
    """What to call an object that holds no picture, by its kind."""
    return _KIND_NAMES.get(kind, "Not an image")
