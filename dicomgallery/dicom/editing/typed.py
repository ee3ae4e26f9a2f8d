"""What a person types for a value, checked and turned into the bytes of its VR (PS3.5 6.2)."""

import base64
import binascii
import math
import re
import struct
from collections.abc import Callable, Mapping
from typing import Final

from dicomgallery.dicom import paths, uids
from dicomgallery.dicom.elements import BINARY_VRS, NUMBER_FORMATS, SINGLE_TEXT_VRS
from dicomgallery.dicom.values import date_key, time_key
from dicomgallery.errors import RefusedError

MOST_BYTES: Final = 32 << 20
"""Of one value that is typed or uploaded."""
_WORDS: Final = {"OW": 2, "OF": 4, "OL": 4, "OD": 8, "OV": 8}
_RANGES: Final = {
    "US": (0, 2**16 - 1), "SS": (-(2**15), 2**15 - 1), "UL": (0, 2**32 - 1), "SL": (-(2**31), 2**31 - 1),
    "UV": (0, 2**64 - 1), "SV": (-(2**63), 2**63 - 1),
}  # fmt: skip
_LONGEST: Final = {"SH": 16, "LO": 64, "ST": 1024, "LT": 10240}
"""Characters, not bytes (PS3.5 table 6.2-1)."""
_AGE: Final = re.compile(r"\d{3}[DWMY]")
_CODE: Final = re.compile(r"[A-Z0-9_ ]{0,16}")
_DECIMAL: Final = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_WHOLE: Final = re.compile(r"[+-]?\d{1,12}")
_DATE: Final = re.compile(r"\d{8}")
_TIME: Final = re.compile(r"\d{2}(\d{2}(\d{2}(\.\d{1,6})?)?)?")
_MOMENT: Final = re.compile(r"(\d{4}(?:\d{2}(?:\d{2})?)?)(\d{2}(?:\d{2}(?:\d{2}(?:\.\d{1,6})?)?)?)?([+-]\d{4})?")
_ADDRESS: Final = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]*")
_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f]")
_SURROGATES: Final = re.compile(r"[\ud800-\udfff]")
_CONTROLS_OF_TEXT: Final = re.compile(r"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]")
"""Line feed, form feed, carriage return and tab may stand in texts of several lines (PS3.5 6.1.3)."""


class ValueProblemError(RefusedError):
    """A value that its VR cannot have; the message says what it may be."""


def values_in(vr: str, text: str) -> list[str]:
    """The single values of what is typed: separated by backslashes, but where these are letters like others."""
    if not text:
        return []
    return [text] if vr in SINGLE_TEXT_VRS else text.split("\\")


def checked(vr: str, text: str) -> str:
    """A text as its VR writes it, or ValueProblemError; for every VR that is written in letters."""
    if _SURROGATES.search(text):
        raise ValueProblemError("A text has half of a character, which no character set can write.")
    parts = [_CHECKS[vr](part) if part else "" for part in values_in(vr, text.replace("\r\n", "\n"))]
    whole = "\\".join(parts)
    return whole.replace("\n", "\r\n") if vr in {"ST", "LT", "UT"} else whole


def numbers(vr: str, text: str) -> bytes:
    """The bytes of numbers, little endian, or of tags."""
    if vr == "AT":
        return b"".join(_tag(part.strip()) for part in values_in(vr, text))
    found = [_number(vr, part.strip()) for part in values_in(vr, text)]
    try:
        return struct.pack(f"<{len(found)}{NUMBER_FORMATS[vr]}", *found)
    except (OverflowError, struct.error):
        raise ValueProblemError(f"A number is too large for {vr}.") from None


def binary(vr: str, encoded: str) -> bytes:
    """The bytes that were uploaded, in Base64; as many as make whole words of the VR."""
    try:
        data = base64.b64decode("".join(encoded.split()), validate=True)
    except (binascii.Error, ValueError):
        raise ValueProblemError("Bytes are uploaded as a file, or typed in Base64.") from None
    if len(data) > MOST_BYTES:
        raise ValueProblemError(f"One value may have at most {MOST_BYTES >> 20} MiB here.")
    if len(data) % (width := _WORDS.get(vr, 1)):
        raise ValueProblemError(f"{vr} is made of words of {width} bytes; these {len(data)} bytes are not.")
    return data


def is_text(vr: str) -> bool:
    """Say whether a value of this VR is written in letters."""
    return vr in _CHECKS


def is_number(vr: str) -> bool:
    """Say whether it is made of numbers or tags."""
    return vr in NUMBER_FORMATS or vr == "AT"


def is_binary(vr: str) -> bool:
    """Say whether it is bytes."""
    return vr in BINARY_VRS


