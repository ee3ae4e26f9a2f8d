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
from dicomgallery.imaging.writing import frames_to_search
from dicomgallery.sandbox.client import Sandbox
from dicomgallery.services.recoding import retouched

_SOP_CLASS, _MODALITY, _BURNED_IN = 0x00080016, 0x00080060, 0x00280301
_FRAMES, _ROWS = 0x00280008, 0x00280010
_DOCUMENTS: Final = "1.2.840.10008.5.1.4.1.1.104."
_NEVER_WRITTEN_IN: Final = frozenset({"CT", "MR", "NM", "PT", "RTDOSE", "SEG"})
"""What nobody writes into unless the header says so: there, what looks like writing is anatomy."""
_NOTHING_FOUND: Final = "It says that identity is burned into its pixels, and none was found."
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


def blanked(path: Path, target: Path, sandbox: Sandbox) -> Blanked:
    """Paint black what rules name and what is found."""
    dataset = reader.read_header(path)
    if _is_document(dataset) or not elements.whole(dataset, _ROWS):
        return Blanked()
    boxes = list(regions.boxes(dataset))
    is_searched = bool(boxes or regions.suspects(dataset))
    is_searched = is_searched or elements.first(dataset, _MODALITY).upper() not in _NEVER_WRITTEN_IN
    try:
        if is_searched:
            boxes += _writing(path, dataset, sandbox)
        if not boxes:
            says_so = elements.first(dataset, _BURNED_IN).upper() == "YES"
            return Blanked(reason=_NOTHING_FOUND if says_so else "")
        with target.open("wb") as file:
            file.writelines(retouched(path, boxes, sandbox))
        return Blanked(target, boxes, _STILL_THERE if _writing(target, dataset, sandbox) else "")
    except CannotRenderError as error:
        return Blanked(reason=f"Its pixels could not be cleaned. {error.message}")


def _is_document(dataset: Dataset) -> bool:
    """An encapsulated document is replaced as a whole, whatever its pages show."""
    return elements.first(dataset, _SOP_CLASS).startswith(_DOCUMENTS)


def _writing(path: Path, dataset: Dataset, sandbox: Sandbox) -> list[Box]:
    """Where writing is found in the frames that stand for all."""
    count = elements.whole(dataset, _FRAMES) or 1
    return [line.box for frame in frames_to_search(count) for line in sandbox.textboxes(path, frame)]
