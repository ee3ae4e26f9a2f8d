"""Headers written anew in the explicit little endian encoding, every value as its bytes lie in the file (PS3.5 7.1)."""

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import BytesIO
from struct import pack
from typing import Final, TypeAlias

from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filereader import read_dataset
from pydicom.filewriter import write_data_element

from dicomgallery.dicom import elements, reader
from dicomgallery.dicom.leaves import pixels_signed, settled_vr
from dicomgallery.dicom.prescan import Buffer, Flaw, Prescanned
from dicomgallery.dicom.reader import PYDICOM_TROUBLE, UnreadableError
from dicomgallery.dicom.structure import LONG_VRS
from dicomgallery.dicom.transfer import DEFLATED_SYNTAXES, EXPLICIT_BIG_ENDIAN, IMPLICIT_LITTLE_ENDIAN
from dicomgallery.dicom.uids import IMPLEMENTATION_CLASS_UID
from dicomgallery.dicom.walk import Spot

Edits: TypeAlias = Mapping[int, tuple[str, bytes] | None]
"""What top-level elements become: VR and value, or None where they go."""

PIXEL_TAGS: Final = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010})
_GROUP_LENGTH, _VERSION, _CLASS, _INSTANCE = 0x00020000, 0x00020001, 0x00020002, 0x00020003
_SYNTAX, _IMPLEMENTATION = 0x00020010, 0x00020012
_WIDTHS: Final = {
    "US": "H", "SS": "H", "OW": "H", "AT": "H", "UL": "I", "SL": "I", "FL": "I", "OL": "I", "OF": "I",
    "FD": "Q", "OD": "Q", "OV": "Q", "SV": "Q", "UV": "Q",
}  # fmt: skip
"""Array types as wide as the numbers of a VR."""
_PADDED_BY_ZERO: Final = frozenset({"UI", "OB", "UN", "OW"})
_OFFSET_TABLE: Final = 0x7FE00001
_TABLE_BEGINS: Final = b"\xe0\x7f\x01\x00OV\0\0"
_MOST_SHORT: Final = 0xFFFF
_UNDEFINED: Final = 0xFFFFFFFF
_FRAME_GROUPS: Final = 0x52009230


def element(tag: int, vr: str, value: bytes) -> bytes:
    """One element; a value too long for its VR is written as UN (PS3.5 6.2.2)."""
    if len(value) % 2:
        value += b"\0" if vr in _PADDED_BY_ZERO else b" "
    code = vr.encode("ascii")
    if code not in LONG_VRS and len(value) > _MOST_SHORT:
        code = b"UN"
    return start_of(tag, code, len(value)) + value


def start_of(tag: int, code: bytes, length: int) -> bytes:
    """What stands before a value: tag, VR and length."""
    if code in LONG_VRS:
        return pack("<HH2sHI", tag >> 16, tag & 0xFFFF, code, 0, length)
    return pack("<HH2sH", tag >> 16, tag & 0xFFFF, code, length)


def head(dataset: Dataset, transfer_syntax: str, says: Mapping[int, str | None] | None = None) -> bytes:
    """The beginning of a file up to its data set: preamble, prefix, meta information (PS3.10 7.1).

    `dataset` is as it was parsed; what it says in its own meta information stays, but for the UIDs that `says` names.
    """
    meta = getattr(dataset, "file_meta", None) or Dataset()
    uid_of = {_CLASS: elements.first(dataset, 0x00080016), _INSTANCE: elements.first(dataset, 0x00080018)}
    edits: dict[int, tuple[str, bytes] | None] = {_GROUP_LENGTH: None}
    edits[_SYNTAX] = ("UI", transfer_syntax.encode("ascii", "ignore"))
    made = {_VERSION: ("OB", b"\0\1"), _IMPLEMENTATION: ("UI", IMPLEMENTATION_CLASS_UID.encode("ascii"))}
    made |= {tag: ("UI", uid.encode("ascii", "replace")) for tag, uid in uid_of.items()}
    edits |= {tag: said for tag, said in made.items() if tag not in meta}
    edits |= {tag: None if uid is None else ("UI", uid.encode("ascii")) for tag, uid in (says or {}).items()}
    body = b"".join(_elements(meta, edits))
    return b"\0" * 128 + b"DICM" + element(_GROUP_LENGTH, "UL", pack("<L", len(body))) + body


