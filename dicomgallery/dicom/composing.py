"""A DICOM file made of metadata and of bulk data that came apart from it (PS3.18 8.6.1.2.2, annex F)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from struct import pack
from typing import Any, BinaryIO, Final

from pydicom.config import settings as pydicom_settings
from pydicom.dataelem import DataElement, RawDataElement, convert_raw_data_element
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filewriter import dcmwrite
from pydicom.tag import Tag
from pydicom.uid import UID
from pydicom.valuerep import BUFFERABLE_VRS

from dicomgallery.dicom.models import MalformedError, checked
from dicomgallery.dicom.pieces import Pieces, Stretch
from dicomgallery.dicom.reader import PYDICOM_TROUBLE
from dicomgallery.dicom.transfer import EXPLICIT_BIG_ENDIAN, EXPLICIT_LITTLE_ENDIAN, is_encapsulated
from dicomgallery.dicom.uids import IMPLEMENTATION_CLASS_UID, is_valid
from dicomgallery.errors import RefusedError

SYNTAX_OF: Final = {
    "image/jpeg": "1.2.840.10008.1.2.4.70",
    "image/dicom-rle": "1.2.840.10008.1.2.5",
    "image/x-dicom-rle": "1.2.840.10008.1.2.5",
    "image/jls": "1.2.840.10008.1.2.4.80",
    "image/x-jls": "1.2.840.10008.1.2.4.80",
    "image/jp2": "1.2.840.10008.1.2.4.90",
    "image/jpx": "1.2.840.10008.1.2.4.92",
    "image/jphc": "1.2.840.10008.1.2.4.201",
    "image/jxl": "1.2.840.10008.1.2.4.110",
    "video/mpeg": "1.2.840.10008.1.2.4.100",
    "video/mp4": "1.2.840.10008.1.2.4.102",
    "video/h265": "1.2.840.10008.1.2.4.107",
}
"""The transfer syntax of pixel data whose media type comes without one (PS3.18 tables 8.7.3-4 and 8.7.3-5)."""
LONGEST_VALUE: Final = 16 << 20
"""A value that is no binary one is parsed in memory."""

_PIXEL_DATA: Final = "7FE00010"
_UNDEFINED: Final = 0xFFFFFFFF
_ITEM: Final = b"\xfe\xff\x00\xe0"
_LEFT_OUT: Final = frozenset({"00083002"})
"""Available Transfer Syntax UID says how a server holds it (PS3.18 10.6.3.3)."""
_IN_PARTS: Final = "A value that is not compressed came in several parts."


class NotComposedError(RefusedError):
    """No file can be made of this metadata; `sop_uids` are its class and instance, as far as they are known."""

    def __init__(self, message: str, sop_uids: tuple[str, str]) -> None:
        super().__init__(message)
        self.sop_uids = sop_uids


@dataclass(frozen=True, slots=True)
class Bulk:
    """A value that came by itself."""

    media_type: str
    transfer_syntax: str
    """As declared; empty where it is not."""
    content: Stretch

    @property
    def syntax(self) -> str:
        """The transfer syntax that its bytes are in."""
        return self.transfer_syntax or SYNTAX_OF.get(self.media_type, EXPLICIT_LITTLE_ENDIAN)


Finder = Callable[[str], Sequence[Bulk]]
"""All that came for a BulkDataURI, frame by frame."""


def compose(model: object, find: Finder, into: BinaryIO) -> None:
    """Write the DICOM file of one DICOM JSON object; binary values are copied in pieces. Raises NotComposedError."""
    try:
        elements = checked(model)
    except MalformedError as error:
        raise NotComposedError(error.message, ("", "")) from error
    sop_uids = (_uid(elements, "00080016"), _uid(elements, "00080018"))
    if not all(sop_uids):
        raise NotComposedError("Its metadata lacks a valid SOP Class UID or SOP Instance UID.", sop_uids)
    try:
        dataset, syntax = _dataset(elements, find)
        dataset.file_meta = _meta(*sop_uids, syntax)
        dcmwrite(into, dataset, enforce_file_format=True)
    except _CannotError as error:
        raise NotComposedError(str(error), sop_uids) from error
    except PYDICOM_TROUBLE as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise NotComposedError("Its metadata holds values that do not fit their VR.", sop_uids) from error


class _CannotError(Exception):
    """A reason, in a sentence."""


def _dataset(elements: dict[str, Any], find: Finder) -> tuple[Dataset, str]:
    syntax, pixels, plain = EXPLICIT_LITTLE_ENDIAN, None, []
    told = elements.get(_PIXEL_DATA)
    if told is not None and "BulkDataURI" in told:
        parts = _found(find, told["BulkDataURI"])
        syntax = parts[0].syntax
        if syntax == EXPLICIT_BIG_ENDIAN or any(part.syntax != syntax for part in parts):
            raise _CannotError("Its pixel data is big endian, or in several transfer syntaxes.")
        if is_encapsulated(syntax):
            pixels = _encapsulated(parts, _frame_count(elements))
            elements = {tag: told for tag, told in elements.items() if tag != _PIXEL_DATA}
        else:
            syntax = EXPLICIT_LITTLE_ENDIAN
            plain = list(parts)
            if len(plain) > 1:
                raise _CannotError(_IN_PARTS)
    # PS3.18 annex F is UTF-8 throughout, and whatever it says can be said in that.
    kept = {tag: told for tag, told in elements.items() if tag > "0007FFFF" and tag not in _LEFT_OUT}
    kept["00080005"] = {"vr": "CS", "Value": ["ISO_IR 192"]}
    dataset = Dataset.from_json(dict(sorted(kept.items())), _values(find, plain))
    if pixels is not None:
        dataset.add(pixels)
    return dataset, syntax


def _values(find: Finder, pixels: list[Bulk]) -> Callable[[str, str, str], Any]:
    def value(tag: str, vr: str, uri: str) -> Any:
        # Each value is there once; an item of a sequence may have pixel data of its own.
        parts = [pixels.pop()] if tag == _PIXEL_DATA and pixels else _found(find, uri)
        if len(parts) > 1:
            raise _CannotError(_IN_PARTS)
        [part] = parts
        size = part.content.size_bytes
        if vr in BUFFERABLE_VRS and size < _UNDEFINED - 1:
            # pydicom writes the length as it is, and its padding besides.
            return Pieces([part.content, b"\0" * (size % 2)])
        if size > LONGEST_VALUE or vr == "SQ":
            raise _CannotError("A value that came by itself is too long for its VR.")
        raw = part.content.read(0, size)
        element = RawDataElement(Tag(tag), vr, size, raw, 0, is_implicit_VR=False, is_little_endian=True)
        return convert_raw_data_element(element, encoding=["utf8"]).value

    return value


def _found(find: Finder, uri: str) -> Sequence[Bulk]:
    parts = find(uri)
    if not parts:
        raise _CannotError("Its metadata refers to bulk data that did not come with it, or refers to it twice.")
    return parts


def _encapsulated(parts: Sequence[Bulk], frames: int) -> DataElement:
    """The frames as fragments (PS3.5 A.4); a video is one whatever its frames."""
    is_video = parts[0].media_type.startswith("video/")
    if not is_video and len(parts) != frames:
        raise _CannotError(f"It says that it has {frames} frames, but {len(parts)} compressed ones came.")
    starts = [0, *accumulate(8 + _even(part.content.size_bytes) for part in parts)]
    if any(part.content.size_bytes > _UNDEFINED - 2 for part in parts):
        raise _CannotError("A compressed frame is larger than DICOM can hold.")
    # A.4: the offsets of a larger one do not fit into its table, and a video has none.
    table = pack(f"<{len(parts)}L", *starts[:-1]) if not is_video and starts[-1] < _UNDEFINED else b""
    pieces: list[Stretch | bytes] = [_ITEM + pack("<L", len(table)) + table]
    for part in parts:
        size = part.content.size_bytes
        pieces += [_ITEM + pack("<L", _even(size)), part.content, b"\0" * (size % 2)]
    element = DataElement(0x7FE00010, "OB", Pieces(pieces))
    element.is_undefined_length = True
    return element


def _even(size: int) -> int:
    return size + size % 2


def _frame_count(elements: Mapping[str, Any]) -> int:
    values = elements.get("00280008", {}).get("Value") or [1]
    text = str(values[0]).strip()
    return int(text) if text.isdecimal() and len(text) < 10 else 1


def _uid(elements: Mapping[str, Any], tag: str) -> str:
    values = elements.get(tag, {}).get("Value") or [""]
    text = values[0].strip(" \0") if isinstance(values[0], str) else ""
    return text if is_valid(text) else ""


def _meta(sop_class_uid: str, sop_uid: str, syntax: str) -> FileMetaDataset:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UID(sop_class_uid)
    meta.MediaStorageSOPInstanceUID = UID(sop_uid)
    meta.TransferSyntaxUID = UID(syntax)
    meta.ImplementationClassUID = UID(IMPLEMENTATION_CLASS_UID)
    meta.ImplementationVersionName = "DICOMGALLERY"
    return meta


pydicom_settings.buffered_read_size = 1 << 20
"""How much of a binary value is copied at once."""
