"""The facts of every frame: what all share is told once, what differs is a column."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from dicomgallery.dicom.frames.fields import MAY_NAME
from dicomgallery.dicom.values import display_datetime, six_digits

Value = float | str | tuple[float, ...] | None


@dataclass(frozen=True, slots=True)
class Column:
    """One attribute of the frames."""

    key: str
    label: str
    unit: str
    values: tuple[Value, ...]
    """One for each frame, or a single one that all share."""

    @property
    def head(self) -> str:
        """Its name and unit."""
        return f"{self.label} ({self.unit})" if self.unit else self.label

    @property
    def is_number(self) -> bool:
        """Say whether its values are single numbers."""
        return all(value is None or isinstance(value, float) for value in self.values)

    @property
    def may_name(self) -> bool:
        """Say whether its text may name somebody."""
        return self.key in MAY_NAME

    def shown(self, number: int = 1) -> str:
        """The value of a frame, counted from 1, as it is read; empty where there is none."""
        return shown(self.key, self.values[number - 1]) if number <= len(self.values) else ""


@dataclass(frozen=True, slots=True)
class FrameTable:
    """What a multi-frame object says of its frames."""

    count: int
    """So many frames are in the table."""
    columns: tuple[Column, ...]
    shared: tuple[Column, ...]
    order: str
    """How the frames are organized, a sentence; empty when the file does not say."""
    left_out: tuple[str, ...]
    """What is not in the table, or wrong in the file, in sentences."""

    def column(self, key: str) -> Column | None:
        """The column of a key, of those that differ."""
        return next((column for column in self.columns if column.key == key), None)

    def as_json(self) -> dict[str, Any]:
        """Write it as plain values."""
        return {
            "count": self.count,
            "columns": [_plain(column) for column in self.columns],
            "shared": [_plain(column) for column in self.shared],
            "order": self.order,
            "left_out": list(self.left_out),
        }

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Self:
        """Read what `as_json` has written."""
        return cls(
            count=found["count"],
            columns=tuple(_column(one) for one in found["columns"]),
            shared=tuple(_column(one) for one in found["shared"]),
            order=found["order"],
            left_out=tuple(found["left_out"]),
        )


def shown(key: str, value: Value) -> str:
    """Write a value for a person."""
    if value is None:
        return ""
    if isinstance(value, float):
        return six_digits(value)
    if isinstance(value, tuple):
        return ", ".join(map(six_digits, value))
    return _moment(value) if key in ("acquired", "reference") else value


def _moment(text: str) -> str:
    """A date and time with its thousandths, by which frames differ."""
    whole, _, rest = text.partition(".")
    thousandths = rest[:3] if rest[:3].isdecimal() else ""
    written = display_datetime(whole)
    return f"{written}.{thousandths}" if thousandths and written != whole else written


def _plain(column: Column) -> list[Any]:
    return [column.key, column.label, column.unit, list(column.values)]


def _column(found: list[Any]) -> Column:
    key, label, unit, values = found
    return Column(key, label, unit, tuple(tuple(value) if isinstance(value, list) else value for value in values))
