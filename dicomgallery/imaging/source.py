"""A stored file opened for one picture: its header parsed, its pixel data found, nothing else touched."""

import mmap
from dataclasses import dataclass, field
from pathlib import Path
from struct import unpack_from
from typing import Final

from pydicom.dataset import Dataset
from pydicom.uid import UID

from dicomgallery.dicom import reader
from dicomgallery.dicom.classes import sentence_of
from dicomgallery.dicom.directory import directory_of
from dicomgallery.dicom.inflation import Inflation
from dicomgallery.dicom.prescan import Flaw, Flawed, Prescanned, prescan
from dicomgallery.dicom.quiet import silence_pydicom
from dicomgallery.dicom.reports import Report, report_of, walk
from dicomgallery.dicom.transfer import EXPLICIT_BIG_ENDIAN
from dicomgallery.dicom.vocabulary import kind_of
from dicomgallery.imaging.frames import Buffer, PixelElement, pixel_element
from dicomgallery.imaging.header import text, value
from dicomgallery.imaging.refusals import CannotRenderError, RenderReason

# Once for the process: what pydicom says of a value would quote it.
silence_pydicom()

# A mapped file is not copied, and of a large one only the frame's pages are touched; small ones are not worth it.
# A blob never changes, so the map cannot lose its end.
_MAPPED_FROM: Final = 64 << 10
_MOST_INFLATED: Final = 256 << 20
"""A deflated data set has no way in but from its beginning; more than this of it is not kept."""


@dataclass(frozen=True, slots=True)
class Source:
    """A header, and where its pixel data lie."""

    dataset: Dataset
    element: PixelElement
    transfer_syntax: str
    data: Buffer = field(repr=False)
    scanned: Prescanned = field(repr=False)

    def look_at(self, index: int) -> None:
        """Bring what the file says of one frame (counted from 0) into the header, and of no other."""
        reader.add_frame(self.dataset, self.data, self.scanned, index + 1)

    @property
    def frame_offsets(self) -> tuple[int, ...]:
        """The Extended Offset Table (7FE0,0001); empty when there is none (PS3.3 C.7.6.3.1.8)."""
        table = value(self.dataset, "ExtendedOffsetTable")
        return unpack_from(f"<{len(table) // 8}Q", table) if isinstance(table, bytes) else ()


class WithoutPixelsError(CannotRenderError):
    """The object holds no pixels; what else it holds is in `dataset`."""

    def __init__(self, dataset: Dataset) -> None:
        super().__init__(RenderReason.NOT_AN_IMAGE, _without_pixels(dataset))
        self.dataset = dataset


def open_source(path: Path) -> Source:
    """Open a file for one picture; WithoutPixelsError when it has none, CannotRenderError when it cannot be read."""
    data = bytes_of(path)
    scanned = prescan(data)
    if isinstance(scanned, Flawed):
        reason = RenderReason.TRUNCATED if scanned.flaw is Flaw.TRUNCATED else RenderReason.UNREADABLE
        raise CannotRenderError(reason, scanned.detail)
    try:
        dataset = reader.parse(data, scanned)
    except reader.UnreadableError as error:
        raise CannotRenderError(RenderReason.UNREADABLE, error.message) from None
    if scanned.pixel_offset is None:
        raise WithoutPixelsError(dataset)
    held = _inflated(data, scanned) if scanned.inflated is not None else data
    big_endian = scanned.transfer_syntax == EXPLICIT_BIG_ENDIAN
    element = pixel_element(held, scanned.pixel_offset, big_endian=big_endian)
    return Source(dataset, element, scanned.transfer_syntax, data, scanned)


def bytes_of(path: Path) -> Buffer:
    """The bytes of a file, mapped where it is large; CannotRenderError when it cannot be opened."""
    try:
        with path.open("rb") as file:
            if path.stat().st_size < _MAPPED_FROM:
                return file.read()
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError) as error:
        raise CannotRenderError(RenderReason.UNREADABLE, "The file cannot be opened.") from error


def _inflated(data: Buffer, scanned: Prescanned) -> bytes:
    if scanned.dataset_end > _MOST_INFLATED:
        raise CannotRenderError(
            RenderReason.TOO_LARGE, f"Inflated, the file takes over {_MOST_INFLATED >> 20} MB, too much for a picture."
        )
    return Inflation(data, scanned.dataset_offset).inflate_to(_MOST_INFLATED)


def _without_pixels(dataset: Dataset) -> str:
    """Say what an object without pixels is."""
    if text(dataset, "PixelDataProviderURL"):
        return "Its pixels were left on another server; the file only names the place."
    if (directory := directory_of(dataset)) is not None:
        return f"It lists {directory.sentence}." if directory.objects() else directory.sentence
    sop_class = text(dataset, "SOPClassUID")
    if kind_of(sop_class, has_pixels=False) == "report" and (report := report_of(dataset)) is not None:
        return _about(report)
    if said := sentence_of(sop_class):
        return said
    kind = UID(sop_class).name if sop_class else ""
    if value(dataset, "Rows") or "Image Storage" in kind:
        return "It describes an image, but its pixels are not in the file."
    # A UID that pydicom does not know is its own name, and says nothing to a person.
    return f"{kind} holds no picture." if kind[:1].isalpha() else "It holds no picture."


def _about(report: Report) -> str:
    """A report in a line: its title, which is a code and names nobody, and how much there is to read."""
    many = len(report.references()) if report.is_selection else report.left_out + sum(1 for _ in walk(report.items))
    noun = "object" if report.is_selection else "item"
    return f"{report.title}, {many} {noun}{'' if many == 1 else 's'} to read on its page."
