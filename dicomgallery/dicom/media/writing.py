"""A DICOMDIR written record by record, in memory that does not grow with it (PS3.3 F.3)."""

from collections.abc import Mapping, Sequence
from struct import pack
from typing import IO, Final, NamedTuple

from pydicom.dataset import Dataset

from dicomgallery.dicom import rewriting
from dicomgallery.dicom.directory import DIRECTORY_CLASS
from dicomgallery.dicom.media import keys
from dicomgallery.dicom.transfer import EXPLICIT_LITTLE_ENDIAN

FILE_NAME: Final = "DICOMDIR"
_FIRST, _LAST, _FLAG, _RECORDS = 0x00041200, 0x00041202, 0x00041212, 0x00041220
_NEXT, _IN_USE, _LOWER, _KIND, _FILE = 0x00041400, 0x00041410, 0x00041420, 0x00041430, 0x00041500
_SOP_CLASS, _SOP_INSTANCE, _SYNTAX = 0x00041510, 0x00041511, 0x00041512
_CHARACTER_SET: Final = 0x00080005
_ITEM_HEAD: Final = 8
_NEXT_AT: Final = _ITEM_HEAD + 8
"""Where the offset of the next record lies in its item, behind its own tag, VR and length."""
_LOWER_AT: Final = _NEXT_AT + 4 + 10 + 8


class FileRef(NamedTuple):
    """The object that a file holds."""

    sop_class_uid: str
    sop_uid: str
    transfer_syntax: str


class DirectoryWriter:
    """A directory on its way into a file that can be sought in; records come depth first."""

    def __init__(self, file: IO[bytes], sop_uid: str) -> None:
        self._file = file
        says = {0x00020002: DIRECTORY_CLASS, 0x00020003: sop_uid}
        file.write(rewriting.head(Dataset(), EXPLICIT_LITTLE_ENDIAN, says))
        file.write(keys.element(0x00041130, "CS", ""))
        self._first_at = self._put(rewriting.element(_FIRST, "UL", bytes(4))) + 8
        self._last_at = self._put(rewriting.element(_LAST, "UL", bytes(4))) + 8
        file.write(rewriting.element(_FLAG, "US", bytes(2)))
        self._records_at = self._put(rewriting.start_of(_RECORDS, b"SQ", 0)) + 12
        self._newest: list[int] = []
        """The offset of the newest record of each level."""

    def add(
        self,
        level: int,
        kind: str,
        says: Mapping[int, bytes],
        path: Sequence[str] = (),
        stands_for: FileRef | None = None,
    ) -> None:
        """Write a record below the newest one of the level above; the root is level 0."""
        elements = dict(says)
        elements[_NEXT] = rewriting.element(_NEXT, "UL", bytes(4))
        elements[_IN_USE] = rewriting.element(_IN_USE, "US", b"\xff\xff")
        elements[_LOWER] = rewriting.element(_LOWER, "UL", bytes(4))
        elements[_KIND] = keys.element(_KIND, "CS", kind)
        if stands_for is not None:
            elements[_FILE] = keys.element(_FILE, "CS", "\\".join(path))
            for tag, uid in zip((_SOP_CLASS, _SOP_INSTANCE, _SYNTAX), stands_for, strict=True):
                elements[tag] = keys.element(tag, "UI", uid)
        if not all(one.isascii() for one in says.values()):
            elements[_CHARACTER_SET] = keys.element(_CHARACTER_SET, "CS", "ISO_IR 192")
        offset = self._put(rewriting.in_item(b"".join(elements[tag] for tag in sorted(elements))))
        self._link(level, offset)

    def finish(self) -> int:
        """Close the directory; gives its size in bytes."""
        size = self._file.tell()
        if self._newest:
            self._patch(self._last_at, self._newest[0])
        self._patch(self._records_at - 4, size - self._records_at)
        return size

    def _link(self, level: int, offset: int) -> None:
        if level < len(self._newest):
            self._patch(self._newest[level] + _NEXT_AT, offset)
        elif level:
            self._patch(self._newest[level - 1] + _LOWER_AT, offset)
        else:
            self._patch(self._first_at, offset)
        self._newest[level:] = [offset]

    def _put(self, data: bytes) -> int:
        offset = self._file.tell()
        self._file.write(data)
        return offset

    def _patch(self, place: int, number: int) -> None:
        end = self._file.tell()
        self._file.seek(place)
        self._file.write(pack("<I", number))
        self._file.seek(end)
