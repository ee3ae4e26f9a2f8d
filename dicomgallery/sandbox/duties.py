"""What a child may use, and for whom it works."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final, Self

from dicomgallery.settings import GIB, MIB, Settings


class Urgency(StrEnum):
    """Who waits for a task."""

    PERSON = "person"
    BACKGROUND = "background"


@dataclass(frozen=True, slots=True)
class Duties:
    """The limits a child lives under; it is replaced after `tasks`, or when it has grown by `growth_bytes`."""

    niceness: int
    silence_seconds: float
    """The longest it may go without a word before it is ended."""
    cpu_seconds: int
    """For one task; the kernel's own clock, should nobody else be left to end it."""
    memory_bytes: int
    file_bytes: int
    open_files: int = 64
    tasks: int = 2000
    growth_bytes: int = 192 * MIB

    def as_fields(self) -> dict[str, Any]:
        """The duties as a message carries them."""
        return asdict(self)

    @classmethod
    def from_fields(cls, fields: dict[str, Any]) -> Self:
        """The duties a message carries."""
        return cls(**fields)


_LEAST_SILENCE_OF_LONG_TASKS: Final = 60


def of_pictures(settings: Settings, urgency: Urgency) -> Duties:
    """The duties of a child that makes pictures."""
    return Duties(
        # A niced child cannot be brought back by a plain user, so the two urgencies have children of their own.
        niceness=0 if urgency is Urgency.PERSON else 10,
        silence_seconds=settings.sandbox_seconds,
        cpu_seconds=settings.sandbox_seconds + 5,
        memory_bytes=settings.sandbox_memory_bytes,
        file_bytes=1 * GIB,
    )


def of_long_tasks(settings: Settings) -> Duties:
    """The duties of a child that works for as long as it goes on telling of progress."""
    silence = max(_LEAST_SILENCE_OF_LONG_TASKS, settings.sandbox_seconds)
    return Duties(
        niceness=5,
        silence_seconds=silence,
        cpu_seconds=30 * 60,
        memory_bytes=settings.sandbox_memory_bytes,
        file_bytes=max(settings.max_archive_bytes, GIB),
        tasks=20,
    )
