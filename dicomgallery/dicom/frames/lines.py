"""What one frame is, in a line under its picture."""

from typing import Final

from dicomgallery.dicom.frames.tables import Column, FrameTable, shown

_MOST_PARTS: Final = 5
# The words before and after a value, the most telling first; what lies in time or is repeated comes with its count.
_WORDS: Final = {
    "along": ("Position ", " mm"),
    "vector-3004000c": ("Offset ", " mm"),
    "segment": ("segment ", ""),
    "b-value": ("b ", " s/mm²"),
    "gradient": ("direction ", ""),
    "echo-time": ("echo time ", " ms"),
    "inversion-time": ("inversion time ", " ms"),
    "time-point": ("time point ", ""),
    "time-offset": ("", " s"),
    "time": ("", " ms"),
    "cardiac-phase": ("cardiac phase ", " %"),
    "trigger-delay": ("trigger delay ", " ms"),
    "respiratory-phase": ("respiratory phase ", " %"),
    "velocity-direction": ("velocity ", ""),
    "kvp": ("", " kV"),
    "primary-angle": ("angle ", "°"),
    "stack": ("stack ", ""),
    "complex": ("", ""),
    "plane": ("", ""),
    "vector-00540080": ("slice ", ""),
    "vector-00540020": ("detector ", ""),
    "tile-column": ("tile column ", ""),
    "tile-row": ("row ", ""),
}
_COUNTED: Final = frozenset({"time-point"})


def line_of(table: FrameTable, number: int) -> str:
    """What tells a frame, counted from 1, from the others: "Position 12.5 mm · b 1000 s/mm² · time point 2 of 5"."""
    return _line(_told(table), number)


def lines_of(table: FrameTable) -> list[str]:
    """The line of every frame, in order."""
    told = _told(table)
    return [_line(told, number) for number in range(1, table.count + 1)]


def _told(table: FrameTable) -> list[tuple[Column, str, str]]:
    """The columns that make up a line, each with the words before and after its value."""
    columns = {column.key: column for column in table.columns}
    return [
        (columns[key], before, after + _of(columns[key])) for key, (before, after) in _WORDS.items() if key in columns
    ]


def _of(column: Column) -> str:
    highest = max((value for value in column.values if isinstance(value, float)), default=0.0)
    return f" of {shown('', highest)}" if column.key in _COUNTED else ""


def _line(told: list[tuple[Column, str, str]], number: int) -> str:
    values = ((column.shown(number), before, after) for column, before, after in told)
    line = " · ".join([f"{before}{value}{after}" for value, before, after in values if value][:_MOST_PARTS])
    # A b-value is written small.
    return line if line.startswith("b ") else line[:1].upper() + line[1:]
