"""Frames in the encoding that is asked for, and whole objects rewritten around them (PS3.5 8.2, A.2, A.4)."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from dicomgallery.dicom import rewriting
from dicomgallery.dicom.transfer import EXPLICIT_LITTLE_ENDIAN
from dicomgallery.errors import RefusedError
from dicomgallery.imaging import encoders, native
from dicomgallery.imaging.codecs import DECODER_TROUBLE
from dicomgallery.imaging.frames import encoded_frame, native_frame
from dicomgallery.imaging.layout import Layout, Numbers, layout_of
from dicomgallery.imaging.native import Samples
from dicomgallery.imaging.refusals import CannotRenderError, RenderReason
from dicomgallery.imaging.samples import frame_samples
from dicomgallery.imaging.source import Source, open_source

AS_STORED: Final = "*"
_BATCH_BYTES: Final = 16 << 20
_BATCH_SECONDS: Final = 3.0
"""What one answer of a child may hold, and how long it may work on it."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Some frames, one after another."""

    data: bytes
    sizes: tuple[int, ...]
    transfer_syntax: str
    """What they are encoded as."""


@dataclass(frozen=True, slots=True)
class Coder:
    """Gives the frames of one file in one encoding."""

    source: Source
    layout: Layout
    transfer_syntax: str

    @classmethod
    def of(cls, source: Source, syntax: str) -> "Coder":
        """What gives frames as `syntax`, or as they are stored; CannotRenderError where that cannot be."""
        layout = layout_of(source.dataset, source.element.numbers, source.transfer_syntax)
        if syntax == AS_STORED:
            syntax = source.transfer_syntax if source.element.encapsulated else EXPLICIT_LITTLE_ENDIAN
        if syntax not in {EXPLICIT_LITTLE_ENDIAN, source.transfer_syntax}:
            encoders.check(layout, syntax)
        return cls(source, layout, syntax)

    @property
    def is_native(self) -> bool:
        """Say whether frames come as numbers, uncompressed."""
        return self.transfer_syntax == EXPLICIT_LITTLE_ENDIAN

    def frame(self, index: int) -> bytes:
        """One frame, counted from 0; CannotRenderError."""
        if not 0 <= index < self.layout.frames:
            raise CannotRenderError(
                RenderReason.NO_SUCH_FRAME, f"It has {self.layout.frames} frames; number {index + 1} is not among them."
            )
        element = self.source.element
        if element.encapsulated and self.transfer_syntax == self.source.transfer_syntax:
            return encoded_frame(element, self.layout, index, self.source.frame_offsets)
        if self.is_native:
            return self._decoded(index) if element.encapsulated else self._native(index)
        samples, photometric = self.samples(index)
        return encoders.encode(samples, replace(self.layout, photometric=photometric), self.transfer_syntax)

    def samples(self, index: int) -> tuple[Samples, str]:
        """The samples of a frame, as wide as the header says, and their Photometric Interpretation."""
        decoded = frame_samples(self.source, self.layout, index)
        found, layout, samples = decoded.layout, self.layout, decoded.samples
        if (found.rows, found.columns, found.samples) != (layout.rows, layout.columns, layout.samples):
            raise CannotRenderError(RenderReason.MISMATCH, "The picture inside is not of the shape its header says.")
        # Four samples for two pixels have become six.
        photometric = "YBR_FULL" if found.photometric == "YBR_FULL_422" else found.photometric
        if layout.numbers is not Numbers.INTEGER or layout.bits_allocated == 1:
            return samples, photometric
        wide = layout.bits_allocated // 8
        if samples.dtype.itemsize > wide:
            raise CannotRenderError(RenderReason.MISMATCH, "The picture inside has more bits than its header says.")
        return samples.astype(f"<{'i' if layout.signed else 'u'}{wide}", copy=False), photometric

    def _decoded(self, index: int) -> bytes:
        return self.packed(self.samples(index)[0])

    def packed(self, samples: Samples) -> bytes:
        """Samples as they lie uncompressed."""
        if self.layout.bits_allocated == 1:
            return np.packbits(samples.reshape(-1), bitorder="little").tobytes()
        return samples.tobytes()

    def _native(self, index: int) -> bytes:
        raw, first_bit = native_frame(self.source.element, self.layout, index)
        size = (self.layout.frame_bits + 7) // 8
        if native.is_cut_short(raw, self.layout) and len(raw) < size * native.LEAST_SHARE:
            raise CannotRenderError(RenderReason.TRUNCATED, "This frame is missing from the file.")
        if self.layout.bits_allocated == 1 and (first_bit or self.layout.frame_bits % 8):
            bits = np.unpackbits(np.frombuffer(raw, np.uint8), bitorder="little")
            data = np.packbits(bits[first_bit : first_bit + self.layout.frame_bits], bitorder="little").tobytes()
        else:
            data = self.in_order(bytes(raw))
        return data.ljust(size, b"\0")

    def in_order(self, raw: bytes) -> bytes:
        """Uncompressed bytes as little endian ones."""
        if not self.source.element.big_endian or self.layout.bits_allocated < 16:
            return raw
        return rewriting.swapped(raw, {16: "OW", 32: "OL", 64: "OV"}[self.layout.bits_allocated])


def frames(path: Path, numbers: Sequence[int], syntax: str) -> Batch:
    """As many of these frames, counted from 1, as one answer holds, the first at least.

    Raises CannotRenderError and nothing else.
    """
    with told_why():
        coder = Coder.of(open_source(path), syntax)
        made = list(some(coder.frame(number - 1) for number in numbers))
    return Batch(b"".join(made), tuple(map(len, made)), coder.transfer_syntax)


@contextmanager
def told_why() -> Iterator[None]:
    """Raise CannotRenderError for whatever a file makes decoders and readers raise."""
    try:
        with np.errstate(all="ignore"):
            yield
    except MemoryError:
        raise CannotRenderError(RenderReason.OUT_OF_MEMORY, "It takes more memory than there is.") from None
    except CannotRenderError:
        raise
    except RefusedError as refused:
        raise CannotRenderError(RenderReason.UNREADABLE, refused.message) from None
    except DECODER_TROUBLE:
        sentence = "What its header says of its pixels contradicts itself."
        raise CannotRenderError(RenderReason.UNREADABLE, sentence) from None


def some(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Pieces until one answer is full, or has taken long enough."""
    began, held = time.monotonic(), 0
    for piece in pieces:
        yield piece
        held += len(piece)
        if held >= _BATCH_BYTES or time.monotonic() - began > _BATCH_SECONDS:
            return
