"""The one place that parses files: always behind the pre-scan, always from memory."""

import mmap
import struct
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Final, Literal

from pydicom import dcmread
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset, FileDataset
from pydicom.errors import BytesLengthException, InvalidDicomError
from pydicom.filereader import read_dataset
from pydicom.tag import BaseTag

from dicomgallery.dicom.inflation import Inflation
from dicomgallery.dicom.prescan import LIMITS, Buffer, Flaw, Flawed, Prescanned, prescan
from dicomgallery.dicom.structure import EXPLICIT_VRS, LONG_VRS, VR_OF_TAG
from dicomgallery.dicom.transfer import (
    DEFLATED_SYNTAXES,
    EXPLICIT_BIG_ENDIAN,
    EXPLICIT_LITTLE_ENDIAN,
    IMPLICIT_LITTLE_ENDIAN,
)
from dicomgallery.dicom.walk import UNDEFINED, Spot
from dicomgallery.errors import RefusedError

PYDICOM_TROUBLE: Final = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    BytesLengthException,
    EOFError,
    InvalidDicomError,
    LookupError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)
"""What pydicom has been seen to raise on hostile or merely wrong values, all of it meaning "cannot be read"."""

_FIRST_DATA_TAG: Final = 0x00080000
_CHARSET: Final = 0x00080005
_PER_FRAME_GROUPS: Final = 0x52009230
_ENCODING_OF: Final = {b"": "iso8859", b"ISO_IR 6": "iso8859", b"ISO_IR 100": "latin_1", b"ISO_IR 192": "UTF8"}
"""Python's names for what nearly every file declares (PS3.3 C.12.1.1.2)."""
_LONGEST_HEADER_BYTES: Final = 64 << 20
_LONGEST_TAIL_BYTES: Final = 1 << 20
_SEQUENCE_END: Final = b"\xfe\xff\xdd\xe0\0\0\0\0"


@dataclass(frozen=True, slots=True)
class Skimmed:
    """Single elements of a header as they lie there, and nothing of what a Dataset knows besides."""

    elements: Mapping[int, RawDataElement]
    encoding: str


@dataclass(frozen=True, slots=True)
class Pixels:
    """The element that holds the pixel data."""

    tag: int
    vr: str
    is_empty: bool


class UnreadableError(RefusedError):
    """A file that may not or cannot be parsed; `flaw` says which kind."""

    def __init__(self, flaw: Flaw, message: str) -> None:
        super().__init__(message)
        self.flaw = flaw


def read_header(source: bytes | Path) -> Dataset:
    """Read everything before the pixel data; `file_meta` is set. Raises UnreadableError."""
    with _opened(source) as data:
        return parse(data, _gate(data))


def read_frames(source: bytes | Path) -> Dataset:
    """Read everything before the pixel data, the groups of each frame included. Raises UnreadableError."""
    with _opened(source) as data:
        return parse_frames(data, _gate(data))


def read_at_frame(source: bytes | Path, number: int) -> Dataset:
    """Read the header as `read_header` does, with what belongs to one frame, counted from 1. Raises UnreadableError."""
    with _opened(source) as data:
        scanned = _gate(data)
        dataset = parse(data, scanned)
        add_frame(dataset, data, scanned, number)
        return dataset


@contextmanager
def _opened(source: bytes | Path) -> Iterator[Buffer]:
    """The bytes of a source; files of many frames are large, and little of them is touched."""
    if isinstance(source, bytes):
        yield source
        return
    try:
        with source.open("rb") as file:
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError) as error:
        raise UnreadableError(Flaw.MALFORMED, "The file cannot be opened.") from error
    with data:
        yield data


def read_whole(source: bytes | Path) -> Dataset:
    """Read a file with its pixel data, all of it in memory. Raises UnreadableError."""
    data = _bytes_of(source)
    scanned = _gate(data)
    if scanned.inflated is None:
        tail = _SEQUENCE_END if scanned.unclosed else b""
        return _parsed(bytes(data[: scanned.dataset_end]) + tail, scanned)
    stream = Inflation(data, scanned.dataset_offset)
    inflated = stream.inflate_to(LIMITS.inflated_bytes)
    # The gate stopped at the pixel data; what lies behind it is walked now that it is there.
    whole = prescan(_with_plain_meta(inflated))
    if isinstance(whole, Flawed):
        raise UnreadableError(whole.flaw, whole.detail)
    return _parsed_inflated(data, scanned, inflated)


def parse(data: Buffer, scanned: Prescanned) -> Dataset:
    """Parse the header of a file that has passed the gate. Raises UnreadableError."""
    if scanned.inflated is None:
        return _parsed(bytes(data[: scanned.header_end]), scanned)
    return _parsed_inflated(data, scanned, scanned.inflated[: scanned.header_end])


