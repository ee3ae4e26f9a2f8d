"""Animated GIF (GIF89a), written frame by frame; grays keep every one of their 256 levels."""

from collections.abc import Iterator
from pathlib import Path
from struct import pack
from typing import IO, Final

from PIL import GifImagePlugin, Image

from dicomgallery.imaging.exports.frames import Frames

_GRAYS: Final = bytes(level for level in range(256) for _ in range(3))
_GLOBAL_TABLE_OF_256: Final = 0xF7
_FOR_EVER: Final = b"\x21\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00"
_END: Final = b"\x3b"


def write(frames: Frames, path: Path, fps: float) -> Iterator[int]:
    """Write the movie, telling after each frame how many are in.

    Pillow keeps all frames until the last: its part here is a frame's own block.
    """
    with path.open("wb") as file:
        file.write(b"GIF89a" + pack("<HHBBB", *frames.size, _GLOBAL_TABLE_OF_256, 0, 0) + _GRAYS + _FOR_EVER)
        for place, frame in enumerate(frames):
            # GIF counts hundredths of a second; so spread, the whole lasts as long as it should.
            hundredths = round((place + 1) * 100 / fps) - round(place * 100 / fps)
            _add(file, frame, hundredths * 10)
            yield place + 1
        file.write(_END)


def _add(file: IO[bytes], frame: Image.Image, milliseconds: int) -> None:
    if frame.mode == "L":
        blocks = GifImagePlugin.getdata(frame, duration=milliseconds)
    else:
        blocks = GifImagePlugin.getdata(frame.quantize(256), duration=milliseconds, include_color_table=True)
    file.writelines(blocks)
