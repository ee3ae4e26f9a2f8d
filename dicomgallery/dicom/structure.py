"""The grammar of elements: value representations and the dictionary's view of each tag (PS3.5 6.2 and 7.1.2)."""

from typing import Final

from pydicom._dicom_dict import DicomDictionary
from pydicom.valuerep import EXPLICIT_VR_LENGTH_32, STANDARD_VR

EXPLICIT_VRS: Final = frozenset(str(vr.value).encode("ascii") for vr in STANDARD_VR)
"""All 34 value representations as they stand in an explicit VR file."""

LONG_VRS: Final = frozenset(str(vr.value).encode("ascii") for vr in EXPLICIT_VR_LENGTH_32 if len(vr.value) == 2)
"""Those with two reserved bytes and a length of 32 bits (PS3.5 table 7.1-1)."""

VR_OF_TAG: Final[dict[int, str]] = {tag: entry[0] for tag, entry in DicomDictionary.items()}
"""The dictionary's VR of each standard tag, "US or SS" and the like among them."""
