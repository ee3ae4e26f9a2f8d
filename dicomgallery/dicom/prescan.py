"""The gate before any parse: walks every element header of a file and refuses what could hurt.

It follows the rules of PS3.5 chapter 7 and the habits of pydicom's reader, which parses the file next: a file that
passes holds every byte it declares, nests no deeper and counts no more elements than the limits, and makes pydicom
neither recurse without end nor allocate what is not there. Only headers are touched; nothing is copied.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from struct import Struct
from typing import Final

from pydicom._uid_dict import UID_dictionary

from dicomgallery.dicom import inflation
from dicomgallery.dicom.structure import EXPLICIT_VRS, LONG_VRS, VR_OF_TAG
from dicomgallery.dicom.transfer import (
    DEFLATED_SYNTAXES,
    EXPLICIT_BIG_ENDIAN,
    EXPLICIT_LITTLE_ENDIAN,
    IMPLICIT_LITTLE_ENDIAN,
)
from dicomgallery.dicom.walk import (
    LIMITS,
    UNDEFINED,
    Buffer,
    Flaw,
    PrescanLimits,
    Spot,
    Walk,
    WalkRefusedError,
    in_bytes,
    is_upper,
    missing,
)

__all__ = ["LIMITS", "Buffer", "Flaw", "Flawed", "PrescanLimits", "Prescanned", "prescan"]

_TRANSFER_SYNTAX: Final = 0x00020010
_IMPLICIT_LE: Final = Struct("<HHL")
_EXPLICIT_LE: Final = Struct("<HH2sH")
_LENGTH_LE: Final = Struct("<L")


@dataclass(frozen=True, slots=True)
class Flawed:
    """What is wrong with a file, with one sentence for a person that names nobody."""

    flaw: Flaw
    detail: str


@dataclass(frozen=True, slots=True)
class Prescanned:
    """Where things lie in a file that may be parsed. With `inflated`, the last four offsets count in that."""

    headerless: bool
    transfer_syntax: str
    """As declared; deduced when the file declares none."""
    dataset_offset: int
    """Where the data set begins in the file, deflated or not."""
    pixel_offset: int | None
    """The tag of the first top-level pixel data element."""
    header_end: int
    """Where a cheap header parse stops: pixel data or per-frame groups, else the end of the data set."""
    element_count: int
    inflated: bytes | None
    """The inflated data set up to its pixel data at least, when the transfer syntax is a deflated one."""
    dataset_end: int = 0
    """Where the data set ends; what follows is padding."""
    unclosed: bool = False
    """The pixel data's last delimiter is missing though its fragments are whole."""
    usual_meta: bool = False
    """The file meta information has the VRs of the dictionary and declares a transfer syntax of the standard."""
    top: Sequence[Spot] = field(default=(), repr=False)
    """The elements of the top level before `header_end`, in their order; not noted of a deflated data set."""
    frame_items: Sequence[int] = field(default=(), repr=False)
    """Where the groups of each frame lie, as `Walk.frame_items` says it."""
    pixel_end: int = 0
    """Behind the last top-level pixel data; 0 without any, and where the data set is deflated."""

    def item_of_frame(self, number: int) -> tuple[int, int, bool] | None:
        """Where the groups of a frame (counted from 1) begin and end, and whether in implicit VR; None without any."""
        if not 1 <= number <= len(self.frame_items) // 2:
            return None
        begin, end = self.frame_items[2 * number - 2 : 2 * number]
        return begin >> 1, end, bool(begin & 1)


