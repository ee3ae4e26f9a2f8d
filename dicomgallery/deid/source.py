"""One object's bytes made ready for the walk: explicit little endian, its pixel data left where they lie."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from struct import unpack_from
from typing import Final

from dicomgallery.dicom import rewriting
from dicomgallery.dicom.inflation import Inflation
from dicomgallery.dicom.prescan import Buffer, Flaw, Flawed, Prescanned, prescan
from dicomgallery.dicom.reader import UnreadableError
from dicomgallery.dicom.structure import EXPLICIT_VRS, LONG_VRS
from dicomgallery.dicom.transfer import (
    EXPLICIT_BIG_ENDIAN,
    EXPLICIT_LITTLE_ENDIAN,
    IMPLICIT_LITTLE_ENDIAN,
    is_encapsulated,
)
from dicomgallery.dicom.walk import UNDEFINED, Spot

_GE_BIG_PIXELS: Final = "1.2.840.113619.5.2"
_MOST_INFLATED: Final = 256 << 20
_MOST_HEADER: Final = 64 << 20
_SWAP_STEP: Final = 1 << 20
_DIRECTORY: Final = "1.2.840.10008.1.3.10"
SEQUENCE_END: Final = b"\xfe\xff\xdd\xe0\0\0\0\0"


class DirectoryError(UnreadableError):
    """A DICOMDIR, which is not an object."""

    def __init__(self) -> None:
        said = "A DICOMDIR is left out: it would point at files that have other names."
        super().__init__(Flaw.NOT_DICOM, said)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Bytes of a buffer that are written as they are."""

    buffer: Buffer = field(repr=False)
    begin: int
    end: int


@dataclass(frozen=True)
class Source:
    """What is walked, and what follows it."""

    buffer: Buffer = field(repr=False)
    begin: int
    end: int
    top: Sequence[Spot] = field(repr=False)
    syntax: str
    is_native: bool
    pixels: Sequence[bytes | Stretch] = field(default=(), repr=False)
    """Pixel data that are not part of the walk."""
    tail: bytes = field(default=b"", repr=False)
    notes: Sequence[str] = ()

    @cached_property
    def _spots(self) -> dict[int, tuple[int, int]]:
        return {tag: (length, value) for tag, _, length, value in self.top if length != UNDEFINED}

    def raw(self, tag: int) -> bytes:
        """The bytes of a top-level value, the first 4096 at most; none when it is absent."""
        length, value = self._spots.get(tag, (0, 0))
        return bytes(self.buffer[value : value + min(length, 4096)])

    def text(self, tag: int) -> str:
        """A top-level value as the text of its bytes, one character each."""
        return self.raw(tag).decode("latin-1").strip(" \0")

    def number(self, tag: int) -> int:
        """A top-level US; 0 when it is absent."""
        held = self.raw(tag)
        return int.from_bytes(held[:2], "little")


def opened(data: Buffer) -> Source:
    """Make a file ready; raises UnreadableError for what cannot be read, DirectoryError for a DICOMDIR."""
    scanned = _passed(data)
    if scanned.inflated is not None:
        return _plain(*_inflated(data, scanned), note="The data set was deflated and is written plainly.")
    is_explicit = scanned.transfer_syntax not in (IMPLICIT_LITTLE_ENDIAN, EXPLICIT_BIG_ENDIAN, _GE_BIG_PIXELS)
    if is_explicit and all(vr is not None and vr in EXPLICIT_VRS for _, vr, _, _ in scanned.top):
        return _plain(data, scanned)
    return anew(data, scanned)


def _passed(data: Buffer) -> Prescanned:
    scanned = prescan(data)
    if isinstance(scanned, Flawed):
        raise UnreadableError(scanned.flaw, scanned.detail)
    return scanned


def _inflated(data: Buffer, scanned: Prescanned) -> tuple[bytes, Prescanned]:
    stream = Inflation(data, scanned.dataset_offset)
    held = stream.inflate_to(_MOST_INFLATED)
    if not stream.ended and len(held) >= _MOST_INFLATED:
        raise UnreadableError(Flaw.INFLATES_TOO_FAR, "The file inflates past what can be held here.")
    whole = _with_meta(held)
    return whole, _passed(whole)


def _with_meta(elements: bytes) -> bytes:
    """A head for elements in explicit little endian, so that the gate can walk them."""
    return b"\0" * 128 + b"DICM" + rewriting.element(0x00020010, "UI", EXPLICIT_LITTLE_ENDIAN.encode()) + elements


