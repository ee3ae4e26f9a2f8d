"""What an attribute is of: the study (and its patient), the series, or the single instance (PS3.3 A.1.3, PS3.4 C.6)."""

from typing import Final

_STUDY_GROUPS: Final = frozenset({0x0010, 0x0012, 0x0032, 0x0038})
_STUDY: Final = frozenset({
    0x00080020, 0x00080030, 0x00080050, 0x00080051, 0x00080061, 0x00080062, 0x00080090, 0x00080096, 0x0008009C,
    0x00080201, 0x00081030, 0x00081032, 0x00081048, 0x00081049, 0x00081060, 0x00081062, 0x00081080, 0x00081110,
    0x00081120, 0x0020000D, 0x00200010, 0x00401012,
})  # fmt: skip
_SERIES: Final = frozenset({
    0x00080021, 0x00080031, 0x00080060, 0x00080064, 0x00080068, 0x00080070, 0x00080080, 0x00080081, 0x00080082,
    0x00081010, 0x0008103E, 0x0008103F, 0x00081040, 0x00081041, 0x00081050, 0x00081052, 0x00081070, 0x00081072,
    0x00081090, 0x00081111, 0x00081250, 0x00180015, 0x00181000, 0x00181002, 0x00181020, 0x00181030, 0x00185100,
    0x0020000E, 0x00200011, 0x00200052, 0x00200060, 0x00201040, 0x00280108, 0x00280109, 0x00400244, 0x00400245,
    0x00400250, 0x00400251, 0x00400253, 0x00400254, 0x00400260, 0x00400275, 0x00400280,
})  # fmt: skip


def is_of_study(tag: int) -> bool:
    """Say whether an attribute says something of a whole study or its patient."""
    return tag >> 16 in _STUDY_GROUPS or tag in _STUDY


def is_of_series(tag: int) -> bool:
    """Say whether an attribute says something of a whole series, not of its study."""
    return tag in _SERIES
