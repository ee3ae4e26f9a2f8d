"""How far an upload is, and what became of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Self

from dicomgallery.client.sources import Item


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an upload is; what the gallery has already counts as done."""

    done_bytes: int
    total_bytes: int
    done_files: int
    total_files: int


@dataclass(frozen=True, slots=True)
class FileOutcome:
    """What became of one file."""

    name: str
    outcome: str
    """accepted, duplicate, restored or rejected."""
    id: int | None = None
    """Of the image's row; None where it was rejected."""
    replaced: int | None = None
    """The id of the image that it replaced."""
    reason: str = ""
    detail: str = ""
    """Why it was rejected, in a sentence."""

    @classmethod
    def of(cls, told: dict[str, Any]) -> Self:
        """As the gallery tells it; what a newer one may say besides is left out."""
        return cls(**{name: told[name] for name in cls.__slots__ if name in told})


@dataclass(slots=True)
class Uploaded:
    """What became of an upload."""

    receipt: int | None = None
    """The number under which the gallery keeps the account: `/receipts/<number>`. None when there was nothing."""
    files: list[FileOutcome] = field(default_factory=list)

    @property
    def ids(self) -> list[int]:
        """The rows of all images that were kept, or were here already."""
        return [one.id for one in self.files if one.id is not None]

    @property
    def rejected(self) -> list[FileOutcome]:
        """What was not taken, each with its reason."""
        return [one for one in self.files if one.outcome == "rejected"]

    def count(self, outcome: str) -> int:
        """How many files had this outcome."""
        return sum(one.outcome == outcome for one in self.files)


class Meter:
    """Counts what has gone, from several threads, and tells whoever wants to know."""

    def __init__(self, items: Sequence[Item], listener: Callable[[Progress], None] | None) -> None:
        self._total_bytes, self._total_files = sum(item.size_bytes for item in items), len(items)
        self._bytes = self._files = 0
        self._listener = listener
        self._lock = Lock()

    def count(self, size_bytes: int, files: int = 0) -> None:
        """Count so much more, or less when it has to be sent again."""
        with self._lock:
            self._bytes, self._files = self._bytes + size_bytes, self._files + files
            if self._listener is not None:
                self._listener(Progress(self._bytes, self._total_bytes, self._files, self._total_files))