def header(data: Buffer, scanned: Prescanned, edits: Edits) -> bytes:
    """The data set up to its pixel data, or all of it when it has none; raises UnreadableError.

    Of a file that is in explicit little endian already, bytes are copied; only what `edits` names changes.
    """
    if _is_plainly_explicit(scanned) and not _reaches_frames(scanned, edits):
        return b"".join(_patched(data, scanned, _settled(edits)))
    return anew(reader.parse_frames(data, scanned), edits)


def rest(data: Buffer, begin: int, scanned: Prescanned) -> bytes:
    """What follows the pixel data, which end at `begin`; empty when it cannot be read."""
    if begin >= scanned.dataset_end:
        return b""
    held = bytes(data[begin : scanned.dataset_end])
    if _is_plainly_explicit(scanned) or scanned.transfer_syntax in DEFLATED_SYNTAXES:
        return held
    is_implicit = scanned.transfer_syntax == IMPLICIT_LITTLE_ENDIAN
    try:
        dataset = read_dataset(BytesIO(held), is_implicit, scanned.transfer_syntax != EXPLICIT_BIG_ENDIAN)
        return anew(dataset, {})
    except (*PYDICOM_TROUBLE, UnreadableError):
        return b""


def _is_plainly_explicit(scanned: Prescanned) -> bool:
    is_explicit = scanned.transfer_syntax not in {IMPLICIT_LITTLE_ENDIAN, EXPLICIT_BIG_ENDIAN}
    # What the declared syntax says is one thing; some files are explicit by name and implicit by their bytes.
    return is_explicit and scanned.inflated is None and all(vr is not None for _, vr, _, _ in scanned.top)


def _reaches_frames(scanned: Prescanned, edits: Edits) -> bool:
    """Say whether an edit lies in the groups of frames or behind them, where no element's place is noted."""
    end = scanned.dataset_end if scanned.pixel_offset is None else scanned.pixel_offset
    return scanned.header_end < end and any(_FRAME_GROUPS <= tag < _OFFSET_TABLE for tag in edits)


def _settled(edits: Edits) -> Edits:
    """The lengths of groups go with any change in them (PS3.5 7.2 retired them)."""
    return {**{tag & 0xFFFF0000: None for tag in edits}, **edits}


def _patched(data: Buffer, scanned: Prescanned, edits: Edits) -> Iterator[bytes]:
    end = scanned.dataset_end if scanned.pixel_offset is None else scanned.pixel_offset
    there = {tag for tag, _, _, _ in scanned.top}
    coming = [(tag, said) for tag, said in sorted(edits.items()) if said is not None and tag not in there]
    position = scanned.dataset_offset
    # Where a value of undefined length ends is where the next element begins.
    ends = [_begin(spot) for spot in scanned.top[1:]] + [scanned.header_end]
    for (tag, vr, length, value), end_of_it in zip(scanned.top, ends, strict=True):
        begin = _begin((tag, vr, length, value))
        while coming and coming[0][0] < tag:
            yield bytes(data[position:begin])
            position = begin
            asked, said = coming.pop(0)
            yield element(asked, *said)
        if tag in edits:
            yield bytes(data[position:begin])
            position = end_of_it if length == _UNDEFINED else value + length
            if (replaced := edits[tag]) is not None:
                yield element(tag, *replaced)
    # Nothing that is edited stands behind the groups of frames, but for the tables of where frames begin.
    yield bytes(data[position : scanned.header_end])
    yield from (element(tag, *said) for tag, said in coming)
    last = bytes(data[scanned.header_end : end])
    yield _without_offset_tables(last) if _OFFSET_TABLE in edits else last


def _begin(spot: Spot) -> int:
    """Where an element of an explicit file begins."""
    return spot[3] - (12 if spot[1] in LONG_VRS else 8)


