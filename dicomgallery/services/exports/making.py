"""The job that makes an export: whatever comes of it stands in its row, in words."""

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import update

from dicomgallery.errors import GalleryError, UnavailableError
from dicomgallery.imaging.refusals import CannotRenderError, RenderReason
from dicomgallery.jobs.runner import JobContext, handles
from dicomgallery.models import Export, db, now, transaction
from dicomgallery.services.exports import archives, movies, shelf, values
from dicomgallery.services.exports.asked import Asked, Kind, Of
from dicomgallery.services.exports.workshop import CancelledError, Made, Workshop

log = logging.getLogger(__name__)

JOB: Final = "export"
KEPT: Final = timedelta(hours=24)
_MAY_PASS: Final = frozenset({RenderReason.CRASHED})


@dataclass(frozen=True, slots=True)
class _Way:
    """How a kind is made, and what its file is called and is."""

    make: Callable[[Workshop], Made]
    ending: str
    media_type: str


_WAYS: Final = {
    Kind.PNG: _Way(archives.make, "-png.zip", "application/zip"),
    Kind.JPEG: _Way(archives.make, "-jpeg.zip", "application/zip"),
    Kind.SHEET: _Way(movies.make, "-sheet.png", "image/png"),
    Kind.PDF: _Way(movies.make, "-sheet.pdf", "application/pdf"),
    Kind.GIF: _Way(movies.make, ".gif", "image/gif"),
    Kind.WEBP: _Way(movies.make, ".webp", "image/webp"),
    Kind.MP4: _Way(movies.make, ".mp4", "video/mp4"),
    Kind.NIFTI: _Way(values.make, ".nii.gz", "application/gzip"),
    Kind.NUMPY: _Way(values.make, "-values.zip", "application/zip"),
}


def file_name_of(series_id: int, asked: Asked) -> str:
    """What the file is called: by the row of the series, which says nothing of whom it shows."""
    of = f"-{asked.of}" if asked.of is not Of.STACK else ""
    return f"series-{series_id}{of}{_WAYS[asked.kind].ending}"


def media_type_of(kind: Kind) -> str:
    """What the file is."""
    return _WAYS[kind].media_type


@handles(JOB)
def make(context: JobContext, export_id: int) -> None:
    """Make an export that still is asked for."""
    row = db.session.get(Export, export_id)
    if row is None or row.state != "asked":
        return
    series_id, asked = row.series_key, Asked.from_json(row.arguments)
    db.session.rollback()
    try:
        shelf.check_room()
        with shelf.aside() as folder:
            _finish(export_id, Workshop(context, series_id, asked, folder))
    except CancelledError:
        # Whoever called it off has said so in the row.
        shelf.remove(export_id)
    except UnavailableError as error:
        # The job comes again; should that not help either, this is why.
        _settle(export_id, sentence=error.message)
        raise
    except CannotRenderError as refusal:
        if refusal.reason in _MAY_PASS:
            _settle(export_id, sentence=refusal.detail)
            raise
        _settle(export_id, state="failed", sentence=refusal.detail)
    except GalleryError as error:
        _settle(export_id, state="failed", sentence=error.message)
    except OSError as error:
        if error.errno not in shelf.NO_ROOM:
            raise
        log.warning("the disk did not take an export")
        _settle(export_id, state="failed", sentence=shelf.DISK_FULL)


def _finish(export_id: int, work: Workshop) -> None:
    made = _WAYS[work.asked.kind].make(work)
    shelf.check_room()
    lacking = work.lacking
    remarks = list(made.remarks)
    if lacking:
        told = ", ".join(str(one.number) for one in lacking[:12]) + (" and others" if len(lacking) > 12 else "")
        count = f"{len(lacking)} pictures" if len(lacking) > 1 else "One picture"
        remarks.insert(0, f"{count} could not be drawn: number {told}. {lacking[0].sentence}")
    size_bytes, sha256 = shelf.keep(made.path, export_id)
    ready: dict[str, Any] = {
        "sentence": "",
        "size_bytes": size_bytes,
        "sha256": sha256,
        "remarks": json.dumps(remarks),
        "expires_at": now() + KEPT,
    }
    if not _settle(export_id, state="ready", **ready):
        # It was called off, or its series went, in this very moment.
        shelf.remove(export_id)


def _settle(export_id: int, **changes: Any) -> bool:
    """Enter what became of an export; False when nobody waits for it any more."""
    with transaction() as session:
        waiting = update(Export).where(Export.id == export_id, Export.state == "asked")
        return bool(session.connection().execute(waiting.values(**changes)).rowcount)
