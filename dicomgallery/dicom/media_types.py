"""The media types that compressed frames travel under (PS3.18 8.7.3.3 and 8.7.3.5)."""

from typing import Final

from dicomgallery.dicom.transfer import EXPLICIT_LITTLE_ENDIAN

OCTETS: Final = "application/octet-stream"
"""Frames as numbers, and any other bulk data."""

_JPEG: Final = "1.2.840.10008.1.2.4"
_SYNTAXES: Final = {
    OCTETS: (EXPLICIT_LITTLE_ENDIAN,),
    "image/jpeg": (f"{_JPEG}.70", f"{_JPEG}.50", f"{_JPEG}.51", f"{_JPEG}.57"),
    "image/dicom-rle": ("1.2.840.10008.1.2.5",),
    "image/jls": (f"{_JPEG}.80", f"{_JPEG}.81"),
    "image/jp2": (f"{_JPEG}.90", f"{_JPEG}.91"),
    "image/jpx": (f"{_JPEG}.92", f"{_JPEG}.93"),
    "image/jphc": (f"{_JPEG}.201", f"{_JPEG}.202", f"{_JPEG}.203"),
    "image/jxl": (f"{_JPEG}.110", f"{_JPEG}.111", f"{_JPEG}.112"),
    "video/mpeg2": (f"{_JPEG}.100", f"{_JPEG}.101"),
    "video/mp4": (f"{_JPEG}.102", f"{_JPEG}.103", f"{_JPEG}.104", f"{_JPEG}.105", f"{_JPEG}.106"),
    "video/h265": (f"{_JPEG}.107", f"{_JPEG}.108"),
}
_OLDER_NAMES: Final = {"image/x-dicom-rle": "image/dicom-rle", "image/x-jls": "image/jls"}
_TYPE_OF: Final = {uid: media_type for media_type, uids in _SYNTAXES.items() for uid in uids}


def of_syntax(uid: str) -> str:
    """The media type of frames in a transfer syntax; of one that has none of its own, that of plain bytes."""
    return _TYPE_OF.get(uid, OCTETS)


def of_wildcard(pattern: str) -> tuple[str, ...]:
    """The transfer syntaxes of a media type or of a wildcard such as `image/*`, those that types stand for first."""
    if pattern in _SYNTAXES:
        return _SYNTAXES[pattern]
    kind = pattern.partition("/")[0]
    known = [uids for media_type, uids in _SYNTAXES.items() if kind == "*" or media_type.startswith(f"{kind}/")]
    return tuple(uid for uids in known for uid in uids[:1]) + tuple(uid for uids in known for uid in uids[1:])


def newer(media_type: str) -> str:
    """The name that the standard has now for a media type that it had an older one for."""
    return _OLDER_NAMES.get(media_type, media_type)
