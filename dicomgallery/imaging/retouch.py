"""Objects with areas of every frame painted black; what is not painted keeps its values, uncompressed its bytes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Final

from dicomgallery.dicom import elements, reader, rewriting
from dicomgallery.dicom.boxes import Box
from dicomgallery.dicom.rewriting import Edits
from dicomgallery.dicom.transfer import EXPLICIT_LITTLE_ENDIAN
from dicomgallery.imaging import codestream, encoders, recoding
from dicomgallery.imaging.frames import encoded_frame
from dicomgallery.imaging.layout import Layout, Numbers, layout_of
from dicomgallery.imaging.native import Samples
from dicomgallery.imaging.painting import Brush
from dicomgallery.imaging.recoded import Recoded
from dicomgallery.imaging.refusals import CannotRenderError
from dicomgallery.imaging.samples import keeps_all_samples
from dicomgallery.imaging.source import Source, open_source
from dicomgallery.imaging.transcoding import Coder, told_why

_BATCH_BYTES: Final = 16 << 20
_CHUNK: Final = 1 << 20
_LOSSY, _METHOD = 0x00282110, 0x00282114
_VR_OF: Final = {Numbers.FLOAT: b"OF", Numbers.DOUBLE: b"OD"}

_JPEG_2000: Final = frozenset({"1.2.840.10008.1.2.4.91", "1.2.840.10008.1.2.4.203"})
"""They may be lossy; their frames say whether they are."""
_METHODS: Final = {
    **{f"1.2.840.10008.1.2.4.{end}": "ISO_10918_1" for end in (50, 51, 52, 53, 54, 55, 56, *range(59, 65))},
    "1.2.840.10008.1.2.4.81": "ISO_14495_1",
    "1.2.840.10008.1.2.4.91": "ISO_15444_1",
    "1.2.840.10008.1.2.4.203": "ISO_15444_15",
    "1.2.840.10008.1.2.4.112": "ISO_18181_1",
}
"""How pixels lost something on their way here (PS3.3 C.7.6.1.1.5.1)."""


def retouch(path: Path, boxes: Sequence[Box], first: int = 0) -> Recoded:
    """A piece of the object in a file with its boxes black, from the beginning or from a frame on; CannotRenderError.

    Uncompressed pixels stay where they are; compressed ones are written without further loss, in the family they have
    where there is an encoder for it.
    """
    with told_why():
        source = open_source(path)
        layout = layout_of(source.dataset, source.element.numbers, source.transfer_syntax)
        brush = Brush.of(source.dataset, layout, boxes)
        if not source.element.encapsulated:
            return _in_place(source, layout, brush, first)
        coder = _Painted(source, layout, _lossless(layout), brush)
        return recoding.encoded(source, coder, first, _truth(source, layout) if first == 0 else {})


def write(path: Path, boxes: Sequence[Box], target: IO[bytes]) -> None:
    """Write the whole object with its boxes black; raises as `retouch` does, perhaps when some is written already."""
    first = 0
    with path.open("rb") as stored:
        while True:
            piece = retouch(path, boxes, first)
            target.write(piece.before)
            _copy(stored, target, *piece.copied)
            target.write(piece.after)
            if not piece.next_frame:
                return
            first = piece.next_frame


@dataclass(frozen=True, slots=True)
class _Painted(Coder):
    """Frames decoded, painted and encoded again."""

    brush: Brush

    def frame(self, index: int) -> bytes:
        samples, photometric = self.samples(index)
        if self.is_native:
            return self.packed(samples)
        return encoders.encode(samples, replace(self.layout, photometric=photometric), self.transfer_syntax)

    def samples(self, index: int) -> tuple[Samples, str]:
        decoded, photometric = Coder.samples(self, index)
        samples = decoded.copy()
        self.brush.paint(samples, self.layout, photometric)
        return samples, photometric


def _lossless(layout: Layout) -> str:
    """What painted frames are written as; as plain numbers where no encoder takes them."""
    syntax = layout.transfer_syntax
    if syntax == encoders.RLE:
        wanted = encoders.RLE
    elif syntax in {"1.2.840.10008.1.2.1.98", "1.2.840.10008.1.2.8.1"}:
        return EXPLICIT_LITTLE_ENDIAN
    elif syntax.startswith("1.2.840.10008.1.2.4.20"):
        wanted = encoders.HTJ2K
    elif syntax.startswith(("1.2.840.10008.1.2.4.9", "1.2.840.10008.1.2.4.11")):
        wanted = encoders.JPEG_2000
    else:
        # Nothing here writes the lossless process of JPEG; JPEG-LS is its successor.
        wanted = encoders.JPEG_LS
    try:
        encoders.check(layout, wanted)
    except CannotRenderError:
        return EXPLICIT_LITTLE_ENDIAN
    return wanted


def _truth(source: Source, layout: Layout) -> Edits:
    """What has once lost something stays marked so (PS3.3 C.7.6.1.1.5), though what is written now loses nothing."""
    method = _METHODS.get(source.transfer_syntax)
    if method is None or elements.first(source.dataset, _LOSSY) == "01":
        return {}
    if source.transfer_syntax in _JPEG_2000:
        frame = encoded_frame(source.element, layout, 0, source.frame_offsets)
        if codestream.jpeg2000(frame).reversible:
            return {}
    return {_LOSSY: ("CS", b"01"), _METHOD: ("CS", method.encode("ascii"))}


def _in_place(source: Source, layout: Layout, brush: Brush, first: int) -> Recoded:
    """Frames as they lie in the file; what follows the last that the header counts is painted like a frame."""
    element = source.element
    if layout.photometric == "YBR_FULL_422" and keeps_all_samples(source, layout):
        layout = replace(layout, photometric="YBR_FULL")
    frame_bits, length = layout.frame_bits, element.end - element.start
    count = -(-length * 8 // frame_bits)
    # Eight frames end with a whole byte, and two bytes make the words of some.
    many = max(1, _BATCH_BYTES * 8 // frame_bits)
    many = many if frame_bits % 16 == 0 else -(-many // 16) * 16
    reached = first + many
    begin = element.start + first * frame_bits // 8
    end = element.end if reached >= count else element.start + reached * frame_bits // 8
    painted = bytearray(element.data[begin:end])
    if painted:
        brush.paint_bytes(painted, layout, element)
    is_stored = element.data is source.data
    before = b"" if first else _until_pixels(source, layout, length) if not is_stored else source.data[: element.start]
    if reached < count:
        return Recoded(bytes(before) + bytes(painted), next_frame=reached)
    if is_stored:
        return Recoded(bytes(before) + bytes(painted), (element.end, len(source.data)))
    return Recoded(bytes(before) + bytes(painted), after=rewriting.rest(element.data, element.end, source.scanned))


def _until_pixels(source: Source, layout: Layout, length: int) -> bytes:
    """The beginning of what was deflated: it is written plainly."""
    head = rewriting.head(reader.parse(source.data, source.scanned), EXPLICIT_LITTLE_ENDIAN)
    tag = source.element.numbers.value
    vr = source.element.vr or _VR_OF.get(source.element.numbers) or (b"OW" if layout.bits_allocated > 8 else b"OB")
    return head + rewriting.header(source.data, source.scanned, {}) + rewriting.start_of(tag, vr, length)


def _copy(stored: IO[bytes], target: IO[bytes], begin: int, end: int) -> None:
    for chunk in _chunks(stored, begin, end):
        target.write(chunk)


def _chunks(stored: IO[bytes], begin: int, end: int) -> Iterator[bytes]:
    stored.seek(begin)
    while begin < end and (chunk := stored.read(min(_CHUNK, end - begin))):
        begin += len(chunk)
        yield chunk
