"""A plan from a CSV: a column names the images, the others say what their elements are to be.

What a cell says already is no change, so that a table of the gallery can be sent back as it is.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from dicomgallery.access import Actor, Permission, demand
from dicomgallery.catalog import named
from dicomgallery.catalog.batches import batches
from dicomgallery.catalog.named import Name
from dicomgallery.dicom.cells import value_at
from dicomgallery.dicom.editing import typed
from dicomgallery.dicom.editing.edits import Deed, Edit, vrs_of
from dicomgallery.dicom.editing.making import SOP_INSTANCE
from dicomgallery.dicom.paths import Path, parse_path
from dicomgallery.dicom.spreads import NUMBERS
from dicomgallery.dicom.told import Told, told_at
from dicomgallery.dicom.values import grouped
from dicomgallery.errors import RefusedError
from dicomgallery.services import comparing, spreadsheets
from dicomgallery.services.editing import plans, sheets
from dicomgallery.services.editing.sheets import Sheet
from dicomgallery.services.editing.tables import Row, Table

REMOVE: Final = "(remove)"
EMPTY: Final = "(empty)"
MOST_PROBLEMS: Final = 100
MOST_CHANGES: Final = 100_000
_AT_ONCE: Final = 100
_LONGEST_HEAD: Final = 80
_LONGEST_PATH: Final = 500
_IN_BRACKETS: Final = re.compile(r"\(([0-9A-Fa-f\[\].]{8,400})\)$")
"""The path behind a name, as the heads of the gallery's own tables have it."""
_NO_KEY: Final = (
    "No column names the images: its head is SOPInstanceUID, SeriesInstanceUID, StudyInstanceUID or PatientID, or "
    "instance, the number in the gallery's own tables."
)


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a cell, a row or a column cannot be done."""

    row: int
    """As a spreadsheet counts it; the heads are row 1."""
    column: str
    """Its head; empty where the whole row is meant."""
    sentence: str


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of values."""

    place: int
    head: str
    path: str
    steps: Path


@dataclass(slots=True)
class _Reading:
    """What is found while a table is read."""

    sheet: Sheet
    rows: list[Row] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    changes: int = 0
    named_by: dict[int, int] = field(default_factory=dict)
    """Images and the row that names each."""

    def complain(self, row: int, head: str, sentence: str) -> None:
        """Note a problem; one more than are told says that there are more."""
        if len(self.problems) <= MOST_PROBLEMS:
            self.problems.append(Problem(row, head[:_LONGEST_HEAD], sentence))


def begin_by_csv(data: bytes, *, actor: Actor) -> int | list[Problem]:
    """Begin a plan by a table; gives its id, or what is wrong in the table, cell by cell.

    RefusedError in a sentence when it is no table at all, or changes nothing.
    """
    demand(actor, Permission.EDIT)
    reading = _Reading(sheets.read(data))
    by, key, columns = _columns(reading)
    if not reading.problems:
        _read_rows(reading, by, key, columns, actor)
    if reading.problems:
        return reading.problems
    if not reading.rows:
        raise RefusedError("The images say already what this table says, so there is nothing to change.")
    return plans.begin_table(Table.of(reading.rows), actor=actor)


def _columns(reading: _Reading) -> tuple[Name, int, list[_Column]]:
    """What names the images, in which column, and the columns of values."""
    heads = reading.sheet.heads
    paths = [_path_in(head) for head in heads]
    keys = {Name.INSTANCE: "instance"} | {
        name: _written(parse_path(name)) for name in Name if name is not Name.INSTANCE
    }
    for by in Name:
        said = [head.casefold() for head in heads] if by is Name.INSTANCE else [_written(path) for path in paths]
        if keys[by] in said:
            break
    else:
        reading.complain(1, "", _NO_KEY)
        return Name.INSTANCE, 0, []
    key = said.index(keys[by])
    # Spreadsheets leave empty columns at the end.
    used = {place for _, cells in reading.sheet.rows for place, cell in enumerate(cells) if cell.strip()}
    columns: list[_Column] = []
    for place, (head, path) in enumerate(zip(heads, paths, strict=True)):
        if place == key or not (head or place in used):
            continue
        if path is None:
            reading.complain(
                1, head or f"column {place + 1}", "This head names no element: write its keyword or its tag."
            )
        elif any(one.steps == path for one in columns):
            reading.complain(1, head, "Another column names the same element.")
        else:
            columns.append(_Column(place, head, _written(path), path))
    return by, key, columns


