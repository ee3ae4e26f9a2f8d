"""A ZIP of pictures, each in its own size, in a stream: what is in memory does not grow with the series."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from dicomgallery.imaging.spec import Format
from dicomgallery.services import zipping
from dicomgallery.services.exports.asked import Asked, Kind, Of
from dicomgallery.services.exports.sources import Source, open_source
from dicomgallery.services.exports.workshop import MOST_TOLD, Lack, Made, Workshop
from dicomgallery.services.zipping import Entry

README: Final = "READ ME.txt"
_LEAST_DIGITS: Final = 4
_SHOWN: Final = {
    Of.STACK: "images",
    Of.MIP: "views of the highest values in a full turn",
    Of.MINIP: "views of the lowest values in a full turn",
    Of.SURFACE: "views of a surface in a full turn",
}


def make(work: Workshop) -> Made:
    """The ZIP, with a text that says what the pictures show and which are lacking."""
    source = open_source(work.series_id, work.asked, work.tell)
    numbers = work.asked.numbers(source.count)
    return Made(written(work, entries(work, source, numbers)), source.remarks)


def written(work: Workshop, files: Iterator[Entry]) -> Path:
    """A ZIP of files that are made while it is written."""
    path = work.folder / "pictures.zip"
    # Pictures are packed already: to deflate them again costs time and wins nothing.
    work.write(path, zipping.stream(files, deflate=False))
    return path


def entries(work: Workshop, source: Source, numbers: range) -> Iterator[Entry]:
    """The pictures as files, each drawn when it is its turn, and the text at the end."""
    form = Format.JPEG if work.asked.kind is Kind.JPEG else Format.PNG
    digits = max(_LEAST_DIGITS, len(str(source.count)))
    count = 0
    for number, data in work.drawn(source, numbers, form, None):
        count += 1
        yield _entry(f"{number:0{digits}d}.{form}", data)
    yield _entry(README, _text(work.asked, count, source, work.lacking).encode())


def _entry(name: str, data: bytes) -> Entry:
    return Entry(name, len(data), lambda: iter([data]))


def _text(asked: Asked, count: int, source: Source, lacking: list[Lack]) -> str:
    what = _SHOWN.get(asked.of, f"{asked.of} planes")
    lines = [
        f"{count} of {source.count} {what} of a series, numbered as the viewer of the gallery counts them.",
        f"Window: {asked.window_words}.",
        "Names, numbers and dates of the patient are left out; what is part of the pixels themselves is still there.",
        *(
            ["What people wrote beside their marks is on the pictures, and may name somebody."]
            if asked.marks and asked.names
            else []
        ),
        "Not for diagnosis.",
        *source.remarks,
    ]
    if lacking:
        lines += ["", "These could not be drawn:", *(f"{one.number}: {one.sentence}" for one in lacking[:MOST_TOLD])]
        if len(lacking) > MOST_TOLD:
            lines.append(f"... and {len(lacking) - MOST_TOLD} more.")
    return "\n".join(lines) + "\n"
