"""What the catalog keeps of a header beside its instance's row: JSON to query, words, references, frames."""

import logging
import mmap
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from pydicom.dataset import Dataset
from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from dicomgallery.dicom import dicomjson, frames
from dicomgallery.dicom.facts import position_text
from dicomgallery.dicom.prescan import Flawed, prescan
from dicomgallery.dicom.reader import (
    PYDICOM_TROUBLE,
    Pixels,
    UnreadableError,
    behind_pixels,
    parse_elements,
    pixels_in,
)
from dicomgallery.dicom.references import REFERRING_KINDS, referred_to
from dicomgallery.dicom.words import words_of
from dicomgallery.models import FrameFacts, Header, Reference
from dicomgallery.storage.opening import store

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Indexed:
    """What one header says; nothing when it cannot be read."""

    json_zlib: bytes | None = None
    words: frozenset[str] = frozenset()
    position: str | None = None
    """Where the slice lies."""
    references: frozenset[str] = frozenset()
    """The objects it speaks of, when that is what it is for."""
    frame_facts: Mapping[str, object] | None = None
    """The row of what it says of its frames; None when it has one and is whole."""


def index_of(instance_id: int, blob_sha256: str, kind: str) -> Indexed:
    """Read the header of an instance of this kind."""
    try:
        dataset, pixels, behind, described = _read(blob_sha256)
        return Indexed(
            json_zlib=zlib.compress(dicomjson.to_json(dataset, pixels, behind)),
            words=words_of(dataset),
            position=position_text(dataset),
            references=referred_to(dataset) if kind in REFERRING_KINDS else frozenset(),
            frame_facts=_frame_facts(dataset, described),
        )
    except (UnreadableError, *PYDICOM_TROUBLE) as error:
        log.warning("a header was not indexed", extra={"instance": instance_id, "error_type": type(error).__name__})
        return Indexed()


def header_of(blob_sha256: str) -> bytes:
    """The header as DICOM JSON, read now; UnreadableError, or another of PYDICOM_TROUBLE, when it cannot be."""
    dataset, pixels, behind, _ = _read(blob_sha256)
    return dicomjson.to_json(dataset, pixels, behind)


def keep(session: Session, indexed: Mapping[int, Indexed]) -> None:
    """Write the rows of each instance by its id, in place of those it has; its words are its series's to keep."""
    for table in (Header, FrameFacts, Reference):
        session.execute(delete(table).where(table.instance_id.in_(indexed)))
    headers, facts, references = list[dict[str, Any]](), list[dict[str, Any]](), list[dict[str, Any]]()
    for instance_id, one in indexed.items():
        if one.json_zlib is not None:
            headers.append({"instance_id": instance_id, "json_zlib": one.json_zlib})
        if one.frame_facts is not None:
            facts.append({"instance_id": instance_id, **one.frame_facts})
        references += ({"instance_id": instance_id, "to_uid": uid} for uid in sorted(one.references))
    for table, rows in ((Header, headers), (FrameFacts, facts), (Reference, references)):
        if rows:
            session.execute(insert(table), rows)


def _frame_facts(dataset: Dataset, described: int) -> Mapping[str, object] | None:
    part = frames.concatenation_of(dataset)
    if part is None and frames.declared_frames(dataset) < 2:
        return None
    table = frames.frames_of(dataset, described=described)
    return {
        "json_zlib": zlib.compress(orjson.dumps(table.as_json())),
        "concatenation_uid": part.uid if part else "",
        "in_concatenation_number": part.number if part else None,
        "concatenation_total": part.total if part else None,
        "frame_offset": part.frame_offset if part else None,
    }


def _read(blob_sha256: str) -> tuple[Dataset, Pixels | None, Dataset, int]:
    """All around the pixel data, with the groups of each frame, which ingest leaves out, and their number."""
    with (
        store().path(blob_sha256).open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data,
    ):
        scanned = prescan(data)
        if isinstance(scanned, Flawed):
            raise UnreadableError(scanned.flaw, scanned.detail)
        dataset = parse_elements(data, scanned)
        return dataset, pixels_in(data, scanned), behind_pixels(data, scanned), len(scanned.frame_items) // 2
