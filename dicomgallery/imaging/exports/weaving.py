"""Many pictures made into one file: a movie or a contact sheet, in the sandbox."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from dicomgallery.imaging.exports import gif, mp4, sheets, webp
from dicomgallery.imaging.exports.frames import Frames
from dicomgallery.imaging.exports.weave import RESULT, Form, Weave
from dicomgallery.imaging.refusals import CannotRenderError, RenderReason

_MOVIES: Final[dict[Form, Callable[[Frames, Path, float], Iterator[int]]]] = {
    Form.GIF: gif.write,
    Form.WEBP: webp.write,
    Form.MP4: mp4.write,
}


def weave(folder: Path, wanted: Weave) -> Iterator[tuple[int, int]]:
    """Make one file of the pictures in a folder, telling how many of how many are in; CannotRenderError."""
    path = folder / RESULT
    path.unlink(missing_ok=True)
    if wanted.form is Form.MP4 and not mp4.is_here():
        raise CannotRenderError(RenderReason.UNSUPPORTED, mp4.MISSING)
    frames = Frames(folder, wanted.longest_side, even=wanted.form is Form.MP4)
    if wanted.form is Form.SHEET:
        steps = sheets.write_png(frames, path)
    elif wanted.form is Form.PDF:
        steps = sheets.write_pdf(frames, path)
    else:
        steps = _MOVIES[wanted.form](frames, path, wanted.fps)
    for done in steps:
        yield done, len(frames)
