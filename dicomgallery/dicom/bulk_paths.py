"""Where a value lies in a data set, as the end of an address: `7FE00010`, or `00089215/0/00720068` in a sequence.

Tags are 8 hexadecimal digits; between them stand the items to enter, counted from 0.
"""

import re
from typing import Final

from dicomgallery.dicom.paths import DEEPEST, Path, Step

_TAG: Final = re.compile(r"[0-9A-Fa-f]{8}")
_ITEM: Final = re.compile(r"[0-9]{1,6}")


def parse(text: str) -> Path | None:
    """The path that an address names; None when it cannot be one."""
    parts = text.split("/")
    if len(parts) % 2 == 0 or len(parts) > 2 * DEEPEST:
        return None
    tags, items = parts[::2], parts[1::2]
    if not all(map(_TAG.fullmatch, tags)) or not all(map(_ITEM.fullmatch, items)):
        return None
    return tuple(
        Step(int(tag, 16), int(item) if item is not None else None)
        for tag, item in zip(tags, [*items, None], strict=True)
    )


def written(path: Path) -> str:
    """The path as an address says it, the way `parse` reads it."""
    return "/".join(f"{step.tag:08X}" if step.item is None else f"{step.tag:08X}/{step.item}" for step in path)
