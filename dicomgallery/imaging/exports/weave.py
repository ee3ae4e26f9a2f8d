"""All that decides a file made of many pictures; apart from what makes it, so that asking for one loads little."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final, Self

RESULT: Final = "woven"
"""The file that it leaves in the folder."""


class Form(StrEnum):
    """What the pictures become."""

    GIF = "gif"
    WEBP = "webp"
    MP4 = "mp4"
    SHEET = "sheet"
    PDF = "pdf"


@dataclass(frozen=True, slots=True)
class Weave:
    """All that decides the file."""

    form: Form
    longest_side: int
    fps: float = 1.0

    def as_fields(self) -> dict[str, Any]:
        """What a message carries."""
        return asdict(self)

    @classmethod
    def from_fields(cls, fields: dict[str, Any]) -> Self:
        """What a message carried."""
        return cls(Form(fields["form"]), int(fields["longest_side"]), float(fields["fps"]))
