"""What is done about identity in the pixels: set apart for a person, painted black, or left."""

from enum import StrEnum
from pathlib import Path
from typing import Final

from dicomgallery.deid import regions
from dicomgallery.dicom import elements, reader
from dicomgallery.imaging.refusals import CannotRenderError
from dicomgallery.sandbox.client import Sandbox
from dicomgallery.services.recoding import retouched

_SOP_CLASS, _BURNED_IN = 0x00080016, 0x00280301
_DOCUMENTS: Final = "1.2.840.10008.5.1.4.1.1.104."
_NOTHING_FOUND: Final = "It says that identity is burned into its pixels, and none was found."


class BurnedIn(StrEnum):
    """The three ways."""

    QUARANTINE = "quarantine"
    BLANK = "blank"
    KEEP = "keep"


def suspicion(path: Path) -> str:
    """Why a person should look at an object's pixels; "" when nothing speaks for it. Raises UnreadableError."""
    dataset = reader.read_header(path)
    if elements.first(dataset, _SOP_CLASS).startswith(_DOCUMENTS):
        # The document is replaced as a whole.
        return ""
    return regions.suspects(dataset)


def blanked(path: Path, target: Path, sandbox: Sandbox) -> tuple[Path | None, str]:
    """Paint black what rules name; the painted file, if any, and why it must not go out all the same."""
    dataset = reader.read_header(path)
    boxes = regions.boxes(dataset)
    if not boxes:
        said = elements.first(dataset, _BURNED_IN).upper() == "YES"
        is_document = elements.first(dataset, _SOP_CLASS).startswith(_DOCUMENTS)
        return None, _NOTHING_FOUND if said and not is_document else ""
    try:
        with target.open("wb") as file:
            file.writelines(retouched(path, boxes, sandbox))
    except CannotRenderError as error:
        return None, f"Its pixels could not be cleaned. {error.message}"
    return target, ""
