"""Folders of de-identified files with their identity put back; needs neither server nor database.

The private key is handed in, used and forgotten: nothing of it is ever written.
"""

import mmap
import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Final

from dicomgallery.deid.decrypting import KeyPair
from dicomgallery.deid.restoring import restored
from dicomgallery.dicom.prescan import Flaw
from dicomgallery.dicom.reader import UnreadableError
from dicomgallery.errors import GalleryError, RefusedError

_CHUNK: Final = 1 << 20
_NOT_FOR_US: Final = frozenset({Flaw.NOT_DICOM, Flaw.EMPTY})
_ONLY_OWNER: Final = 0o600
"""Whoever may read the copies need not be allowed to read the names."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file."""

    name: str
    """Its path in the folder."""
    attributes: int = 0
    """How many are back."""
    problem: str = ""
    """Why they are not; empty when all is well."""
    remark: str = ""
    is_left_out: bool = False
    """It is no DICOM file, so nothing was done and nothing failed."""


def reidentify(source: Path, target: Path, pair: KeyPair, *, without_seal: bool = False) -> Iterator[Outcome]:
    """Write each file of a folder, or one file, with its original attributes to the same place in `target`.

    One that fails does not stop the rest; nothing that is there already is written over.
    """
    if source.is_file():
        yield _one(
            source, target / source.name if target.is_dir() else target, source.name, pair, without_seal=without_seal
        )
        return
    if target.resolve().is_relative_to(source.resolve()):
        raise RefusedError("The folder to write to must not lie in the one that is read.")
    for path in sorted(one for one in source.rglob("*") if one.is_file() and not one.is_symlink()):
        name = path.relative_to(source)
        yield _one(path, target / name, str(name), pair, without_seal=without_seal)


def _one(source: Path, target: Path, name: str, pair: KeyPair, *, without_seal: bool) -> Outcome:
    try:
        with source.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            found = restored(data, pair, without_seal=without_seal)
            begin, end = found.copied
            _write(target, chain([found.before], _pieces(data, begin, end), [found.after]))
    except UnreadableError as error:
        return Outcome(name, problem=error.message, is_left_out=error.flaw in _NOT_FOR_US)
    except GalleryError as error:
        return Outcome(name, problem=error.message)
    except FileExistsError:
        return Outcome(name, problem="There is a file of this name already; nothing is written over.")
    except ValueError:
        return Outcome(name, problem="The file is empty.", is_left_out=True)
    except OSError as error:
        return Outcome(name, problem=f"The disk refused: {error.strerror or type(error).__name__}.")
    remark = "" if found.is_whole else "some attributes are encrypted for others and stay so"
    return Outcome(name, found.attributes, remark=remark)


def _pieces(data: mmap.mmap, begin: int, end: int) -> Iterator[bytes]:
    return (data[at : min(at + _CHUNK, end)] for at in range(begin, end, _CHUNK))


def _write(target: Path, pieces: Iterator[bytes]) -> None:
    """Write a new file that is whole or not there."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _ONLY_OWNER), "wb") as file:
            file.writelines(pieces)
        # A link fails where a file stands; a rename would take its place.
        os.link(part, target)
    finally:
        part.unlink(missing_ok=True)
