"""What arrives: a display name and bytes; nothing is known of them yet."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from dicomgallery.storage.staging import StagedFile


class Origin(StrEnum):
    """The door a file came through."""

    FORM = "form"
    API = "api"
    CLI = "cli"
    DEMO = "demo"
    DICOMWEB = "dicomweb"
    EDITOR = "editor"
    DEIDENTIFIED = "deidentified"
    """Made here of what was here."""


class Naming(StrEnum):
    """What a file name that is already taken in a collection means."""

    STRICT = "strict"
    """The file is rejected as a duplicate (contract C)."""
    LENIENT = "lenient"
    """The file gets a name beside it."""


@dataclass(frozen=True, slots=True)
class IncomingFile:
    """A display name and a way to get the bytes."""

    name: str
    source: StagedFile | Callable[[], BinaryIO]
    """Bytes that a door has already staged, or a stream to stage."""
    replaces: int | None = None
    """The instance that it is to stand in for though it has another UID: an edited file and its source."""


def from_path(path: Path, name: str) -> IncomingFile:
    """A file on the server's own disk; it is copied, never moved."""
    return IncomingFile(name, lambda: path.open("rb"))
