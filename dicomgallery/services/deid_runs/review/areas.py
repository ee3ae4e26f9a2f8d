"""Areas of pixels that are proposed, drawn or accepted, each with where it comes from."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from dicomgallery.dicom.boxes import Box
from dicomgallery.errors import RefusedError

MOST_AREAS: Final = 200
_FAR: Final = 0xFFFF


class Origin(StrEnum):
    """Where an area comes from."""

    RULE = "rule"
    """What the header or the device tells."""
    FOUND = "found"
    """Writing that the detector found."""
    AGAIN = "again"
    """Writing that was found after others were painted."""
    DRAWN = "drawn"
    """By a person."""


@dataclass(frozen=True, slots=True)
class Area:
    """A box and where it comes from."""

    box: Box
    origin: Origin


def written(areas: Iterable[Area]) -> str:
    """Areas as JSON, as rows keep them."""
    return json.dumps([[*area.box, area.origin.value] for area in areas])


def read(text: str) -> list[Area]:
    """What `written` wrote."""
    return [Area(Box(*numbers), Origin(origin)) for *numbers, origin in json.loads(text)]


def settled(areas: Sequence[Area], columns: int, rows: int) -> list[Area]:
    """Areas as far as they lie in a picture, each once; RefusedError when they are too many or one lies beside it."""
    if len(areas) > MOST_AREAS:
        raise RefusedError(f"At most {MOST_AREAS} boxes can be painted. Let one cover several.")
    found: dict[Box, Area] = {}
    for area in areas:
        if any(abs(side) > _FAR for side in area.box):
            raise RefusedError("A box lies far outside the picture. Nothing was decided.")
        box = area.box.within(columns, rows)
        if box.is_empty:
            raise RefusedError(
                f"A box has no pixel of the picture in it: that is {columns} wide and {rows} high. Nothing was decided."
            )
        found.setdefault(box, Area(box, area.origin))
    return list(found.values())
