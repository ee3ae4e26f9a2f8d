"""MP4 (H.264), by PyAV, which is installed only where somebody wants it: see requirements-video.txt."""

from collections.abc import Iterator
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from dicomgallery.imaging.exports.frames import Frames

MISSING: Final = "MP4 needs PyAV: `pip install -r requirements-video.txt`, then start the gallery again."
_CODECS: Final = ("libx264", "libopenh264")
_FINE: Final = {"crf": "16", "preset": "veryfast"}
_WHOLE_AT_THE_START: Final = {"movflags": "faststart"}


def is_here() -> bool:
    """Say whether PyAV is installed, without loading it."""
    return find_spec("av") is not None


def write(frames: Frames, path: Path, fps: float) -> Iterator[int]:
    """Write the movie, telling after each frame how many are in; its sides must be even."""
    import av  # noqa: PLC0415 - it may not be here, and costs a tenth of a second

    name = next(name for name in _CODECS if name in av.codecs_available)
    with av.open(str(path), "w", format="mp4", options=_WHOLE_AT_THE_START) as container:
        stream = container.add_stream(name, rate=Fraction(fps).limit_denominator(1000))
        stream.width, stream.height = frames.size
        # What every player takes; the colors of grays are none, and lose nothing.
        stream.pix_fmt = "yuv420p"
        stream.options = _FINE if name == "libx264" else {}
        stream.codec_context.thread_count = 1
        for place, frame in enumerate(frames):
            container.mux(stream.encode(av.VideoFrame.from_image(frame.convert("RGB"))))
            yield place + 1
        container.mux(stream.encode(None))
