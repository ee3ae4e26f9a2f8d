"""Encapsulated documents as pictures: a page of a PDF, a model with its light, the shape of a text."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from dicomgallery.dicom.cda import Block, narrative_of
from dicomgallery.dicom.documents import Document, DocumentKind, document_of
from dicomgallery.dicom.values import grouped
from dicomgallery.imaging import meshes, pdf, shading
from dicomgallery.imaging.encode import resized
from dicomgallery.imaging.refusals import CannotRenderError, RenderReason
from dicomgallery.imaging.sketches.sketch import SIDE, Sketch

MODEL_SIDE: Final = 768

_DESK: Final = (29, 36, 43)
_SHADOW: Final = (17, 21, 26)
_PAPER: Final = (250, 250, 247)
_INK: Final = (168, 176, 184)
_STRONG: Final = (84, 96, 108)
_LINE: Final = (222, 226, 229)
_MARGIN: Final = 24
_LETTER: Final = 5

_Canvas = NDArray[np.uint8]


def sketch(dataset: Dataset) -> Sketch | None:
    """The document for a card: its first page as a sheet on a desk, a model as it stands; None when it is neither."""
    document = document_of(dataset)
    if document is None:
        return None
    match document.kind:
        case DocumentKind.PDF:
            picture, page = pdf.page(_as_claimed(document), 1)
            return Sketch(_on_desk(picture), str(page))
        case DocumentKind.CDA:
            _as_claimed(document)
            return _text_sheet(document)
        case DocumentKind.STL | DocumentKind.OBJ:
            return _model(document, SIDE)
    return None


def page(dataset: Dataset, number: int) -> Sketch | None:
    """A page of a PDF, or a model, large; None for what has no such picture."""
    document = document_of(dataset)
    if document is None:
        return None
    if document.kind is DocumentKind.PDF:
        picture, told = pdf.page(_as_claimed(document), number)
        return Sketch(picture, str(told))
    if number != 1:
        raise CannotRenderError(RenderReason.NO_SUCH_FRAME, "It has one page only.")
    return _model(document, MODEL_SIDE) if document.kind.is_model else None


def _as_claimed(document: Document) -> bytes:
    if not document.is_as_claimed:
        raise CannotRenderError(RenderReason.MISMATCH, document.doubts[-1])
    return document.data


def _model(document: Document, side: int) -> Sketch:
    read = meshes.read_stl if document.kind is DocumentKind.STL else meshes.read_obj
    mesh = read(_as_claimed(document))
    picture, complete = shading.draw(mesh.triangles, side)
    unit = document.unit_mm
    lengths = " × ".join(_length(one * (unit or 1)) for one in mesh.size)  # noqa: RUF001 - as printed
    size = f"{lengths} mm" if unit else f"{lengths} units, whose length the file does not say"
    count = "1 triangle" if mesh.count == 1 else f"{grouped(mesh.count)} triangles"
    notes = (f"{count}, {size}", *mesh.notes, *(() if complete else ("Its finest triangles are left out",)))
    return Sketch(picture, ". ".join(notes))


def _length(value: float) -> str:
    return f"{value:.4g}" if abs(value) < 10_000 else f"{value:.0f}" if abs(value) < 1e7 else f"{value:.3g}"


def _on_desk(leaf: _Canvas) -> _Canvas:
    rows, columns = leaf.shape[:2]
    scale = (SIDE - 2 * _MARGIN) / max(rows, columns)
    high, wide = max(1, round(rows * scale)), max(1, round(columns * scale))
    top, left = (SIDE - high) // 2, (SIDE - wide) // 2
    canvas = _desk(top, left, high, wide)
    canvas[top : top + high, left : left + wide] = resized(leaf, wide, high)
    return canvas


def _desk(top: int, left: int, high: int, wide: int) -> _Canvas:
    canvas = np.empty((SIDE, SIDE, 3), np.uint8)
    canvas[:] = _DESK
    canvas[top + 4 : top + high + 5, left + 3 : left + wide + 4] = _SHADOW
    canvas[top : top + high, left : left + wide] = _PAPER
    return canvas


def _text_sheet(document: Document) -> Sketch:
    """A sheet with lines as long as the text's words: what is written there is for its page, not for a card."""
    narrative = narrative_of(document.data)
    if not narrative.blocks and not narrative.title:
        raise CannotRenderError(RenderReason.UNREADABLE, narrative.trouble or "The document has no text to read.")
    high, wide = SIDE - 2 * _MARGIN, round((SIDE - 2 * _MARGIN) / 1.414)
    top, left = _MARGIN, (SIDE - wide) // 2
    canvas = _desk(top, left, high, wide)
    lines = _Lines(canvas[top + 34 : top + high - 30, left + 32 : left + wide - 32])
    lines.text(narrative.title, height=9, ink=_STRONG)
    lines.skip(8)
    for block in narrative.blocks:
        if lines.is_full:
            break
        _lay(lines, block)
    sections = sum(block.kind == "heading" for block in narrative.blocks)
    return Sketch(canvas, f"A text of {sections} section{'' if sections == 1 else 's'}, to read on its page")


def _lay(lines: "_Lines", block: Block) -> None:
    match block.kind:
        case "heading":
            lines.skip(8)
            lines.text(block.text[:40], height=7, ink=_STRONG)
        case "paragraph":
            lines.text(block.text)
        case "list":
            for depth, entry in block.entries[:40]:
                lines.text(entry, indent=12 * depth)
        case "table":
            for row in block.rows[:40]:
                lines.cells([cell.text for cell in row])
    lines.skip(5)


class _Lines:
    """Lays bars for words onto a sheet, from top to bottom."""

    def __init__(self, sheet: _Canvas) -> None:
        self._sheet = sheet
        self._top = 0

    @property
    def is_full(self) -> bool:
        return self._top >= len(self._sheet)

    def skip(self, pixels: int) -> None:
        self._top += pixels

    def text(self, text: str, *, indent: int = 0, height: int = 4, ink: tuple[int, int, int] = _INK) -> None:
        left = indent
        for word in text[:4000].split():
            width = min(len(word), 24) * _LETTER * height // 5 + 2
            if left > indent and left + width > self._sheet.shape[1]:
                left = indent
                self._top += height + 6
            if self.is_full:
                return
            self._sheet[self._top : self._top + height, left : left + width] = ink
            left += width + 4
        self._top += height + 6

    def cells(self, texts: list[str]) -> None:
        wide = self._sheet.shape[1] // max(1, len(texts))
        for at, text in enumerate(texts[:20]):
            length = min(wide - 6, len(text) * _LETTER)
            self._sheet[self._top : self._top + 4, at * wide : at * wide + max(0, length)] = _INK
        self._sheet[self._top + 8 : self._top + 9] = _LINE
        self._top += 13