def prescan(data: Buffer, *, limits: PrescanLimits = LIMITS) -> Prescanned | Flawed:
    """Find the parts of a file, or say why it may not be parsed; never raises, whatever the bytes."""
    size = len(data)
    if size == 0:
        return Flawed(Flaw.EMPTY, "The file is empty.")
    # PS3.10 7.1: 128 bytes of preamble, then the prefix.
    prefixed = data[128:132] == b"DICM"
    start = 132 if prefixed else 0
    if prefixed and size - start < 8:
        return Flawed(Flaw.TRUNCATED, "The file ends right after its DICOM prefix.")
    if not prefixed and not _may_begin_a_dataset(data):
        return Flawed(Flaw.NOT_DICOM, "This is not a DICOM file: it has neither the DICM mark nor DICOM elements.")
    try:
        return _scan(data, start, headerless=not prefixed, limits=limits)
    except WalkRefusedError as refused:
        return Flawed(refused.flaw, refused.detail)


def _scan(data: Buffer, start: int, *, headerless: bool, limits: PrescanLimits) -> Prescanned:
    """Read file meta, then walk the data set."""
    offset, declared, usual = _file_meta(data, start)
    if declared in DEFLATED_SYNTAXES and offset < len(data):
        return _scan_deflated(data, offset, declared, headerless=headerless, limits=limits)
    syntax = declared or _deduced_syntax(data, offset)
    scanner = Walk(data, len(data), big_endian=syntax == EXPLICIT_BIG_ENDIAN, limits=limits)
    strict = headerless and not declared
    end = scanner.dataset_at_top(offset, implicit=syntax == IMPLICIT_LITTLE_ENDIAN, strict=strict)
    if scanner.count == 0 and offset == start:
        raise WalkRefusedError(Flaw.MALFORMED, "The file has the DICOM mark but no elements.")
    return Prescanned(
        headerless=headerless,
        transfer_syntax=syntax,
        dataset_offset=offset,
        pixel_offset=scanner.pixel_offset,
        header_end=end if scanner.header_end is None else scanner.header_end,
        element_count=scanner.count,
        inflated=None,
        dataset_end=end,
        unclosed=scanner.unclosed,
        usual_meta=usual,
        top=scanner.top,
        frame_items=scanner.frame_items,
        pixel_end=scanner.pixel_end,
    )


def _scan_deflated(  # noqa: C901 - its refusals are one list
    data: Buffer, offset: int, syntax: str, *, headerless: bool, limits: PrescanLimits
) -> Prescanned:
    """Inflate as much as the header needs, walk that, and only count the rest (PS3.5 A.5)."""
    stream = inflation.Inflation(data, offset)
    wanted = 1 << 18
    while True:
        held = stream.inflate_to(wanted)
        if stream.is_broken():
            raise WalkRefusedError(Flaw.MALFORMED, "The compressed data set cannot be inflated.")
        scanner = Walk(held, len(held), big_endian=False, limits=limits, stop_at_pixels=True)
        try:
            end = scanner.dataset_at_top(0, implicit=False, strict=False)
        except WalkRefusedError as refused:
            if refused.flaw is not Flaw.TRUNCATED or stream.ended:
                raise
        else:
            if stream.ended or scanner.pixel_offset is not None:
                break
        if len(held) < wanted:
            raise WalkRefusedError(Flaw.TRUNCATED, "The compressed data set ends too early.")
        if wanted >= limits.inflated_header_bytes:
            raise WalkRefusedError(Flaw.INFLATES_TOO_FAR, "The compressed header grows past what can be held.")
        wanted = min(wanted * 4, limits.inflated_header_bytes)
    total = stream.count_rest(limits.inflated_bytes)
    if total > limits.inflated_bytes:
        raise WalkRefusedError(Flaw.INFLATES_TOO_FAR, f"The file inflates past {in_bytes(limits.inflated_bytes)}.")
    if stream.is_broken() or not stream.ended:
        raise WalkRefusedError(Flaw.TRUNCATED, "The compressed data set ends too early.")
    if scanner.pixel_offset is not None:
        if scanner.pixel_end > total:
            raise WalkRefusedError(Flaw.TRUNCATED, missing(scanner.pixel_end - total))
        end = total
    return Prescanned(
        headerless=headerless,
        transfer_syntax=syntax,
        dataset_offset=offset,
        pixel_offset=scanner.pixel_offset,
        header_end=end if scanner.header_end is None else scanner.header_end,
        element_count=scanner.count,
        inflated=held,
        dataset_end=end,
        frame_items=scanner.frame_items,
    )


