"""What stands in a picture's place when there is none: a calm drawing that says why."""

import re
import unicodedata
from enum import Enum
from typing import Final
from xml.sax.saxutils import escape

SIDE: Final = 256
_TITLE_UNITS: Final = 25
_SENTENCE_UNITS: Final = 38
_TITLE_LINES: Final = 2
_SENTENCE_LINES: Final = 4
_STROKE: Final = 'stroke-width="2" stroke-linecap="round" stroke-linejoin="round"'
# XML 1.0 has no way to write these, not even escaped.
_NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Glyph(Enum):
    """A small drawing for a kind of object, as paths in a box of 48 x 48."""

    REPORT = (
        "M12 5h18l8 8v30H12z M30 5v8h8",
        "M18 20h14 M18 26h14 M18 32h9",
    )
    DOCUMENT = (
        "M12 5h18l8 8v30H12z M30 5v8h8",
        "M19 34v-12h4.5a4 4 0 0 1 0 8H19",
    )
    WAVEFORM = (
        "M4 8h40v32H4z",
        "M7 26h8l3-5 3 5h3l3-13 4 21 3-8h7",
    )
    PLAN = (
        "M24 6a18 18 0 1 0 .1 0z M24 2v8 M24 38v8 M2 24h8 M38 24h8",
        "M24 17a7 7 0 1 0 .1 0z",
    )
    STRUCTURE = (
        "M24 5c12 0 19 8 19 18s-8 20-20 20S5 35 5 24 12 5 24 5z",
        "M26 16c6 0 9 4 8 9s-6 8-11 7-8-6-6-11 5-5 9-5z",
    )
    PRESENTATION = (
        "M5 8h38v28H5z M18 43h12 M24 36v7",
        "M12 29l8-9 6 6 4-4 6 7",
    )
    SEGMENTATION = (
        "M8 8h32v32H8z M8 24h32 M24 8v32",
        "M24 24h16v16H24z M10 22l12-12 M10 16l6-6 M16 22l6-6",
    )
    TREATMENT = (
        "M24 6a18 18 0 1 0 .1 0z M24 2v8 M24 38v8 M2 24h8 M38 24h8",
        "M16 24l6 6 11-12",
    )
    DIRECTORY = (
        "M5 12h14l4 5h20v24H5z",
        "M13 23h8 M17 23v11h6 M17 29h6 M26 29h9 M26 34h9",
    )
    DATA = (
        "M24 5l17 9.5v19L24 43 7 33.5v-19z",
        "M7 14.5l17 9.5 17-9.5 M24 24v19",
    )
    BROKEN = (
        "M6 9h36v10l-7 5 7 5v10H6V29l7-5-7-5z",
        "M19 18l10 12 M29 18L19 30",
    )
    LOCKED = (
        "M10 21h28v21H10z",
        "M16 21v-6a8 8 0 0 1 16 0v6 M24 29v6",
    )


_KINDS: Final[dict[str, Glyph]] = {
    "report": Glyph.REPORT,
    "document": Glyph.DOCUMENT,
    "waveform": Glyph.WAVEFORM,
    "presentation": Glyph.PRESENTATION,
    "segmentation": Glyph.SEGMENTATION,
    "structure": Glyph.STRUCTURE,
    "plan": Glyph.PLAN,
    "treatment": Glyph.TREATMENT,
    "directory": Glyph.DIRECTORY,
}


def glyph_of(kind: str) -> Glyph:
    """The drawing for an object that is no picture, by its kind."""
    return _KINDS.get(kind, Glyph.DATA)


def placeholder_svg(title: str, sentence: str, *, label: str = "", glyph: Glyph = Glyph.BROKEN) -> bytes:
    """Draw a square SVG of a title and a sentence under a glyph; all text is escaped, nothing in it runs or loads."""
    titles = wrapped(title, _TITLE_UNITS, _TITLE_LINES)
    sentences = wrapped(sentence, _SENTENCE_UNITS, _SENTENCE_LINES)
    height = 48 + 20 + 20 * len(titles) + 16 * len(sentences)
    top = max(34, (SIDE - height) // 2)
    baseline = top + 48 + 26
    outline, detail = glyph.value
    square = f'width="{SIDE}" height="{SIDE}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIDE} {SIDE}" {square} role="img">',
        f"<title>{_text(f'{title}. {sentence}')}</title>",
        f'<rect {square} fill="#0d1014"/>',
        f'<rect x="12" y="12" width="{SIDE - 24}" height="{SIDE - 24}" rx="12" fill="#151a20" stroke="#2a333d"/>',
        f'<g transform="translate({SIDE // 2 - 24} {top})" fill="none" {_STROKE}>',
        f'<path d="{outline}" stroke="#62707d"/><path d="{detail}" stroke="#5ad1c3"/></g>',
        '<g font-family="Inter, system-ui, Noto Sans, sans-serif" text-anchor="middle">',
        *_chip(label),
        *(
            _line(line, baseline + 20 * i, size=15, fill="#e8ecf1", weight=' font-weight="600"')
            for i, line in enumerate(titles)
        ),
        *(
            _line(line, baseline + 20 * len(titles) + 2 + 16 * i, size=11.5, fill="#93a0ad")
            for i, line in enumerate(sentences)
        ),
        "</g></svg>",
    ]
    return "".join(parts).encode("utf-8")


def wrapped(text: str, units: int, lines: int) -> list[str]:
    """Break a text into lines of about so many units, a wide character being two; what is over ends in an ellipsis."""
    broken: list[str] = []
    line = ""
    for word in " ".join(_NOT_XML.sub(" ", text).split()).split(" "):
        for piece in _pieces(word, units):
            joined = f"{line} {piece}" if line else piece
            if _units(joined) <= units:
                line = joined
                continue
            broken.append(line)
            line = piece
    broken = [each for each in [*broken, line] if each]
    if len(broken) > lines:
        broken = broken[:lines]
        broken[-1] = f"{broken[-1][: max(1, len(broken[-1]) - 1)].rstrip(' .,;:')}…"
    return broken


def _pieces(word: str, units: int) -> list[str]:
    """A word longer than a line, cut where the line ends; scripts without spaces are one such word."""
    pieces = [""]
    for char in word:
        if _units(pieces[-1] + char) > units:
            pieces.append("")
        pieces[-1] += char
    return pieces


def _units(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _chip(label: str) -> list[str]:
    short = "".join(wrapped(label, 14, 1))
    if not short:
        return []
    width = 16 + 7 * _units(short)
    return [
        f'<rect x="22" y="22" width="{width}" height="18" rx="9" fill="#2a333d"/>',
        f'<text x="{22 + width / 2:g}" y="34.5" font-size="10.5" font-weight="600" fill="#fff">{_text(short)}</text>',
    ]


def _line(line: str, y: int, *, size: float, fill: str, weight: str = "") -> str:
    return f'<text x="{SIDE // 2}" y="{y}" font-size="{size}" fill="{fill}"{weight}>{_text(line)}</text>'


def _text(text: str) -> str:
    return escape(_NOT_XML.sub(" ", text), {'"': "&quot;"})
