"""The narrative of a clinical document (HL7 CDA R2, section.text) as plain blocks of text; none of its markup is kept.

XML from anywhere may hold entities that grow without end. A document that declares any is refused before it is parsed,
and a CDA never needs one.
"""

import re
from dataclasses import dataclass
from typing import Final, Literal
from xml.parsers import expat

from dicomgallery.dicom import elements

MOST_BYTES: Final = 16 << 20
MOST_BLOCKS: Final = 5000
"""Paragraphs, entries of lists and rows of tables; a page shows no more."""
LONGEST_TEXT: Final = 1_000_000
DEEPEST: Final = 100
MOST_CELLS: Final = 60

_STEP: Final = 1 << 16
_ENCODING: Final = re.compile(rb"""<\?xml[^>]{0,100}?encoding=["']([A-Za-z0-9._-]{1,40})["']""")
_ENCODINGS: Final = frozenset(
    {"utf-8", "utf8", "us-ascii", "utf-16", "iso-8859-1", "iso-8859-2", "iso-8859-15", "windows-1252", "shift_jis"}
)
_SPACE: Final = re.compile(r"[ \t\r\f\v\u2028\u2029]+")


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table."""

    text: str
    is_heading: bool


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of the document, from top to bottom."""

    kind: Literal["heading", "paragraph", "list", "table"]
    text: str = ""
    """Of a heading or a paragraph, and the caption of a table."""
    level: int = 0
    """How deep the section of a heading lies, from 1."""
    entries: tuple[tuple[int, str], ...] = ()
    """Of a list: how deep, and the text."""
    rows: tuple[tuple[Cell, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Narrative:
    """What a clinical document says."""

    title: str
    blocks: tuple[Block, ...]
    left_out: bool
    """There is more than is read here."""
    trouble: str
    """Why it, or the rest of it, cannot be read; a sentence."""


class _StopError(Exception):
    """Enough has been read, or nothing more may be."""


def narrative_of(data: bytes) -> Narrative:
    """Read title, sections, paragraphs, lists and tables; whatever the bytes, nothing is raised."""
    reading = _Reading()
    trouble = ""
    try:
        text = _decoded(data)
        parser = expat.ParserCreate("utf-8")
        parser.buffer_text = True
        parser.StartElementHandler = reading.start
        parser.EndElementHandler = reading.end
        parser.CharacterDataHandler = reading.characters
        for at in range(0, len(text), _STEP):
            parser.Parse(text[at : at + _STEP])
        parser.Parse(b"", True)  # noqa: FBT003 - expat takes no name for "this is the end"
    except _StopError as stop:
        trouble = str(stop)
    except (expat.ExpatError, ValueError):
        trouble = "Its XML is broken here." if reading.blocks else "Its XML is broken and cannot be read."
    reading.close()
    if not trouble and not reading.is_cda:
        trouble = "This XML is no clinical document."
    return Narrative(reading.title, tuple(reading.blocks), reading.left_out, trouble)


def _decoded(data: bytes) -> bytes:
    """The XML as UTF-8, surely without a document type."""
    if len(data) > MOST_BYTES:
        raise _StopError(f"It is longer than {MOST_BYTES >> 20} MB, too long to be read here.")
    declared = _ENCODING.match(data.removeprefix(b"\xef\xbb\xbf").lstrip())
    encoding = declared[1].decode("ascii").lower() if declared else "utf-8"
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    elif encoding not in _ENCODINGS or encoding == "utf-16":
        raise _StopError("It is written in an encoding that is not read here.")
    text = data.decode("utf-8-sig" if encoding == "utf-8" else encoding, "replace")
    # Searched after decoding, so that no encoding hides it.
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise _StopError("It declares a document type of its own, as no clinical document does, and is not opened.")
    return text.strip().encode("utf-8", "replace")


class _Reading:
    """Turns the parser's events into blocks, and counts them."""

    def __init__(self) -> None:
        self.title = ""
        self.blocks: list[Block] = []
        self.left_out = False
        self.is_cda = False
        self._path: list[str] = []
        self._sections = 0
        self._buffer: list[str] = []
        self._length = 0
        self._pieces = 0
        self._title_of = ""
        self._text_at = 0
        self._deleted_at = 0
        self._lists: list[int] = []
        """Of each open list the number of its last entry; -1 when its entries have none."""
        self._marker = ""
        self._entries: list[tuple[int, str]] = []
        self._tables = 0
        self._caption: list[str] = []
        self._rows: list[tuple[Cell, ...]] = []
        self._cells: list[Cell] = []
        self._cell: list[str] | None = None

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        above = self._path[-1] if self._path else ""
        if not self._path:
            self.is_cda = name == "ClinicalDocument"
        self._path.append(name)
        if len(self._path) > DEEPEST:
            raise _StopError("Its elements lie deeper in one another than is read here.")
        if self._text_at:
            self._start_inside(name, attributes)
        elif name == "section":
            self._sections += 1
        elif name == "title" and above in {"section", "ClinicalDocument"}:
            self._title_of = above
        elif name == "text" and above == "section":
            self._text_at = len(self._path)
        elif name == "nonXMLBody":
            self._add(Block("paragraph", "Its body is a file inside the XML, which is not opened here."))

    def _start_inside(self, name: str, attributes: dict[str, str]) -> None:
        if name == "br":
            self._buffer.append("\n")
        elif name == "renderMultiMedia":
            self._buffer.append(" [a picture] ")
        elif name == "content" and attributes.get("revised") == "delete":
            # It is kept to show what was said before; without its style it must not read as if it still held.
            if not self._deleted_at:
                self._buffer.append("[deleted: ")
                self._deleted_at = len(self._path)
        elif name in {"paragraph", "caption"}:
            self._flush()
        elif name == "list":
            self._flush()
            self._lists.append(0 if attributes.get("listType") == "ordered" else -1)
        elif name == "item" and self._lists:
            self._flush()
            self._marker = "• "
            if self._lists[-1] >= 0:
                self._lists[-1] += 1
                self._marker = f"{self._lists[-1]}. "
        elif name == "table":
            self._flush()
            self._end_list()
            self._tables += 1
        elif name in {"td", "th"} and self._tables == 1:
            self._flush()
            if self._cell is not None:
                self._end_cell(is_heading=False)
            self._cell = []

    def end(self, tag: str) -> None:
        name = self._path.pop()
        if self._title_of:
            if name == "title":
                self._end_title()
            return
        if not self._text_at:
            self._sections -= name == "section"
            return
        if self._deleted_at and len(self._path) < self._deleted_at:
            self._buffer.append("]")
            self._deleted_at = 0
        if len(self._path) < self._text_at:
            self._flush()
            self._end_list()
            self._text_at = 0
        elif name in {"paragraph", "caption", "item"}:
            self._flush()
        elif name == "list" and self._lists:
            self._flush()
            self._lists.pop()
            if not self._lists:
                self._end_list()
        elif name in {"td", "th"} and self._tables == 1:
            self._end_cell(is_heading=name == "th")
        elif name == "tr" and self._tables == 1:
            self._end_row()
        elif name == "table":
            self._end_table()

    def characters(self, text: str) -> None:
        if not (self._text_at or self._title_of):
            return
        self._length += len(text)
        if self._length > LONGEST_TEXT:
            self.left_out = True
            raise _StopError("")
        self._buffer.append(text.replace("\n", " "))

    def close(self) -> None:
        """Keep what was read when the end came early."""
        self._flush()
        self._end_list()
        while self._tables:
            self._end_table()

    def _flush(self) -> None:
        """Put what was collected to where it stands."""
        text = _tidy("".join(self._buffer))
        self._buffer.clear()
        if not text or self._title_of:
            return
        if self._cell is not None:
            self._cell.append(self._marker + text)
        elif self._tables:
            self._caption.append(text)
        elif self._lists:
            self._count()
            self._entries.append((min(len(self._lists), 6), self._marker + text))
        else:
            self._add(Block("paragraph", text))
        self._marker = ""

    def _end_title(self) -> None:
        text = _tidy("".join(self._buffer))
        self._buffer.clear()
        if text and self._title_of == "section":
            self._add(Block("heading", text, level=max(1, min(self._sections, 4))))
        elif text:
            self.title = self.title or text
        self._title_of = ""

    def _end_list(self) -> None:
        if self._entries:
            self.blocks.append(Block("list", entries=tuple(self._entries)))
            self._entries = []

    def _end_cell(self, *, is_heading: bool) -> None:
        self._flush()
        if len(self._cells) < MOST_CELLS:
            self._cells.append(Cell("\n".join(self._cell or ()), is_heading))
        else:
            self.left_out = True
        self._cell = None

    def _end_row(self) -> None:
        self._flush()
        if self._cells:
            row, self._cells = tuple(self._cells), []
            self._count()
            self._rows.append(row)

    def _end_table(self) -> None:
        self._flush()
        self._tables -= self._tables > 0
        if self._tables:
            return
        self._cell = None
        self._end_row()
        if self._rows or self._caption:
            self.blocks.append(Block("table", " ".join(self._caption), rows=tuple(self._rows)))
        self._rows, self._caption = [], []

    def _add(self, block: Block) -> None:
        self._end_list()
        self._count()
        self.blocks.append(block)

    def _count(self) -> None:
        self._pieces += 1
        if self._pieces > MOST_BLOCKS and not self.left_out:
            self.left_out = True
            raise _StopError("")


def _tidy(text: str) -> str:
    """Spaces as one, lines without empty ones at either end; nothing that a database or a page cannot hold."""
    lines = [_SPACE.sub(" ", line).strip() for line in text.replace("\0", "").split("\n")]
    return elements.storable("\n".join(lines).strip())
