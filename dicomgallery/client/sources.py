"""What can be sent, piece by piece: folders, files, bytes, pydicom datasets; and the tar that it travels in."""

import copy
import hashlib
import io
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tarfile import PAX_FORMAT, TarInfo
from typing import Any, BinaryIO, Final

from dicomgallery.client.errors import GalleryError, package

_PIECE: Final = 1 << 18
_HEAD: Final = 512
_BLOCK: Final = 512
_END: Final = bytes(2 * _BLOCK)
_PACKED: Final = (b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b")
"""How ZIPs and gzipped files begin (APPNOTE 4.3.7, RFC 1952)."""

Watch = Callable[[Iterator[bytes]], Iterator[bytes]]


class FileError(GalleryError):
    """A file that cannot be sent, whatever becomes of the others."""

    def __init__(self, item: "Item", reason: str, sentence: str) -> None:
        super().__init__(sentence)
        self.item = item
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Item:
    """One file that is to be sent; its bytes are read when they are needed, and never held."""

    name: str
    size_bytes: int
    open: Callable[[], BinaryIO]

    @property
    def header(self) -> bytes:
        """What stands before it in a tar (POSIX 1003.1, pax)."""
        told = TarInfo(self.name)
        told.size, told.mode = self.size_bytes, 0o600
        return told.tobuf(PAX_FORMAT, "utf-8")

    def pieces(self) -> Iterator[bytes]:
        """Its bytes; FileError when they cannot be read, or are not as many as they were."""
        left = self.size_bytes
        with self._opened() as file:
            while piece := self._read(file, _PIECE):
                left -= len(piece)
                if left < 0:
                    break
                yield piece
        if left:
            raise FileError(self, "changed", "The file was changed while it was sent. Send it again.")

    def is_archive(self) -> bool:
        """Say whether it holds files itself, which the gallery unpacks."""
        with self._opened() as file:
            head = self._read(file, _HEAD)
        return head.startswith(_PACKED) or head[257:262] == b"ustar"

    def sha256(self) -> str:
        """In small hexadecimal digits."""
        summed = hashlib.sha256()
        with self._opened() as file:
            while piece := self._read(file, _PIECE):
                summed.update(piece)
        return summed.hexdigest()

    def _opened(self) -> BinaryIO:
        try:
            return self.open()
        except OSError as error:
            raise self._unreadable(error) from error

    def _read(self, file: BinaryIO, most: int) -> bytes:
        try:
            return file.read(most)
        except OSError as error:
            raise self._unreadable(error) from error

    def _unreadable(self, error: OSError) -> FileError:
        return FileError(self, "unreadable", f"The file could not be read here: {error.strerror or error}.")


def items_of(what: Iterable[Any]) -> list[Item]:
    """The files that these stand for; TypeError for what cannot be sent, FileNotFoundError for what is not there."""
    return [item for number, one in enumerate(_flat(what), 1) for item in _items(one, number)]


def _flat(what: Iterable[Any]) -> Iterator[Any]:
    for one in what:
        yield from _flat(one) if isinstance(one, list) else [one]


def _items(one: Any, number: int, name: str = "") -> Iterator[Item]:
    if isinstance(one, tuple) and len(one) == 2:
        yield from _items(one[1], number, str(one[0]))
    elif isinstance(one, bytes | bytearray | memoryview):
        yield _held(name or f"file-{number}", bytes(one))
    elif isinstance(one, str | os.PathLike):
        yield from _on_disk(Path(one), name)
    elif hasattr(one, "save_as"):
        yield _held(name or f"dataset-{number}.dcm", _written(one))
    else:
        raise TypeError(f"Send paths, bytes or pydicom datasets, or pairs of a name and one of these, not {type(one)}.")


def _written(dataset: Any) -> bytes:
    """A dataset as a file; in Explicit VR Little Endian where it does not say how it is written."""
    if not hasattr(getattr(dataset, "file_meta", None), "TransferSyntaxUID"):
        pydicom = package("pydicom", "A dataset")
        # A shallow copy: whoever sends it finds it as it was.
        dataset = copy.copy(dataset)
        dataset.file_meta = pydicom.dataset.FileMetaDataset()
        dataset.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    written = io.BytesIO()
    dataset.save_as(written, enforce_file_format=True)
    return written.getvalue()


def _on_disk(path: Path, name: str) -> Iterator[Item]:
    """A file; of a folder all that is in it, named from the folder on. Links to folders are not followed."""
    name = name or path.resolve().name
    if not path.is_dir():
        yield _file(path, name)
        return
    for folder, folders, files in os.walk(path):
        folders.sort()
        for file in sorted(files):
            inside = Path(folder, file)
            if inside.is_file():
                yield _file(inside, f"{name}/{inside.relative_to(path).as_posix()}")


def _file(path: Path, name: str) -> Item:
    return Item(_plain(name), path.stat().st_size, lambda: path.open("rb"))


def _held(name: str, data: bytes) -> Item:
    return Item(_plain(name), len(data), lambda: io.BytesIO(data))


def _plain(name: str) -> str:
    """A name that can be sent; file systems have some that are no text."""
    return name.encode("utf-8", "replace").decode().replace("\0", "?")


def tar_size(items: Iterable[Item]) -> int:
    """How many bytes `tar` makes of these."""
    return sum(len(item.header) + item.size_bytes + -item.size_bytes % _BLOCK for item in items) + len(_END)


def tar(items: Iterable[Item], watch: Watch) -> Iterator[bytes]:
    """A stored tar of these, made while it is sent; `watch` sees the bytes of each file pass."""
    for item in items:
        yield item.header
        yield from watch(item.pieces())
        yield bytes(-item.size_bytes % _BLOCK)
    yield _END
