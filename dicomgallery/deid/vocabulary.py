"""Words that the standard itself uses: found alone, they name nobody."""

import re
from functools import lru_cache

from pydicom._dicom_dict import DicomDictionary
from pydicom._uid_dict import UID_dictionary

_WORDS = re.compile(r"[A-Za-z]{3,}")
_MORE = (
    "abdomen ankle anonymized anonymous anonymised arm artery axial body brain breast chest clinic coronal default "
    "elbow extremity female foot general hand head heart hip hospital kidney knee leg liver lung male neck none normal "
    "other patient pelvis phantom prostate radiology routine sagittal shoulder skull spine standard test thorax "
    "unknown unspecified uterus whole wrist"
)


def is_common(word: str) -> bool:
    """Whether a single word is one of the standard's, such as Phantom or Chest."""
    return word.lower() in _words()


@lru_cache(maxsize=1)
def _words() -> frozenset[str]:
    names = [*(entry[2] for entry in DicomDictionary.values()), *(entry[0] for entry in UID_dictionary.values()), _MORE]
    return frozenset(word.lower() for name in names for word in _WORDS.findall(name))
