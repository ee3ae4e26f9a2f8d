"""How templates write numbers, sizes, dates and names."""

from datetime import UTC, datetime

from flask import Flask

from dicomgallery.dicom import values
from dicomgallery.dicom.vocabulary import kind_name

_UNITS = ("bytes", "kB", "MB", "GB", "TB")


def init_app(app: Flask) -> None:
    """Give the templates of this application their filters."""
    for written in (count, size, moment, moment_attribute, plural, person, dicom_date, dicom_time, decimal, kind_name):
        app.add_template_filter(written)


def count(number: int | None, *, capped: bool = False) -> str:
    """A count with its thousands apart: 12 345, or 10 000+ when counting stopped there."""
    return values.grouped(number or 0) + ("+" if capped else "")


def size(size_bytes: int | None) -> str:
    """A size a person can read, in decimal units: 1.2 MB."""
    amount = float(size_bytes or 0)
    unit = 0
    while round(amount, 1) >= 1000 and unit < len(_UNITS) - 1:
        amount /= 1000
        unit += 1
    shown = f"{amount:.0f}" if unit == 0 or amount >= 100 else f"{amount:.1f}".removesuffix(".0")
    return f"{shown}{values.THIN_SPACE}{'byte' if unit == 0 and amount == 1 else _UNITS[unit]}"


def moment(instant: datetime | None) -> str:
    """An instant of our own clock, in UTC: 19 Jan 2026, 14:03 UTC."""
    if instant is None:
        return ""
    at = instant.astimezone(UTC)
    return f"{at.day} {at:%b %Y, %H:%M} UTC"


def moment_attribute(instant: datetime | None) -> str:
    """An instant as the `datetime` attribute of <time> wants it."""
    return "" if instant is None else instant.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def plural(number: int | None, one: str, many: str = "") -> str:
    """The noun for a number: 1 image, 2 images."""
    return one if number == 1 else many or f"{one}s"


def person(name: str | None) -> str:
    """A person's name as it is read, not as DICOM writes it."""
    return values.person_name(name or "")


def dicom_date(date: str | None) -> str:
    """A DICOM date as it is read: 19 Jan 2004; what is no date is shown as it is."""
    return values.display_date(date or "")


def dicom_time(time: str | None) -> str:
    """A DICOM time as it is read: 14:03:10; what is no time is shown as it is."""
    return values.display_time(time or "")


def decimal(value: float | None, digits: int = 4) -> str:
    """A number without noise behind its point: 2.5, not 2.5000."""
    return "" if value is None else f"{value:.{digits}g}"