def _may_begin_a_dataset(data: Buffer) -> bool:
    """Say whether the first bytes can be an element of group 0002 or 0008 that a real file begins with."""
    head = bytes(data[:8])
    if len(head) < 8:
        return False
    if head[:2] == b"\x02\x00":
        return True
    if head[:2] == b"\x08\x00":
        element, length = int.from_bytes(head[2:4], "little"), int.from_bytes(head[4:8], "little")
    elif head[:2] == b"\x00\x08":
        element, length = int.from_bytes(head[2:4], "big"), 0
    else:
        return False
    return element <= 0x1200 and (head[4:6] in EXPLICIT_VRS or length < len(data))


def _file_meta(data: Buffer, start: int) -> tuple[int, str, bool]:
    """Walk group 0002 and the command group 0000, which some files keep.

    Returns their end, the transfer syntax, and whether all of it is as the standard has it.
    """
    size = len(data)
    position = start
    syntax = ""
    usual = True
    implicit_meta = not (is_upper(data, start + 4) and is_upper(data, start + 5))
    for group in (2, 0):
        while position + 8 <= size:
            tag, vr, length, value = _plain_header(data, position, implicit=implicit_meta or group == 0)
            if tag >> 16 != group:
                break
            # A long run of zeros reads as group 0000; there is no element (0000,0000) of length 0.
            if group == 0 and length == 0 and tag == 0:
                break
            if length == UNDEFINED or vr == b"SQ":
                raise WalkRefusedError(Flaw.MALFORMED, "The file's meta information holds a sequence.")
            if value + length > size:
                raise WalkRefusedError(Flaw.TRUNCATED, missing(value + length - size))
            usual = usual and VR_OF_TAG.get(tag, "").encode("ascii") == vr
            if tag == _TRANSFER_SYNTAX:
                syntax = _uid_text(bytes(data[value : value + min(length, 64)]))
            position = value + length
    return position, syntax, usual and syntax in UID_dictionary


def _plain_header(data: Buffer, position: int, *, implicit: bool) -> tuple[int, bytes, int, int]:
    """Read one little endian element header: tag, VR, length, offset of the value."""
    if implicit:
        group, element, length = _IMPLICIT_LE.unpack_from(data, position)
        return group << 16 | element, b"", length, position + 8
    group, element, vr, length = _EXPLICIT_LE.unpack_from(data, position)
    tag = group << 16 | element
    if vr in LONG_VRS:
        if position + 12 > len(data):
            raise WalkRefusedError(Flaw.TRUNCATED, "The file ends inside an element's header.")
        return tag, vr, _LENGTH_LE.unpack_from(data, position + 8)[0], position + 12
    if vr in EXPLICIT_VRS or b"AA" <= vr <= b"ZZ":
        return tag, vr, length, position + 8
    return tag, b"", _IMPLICIT_LE.unpack_from(data, position)[2], position + 8


def _uid_text(raw: bytes) -> str:
    """Keep the digits and dots of a declared UID; anything else in it makes it unknown, not dangerous."""
    text = raw.split(b"\0")[0].decode("latin-1").strip()
    return text if all(char.isascii() and (char.isdigit() or char == ".") for char in text) else ""


def _deduced_syntax(data: Buffer, offset: int) -> str:
    """Guess the encoding from the first element, as pydicom does for a file that declares none."""
    head = bytes(data[offset : offset + 6])
    if len(head) == 6 and head[4:6] in EXPLICIT_VRS:
        # A small group number written big endian reads as 1024 or more.
        return EXPLICIT_BIG_ENDIAN if int.from_bytes(head[:2], "little") >= 1024 else EXPLICIT_LITTLE_ENDIAN
    return IMPLICIT_LITTLE_ENDIAN
