"""Every transfer syntax and photometric interpretation of real files, and how right their pixels are read.

`python -m tests.imaging.encodings` prints the tables of `docs/encodings.md`.
"""

import sys
import tempfile
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pydicom.data
from numpy.typing import NDArray

from dicomgallery.dicom.transfer import short_name
from dicomgallery.imaging.codecs import DECODER_TROUBLE, Decoded
from dicomgallery.imaging.color import to_rgb
from dicomgallery.imaging.gray import without_unused_bits
from dicomgallery.imaging.layout import Layout, Numbers, layout_of
from dicomgallery.imaging.refusals import CannotRenderError, RenderReason
from dicomgallery.imaging.samples import frame_samples
from dicomgallery.imaging.source import Source, open_source
from tests.imaging.second_opinion import LOSSY, second_opinion

PACKAGED: Final = Path(pydicom.data.__file__).parent / "test_files"
CORPUS: Final = Path(__file__).resolve().parents[3] / "shared" / "corpus"
DOCUMENT: Final = Path(__file__).resolve().parents[2] / "docs" / "encodings.md"

_SILENT: Final = {RenderReason.NOT_AN_IMAGE, RenderReason.UNREADABLE}
_ROUNDED: Final = 2
"""Gray levels that two conversions from luminance and chrominance, or two lossy decoders, may differ by."""

Row = tuple[str, str]


def verdict(path: Path) -> tuple[Row, str] | None:
    """The row a file belongs to and what became of it; None for what holds no pixels or cannot be opened."""
    try:
        source = open_source(path)
        layout = layout_of(source.dataset, source.element.numbers, source.transfer_syntax)
    except CannotRenderError as refused:
        return None if refused.reason in _SILENT else (("?", "?"), f"refused: {refused.detail}")
    row = (short_name(source.transfer_syntax), layout.photometric)
    index = layout.frames // 2
    try:
        ours, decoded, exact = _ours(source, layout, index)
    except CannotRenderError as refused:
        return row, f"refused: {refused.detail}"
    except DECODER_TROUBLE:
        return row, "refused: What its header says of its pixels contradicts itself."
    with tempfile.TemporaryDirectory() as scratch:
        opinion = second_opinion(path, source.transfer_syntax, index, Path(scratch))
    said = f", with a note: {'; '.join(decoded.notes)}" if decoded.notes else ""
    if opinion.samples is None:
        return row, f"read{said}; no other decoder here to compare with"
    theirs = _same_bits(opinion.samples, decoded)
    if theirs.shape != ours.shape:
        return row, f"DIFFERENT SHAPE from {opinion.by}{said}"
    worst = _apart(ours, theirs)
    if decoded.notes and ours.ndim == 3 and worst > _ROUNDED:
        # The other decoder believed a header that calls luminance and chrominance RGB.
        worst = _apart(ours, to_rgb(theirs, replace(decoded.layout, photometric="YBR_FULL"))[0])
        said += ", converted here"
    if worst == 0:
        return row, f"right{said}: equal to {opinion.by}"
    if worst <= _ROUNDED and not exact:
        return row, f"right{said}: within {_ROUNDED} of {opinion.by}"
    return row, f"DIFFERENT by {worst:g} from {opinion.by}{said}"


def _apart(ours: NDArray[Any], theirs: NDArray[Any]) -> float:
    """The largest difference."""
    return float(np.nanmax(np.abs(ours.astype(np.float64) - theirs.astype(np.float64)), initial=0.0))


def _ours(source: Source, layout: Layout, index: int) -> tuple[NDArray[Any], Decoded, bool]:
    """Our samples, colors as RGB; how they came; and whether not a single one may differ."""
    decoded = frame_samples(source, layout, index)
    samples = without_unused_bits(decoded.samples, decoded.layout)
    is_exact = source.transfer_syntax not in LOSSY
    if decoded.layout.is_color and (decoded.layout.photometric != "RGB" or samples.dtype == np.uint8):
        rgb, _ = to_rgb(samples, decoded.layout)
        return rgb, decoded, is_exact and layout.photometric in {"RGB", "YBR_RCT"}
    return samples, decoded, is_exact


def _same_bits(theirs: NDArray[Any], decoded: Decoded) -> NDArray[Any]:
    """Another decoder's samples without bits above High Bit, which pydicom leaves in."""
    layout = decoded.layout
    if layout.numbers is Numbers.INTEGER and theirs.ndim == 2 and theirs.dtype.itemsize * 8 == layout.bits_allocated:
        return without_unused_bits(theirs, layout)
    return theirs


def table(files: Iterable[Path]) -> list[str]:
    """The rows of a table, in Markdown."""
    found: defaultdict[Row, Counter[str]] = defaultdict(Counter)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for path in files:
            if (judged := verdict(path)) is not None:
                found[judged[0]][judged[1]] += 1
    lines = ["| transfer syntax | photometric interpretation | files | outcome |", "|---|---|---:|---|"]
    for (syntax, photometric), outcomes in sorted(found.items()):
        for outcome, count in sorted(outcomes.items()):
            lines.append(f"| {syntax} | {photometric} | {count} | {outcome} |")
    return lines


def files_of(folder: Path) -> list[Path]:
    """Every file below a folder that may be DICOM."""
    return [path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix not in {".py", ".csv", ".txt"}]


if __name__ == "__main__":
    for folder in sys.argv[1:] or [str(PACKAGED)]:
        print("\n".join(table(files_of(Path(folder)))), end="\n\n")
