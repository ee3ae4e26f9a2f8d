"""How the header says the pixels lie in the file (PS3.3 C.7.6.3), checked before anything relies on it."""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from pydicom.dataset import Dataset

from dicomgallery.imaging.header import text, whole
from dicomgallery.imaging.refusals import CannotRenderError, RenderReason

MAX_PIXELS: Final = 64_000_000
"""A frame over this takes more than the 1 GB a rendering child may have."""
MAX_SIDE: Final = 65_535

FLOAT_PIXEL_DATA: Final = 0x7FE00008
DOUBLE_FLOAT_PIXEL_DATA: Final = 0x7FE00009
PIXEL_DATA: Final = 0x7FE00010


class Numbers(Enum):
    """What kind of number one sample is."""

    INTEGER = PIXEL_DATA
    FLOAT = FLOAT_PIXEL_DATA
    DOUBLE = DOUBLE_FLOAT_PIXEL_DATA


@dataclass(frozen=True, slots=True)
class Layout:
    """The shape and meaning of one frame's samples."""

    rows: int
    columns: int
    samples: int
    bits_allocated: int
    bits_stored: int
    high_bit: int
    signed: bool
    photometric: str
    by_plane: bool
    """Planar Configuration 1: all red samples first, then all green, then all blue."""
    frames: int
    numbers: Numbers
    transfer_syntax: str

    @property
    def pixels(self) -> int:
        """Pixels in a frame."""
        return self.rows * self.columns

    @property
    def frame_bits(self) -> int:
        """Bits one uncompressed frame takes; 4:2:2 keeps two of every three samples (PS3.3 C.7.6.3.1.2)."""
        samples = 2 if self.photometric == "YBR_FULL_422" and self.samples == 3 else self.samples
        return self.pixels * samples * self.bits_allocated

    @property
    def is_color(self) -> bool:
        """Whether a pixel is three samples."""
        return self.samples == 3


def layout_of(dataset: Dataset, numbers: Numbers, transfer_syntax: str) -> Layout:
    """Read the Image Pixel module; CannotRenderError if no frame could have that shape."""
    samples = whole(dataset, "SamplesPerPixel", 1)
    allocated = {Numbers.FLOAT: 32, Numbers.DOUBLE: 64}.get(numbers) or whole(dataset, "BitsAllocated", 0)
    stored = whole(dataset, "BitsStored", allocated) or allocated
    layout = Layout(
        rows=whole(dataset, "Rows", 0),
        columns=whole(dataset, "Columns", 0),
        samples=samples,
        bits_allocated=allocated,
        bits_stored=min(stored, allocated),
        high_bit=whole(dataset, "HighBit", stored - 1),
        signed=is_signed(dataset),
        photometric=text(dataset, "PhotometricInterpretation") or ("RGB" if samples == 3 else "MONOCHROME2"),
        by_plane=samples > 1 and whole(dataset, "PlanarConfiguration", 0) == 1,
        frames=max(whole(dataset, "NumberOfFrames", 1), 1),
        numbers=numbers,
        transfer_syntax=transfer_syntax,
    )
    check(layout)
    return layout


def index_of(layout: Layout, frame: int | None) -> int:
    """The frame asked for, counted from 0; the middle one when none is."""
    if frame is None:
        return layout.frames // 2
    if frame > layout.frames:
        frames = "1 frame" if layout.frames == 1 else f"{layout.frames} frames"
        raise CannotRenderError(RenderReason.NO_SUCH_FRAME, f"It has {frames}; number {frame} is not among them.")
    return frame - 1


def is_signed(dataset: Dataset) -> bool:
    """Say whether stored values may lie below zero."""
    return whole(dataset, "PixelRepresentation", 0) == 1


def check(layout: Layout) -> None:
    """Refuse a shape that no frame has, or none that may be decoded here."""
    if layout.rows < 1 or layout.columns < 1:
        raise CannotRenderError(RenderReason.UNREADABLE, "Its header does not say how many rows and columns it has.")
    check_size(layout.columns, layout.rows)
    if layout.samples not in (1, 3):
        raise CannotRenderError(
            RenderReason.UNSUPPORTED, f"Its pixels have {layout.samples} samples each; only 1 and 3 can be shown."
        )
    if layout.bits_allocated not in (1, 8, 16, 32, 64):
        raise CannotRenderError(
            RenderReason.UNSUPPORTED, f"Its samples are {layout.bits_allocated} bits wide, which cannot be shown."
        )


def check_size(columns: int, rows: int) -> None:
    """Refuse a frame too large to decode in a child's memory."""
    if columns > MAX_SIDE or rows > MAX_SIDE or columns * rows > MAX_PIXELS:
        raise CannotRenderError(
            RenderReason.TOO_LARGE,
            f"One frame is {columns} x {rows} pixels; over {MAX_PIXELS // 1_000_000} million pixels are not shown.",
        )