def parse_frames(data: Buffer, scanned: Prescanned) -> Dataset:
    """Parse a header with the groups of each frame, which `parse` leaves out; not of one too large to hold so.

    Raises UnreadableError.
    """
    end = scanned.dataset_end if scanned.pixel_offset is None else scanned.pixel_offset
    return parse(data, replace(scanned, header_end=end) if end <= _LONGEST_HEADER_BYTES else scanned)


def parse_elements(data: Buffer, scanned: Prescanned) -> Dataset:
    """Parse a header as `parse_frames` does, but for its meta information. Raises UnreadableError.

    The gate has noted where each element of a plain file lies, so that nothing has to look for them again.
    """
    return _from_spots(data, scanned) or parse_frames(data, scanned)


def _from_spots(data: Buffer, scanned: Prescanned) -> Dataset | None:
    """None where only a parse will do: what is not explicit little endian, and unusual text."""
    end = scanned.dataset_end if scanned.pixel_offset is None else scanned.pixel_offset
    is_plain = scanned.usual_meta and scanned.inflated is None and scanned.header_end == end
    if not is_plain or scanned.transfer_syntax in (IMPLICIT_LITTLE_ENDIAN, EXPLICIT_BIG_ENDIAN):
        return None
    found: dict[BaseTag, RawDataElement | DataElement] = {}
    open_ones: list[tuple[int, int]] = []
    for number, (tag, vr, length, value) in enumerate(scanned.top):
        if vr not in EXPLICIT_VRS or tag < _FIRST_DATA_TAG:
            return None
        if length != UNDEFINED:
            raw, known = bytes(data[value : value + length]), BaseTag(tag)
            found[known] = RawDataElement(
                known, vr.decode("ascii"), length, raw, value, is_implicit_VR=False, is_little_endian=True
            )
        elif vr == b"SQ":
            following = scanned.top[number + 1 : number + 2]
            stop = _begin_of(following[0]) if following else end
            open_ones.append((_begin_of(scanned.top[number]), stop))
        else:
            return None
    said = found.get(BaseTag(_CHARSET))
    encoding = _ENCODING_OF.get((said.value or b"").rstrip(b" \0") if isinstance(said, RawDataElement) else b"")
    if encoding is None:
        return None
    try:
        for begin, stop in open_ones:
            held = BytesIO(bytes(data[begin:stop]))
            one = read_dataset(held, is_implicit_VR=False, is_little_endian=True, parent_encoding=[encoding])
            tags = list(one.keys())
            found |= {tag: one.get_item(tag) for tag in tags}
        dataset = Dataset(found)
    except PYDICOM_TROUBLE:
        return None
    dataset.set_original_encoding(is_implicit_vr=False, is_little_endian=True, character_encoding=[encoding])
    return dataset


def _begin_of(spot: Spot) -> int:
    """Where an element in explicit VR begins, before its tag."""
    _, vr, _, value = spot
    return value - (12 if vr in LONG_VRS else 8)


def add_frame(dataset: Dataset, data: Buffer, scanned: Prescanned, number: int) -> None:
    """Put the functional groups of one frame, counted from 1, into a header as if it had no other frame.

    No other frame's are parsed, which for thousands of frames takes seconds (PS3.3 C.7.6.16.1.2). Without such an
    item, or when it cannot be read, the header stays as it is: what all frames share still stands.
    """
    dataset.pop(_PER_FRAME_GROUPS, None)
    spot = scanned.item_of_frame(number)
    if spot is None:
        return
    begin, end, is_implicit = spot
    held = data if scanned.inflated is None else scanned.inflated
    try:
        groups = read_dataset(
            BytesIO(bytes(held[begin:end])),
            is_implicit_VR=is_implicit,
            is_little_endian=scanned.transfer_syntax != EXPLICIT_BIG_ENDIAN,
            parent_encoding=dataset.original_character_set,
            at_top_level=False,
        )
        dataset.add_new(_PER_FRAME_GROUPS, "SQ", [groups])
    except PYDICOM_TROUBLE:
        return


def pixels_in(data: Buffer, scanned: Prescanned) -> Pixels | None:
    """What a file that has passed the gate says of its pixel data, which no header parse reads; None without any."""
    if scanned.pixel_offset is None:
        return None
    held = data if scanned.inflated is None else scanned.inflated
    order: Literal["little", "big"] = "big" if scanned.transfer_syntax == EXPLICIT_BIG_ENDIAN else "little"
    head = bytes(held[scanned.pixel_offset : scanned.pixel_offset + 12])
    tag = int.from_bytes(head[:2], order) << 16 | int.from_bytes(head[2:4], order)
    if head[4:6] not in EXPLICIT_VRS:
        # PS3.5 A.1: in implicit VR it is OW.
        return Pixels(tag, VR_OF_TAG[tag].rpartition(" ")[2], is_empty=not any(head[4:8]))
    return Pixels(tag, head[4:6].decode("ascii"), is_empty=not any(head[8:12]))


