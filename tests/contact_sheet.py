"""Contact sheets of every thumbnail, to be looked at by a person: python -m tests.contact_sheet OUT_DIR [FILE ...]."""

import sys
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw
from pydicom.data import get_testdata_files

from dicomgallery.imaging.render import CannotRenderError, render
from dicomgallery.imaging.spec import THUMBNAIL

CORPUS = Path(__file__).resolve().parents[1] / ".." / "shared" / "corpus"
ACROSS, DOWN, CELL, CAPTION = 10, 6, 160, 30


def every_file() -> list[Path]:
    """Pydicom's packaged files, then the corpus where it is, by path."""
    packaged = {Path(name) for name in get_testdata_files()}
    return sorted(path for path in packaged | set(CORPUS.rglob("*")) if path.is_file())


def cells(files: Sequence[Path]) -> Iterator[tuple[str, Image.Image | str]]:
    """A caption with a thumbnail, or with the reason there is none."""
    seen: set[bytes] = set()
    for number, path in enumerate(files):
        content = path.read_bytes()
        if content in seen:
            continue
        seen.add(content)
        try:
            rendered = render(path, THUMBNAIL)
        except CannotRenderError as refused:
            yield f"{number} {path.name}", f"{refused.reason}: {refused.detail}"
        else:
            yield f"{number} {path.name}", Image.open(BytesIO(rendered.data)).resize((CELL, CELL))


def sheets(files: Sequence[Path]) -> Iterator[Image.Image]:
    """Pages of thumbnails; refusals are printed instead."""
    pictures = []
    for caption, cell in cells(files):
        if isinstance(cell, str):
            print(f"{caption}: {cell}")
        else:
            pictures.append((caption, cell))
    for first in range(0, len(pictures), ACROSS * DOWN):
        page = Image.new("RGB", (ACROSS * (CELL + 4), DOWN * (CELL + CAPTION)), "#20262e")
        draw = ImageDraw.Draw(page)
        for place, (caption, picture) in enumerate(pictures[first : first + ACROSS * DOWN]):
            x, y = place % ACROSS * (CELL + 4), place // ACROSS * (CELL + CAPTION)
            page.paste(picture, (x, y))
            draw.multiline_text((x + 2, y + CELL + 1), f"{caption[:26]}\n{caption[26:52]}", fill="white", spacing=1)
        yield page


def main(out: Path, files: Sequence[Path]) -> None:
    """Write the pages as PNG files."""
    out.mkdir(parents=True, exist_ok=True)
    for number, page in enumerate(sheets(files), start=1):
        page.save(out / f"sheet-{number:02}.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]), [Path(name) for name in sys.argv[2:]] or every_file())
