"""What a de-identified object said before, put into it for those who may know (PS3.15 E.1.1)."""

from collections.abc import Iterable
from dataclasses import dataclass

from pydicom.dataset import Dataset
from pydicom.tag import BaseTag

from dicomgallery.deid.encrypting import CHARACTER_SET, ENCRYPTED_ATTRIBUTES
from dicomgallery.deid.walker import Change
from dicomgallery.dicom import elements, private, reader, rewriting
from dicomgallery.dicom.prescan import Buffer, Flawed, Prescanned, prescan
from dicomgallery.dicom.reader import UnreadableError

_META_GROUP = 2


@dataclass(frozen=True, slots=True)
class Enclosed:
    """A file: bytes, then a part of the one without the item."""

    before: bytes
    copied: tuple[int, int]


def originals_of(data: Buffer, changes: Iterable[Change]) -> Dataset:
    """The elements of the top level that a removal changed, in or below them, as they were; raises UnreadableError.

    Pixel data are not among them: what was painted over is gone for good.
    """
    scanned = _scanned(data)
    dataset = reader.parse_frames(data, scanned)
    dataset.update(reader.behind_pixels(data, scanned))
    tags = {change.path[0][0] if change.path else change.tag for change in changes}
    tags |= {tag & 0xFFFF0000 | tag >> 8 & 0xFF for tag in tags if private.is_private(tag) and tag & 0xFFFF > 0xFF}
    found = Dataset()
    for tag in sorted({*tags, CHARACTER_SET} - rewriting.PIXEL_TAGS):
        stored = elements.as_stored(dataset, tag) if tag >> 16 != _META_GROUP else None
        if stored is not None:
            found.update({BaseTag(tag): stored})
    return found


def enclosed(data: Buffer, item: Dataset) -> Enclosed:
    """A file in explicit little endian with an item in its Encrypted Attributes Sequence; raises UnreadableError."""
    scanned = _scanned(data)
    edits = {ENCRYPTED_ATTRIBUTES: ("SQ", rewriting.in_item(rewriting.anew(item, {})))}
    header = bytes(data[: scanned.dataset_offset]) + rewriting.header(data, scanned, edits)
    return Enclosed(header, (0, 0) if scanned.pixel_offset is None else (scanned.pixel_offset, len(data)))


def _scanned(data: Buffer) -> Prescanned:
    scanned = prescan(data)
    if isinstance(scanned, Flawed):
        raise UnreadableError(scanned.flaw, scanned.detail)
    return scanned
