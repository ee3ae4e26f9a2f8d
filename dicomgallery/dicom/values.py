"""Values as a person reads and searches them: names, dates, times, ages (PS3.5 6.2)."""

import re
import unicodedata
from datetime import date
from typing import Final

THIN_SPACE: Final = "\u202f"
"""Narrow and unbreakable: 12 345 stays in one piece."""

LONGEST: Final = 1000
"""Texts from files are cut here before they go anywhere else."""

_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_DATE: Final = re.compile(r"(\d{4})([.\-/]?)(\d{2})\2(\d{2})")
_TIME: Final = re.compile(r"(\d{2})(?::?(\d{2})(?::?(\d{2})(?:\.\d{1,6})?)?)?")
_DATETIME: Final = re.compile(r"(\d{8})(\d{2}(?:\d{2}(?:\d{2}(?:\.\d{1,6})?)?)?)?([+-]\d{4})?")
_AGE: Final = re.compile(r"(\d{1,3})([DWMY])")
_UNITS: Final = {"D": "day", "W": "week", "M": "month", "Y": "year"}
# Letters that Unicode does not decompose, though people type them without their stroke.
_UNSTROKED: Final = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "\u0131": "i", "ħ": "h"})


def clean(text: str) -> str:
    """Bring a text from a file into NFC, without NULs and padding, of bearable length."""
    text = text[: 4 * LONGEST].replace("\0", "").strip()
    if not text.isascii():
        # Half a surrogate pair cannot be stored as UTF-8.
        text = unicodedata.normalize("NFC", text.encode("utf-8", "replace").decode("utf-8"))
    return text[:LONGEST]


def grouped(number: int) -> str:
    """A whole number with a thin space before each three digits."""
    return f"{number:,}".replace(",", THIN_SPACE)


def counted(number: int, one: str, many: str = "") -> str:
    """A number with its noun: 1 image, 12 images, 1 270 images."""
    return f"{grouped(number)} {one if number == 1 else many or one + 's'}"


def with_minus(text: str) -> str:
    """A written number with a true minus sign, and none before zero."""
    return "0" if text == "-0" else text.replace("-", "\N{MINUS SIGN}")


def six_digits(value: float) -> str:
    """A number of at most six significant digits, with a true minus sign."""
    return with_minus(f"{value:.6g}")


def fold(text: str) -> str:
    """Bring a text into the form that search compares: no case, no accents, no width, no name delimiters."""
    folded = text.casefold()
    if not folded.isascii():
        apart = unicodedata.normalize("NFKD", folded).casefold()
        # Only Latin, Greek and Cyrillic accents go; kana and Hangul are put together again.
        bare = "".join(char for char in apart if not "\u0300" <= char <= "\u036f")
        folded = unicodedata.normalize("NFC", bare).translate(_UNSTROKED)
    return " ".join(folded.replace("^", " ").replace("=", " ").split())


def person_name(value: str) -> str:
    """Write a DICOM person name as it is read: "Yamada Tarou (山田 太郎)" (PS3.5 6.2.1)."""
    shown = [_one_person(name) for name in value.split("\\")]
    return ", ".join(name for name in shown if name)


NAME_GROUPS: Final = ("Alphabetic", "Ideographic", "Phonetic")
"""What the groups of a name are called in DICOM JSON and XML (PS3.18 F.2.2, PS3.19 A.1.5.2), in their order."""


def name_groups(value: str) -> tuple[str, str, str]:
    """Split a name into its alphabetic, ideographic and phonetic groups, delimiters kept."""
    groups = [group.strip() for group in value.split("=", 2)]
    return tuple(groups + [""] * (3 - len(groups)))  # type: ignore[return-value]


def _one_person(value: str) -> str:
    alphabetic, ideographic, phonetic = (_one_group(group) for group in name_groups(value))
    if alphabetic and ideographic and alphabetic != ideographic:
        return f"{alphabetic} ({ideographic})"
    return alphabetic or ideographic or phonetic


def _one_group(group: str) -> str:
    parts = [" ".join(part.split()) for part in group.split("^", 4)]
    family, given, middle, prefix, suffix = parts + [""] * (5 - len(parts))
    name = " ".join(part for part in (prefix, family, given, middle) if part)
    return ", ".join(part for part in (name, suffix.replace("^", " ").strip()) if part)


def date_key(text: str) -> str:
    """Bring a date into the sortable form YYYYMMDD; "" for what is no date. Reads ACR-NEMA's 2004.01.19 too."""
    found = _DATE.fullmatch(text.strip(" \0")[:10])
    if found is None:
        return ""
    year, month, day = int(found[1]), int(found[3]), int(found[4])
    try:
        date(year, month, day)
    except ValueError:
        return ""
    return f"{year:04}{month:02}{day:02}"


def display_date(text: str, *, long: bool = False) -> str:
    """Write a date as 19 Jan 2004, or 19 January 2004; what is no date stays as it is."""
    key = date_key(text)
    if not key:
        return text.strip(" \0")
    month = _MONTHS[int(key[4:6]) - 1]
    return f"{int(key[6:])} {month if long else month[:3]} {key[:4]}"


def time_key(text: str) -> str:
    """Bring a time into the sortable form HHMMSS; "" for what is no time."""
    found = _TIME.fullmatch(text.strip(" \0"))
    if found is None:
        return ""
    hour, minute, second = (int(part or 0) for part in found.groups())
    # A leap second is allowed (PS3.5 6.2).
    return f"{hour:02}{minute:02}{second:02}" if hour < 24 and minute < 60 and second <= 60 else ""


def display_time(text: str) -> str:
    """Write a time as 07:27:30, or 07:27 when the file says no more; what is no time stays as it is."""
    key = time_key(text)
    if not key:
        return text.strip(" \0")
    said = len(text.strip(" \0").replace(":", "").split(".")[0])
    return ":".join((key[:2], key[2:4], key[4:])[: max(2, said // 2)])


def display_datetime(text: str) -> str:
    """Write a date and time as 27 Jul 2007, 12:00:00, with its offset from UTC if it has one."""
    found = _DATETIME.fullmatch(text.strip(" \0"))
    if found is None or not date_key(found[1]):
        return text.strip(" \0")
    shown = display_date(found[1])
    if found[2]:
        shown += f", {display_time(found[2])}"
    if found[3]:
        shown += f" {found[3][:3]}:{found[3][3:]}"
    return shown


def display_age(text: str) -> str:
    """Write an age as 45 years; what is no age stays as it is."""
    found = _AGE.fullmatch(text.strip(" \0").upper())
    if found is None:
        return text.strip(" \0")
    amount = int(found[1])
    return f"{amount} {_UNITS[found[2]]}{'' if amount == 1 else 's'}"


def display_sex(text: str) -> str:
    """Write a patient's sex in a word (PS3.3 C.7.1.1)."""
    return {"M": "male", "F": "female", "O": "other"}.get(text.strip(" \0").upper(), text.strip(" \0"))
