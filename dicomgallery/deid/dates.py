"""Dates that go back by days, and how a date, a time or a number must look to stay (PS3.5 6.2)."""

import re
from datetime import date, timedelta
from typing import Final

_DATE: Final = re.compile(rb"(\d{4})([.]?)(\d{2})\2(\d{2})")
_DATE_TIME: Final = re.compile(rb"(\d{4})(\d{2})?(\d{2})?([0-9.]{0,13}(?:[+-]\d{4})?)")
_TIME: Final = re.compile(rb"\d{2}:?(?:\d{2}:?(?:\d{2}(?:\.\d{1,6})?)?)?")
NUMBER: Final = re.compile(rb"[0-9+\-eE. \\\0]*")


def well_formed(value: bytes, vr: str) -> bool:
    """Say whether every value is a date, a time or both, and nothing else."""
    form = {"DA": _DATE, "DT": _DATE_TIME, "TM": _TIME}[vr]
    parts = (part.strip(b" \0") for part in value.split(b"\\"))
    return all(not part or form.fullmatch(part) for part in parts)


def moved(value: bytes, vr: str, days: int) -> bytes | None:
    """The value `days` days earlier, a time as it is; None when it is none or would leave the calendar."""
    if not well_formed(value, vr):
        return None
    if vr == "TM":
        return value
    parts = [_moved(part.strip(b" \0"), vr, days) for part in value.split(b"\\")]
    return None if None in parts else b"\\".join(part or b"" for part in parts)


def _moved(part: bytes, vr: str, days: int) -> bytes | None:
    if not part:
        return b""
    try:
        if vr == "DA" and (found := _DATE.fullmatch(part)):
            year, dot, month, day = found.groups()
            then = date(int(year), int(month), int(day)) - timedelta(days)
            return f"{then:%Y}".zfill(4).encode() + dot + f"{then:%m}".encode() + dot + f"{then:%d}".encode()
        if found := _DATE_TIME.fullmatch(part):
            year, month, day, rest = found.groups()
            # What is said to the month or year only is moved from its middle.
            then = date(int(year), int(month or 7), int(day or 15 if month else 1)) - timedelta(days)
            written = f"{then:%Y}".zfill(4) + (f"{then:%m}" if month else "") + (f"{then:%d}" if day else "")
            return written.encode() + rest
    except (ValueError, OverflowError):
        return None
    return None