def _without_offset_tables(held: bytes) -> bytes:
    """What stands before pixel data, less the Extended Offset Table that may be its end (PS3.3 C.7.6.3.1.8)."""
    found = held.rfind(_TABLE_BEGINS)
    position = found
    while 0 <= position <= len(held) - 12 and held[position : position + 2] == _TABLE_BEGINS[:2]:
        position += 12 + int.from_bytes(held[position + 8 : position + 12], "little")
    return held[:found] if found >= 0 and position == len(held) else held


def anew(dataset: Dataset, edits: Edits) -> bytes:
    """The elements of a data set that was parsed, what `edits` names changed; raises UnreadableError."""
    try:
        return b"".join(_elements(dataset, edits))
    except PYDICOM_TROUBLE as error:
        raise UnreadableError(Flaw.MALFORMED, "The file's elements contradict each other.") from error


def _elements(dataset: Dataset, edits: Edits, *, signed: bool = False, nested: bool = False) -> Iterator[bytes]:
    signed = pixels_signed(dataset, signed=signed)
    for tag in sorted({*map(int, dataset.keys()), *edits}):
        if tag in edits:
            if (said := edits[tag]) is not None:
                yield element(tag, *said)
            continue
        # Pixel data of the top level are copied by whoever asks; those of an icon belong to its sequence.
        if (tag in PIXEL_TAGS and not (nested and _is_native(dataset, tag))) or (
            tag & 0xFFFF == 0 and tag != _GROUP_LENGTH
        ):
            continue
        if (found := value_of(dataset, tag, signed=signed)) is not None:
            vr, value = found
            yield element(tag, vr, value) if isinstance(value, bytes) else _sequence(tag, value, signed=signed)


def value_of(dataset: Dataset, tag: int, *, signed: bool) -> tuple[str, bytes | Sequence[Dataset]] | None:
    """The VR of an element and its value, in little endian, as they are written; or the items of a sequence.

    `signed` settles "US or SS"; None when there is no such element.
    """
    found = elements.as_stored(dataset, tag)
    if found is None:
        return None
    if isinstance(found, RawDataElement):
        value, vr = found.value or b"", settled_vr(dataset, found, signed=signed)
        if vr == "SQ":
            items = elements.items(dataset, tag)
            return ("SQ", items) if items or not value else ("UN", value)
        return vr, value if found.is_little_endian else swapped(value, vr)
    if found.VR == "SQ":
        held = found.value if isinstance(found.value, Iterable) else ()
        return "SQ", [item if isinstance(item, Dataset) else Dataset() for item in held]
    written = _written(dataset, found)
    return written[4:6].decode("ascii"), written[12 if written[4:6] in LONG_VRS else 8 :]


def swapped(value: bytes, vr: str) -> bytes:
    """A big endian value as little endian."""
    if vr not in _WIDTHS:
        return value
    numbers = array(_WIDTHS[vr])
    whole = len(value) // numbers.itemsize * numbers.itemsize
    numbers.frombytes(value[:whole])
    numbers.byteswap()
    return numbers.tobytes() + value[whole:]


def _sequence(tag: int, items: Iterable[Dataset], *, signed: bool) -> bytes:
    return element(
        tag, "SQ", b"".join(in_item(b"".join(_elements(item, {}, signed=signed, nested=True))) for item in items)
    )


def _is_native(dataset: Dataset, tag: int) -> bool:
    """Say whether pixel data lie there as numbers, and not in fragments whose marks were read away."""
    found = elements.as_stored(dataset, tag)
    if isinstance(found, RawDataElement):
        return found.length != _UNDEFINED
    return found is not None and not found.is_undefined_length


def in_item(body: bytes) -> bytes:
    """An item of a sequence, its length told (PS3.5 7.5)."""
    return pack("<HHI", 0xFFFE, 0xE000, len(body)) + body


def _written(dataset: Dataset, found: DataElement) -> bytes:
    """An element that pydicom has converted already: the character set, which it reads by itself."""
    file = DicomBytesIO()
    file.is_little_endian, file.is_implicit_VR = True, False
    write_data_element(file, found, elements.charsets(dataset))
    return bytes(file.getvalue())
