"""Asking for a volume to be built, and saying how that goes: it waits, it grows, it failed."""

import shutil
from dataclasses import dataclass
from datetime import timedelta
from math import prod
from typing import Final

from dicomgallery import settings
from dicomgallery.dicom.grids import Grid
from dicomgallery.dicom.values import THIN_SPACE, grouped
from dicomgallery.jobs import queue
from dicomgallery.models import db, transaction

JOB: Final = "volume"
GIVEN_UP: Final = timedelta(minutes=10)
"""So long a building that failed is not tried again unless somebody asks for it."""
_BYTES_PER_VOXEL: Final = 4
"""Two for each number, and each is kept twice."""


@dataclass(frozen=True, slots=True)
class Building:
    """A volume that is being built, or waits for it."""

    done: int = 0
    total: int = 0
    trouble: str = ""
    """What became of the last try, in a sentence, when it is tried again."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Why there is no volume, in a sentence."""

    sentence: str
    is_passing: bool = False
    """Asking again later may help."""


def ask_for(series_id: int, wanted_set: int, grid: Grid, *, again: bool = False) -> Building | Refused:
    """Have a volume built unless it is about to be; of a building that was given up say so, unless `again`."""
    arguments = {"series_id": series_id, "wanted_set": wanted_set}
    if (job := queue.pending(db.session(), JOB, arguments)) is not None:
        trouble = f"The last try failed{_because(grid)}. It is tried again in a moment." if job.failures else ""
        return Building(job.done, job.total, trouble)
    if not again and queue.failed_lately(db.session(), JOB, arguments, GIVEN_UP):
        return Refused(f"Building the volume was tried several times and failed{_because(grid)}.", is_passing=True)
    with transaction() as session:
        queue.enqueue(session, JOB, arguments, priority=queue.NOW, total=len(grid.layers))
    queue.wake()
    return Building(0, len(grid.layers))


def _because(grid: Grid) -> str:
    """That the disk is full, where it is; else where to look."""
    needed, free = prod(grid.shape) * _BYTES_PER_VOXEL, shutil.disk_usage(settings.current().data).free
    if free < needed:
        return f": it needs about {_megabytes(needed)} of the disk, which has {_megabytes(free)} left"
    return "; the gallery's log says more"


def _megabytes(size_bytes: int) -> str:
    return f"{grouped(max(1, round(size_bytes / 1e6)))}{THIN_SPACE}MB"