def _read_rows(reading: _Reading, by: Name, key: int, columns: Sequence[_Column], actor: Actor) -> None:
    numbered = [(number, cells, _cell(cells, key)) for number, cells in reading.sheet.rows]
    found = named.instance_ids(actor.scope, by, (name for _, _, name in numbered))
    wide = by not in {Name.INSTANCE, Name.SOP}
    for some in batches(numbered, _AT_ONCE):
        ids = [one for _, _, name in some for one in found.get(name, ())]
        headers: Mapping[int, Mapping[str, Any]] = {} if wide else comparing.headers_of(actor.scope, ids)
        for number, cells, name in some:
            these = found.get(name, [])
            if not _is_new(reading, number, reading.sheet.heads[key], these):
                continue
            if len(cells) > len(reading.sheet.heads):
                reading.complain(number, "", "This row has more cells than there are heads.")
            if wide:
                _take(reading, number, these, _edits(reading, number, cells, columns, None))
            for one in () if wide else these:
                if one not in headers:
                    reading.complain(
                        number, "", "The header of this image is not read yet. Send the table again later."
                    )
                    continue
                _take(reading, number, [one], _edits(reading, number, cells, columns, headers[one]))
        if reading.changes > MOST_CHANGES:
            raise RefusedError(f"A table may change at most {grouped(MOST_CHANGES)} cells. Send it in several parts.")
        if len(reading.problems) > MOST_PROBLEMS:
            return


def _is_new(reading: _Reading, number: int, head: str, ids: Sequence[int]) -> bool:
    """Note which row names these images; each may be named once."""
    if not ids:
        sentence = "No image that the gallery shows has this name: it was replaced, is in the bin, or was never here."
        reading.complain(number, head, sentence)
        return False
    if other := next((reading.named_by[one] for one in ids if one in reading.named_by), 0):
        reading.complain(number, head, f"Row {other} names the same image.")
        return False
    reading.named_by |= dict.fromkeys(ids, number)
    if len(reading.named_by) > plans.MOST_INSTANCES:
        raise RefusedError(f"A plan may change at most {grouped(plans.MOST_INSTANCES)} images; name fewer.")
    return True


def _take(reading: _Reading, number: int, ids: Sequence[int], edits: Iterator[Edit]) -> None:
    if made := tuple(edits):
        reading.rows.append(Row(tuple(ids), made))
        reading.changes += len(made)


def _edits(
    reading: _Reading, number: int, cells: Sequence[str], columns: Sequence[_Column], header: Mapping[str, Any] | None
) -> Iterator[Edit]:
    for column in columns:
        if column.place >= len(cells):
            return
        if not (text := _cell(cells, column.place)):
            continue
        try:
            if (edit := _edit(column, text, header)) is not None:
                yield edit
        except RefusedError as refusal:
            reading.complain(number, column.head, refusal.message)


def _edit(column: _Column, text: str, header: Mapping[str, Any] | None) -> Edit | None:
    """What a cell asks for; None when the image says so already."""
    said = told_at(header, column.steps) if header is not None else None
    if (
        said is not None
        and header is not None
        and (_is_same(text, said) or text == str(value_at(header, column.steps)))
    ):
        return None
    tag = column.steps[-1].tag
    if tag == SOP_INSTANCE and len(column.steps) == 1:
        raise RefusedError("Each edited image gets a new SOP Instance UID by the gallery's rule; leave this one.")
    if text.casefold() == REMOVE:
        return None if header is not None and said is None else Edit.of(Deed.DELETE, column.path)
    text = "" if text.casefold() == EMPTY else spreadsheets.meant(text)
    allowed = vrs_of(tag)
    # What the dictionary does not know is what the image has it as.
    vr = said.vr if said is not None and (not allowed or said.vr in allowed) else ""
    of = vr or (allowed[0] if allowed else "")
    if of == "SQ" or (of and typed.is_binary(of)):
        raise RefusedError("A cell holds texts and numbers. Change sequences and bytes in the editor.")
    return Edit.of(Deed.SET, column.path, vr, text)


def _is_same(text: str, said: Told) -> bool:
    shown = comparing.said_in(said)
    ways = {_lines(shown), _lines(spreadsheets.harmless(shown))}
    if _lines(text) in ways:
        return True
    # A spreadsheet writes 1.50 as 1.5.
    return said.vr in NUMBERS and (numbers := _numbers(text)) is not None and numbers == _numbers(shown)


def _numbers(text: str) -> list[float] | None:
    try:
        return [float(part) for part in spreadsheets.meant(text).split("\\")]
    except ValueError:
        return None


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def _cell(cells: Sequence[str], place: int) -> str:
    return cells[place].strip() if place < len(cells) else ""


def _path_in(head: str) -> Path | None:
    if len(head) > _LONGEST_PATH:
        return None
    found = _IN_BRACKETS.search(head)
    return parse_path(head) or (parse_path(found[1]) if found else None)


def _written(path: Path | None) -> str:
    steps = path or ()
    return ".".join(f"{step.tag:08X}" + ("" if step.item is None else f"[{step.item}]") for step in steps)
