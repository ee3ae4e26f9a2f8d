"""Transfer syntaxes: how the bytes of a data set are laid out (PS3.5 chapter 10, PS3.6 table A-1)."""

from typing import Final

from pydicom._uid_dict import UID_dictionary

IMPLICIT_LITTLE_ENDIAN: Final = "1.2.840.10008.1.2"
EXPLICIT_LITTLE_ENDIAN: Final = "1.2.840.10008.1.2.1"
EXPLICIT_BIG_ENDIAN: Final = "1.2.840.10008.1.2.2"
DEFLATED: Final = "1.2.840.10008.1.2.1.99"

DEFLATED_SYNTAXES: Final = frozenset({DEFLATED, "1.2.840.10008.1.2.4.95", "1.2.840.10008.1.2.4.205"})
"""The whole data set is deflated (PS3.5 A.5); the last two are JPIP's deflated forms."""

NATIVE_SYNTAXES: Final = frozenset({IMPLICIT_LITTLE_ENDIAN, EXPLICIT_LITTLE_ENDIAN, EXPLICIT_BIG_ENDIAN, DEFLATED})
"""Pixel data lies there as numbers, not as compressed fragments."""

_SHORT_NAMES: Final = {
    IMPLICIT_LITTLE_ENDIAN: "Implicit little endian",
    EXPLICIT_LITTLE_ENDIAN: "Explicit little endian",
    EXPLICIT_BIG_ENDIAN: "Explicit big endian",
    DEFLATED: "Deflated",
    "1.2.840.10008.1.2.4.50": "JPEG baseline",
    "1.2.840.10008.1.2.4.51": "JPEG extended",
    "1.2.840.10008.1.2.4.57": "JPEG lossless",
    "1.2.840.10008.1.2.4.70": "JPEG lossless SV1",
    "1.2.840.10008.1.2.4.80": "JPEG-LS lossless",
    "1.2.840.10008.1.2.4.81": "JPEG-LS near-lossless",
    "1.2.840.10008.1.2.4.90": "JPEG 2000 lossless",
    "1.2.840.10008.1.2.4.91": "JPEG 2000",
    "1.2.840.10008.1.2.4.100": "MPEG2 main profile",
    "1.2.840.10008.1.2.4.101": "MPEG2 high level",
    "1.2.840.10008.1.2.4.102": "MPEG-4 AVC/H.264",
    "1.2.840.10008.1.2.4.103": "MPEG-4 AVC/H.264 BD",
    "1.2.840.10008.1.2.4.107": "HEVC/H.265 main",
    "1.2.840.10008.1.2.4.108": "HEVC/H.265 main 10",
    "1.2.840.10008.1.2.4.110": "JPEG XL lossless",
    "1.2.840.10008.1.2.4.111": "JPEG XL recompression",
    "1.2.840.10008.1.2.4.112": "JPEG XL",
    "1.2.840.10008.1.2.4.201": "HTJ2K lossless",
    "1.2.840.10008.1.2.4.202": "HTJ2K lossless RPCL",
    "1.2.840.10008.1.2.4.203": "HTJ2K",
    "1.2.840.10008.1.2.5": "RLE lossless",
    "1.2.840.10008.1.2.8.1": "Deflated frames",
}


def is_encapsulated(uid: str) -> bool:
    """Say whether pixel data comes in compressed fragments (PS3.5 A.4); a private syntax counts as native."""
    return uid not in NATIVE_SYNTAXES and uid not in DEFLATED_SYNTAXES and uid in UID_dictionary


def short_name(uid: str) -> str:
    """Name a transfer syntax in a few words for facets and cards; "Unknown" without one."""
    if not uid:
        return "Unknown"
    known = UID_dictionary.get(uid)
    return _SHORT_NAMES.get(uid) or (str(known[0]) if known else "Private syntax")
