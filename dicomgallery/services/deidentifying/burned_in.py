"""What is done about identity in the pixels: set apart for a person, painted black, or left."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from pydicom.dataset import Dataset

from dicomgallery.deid import regions
from dicomgallery.dicom import elements, reader
from dicomgallery.dicom.boxes import Box
from dicomgallery.imaging.refusals import CannotRenderError
from dicomgallery.imaging.writing import MOST_FRAMES, frames_to_search
from dicomgallery.sandbox.client import Sandbox
from dicomgallery.services.recoding import retouched

_SOP_CLASS, _MODALITY, _BURNED_IN = 0x00080016, 0x00080060, 0x00280301
_FRAMES, _ROWS = 0x00280008, 0x00280010
_DOCUMENTS: Final = "1.2.840.10008.5.1.4.1.1.104."
_NEVER_WRITTEN_IN: Final = frozenset({"CT", "MR", "NM", "PT", "RTDOSE", "SEG"})
"""What nobody writes into unless the header says so: there, what looks like writing is anatomy."""
MOST_REVIEWED: Final = 64
"""Frames that are searched of what a person looks at."""
_NOTHING_FOUND: Final = "It says that identity is burned into its pixels, and none was found."
_NOT_TO_BE_SEARCHED: Final = "It has pixel data and does not say how large its picture is, so that none was searched."
_STILL_THERE: Final = "Writing is found in its pixels after they were painted."


class BurnedIn(StrEnum):
    """The three ways."""

    QUARANTINE = "quarantine"
    BLANK = "blank"
    KEEP = "keep"


def suspicion(path: Path) -> str:
    """Why a person should look at an object's pixels; "" when nothing speaks for it. Raises UnreadableError."""
    dataset = reader.read_header(path)
    return "" if _is_document(dataset) else regions.suspects(dataset)


@dataclass(frozen=True, slots=True)
class Blanked:
    """What was painted black, into which file if any, and why that must wait all the same."""

    path: Path | None = None
    boxes: Sequence[Box] = ()
    reason: str = ""
    found: Sequence[Box] = ()
    """Writing that is still there, for a person to see."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a person who looked at an object's pixels decided."""

    boxes: Sequence[Box]
    """To be painted; none where nothing is burned in."""
    judged: Sequence[Box]
    """What was found after an earlier painting, and shown: whatever of it is not painted is no writing."""
    reviewer: str


def blanked(path: Path, target: Path, sandbox: Sandbox) -> Blanked:
    """Paint black what rules name and what is found."""
    dataset = reader.read_header(path)
    if _is_document(dataset):
        return Blanked()
    if not elements.whole(dataset, _ROWS):
        return Blanked(reason=_NOT_TO_BE_SEARCHED)
    boxes = list(regions.boxes(dataset))
    is_searched = bool(boxes or regions.suspects(dataset))
    is_searched = is_searched or elements.first(dataset, _MODALITY).upper() not in _NEVER_WRITTEN_IN
    try:
        if is_searched:
            boxes += writing(path, dataset, sandbox, MOST_FRAMES)[0]
        if not boxes:
            says_so = elements.first(dataset, _BURNED_IN).upper() == "YES"
            return Blanked(reason=_NOTHING_FOUND if says_so else "")
        with target.open("wb") as file:
            file.writelines(retouched(path, boxes, sandbox))
        found, _ = writing(target, dataset, sandbox, MOST_FRAMES)
        return Blanked(target, boxes, _STILL_THERE if found else "", found)
    except CannotRenderError as error:
        return Blanked(reason=f"Its pixels could not be cleaned. {error.message}")


def as_seen(path: Path, target: Path, seen: Seen, sandbox: Sandbox) -> Blanked:
    """Paint black what a person accepted, and look again for what nobody has seen."""
    if not seen.boxes:
        return Blanked()
    try:
        with target.open("wb") as file:
            file.writelines(retouched(path, seen.boxes, sandbox))
        lines, _ = writing(target, reader.read_header(path), sandbox, MOST_REVIEWED)
    except CannotRenderError as error:
        return Blanked(reason=f"Its pixels could not be cleaned. {error.message}")
    found = [line for line in lines if not any(box.holds_half(line) for box in seen.judged)]
    return Blanked(target, seen.boxes, _STILL_THERE if found else "", found)


def writing(path: Path, dataset: Dataset, sandbox: Sandbox, most: int) -> tuple[list[Box], int]:
    """Where writing is found in at most so many frames, and how many were searched; CannotRenderError."""
    # Loaded where it is used: every process knows this module, and few look for writing.
    from dicomgallery.imaging.textboxes import joined  # noqa: PLC0415

    frames = frames_to_search(elements.whole(dataset, _FRAMES) or 1, most)
    lines = joined(line for frame in frames for line in sandbox.textboxes(path, frame))
    return [line.box for line in lines], len(frames)


def _is_document(dataset: Dataset) -> bool:
    """An encapsulated document is replaced as a whole, whatever its pages show."""
    return elements.first(dataset, _SOP_CLASS).startswith(_DOCUMENTS)
