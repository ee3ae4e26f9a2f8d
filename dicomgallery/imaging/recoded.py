"""A piece of an object in another transfer syntax; apart from what makes it, so that passing it on loads no codec."""

from dataclasses import dataclass
from typing import Final

RECODER_VERSION: Final = "1"
"""Changes whenever the same file and transfer syntax give other bytes."""


@dataclass(frozen=True, slots=True)
class Recoded:
    """A piece of an object: bytes, then a part of the stored file, then bytes again."""

    before: bytes
    copied: tuple[int, int] = (0, 0)
    """Where the part begins and ends in the file; empty when there is none."""
    after: bytes = b""
    next_frame: int = 0
    """The frame that the next piece begins with, counted from 0; 0 when this piece is the last."""
    size_bytes: int | None = None
    """Of the whole object, told with its first piece where it is known."""
