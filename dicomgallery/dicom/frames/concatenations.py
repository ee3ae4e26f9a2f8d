"""Objects too large for one file, cut into several (PS3.3 C.7.6.16.2.2.4)."""

import re
from dataclasses import dataclass
from typing import Final

from dicomgallery.dicom import elements
from dicomgallery.dicom.elements import Header
from dicomgallery.dicom.values import clean

_UID: Final = re.compile(r"[0-9.]{1,64}")
_MOST_PARTS: Final = 65_535


@dataclass(frozen=True, slots=True)
class Concatenation:
    """Which part of one an object is."""

    uid: str
    number: int | None
    """Counted from 1."""
    total: int | None
    """How many parts there are; None when the file does not say, which it need not."""
    frame_offset: int | None
    """How many frames come before its first one."""


def concatenation_of(header: Header) -> Concatenation | None:
    """Say what part an object is; None when it is whole."""
    uid = clean(elements.first(header, 0x00209161))
    if not _UID.fullmatch(uid):
        return None
    number, total = elements.whole(header, 0x00209162), elements.whole(header, 0x00209163)
    offset = elements.whole(header, 0x00209228)
    return Concatenation(
        uid,
        number if number is not None and 1 <= number <= _MOST_PARTS else None,
        total if total is not None and 1 <= total <= _MOST_PARTS else None,
        offset if offset is not None and offset >= 0 else None,
    )