def _plain(data: Buffer, scanned: Prescanned, note: str = "") -> Source:
    syntax = scanned.transfer_syntax or EXPLICIT_LITTLE_ENDIAN
    source = Source(
        data,
        scanned.dataset_offset,
        scanned.dataset_end,
        scanned.top,
        syntax,
        not is_encapsulated(syntax) and not _is_in_fragments(data, scanned),
        notes=(note,) if note else (),
    )
    return _no_directory(source)


def anew(data: Buffer, scanned: Prescanned | None = None) -> Source:
    """Make a file ready by writing its header anew, whatever its encoding; raises UnreadableError."""
    scanned = _passed(data) if scanned is None else scanned
    stop = scanned.dataset_end if scanned.pixel_offset is None else scanned.pixel_offset
    if stop > _MOST_HEADER:
        raise UnreadableError(Flaw.MALFORMED, "The header is too long to be written anew.")
    whole = _with_meta(rewriting.header(data, _as_other(scanned), {}))
    ready = _passed(whole)
    pixels, syntax = _pixels(data, scanned, _bits_allocated(whole, ready))
    tail = rewriting.rest(data, scanned.pixel_end, _as_other(scanned)) if scanned.pixel_offset is not None else b""
    notes = ("It is written in explicit little endian.",)
    native = not _is_in_fragments(data, scanned)
    source = Source(whole, ready.dataset_offset, ready.dataset_end, ready.top, syntax, native, pixels, tail, notes)
    return _no_directory(source)


def _as_other(scanned: Prescanned) -> Prescanned:
    """The same, but never taken for explicit little endian, whose bytes would be copied as they are."""
    if not scanned.top or any(vr is None for _, vr, _, _ in scanned.top):
        return scanned
    return replace(scanned, top=[(0, None, 0, 0)])


def _no_directory(source: Source) -> Source:
    if source.text(0x00080016) == _DIRECTORY or any(tag == 0x00041220 for tag, _, _, _ in source.top):
        raise DirectoryError
    return source


def _pixel_header(data: Buffer, scanned: Prescanned) -> tuple[int, bytes, int, int]:
    """Tag, VR, length and offset of the value of the first pixel data."""
    at = scanned.pixel_offset or 0
    order = ">" if scanned.transfer_syntax == EXPLICIT_BIG_ENDIAN else "<"
    group, element = unpack_from(order + "HH", data, at)
    vr = bytes(data[at + 4 : at + 6])
    if vr not in EXPLICIT_VRS:
        return group << 16 | element, b"OW", unpack_from(order + "L", data, at + 4)[0], at + 8
    if vr in LONG_VRS:
        return group << 16 | element, vr, unpack_from(order + "L", data, at + 8)[0], at + 12
    return group << 16 | element, vr, unpack_from(order + "H", data, at + 6)[0], at + 8


def _is_in_fragments(data: Buffer, scanned: Prescanned) -> bool:
    return scanned.pixel_offset is not None and _pixel_header(data, scanned)[2] == UNDEFINED


def _bits_allocated(whole: bytes, ready: Prescanned) -> int:
    found = (value for tag, _, length, value in ready.top if tag == 0x00280100 and length == 2)
    return next((int.from_bytes(whole[value : value + 2], "little") for value in found), 0)


def _pixels(data: Buffer, scanned: Prescanned, bits_allocated: int) -> tuple[Sequence[bytes | Stretch], str]:
    """The pixel data of a file that is not in explicit little endian, and the transfer syntax it then has."""
    declared = scanned.transfer_syntax
    if scanned.pixel_offset is None:
        return (), EXPLICIT_LITTLE_ENDIAN
    tag, vr, length, value = _pixel_header(data, scanned)
    if length == UNDEFINED:
        end = SEQUENCE_END if scanned.unclosed else b""
        syntax = declared if is_encapsulated(declared) else EXPLICIT_LITTLE_ENDIAN
        return (rewriting.start_of(tag, b"OB", UNDEFINED), Stretch(data, value, scanned.pixel_end), end), syntax
    padded = b"\0" * (length % 2)
    start = rewriting.start_of(tag, vr if vr in LONG_VRS else b"OW", length + len(padded))
    if declared not in (EXPLICIT_BIG_ENDIAN, _GE_BIG_PIXELS):
        return (start, Stretch(data, value, value + length), padded), EXPLICIT_LITTLE_ENDIAN
    if length > _MOST_INFLATED:
        raise UnreadableError(Flaw.MALFORMED, "The pixel data are too long to be turned into little endian.")
    name = {32: "OL", 64: "OV"}.get(bits_allocated, "OW") if vr == b"OW" else vr.decode("latin-1")
    turned = [
        rewriting.swapped(bytes(data[at : min(at + _SWAP_STEP, value + length)]), name)
        for at in range(value, value + length, _SWAP_STEP)
    ]
    return (start, *turned, padded), EXPLICIT_LITTLE_ENDIAN
