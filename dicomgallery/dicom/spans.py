"""Dates, times and moments as spans: what is said only to the hour lasts an hour (PS3.5 6.2, PS3.4 C.2.2.2.5)."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

EARLIEST: Final = datetime.min  # noqa: DTZ901 - DICOM's clocks have no zone of their own
LATEST: Final = datetime.max  # noqa: DTZ901
_ANY_DAY: Final = (1900, 1, 1)
_DATE: Final = re.compile(r"(\d{4})([.]?)(\d{2})\2(\d{2})")
_TIME: Final = re.compile(r"(\d{2})(?::?(\d{2})(?::?(\d{2})(?:\.(\d{1,6}))?)?)?")
_MOMENT: Final = re.compile(
    r"(\d{4})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:\.(\d{1,6}))?)?)?)?)?)?([+-](?:0\d|1[0-4])[0-5]\d)?"
)


@dataclass(frozen=True, slots=True)
class Span:
    """From the first to the last microsecond; `offset` is the zone it is told in, where it says so."""

    first: datetime
    last: datetime
    offset: timedelta | None = None


def span_of(vr: str, text: str) -> Span | None:
    """How long a date (DA), a time (TM, of any one day) or a moment (DT) lasts; None for what is none."""
    text = text.strip(" \0")
    offset = None
    parts: list[str | None]
    if vr == "DA":
        found = _DATE.fullmatch(text)
        parts = [found[1], found[3], found[4]] if found else []
    elif vr == "TM":
        found = _TIME.fullmatch(text)
        parts = [*(f"{part:02}" for part in _ANY_DAY), *found.groups()] if found else []
    else:
        found = _MOMENT.fullmatch(text)
        parts = list(found.groups()[:7]) if found else []
        offset = _offset(found[8]) if found else None
    return _span(parts, offset) if parts else None


def range_of(vr: str, text: str) -> Span | None:
    """The span of one value, or of a range with a hyphen, either end of which may be open; None for neither."""
    if (single := span_of(vr, text)) is not None:
        return single
    for found in re.finditer("-", text):
        first, last = text[: found.start()].strip(), text[found.end() :].strip()
        begin = span_of(vr, first) if first else Span(EARLIEST, EARLIEST)
        end = span_of(vr, last) if last else Span(LATEST, LATEST)
        if begin is not None and end is not None and (first or last):
            begins, ends = _shifted(begin, end)
            return Span(begins.first, ends.last, ends.offset if last else begins.offset)
    return None


def in_range(span: Span, asked: Span) -> bool:
    """Say whether two spans have a moment in common; zones count only where both say theirs."""
    here, there = _shifted(span, asked)
    return here.first <= there.last and here.last >= there.first


def joined(date: Span, time: Span) -> Span:
    """A range of dates and one of times as one range of moments (combined datetime matching)."""
    first = date.first if time.first == EARLIEST or date.first == EARLIEST else _at(date.first, time.first)
    last = date.last if time.last == LATEST or date.last == LATEST else _at(date.last, time.last)
    return Span(first, last)


def _at(day: datetime, time: datetime) -> datetime:
    return datetime.combine(day.date(), time.time())


def _span(parts: list[str | None], offset: timedelta | None) -> Span | None:
    numbers = [int(part) for part in parts[:6] if part is not None]
    if len(numbers) == 6:
        # A leap second is allowed (PS3.5 6.2); no clock here has it.
        numbers[5] = min(numbers[5], 59) if numbers[5] <= 60 else 99
    try:
        first = datetime(*(numbers + [1, 1, 1][len(numbers) :]))  # type: ignore[arg-type] # noqa: DTZ001
    except ValueError:
        return None
    fraction = parts[6] if len(parts) > 6 else None
    if fraction:
        first = first.replace(microsecond=int(f"{fraction:0<6}"))
        return Span(first, first + timedelta(microseconds=10 ** (6 - len(fraction)) - 1), offset)
    return Span(first, _end(first, len(numbers)), offset)


def _end(first: datetime, said: int) -> datetime:
    if said < 3:
        month = first.month if said == 2 else 12
        day = monthrange(first.year, month)[1]
        return first.replace(month=month, day=day, hour=23, minute=59, second=59, microsecond=999_999)
    lasts = (timedelta(days=1), timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1))[said - 3]
    # The last day of the calendar has no next one.
    return first + (lasts - timedelta(microseconds=1))


def _shifted(one: Span, other: Span) -> tuple[Span, Span]:
    if one.offset is None or other.offset is None or one.offset == other.offset:
        return one, other
    by = other.offset - one.offset
    return Span(_moved(one.first, by), _moved(one.last, by), other.offset), other


def _moved(moment: datetime, by: timedelta) -> datetime:
    try:
        return moment if moment in (EARLIEST, LATEST) else moment + by
    except OverflowError:
        return moment


def _offset(text: str | None) -> timedelta | None:
    if not text:
        return None
    minutes = int(text[1:3]) * 60 + int(text[3:5])
    return timedelta(minutes=-minutes if text.startswith("-") else minutes)
