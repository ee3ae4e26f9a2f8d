"""The bytes of one frame, found in the file without touching those of the others (PS3.5 8.2, A.4)."""

import mmap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from struct import Struct, unpack_from
from typing import Final, TypeAlias

from dicomgallery.imaging.layout import Layout, Numbers
from dicomgallery.imaging.refusals import CannotRenderError, RenderReason

Buffer: TypeAlias = bytes | mmap.mmap

_UNDEFINED: Final = 0xFFFFFFFF
_ITEM: Final = b"\xfe\xff\x00\xe0"
_LENGTH: Final = Struct("<L").unpack_from
_LONG_VRS: Final = frozenset({b"OB", b"OW", b"OF", b"OD", b"OL", b"OV", b"UN"})
# What a frame begins with: JPEG and JPEG-LS SOI, JPEG 2000 SOC, the JP2 box, JPEG XL bare and boxed.
_BEGINNINGS: Final = (b"\xff\xd8", b"\xff\x4f", b"\x00\x00\x00\x0cjP", b"\xff\x0a", b"\x00\x00\x00\x0cJX")


@dataclass(frozen=True, slots=True)
class PixelElement:
    """Where the value of the pixel data element lies."""

    data: Buffer
    start: int
    end: int
    encapsulated: bool
    vr: bytes
    """Empty in the implicit encoding."""
    big_endian: bool
    numbers: Numbers


def pixel_element(data: Buffer, offset: int, *, big_endian: bool) -> PixelElement:
    """Read the header of the pixel data element at `offset`, explicit or implicit as its own bytes say."""
    order = ">" if big_endian else "<"
    vr = bytes(data[offset + 4 : offset + 6])
    explicit = vr in _LONG_VRS
    start = offset + (12 if explicit else 8)
    if start > len(data):
        raise CannotRenderError(RenderReason.TRUNCATED, "The file ends where its pixel data begin.")
    group, element = unpack_from(f"{order}HH", data, offset)
    length = unpack_from(f"{order}L", data, start - 4)[0]
    return PixelElement(
        data=data,
        start=start,
        end=len(data) if length == _UNDEFINED else min(start + length, len(data)),
        encapsulated=length == _UNDEFINED,
        vr=vr if explicit else b"",
        big_endian=big_endian,
        numbers=Numbers(group << 16 | element),
    )


def native_frame(element: PixelElement, layout: Layout, index: int) -> tuple[memoryview, int]:
    """The bytes that hold an uncompressed frame, and at which bit of the first it begins.

    They may be fewer than the frame needs: what the file lacks is for the caller to judge.
    """
    first_bit = index * layout.frame_bits
    begin = element.start + first_bit // 8
    size = (first_bit % 8 + layout.frame_bits + 7) // 8
    if element.big_endian and element.vr == b"OW" and layout.bits_allocated == 8:
        return memoryview(_from_words(element, begin, size)), 0
    return memoryview(element.data)[begin : min(begin + size, element.end)], first_bit % 8


def _from_words(element: PixelElement, begin: int, size: int) -> bytes:
    """Bytes that lie in big endian words, the first in the lower half (PS3.5 8.1.1)."""
    odd = (begin - element.start) % 2
    words = element.data[begin - odd : min(begin + size + 1, element.end)]
    swapped = bytearray(len(words) & ~1)
    swapped[0::2], swapped[1::2] = words[1 : len(swapped) : 2], words[0 : len(swapped) : 2]
    return bytes(swapped[odd : odd + size])


def encoded_frame(element: PixelElement, layout: Layout, index: int, extended: Sequence[int] = ()) -> bytes:
    """The fragments of one encapsulated frame, joined. `extended` is the Extended Offset Table, when there is one."""
    table_at, table_size = _item(element, element.start)
    first = table_at + table_size
    offsets = tuple(extended) or unpack_from(f"<{table_size // 4}L", element.data, table_at)
    if len(offsets) > index and (found := _at_offsets(element, first, offsets, index)):
        return found
    return _by_counting(element, first, layout, index)


def items_of(element: PixelElement) -> Iterator[tuple[int, int]]:
    """Every item of encapsulated pixel data, the offset table first: where its value begins, and how long it is."""
    return _fragments(element, element.start, element.end)


def _at_offsets(element: PixelElement, first: int, offsets: Sequence[int], index: int) -> bytes:
    """Follow the offset table; empty when it leads to no item, as the tables of some writers do."""
    begin = first + offsets[index]
    stop = first + offsets[index + 1] if len(offsets) > index + 1 else element.end
    if not first <= begin < stop <= element.end or element.data[begin : begin + 4] != _ITEM:
        return b""
    return b"".join(element.data[at : at + size] for at, size in _fragments(element, begin, stop))


def _by_counting(element: PixelElement, first: int, layout: Layout, index: int) -> bytes:
    """Find a frame without a table: one fragment each, else by how a frame begins."""
    fragments = list(_fragments(element, first, element.end))
    if layout.frames == 1:
        mine = fragments
    elif len(fragments) == layout.frames:
        mine = fragments[index : index + 1]
    else:
        begins = [i for i, (at, _) in enumerate(fragments) if element.data[at : at + 6].startswith(_BEGINNINGS)]
        begins.append(len(fragments))
        mine = fragments[begins[index] : begins[index + 1]] if index + 1 < len(begins) else []
    if not mine:
        raise CannotRenderError(
            RenderReason.TRUNCATED, f"Frame {index + 1} of {layout.frames} is not to be found in the pixel data."
        )
    return b"".join(element.data[at : at + size] for at, size in mine)


def _fragments(element: PixelElement, position: int, stop: int) -> Iterator[tuple[int, int]]:
    while position + 8 <= stop and element.data[position : position + 4] == _ITEM:
        at, size = _item(element, position)
        yield at, size
        position = at + size


def _item(element: PixelElement, position: int) -> tuple[int, int]:
    """Where an item's value lies; a length beyond the file is cut at its end."""
    if position + 8 > element.end or element.data[position : position + 4] != _ITEM:
        raise CannotRenderError(RenderReason.DAMAGED, "The compressed pixel data are not divided as the standard says.")
    size = _LENGTH(element.data, position + 4)[0]
    return position + 8, min(size, element.end - position - 8)