def _number(vr: str, text: str) -> int | float:
    if vr in {"FL", "FD"}:
        try:
            value = float(text)
        except ValueError:
            raise ValueProblemError(f"{vr} is a number, such as 12.5.") from None
        if not math.isfinite(value):
            raise ValueProblemError(f"{vr} is a finite number here.")
        return value
    low, high = _RANGES[vr]
    if not re.fullmatch(r"[+-]?\d{1,20}", text, re.ASCII) or not low <= int(text) <= high:
        raise ValueProblemError(f"{vr} is a whole number from {low} to {high}.")
    return int(text)


def _tag(text: str) -> bytes:
    tag = paths.tag_named(text)
    if tag is None:
        raise ValueProblemError("AT is a tag, such as (0010,0010) or its keyword, PatientName.")
    return struct.pack("<HH", tag >> 16, tag & 0xFFFF)


def _matching(vr: str, pattern: re.Pattern[str], told: str) -> Callable[[str], str]:
    def check(text: str) -> str:
        if not (text.isascii() and pattern.fullmatch(text)):
            raise ValueProblemError(f"{vr} is {told}.")
        return text

    return check


def _letters(vr: str) -> Callable[[str], str]:
    longest = _LONGEST.get(vr)
    forbidden = _CONTROLS_OF_TEXT if vr in {"ST", "LT", "UT"} else _CONTROLS

    def check(text: str) -> str:
        if longest is not None and len(text) > longest:
            raise ValueProblemError(f"{vr} has at most {longest} characters; this has {len(text)}.")
        if forbidden.search(text):
            raise ValueProblemError(f"{vr} may not have control characters.")
        return text

    return check


def _entity(text: str) -> str:
    if len(text) > 16 or not text.strip() or not text.isascii() or _CONTROLS.search(text):
        raise ValueProblemError("AE has at most 16 characters of the basic set, not only spaces.")
    return text


def _date(text: str) -> str:
    key = text.replace("-", "") if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII) else text
    if not (key.isascii() and _DATE.fullmatch(key) and date_key(key)):
        raise ValueProblemError("DA is a day of the calendar, written YYYYMMDD.")
    return key


def _time(text: str) -> str:
    key = text.replace(":", "")
    if not (key.isascii() and _TIME.fullmatch(key) and time_key(key)):
        raise ValueProblemError("TM is a time of day, written HHMMSS.FFFFFF; its end may be left off.")
    return key


def _moment(text: str) -> str:
    found = _MOMENT.fullmatch(text) if text.isascii() else None
    if found is None or not date_key((found[1] + "0101")[:8] if len(found[1]) < 8 else found[1]):
        raise ValueProblemError("DT is a date and time, written YYYYMMDDHHMMSS.FFFFFF+ZZXX; its end may be left off.")
    if found[2] and (len(found[1]) < 8 or not time_key(found[2])):
        raise ValueProblemError("DT has a time of day after a whole date.")
    if found[3] and not (-1200 <= int(found[3]) <= 1400 and int(found[3][3:]) < 60):
        raise ValueProblemError("DT ends with an offset from -1200 to +1400.")
    return text


def _decimal(text: str) -> str:
    text = text.strip(" ")
    if len(text) > 16 or not (text.isascii() and _DECIMAL.fullmatch(text)):
        raise ValueProblemError("DS is a decimal number of at most 16 characters, such as -12.5 or 1.5E3.")
    return text


def _integer(text: str) -> str:
    text = text.strip(" ")
    if not (text.isascii() and _WHOLE.fullmatch(text)) or len(text) > 12 or not -(2**31) <= int(text) < 2**31:
        raise ValueProblemError("IS is a whole number from -2147483648 to 2147483647.")
    return text


def _identifier(text: str) -> str:
    if not uids.is_valid(text):
        raise ValueProblemError("UI is a UID: numbers joined by dots, none with a leading zero, at most 64 characters.")
    return text


def _name(text: str) -> str:
    groups = text.split("=")
    if len(groups) > 3:
        raise ValueProblemError("PN has three groups at most: alphabetic, ideographic, phonetic.")
    if any(len(group) > 64 for group in groups):
        raise ValueProblemError("Each group of a PN has at most 64 characters.")
    if any(group.count("^") > 4 for group in groups):
        raise ValueProblemError("A PN has five parts at most: family, given, middle, prefix, suffix.")
    if _CONTROLS.search(text):
        raise ValueProblemError("PN may not have control characters.")
    return text.rstrip("=")


_CHECKS: Final[Mapping[str, Callable[[str], str]]] = {
    "AE": _entity,
    "AS": _matching("AS", _AGE, "three digits and D, W, M or Y, such as 045Y"),
    "CS": _matching("CS", _CODE, "at most 16 capital letters, digits, spaces and underscores"),
    "DA": _date,
    "DS": _decimal,
    "DT": _moment,
    "IS": _integer,
    "LO": _letters("LO"),
    "LT": _letters("LT"),
    "PN": _name,
    "SH": _letters("SH"),
    "ST": _letters("ST"),
    "TM": _time,
    "UC": _letters("UC"),
    "UI": _identifier,
    "UR": _matching("UR", _ADDRESS, "an address (RFC 3986), without spaces"),
    "UT": _letters("UT"),
}
