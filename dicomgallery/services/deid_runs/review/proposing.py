"""The job that proposes boxes: what rules name, and where writing is found."""

import hashlib
import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pydicom.dataset import Dataset
from sqlalchemy import select, update

from dicomgallery.access import SYSTEM
from dicomgallery.catalog import objects
from dicomgallery.deid import regions
from dicomgallery.dicom import elements, reader
from dicomgallery.errors import GalleryError
from dicomgallery.jobs.runner import JobContext, handles
from dicomgallery.models import DeidItem, DeidReview, db, transaction
from dicomgallery.sandbox import opening
from dicomgallery.services.deid_runs.previewing import path_of
from dicomgallery.services.deid_runs.review import areas
from dicomgallery.services.deid_runs.review.areas import Area, Origin
from dicomgallery.services.deid_runs.review.standing import PROPOSE
from dicomgallery.services.deid_runs.treating import SURPRISES
from dicomgallery.services.deidentifying.burned_in import MOST_REVIEWED, writing

log = logging.getLogger(__name__)

_SOP_CLASS, _MANUFACTURER, _MODEL, _SERIAL = 0x00080016, 0x00080070, 0x00081090, 0x00181000
_ROWS, _COLUMNS, _FRAMES = 0x00280010, 0x00280011, 0x00280008
_MOST_FRAMES: Final = 1_000_000
_UNFORESEEN: Final = "It could not be searched for writing, in a way that was not foreseen."
_GONE: Final = "Its source is no longer in the gallery."


@dataclass(frozen=True, slots=True)
class _Proposal:
    """What is known of an object before somebody looks at it."""

    kind: str = ""
    columns: int = 0
    rows: int = 0
    frames: int = 1
    searched: int = 0
    note: str = ""
    areas: list[Area] = field(default_factory=list)


@handles(PROPOSE)
def propose(context: JobContext, run_id: int) -> None:
    """Propose boxes for every object of a run that waits for them; one that cannot be searched waits without."""
    while True:
        query = (
            select(DeidReview.number, DeidItem.source_id)
            .join(DeidItem, (DeidItem.run_id == DeidReview.run_id) & (DeidItem.number == DeidReview.number))
            .where(DeidReview.run_id == run_id, DeidReview.state == "searching")
        )
        row = db.session.execute(query.order_by(DeidReview.number).limit(1)).one_or_none()
        if row is None or context.cancelled():
            return
        number, source_id = row
        sources = objects.by_ids(SYSTEM.scope, [source_id])
        db.session.rollback()
        made = _proposed(sources[source_id].blob_sha256) if source_id in sources else _Proposal(note=_GONE)
        with transaction() as session:
            waiting = update(DeidReview).where(
                DeidReview.run_id == run_id, DeidReview.number == number, DeidReview.state == "searching"
            )
            session.execute(
                waiting.values(
                    state="open",
                    kind=made.kind,
                    columns=made.columns,
                    rows=made.rows,
                    frames=made.frames,
                    searched=made.searched,
                    proposed=areas.written(made.areas),
                    note=made.note,
                )
            )


def _proposed(sha256: str) -> _Proposal:
    try:
        path = path_of(sha256)
        dataset = reader.read_header(path)
    except GalleryError as error:
        return _Proposal(note=error.message)
    try:
        return _looked_at(path, dataset)
    except SURPRISES:
        # One that nobody foresaw must not keep the others from being looked at.
        log.exception("an object could not be looked at for writing")
        return _Proposal(note=_UNFORESEEN)


def _looked_at(path: Path, dataset: Dataset) -> _Proposal:
    columns, rows, frames = (elements.whole(dataset, tag) or 0 for tag in (_COLUMNS, _ROWS, _FRAMES))
    ruled = [Area(box, Origin.RULE) for box in regions.boxes(dataset)]
    found, searched, note = _found(path, dataset)
    # Of what rules name already, no part needs to be said twice.
    fresh = [area for area in found if not any(each.box.holds_half(area.box) for each in ruled)]
    proposed = [*ruled, *fresh][: areas.MOST_AREAS]
    size = (min(max(columns, 0), 0xFFFF), min(max(rows, 0), 0xFFFF))
    return _Proposal(_kind(dataset, ruled), *size, min(max(frames, 1), _MOST_FRAMES), searched, note, proposed)


def _found(path: Path, dataset: Dataset) -> tuple[list[Area], int, str]:
    try:
        boxes, searched = writing(path, dataset, opening.sandbox(), MOST_REVIEWED)
    except GalleryError as error:
        return [], 0, f"It could not be searched for writing. {error.message}"
    return [Area(box, Origin.FOUND) for box in boxes], searched, ""


def _kind(dataset: Dataset, ruled: list[Area]) -> str:
    """What devices write into the same places has in common, in a hash that tells nobody which device it was."""
    tags = (_SOP_CLASS, _MANUFACTURER, _MODEL, _SERIAL, _ROWS, _COLUMNS)
    told = [*(elements.text(dataset, tag) for tag in tags), areas.written(ruled)]
    return hashlib.sha256("\0".join(told).encode("utf-8", "surrogatepass")).hexdigest()
