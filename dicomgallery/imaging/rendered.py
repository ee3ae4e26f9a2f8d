"""A picture as bytes; apart from what makes it, so that whoever only passes pictures on loads no codec."""

from dataclasses import dataclass
from typing import Final

RENDERER_VERSION: Final = "6"
"""Changes whenever the same file and spec give other bytes; pictures made before are then made again."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """An encoded picture, and in words how it came to look so."""

    data: bytes
    media_type: str
    width: int
    height: int
    notes: tuple[str, ...] = ()
