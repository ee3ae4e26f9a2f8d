"""Whole objects in another transfer syntax: what changes is the pixel data, and what the header says of them."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from struct import pack
from typing import Final

from dicomgallery.dicom import reader, rewriting
from dicomgallery.dicom.prescan import Flawed, prescan
from dicomgallery.dicom.rewriting import Edits
from dicomgallery.dicom.transfer import EXPLICIT_LITTLE_ENDIAN
from dicomgallery.imaging import encoders
from dicomgallery.imaging.frames import items_of
from dicomgallery.imaging.layout import Layout, Numbers
from dicomgallery.imaging.recoded import Recoded
from dicomgallery.imaging.refusals import CannotRenderError, RenderReason
from dicomgallery.imaging.source import Source, bytes_of, open_source
from dicomgallery.imaging.transcoding import AS_STORED, Coder, some, told_why

_PHOTOMETRIC, _PLANAR = 0x00280004, 0x00280006
_TABLES: Final = (0x7FE00001, 0x7FE00002)
_MOST_HELD: Final = 256 << 20
_MOST_LENGTH: Final = 0xFFFFFFFE
_END: Final = pack("<HHI", 0xFFFE, 0xE0DD, 0)
_NO_TABLE: Final = pack("<HHI", 0xFFFE, 0xE000, 0)
_VR_OF: Final = {Numbers.FLOAT: b"OF", Numbers.DOUBLE: b"OD"}


def recode(path: Path, syntax: str, first: int = 0) -> Recoded:
    """A piece of the object in a file, from the beginning or from a frame on; raises CannotRenderError alone."""
    with told_why():
        return _recoded(path, syntax, first)


def _recoded(path: Path, syntax: str, first: int) -> Recoded:
    data = bytes_of(path)
    scanned = prescan(data)
    if isinstance(scanned, Flawed):
        raise CannotRenderError(RenderReason.UNREADABLE, scanned.detail)
    if syntax == AS_STORED:
        # Its bytes are good; what it lacks is the beginning that a file must have.
        return _sized(
            Recoded(
                rewriting.head(reader.parse(data, scanned), scanned.transfer_syntax),
                (scanned.dataset_offset, len(data)),
            )
        )
    if scanned.pixel_offset is None:
        head = rewriting.head(reader.parse(data, scanned), EXPLICIT_LITTLE_ENDIAN)
        return _sized(Recoded(head + rewriting.header(data, scanned, {})))
    source = open_source(path)
    coder = Coder.of(source, syntax)
    if coder.is_native and not source.element.encapsulated:
        return _plain(source, coder)
    return encoded(source, coder, first, {})


def encoded(source: Source, coder: Coder, first: int, edits: Edits) -> Recoded:
    """A piece of an object whose frames a coder gives, its header changed by `edits` too; CannotRenderError."""
    return _first_piece(source, coder, edits) if first == 0 else _piece(source, coder, first)


def _plain(source: Source, coder: Coder) -> Recoded:
    """Uncompressed pixels that stay so: where their bytes can be copied, they are never held."""
    element = source.element
    after = rewriting.rest(source.data, element.end, source.scanned) if element.data is source.data else b""
    length = element.end - element.start
    before = _before(source, coder, {}, length)
    if element.data is source.data and not element.big_endian:
        return _sized(Recoded(before, (element.start, element.end), after))
    if length > _MOST_HELD:
        raise CannotRenderError(RenderReason.TOO_LARGE, "So large an object is not rewritten here.")
    pixels = bytes(element.data[element.start : element.end])
    in_words = element.big_endian and element.vr == b"OW" and coder.layout.bits_allocated < 16
    pixels = rewriting.swapped(pixels, "OW") if in_words else coder.in_order(pixels)
    return _sized(Recoded(before + pixels, after=after))


def _first_piece(source: Source, coder: Coder, edits: Edits) -> Recoded:
    layout = coder.layout
    _check_all_there(source, layout)
    _, photometric = coder.samples(0)
    native_length = 0
    if coder.is_native:
        if layout.frames > 1 and layout.frame_bits % 8:
            raise CannotRenderError(RenderReason.UNSUPPORTED, "Its frames do not end with whole bytes.")
        native_length = _decoded_bytes(layout)
        if native_length > _MOST_LENGTH:
            raise CannotRenderError(RenderReason.TOO_LARGE, "Uncompressed, it is larger than one element can be.")
    else:
        photometric = encoders.photometric_of(replace(layout, photometric=photometric), coder.transfer_syntax)
    before = _before(source, coder, {**_edits(layout, photometric), **edits}, native_length + native_length % 2)
    made = _piece(source, coder, 0)
    total = len(before) + native_length + len(_after(source, coder)) if coder.is_native else None
    return replace(made, before=before + made.before, size_bytes=total)


def _piece(source: Source, coder: Coder, first: int) -> Recoded:
    count = coder.layout.frames
    made = list(some(_frames(coder, first)))
    reached = first + len(made)
    is_last = reached >= count
    return Recoded(
        b"".join(made), after=_after(source, coder) if is_last else b"", next_frame=0 if is_last else reached
    )


def _frames(coder: Coder, first: int) -> Iterator[bytes]:
    for index in range(first, coder.layout.frames):
        frame = coder.frame(index)
        yield frame if coder.is_native else _as_item(frame)


def _as_item(frame: bytes) -> bytes:
    """A frame as an item of encapsulated pixel data (PS3.5 A.4)."""
    even = frame + b"\0" if len(frame) % 2 else frame
    return pack("<HHI", 0xFFFE, 0xE000, len(even)) + even


def _after(source: Source, coder: Coder) -> bytes:
    """What closes the pixel data, and what follows them."""
    element, layout = source.element, coder.layout
    end = element.end
    if element.encapsulated:
        for at, size in items_of(element):
            end = at + size
        end += 8 if element.data[end : end + 4] == _END[:4] else 0
    rest = rewriting.rest(source.data, end, source.scanned) if element.data is source.data else b""
    if not coder.is_native:
        return _END + rest
    return b"\0" * (_decoded_bytes(layout) % 2) + rest


def _decoded_bytes(layout: Layout) -> int:
    """The length of all frames decoded; of the two samples a pixel that 4:2:2 has, decoding makes three."""
    return layout.frames * ((layout.pixels * layout.samples * layout.bits_allocated + 7) // 8)


def _before(source: Source, coder: Coder, edits: Edits, native_length: int) -> bytes:
    """All that stands before the pixels, the beginning of their element included."""
    element, layout = source.element, coder.layout
    data_header = rewriting.header(source.data, source.scanned, edits)
    head = rewriting.head(reader.parse(source.data, source.scanned), coder.transfer_syntax)
    tag = element.numbers.value
    if not coder.is_native:
        return head + data_header + pack("<HH2sHI", tag >> 16, tag & 0xFFFF, b"OB", 0, 0xFFFFFFFF) + _NO_TABLE
    vr = _VR_OF.get(element.numbers) or (b"OW" if layout.bits_allocated > 8 else b"OB")
    if not element.encapsulated and element.vr:
        vr = element.vr
    return head + data_header + rewriting.start_of(tag, vr, native_length)


def _edits(layout: Layout, photometric: str) -> Edits:
    """What the header must say of pixels that were decoded."""
    edits: dict[int, tuple[str, bytes] | None] = dict.fromkeys(_TABLES)
    if photometric != layout.photometric:
        edits[_PHOTOMETRIC] = ("CS", photometric.encode("ascii"))
    if layout.samples > 1:
        edits[_PLANAR] = ("US", b"\0\0")
    return edits


def _check_all_there(source: Source, layout: Layout) -> None:
    """Refuse an object that has fewer frames than it says, before any of it is written."""
    element = source.element
    if element.encapsulated:
        is_whole = layout.frames == 1 or sum(1 for _ in items_of(element)) > layout.frames
    else:
        is_whole = (element.end - element.start) * 8 >= layout.frames * layout.frame_bits
    if not is_whole:
        raise CannotRenderError(RenderReason.TRUNCATED, f"Not all of its {layout.frames} frames are in the file.")


def _sized(whole: Recoded) -> Recoded:
    begin, end = whole.copied
    return replace(whole, size_bytes=len(whole.before) + end - begin + len(whole.after))