def behind_pixels(data: Buffer, scanned: Prescanned) -> Dataset:
    """The elements that stand behind the pixel data; none where they are very long, or the data set is deflated."""
    begin, end = scanned.pixel_end, scanned.dataset_end
    if not 0 < begin < end or end - begin > _LONGEST_TAIL_BYTES or scanned.inflated is not None:
        return Dataset()
    tail = bytes(data[begin:end])
    try:
        return read_dataset(
            BytesIO(tail),
            is_implicit_VR=tail[4:6] not in EXPLICIT_VRS,
            is_little_endian=scanned.transfer_syntax != EXPLICIT_BIG_ENDIAN,
            at_top_level=False,
        )
    except PYDICOM_TROUBLE:
        return Dataset()


def skim(data: Buffer, scanned: Prescanned, wanted: Mapping[int, BaseTag]) -> Skimmed | None:
    """Take single elements out of a header that has passed the gate; None where only a parse will do.

    The gate has noted where each element lies, so the rest need not be touched. Values stay raw. Left to the parse is
    what it may refuse though the gate does not: sequences, and unusual text.
    """
    if not scanned.usual_meta:
        return None
    little = scanned.transfer_syntax != EXPLICIT_BIG_ENDIAN
    found: dict[int, RawDataElement] = {}
    encoding: str | None = "iso8859"
    for tag, vr, length, value in scanned.top:
        if length == UNDEFINED or tag < _FIRST_DATA_TAG:
            return None
        if (known := wanted.get(tag)) is None:
            continue
        text = None if vr is None else vr.decode("latin-1")
        if text == "SQ" or (text in (None, "UN") and VR_OF_TAG.get(tag) == "SQ"):
            return None
        raw = bytes(data[value : value + length])
        if tag == _CHARSET:
            encoding = _ENCODING_OF.get(raw.rstrip(b" \0")) if text in ("CS", None) else None
        # Where it lies is left out: the same element of two files is then the same.
        found[tag] = RawDataElement(known, text, length, raw, 0, vr is None, little)
    return None if encoding is None else Skimmed(found, encoding)


def _bytes_of(source: bytes | Path) -> bytes:
    if isinstance(source, bytes):
        return source
    try:
        return source.read_bytes()
    except OSError as error:
        raise UnreadableError(Flaw.MALFORMED, "The file cannot be opened.") from error


def _gate(data: Buffer) -> Prescanned:
    scanned = prescan(data)
    if isinstance(scanned, Flawed):
        raise UnreadableError(scanned.flaw, scanned.detail)
    return scanned


def _parsed(data: bytes, scanned: Prescanned) -> Dataset:
    """Let pydicom parse what the gate has let through."""
    try:
        return dcmread(BytesIO(data), force=scanned.headerless)
    except PYDICOM_TROUBLE as error:
        raise UnreadableError(Flaw.MALFORMED, "The file's elements contradict each other.") from error


def _parsed_inflated(data: Buffer, scanned: Prescanned, inflated: bytes) -> Dataset:
    """Parse a data set that is already inflated; pydicom would inflate it without a cap."""
    meta_part = _parsed(bytes(data[: scanned.dataset_offset]), scanned)
    try:
        elements = read_dataset(BytesIO(inflated), is_implicit_VR=False, is_little_endian=True)
        preamble = meta_part.preamble if isinstance(meta_part, FileDataset) else None
        dataset = FileDataset(BytesIO(), elements, preamble, meta_part.file_meta, is_implicit_VR=False)
        dataset.set_original_encoding(
            is_implicit_vr=False, is_little_endian=True, character_encoding=elements.original_character_set
        )
    except PYDICOM_TROUBLE as error:
        raise UnreadableError(Flaw.MALFORMED, "The file's elements contradict each other.") from error
    return dataset


def _with_plain_meta(inflated: bytes) -> bytes:
    """Give inflated elements a head, so that the gate takes them for an explicit little endian file."""
    uid = EXPLICIT_LITTLE_ENDIAN.encode("ascii") + b"\0"
    meta = b"\x02\x00\x10\x00UI" + len(uid).to_bytes(2, "little") + uid
    return b"\0" * 128 + b"DICM" + meta + inflated


def is_deflated(transfer_syntax: str) -> bool:
    """Say whether the whole data set of such a file is deflated."""
    return transfer_syntax in DEFLATED_SYNTAXES
