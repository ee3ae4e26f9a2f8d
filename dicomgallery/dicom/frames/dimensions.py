"""How frames are organized: the dimensions that index them (PS3.3 C.7.6.17)."""

import re
from collections.abc import Sequence
from typing import Final

from dicomgallery.dicom import elements
from dicomgallery.dicom.elements import Header
from dicomgallery.dicom.structure import name_of_tag
from dicomgallery.dicom.values import clean

MOST: Final = 10
_LONGEST_NAME: Final = 60
_UNNAMED: Final = "an unnamed dimension"
_TAG: Final = re.compile(r"\(?([0-9A-Fa-f]{4}),\s*([0-9A-Fa-f]{4})\)?")
_WORDS: Final = {
    0x00080023: "content date",
    0x00189074: "acquisition time",
    0x00189075: "directionality",
    0x00189082: "echo time",
    0x00189087: "b-value",
    0x00189089: "gradient direction",
    0x00189090: "velocity direction",
    0x00200032: "position",
    0x00209056: "stack",
    0x00209057: "position in the stack",
    0x00209128: "time point",
    0x00209153: "trigger delay",
    0x00209241: "cardiac phase",
    0x00209245: "respiratory phase",
    0x00209301: "position in the volume",
    0x0020930D: "time",
    0x0048021E: "tile column",
    0x0048021F: "tile row",
    0x00480106: "optical path",
    0x0062000B: "segment",
}
_TYPES: Final = {
    "3D": "The frames are one volume.",
    "3D_TEMPORAL": "The frames are one volume at several times.",
    "TILED_FULL": "The frames are all the tiles of a grid, row by row.",
    "TILED_SPARSE": "The frames are some of the tiles of a grid.",
}


def tags_in(header: Header, tag: int) -> list[int]:
    """Read the tags that an element of VR AT holds."""
    found = (_TAG.fullmatch(text) for text in elements.texts(header, tag)[:MOST])
    return [int(one[1] + one[2], 16) for one in found if one]


def names_of(header: Header) -> list[str]:
    """Name what each of the Dimension Index Values counts, in their order."""
    return [_name(item) for item in elements.items(header, 0x00209222)[:MOST]]


def order_of(header: Header, names: Sequence[str], *, is_sorted: bool) -> str:
    """Say in a sentence or two how the frames are organized; empty when the file does not say."""
    said = _TYPES.get(elements.first(header, 0x00209311).upper(), "")
    if set(names) <= {_UNNAMED}:
        return said
    by = ", then ".join(names)
    ordered = f"Ordered by {by}." if is_sorted else f"Indexed by {by}; they are not stored in that order."
    return f"{ordered} {said}".strip()


def _name(item: Header) -> str:
    pointed = next(iter(tags_in(item, 0x00209165)), None)
    if pointed is None:
        return _UNNAMED
    # The file's own label is free text, so it comes last.
    number = f"({pointed >> 16:04X},{pointed & 0xFFFF:04X})"
    known = _WORDS.get(pointed) or name_of_tag(pointed).lower()
    return known or clean(elements.first(item, 0x00209421))[:_LONGEST_NAME] or number
